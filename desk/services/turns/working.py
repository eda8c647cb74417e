"""Works one turn: from waiting messages to replies in the outbox, exactly once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from desk.domain.conversation import Channel, Conversation, ConversationId, Owner, Session
from desk.domain.handoff import HandoffState
from desk.domain.inbound import InboundKind
from desk.domain.reply import Button, Reply
from desk.domain.turn import (
    FLOOD_NOTE_EVERY,
    FLOOD_WINDOW,
    Turn,
    TurnId,
    TurnState,
    Understanding,
)
from desk.services.errors import RasaUnavailable, TurnFailed
from desk.services.handoffs import course
from desk.services.handoffs.hearing import goes_to_officers
from desk.services.officers import dispatch as desk
from desk.services.outbox.posting import joined, post, ring_all
from desk.services.ports import (
    Bell,
    Files,
    Presence,
    TurnAnswer,
    Understander,
    UnitOfWork,
    UnitsOfWork,
)
from desk.services.privacy import erasing, rights
from desk.services.talk import emergency
from desk.services.tools import Tools, new_id
from desk.services.turns import courtesy
from desk.services.turns import pictures as pictures_in
from desk.services.turns.replied import answered_question
from desk.services.turns.request import request_of, words_of

#: A worker that dies keeps its conversation for this long.
LEASE = timedelta(seconds=12)
#: A turn that breaks this often is put aside, so that it holds up nobody.
MAX_FAILURES = 5
BACKOFF = tuple(timedelta(seconds=s) for s in (1, 2, 4, 8, 15))

#: Something done with a locked conversation; tells whether the turn is done by that.
Attempt = Callable[[UnitOfWork, Conversation], Awaitable[bool]]


@dataclass(frozen=True)
class Workshop:
    """Everything a worker needs."""

    units: UnitsOfWork
    tools: Tools
    rasa: Understander
    files: Files
    presence: Presence
    bell: Bell
    re_encode: pictures_in.ReEncode
    name: str = "worker"


async def work_on(shop: Workshop, conversation_id: ConversationId) -> None:
    """Work one turn of a leased conversation and give the lease back."""
    turn, conversation, for_desk = await _take_turn(shop, conversation_id)
    if turn is None:
        await _erase_if_asked(shop, conversation)
        await _release(shop, conversation_id, None)
        return
    if for_desk and await _answer_officer(shop, turn):
        return
    button = await _pressed(shop, turn, conversation)
    right = rights.asked(turn, conversation, button)
    if right is not None:
        await _grant(shop, turn, right, button)
        return
    if conversation.is_muted(shop.tools.now()):
        # A human had enough: the messages stay in the transcript for them.
        await _finish(shop, turn, conversation, (), None)
        return
    if conversation.owner is not Owner.BOT:
        is_urgent = await _tells_of_an_emergency(shop, turn, conversation)
        if await _pass_to_officers(shop, turn, is_urgent=is_urgent):
            return
    with shop.presence.typing(conversation.channel, conversation.address):
        await _answer(shop, turn, conversation, button)


async def _answer(
    shop: Workshop, turn: Turn, conversation: Conversation, button: Button | None
) -> None:
    fetched = await pictures_in.fetch(
        shop.units, shop.files, shop.re_encode, shop.tools, turn, conversation
    )
    if fetched.retry_in is not None:
        await _release(shop, conversation.id, shop.tools.now() + fetched.retry_in)
        return
    await _understand(shop, fetched.turn, conversation, button)


async def _take_turn(
    shop: Workshop, conversation_id: ConversationId
) -> tuple[Turn | None, Conversation, bool]:
    """Return the turn under way, or a new one made of the messages at the head of the queue.

    The last value tells whether it is for the officers' desk.
    """
    async with shop.units() as uow:
        conversation = await uow.conversations.lock(conversation_id)
        turn = await uow.turns.open_turn(conversation_id)
        if conversation.context.erasing is not None:
            return None, conversation, False
        waiting = turn.messages if turn else await uow.inbox.waiting(conversation_id)
        messages, for_desk = await desk.head_of(uow, conversation, waiting)
        if turn is None:
            if not messages:
                return None, conversation, False
            if conversation.session.is_worn_out(shop.tools.now()):
                conversation = replace(conversation, session=Session(new_id()))
                await uow.conversations.save(conversation)
            turn = Turn(
                id=TurnId(new_id()),
                conversation_id=conversation_id,
                messages=messages,
                created_at=shop.tools.now(),
                session_id=conversation.session.id,
            )
            await uow.turns.start(turn)
            await uow.commit()
        return turn, conversation, for_desk


async def _answer_officer(shop: Workshop, turn: Turn) -> bool:
    """Work the turn in one transaction; False when it is not for the officers' desk after all."""
    fetched = await _officers_picture(shop, turn)
    if fetched.retry_in is not None:
        await _release(shop, turn.conversation_id, shop.tools.now() + fetched.retry_in)
        return True
    turn = fetched.turn
    return await _settle(shop, turn, lambda uow, lane: desk.answer(uow, shop.tools, lane, turn))


