"""Which tickets an officer may see, and in which order: by the clocks that press most.

What is shown where others read along is for whoever shows it to say.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from desk.domain.lifecycle import OPEN, Identity, Status
from desk.domain.officer import Officer
from desk.domain.roles import Permission, Role, may
from desk.domain.ticket import Ticket
from desk.services.ports import UnitOfWork
from desk.services.tickets.deadlines import clocks_of
from desk.services.tools import Tools

#: So many tickets are sorted by their clocks; who has more sees the oldest of them.
MOST_SORTED: Final = 300
#: Nobody here is due while a ticket waits for its citizen.
_WAITS_FOR_CITIZEN: Final = frozenset({Status.ON_HOLD, Status.RESOLVED})


def may_see(officer: Officer, ticket: Ticket) -> bool:
    """Tell whether an officer may see a ticket."""
    return _may(officer, Permission.SEE_TICKETS, ticket)


def may_see_identity(officer: Officer, ticket: Ticket) -> bool:
    """Tell whether an officer may see the name and phone behind a ticket: of open ones."""
    is_open = ticket.identity is Identity.TERBUKA
    return is_open and _may(officer, Permission.SEE_OPEN_IDENTITY, ticket)


def _may(officer: Officer, permission: Permission, ticket: Ticket) -> bool:
    return may(officer.grants, permission, office=ticket.office, protected=ticket.is_protected)


async def visible_to(
    uow: UnitOfWork,
    tools: Tools,
    officer: Officer,
    states: Collection[Status] = OPEN,
    *,
    protected_too: bool = True,
) -> list[Ticket]:
    """Return the tickets in some states that an officer may see, the most urgent first."""
    sees_all = officer.has_role(Role.KOORDINATOR)
    found = await uow.tickets.oldest(
        states,
        offices=None if sees_all else officer.offices,
        protected=False,
        limit=MOST_SORTED,
    )
    if protected_too and officer.has_role(Role.INTEGRITAS):
        found += await uow.tickets.oldest(states, protected=True, limit=MOST_SORTED)
    seen = [ticket for ticket in found if may_see(officer, ticket)]

    def urgency(ticket: Ticket) -> float:
        used = share_used(tools, ticket)
        return -1.0 if used is None else used

    return sorted(seen, key=urgency, reverse=True)


def share_used(tools: Tools, ticket: Ticket) -> float | None:
    """Return how much of its time a ticket has used: the most that a running clock says.

    None: no clock runs, or nobody here is due.
    """
    used = [clock.fraction_used for clock in clocks_of(tools, ticket) if clock.is_running]
    return None if ticket.status in _WAITS_FOR_CITIZEN else max(used, default=None)
