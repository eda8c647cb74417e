"""Translates failures of the Bot API into the desk's errors, in this one place."""

import aiohttp
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    TelegramError,
    TimedOut,
)

from bot.connection import FloodWait, ServerTrouble
from desk.services.errors import (
    AddresseeGone,
    DeliveryRefused,
    DeliveryTooLarge,
    FileGone,
    FileTooLarge,
    OutcomeUnknown,
    RetryLater,
)

#: A wrong token is mended by an operator, not by hurry.
TOKEN_PAUSE = 60.0

#: Nothing has left this machine when one of these is the cause.
_BEFORE_SENDING = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,  # also when every connection was in use
    aiohttp.ClientHttpProxyError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
    RuntimeError,  # the connections are closed: the program is stopping
)
_FRONT_SERVERS = frozenset({502, 504})
_TOO_LARGE = ("entity too large", "too big", "is too long")
_NO_SUCH_CHAT = ("chat not found", "user not found", "peer_id_invalid", "chat_id is empty")


def is_markup_refused(error: TelegramError) -> bool:
    """Tell whether Telegram could not read the HTML of a message."""
    return _says(error, "parse entities")


def is_topic_gone(error: TelegramError) -> bool:
    """Tell whether a topic was deleted."""
    return _says(error, "thread not found", "topic_deleted", "topic_id_invalid")


def is_topic_closed(error: TelegramError) -> bool:
    """Tell whether a topic was closed and the bot is no administrator."""
    return _says(error, "topic_closed")


def is_unchanged(error: TelegramError) -> bool:
    """Tell whether an edit brought nothing new."""
    return _says(error, "message is not modified")


def has_no_text(error: TelegramError) -> bool:
    """Tell whether a message to edit has a caption, perhaps, but no text."""
    return _says(error, "no text in the message")


def is_beyond_editing(error: TelegramError) -> bool:
    """Tell whether a message can only be sent anew: it is gone, or of a kind without words."""
    return _says(error, "to edit not found", "can't be edited", "no caption in the message")


def is_shut_out(error: TelegramError) -> bool:
    """Tell whether a group does not let the bot write; its admins can mend that."""
    return isinstance(error, Forbidden) or _says(
        error, *_NO_SUCH_CHAT, "not enough rights", "have no rights"
    )


def _says(error: TelegramError, *parts: str) -> bool:
    words = error.message.lower()
    return isinstance(error, BadRequest) and any(part in words for part in parts)


def delivery_error(
    error: TelegramError,
) -> RetryLater | OutcomeUnknown | AddresseeGone | DeliveryRefused:
    """Return what a failed send means for the message."""
    match error:
        case FloodWait():
            return RetryLater(error.seconds, code="flood")
        case ServerTrouble():
            return _after_server_trouble(error)
        case Forbidden():
            return AddresseeGone()
        case BadRequest() if _says(error, *_NO_SUCH_CHAT):
            return AddresseeGone()
        case BadRequest() if _says(error, *_TOO_LARGE):
            return DeliveryTooLarge()
        case BadRequest():
            return DeliveryRefused()
        case ChatMigrated():
            return DeliveryRefused()
        case InvalidToken():
            return RetryLater(TOKEN_PAUSE, code="token")
        case NetworkError():
            return _after_broken_connection(error)
    # An answer of 2xx that cannot be read.
    return OutcomeUnknown()


def _after_server_trouble(error: ServerTrouble) -> RetryLater | OutcomeUnknown:
    """A server in front may have lost the answer only; the real one says what it did not do."""
    if error.status in _FRONT_SERVERS:
        return OutcomeUnknown()
    return RetryLater(code=f"http_{error.status}")


def _after_broken_connection(error: NetworkError) -> RetryLater | OutcomeUnknown:
    cause = error.__cause__
    if cause is None:
        return RetryLater(code="http")  # an answer with an unusual status
    if isinstance(cause, _BEFORE_SENDING):
        return RetryLater(code="timeout" if isinstance(error, TimedOut) else "unreachable")
    return OutcomeUnknown()


def file_error(error: TelegramError) -> RetryLater | FileTooLarge | FileGone:
    """Return what a failed download means: reading again does no harm, so most is tried again."""
    match error:
        case FloodWait():
            return RetryLater(error.seconds, code="flood")
        case BadRequest() if "too big" in error.message.lower():
            return FileTooLarge()
        case BadRequest() | Forbidden() | InvalidToken():
            return FileGone()  # the download address of an expired file answers 404
        case ServerTrouble():
            return RetryLater(code=f"http_{error.status}")
    return RetryLater(code="unreachable")


def trouble_code(error: BaseException) -> str:
    """Return a short code for logs and health pages; messages could carry personal data."""
    if isinstance(error, ServerTrouble):
        return f"http_{error.status}"
    cause = error.__cause__
    return type(cause if isinstance(cause, aiohttp.ClientError | TimeoutError) else error).__name__
