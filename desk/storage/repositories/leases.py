"""Named rights that one process holds at a time."""

from datetime import datetime, timedelta

from sqlalchemy import delete, or_
from sqlalchemy.ext.asyncio import AsyncSession

from desk.storage.inserting import insert_into
from desk.storage.tables import LeaseRow


class Leases:
    """Leases in the database."""

    def __init__(self, session: AsyncSession) -> None:
        """Work inside the transaction of *session*."""
        self._session = session

    async def acquire(self, name: str, holder: str, now: datetime, hold: timedelta) -> bool:
        """Take or renew the lease; False while another holder's has not run out."""
        held = {"holder": holder, "held_until": now + hold}
        taken = await self._session.scalar(
            insert_into(self._session, LeaseRow)
            .values(name=name, **held)
            .on_conflict_do_update(
                index_elements=[LeaseRow.name],
                set_=held,
                where=or_(LeaseRow.holder == holder, LeaseRow.held_until <= now),
            )
            .returning(LeaseRow.name)
        )
        return taken is not None

    async def release(self, name: str, holder: str) -> None:
        """Give the lease up."""
        await self._session.execute(
            delete(LeaseRow).where(LeaseRow.name == name, LeaseRow.holder == holder)
        )
