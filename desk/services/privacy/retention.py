"""What has been kept long enough: counted for whom asks, removed once a day."""

import logging
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Final

from desk.domain.retention import Rule
from desk.services.outbox.posting import delete_topic
from desk.services.ports import UnitOfWork, UnitsOfWork
from desk.services.tools import Tools

logger = logging.getLogger(__name__)

#: A batch is one transaction; on SQLite nobody else can write meanwhile.
BATCH: Final = 500
EVERY: Final = timedelta(hours=24)
#: Topics that go in one round of housekeeping.
TOPICS_AT_ONCE: Final = 5
_LAST_RUN: Final = "retensi:terakhir"


async def due(units: UnitsOfWork, tools: Tools) -> dict[Rule, int]:
    """Return how much each rule would remove now; nothing changes.

    What one rule empties may make more due for the next one.
    """
    now = tools.now()
    async with units() as uow:
        return {rule: await uow.retention.count(rule, tools.retention, now) for rule in Rule}


async def apply(
    units: UnitsOfWork,
    tools: Tools,
    progress: Callable[[Rule, int], None] | None = None,
    *,
    rules: Collection[Rule] = tuple(Rule),
) -> dict[Rule, int]:
    """Remove what is due and return how much that was; may be broken off and begun again.

    *progress* is told after each batch how much its rule has removed so far.
    """
    now = tools.now()
    removed = dict.fromkeys(rules, 0)
    for rule in rules:
        while True:
            async with units() as uow:
                count = await _remove(uow, tools, rule, now)
                await uow.commit()
            if not count:
                break
            removed[rule] += count
            if progress is not None:
                progress(rule, removed[rule])
    return removed


async def _remove(uow: UnitOfWork, tools: Tools, rule: Rule, now: datetime) -> int:
    """Remove a batch of what a rule finds; topics are Telegram's, which is asked to."""
    if rule is not Rule.TOPICS:
        return await uow.retention.remove(rule, tools.retention, now, BATCH)
    return await _retire_topics(uow, tools, now, BATCH)


async def _retire_topics(uow: UnitOfWork, tools: Tools, now: datetime, limit: int) -> int:
    retired = await uow.retention.retire_topics(tools.retention, now, limit)
    for chat, conversation_id in retired:
        await delete_topic(uow, tools, chat, conversation_id)
    return len(retired)


async def retire_some_topics(units: UnitsOfWork, tools: Tools) -> None:
    """Have a few topics deleted: each is a call to its group, where officers are at work."""
    async with units() as uow:
        await _retire_topics(uow, tools, tools.now(), TOPICS_AT_ONCE)
        await uow.commit()


async def daily(units: UnitsOfWork, tools: Tools) -> None:
    """Remove what is due but topics, if this or another process did not do so today.

    The day is noted afterwards: what a crash or an error broke off is done the next time.
    """
    now = tools.now()
    async with units() as uow:
        last = await uow.values.get(_LAST_RUN)
        if last is not None and now - datetime.fromisoformat(last) < EVERY:
            return
    removed = await apply(units, tools, rules=[rule for rule in Rule if rule is not Rule.TOPICS])
    async with units() as uow:
        await uow.values.put(_LAST_RUN, now.isoformat())
        await uow.commit()
    told = {rule.value: count for rule, count in removed.items() if count}
    if told:
        logger.info("removed what was kept long enough", extra=told)
