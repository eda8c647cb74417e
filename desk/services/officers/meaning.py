"""What an officer's message means, asked once: about whom it is, and in answer to what."""

from dataclasses import dataclass
from typing import Final

from desk.domain.conversation import Channel, Conversation, ConversationId
from desk.domain.handoff import Handoff
from desk.domain.inbound import Inbound, InboundKind
from desk.domain.officer import Officer
from desk.domain.outgoing import SaidIn, Topic
from desk.domain.presses.officers import OFFICER_PRESSES, OfficerPress
from desk.domain.presses.pending import OfficerPending
from desk.domain.ticket_number import TicketNumber
from desk.services.handoffs.chats import topic_of
from desk.services.ports import UnitOfWork

#: Things that are said to a citizen in private chat.
SAID: Final = frozenset(
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
_ANSWERS: Final = SAID | {InboundKind.COMMAND, InboundKind.PRESS}


@dataclass(frozen=True)
class Place:
    """The citizen's conversation that something is about: its topic's, or the quoted message's."""

    about: ConversationId | None = None
    topic: Topic | None = None  #: in which it was said, and is answered


@dataclass(frozen=True)
class Meaning:
    """What something that an officer wrote or pressed means.

    *about* is the citizen's conversation it concerns: that of the topic it was written in, of the
    message it replies to, or in private the one that is served now. *pressed* is what a button
    made for this chat means, None for others. *pending* is the question that was put to this
    officer here before. *proves* is the ticket whose outcome was just proved by the album that
    this is a late part of. *edits*: it changes a message that was passed on to a citizen.
    """

    about: ConversationId | None = None
    topic: Topic | None = None
    pressed: OfficerPress | None = None
    pending: OfficerPending | None = None
    proves: TicketNumber | None = None
    edits: bool = False


def said_in(chat: Conversation, inbound: Inbound) -> SaidIn:
    """Return where in Telegram something was said."""
    return SaidIn(chat.address, inbound.external_message_id or "")


async def speaker(uow: UnitOfWork, chat: Conversation, inbound: Inbound) -> Officer | None:
    """Return the officer who wrote; in a group a suspended one, too."""
    if chat.channel is not Channel.OFFICERS:
        return await officer_of(uow, chat)
    if inbound.sender is None or not inbound.sender.isdecimal():
        return None
    return await uow.officers.by_telegram_id(int(inbound.sender))


async def officer_of(uow: UnitOfWork, chat: Conversation) -> Officer | None:
    """Return the active officer whose private chat this is."""
    if chat.channel is not Channel.TELEGRAM or not chat.address.isdecimal():
        return None
    officer = await uow.officers.by_telegram_id(int(chat.address))
    return officer if officer is not None and officer.is_active else None


async def place_of(uow: UnitOfWork, chat: Conversation, inbound: Inbound) -> Place:
    """Return which conversation is meant by where something was said."""
    if inbound.thread is not None:
        about = await uow.topics.conversation_of(chat.address, inbound.thread)
        if about is not None:
            return Place(about, topic_of(about))
    if inbound.reply_to is None:
        return Place()
    sent = await uow.outbox.sent_as(Channel.TELEGRAM, chat.address, inbound.reply_to)
    return Place(sent.about if sent else None)


async def meaning_of(
    uow: UnitOfWork, officer: Officer, chat: Conversation, inbound: Inbound
) -> Meaning:
    """Return what something that an officer wrote or pressed means."""
    place = await place_of(uow, chat, inbound)
    about = place.about
    if about is None and chat.channel is Channel.TELEGRAM:
        about = await current_of(uow, officer)
    proves = pending = None
    if inbound.kind is InboundKind.PHOTO and inbound.album is not None:
        proves = await uow.officers.proved_by(officer, inbound.album)
    # A late part of an album answers no question that was put meanwhile.
    if proves is None and inbound.kind in _ANSWERS:
        pending = await uow.officers.asked(officer, chat.id, inbound.thread)
    is_edit = inbound.kind is InboundKind.EDITED
    return Meaning(
        about,
        place.topic,
        await _pressed(uow, chat, inbound) if inbound.kind is InboundKind.PRESS else None,
        pending,
        proves,
        is_edit and await uow.outbox.passed_on(said_in(chat, inbound)) is not None,
    )


async def _pressed(uow: UnitOfWork, chat: Conversation, inbound: Inbound) -> OfficerPress | None:
    found = await uow.buttons.get(inbound.token or "")
    if found is None or found[0] != chat.id or not isinstance(found[1].press, OFFICER_PRESSES):
        return None
    press: OfficerPress = found[1].press
    return press


async def served_privately(uow: UnitOfWork, officer: Officer) -> list[Handoff]:
    """Return what an officer serves in the private chat, oldest first."""
    served = await uow.handoffs.of_officer(officer.id)
    return [handoff for handoff in served if handoff.chat == officer.private_chat]


async def current_of(uow: UnitOfWork, officer: Officer) -> ConversationId | None:
    """Return the conversation that plain words in private go to: the chosen one, or the newest."""
    served = [each.conversation_id for each in await served_privately(uow, officer)]
    if len(served) < 2:
        return served[0] if served else None
    chosen = await uow.officers.serving(officer)
    return chosen if chosen in served else served[-1]
