"""What citizens think of how their ticket was handled."""

from dataclasses import replace
from typing import Final

from desk.domain.errors import MoveNotAllowed
from desk.domain.lifecycle import Status
from desk.domain.ticket import Ticket
from desk.services.events import TicketRated
from desk.services.ports import UnitOfWork

MAX_WORDS = 1000
RATINGS: Final = range(1, 6)


async def keep(
    uow: UnitOfWork, ticket: Ticket, *, rating: int | None = None, words: str | None = None
) -> None:
    """Keep a mark from 1 to 5, words about it, or both; the newest counts.

    The ticket has to be locked.

    Raises:
        MoveNotAllowed: The ticket is not closed.
        ValueError: There is no such mark.
    """
    if ticket.status is not Status.CLOSED:
        raise MoveNotAllowed(ticket.status, ticket.status)
    if rating is not None and rating not in RATINGS:
        raise ValueError("a mark is a number from 1 to 5")
    rated = replace(
        ticket,
        rating=ticket.rating if rating is None else rating,
        rating_words=ticket.rating_words if words is None else words[:MAX_WORDS],
    )
    await uow.tickets.save(rated)
    uow.record(TicketRated(rated))
