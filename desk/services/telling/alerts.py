"""Alerts officers: nobody comes, one falls silent, an emergency, nothing arrives, data erased."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from desk.domain.conversation import Channel, ConversationId
from desk.domain.handoff import CALLED_GROUP, EventKind, Handoff, HandoffEvent
from desk.domain.officer import Officer
from desk.domain.outgoing import OutboxMessage, Outgoing, TopicState
from desk.domain.presses.officers import TakeConversation
from desk.domain.reply import Button, Reply
from desk.domain.roles import Role
from desk.services.events import (
    DeliveryFailed,
    EmergencyHeard,
    OfficerFellSilent,
    PersonErased,
    WaitLasted,
)
from desk.services.handoffs.chats import chat_at, chats_of, reference, topic_in
from desk.services.handoffs.course import may_serve
from desk.services.outbox.posting import ToOfficers, delete_topic, post_to_officers
from desk.services.ports import UnitOfWork
from desk.services.tools import Tools, opaque

logger = logging.getLogger(__name__)


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


async def tell_of_failure(uow: UnitOfWork, tools: Tools, event: DeliveryFailed) -> None:
    """Note a failed delivery, and tell those who serve the conversation.

    It is written down with the hand-off and told where the conversation is or was served. Of
    what a citizen sent, only copies are told of; that the officers' own chat fails tells itself.
    """
    message, why = event.message, event.why
    logger.warning("a message was not delivered", extra={"outbox": message.id, "why": why})
    is_for_citizen = message.conversation_id is not None
    conversation_id = message.conversation_id or message.about
    if conversation_id is None or not (is_for_citizen or message.body.copies):
        return
    handoff = await _handoff_of(uow, conversation_id, message)
    if handoff is None:
        return
    # A citizen who blocked the bot gets nothing of all that waits: that is one thing to say.
    key = opaque("gagal", handoff.id, why if why == "gone" else str(message.id))
    noted = HandoffEvent(tools.now(), EventKind.NOT_DELIVERED, handoff.officer_id, why)
    await uow.handoffs.note(handoff.id, noted, key=key)
    if handoff.chat is None:
        return
    text = tools.say(
        "petugas.gagal_terkirim",
        sebab=why,
        rujukan=reference(conversation_id),
        dari_warga=not is_for_citizen,
    )
    await post_to_officers(
        uow,
        tools,
        await chat_at(uow, tools, handoff.chat),
        ToOfficers(
            Reply(text),
            key,
            topic=topic_in(tools, handoff.chat, conversation_id),
            about=conversation_id,
            leaves_topic=None if handoff.is_open else TopicState.CLOSED,
        ),
    )


async def _handoff_of(
    uow: UnitOfWork, conversation_id: ConversationId, message: OutboxMessage
) -> Handoff | None:
    """Return the hand-off in which a message was written, though it may have ended since."""
    latest = next(iter(await uow.handoffs.of_conversation(conversation_id)), None)
    if latest is None or (latest.ended_at and latest.ended_at < message.created_at):
        return None
    return latest


async def tell_of_erasure(uow: UnitOfWork, tools: Tools, event: PersonErased) -> None:
    """Tell whoever served or awaited the citizen, and have Telegram delete the topics."""
    chat = event.handoff.chat if event.handoff else None
    if chat is not None:
        text = tools.say("privasi.untuk_petugas", percakapan=reference(event.conversation_id))
        await uow.outbox.add_to(Channel.TELEGRAM, chat, Outgoing(text), now=tools.now())
    for each in event.chats:
        await delete_topic(uow, tools, each, event.conversation_id)
