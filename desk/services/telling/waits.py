"""Tells citizens of officers: who serves them, that they wait again, the end, a warning."""

from dataclasses import replace
from typing import Final

from desk.domain.handoff import Ending
from desk.domain.reply import Reply
from desk.services.events import (
    CitizenWarned,
    HandoffEnded,
    HandoffRequeued,
    HandoffTaken,
    MuteChanged,
    OfficersLeft,
)
from desk.services.outbox.posting import post
from desk.services.ports import UnitOfWork
from desk.services.tools import Tools
from desk.services.words.buttons import Rows
from desk.services.words.waiting import continue_button, leave_message, office_of, waiting_reply

#: What a citizen reads when an officer ends it; of other endings they read elsewhere.
_TOLD: Final = {Ending.HANDED_BACK: "antrean.dikembalikan", Ending.DONE: "antrean.selesai"}


async def tell_of_officer(uow: UnitOfWork, tools: Tools, event: HandoffTaken) -> None:
    """Tell a citizen who serves them."""
    text = tools.say(
        "antrean.dilayani",
        nama=event.officer.name,
        instansi=office_of(tools, event.officer, event.handoff),
    )
    await post(uow, tools, event.conversation, Reply(text))


async def tell_of_requeue(uow: UnitOfWork, tools: Tools, event: HandoffRequeued) -> None:
    """Tell a citizen that they wait again, and why."""
    reply = await waiting_reply(uow, tools, event.handoff, f"antrean.{event.why}")
    await post(uow, tools, event.conversation, reply)


async def tell_of_end(uow: UnitOfWork, tools: Tools, event: HandoffEnded) -> None:
    """Tell a citizen that the bot answers again, and how a report that stood still goes on."""
    key = _TOLD.get(event.handoff.ending) if event.handoff.ending else None
    if event.nobody_is_left:
        key = "antrean.tidak_ada_petugas"
    if key is None or event.conversation.is_muted(tools.now()):  # who is muted is not invited
        return
    text = tools.say(key, nama=event.officer.name if event.officer else None)
    ways_on = await _ways_on(uow, tools, event)
    await post(uow, tools, event.conversation, Reply(text, ways_on))


async def _ways_on(uow: UnitOfWork, tools: Tools, event: HandoffEnded) -> Rows:
    draft = await uow.drafts.active(event.conversation.id)
    is_open = draft is not None and not draft.is_expired(tools.now())
    if event.nobody_is_left:
        return () if is_open else leave_message(tools)
    return ((continue_button(tools, draft),),) if draft and is_open else ()


async def tell_of_closing(uow: UnitOfWork, tools: Tools, event: OfficersLeft) -> None:
    """Tell a citizen that officers have left, and until when; they may leave a message."""
    conversation = await uow.conversations.get(event.handoff.conversation_id)
    if conversation is None:
        return
    may_leave = await uow.drafts.active(conversation.id) is None
    reply = await waiting_reply(
        uow, tools, event.handoff, "antrean.petugas_pulang", titip=may_leave
    )
    leave = leave_message(tools) if may_leave else ()
    reply = replace(reply, buttons=(*leave, *reply.buttons))
    await post(uow, tools, conversation, reply)


async def tell_of_warning(uow: UnitOfWork, tools: Tools, event: CitizenWarned) -> None:
    """Ask a citizen to stay polite."""
    await post(uow, tools, event.conversation, Reply(tools.say("antrean.peringatan")))


async def tell_of_mute(uow: UnitOfWork, tools: Tools, event: MuteChanged) -> None:
    """Tell a citizen until when they are not answered, or that they are again."""
    until = event.conversation.muted_until
    text = (
        tools.say("antrean.dijeda", sampai=until) if until else tools.say("antrean.jeda_berakhir")
    )
    await post(uow, tools, event.conversation, Reply(text))
