"""Wakes the open streams of this process when the outbox may hold something new."""

import asyncio
import contextlib
import logging
import time
from collections import OrderedDict
from collections.abc import Callable

from desk.services.ports import Bell

logger = logging.getLogger(__name__)

TOPIC = "outbox:web"
#: Another process may have answered without this one hearing the bell, so streams also look
#: by themselves: often while an answer is expected, seldom in a forgotten tab. Each row says
#: up to which age of the last activity a pause holds.
PAUSES = ((15.0, 1.0), (120.0, 2.0), (float("inf"), 5.0))
#: The bell rings for everybody's messages; a quiet stream needs not hurry each time.
QUIET_DELAY = 1.0
MAX_ADDRESSES = 20_000


class Wakeups:
    """One ear at the bell for all streams."""

    def __init__(self, bell: Bell, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Start deaf; `listen` runs beside the server."""
        self._bell = bell
        self._clock = clock
        self._rings = 0
        self._ringing = asyncio.Event()
        self._active: OrderedDict[str, float] = OrderedDict()
        self.closing = False

    async def listen(self) -> None:
        """Pass the bell on until cancelled."""
        while True:
            try:
                await self._bell.wait(TOPIC, 30.0)
                self._ring()
            except Exception:
                logger.exception("cannot hear the bell")
                await asyncio.sleep(1.0)

    def close(self) -> None:
        """Let all streams end."""
        self.closing = True
        self._ring()

    def note(self, address: str) -> None:
        """Remember that somebody is there and expects an answer."""
        self._active[address] = self._clock()
        self._active.move_to_end(address)
        while len(self._active) > MAX_ADDRESSES:
            self._active.popitem(last=False)

    def mark(self) -> int:
        """Return the present moment; take it before looking into the outbox."""
        return self._rings

    async def after(self, mark: int, address: str) -> None:
        """Return when there may be something new since *mark*."""
        age = self._clock() - self._active.get(address, float("-inf"))
        pause = next(pause for limit, pause in PAUSES if age <= limit)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause):
                while self._rings == mark:
                    await self._ringing.wait()
        if age > PAUSES[0][0] and not self.closing:
            await asyncio.sleep(QUIET_DELAY if address not in self._active else 0.1)

    def _ring(self) -> None:
        self._rings += 1
        ringing, self._ringing = self._ringing, asyncio.Event()
        ringing.set()
