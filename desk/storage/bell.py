"""The bell: wakes loops here at once, and on PostgreSQL those of other processes too."""

import asyncio
import contextlib
import logging
from collections import defaultdict
from secrets import token_hex
from typing import Any, Final
from weakref import WeakKeyDictionary

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from desk.services.every import end, every, start

logger = logging.getLogger(__name__)

CHANNEL: Final = "sapa"
RECONNECT_SECONDS: Final = 1.0
_NOTIFY: Final = text("SELECT pg_notify(:channel, :payload)")
_LOST: Final = (OSError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError)


class LocalBell:
    """Wakes the loops of this process; on SQLite others find out by their time-outs."""

    def __init__(self) -> None:
        """Start silent."""
        self._rings: defaultdict[str, int] = defaultdict(int)
        self._ringing: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._heard_by_anyone: defaultdict[str, int] = defaultdict(int)
        # Each loop has its own ear: a ring while it was busy must not be lost because another
        # loop happened to hear it.
        self._heard: WeakKeyDictionary[asyncio.Task[Any], dict[str, int]] = WeakKeyDictionary()

    async def start(self) -> None:
        """Begin to listen."""

    async def stop(self) -> None:
        """Stop listening."""

    def ring(self, topic: str) -> None:
        """Wake everyone in this process who waits for *topic*; ring after the commit."""
        self._rings[topic] += 1
        self._ringing.pop(topic, asyncio.Event()).set()

    async def wait(self, topic: str, timeout: float) -> None:  # noqa: ASYNC109 - the port's name
        """Return when the bell rang for *topic* since the last wait, or after *timeout* seconds.

        A task that waits for the first time hears a ring that nobody has heard yet.
        """
        task = asyncio.current_task()
        heard = {} if task is None else self._heard.setdefault(task, {})
        if self._rings[topic] == heard.get(topic, self._heard_by_anyone[topic]):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    await self._ringing[topic].wait()
        heard[topic] = self._heard_by_anyone[topic] = self._rings[topic]

    def _ring_all(self) -> None:
        for topic in {*self._rings, *self._ringing}:
            LocalBell.ring(self, topic)


class PostgresBell(LocalBell):
    """Also passes rings on to other processes with NOTIFY, over a connection of its own."""

    def __init__(self, url: str) -> None:
        """Remember where; `start` connects."""
        super().__init__()
        self._engine = create_async_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        self._name = token_hex(8)
        self._outgoing: asyncio.Queue[str] = asyncio.Queue()
        self._task: asyncio.Task[object] | None = None
        self._connected = asyncio.Event()

    async def start(self) -> None:
        """Begin to listen; without a database it goes on trying quietly."""
        self._task = start(every(RECONNECT_SECONDS, self._run, name="the bell"), name="the bell")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(RECONNECT_SECONDS):
                await self._connected.wait()

    async def stop(self) -> None:
        """Stop listening."""
        if self._task is not None:
            await end(self._task)
        await self._engine.dispose()

    def ring(self, topic: str) -> None:
        """Wake everyone in all processes who waits for *topic*; ring after the commit."""
        super().ring(topic)
        self._outgoing.put_nowait(topic)

    async def _run(self) -> None:
        try:
            async with self._engine.connect() as connection:
                await self._pass_on(connection)
        except _LOST as error:
            logger.warning("bell lost its connection: %s", type(error).__name__)
        finally:
            self._connected.clear()

    async def _pass_on(self, connection: AsyncConnection) -> None:
        """Listen and notify until the connection is lost."""
        driver: asyncpg.Connection = (await connection.get_raw_connection()).driver_connection
        lost = asyncio.Event()
        driver.add_termination_listener(lambda _connection: lost.set())
        await driver.add_listener(CHANNEL, self._on_notification)
        self._connected.set()
        self._ring_all()  # what was rung while we were deaf
        while not lost.is_set():
            topic = await self._next_topic(lost)
            if topic is not None:
                payload = {"channel": CHANNEL, "payload": f"{self._name} {topic}"}
                await connection.execute(_NOTIFY, payload)

    def _on_notification(self, _connection: Any, _pid: int, _channel: str, payload: Any) -> None:
        sender, _, topic = str(payload).partition(" ")
        if sender != self._name:
            LocalBell.ring(self, topic)

    async def _next_topic(self, lost: asyncio.Event) -> str | None:
        """Return the next topic to pass on, None when the connection is lost first."""
        topic = asyncio.create_task(self._outgoing.get())
        ended = asyncio.create_task(lost.wait())
        try:
            await asyncio.wait({topic, ended}, return_when=asyncio.FIRST_COMPLETED)
            return topic.result() if topic.done() else None
        finally:
            topic.cancel()
            ended.cancel()
