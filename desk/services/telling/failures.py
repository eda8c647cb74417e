"""Tells officers what could not be delivered."""

import logging

from desk.domain.conversation import ConversationId
from desk.domain.handoff import EventKind, Handoff, HandoffEvent
from desk.domain.outgoing import OutboxMessage, TopicState
from desk.domain.reply import Reply
from desk.services.events import DeliveryFailed
from desk.services.handoffs.chats import chat_at, reference, topic_in
from desk.services.outbox.posting import ToOfficers, post_to_officers
from desk.services.ports import UnitOfWork
from desk.services.tools import Tools, opaque

logger = logging.getLogger(__name__)


async def tell_officers(uow: UnitOfWork, tools: Tools, event: DeliveryFailed) -> None:
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
