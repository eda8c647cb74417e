"""Small named values that must last."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.storage.inserting import insert_into
from desk.storage.tables import ValueRow


class Values:
    """Named values in the database."""

    def __init__(self, session: AsyncSession) -> None:
        """Work inside the transaction of *session*."""
        self._session = session

    async def get(self, name: str) -> Any:
        """Return the value, None when it was never set."""
        return await self._session.scalar(select(ValueRow.value).where(ValueRow.name == name))

    async def put(self, name: str, value: Any) -> None:
        """Set the value."""
        await self._session.execute(
            insert_into(self._session, ValueRow)
            .values(name=name, value=value)
            .on_conflict_do_update(index_elements=[ValueRow.name], set_={"value": value})
        )

    async def starting_with(self, prefix: str) -> Mapping[str, Any]:
        """Return all values whose names begin so."""
        rows = await self._session.execute(
            select(ValueRow.name, ValueRow.value).where(
                ValueRow.name.startswith(prefix, autoescape=True)
            )
        )
        return {row.name: row.value for row in rows}

    async def delete(self, name: str) -> None:
        """Remove the value, if there is one."""
        await self._session.execute(delete(ValueRow).where(ValueRow.name == name))
