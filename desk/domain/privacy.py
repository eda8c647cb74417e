"""What citizens may ask about their own data, and what is written down about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from desk.domain.conversation import Channel, ConversationId
from desk.domain.lifecycle import Identity
from desk.domain.officer import OfficerId
from desk.domain.ticket import Reporter, Ticket, TicketId

#: The time the law on personal data gives (UU 27/2022: 3 × 24 hours).
ANSWERED_WITHIN: Final = timedelta(hours=72)
#: An opening of a confidential identity needs a reason of at least this many characters.
SHORTEST_REASON: Final = 10


class RequestKind(StrEnum):
    """What a citizen asks for."""

    ACCESS = "akses"
    ERASURE = "hapus"


@dataclass(frozen=True)
class PrivacyRequest:
    """A citizen's request; *counts* tells how much was given or erased, never what.

    *conversation_id* is empty once an erasure is complete: then nothing leads back.
    """

    id: str
    conversation_id: ConversationId | None
    channel: Channel
    kind: RequestKind
    asked_at: datetime
    done_at: datetime | None = None
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def due_at(self) -> datetime:
        """Return by when it must be answered."""
        return self.asked_at + ANSWERED_WITHIN

    def is_overdue(self, now: datetime) -> bool:
        """Tell whether it should have been answered by now."""
        return self.done_at is None and self.due_at < now


@dataclass(frozen=True)
class IdentityOpening:
    """Who opened a confidential identity, when and why; its citizen may read it."""

    id: str
    ticket_id: TicketId
    officer_id: OfficerId
    at: datetime
    reason: str


def without_person(ticket: Ticket) -> Ticket:
    """Return the matter of a ticket without who filed it.

    A confidential ticket stays confidential, or its matter would become readable by those it may
    be about; any other one is as if it had been filed anonymously.
    """
    keeps_secret = ticket.identity is Identity.RAHASIA
    return replace(
        ticket,
        identity=Identity.RAHASIA if keeps_secret else Identity.ANONIM,
        reporter=Reporter(),
        draft_id=None,
        rating_words=None,
    )
