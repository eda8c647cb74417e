"""A ticket: what a citizen filed, and everything that happened to it since."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from desk.domain.inbound import Point
from desk.domain.lifecycle import HistoryEntry, Identity, Kind, Status, is_protected
from desk.domain.ticket_number import TicketNumber

TicketId = NewType("TicketId", str)


@dataclass(frozen=True)
class TicketPlace:
    """Where it is: a Kemendagri code, the citizen's own words, a pin; any may be missing."""

    code: str | None = None
    words: str | None = None
    point: Point | None = None


@dataclass(frozen=True)
class Reporter:
    """Who filed it, as far as the citizen told; empty for an anonymous ticket."""

    conversation_id: str | None = None
    name: str | None = None
    phone: str | None = None


class AdditionKind(StrEnum):
    """What a citizen adds to a ticket later."""

    WORDS = "keterangan"
    PHOTO = "foto"


@dataclass(frozen=True)
class Addition:
    """Words or a picture that came after the filing."""

    at: datetime
    kind: AdditionKind
    text: str | None = None
    attachment: str | None = None


@dataclass(frozen=True)
class Follower:
    """A citizen who hears of a ticket that somebody else filed.

    *through* is what brought them: the id of the draft that they gave up for it, or the number
    of their own ticket that was merged.
    """

    conversation_id: str
    since: datetime
    through: str


@dataclass(frozen=True)
class Ticket:
    """A matter the desk has promised to follow."""

    id: TicketId
    number: TicketNumber
    kind: Kind
    status: Status
    identity: Identity
    filed_at: datetime
    description: str
    category: str | None = None
    service: str | None = None
    variant: str | None = None
    office: str | None = None  #: agency id of the responsible office; None: the coordinator
    place: TicketPlace = field(default_factory=TicketPlace)
    since: str | None = None
    photos: tuple[str, ...] = ()
    reporter: Reporter = field(default_factory=Reporter)
    code_hash: str | None = None
    draft_id: str | None = None
    lapor_number: str | None = None  #: its number in SP4N-LAPOR!
    field_checks: tuple[datetime, ...] = ()  #: when *perlu pemeriksaan lapangan* was set
    first_contact_at: datetime | None = None  #: when an officer first wrote or rang
    rating: int | None = None  #: 1 to 5, by its citizen
    rating_words: str | None = None
    merged_into: TicketNumber | None = None
    history: tuple[HistoryEntry, ...] = ()
    additions: tuple[Addition, ...] = ()

    @property
    def is_protected(self) -> bool:
        """Tell whether only `integritas` may handle it."""
        return is_protected(self.identity, self.category)

    def belongs_to(self, conversation_id: str) -> bool:
        """Tell whether the citizen of this conversation filed it."""
        return self.reporter.conversation_id == conversation_id
