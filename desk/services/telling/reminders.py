"""Calls officers to a citizen: when nobody comes, when one falls silent, in an emergency."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from desk.domain.conversation import Channel
from desk.domain.handoff import CALLED_GROUP, Handoff
from desk.domain.officer import Officer
from desk.domain.outgoing import Outgoing
from desk.domain.presses.officers import TakeConversation
from desk.domain.reply import Button, Reply
from desk.domain.roles import Role
from desk.services.events import EmergencyHeard, OfficerFellSilent, WaitLasted
from desk.services.handoffs.chats import chat_at, chats_of, reference, topic_in
from desk.services.handoffs.course import may_serve
from desk.services.outbox.posting import ToOfficers, post_to_officers
from desk.services.ports import UnitOfWork
from desk.services.tools import Tools


async def call_officers(uow: UnitOfWork, tools: Tools, event: WaitLasted) -> None:
    """Remind those where a conversation waits, later the supervisors."""
    handoff = event.handoff
    if handoff.reminded == CALLED_GROUP:
        await _call(uow, tools, handoff, (await chats_of(uow, tools, handoff)).all)
        return
    called = {officer.private_chat: officer for officer in await _supervisors(uow, handoff)}
    # Supervisors of other offices can only see to it that somebody comes.
    takers = [chat for chat, officer in called.items() if may_serve(officer, handoff)]
    others = [chat for chat in called if chat not in takers]
    await _call(uow, tools, handoff, takers)
    await _call(uow, tools, handoff, others, may_take=False)


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
    *,
    may_take: bool = True,
) -> None:
    text = tools.say(
        "petugas.pengingat",
        rujukan=reference(handoff.conversation_id),
        menit=_office_minutes(tools, handoff.waiting_since),
        instansi=tools.catalogue.agency(handoff.office).singkat if handoff.office else None,
    )
    press = TakeConversation(handoff.conversation_id, handoff.id)
    take = Button(tools.wording.plain("petugas.tombol.ambil"), press=press)
    reply = Reply(text, ((take,),) if may_take else ())
    for chat in chats:
        await _tell(uow, tools, handoff, chat, reply)


async def warn_officer(uow: UnitOfWork, tools: Tools, event: OfficerFellSilent) -> None:
    """Tell an officer that a citizen has waited long for an answer."""
    handoff = event.handoff
    officer = await uow.officers.get(handoff.officer_id) if handoff.officer_id else None
    if officer is None or handoff.chat is None:
        return
    text = tools.say(
        "petugas.peringatan_diam",
        rujukan=reference(handoff.conversation_id),
        petugas=officer.name,
        menit=_office_minutes(tools, event.since),
    )
    await _tell(uow, tools, handoff, handoff.chat, Reply(text))


async def _tell(uow: UnitOfWork, tools: Tools, handoff: Handoff, chat: str, reply: Reply) -> None:
    message = ToOfficers(
        reply,
        topic=topic_in(tools, chat, handoff.conversation_id),
        about=handoff.conversation_id,
    )
    await post_to_officers(uow, tools, await chat_at(uow, tools, chat), message)


def _office_minutes(tools: Tools, since: datetime) -> int:
    waited = tools.duty.working_time_between(since, tools.now())
    return waited // timedelta(minutes=1)


async def alert_to_emergency(uow: UnitOfWork, tools: Tools, event: EmergencyHeard) -> None:
    """Alert the officers on duty; it carries no words of the citizen, since a group reads it.

    Only the beginning of the conversation's id: enough to find it, too little to open anything.
    """
    group = tools.officer_group
    if group is None:
        return
    name = reference(event.conversation.id)
    text = tools.say("darurat_untuk_petugas", percakapan=name, waktu=event.at)
    await uow.outbox.add_to(Channel.TELEGRAM, group, Outgoing(text), now=tools.now())
