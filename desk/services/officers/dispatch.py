"""Works what officers write and press: in their groups, and in private where it is their work."""

from collections.abc import Mapping

from desk.domain.conversation import Channel, Conversation
from desk.domain.inbound import Inbound, InboundKind
from desk.domain.officer import Officer
from desk.domain.presses.pending import NeedAsked, ReasonAsked
from desk.domain.reply import Reply
from desk.domain.turn import InboxMessage, Turn, first_turn_of
from desk.domain.working_time import WITA
from desk.services.officers import (
    answering,
    conversations,
    identity,
    manners,
    serving,
    ticket_forms,
    tickets,
)
from desk.services.officers.meaning import (
    SAID,
    Meaning,
    meaning_of,
    officer_of,
    place_of,
    speaker,
)
from desk.services.officers.said import Handler, Said
from desk.services.outbox.posting import ToOfficers, post_to_officers
from desk.services.ports import UnitOfWork
from desk.services.tools import Tools, opaque

#: What officers ask as citizens when they ask it in private.
_CITIZENS_TOO = frozenset({"bantuan"})


async def show_help(said: Said) -> None:
    """Say what officers can do."""
    await said.say("petugas.bantuan")


#: What each command does: "/ambil" is "ambil", its argument is in `said.words`.
COMMANDS: Mapping[str, Handler] = {
    "bantuan": show_help,
    **conversations.COMMANDS,
    **serving.COMMANDS,
    **manners.COMMANDS,
    **answering.COMMANDS,
    **tickets.COMMANDS,
    **identity.COMMANDS,
}
#: What each button does, by what it is.
PRESSES: Mapping[type, Handler] = {
    **conversations.PRESSES,
    **serving.PRESSES,
    **manners.PRESSES,
    **answering.PRESSES,
    **tickets.PRESSES,
    **ticket_forms.PRESSES,
    **identity.PRESSES,
}
#: What takes an officer's next words, by the question that was put.
PENDING: Mapping[type, Handler] = {
    NeedAsked: ticket_forms.answer,
    ReasonAsked: identity.show_identity,
}

#: Things that mean the desk; whatever else strangers say in a group is theirs.
_ADDRESSES_DESK = frozenset({InboundKind.COMMAND, InboundKind.PRESS})


async def head_of(
    uow: UnitOfWork, conversation: Conversation, waiting: tuple[InboxMessage, ...]
) -> tuple[tuple[InboxMessage, ...], bool]:
    """Return the messages that make the next turn, and whether it is for the officers' desk.

    All that is said in a group is. In private an officer is a citizen as well: only commands
    and buttons of officers, answers to a question the desk put, what is said in the topic of a
    conversation or in reply to what the desk told about a citizen, and plain words while one is
    served in private, are for the desk; each of them is a turn of its own.
    """
    if conversation.channel is Channel.OFFICERS:
        return waiting[:1], bool(waiting)
    officer = await officer_of(uow, conversation)
    if officer is None:
        return first_turn_of(waiting), False
    for position, message in enumerate(waiting):
        meaning = await meaning_of(uow, officer, conversation, message.inbound)
        if _is_work(message.inbound, meaning):
            is_first = position == 0
            return waiting[:1] if is_first else first_turn_of(waiting[:position]), is_first
    return first_turn_of(waiting), False


async def is_for_desk(uow: UnitOfWork, conversation: Conversation, inbound: Inbound) -> bool:
    """Tell whether something that came in private is an officer's work."""
    officer = await officer_of(uow, conversation)
    if officer is None:
        return False
    return _is_work(inbound, await meaning_of(uow, officer, conversation, inbound))


def _is_work(inbound: Inbound, meaning: Meaning) -> bool:
    match inbound.kind:
        case InboundKind.COMMAND:
            is_officers = inbound.command in COMMANDS.keys() - _CITIZENS_TOO
            return is_officers and not tickets.is_for_citizens(inbound)
        case InboundKind.PRESS:
            return meaning.pressed is not None
        case InboundKind.EDITED:
            return meaning.edits
    belongs_to = (meaning.about, meaning.pending, meaning.proves)
    return inbound.kind in SAID and any(each is not None for each in belongs_to)


