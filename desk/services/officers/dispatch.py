"""Works what officers write and press: in their groups, and in private where it is their work."""

from collections.abc import Mapping

from desk.domain.conversation import Channel, Conversation, ConversationId
from desk.domain.inbound import Inbound, InboundKind
from desk.domain.officer import Officer
from desk.domain.outgoing import Topic
from desk.domain.presses.officers import OFFICER_PRESSES, OfficerPress
from desk.domain.presses.pending import NeedAsked, OfficerPending, ReasonAsked
from desk.domain.reply import Reply
from desk.domain.turn import InboxMessage, Turn, first_turn_of
from desk.services.handoffs.chats import topic_of
from desk.services.officers import (
    conversations,
    current,
    identity,
    ready_answers,
    ticket_forms,
    ticketing,
    tickets,
)
from desk.services.officers.answering import edited_in, pass_on
from desk.services.officers.current import current_of, served_privately
from desk.services.officers.post import Handler, Post
from desk.services.officers.proofs import add_late_part, proved_by
from desk.services.outbox.posting import ToOfficers, post_to_officers
from desk.services.ports import UnitOfWork
from desk.services.tools import Tools, opaque

#: What officers ask as citizens when they ask it in private.
_CITIZENS_TOO = frozenset({"bantuan"})


async def show_help(post: Post) -> None:
    """Say what officers can do."""
    await post.say("petugas.bantuan")


#: What each command does: "/ambil" is "ambil", its argument is in `post.words`.
COMMANDS: Mapping[str, Handler] = {
    "bantuan": show_help,
    **conversations.COMMANDS,
    **current.COMMANDS,
    **ready_answers.COMMANDS,
    **tickets.COMMANDS,
    **identity.COMMANDS,
}
#: What each button does, by what it is.
PRESSES: Mapping[type, Handler] = {
    **conversations.PRESSES,
    **current.PRESSES,
    **ready_answers.PRESSES,
    **ticketing.PRESSES,
    **tickets.PRESSES,
    **identity.PRESSES,
}
#: What takes an officer's next words, by the question that was put.
PENDING: Mapping[type, Handler] = {
    NeedAsked: ticket_forms.answer,
    ReasonAsked: identity.open_identity,
}

#: Things that are said to a citizen in private chat.
_SAID = frozenset(
    {
        InboundKind.TEXT,
        InboundKind.PHOTO,
        InboundKind.DOCUMENT,
        InboundKind.VOICE,
        InboundKind.VIDEO,
        InboundKind.LOCATION,
        InboundKind.CONTACT,
        InboundKind.STICKER,
    }
)
#: Things that answer a question, or show that the officer has left it; an edit does not.
_ANSWERS = _SAID | {InboundKind.COMMAND, InboundKind.PRESS}
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
    officer = await _officer_in_private(uow, conversation)
    if officer is None:
        return first_turn_of(waiting), False
    for position, message in enumerate(waiting):
        if await _is_work(uow, conversation, officer, message.inbound):
            is_first = position == 0
            return waiting[:1] if is_first else first_turn_of(waiting[:position]), is_first
    return first_turn_of(waiting), False


async def is_for_desk(uow: UnitOfWork, conversation: Conversation, inbound: Inbound) -> bool:
    """Tell whether something that came in private is an officer's work."""
    officer = await _officer_in_private(uow, conversation)
    return officer is not None and await _is_work(uow, conversation, officer, inbound)


async def _officer_in_private(uow: UnitOfWork, conversation: Conversation) -> Officer | None:
    """Return the active officer whose private chat this is."""
    if conversation.channel is not Channel.TELEGRAM or not conversation.address.isdecimal():
        return None
    officer = await uow.officers.by_telegram_id(int(conversation.address))
    return officer if officer is not None and officer.is_active else None


async def _is_work(
    uow: UnitOfWork, conversation: Conversation, officer: Officer, inbound: Inbound
) -> bool:
    if inbound.kind is InboundKind.COMMAND:
        is_work = inbound.command in COMMANDS.keys() - _CITIZENS_TOO
        return is_work and not tickets.is_for_citizens(inbound)
    if inbound.kind is InboundKind.PRESS:
        return await _pressed(uow, conversation, inbound) is not None
    edited = edited_in(inbound, conversation.address)
    if edited is not None:
        return await uow.outbox.passed_on(edited) is not None
    if inbound.kind not in _SAID:
        return False
    if await proved_by(uow, officer, inbound) is not None:
        return True
    if await uow.officers.asked(officer, conversation.id, inbound.thread) is not None:
        return True
    about, _ = await _subject(uow, conversation, inbound)
    if about is not None:
        return True
    return bool(await served_privately(uow, officer))


async def answer(uow: UnitOfWork, tools: Tools, lane: Conversation, turn: Turn) -> bool:
    """Do what one message of an officer asks for; False when it is not for the desk after all.

    The caller commits: what is done, what is told and the end of the turn are one transaction.
    """
    message = turn.messages[0]
    officer = await _officer_of(uow, lane, message.inbound)
    if lane.channel is Channel.OFFICERS and (officer is None or not officer.is_active):
        await _turn_away(uow, tools, lane, message.inbound, officer)
        return True
    if officer is None:
        return False
    is_private = lane.channel is Channel.TELEGRAM
    if is_private and not await _is_work(uow, lane, officer, message.inbound):
        return False  # what it belonged to is over by now: the citizen's flow goes on
    await _handle(await _post(uow, tools, officer, lane, message, turn.attachments))
    return True


