"""Errors of the domain; each adapter translates them into answers in one place.

A class's docstring is its default message.

    SapaError
    ├── NotFound
    │   ├── TicketNotFound
    │   ├── ConversationNotFound
    │   ├── OfficeNotFound
    │   ├── OfficerNotFound
    │   └── HandoffNotFound
    ├── Refused
    │   ├── MoveNotAllowed
    │   ├── MoveNeeds
    │   ├── NotPermitted
    │   ├── WrongFollowUpCode
    │   ├── LastAdminStays
    │   ├── HandoffOver
    │   └── NotWarned
    └── Conflict
        ├── StaleVersion
        ├── TryAgain
        ├── NumberTaken
        ├── AlreadyRecorded
        ├── TurnIsOver
        ├── DraftAlreadyFiled
        └── AlreadyTaken
"""

from __future__ import annotations

from collections.abc import Collection


class SapaError(Exception):
    """Something in the desk went wrong."""

    def __init__(self, message: str | None = None) -> None:
        """Take *message*, or the first line of the class's docstring."""
        super().__init__(message or (self.__doc__ or type(self).__name__).splitlines()[0])


class NotFound(SapaError):
    """What was asked for does not exist."""


class TicketNotFound(NotFound):
    """No ticket has this number."""


class ConversationNotFound(NotFound):
    """No conversation has this id."""


class OfficeNotFound(NotFound):
    """The catalogue has no office with this id."""


class OfficerNotFound(NotFound):
    """No officer has this id."""


class HandoffNotFound(NotFound):
    """No hand-off has this id."""


class Refused(SapaError):
    """The desk's rules forbid this."""


class MoveNotAllowed(Refused):
    """The lifecycle table has no such move here, now, for this person."""

    def __init__(self, current: str | None, target: str) -> None:
        """Remember both ends of the move."""
        super().__init__(f"No move from {current or 'nothing'} to {target} for this person now.")
        self.current = current
        self.target = target


class MoveNeeds(Refused):
    """The move is possible, but something it needs was not given."""

    def __init__(self, target: str, missing: Collection[str]) -> None:
        """Remember what is missing, in a stable order."""
        self.target = target
        self.missing = tuple(sorted(missing))
        super().__init__(f"The move to {target} still needs: {', '.join(self.missing)}.")


class NotPermitted(Refused):
    """None of the person's roles permits this."""


class WrongFollowUpCode(Refused):
    """The follow-up code does not belong to this ticket."""


class LastAdminStays(Refused):
    """The last admin cannot be removed or suspended."""


class HandoffOver(Refused):
    """The conversation was handed back before."""


class NotWarned(Refused):
    """Whom an officer mutes was warned before, in the same conversation with officers."""


class Conflict(SapaError):
    """Somebody else was faster."""


class StaleVersion(Conflict):
    """The row changed since it was read."""


class TryAgain(Conflict):
    """Two transactions stood in each other's way; this one may be done again at once."""


class NumberTaken(Conflict):
    """The fresh ticket number is already in use."""


class AlreadyRecorded(Conflict):
    """Another run of this turn has recorded the step."""


class TurnIsOver(Conflict):
    """The turn was answered or set aside while somebody still worked on it."""


class DraftAlreadyFiled(Conflict):
    """A ticket was made from this draft before."""


class AlreadyTaken(Conflict):
    """Another officer has the conversation."""

    def __init__(self, officer_id: str) -> None:
        """Remember who has it."""
        super().__init__()
        self.officer_id = officer_id
