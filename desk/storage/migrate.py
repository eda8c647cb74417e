"""Brings a database to the newest schema, safely when several processes start at once."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from desk.storage.engine import create_engine
from desk.storage.tables import Base

T = TypeVar("T")

_SCRIPTS: Final = Path(__file__).parent / "migrations"
#: An arbitrary number that every copy of this program uses as the lock's name.
_POSTGRESQL_LOCK: Final = 0x53617061


async def upgrade(url: str) -> None:
    """Migrate the database at *url* to the newest schema; others that start now wait."""
    await _run(url, lambda connection: upgrade_connection(connection, "head"))


async def is_current(url: str) -> bool:
    """Tell whether the database at *url* has the newest schema."""
    return await _run(url, current_revision) == newest_revision()


async def differences(url: str) -> list[object]:
    """Return where the database's schema differs from the tables in the code."""
    return await _run(url, _differences)


def newest_revision() -> str | None:
    """Return the revision this program needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def is_known_revision(revision: str) -> bool:
    """Tell whether this program has the migration of that name."""
    known = ScriptDirectory.from_config(_config()).walk_revisions()
    return revision in {script.revision for script in known}


def current_revision(connection: Connection) -> str | None:
    """Return the revision a database has, None when it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


async def _run(url: str, work: Callable[[Connection], T]) -> T:
    engine = create_engine(url)
    try:
        async with engine.begin() as connection:
            await lock_migrations(connection)
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


async def lock_migrations(connection: AsyncConnection) -> None:
    """Keep other migrations out until the transaction ends; on SQLite it does so anyway."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SET LOCAL lock_timeout = 0"))
        await connection.execute(
            text("SELECT pg_advisory_xact_lock(:name)"), {"name": _POSTGRESQL_LOCK}
        )


def upgrade_connection(connection: Connection, revision: str) -> None:
    """Migrate inside the transaction of *connection*."""
    command.upgrade(_config(connection), revision)


def _differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["connection"] = connection
    return config
