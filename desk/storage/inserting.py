"""Inserts that give way to a row that is there already, in both databases' words."""

from collections.abc import Callable

from sqlalchemy import Executable, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from desk.storage.tables import Base

Insert = sqlite.Insert | postgresql.Insert


def insert_into(session: AsyncSession, table: type[Base]) -> Insert:
    """Return an INSERT that knows ON CONFLICT."""
    if is_postgresql(session):
        return postgresql.insert(table)
    return sqlite.insert(table)


def prepared_insert(
    table: Table, finish: Callable[[Insert], Executable]
) -> Callable[[AsyncSession], Executable]:
    """Return a function that hands out an INSERT made once; *finish* adds its ON CONFLICT."""
    statements = {
        "sqlite": finish(sqlite.insert(table)),
        "postgresql": finish(postgresql.insert(table)),
    }
    return lambda session: statements[session.get_bind().dialect.name]


def is_postgresql(session: AsyncSession) -> bool:
    """Tell whether the session speaks to PostgreSQL."""
    return session.get_bind().dialect.name == "postgresql"
