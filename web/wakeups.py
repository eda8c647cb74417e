"""Wakes the open streams of this process: one look into the outbox serves them all."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from typing import Final

from desk.domain.outgoing import News
from desk.services.every import every
from desk.services.ports import Bell

TOPIC: Final = "outbox:web"
#: Another process may answer without this one hearing the bell.
LONGEST_SLEEP: Final = 1.0
#: The bell rings for everybody's messages: those that ring within this time are one look.
TOGETHER: Final = 0.05
AFTER_ERROR: Final = 1.0

#: Returns what is new at some addresses; those without a conversation are left out.
Look = Callable[[Collection[str]], Awaitable[Mapping[str, News]]]


class Watch:
    """What one stream waits on."""

    def __init__(self) -> None:
        """Start with a wake-up: what came before the stream was opened is new to it."""
        self._news: News | None = None
        self._woken = asyncio.Event()
        self.wake()

    def wake(self) -> None:
        """Let the stream look, whether there is something new or not."""
        self._woken.set()

    def note(self, news: News) -> None:
        """Wake the stream when this differs from what was last known."""
        if news != self._news:
            self._news = news
            self.wake()

    async def is_woken(self, *, within: float) -> bool:
        """Tell whether there is reason to look, as soon as there is one or after some seconds.

        What happens during the look that follows counts for the next one.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._woken.wait()
        was_woken = self._woken.is_set()
        self._woken.clear()
        return was_woken


class Wakeups:
    """One ear at the bell, and one look, for all streams."""

    def __init__(self, bell: Bell, look: Look) -> None:
        """Start deaf; `listen` runs beside the server."""
        self._bell = bell
        self._look = look
        self._watches: dict[str, set[Watch]] = {}
        self._closing = False

    @property
    def closing(self) -> bool:
        """Tell whether streams are to end."""
        return self._closing

    @contextlib.contextmanager
    def watching(self, address: str) -> Iterator[Watch]:
        """Watch an address as long as its stream is open."""
        watch = Watch()
        self._watches.setdefault(address, set()).add(watch)
        try:
            yield watch
        finally:
            self._watches[address].discard(watch)
            if not self._watches[address]:
                del self._watches[address]

    async def listen(self) -> None:
        """Look whenever the bell rings, and now and then without it, until cancelled."""

        async def look_when_rung() -> None:
            await self._bell.wait(TOPIC, LONGEST_SLEEP)
            await self._look_for_all()

        name = "the look for messages of the web chat"
        await every(TOGETHER, look_when_rung, name=name, after_error=AFTER_ERROR)

    def close(self) -> None:
        """Let all streams end."""
        self._closing = True
        for watches in self._watches.values():
            for watch in watches:
                watch.wake()

    async def _look_for_all(self) -> None:
        if not self._watches:
            return
        found = await self._look(tuple(self._watches))
        for address, news in found.items():
            for watch in self._watches.get(address, ()):
                watch.note(news)
