"""Opens the desk's storage: engine, units of work and bell in one."""

from dataclasses import dataclass
from typing import Self

from sqlalchemy.ext.asyncio import AsyncEngine

from desk.services.ports import UnitsOfWork
from desk.storage.bell import LocalBell, PostgresBell
from desk.storage.engine import create_engine, is_sqlite
from desk.storage.unit_of_work import SqlUnitOfWork, sessions_of


@dataclass(frozen=True)
class Storage:
    """What the desk keeps its things in."""

    engine: AsyncEngine
    units: UnitsOfWork
    bell: LocalBell

    async def start(self) -> Self:
        """Begin to listen to the bell; migrate before this."""
        await self.bell.start()
        return self

    async def close(self) -> None:
        """Let go of all connections."""
        await self.bell.stop()
        await self.engine.dispose()


def open_storage(url: str) -> Storage:
    """Return the storage at a database URL; nothing is connected yet."""
    engine = create_engine(url)
    sessions = sessions_of(engine)
    bell = LocalBell() if is_sqlite(url) else PostgresBell(url)
    return Storage(engine=engine, units=lambda: SqlUnitOfWork(sessions), bell=bell)