async def _settle(shop: Workshop, turn: Turn, attempt: Attempt) -> bool:
    """Work the turn in one transaction, without Rasa; False when *attempt* leaves it to others."""
    async with shop.units() as uow:
        conversation = await uow.conversations.lock(turn.conversation_id)
        if not await attempt(uow, conversation):
            return False
        await uow.turns.finish(turn.id, TurnState.DONE, None)
        await _let_go(shop, uow, conversation.id)
        await uow.commit()
    ring_all(shop.bell)
    return True


async def _officers_picture(shop: Workshop, turn: Turn) -> pictures_in.Fetched:
    """Keep an officer's picture for a web chat or as a proof; Telegram copies its own."""
    if not pictures_in.keys(turn):
        return pictures_in.Fetched(turn)
    inbound = turn.messages[0].inbound
    async with shop.units() as uow:
        lane = await uow.conversations.get(turn.conversation_id)
        about = lane and await desk.about(uow, lane, inbound)
        owner = await uow.conversations.get(about) if about else None
        if lane is not None and await desk.expects_picture(uow, lane, inbound):
            owner = lane
        elif owner is None or owner.channel is not Channel.WEB:
            return pictures_in.Fetched(turn)
    # The file is Telegram's; the picture belongs to the conversation that shows it.
    source = replace(owner, channel=Channel.TELEGRAM)
    return await pictures_in.fetch(
        shop.units, shop.files, shop.re_encode, shop.tools, turn, source
    )


async def _tells_of_an_emergency(shop: Workshop, turn: Turn, conversation: Conversation) -> bool:
    """Tell whether somebody in line needs help now; an officer who serves reads it himself."""
    words = words_of(turn)
    if conversation.owner is not Owner.WAITING or not words:
        return False
    try:
        return await shop.rasa.intent_of(words) == emergency.INTENT
    except RasaUnavailable:
        return False


async def _pass_to_officers(shop: Workshop, turn: Turn, *, is_urgent: bool) -> bool:
    """Show the turn to whoever has the word, in one transaction; False when that is the bot."""
    return await _settle(
        shop,
        turn,
        lambda uow, conversation: _relay(uow, shop.tools, turn, conversation, is_urgent=is_urgent),
    )


async def _relay(
    uow: UnitOfWork, tools: Tools, turn: Turn, conversation: Conversation, *, is_urgent: bool
) -> bool:
    """Queue a turn for the officers; False when the bot has the word or is to answer this."""
    handoff = await uow.handoffs.open_of(conversation.id)
    if handoff is None:
        return conversation.owner is not Owner.BOT
    if not goes_to_officers(conversation, handoff, turn.messages[0].inbound, turn.id):
        return False
    await course.hear(uow, tools, conversation, handoff)
    if is_urgent and handoff.state is HandoffState.WAITING:
        await emergency.answer_in_line(uow, tools, conversation, handoff, turn)
    return True


async def _grant(shop: Workshop, turn: Turn, right: rights.Right, button: Button | None) -> None:
    """Do what a citizen may always ask for; Rasa is not needed."""
    async with shop.units() as uow:
        conversation = await uow.conversations.lock(turn.conversation_id)
        await right(uow, shop.tools, conversation, turn, button.data if button else {})
        await uow.turns.finish(turn.id, TurnState.DONE, None)
        await uow.conversations.release(conversation.id, shop.tools.now(), worker=shop.name)
        await uow.commit()
    shop.bell.ring("inbox")
    shop.bell.ring(f"outbox:{conversation.channel}")


async def _erase_if_asked(shop: Workshop, conversation: Conversation) -> None:
    """Erase the citizen's data when they asked for it, a crash before that notwithstanding."""
    if conversation.context.erasing is None:
        return
    await erasing.erase(shop.units, shop.tools, conversation.context.erasing)
    shop.bell.ring("inbox")
    ring_all(shop.bell)


