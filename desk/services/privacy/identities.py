"""Opening the identity behind a confidential ticket: for a written reason, on record, and told."""

from dataclasses import dataclass
from datetime import datetime

from desk.domain.conversation import Conversation, ConversationId
from desk.domain.errors import Refused, TicketNotFound
from desk.domain.lifecycle import Identity
from desk.domain.officer import Officer
from desk.domain.privacy import SHORTEST_REASON, IdentityOpening
from desk.domain.roles import Permission, may
from desk.domain.ticket import Ticket
from desk.domain.ticket_number import TicketNumber
from desk.services.events import IdentityOpened
from desk.services.ports import UnitOfWork
from desk.services.tools import Tools, new_id


class NotConfidential(Refused):
    """The identity behind this ticket is no secret."""


class IdentityErased(Refused):
    """Nobody knows any more who filed this ticket."""


class ReasonTooShort(Refused):
    """An identity is opened for a written reason only."""


@dataclass(frozen=True)
class Opened:
    """One opening: the officer's name, when, and why."""

    officer: str
    at: datetime
    reason: str


async def opened(uow: UnitOfWork, ticket: Ticket) -> tuple[Opened, ...]:
    """Return who opened the identity behind a ticket, oldest first."""
    if ticket.identity is not Identity.RAHASIA:
        return ()
    openings = await uow.privacy.openings(ticket.id)
    found = []
    for each in openings:
        officer = await uow.officers.get(each.officer_id)
        found.append(Opened(officer.name if officer else "", each.at, each.reason))
    return tuple(found)


def may_open(officer: Officer, ticket: Ticket) -> bool:
    """Tell whether an officer may open the identity behind a ticket, for a good reason."""
    return ticket.identity is Identity.RAHASIA and _may(officer, ticket)


def _may(officer: Officer, ticket: Ticket) -> bool:
    return may(
        officer.grants,
        Permission.OPEN_CONFIDENTIAL_IDENTITY,
        office=ticket.office,
        protected=ticket.is_protected,
        reason="?",  # which is asked for afterwards
    )


async def confidential(uow: UnitOfWork, officer: Officer, number: TicketNumber) -> Ticket:
    """Return a ticket whose identity an officer may open, locked.

    Raises:
        TicketNotFound: There is none for this officer.
        NotConfidential: Its identity is no secret.
        IdentityErased: There is nothing left to open.
    """
    ticket = await uow.tickets.lock(number)
    if ticket is None or not _may(officer, ticket):
        raise TicketNotFound
    if ticket.identity is not Identity.RAHASIA:
        raise NotConfidential
    if ticket.reporter.conversation_id is None and not ticket.reporter.name:
        raise IdentityErased
    return ticket


async def open_identity(
    uow: UnitOfWork, tools: Tools, officer: Officer, number: TicketNumber, reason: str
) -> tuple[Ticket, Conversation | None]:
    """Open an identity: write down who did and why, and return the ticket and who filed it.

    Raises:
        TicketNotFound, NotConfidential, IdentityErased: There is nothing to open.
        ReasonTooShort: It needs a better reason.
    """
    ticket = await confidential(uow, officer, number)
    reason = " ".join(reason.split())
    if len(reason) < SHORTEST_REASON:
        raise ReasonTooShort
    now = tools.now()
    await uow.privacy.note_opening(IdentityOpening(new_id(), ticket.id, officer.id, now, reason))
    uow.record(IdentityOpened(ticket, officer, now, reason))
    whom = ticket.reporter.conversation_id
    return ticket, await uow.conversations.get(ConversationId(whom)) if whom else None
