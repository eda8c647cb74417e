"""SQLite without a thread: each statement runs at once, where it is asked for.

A statement takes some microseconds, while handing it to a thread and back takes hundreds. Only
one may have to wait, for the write lock of another process, and it waits without holding up
this one's event loop.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Generator
from queue import SimpleQueue
from typing import Any, Final

import aiosqlite

_Job = tuple[asyncio.Future[Any] | None, Callable[[], Any]]

_FIRST_PAUSE: Final = 0.001
_LONGEST_PAUSE: Final = 0.02


class InlineConnection(aiosqlite.Connection):
    """A connection of `aiosqlite` that never starts its thread."""

    def __init__(self, database: str, **arguments: Any) -> None:
        """Remember what to open; it is opened when it is awaited."""
        super().__init__(lambda: sqlite3.connect(database, **arguments), iter_chunk_size=64)
        self._tx = _AtOnce()

    def __await__(self) -> Generator[Any, None, aiosqlite.Connection]:
        """Open it."""
        return self._connect().__await__()

    async def run_unlocked(self, statement: str, seconds: float) -> None:
        """Run a statement as soon as no other connection has the lock it needs.

        Raises:
            sqlite3.Error: The lock was not free within *seconds*, or the statement fails.
        """
        deadline = time.monotonic() + seconds
        pause = _FIRST_PAUSE
        while True:
            try:
                self._conn.execute(statement)
            except sqlite3.OperationalError as error:
                if _is_broken(error) or time.monotonic() > deadline:
                    raise
            else:
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)


class _AtOnce(SimpleQueue[_Job]):
    """Stands where `aiosqlite` has the queue of its thread; nothing waits in it."""

    def put_nowait(self, item: _Job) -> None:
        future, function = item
        try:
            result = function()
        except Exception as error:
            if future is None:
                raise
            future.set_exception(error)
        else:
            if future is not None:
                future.set_result(result)


def _is_broken(error: sqlite3.OperationalError) -> bool:
    """Tell whether waiting would not help."""
    return error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY
