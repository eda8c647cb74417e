"""Watches the clocks of open tickets: reminds officers, and closes what stays unanswered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from desk.domain.clocks import circumstances, reminders_due
from desk.domain.errors import MoveNotAllowed
from desk.domain.lifecycle import AWAITS_CITIZEN, OPEN, Actor, Circumstance, Identity, Status
from desk.domain.ticket import Ticket, TicketId
from desk.services.events import ClockRanLow, Event, TicketFiled
from desk.services.every import Lease, every
from desk.services.ports import Bell, UnitsOfWork
from desk.services.tickets import moving
from desk.services.tickets.deadlines import clocks_of
from desk.services.tools import Tools, ring_all

HELD: Final = timedelta(seconds=150)
EVERY: Final = 60.0
AFTER_ERROR: Final = 10.0
PAGE: Final = 200
#: An anonymous ticket tells its hour only; so does the message about it.
ANNOUNCED_AFTER: Final = timedelta(hours=1)
#: A ticket that nobody could be told of in this time is left to the reminders.
ANNOUNCED_UNTIL: Final = timedelta(days=3)


@dataclass
class Watch:
    """One watcher of all open tickets; *told* spares it to look again for what it has recorded."""

    units: UnitsOfWork
    tools: Tools
    told: set[tuple[TicketId, str]] = field(default_factory=set)
    page: int = PAGE

    async def look_over(self) -> int:
        """Look at every open ticket once; return how many were acted on."""
        acted, after = 0, None
        while page := await self._page(after):
            after = page[-1].id
            for ticket in page:
                acted += await self._look_at(ticket)
        return acted

    async def _page(self, after: TicketId | None) -> list[Ticket]:
        async with self.units() as uow:
            return await uow.tickets.in_states(OPEN, after=after, limit=self.page)

    async def _look_at(self, ticket: Ticket) -> bool:
        if self._is_unanswered(ticket):
            return await self._close(ticket)
        due = [(what, event) for what, event in self._due(ticket) if what not in self.told]
        for what, event in due:
            async with self.units() as uow:
                uow.record(event)
                await uow.commit()
            self.told.add(what)
        return bool(due)

    def _due(self, ticket: Ticket) -> Iterator[tuple[tuple[TicketId, str], Event]]:
        """Yield what people are to be told of now, each under a name of its own."""
        age = self.tools.now() - ticket.filed_at
        if ticket.identity is Identity.ANONIM and ANNOUNCED_AFTER <= age < ANNOUNCED_UNTIL:
            # Once its hour is over: no time joins it to anyone.
            yield (ticket.id, "baru"), TicketFiled(ticket)
        if not self.tools.calendar.is_open(self.tools.now()):
            return
        for clock in clocks_of(self.tools, ticket):
            for whom in sorted(reminders_due(clock, self.tools.limits)):
                event = ClockRanLow(ticket, clock, whom)
                yield (ticket.id, event.run), event

    def _is_unanswered(self, ticket: Ticket) -> bool:
        if ticket.status not in AWAITS_CITIZEN:
            return False
        tools = self.tools
        found = circumstances(ticket.history, tools.calendar, tools.now(), tools.limits)
        return Circumstance.SILENCE in found

    async def _close(self, ticket: Ticket) -> bool:
        """Close a ticket, unless its citizen answers at this very moment."""
        try:
            async with self.units() as uow:
                await moving.move(uow, self.tools, ticket.number, Status.CLOSED, Actor.SYSTEM)
                await uow.commit()
        except MoveNotAllowed:
            return False
        return True


async def watch(units: UnitsOfWork, tools: Tools, bell: Bell, *, holder: str) -> None:
    """Watch until cancelled, while no other process does."""
    watcher = Watch(units, tools)

    async def look() -> None:
        if await watcher.look_over():
            ring_all(bell)

    lease = Lease(units, tools, "pengawas_tiket", holder, HELD)
    await every(EVERY, look, name="the watch over tickets", lease=lease, after_error=AFTER_ERROR)
