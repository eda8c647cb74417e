"""Stores updates before they are acknowledged; one that cannot be stored holds up nobody."""

import json
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.audience import Roster
from bot.groups import GroupWatch
from bot.presence import TelegramPresence
from bot.reading import read_update
from desk.services.ports import Bell, UnitsOfWork
from desk.services.tools import Tools
from desk.services.turns.intake import Arrival, receive

logger = logging.getLogger(__name__)

#: Failures after which an update is taken for a poison and kept as it came, unread.
PATIENCE = 5


class NotStored(Exception):
    """The database did not take the updates; they must not be acknowledged."""


@dataclass
class Taker:
    """Takes updates in for the polling loop and for the webhook."""

    units: UnitsOfWork
    tools: Tools
    bell: Bell
    presence: TelegramPresence
    roster: Roster
    watch: GroupWatch
    failures: Counter[str] = field(default_factory=Counter)

    async def take(self, updates: Sequence[Any]) -> None:
        """Read and store raw updates, together if possible, and answer presses of buttons.

        Raises:
            NotStored: At least one of them is not stored; all may come again.
        """
        if not updates:
            return
        audience = await self.roster.current()
        arrivals = [read_update(update, audience) for update in updates]
        try:
            await receive(self.units, self.tools, self.bell, arrivals)
        except Exception as error:
            # An edge of the process: whatever the storage raises, the update must come again.
            logger.warning("updates not stored", extra={"error": type(error).__name__})
            await self._take_each(arrivals)
        else:
            self._settle(arrivals)

    async def _take_each(self, arrivals: Sequence[Arrival]) -> None:
        """Store what can be stored; who waits for an earlier message keeps their order."""
        waiting: set[str | None] = set()
        for arrival in arrivals:
            is_behind = arrival.address is not None and arrival.address in waiting
            if is_behind or not await self._take_one(arrival):
                waiting.add(arrival.address)
        if waiting:
            raise NotStored

    async def _take_one(self, arrival: Arrival) -> bool:
        if await self._store(arrival):
            return True
        self.failures[arrival.external_id] += 1
        if self.failures[arrival.external_id] < PATIENCE:
            return False
        # If the database takes the bare update now, the content was to blame, not the database.
        if not await self._store(_bare(arrival)):
            return False
        logger.error("update set aside unread", extra={"update_id": arrival.external_id})
        return True

    async def _store(self, arrival: Arrival) -> bool:
        try:
            await receive(self.units, self.tools, self.bell, [arrival])
        except Exception as error:
            extra = {"update_id": arrival.external_id, "error": type(error).__name__}
            logger.warning("update not stored", extra=extra)
            return False
        self._settle([arrival])
        return True

    def _settle(self, arrivals: Sequence[Arrival]) -> None:
        for arrival in arrivals:
            self.failures.pop(arrival.external_id, None)
        self.presence.answer_presses(arrivals)
        self.watch.heed(arrivals)


def _bare(arrival: Arrival) -> Arrival:
    """Return the update as one plain ASCII text, for the admins to look at."""
    written = json.dumps(arrival.raw, ensure_ascii=True)
    return replace(arrival, raw={"json": written}, address=None, inbound=None, unreadable=True)