async def _understand(
    shop: Workshop, turn: Turn, conversation: Conversation, button: Button | None
) -> None:
    """Send the turn to Rasa and queue what comes back."""
    courtesies = courtesy.replies(shop.tools, turn)
    answers = await answered_question(shop.units, turn, conversation)
    request = request_of(shop.tools, turn, conversation, button, answers)
    if request is None:
        await _finish(shop, turn, conversation, courtesies, None)
        return
    if isinstance(request, Reply):
        await _finish(shop, turn, conversation, (*courtesies, request), None)
        return
    try:
        answer = await shop.rasa.take_turn(request)
    except RasaUnavailable:
        await _wait_for_rasa(shop, turn, conversation)
    except TurnFailed:
        await _after_failure(shop, turn, conversation)
    else:
        await _finish(shop, turn, conversation, (*courtesies, *answer.replies), answer)


async def _pressed(shop: Workshop, turn: Turn, conversation: Conversation) -> Button | None:
    """Return which button was pressed, when it was made for this conversation."""
    first = turn.messages[0].inbound
    if first.kind is not InboundKind.PRESS:
        return None
    async with shop.units() as uow:
        found = await uow.buttons.get(first.token or "")
    if found is None or found[0] != conversation.id:
        return None
    return found[1]


async def _finish(
    shop: Workshop,
    turn: Turn,
    conversation: Conversation,
    replies: tuple[Reply, ...],
    answer: TurnAnswer | None,
) -> None:
    """Queue the replies, close the turn and give the lease back, in one transaction."""
    understanding: Understanding | None = answer.understanding if answer else None
    async with shop.units() as uow:
        current = await uow.conversations.lock(conversation.id)
        # A session that the turn itself began anew (an anonymous report was sent) bears no
        # time: to the second, it would tell which ticket this was.
        if answer is not None and current.session.id == turn.session_id:
            session = current.session.after_turn(shop.tools.now())
            await uow.conversations.save(replace(current, session=session))
        # An officer who came while the bot was answering makes the answer void; the words were
        # shown to them at that moment. A receipt is sent all the same.
        version = conversation.version
        for reply in joined(replies):
            await post(
                uow,
                shop.tools,
                current,
                reply,
                answers=turn.id,
                owner_version=None if reply.stands else version,
            )
        since = shop.tools.now() - FLOOD_WINDOW
        recent, is_waiting = await uow.inbox.standing(conversation.id, since)
        if replies and recent > shop.tools.flood_messages:
            await _note_flood(shop, uow, current, version)
        await uow.turns.finish(turn.id, TurnState.DONE, understanding)
        await _end_lease(shop, uow, conversation.id, is_waiting=is_waiting)
        await uow.commit()
    shop.bell.ring(f"outbox:{conversation.channel}")


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


async def _let_go(shop: Workshop, uow: UnitOfWork, conversation_id: ConversationId) -> None:
    """End the lease; messages that wait already are worked on at once."""
    waiting = await uow.inbox.waiting(conversation_id)
    await _end_lease(shop, uow, conversation_id, is_waiting=bool(waiting))


async def _end_lease(
    shop: Workshop, uow: UnitOfWork, conversation_id: ConversationId, *, is_waiting: bool
) -> None:
    wake_at = shop.tools.now() if is_waiting else None
    await uow.conversations.release(conversation_id, wake_at, worker=shop.name)


async def _release(
    shop: Workshop, conversation_id: ConversationId, wake_at: datetime | None
) -> None:
    async with shop.units() as uow:
        await uow.conversations.release(conversation_id, wake_at, worker=shop.name)
        await uow.commit()


async def _wait_for_rasa(shop: Workshop, turn: Turn, conversation: Conversation) -> None:
    """Tell the citizen once to be patient, and try the same turn again later."""
    now = shop.tools.now()
    delay = BACKOFF[min(turn.attempts, len(BACKOFF) - 1)]
    tried = replace(turn, attempts=turn.attempts + 1, notified_at=turn.notified_at or now)
    async with shop.units() as uow:
        if turn.notified_at is None:
            reply = Reply(shop.tools.say("sabar"))
            await post(uow, shop.tools, conversation, reply, owner_version=conversation.version)
        await uow.turns.save(tried)
        await uow.conversations.release(conversation.id, now + delay, worker=shop.name)
        await uow.commit()
    shop.bell.ring(f"outbox:{conversation.channel}")


async def _after_failure(shop: Workshop, turn: Turn, conversation: Conversation) -> None:
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
            await _let_go(shop, uow, conversation.id)
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
        await _after_failure(shop, turn, conversation)
