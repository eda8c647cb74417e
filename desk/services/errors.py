"""Errors at the desk's outer ports: Rasa, the channels, files, storage.

SapaError
├── RasaUnavailable
├── TurnFailed
├── RightLost
├── RetryLater
├── OutcomeUnknown
├── AddresseeGone
├── DeliveryRefused
│   └── DeliveryTooLarge
├── FileTooLarge
├── FileGone
└── Conflict
    ├── AlreadyRecorded
    └── DraftAlreadyFiled
"""

from desk.domain.errors import AlreadyRecorded, DraftAlreadyFiled, SapaError

__all__ = [
    "AddresseeGone",
    "AlreadyRecorded",
    "DeliveryRefused",
    "DeliveryTooLarge",
    "DraftAlreadyFiled",
    "FileGone",
    "FileTooLarge",
    "OutcomeUnknown",
    "RasaUnavailable",
    "RetryLater",
    "RightLost",
    "TurnFailed",
]


class RasaUnavailable(SapaError):
    """Nothing answers where Rasa should be, or not in time."""


class TurnFailed(SapaError):
    """Rasa answers, but could not complete this turn."""


class RightLost(SapaError):
    """Another process may have the right to send by now."""


class RetryLater(SapaError):
    """The channel asks for patience; nothing was delivered."""

    def __init__(self, seconds: float | None = None, *, code: str = "later") -> None:
        """Remember how long to wait (None: the caller's own back-off) and a short code."""
        super().__init__(f"The channel asks to come back later ({code}).")
        self.seconds = seconds
        self.code = code


class OutcomeUnknown(SapaError):
    """The connection broke after sending; the message may have arrived."""


class AddresseeGone(SapaError):
    """The citizen blocked the bot, or the chat is no more."""


class DeliveryRefused(SapaError):
    """The message can never be delivered."""


class DeliveryTooLarge(DeliveryRefused):
    """The message, or the file that goes with it, is larger than the channel takes."""


class FileTooLarge(SapaError):
    """The file is larger than the channel hands out."""


class FileGone(SapaError):
    """The channel no longer has the file."""
