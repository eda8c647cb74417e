"""What becomes of reports that were merged: which one goes on, and what they bring to it."""

from __future__ import annotations

from collections.abc import Iterable

from desk.domain.lifecycle import OPEN, Status
from desk.domain.ticket import Addition, Ticket
from desk.services.ports import UnitOfWork


async def merged_onwards(uow: UnitOfWork, ticket: Ticket) -> list[Ticket]:
    """Return the ticket that this one was merged into, the one that that was, and so on."""
    onwards: list[Ticket] = []
    into = ticket.merged_into
    while into is not None and (found := await uow.tickets.get(into)) is not None:
        onwards.append(found)
        into = found.merged_into
    return onwards


async def takes_additions(uow: UnitOfWork, ticket: Ticket) -> Ticket | None:
    """Return the ticket whose officers read what is added to this one, None when nobody does.

    A merged ticket is read with the one that it went into, while that one is open.
    """
    last = ticket
    if ticket.status is Status.MERGED:
        last = ([ticket, *await merged_onwards(uow, ticket)])[-1]
    return last if last.status in OPEN else None


async def brought_along(uow: UnitOfWork, ticket: Ticket) -> list[Ticket]:
    """Return the tickets that were merged into this one, and those merged into them."""
    return await uow.tickets.brought_along(ticket.number)


def additions_of(tickets: Iterable[Ticket]) -> list[tuple[Ticket, Addition]]:
    """Return what was added to any of some tickets, oldest first, each with its ticket."""
    added = [(ticket, each) for ticket in tickets for each in ticket.additions]
    return sorted(added, key=lambda pair: pair[1].at)
