"""Time inside the simulator: real time that tests may push forward, and a wake-up signal."""

import asyncio
import contextlib
import time
from datetime import UTC, datetime, timedelta


class Clock:
    """Real time plus whatever `advance` added."""

    def __init__(self) -> None:
        """Start at the real time."""
        self._shift = 0.0

    def now(self) -> datetime:
        """Return the simulated time of day."""
        return datetime.now(UTC) + timedelta(seconds=self._shift)

    def unix(self) -> int:
        """Return the simulated time as the Bot API writes dates."""
        return int(self.now().timestamp())

    def seconds(self) -> float:
        """Return a steadily rising number of seconds."""
        return time.monotonic() + self._shift

    def advance(self, seconds: float) -> None:
        """Let *seconds* pass at once: queries expire, limits refill, updates are dropped."""
        self._shift += seconds


class Signal:
    """Wakes everybody who waits for "something changed"."""

    def __init__(self) -> None:
        """Start with nobody waiting."""
        self._event = asyncio.Event()

    def notify(self) -> None:
        """Wake all who wait now; those who come later wait for the next change."""
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Return after the next change, or after *seconds*."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._event.wait(), seconds)
