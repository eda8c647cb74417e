"""What has been kept long enough: counted for whom asks, removed once a day."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from desk.domain.retention import Rule
from desk.services.ports import UnitsOfWork
from desk.services.tools import Tools

logger = logging.getLogger(__name__)

#: A batch is one transaction; on SQLite nobody else can write meanwhile.
BATCH: Final = 500
EVERY: Final = timedelta(hours=24)
_LAST_RUN: Final = "retensi:terakhir"


async def due(units: UnitsOfWork, tools: Tools) -> dict[Rule, int]:
    """Return how much each rule would remove now; nothing changes.

    What one rule empties may make more due for the next one.
    """
    now = tools.now()
    async with units() as uow:
        return {rule: await uow.retention.count(rule, tools.retention, now) for rule in Rule}


async def apply(
    units: UnitsOfWork, tools: Tools, progress: Callable[[Rule, int], None] | None = None
) -> dict[Rule, int]:
    """Remove what is due and return how much that was; may be broken off and begun again.

    *progress* is told after each batch how much its rule has removed so far.
    """
    now = tools.now()
    removed = dict.fromkeys(Rule, 0)
    for rule in Rule:
        while True:
            async with units() as uow:
                count = await uow.retention.remove(rule, tools.retention, now, BATCH)
                await uow.commit()
            if not count:
                break
            removed[rule] += count
            if progress is not None:
                progress(rule, removed[rule])
    return removed


async def daily(units: UnitsOfWork, tools: Tools) -> None:
    """Remove what is due, if that was not done today by this or another process."""
    now = tools.now()
    async with units() as uow:
        last = await uow.values.get(_LAST_RUN)
        if last is not None and now - datetime.fromisoformat(last) < EVERY:
            return
        await uow.values.put(_LAST_RUN, now.isoformat())
        await uow.commit()
    removed = {rule.value: count for rule, count in (await apply(units, tools)).items() if count}
    if removed:
        logger.info("removed what was kept long enough", extra=removed)
