"""SQLite without a thread rests on what `aiosqlite` keeps to itself: this tells when it moves."""

import sqlite3
import threading
from importlib.metadata import version
from pathlib import Path

import pytest

from desk.storage.inline_sqlite import InlineConnection

CHECKED_WITH = "0.22.1"
CHECK = f"""
aiosqlite is no longer {CHECKED_WITH}. Before you write the new version here, look in its core.py:
- does `_tx.put_nowait((future, function))` still bring each call to the connection, and nothing
  else (`_connect`, `_execute`, `stop`)? `_AtOnce` calls the function then and there;
- is the thread started by `__await__` and `__aenter__` only? `InlineConnection` awaits `_connect`;
- is `_conn` still the connection of `sqlite3`?
and in SQLAlchemy's dialects/sqlite/aiosqlite.py what it does to `_tx`, `_conn` and `_thread`.
Then run this file, and `tests/integration/test_storage_processes.py`.
"""


def test_the_version_is_the_one_that_was_looked_into() -> None:
    assert version("aiosqlite") == CHECKED_WITH, CHECK


async def test_statements_run_in_the_callers_thread(tmp_path: Path) -> None:
    before = threading.active_count()
    ran_in: list[int] = []
    connection = await InlineConnection(str(tmp_path / "a.db"), isolation_level=None)
    await connection.create_function("here", 0, lambda: ran_in.append(threading.get_ident()))
    await connection.execute("SELECT here()")
    assert ran_in == [threading.get_ident()]
    assert threading.active_count() == before
    await connection.close()
    assert threading.active_count() == before


async def test_what_fails_fails_where_it_was_asked(tmp_path: Path) -> None:
    connection = await InlineConnection(str(tmp_path / "a.db"))
    with pytest.raises(sqlite3.OperationalError, match="nothing"):
        await connection.execute("SELECT nothing")
    cursor = await connection.execute("SELECT 1")
    assert await cursor.fetchone() == (1,)
    await connection.close()
    with pytest.raises(sqlite3.OperationalError):
        await InlineConnection(str(tmp_path / "no" / "such" / "folder.db"))


async def test_closing_gives_the_locks_back(tmp_path: Path) -> None:
    path = str(tmp_path / "a.db")
    connection = await InlineConnection(path, isolation_level=None)
    await connection.execute("BEGIN IMMEDIATE")
    await connection.close()
    other = sqlite3.connect(path, isolation_level=None, timeout=0)
    other.execute("BEGIN IMMEDIATE")
    other.close()
