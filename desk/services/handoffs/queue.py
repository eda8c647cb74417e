"""The citizen's place in the queue, and how long it may take, from what it took others."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from statistics import median

from desk.domain.handoff import Handoff
from desk.services.ports import UnitOfWork
from desk.services.tools import Tools

#: Waits of so long ago still tell something, so many of them at most, and no fewer than these.
RECENT = timedelta(days=7)
MOST_WAITS = 30
FEWEST_WAITS = 3
#: Minutes that a wait of which nothing is known may take.
UNKNOWN_WAIT = 30
#: A wait is told as a range around what is likely.
SPREAD = (0.5, 1.5)


@dataclass(frozen=True)
class Wait:
    """A place in the queue, from 1 on, and the likely wait in minutes; None: nothing is known.

    *closes_before*: when officers leave, if that may be before it is this citizen's turn.
    """

    place: int
    minutes: tuple[int, int] | None
    closes_before: datetime | None = None


async def wait_of(uow: UnitOfWork, tools: Tools, handoff: Handoff) -> Wait:
    """Return how long a citizen will likely wait, in office hours."""
    before = await uow.handoffs.count_waiting_before(
        handoff.asked_at, handoff.office, is_protected=handoff.is_protected
    )
    place = before + 1
    now = tools.now()
    waits = await uow.handoffs.recent_waits(
        now - RECENT, MOST_WAITS, is_protected=handoff.is_protected
    )
    spans = [tools.duty.working_time_between(since, until) for since, until in waits]
    minutes = likely_minutes([span.total_seconds() for span in spans], place)
    return Wait(place, minutes, _closing_before(tools, now, minutes))


def _closing_before(
    tools: Tools, now: datetime, minutes: tuple[int, int] | None
) -> datetime | None:
    if not tools.duty.is_open(now):
        return None
    closes = tools.duty.next_closing(now)
    longest = minutes[1] if minutes else UNKNOWN_WAIT
    return closes if now + timedelta(minutes=longest) > closes else None


def likely_minutes(waits: list[float], place: int) -> tuple[int, int] | None:
    """Return a range of minutes for a *place*, from recent *waits* in seconds.

    Each citizen ahead takes about as long again. None: too few waits to say anything.
    """
    if len(waits) < FEWEST_WAITS:
        return None
    likely = median(waits) * place / 60
    low, high = (ceil(likely * share) for share in SPREAD)
    return max(low, 1), max(high, low + 1, 2)
