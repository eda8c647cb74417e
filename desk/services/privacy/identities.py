"""Who opened a confidential identity, as its citizen may read it."""

from dataclasses import dataclass
from datetime import datetime

from desk.domain.lifecycle import Identity
from desk.domain.ticket import Ticket
from desk.services.ports import UnitOfWork


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
