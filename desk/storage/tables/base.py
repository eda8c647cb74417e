"""What all tables share."""

from typing import cast

from sqlalchemy import Index, MetaData, Table, TextClause, text
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    """The declarative base; constraints have names, so that migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def partial_index(
    name: str, *columns: str, where: TextClause | None = None, unique: bool = False
) -> Index:
    """Return an index of those rows only of which *where* is true, or that have a first column.

    A query has to say *where* in the very same words, or SQLite would not use the index.
    """
    if where is None:
        where = text(f"{columns[0]} IS NOT NULL")
    return Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


def table_of(row: type[Base]) -> Table:
    """Return the table of a class of rows.

    What every message needs is asked of tables, with statements that are made once: building
    one for objects costs several times what the database needs to answer it.
    """
    return cast("Table", row.__table__)
