"""The right to send on a channel: one process of all has it, and no send outlives it."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NoReturn

from desk.services.errors import RightLost
from desk.services.every import RENEWALS, Lease, heed_cancelling
from desk.services.ports import UnitOfWork

logger = logging.getLogger(__name__)

#: A killed process is replaced so soon. However long the channel takes with a message, the right
#: is renewed meanwhile, by a task of its own.
LASTS: Final = timedelta(seconds=12)
#: So much of it is left unused: clocks differ, and what is broken off takes a moment to end.
UNUSED: Final = 1 / 6
AFTER_ERROR: Final = 1.0


@dataclass
class Right:
    """What a process may rely on of a lease, by its own clock and without asking for it."""

    lease: Lease
    _ends: datetime | None = None

    @property
    def seconds_left(self) -> float:
        """Return how long this process may still send if nothing is renewed."""
        if self._ends is None:
            return 0.0
        return max((self._ends - self.lease.tools.now()).total_seconds(), 0.0)

    async def take(self) -> bool:
        """Take or renew the right; False while another process has it."""
        asked = self.lease.tools.now()
        is_held = await self.lease.hold()
        if is_held:
            self.extend(asked)
        else:
            self._ends = None
        return is_held

    async def claim(self, uow: UnitOfWork, now: datetime) -> None:
        """Renew the right in a unit of work that nobody else may do; `extend` when it lasts.

        Raises:
            RightLost: Another process has it.
        """
        lease = self.lease
        if not await uow.leases.acquire(lease.name, lease.holder, now, lease.lasts):
            self._ends = None
            raise RightLost

    def extend(self, since: datetime) -> None:
        """Rely on the right from a moment on, at which it was renewed."""
        self._ends = since + self.lease.lasts * (1 - UNUSED)

    async def keep(self) -> NoReturn:
        """Renew the right for good.

        Raises:
            RightLost: Another process has it, or it could not be renewed in time.
        """
        between = self.lease.lasts.total_seconds() / RENEWALS
        pause = between
        while True:
            await asyncio.sleep(min(pause, self.seconds_left))
            try:
                async with asyncio.timeout(self.seconds_left):
                    await self.take()
                pause = between
            except Exception:
                logger.exception("could not renew the right to send")
                pause = min(AFTER_ERROR, between)
            heed_cancelling()
            if not self.seconds_left:
                raise RightLost

    async def give_up(self) -> None:
        """Let another process send at once."""
        self._ends = None
        await self.lease.release()