async def answer(uow: UnitOfWork, tools: Tools, chat: Conversation, turn: Turn) -> bool:
    """Do what one message of an officer asks for; False when it is not for the desk after all.

    The caller commits: what is done, what is told and the end of the turn are one transaction.
    """
    inbound = turn.messages[0].inbound
    officer = await speaker(uow, chat, inbound)
    if chat.channel is Channel.OFFICERS and (officer is None or not officer.is_active):
        await _turn_away(uow, tools, chat, inbound, officer)
        return True
    if officer is None:
        return False
    meaning = await meaning_of(uow, officer, chat, inbound)
    # What it belongs to may be over since the turn was made: then the citizen's flow goes on.
    if chat.channel is Channel.TELEGRAM and not _is_work(inbound, meaning):
        return False
    if meaning.pending is not None:  # whatever the officer does next, it is over
        await uow.officers.drop_question(officer, chat.id, inbound.thread)
    now, pictures = tools.now(), turn.attachments
    await _handle(Said(uow, tools, now, officer, chat, inbound, meaning, pictures))
    return True


async def _handle(said: Said) -> None:
    kind, meaning = said.inbound.kind, said.meaning
    if kind is InboundKind.PRESS:
        act = PRESSES.get(type(meaning.pressed))
        await (act(said) if act else said.say("tombol_kedaluwarsa"))
    elif kind is InboundKind.COMMAND:
        act = COMMANDS.get(said.inbound.command or "")
        await (act or show_help)(said)
    elif meaning.proves is not None:
        await ticket_forms.add_late_part(said, meaning.proves)
    elif meaning.pending is not None:
        await PENDING[type(meaning.pending)](said)
    else:
        await answering.pass_on(said)


async def picture_is_for(
    uow: UnitOfWork, chat: Conversation, inbound: Inbound
) -> Conversation | None:
    """Return the conversation for which the desk keeps a picture that an officer sent.

    It is the officer's own where the picture proves an outcome, else that of a citizen on the
    web; None: Telegram copies it by itself.
    """
    officer = await speaker(uow, chat, inbound)
    if officer is None:
        return None
    meaning = await meaning_of(uow, officer, chat, inbound)
    if meaning.proves is not None or isinstance(meaning.pending, NeedAsked):
        return chat
    citizen = await uow.conversations.get(meaning.about) if meaning.about else None
    return citizen if citizen is not None and citizen.channel is Channel.WEB else None


async def say_failed(uow: UnitOfWork, tools: Tools, chat: Conversation, turn: Turn) -> None:
    """Say in a group that a message could not be worked."""
    place = await place_of(uow, chat, turn.messages[0].inbound)
    reply = Reply(tools.say("petugas.gagal_diolah"))
    message = ToOfficers(reply, topic=place.topic, about=place.about)
    await post_to_officers(uow, tools, chat, message)


async def _turn_away(
    uow: UnitOfWork, tools: Tools, chat: Conversation, inbound: Inbound, officer: Officer | None
) -> None:
    """Tell whoever is not obeyed why, once a day, when the desk was meant."""
    place = await place_of(uow, chat, inbound)
    if place.about is None and inbound.kind not in _ADDRESSES_DESK:
        return
    if inbound.sender is None:
        text = "petugas.anonim"
    else:
        text = "petugas.nonaktif" if officer else "petugas.bukan_petugas"
    day = tools.now().astimezone(WITA).date().isoformat()
    once = opaque(chat.id, inbound.sender or "", day, text)
    message = ToOfficers(Reply(tools.say(text)), once, topic=place.topic, about=place.about)
    await post_to_officers(uow, tools, chat, message)
