"""Passes on what citizens say to their officers, in order, and never as a forward."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from desk.domain.conversation import Channel, Conversation
from desk.domain.handoff import Handoff, HandoffState
from desk.domain.inbound import Inbound, InboundKind, InboxId
from desk.domain.outgoing import CopyOf, Outgoing, Relay
from desk.domain.turn import InboxMessage
from desk.services.events import CitizenSpoke, HandoffTaken
from desk.services.handoffs.chats import chats_of, reference, topic_in
from desk.services.handoffs.subjects import hidden_until
from desk.services.ports import UnitOfWork
from desk.services.tools import Tools
from desk.services.wording import without_html
from desk.services.words.pins import CAPTIONED, LONGEST_CAPTION, place_in_words
from desk.services.words.tickets import beginning

#: How much is shown of an answer that a citizen replies to.
QUOTED_LETTERS: Final = 80
#: Who was not answered for so long does not wait for an answer any more.
REMEMBERED: Final = timedelta(days=14)
_NONE: Final = InboxId(0)
_NEWS: Final = frozenset({InboundKind.BLOCKED, InboundKind.UNBLOCKED})


async def show_unanswered(
    uow: UnitOfWork, tools: Tools, event: HandoffTaken | CitizenSpoke
) -> None:
    """Show what the bot has not answered where the hand-off is served or waits, in order and once.

    This alone decides which words officers see, whenever they see new ones, so that none is lost
    between bot and officer. What waits in private chats is shown to whoever takes it.
    """
    conversation, handoff = event.conversation, event.handoff
    chat = await _home_of(uow, tools, handoff)
    if chat is None:
        return
    relays = await uow.outbox.relays_about(conversation.id)
    # Whatever is older than the last relay here was shown before it, or was answered by then.
    last = max((relay.message for relay in relays if relay.chat == chat), default=_NONE)
    for message in await _unanswered(uow, tools, conversation, handoff, relays, after=last):
        quoted = await _quoted(uow, conversation, handoff, message.inbound)
        await _show(uow, tools, conversation, chat, message, quoted)


async def _quoted(
    uow: UnitOfWork, conversation: Conversation, handoff: Handoff, inbound: Inbound
) -> str | None:
    """Return the beginning of the officer's answer that a citizen replies to in Telegram.

    What the bot or an earlier officer said may be no business of this one.
    """
    if inbound.reply_to is None or handoff.taken_at is None:
        return None
    sent = await uow.outbox.sent_as(conversation.channel, conversation.address, inbound.reply_to)
    if sent is None or sent.conversation_id != conversation.id:
        return None
    _signature, _, words = sent.body.text.partition("\n")
    if sent.created_at < handoff.taken_at or not words:
        return None
    return beginning(" ".join(without_html(words).split()), QUOTED_LETTERS)


async def unanswered(
    uow: UnitOfWork, tools: Tools, conversation: Conversation, handoff: Handoff
) -> list[InboxMessage]:
    """Return all that officers see of a hand-off: what the bot has not answered, in order."""
    relays = await uow.outbox.relays_about(conversation.id)
    return await _unanswered(uow, tools, conversation, handoff, relays, after=_NONE)


async def _home_of(uow: UnitOfWork, tools: Tools, handoff: Handoff) -> str | None:
    """Return the chat in which a hand-off is followed: none while it waits in private chats."""
    if handoff.state is HandoffState.SERVED:
        return handoff.chat
    return (await chats_of(uow, tools, handoff)).group


async def _unanswered(
    uow: UnitOfWork,
    tools: Tools,
    conversation: Conversation,
    handoff: Handoff,
    relays: Sequence[Relay],
    *,
    after: InboxId,
) -> list[InboxMessage]:
    """Leave out what an earlier hand-off showed, and what is nobody's business but integritas'."""
    seen = {relay.message for relay in relays if relay.at < handoff.asked_at}
    hidden = None if handoff.is_protected else hidden_until(conversation)
    return [
        message
        for message in await uow.inbox.unanswered(
            conversation.id, since=tools.now() - REMEMBERED, after=after
        )
        if message.id not in seen
        and not (hidden is not None and message.received_at <= hidden)
        and not (message.inbound.kind in _NEWS and message.received_at < handoff.asked_at)
    ]


async def _show(
    uow: UnitOfWork,
    tools: Tools,
    conversation: Conversation,
    chat: str,
    message: InboxMessage,
    quoted: str | None,
) -> None:
    bodies = await _bodies(uow, tools, conversation, chat, message.inbound, quoted)
    for body in bodies:
        await uow.outbox.add_to(
            Channel.TELEGRAM,
            chat,
            body,
            relays=message.id,
            now=tools.now(),
            about=conversation.id,
        )


async def _bodies(
    uow: UnitOfWork,
    tools: Tools,
    conversation: Conversation,
    chat: str,
    inbound: Inbound,
    quoted: str | None,
) -> list[Outgoing]:
    """Return what officers see of a message; outside of topics it says whose it is."""
    topic = topic_in(tools, chat, conversation.id)

    def line(words: str | None, *, edited: bool = False) -> Outgoing:
        whose = None if topic else reference(conversation.id)
        text = tools.say(
            "petugas.dari_warga", rujukan=whose, teks=words, diubah=edited, kutipan=quoted
        )
        return Outgoing(text, topic=topic, joins=True)

    words = await _in_words(uow, tools, inbound)
    if words is not None:
        return [line(words)]
    edited = inbound.kind is InboundKind.EDITED
    if inbound.attachment is not None:
        return [Outgoing(line(inbound.text).text, attachment=inbound.attachment, topic=topic)]
    if conversation.channel is not Channel.TELEGRAM or inbound.external_message_id is None:
        return [line(inbound.text or _label(tools, inbound), edited=edited)]
    copy = CopyOf(conversation.address, inbound.external_message_id)
    if topic is not None and not edited and quoted is None:
        return [Outgoing("", topic=topic, copies=copy)]
    if inbound.kind in CAPTIONED and len(inbound.text or "") <= LONGEST_CAPTION:
        return [Outgoing(line(inbound.text).text, topic=topic, copies=copy)]
    return [
        line(None if edited else _label(tools, inbound), edited=edited),
        Outgoing("", topic=topic, copies=copy),
    ]


async def _in_words(uow: UnitOfWork, tools: Tools, inbound: Inbound) -> str | None:
    """Return what can be told in words; None for what has to be copied."""
    if inbound.kind is InboundKind.TEXT:
        return inbound.text
    if inbound.kind is InboundKind.COMMAND:
        return " ".join(part for part in (f"/{inbound.command}", inbound.text) if part)
    if inbound.kind is InboundKind.PRESS:
        found = await uow.buttons.get(inbound.token or "")
        label = found[1].label if found else ""
        return tools.wording.plain("petugas.kiriman.tekan", tombol=label)
    if inbound.kind is InboundKind.CONTACT and inbound.phone:
        return tools.wording.plain("petugas.kiriman.nomor", nomor=inbound.phone)
    if inbound.kind in _NEWS:
        return _label(tools, inbound)
    return place_in_words(inbound)


def _label(tools: Tools, inbound: Inbound) -> str:
    return tools.wording.plain(f"petugas.kiriman.{inbound.kind}")