async def about(uow: UnitOfWork, lane: Conversation, inbound: Inbound) -> ConversationId | None:
    """Return the citizen's conversation that something an officer said belongs to."""
    found, _ = await _subject(uow, lane, inbound)
    officer = await _officer_of(uow, lane, inbound)
    if found is None and officer is not None and lane.channel is Channel.TELEGRAM:
        return await current_of(uow, officer)
    return found


async def expects_picture(uow: UnitOfWork, lane: Conversation, inbound: Inbound) -> bool:
    """Tell whether an officer's picture answers a question, so that the desk has to keep it."""
    officer = await _officer_of(uow, lane, inbound)
    if officer is None:
        return False
    if await proved_by(uow, officer, inbound) is not None:
        return True
    return isinstance(await uow.officers.asked(officer, lane.id, inbound.thread), NeedAsked)


async def say_failed(uow: UnitOfWork, tools: Tools, lane: Conversation, turn: Turn) -> None:
    """Say in a group that a message could not be worked."""
    about, topic = await _subject(uow, lane, turn.messages[0].inbound)
    reply = Reply(tools.say("petugas.gagal_diolah"))
    await post_to_officers(uow, tools, lane, ToOfficers(reply, topic=topic, about=about))


async def _officer_of(uow: UnitOfWork, lane: Conversation, inbound: Inbound) -> Officer | None:
    """Return who wrote; in a group a suspended officer, too."""
    if lane.channel is not Channel.OFFICERS:
        return await _officer_in_private(uow, lane)
    if inbound.sender is None or not inbound.sender.isdecimal():
        return None
    return await uow.officers.by_telegram_id(int(inbound.sender))


async def _pressed(uow: UnitOfWork, lane: Conversation, inbound: Inbound) -> OfficerPress | None:
    """Return what an officer's button means that was made for this lane, None for others."""
    found = await uow.buttons.get(inbound.token or "")
    if found is None or found[0] != lane.id or not isinstance(found[1].press, OFFICER_PRESSES):
        return None
    press: OfficerPress = found[1].press
    return press


async def _replied_about(
    uow: UnitOfWork, lane: Conversation, inbound: Inbound
) -> ConversationId | None:
    """Return which citizen's conversation the message that was replied to is about."""
    if inbound.reply_to is None:
        return None
    sent = await uow.outbox.sent_as(Channel.TELEGRAM, lane.address, inbound.reply_to)
    return sent.about if sent else None


async def _subject(
    uow: UnitOfWork, lane: Conversation, inbound: Inbound
) -> tuple[ConversationId | None, Topic | None]:
    """Return which conversation is meant, and the topic to answer in."""
    about = None
    if inbound.thread is not None:
        about = await uow.topics.conversation_of(lane.address, inbound.thread)
    topic = topic_of(about) if about else None
    return about or await _replied_about(uow, lane, inbound), topic


async def _post(
    uow: UnitOfWork,
    tools: Tools,
    officer: Officer,
    lane: Conversation,
    message: InboxMessage,
    pictures: Mapping[str, str],
) -> Post:
    inbound = message.inbound
    about, topic = await _subject(uow, lane, inbound)
    if about is None and lane.channel is Channel.TELEGRAM:
        about = await current_of(uow, officer)
    proves = await proved_by(uow, officer, inbound)
    is_press = inbound.kind is InboundKind.PRESS
    return Post(
        uow=uow,
        tools=tools,
        now=tools.now(),
        officer=officer,
        lane=lane,
        inbound=inbound,
        about=about,
        topic=topic,
        pressed=await _pressed(uow, lane, inbound) if is_press else None,
        # A late part of an album answers no question that was put meanwhile.
        pending=None if proves else await _take_pending(uow, lane, inbound, officer),
        proves=proves,
        pictures=pictures,
    )


async def _take_pending(
    uow: UnitOfWork, lane: Conversation, inbound: Inbound, officer: Officer
) -> OfficerPending | None:
    """Return the question that stands open; whatever the officer does next, it is over."""
    if inbound.kind not in _ANSWERS:
        return None
    pending = await uow.officers.asked(officer, lane.id, inbound.thread)
    if pending is not None:
        await uow.officers.drop_question(officer, lane.id, inbound.thread)
    return pending


async def _handle(post: Post) -> None:
    kind = post.inbound.kind
    if kind is InboundKind.PRESS:
        act = PRESSES.get(type(post.pressed))
        await (act(post) if act else post.say("tombol_kedaluwarsa"))
    elif kind is InboundKind.COMMAND:
        act = COMMANDS.get(post.inbound.command or "")
        await (act or show_help)(post)
    elif post.proves is not None:
        await add_late_part(post, post.proves)
    elif post.pending is not None:
        await PENDING[type(post.pending)](post)
    else:
        await pass_on(post)


async def _turn_away(
    uow: UnitOfWork, tools: Tools, lane: Conversation, inbound: Inbound, officer: Officer | None
) -> None:
    """Tell whoever is not obeyed why, once a day, when the desk was meant."""
    about, topic = await _subject(uow, lane, inbound)
    if about is None and inbound.kind not in _ADDRESSES_DESK:
        return
    if inbound.sender is None:
        text = "petugas.anonim"
    else:
        text = "petugas.nonaktif" if officer else "petugas.bukan_petugas"
    day = tools.now().date().isoformat()
    await post_to_officers(
        uow,
        tools,
        lane,
        ToOfficers(
            Reply(tools.say(text)),
            opaque(lane.id, inbound.sender or "", day, text),
            topic=topic,
            about=about,
        ),
    )
