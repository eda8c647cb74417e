"""Rights that one process holds at a time."""

from datetime import timedelta

from desk.services.ports import UnitsOfWork
from desk.services.tools import Tools


async def hold(units: UnitsOfWork, tools: Tools, name: str, holder: str, lasts: timedelta) -> bool:
    """Take or renew the right *name* for a time; False while another process has it."""
    async with units() as uow:
        held = await uow.leases.acquire(name, holder, tools.now(), lasts)
        await uow.commit()
    return held
