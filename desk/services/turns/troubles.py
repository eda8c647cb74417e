"""What becomes of a turn when Rasa is away, or breaks at it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from desk.domain.conversation import Channel, Conversation, ConversationId
from desk.domain.reply import Reply
from desk.domain.turn import Turn, TurnState
from desk.services.officers import dispatch as desk
from desk.services.outbox.posting import joined, post
from desk.services.ports import UnitOfWork
from desk.services.turns.ending import end_lease
from desk.services.turns.workshop import Workshop

#: A turn that breaks this often is put aside, so that it holds up nobody.
MAX_FAILURES = 5
BACKOFF = tuple(timedelta(seconds=s) for s in (1, 2, 4, 8, 15))


async def keep_for_rasa(
    shop: Workshop,
    uow: UnitOfWork,
    turn: Turn,
    conversation: Conversation,
    told: Sequence[Reply],
) -> None:
    """Tell the citizen once what works meanwhile, and try the same turn again later."""
    now = shop.tools.now()
    delay = BACKOFF[min(turn.attempts, len(BACKOFF) - 1)]
    if not turn.waits_for_rasa:
        for reply in joined(told):
            await post(uow, shop.tools, conversation, reply, owner_version=conversation.version)
    tried = replace(turn, attempts=turn.attempts + 1, notified_at=turn.notified_at or now)
    await uow.turns.save(tried)
    await uow.conversations.release(conversation.id, now + delay, worker=shop.name)


async def count_failure(shop: Workshop, turn: Turn, conversation: Conversation) -> None:
    """Try a broken turn again a few times, then put it aside with one calm sentence."""
    now = shop.tools.now()
    failures = turn.failures + 1
    async with shop.units() as uow:
        if failures < MAX_FAILURES:
            delay = BACKOFF[min(turn.failures, len(BACKOFF) - 1)]
            await uow.turns.save(replace(turn, failures=failures))
            await uow.conversations.release(conversation.id, now + delay, worker=shop.name)
        else:
            await _say_failed(shop, uow, turn, conversation)
            await uow.turns.finish(turn.id, TurnState.QUARANTINED, None)
            await end_lease(shop, uow, conversation.id)
        await uow.commit()
    shop.bell.ring(f"outbox:{conversation.channel}")


async def _say_failed(
    shop: Workshop, uow: UnitOfWork, turn: Turn, conversation: Conversation
) -> None:
    if conversation.channel is Channel.OFFICERS:
        await desk.say_failed(uow, shop.tools, conversation, turn)
        return
    reply = Reply(shop.tools.say("gagal_diolah"))
    await post(uow, shop.tools, conversation, reply, owner_version=conversation.version)


async def note_crash(shop: Workshop, conversation_id: ConversationId) -> None:
    """Count a turn that broke outside Rasa like one that broke inside, so that it ends too."""
    async with shop.units() as uow:
        conversation = await uow.conversations.get(conversation_id)
        turn = await uow.turns.open_turn(conversation_id)
    if conversation is not None and turn is not None:
        await count_failure(shop, turn, conversation)
