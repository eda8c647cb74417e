"""Watches the clocks of open tickets: reminds officers, and closes what stays unanswered."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from desk.domain.clocks import ClockState, Reminder, circumstances, reminders_due
from desk.domain.errors import MoveNotAllowed
from desk.domain.lifecycle import AWAITS_CITIZEN, OPEN, Actor, Circumstance, Identity, Status
from desk.domain.ticket import Ticket, TicketId
from desk.services import leasing
from desk.services.events import ClockRanLow, TicketFiled
from desk.services.outbox.posting import ring_all
from desk.services.ports import Bell, UnitsOfWork
from desk.services.tickets import moving
from desk.services.tickets.deadlines import clocks_of
from desk.services.tools import Tools

logger = logging.getLogger(__name__)

LEASE: Final = "pengawas_tiket"
HOLD: Final = timedelta(seconds=150)
EVERY: Final = 60.0
AFTER_ERROR: Final = 10.0
PAGE: Final = 200
#: An anonymous ticket tells its hour only; so does the message about it.
ANNOUNCED_AFTER: Final = timedelta(hours=1)
#: A ticket that nobody could be told of in this time is left to the reminders.
ANNOUNCED_UNTIL: Final = timedelta(days=3)


@dataclass
class Watch:
    """One watcher; *told* spares it to look again for what it has queued itself."""

    units: UnitsOfWork
    tools: Tools
    holder: str
    told: set[str] = field(default_factory=set)
    page: int = PAGE

    async def holds_lease(self) -> bool:
        """Take or renew the right to watch; one process of all has it."""
        return await leasing.hold(self.units, self.tools, LEASE, self.holder, HOLD)

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
        acted = await self._announce_late(ticket)
        if not self.tools.calendar.is_open(self.tools.now()):
            return acted
        for clock in clocks_of(self.tools, ticket):
            for whom in sorted(reminders_due(clock, self.tools.limits)):
                acted |= await self._remind(ticket, clock, whom)
        return acted

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

    async def _announce_late(self, ticket: Ticket) -> bool:
        """Tell of an anonymous ticket once its hour is over: no time joins it to anyone."""
        age = self.tools.now() - ticket.filed_at
        is_due = ANNOUNCED_AFTER <= age < ANNOUNCED_UNTIL
        key = f"baru:{ticket.id}"
        if ticket.identity is not Identity.ANONIM or not is_due or key in self.told:
            return False
        async with self.units() as uow:
            uow.record(TicketFiled(ticket))
            await uow.commit()
        self.told.add(key)
        return True

    async def _remind(self, ticket: Ticket, clock: ClockState, whom: Reminder) -> bool:
        """Queue a reminder once for each run of a clock and each chat."""
        key = f"ingat:{ticket.id}:{clock.name}:{clock.started.isoformat()}:{whom}"
        if key in self.told:
            return False
        async with self.units() as uow:
            uow.record(ClockRanLow(ticket, clock, whom))
            await uow.commit()
        self.told.add(key)
        return True


async def watch(units: UnitsOfWork, tools: Tools, bell: Bell, *, holder: str) -> None:
    """Watch until cancelled, while no other process does."""
    watcher = Watch(units, tools, holder)
    while True:
        pause = EVERY
        try:
            if await watcher.holds_lease() and await watcher.look_over():
                ring_all(bell)
        except Exception:
            logger.exception("could not watch the tickets")
            pause = AFTER_ERROR
        await asyncio.sleep(pause)
