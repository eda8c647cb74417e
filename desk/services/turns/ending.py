"""How a turn ends: its replies are queued, it is closed, the lease is given back."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime

from desk.domain.conversation import Conversation, ConversationId
from desk.domain.reply import Reply
from desk.domain.turn import FLOOD_NOTE_EVERY, Turn, TurnState, Understanding
from desk.services.outbox.posting import joined, post
from desk.services.ports import UnitOfWork
from desk.services.tools import ring_all
from desk.services.turns.taking import more_at, standing_of
from desk.services.turns.workshop import Workshop

#: Something done with a locked conversation; tells whether the turn is done by that.
Attempt = Callable[[UnitOfWork, Conversation], Awaitable[bool]]
#: Answers a turn with a locked conversation; None: the turn goes on later, which it saw to.
Answer = Callable[[UnitOfWork, Conversation], Awaitable[Sequence[Reply] | None]]


async def is_under_way(uow: UnitOfWork, turn: Turn) -> bool:
    """Tell whether nobody else has worked the turn since this worker took it."""
    return await uow.turns.is_running(turn.id)


async def settle(
    shop: Workshop, turn: Turn, attempt: Attempt, *, comes_again: bool = False
) -> bool:
    """Work the turn in one transaction, without Rasa; False when *attempt* leaves it to others.

    *comes_again*: the conversation is to be taken up at once even though nothing waits.
    """
    async with shop.units() as uow:
        conversation = await uow.conversations.lock(turn.conversation_id)
        if not await is_under_way(uow, turn):
            return True
        if not await attempt(uow, conversation):
            return False
        await uow.turns.finish(turn.id, TurnState.DONE, None)
        if comes_again:
            await uow.conversations.release(conversation.id, shop.tools.now(), worker=shop.name)
        else:
            await end_lease(shop, uow, conversation.id)
        await uow.commit()
    shop.bell.ring("inbox")
    ring_all(shop.bell)
    return True


async def finish(
    shop: Workshop,
    turn: Turn,
    conversation: Conversation,
    replies: Sequence[Reply],
    understanding: Understanding | None = None,
) -> None:
    """Queue the replies, close the turn and give the lease back, in one transaction."""
    async with shop.units() as uow:
        await uow.conversations.lock(conversation.id)
        if not await is_under_way(uow, turn):
            return
        more = await _conclude(shop, uow, turn, conversation, replies, understanding)
        await uow.commit()
    shop.bell.ring(f"outbox:{conversation.channel}")
    if more:
        shop.bell.ring("inbox")


async def finish_with(
    shop: Workshop,
    turn: Turn,
    conversation: Conversation,
    answer: Answer,
    understanding: Understanding | None = None,
) -> None:
    """Do what answers the turn, and finish it with that, in one transaction."""
    more = False
    async with shop.units() as uow:
        current = await uow.conversations.lock(conversation.id)
        if not await is_under_way(uow, turn):
            return
        replies = await answer(uow, current)
        await uow.tell()  # the news of what was done stands before the answer
        if replies is not None:
            more = await _conclude(shop, uow, turn, conversation, replies, understanding)
        await uow.commit()
    ring_all(shop.bell)
    if more:
        shop.bell.ring("inbox")


async def _conclude(
    shop: Workshop,
    uow: UnitOfWork,
    turn: Turn,
    conversation: Conversation,
    replies: Sequence[Reply],
    understanding: Understanding | None,
) -> bool:
    """Queue the replies to a turn of a locked conversation, close it and give the lease back.

    Returns whether there is more to do in the conversation.

    *conversation* is as it was when the turn was taken. An officer who came while the bot was
    answering makes the answer void; the words were shown to them at that moment. A receipt is
    sent all the same.
    """
    current = await uow.conversations.lock(conversation.id)
    # A session that the turn itself began anew (an anonymous report was sent) bears no time: to
    # the second, it would tell which ticket this was.
    if replies and current.session.id == turn.session_id:
        session = current.session.after_turn(shop.tools.now())
        await uow.conversations.save(replace(current, session=session))
    version = conversation.version
    for reply in joined(replies):
        await post(
            uow,
            shop.tools,
            current,
            reply,
            owner_version=None if reply.stands else version,
            answers=turn.id,
        )
    standing = await standing_of(uow, shop.tools, conversation.id)
    if replies and standing.recent > shop.tools.flood_messages:
        await _note_flood(shop, uow, current, version)
    await uow.turns.finish(turn.id, TurnState.DONE, understanding)
    more = await more_at(uow, shop.tools, conversation.id, standing)
    await uow.conversations.release(conversation.id, more, worker=shop.name)
    return more is not None


async def _note_flood(
    shop: Workshop, uow: UnitOfWork, conversation: Conversation, version: int
) -> None:
    """Tell a citizen who sends very much, once in a while, that answers come slower."""
    now = shop.tools.now()
    noted = conversation.flood_noted_at
    if noted is not None and now - noted < FLOOD_NOTE_EVERY:
        return
    reply = Reply(shop.tools.say("banyak_pesan"))
    await post(uow, shop.tools, conversation, reply, owner_version=version)
    current = await uow.conversations.lock(conversation.id)
    await uow.conversations.save(replace(current, flood_noted_at=now))


async def end_lease(shop: Workshop, uow: UnitOfWork, conversation_id: ConversationId) -> None:
    """End the lease; what waits already is worked on at once."""
    standing = await standing_of(uow, shop.tools, conversation_id)
    more = await more_at(uow, shop.tools, conversation_id, standing)
    await uow.conversations.release(conversation_id, more, worker=shop.name)


async def let_go(shop: Workshop, conversation_id: ConversationId) -> None:
    """End the lease of a conversation in which no turn was to be worked."""
    async with shop.units() as uow:
        await end_lease(shop, uow, conversation_id)
        await uow.commit()


async def release(shop: Workshop, conversation_id: ConversationId, wake_at: datetime) -> None:
    """End the lease, and come back to the turn under way later."""
    async with shop.units() as uow:
        await uow.conversations.release(conversation_id, wake_at, worker=shop.name)
        await uow.commit()
