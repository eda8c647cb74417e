"""The citizen's place in the queue, and how long it may take, from what it took others."""

from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from statistics import median

from desk.domain.handoff import Handoff
from desk.services.ports import UnitOfWork
from desk.services.tools import Tools

#: Waits of so long ago still tell something, so many of them at most, and no fewer than these.
RECENT = timedelta(days=7)
MOST_WAITS = 30
FEWEST_WAITS = 3
#: A wait is told as a range around what is likely.
SPREAD = (0.5, 1.5)


@dataclass(frozen=True)
class Wait:
    """A place in the queue, from 1 on, and the likely wait in minutes; None: nothing is known."""

    place: int
    minutes: tuple[int, int] | None


async def wait_of(uow: UnitOfWork, tools: Tools, handoff: Handoff) -> Wait:
    """Return how long a citizen will likely wait, in office hours."""
    before = await uow.handoffs.count_waiting_before(
        handoff.asked_at, handoff.office, is_protected=handoff.is_protected
    )
    place = before + 1
    waits = await uow.handoffs.recent_waits(tools.now() - RECENT, MOST_WAITS)
    spans = [tools.duty.working_time_between(since, until) for since, until in waits]
    return Wait(place, likely_minutes([span.total_seconds() for span in spans], place))


def likely_minutes(waits: list[float], place: int) -> tuple[int, int] | None:
    """Return a range of minutes for a *place*, from recent *waits* in seconds.

    Each citizen ahead takes about as long again. None: too few waits to say anything.
    """
    if len(waits) < FEWEST_WAITS:
        return None
    likely = median(waits) * place / 60
    low, high = (ceil(likely * share) for share in SPREAD)
    return max(low, 1), max(high, low + 1, 2)
