"""Wakes the open streams of this process when the outbox may hold something new."""

import asyncio
import contextlib
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from desk.services.ports import Bell

logger = logging.getLogger(__name__)

TOPIC: Final = "outbox:web"
RECENT_SECONDS: Final = 120.0
MAX_ADDRESSES: Final = 20_000


@dataclass(frozen=True)
class Patience:
    """How a stream waits: the bell rings for everybody's messages, and each look costs."""

    hears_bell: bool
    longest: float  #: another process may answer without this one hearing the bell
    after_ring: float  #: many rings within this time are one look


EXPECTING: Final = Patience(hears_bell=True, longest=1.0, after_ring=0.1)
RECENT: Final = Patience(hears_bell=True, longest=5.0, after_ring=0.5)
QUIET: Final = Patience(hears_bell=False, longest=5.0, after_ring=0.0)


class Wakeups:
    """One ear at the bell for all streams."""

    def __init__(self, bell: Bell, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Start deaf; `listen` runs beside the server."""
        self._bell = bell
        self._clock = clock
        self._rings = 0
        self._ringing = asyncio.Event()
        #: Per address: when something was last sent or received, and whether it is answered.
        self._seen: OrderedDict[str, tuple[float, bool]] = OrderedDict()
        self._closing = asyncio.Event()

    @property
    def closing(self) -> bool:
        """Tell whether streams are to end."""
        return self._closing.is_set()

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
        self._closing.set()
        self._ring()

    def expect(self, address: str) -> None:
        """Remember that somebody wrote and waits for the answer."""
        self._note(address, answered=False)

    def answered(self, address: str) -> None:
        """Remember that the answer came; another part of it may follow."""
        self._note(address, answered=True)

    def mark(self) -> int:
        """Return the present moment; take it before looking into the outbox."""
        return self._rings

    async def after(self, mark: int, address: str) -> None:
        """Return when there may be something new since *mark*."""
        patience = self.patience(address)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience.longest):
                if not patience.hears_bell:
                    # Writing something makes a quiet stream attentive again.
                    await self._closing_or_change(address)
                while self._rings == mark and not self.closing:
                    await self._ringing.wait()
                await self._wait_closing(patience.after_ring)

    def patience(self, address: str) -> Patience:
        """Return how a stream of this address waits now."""
        at, is_answered = self._seen.get(address, (float("-inf"), True))
        age = self._clock() - at
        if age > RECENT_SECONDS:
            return QUIET
        return RECENT if is_answered else EXPECTING

    def _note(self, address: str, *, answered: bool) -> None:
        was_quiet = self.patience(address) is QUIET
        self._seen[address] = (self._clock(), answered)
        self._seen.move_to_end(address)
        while len(self._seen) > MAX_ADDRESSES:
            self._seen.popitem(last=False)
        if was_quiet:
            self._ring()

    async def _closing_or_change(self, address: str) -> None:
        while not self.closing and self.patience(address) is QUIET:
            await self._ringing.wait()

    async def _wait_closing(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()

    def _ring(self) -> None:
        self._rings += 1
        ringing, self._ringing = self._ringing, asyncio.Event()
        ringing.set()
