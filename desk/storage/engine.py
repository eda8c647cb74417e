"""Engines for SQLite and PostgreSQL under which no update is ever lost."""

import contextlib
import sqlite3
from pathlib import Path
from typing import Final, cast

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.engine.interfaces import AdaptedConnection, DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from desk.storage.inline_sqlite import InlineConnection

BUSY_SECONDS: Final = 10
POSTGRESQL_POOL: Final = 10


def create_engine(url: str | URL) -> AsyncEngine:
    """Make the engine for a database URL; nothing is opened yet."""
    parsed = make_url(url)
    if is_sqlite(parsed):
        return _sqlite_engine(parsed)
    return create_async_engine(
        parsed,
        pool_size=POSTGRESQL_POOL,
        max_overflow=POSTGRESQL_POOL,
        pool_pre_ping=True,
        connect_args={"server_settings": _POSTGRESQL_SETTINGS},
    )


def create_snapshot_engine(url: str | URL) -> AsyncEngine:
    """Make an engine whose transactions see the database as it was when they began.

    They only read, and hold up no writer.
    """
    parsed = make_url(url)
    if not is_sqlite(parsed):
        return create_async_engine(parsed, isolation_level="REPEATABLE READ")
    engine = create_async_engine(parsed, connect_args=_SQLITE_ARGUMENTS)
    event.listen(engine.sync_engine, "begin", _begin_deferred)
    return engine


def is_sqlite(url: str | URL) -> bool:
    """Tell whether the URL names a SQLite file."""
    return make_url(url).get_backend_name() == "sqlite"


#: A forgotten transaction must not hold a citizen's conversation for ever.
_POSTGRESQL_SETTINGS: Final = {
    "application_name": "sapa",
    "lock_timeout": f"{BUSY_SECONDS}s",
    "idle_in_transaction_session_timeout": "60s",
}


class _UnlockingConnection(sqlite3.Connection):
    """Gives its locks back when it is closed.

    A task that is cancelled amid a query may leave a cursor behind. SQLite then keeps a closed
    connection's transaction open for as long as that cursor lives, and every writer waits.
    """

    def close(self) -> None:
        """Roll back and close."""
        with contextlib.suppress(sqlite3.ProgrammingError):  # closed before
            if self.in_transaction:
                self.rollback()
        super().close()


# The driver would begin transactions at the first write only: two processes could read the same
# row and both write it. So the driver's own transactions are switched off …
_SQLITE_ARGUMENTS: Final = {
    "timeout": BUSY_SECONDS,
    "factory": _UnlockingConnection,
    "isolation_level": None,
}
_INLINE_ARGUMENTS: Final = {
    **_SQLITE_ARGUMENTS,
    "async_creator_fn": InlineConnection,
    # Only BEGIN ever waits, in `InlineConnection`: SQLite itself would hold up everything.
    "timeout": 0,
}


def _sqlite_engine(url: URL) -> AsyncEngine:
    _make_private_file(url.database)
    # SQLite has one writer at a time. One connection per process lets tasks queue for it in
    # order, where several would poll for the lock and starve one another.
    engine = create_async_engine(url, pool_size=1, max_overflow=0, connect_args=_INLINE_ARGUMENTS)
    event.listen(engine.sync_engine, "connect", _prepare_writer)
    event.listen(engine.sync_engine, "begin", _begin_immediate)
    return engine


def _make_private_file(database: str | None) -> None:
    """Create the file readable by its owner only; SQLite gives its WAL the same rights."""
    if database is None or database == ":memory:" or database.startswith("file:"):
        return
    path = Path(database)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=True)


def _prepare_writer(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    adapted = cast("AdaptedConnection", connection)
    adapted.run_async(
        lambda inline: inline.run_unlocked("PRAGMA journal_mode = WAL", BUSY_SECONDS)
    )
    cursor = connection.cursor()
    try:
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute("PRAGMA foreign_keys = ON")
    finally:
        cursor.close()


def _begin_immediate(connection: Connection) -> None:
    # … and every transaction takes the write lock before it reads.
    adapted = cast("AdaptedConnection", connection.connection.dbapi_connection)
    try:
        adapted.run_async(lambda inline: inline.run_unlocked("BEGIN IMMEDIATE", BUSY_SECONDS))
    except sqlite3.Error:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # fails once more, in SQLAlchemy's words


def _begin_deferred(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
