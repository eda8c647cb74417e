"""Watches the clocks of hand-offs: reminds, calls supervisors, warns, puts back in line."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from desk.domain.handoff import (
    CALLED_GROUP,
    CALLED_SUPERVISORS,
    Handoff,
    HandoffState,
    Trigger,
    WaitAgain,
)
from desk.domain.officer import OfficerId
from desk.services.events import OfficerFellSilent, OfficersLeft, WaitLasted
from desk.services.every import Lease, every
from desk.services.handoffs import course
from desk.services.ports import Bell, UnitOfWork, UnitsOfWork
from desk.services.tools import Tools, ring_all

EVERY: Final = 5.0
HELD: Final = timedelta(seconds=20)
Act = Callable[[UnitOfWork, Tools, Handoff], Awaitable[None]]

#: How long after closing time who waits is told; later only after a standstill.
TOLD_WITHIN: Final = timedelta(minutes=30)


async def watch(units: UnitsOfWork, tools: Tools, bell: Bell, *, holder: str) -> None:
    """Look after the hand-offs until cancelled; one process of all does it at a time."""

    async def look_after() -> None:
        if await look(units, tools):
            ring_all(bell)

    lease = Lease(units, tools, "penjaga_percakapan", holder, HELD)
    await every(EVERY, look_after, name="the watch over hand-offs", lease=lease)


async def look(units: UnitsOfWork, tools: Tools) -> int:
    """Do what is due now, each in a transaction of its own; return how much that was.

    Waiting counts office hours only, so nobody is called at night.
    """
    async with units() as uow:
        active = {officer.id for officer in await uow.officers.all() if officer.is_active}
        found = await uow.handoffs.all_open()
    due = [handoff for handoff in found if _due(tools, handoff, active)]
    for handoff in due:
        async with units() as uow:
            await uow.conversations.lock(handoff.conversation_id)
            current = await uow.handoffs.get(handoff.id)
            act = _due(tools, current, active) if current else None
            if current is not None and act is not None:
                await act(uow, tools, current)
                await uow.commit()
    return len(due)


def _due(tools: Tools, handoff: Handoff, active: Collection[OfficerId]) -> Act | None:
    """Return what is to be done about a hand-off now."""
    if handoff.state is HandoffState.SERVED and handoff.officer_id not in active:
        return _put_back_from_leaver
    if not tools.duty.is_open(tools.now()):
        return _tell_closed if _closed_on(tools, handoff) else None
    if handoff.state is HandoffState.WAITING:
        return _due_while_waiting(tools, handoff)
    if handoff.state is HandoffState.SERVED and handoff.unanswered_since is not None:
        return _due_while_silent(tools, handoff, handoff.unanswered_since)
    return None


def _closed_on(tools: Tools, handoff: Handoff) -> datetime | None:
    """Return when officers left while somebody waited, which has to be told meanwhile."""
    is_in_line = handoff.state is HandoffState.WAITING and handoff.trigger is not Trigger.EMERGENCY
    closed = tools.duty.closed_since(tools.now(), TOLD_WITHIN) if is_in_line else None
    is_news = closed is not None and handoff.closing_told_at != closed
    return closed if closed and is_news and handoff.waiting_since < closed else None


async def _tell_closed(uow: UnitOfWork, tools: Tools, handoff: Handoff) -> None:
    closed = _closed_on(tools, handoff)
    if closed is not None:
        told = replace(handoff, closing_told_at=closed)
        await uow.handoffs.save(told)
        uow.record(OfficersLeft(told, closed))


def _due_while_waiting(tools: Tools, handoff: Handoff) -> Act | None:
    waited = _office_time(tools, handoff.waiting_since)
    if handoff.reminded < CALLED_GROUP and waited >= tools.patience.remind_group_after:
        return _call_group
    if handoff.reminded < CALLED_SUPERVISORS and waited >= tools.patience.call_supervisors_after:
        return _call_supervisors
    return None


def _due_while_silent(tools: Tools, handoff: Handoff, since: datetime) -> Act | None:
    """Warn an officer first; what follows the warning leaves the time to answer it."""
    patience = tools.patience
    if handoff.warned_at is None:
        is_late = _office_time(tools, since) >= patience.warn_officer_after
        return _warn if is_late else None
    grace = patience.requeue_after - patience.warn_officer_after
    return _put_back if _office_time(tools, handoff.warned_at) >= grace else None


def _office_time(tools: Tools, since: datetime) -> timedelta:
    return tools.duty.working_time_between(since, tools.now())


async def _call_group(uow: UnitOfWork, tools: Tools, handoff: Handoff) -> None:
    await _call(uow, handoff, CALLED_GROUP)


async def _call_supervisors(uow: UnitOfWork, tools: Tools, handoff: Handoff) -> None:
    await _call(uow, handoff, CALLED_SUPERVISORS)


async def _call(uow: UnitOfWork, handoff: Handoff, step: int) -> None:
    called = replace(handoff, reminded=step)
    await uow.handoffs.save(called)
    uow.record(WaitLasted(called))


async def _warn(uow: UnitOfWork, tools: Tools, handoff: Handoff) -> None:
    if handoff.unanswered_since is not None and handoff.chat is not None:
        await uow.handoffs.save(replace(handoff, warned_at=tools.now()))
        uow.record(OfficerFellSilent(handoff, handoff.unanswered_since))


async def _put_back(uow: UnitOfWork, tools: Tools, handoff: Handoff) -> None:
    await course.release(uow, tools, handoff, WaitAgain.OFFICER_SILENT)


async def _put_back_from_leaver(uow: UnitOfWork, tools: Tools, handoff: Handoff) -> None:
    await course.release(uow, tools, handoff, WaitAgain.OFFICER_AWAY)
