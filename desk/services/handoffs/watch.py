"""Watches the clocks of hand-offs: reminds, calls supervisors, warns, puts back in line."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from desk.domain.handoff import Handoff, HandoffState, Trigger
from desk.domain.officer import Officer, OfficerId
from desk.domain.reply import Reply
from desk.domain.roles import Role
from desk.services import leasing
from desk.services.handoffs import course as handoffs
from desk.services.handoffs.places import lane_of, reference, rooms_of, topic_in
from desk.services.outbox.posting import ToOfficers, post, post_to_officers, ring_all
from desk.services.ports import Bell, UnitOfWork, UnitsOfWork
from desk.services.tools import Tools
from desk.services.words.buttons import button

logger = logging.getLogger(__name__)

LEASE: Final = "penjaga_percakapan"
EVERY: Final = 5.0
HOLD: Final = timedelta(seconds=20)
Act = Callable[[UnitOfWork, Tools, Handoff], Awaitable[None]]

#: How long after closing time who waits is told; later only after a standstill.
TOLD_WITHIN: Final = timedelta(minutes=30)

#: Reminders of one wait, in order.
GROUP, SUPERVISORS = 1, 2


async def watch(units: UnitsOfWork, tools: Tools, bell: Bell, *, holder: str) -> None:
    """Look after the hand-offs until cancelled; one process of all does it at a time."""
    while True:
        try:
            is_ours = await leasing.hold(units, tools, LEASE, holder, HOLD)
            if is_ours and await look(units, tools):
                ring_all(bell)
        except Exception:
            logger.exception("could not look after the hand-offs")
        await asyncio.sleep(EVERY)


async def look(units: UnitsOfWork, tools: Tools) -> int:
    """Do what is due now, each in a transaction of its own; return how much that was.

    Waiting counts office hours only, so nobody is called at night.
    """
    async with units() as uow:
        active = {officer.id for officer in await uow.officers.all() if officer.is_active}
        found = [
            *await uow.handoffs.in_state(HandoffState.WAITING),
            *await uow.handoffs.in_state(HandoffState.SERVED),
        ]
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
    return closed if closed and handoff.waiting_since < closed else None


async def _tell_closed(uow: UnitOfWork, tools: Tools, handoff: Handoff) -> None:
    """Tell a citizen that officers have left, and until when; they may leave a message."""
    closed = _closed_on(tools, handoff)
    conversation = await uow.conversations.get(handoff.conversation_id)
    if closed is None or conversation is None:
        return
    key = f"pulang:{handoff.id}:{closed.timestamp():.0f}"
    if await uow.outbox.with_key(key) is not None:
        return
    may_leave = await uow.drafts.active(conversation.id) is None
    reply = await handoffs.waiting_reply(
        uow, tools, handoff, "antrean.petugas_pulang", titip=may_leave
    )
    leave = handoffs.leave_message(tools) if may_leave else ()
    await post(uow, tools, conversation, replace(reply, buttons=(*leave, *reply.buttons)), key=key)


def _due_while_waiting(tools: Tools, handoff: Handoff) -> Act | None:
    waited = _office_time(tools, handoff.waiting_since)
    if handoff.reminded < GROUP and waited >= tools.patience.remind_group_after:
        return _remind_group
    if handoff.reminded < SUPERVISORS and waited >= tools.patience.call_supervisors_after:
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


async def _remind_group(uow: UnitOfWork, tools: Tools, handoff: Handoff) -> None:
    await uow.handoffs.save(replace(handoff, reminded=GROUP))
    rooms = await rooms_of(uow, tools, handoff)
    await _call(uow, tools, handoff, rooms.all, GROUP)


async def _call_supervisors(uow: UnitOfWork, tools: Tools, handoff: Handoff) -> None:
    await uow.handoffs.save(replace(handoff, reminded=SUPERVISORS))
    called = {officer.private_chat: officer for officer in await _supervisors(uow, handoff)}
    # Supervisors of other offices can only see to it that somebody comes.
    takers = [chat for chat, officer in called.items() if handoffs.may_serve(officer, handoff)]
    others = [chat for chat in called if chat not in takers]
    await _call(uow, tools, handoff, takers, SUPERVISORS)
    await _call(uow, tools, handoff, others, SUPERVISORS, may_take=False)


async def _supervisors(uow: UnitOfWork, handoff: Handoff) -> list[Officer]:
    """Return who is called when nobody comes: of a protected conversation `integritas` only."""
    if handoff.is_protected:
        return await uow.officers.with_role(Role.INTEGRITAS)
    own = await uow.officers.with_role(Role.SUPERVISOR, office=handoff.office)
    if handoff.office is not None and own:
        return own
    return [
        *await uow.officers.with_role(Role.SUPERVISOR),
        *await uow.officers.with_role(Role.KOORDINATOR),
    ]


async def _call(
    uow: UnitOfWork,
    tools: Tools,
    handoff: Handoff,
    chats: Iterable[str],
    step: int,
    *,
    may_take: bool = True,
) -> None:
    waited = _office_time(tools, handoff.waiting_since)
    text = tools.say(
        "petugas.pengingat",
        rujukan=reference(handoff.conversation_id),
        menit=_minutes(waited),
        instansi=tools.catalogue.agency(handoff.office).singkat if handoff.office else None,
    )
    take = button(
        tools.wording.plain("petugas.tombol.ambil"),
        "ambil",
        percakapan=handoff.conversation_id,
        serah=handoff.id,
    )
    for chat in chats:
        await post_to_officers(
            uow,
            tools,
            await lane_of(uow, tools, chat),
            ToOfficers(
                Reply(text, ((take,),) if may_take else ()),
                f"ingat:{handoff.id}:{handoff.waiting_since.timestamp():.3f}:{step}:{chat}",
                topic=topic_in(tools, chat, handoff.conversation_id),
                about=handoff.conversation_id,
            ),
        )


async def _warn(uow: UnitOfWork, tools: Tools, handoff: Handoff) -> None:
    since = handoff.unanswered_since
    officer = await uow.officers.get(handoff.officer_id) if handoff.officer_id else None
    if since is None or officer is None or handoff.chat is None:
        return
    await uow.handoffs.save(replace(handoff, warned_at=tools.now()))
    text = tools.say(
        "petugas.peringatan_diam",
        rujukan=reference(handoff.conversation_id),
        petugas=officer.name,
        menit=_minutes(_office_time(tools, since)),
    )
    await post_to_officers(
        uow,
        tools,
        await lane_of(uow, tools, handoff.chat),
        ToOfficers(
            Reply(text),
            f"diam:{handoff.id}:{since.timestamp():.3f}",
            topic=topic_in(tools, handoff.chat, handoff.conversation_id),
            about=handoff.conversation_id,
        ),
    )


async def _put_back(uow: UnitOfWork, tools: Tools, handoff: Handoff) -> None:
    await handoffs.release(uow, tools, handoff, told="antrean.petugas_diam")


async def _put_back_from_leaver(uow: UnitOfWork, tools: Tools, handoff: Handoff) -> None:
    await handoffs.release(uow, tools, handoff, told="antrean.petugas_berhalangan")


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)
