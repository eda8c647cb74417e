"""Which conversation an officer means, whether it is theirs to change, and whom they serve now."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final

from desk.domain.conversation import Conversation, ConversationId
from desk.domain.errors import ConversationNotFound
from desk.domain.handoff import Handoff, HandoffState
from desk.domain.officer import OfficerId
from desk.domain.presses.officers import OfConversation, OfHandoff, ServeNow
from desk.domain.reply import Reply
from desk.services.handoffs.chats import REFERENCE_LENGTH, chat_at, reference
from desk.services.handoffs.course import may_serve
from desk.services.officers.meaning import current_of, served_privately
from desk.services.officers.said import Handler, Said
from desk.services.outbox.posting import ToOfficers, post_to_officers
from desk.services.tools import Tools

Change = Callable[[Said, Conversation, Handoff], Awaitable[None]]


def named(said: Said) -> ConversationId | None:
    """Return the conversation that a button names, or else that of the topic or the reply."""
    press = said.meaning.pressed
    return press.conversation if isinstance(press, OfConversation) else said.about


async def locked(said: Said, conversation_id: ConversationId | None) -> Conversation | None:
    """Return a conversation, locked; None when there is none."""
    if conversation_id is None:
        return None
    try:
        return await said.uow.conversations.lock(conversation_id)
    except ConversationNotFound:
        return None


async def find(said: Said, words: str) -> Conversation | None:
    """Return the conversation that officers call by its reference, locked; None for none."""
    wanted = words.strip().lower()
    is_reference = len(wanted) == REFERENCE_LENGTH and wanted.isalnum()
    found = await said.uow.conversations.with_reference(wanted) if is_reference else []
    return await locked(said, found[0].id) if len(found) == 1 else None


async def say_who(said: Said, officer_id: str | None) -> None:
    """Say who has the word in a conversation."""
    officer = await said.uow.officers.get(OfficerId(officer_id)) if officer_id else None
    await said.say("petugas.sudah_diambil", petugas=officer.name if officer else None)


def on_open(act: Change) -> Handler:
    """Do something to the conversation that is meant, if it is this officer's to do; else say why.

    While it waits, whoever may serve it may do this, too. Once it is served, only who serves it.
    """
    return _acting(act, while_waiting=True)


def on_served(act: Change) -> Handler:
    """Do something to the conversation that is meant, if this officer serves it; else say why."""
    return _acting(act, while_waiting=False)


def _acting(act: Change, *, while_waiting: bool) -> Handler:
    async def handle(said: Said) -> None:
        conversation = await locked(said, named(said))
        handoff = await said.uow.handoffs.open_of(conversation.id) if conversation else None
        press = said.meaning.pressed
        asked_for = press.handoff if isinstance(press, OfHandoff) else None
        if conversation is None or handoff is None or asked_for not in {None, handoff.id}:
            await said.say("petugas.tidak_ada_yang_dilayani", pribadi=said.is_private)
        elif not may_serve(said.officer, handoff):
            await said.say("petugas.bukan_wewenang")
        elif handoff.state is HandoffState.SERVED and handoff.officer_id != said.officer.id:
            await say_who(said, handoff.officer_id)
        elif handoff.state is HandoffState.WAITING and not while_waiting:
            await said.say("petugas.ambil_dulu")
        else:
            await act(said, conversation, handoff)

    return handle


# --- whom plain words in private go to ----------------------------------------------------------


async def serve_now(said: Said, conversation: Conversation, chat: str) -> None:
    """Make a conversation the current one when it is served in private.

    Who serves others there as well is told: a card that changes far above is easily overlooked.
    """
    if chat != said.officer.private_chat:
        return
    await said.uow.officers.serve(said.officer, conversation.id)
    if len(await served_privately(said.uow, said.officer)) > 1:
        await said.uow.tell()  # the card first
        message = ToOfficers(_now_current(said.tools, conversation.id), about=conversation.id)
        private = await chat_at(said.uow, said.tools, chat)
        await post_to_officers(said.uow, said.tools, private, message)


async def switch(said: Said) -> None:
    """Have plain words in private go to another conversation that this officer serves."""
    chosen = said.press_as(ServeNow).conversation
    served = await served_privately(said.uow, said.officer)
    if chosen not in {handoff.conversation_id for handoff in served}:
        await said.say("petugas.tidak_ada_yang_dilayani", pribadi=said.is_private)
        return
    await said.uow.officers.serve(said.officer, chosen)
    await say_current(said)


async def say_current(said: Said) -> None:
    """Say to whom plain words go now, where that is not plain to see: in private."""
    current = await current_of(said.uow, said.officer) if said.is_private else None
    if current is not None:
        await said.answer(_now_current(said.tools, current))


def _now_current(tools: Tools, conversation_id: ConversationId) -> Reply:
    """Say to whom plain words go; those in a topic are for its citizen whoever is current."""
    return Reply(
        tools.say(
            "petugas.sekarang",
            rujukan=reference(conversation_id),
            bertopik=tools.has_private_topics(),
        )
    )


async def serve_privately(said: Said) -> None:
    """Turn answering in private on or off: "/pribadi on"; without a word it is turned over."""
    turned_over = not said.officer.serves_privately
    private = _SWITCH.get(said.words.lower(), turned_over)
    await said.uow.officers.save(replace(said.officer, serves_privately=private))
    await said.say("petugas.pribadi", nyala=private)


_SWITCH: Final = {
    "on": True,
    "ya": True,
    "nyala": True,
    "off": False,
    "tidak": False,
    "mati": False,
}

COMMANDS: Final[Mapping[str, Handler]] = {"pribadi": serve_privately}
PRESSES: Final[Mapping[type, Handler]] = {ServeNow: switch}
