"""Which turn of a conversation is next: the one under way, a new one, or one set aside."""

from dataclasses import replace
from datetime import datetime, timedelta

from desk.domain.conversation import Conversation, ConversationId, Owner, Session
from desk.domain.draft import DRAFT_KEPT, Draft
from desk.domain.heard import FALLBACK, Heard
from desk.domain.turn import ALONE, FLOOD_WINDOW, InboxMessage, Standing, Turn, TurnId
from desk.services.officers import dispatch as desk
from desk.services.ports import UnitOfWork
from desk.services.talk.drafting import open_draft
from desk.services.talk.offline import understood
from desk.services.tools import Tools, new_id
from desk.services.turns.request import words_of
from desk.services.turns.workshop import Workshop

Messages = tuple[InboxMessage, ...]


async def take_turn(
    shop: Workshop, conversation_id: ConversationId
) -> tuple[Turn | None, Conversation, bool]:
    """Return the turn to work on; None: nothing is to be done, or all is to be erased.

    The last value tells whether it is for the officers' desk.
    """
    async with shop.units() as uow:
        conversation = await uow.conversations.lock(conversation_id)
        if conversation.context.erasing is not None:
            return None, conversation, False
        turn = await uow.turns.open_turn(conversation_id)
        if turn is not None and not await _gives_way(shop, uow, conversation, turn):
            # Words that wait for Rasa were a citizen's when they were first tried.
            _, for_desk = await desk.head_of(uow, conversation, turn.messages)
            return turn, conversation, for_desk and not turn.waits_for_rasa
        waiting = await uow.inbox.waiting(conversation_id)
        messages, for_desk = await desk.head_of(uow, conversation, waiting)
        if messages:
            conversation = await _renew_session(uow, shop.tools, conversation)
            turn = await _start(uow, shop.tools, conversation, messages)
        else:
            turn = await _resume(uow, shop.tools, conversation)
        if turn is not None:
            await uow.commit()
        return turn, conversation, for_desk


async def _renew_session(
    uow: UnitOfWork, tools: Tools, conversation: Conversation
) -> Conversation:
    if not conversation.session.is_worn_out(tools.now()):
        return conversation
    renewed = replace(conversation, session=Session(new_id()))
    await uow.conversations.save(renewed)
    return renewed


async def _start(
    uow: UnitOfWork, tools: Tools, conversation: Conversation, messages: Messages
) -> Turn:
    turn = Turn(
        id=TurnId(new_id()),
        conversation_id=conversation.id,
        messages=messages,
        created_at=tools.now(),
        session_id=conversation.session.id,
    )
    await uow.turns.start(turn)
    return turn


async def _gives_way(
    shop: Workshop, uow: UnitOfWork, conversation: Conversation, turn: Turn
) -> bool:
    """Set a turn that waits for Rasa aside when something came in that needs no Rasa.

    What was written before that is set aside too, so that all of it is answered in its order.
    """
    if not turn.waits_for_rasa:
        return False
    draft = await _open_draft(uow, shop.tools, conversation)
    if draft is not None and turn.was_set_aside:
        await uow.turns.set_aside(turn.id)  # an officer began a report meanwhile
        return True
    passed: list[Messages] = []
    waiting = await uow.inbox.waiting(conversation.id)
    while waiting:
        messages, for_desk = await desk.head_of(uow, conversation, waiting)
        if for_desk or _needs_no_rasa(shop, conversation, draft, messages):
            break
        passed.append(messages)
        waiting = waiting[len(messages) :]
    else:
        return False
    await uow.turns.set_aside(turn.id)
    for messages in passed:
        overtaken = await _start(uow, shop.tools, conversation, messages)
        await uow.turns.set_aside(overtaken.id)
    return True


def _needs_no_rasa(
    shop: Workshop, conversation: Conversation, draft: Draft | None, messages: Messages
) -> bool:
    words = words_of(messages)
    if messages[0].inbound.kind in ALONE or not words:
        return True
    pending = conversation.context.pending
    return understood(Heard(FALLBACK, words), draft, pending, shop.is_urgent) is not None


async def _resume(uow: UnitOfWork, tools: Tools, conversation: Conversation) -> Turn | None:
    """Have the oldest words that were set aside run again, unless a draft is open."""
    turn = await uow.turns.next_set_aside(conversation.id)
    if turn is None or await _open_draft(uow, tools, conversation) is not None:
        return None
    await uow.turns.resume(turn.id)
    return turn


async def _open_draft(uow: UnitOfWork, tools: Tools, conversation: Conversation) -> Draft | None:
    """Return the draft that words set aside must not get into: an officer reads them at once."""
    if conversation.owner is Owner.OFFICER:
        return None
    return await open_draft(uow, conversation.id, tools.now())


async def standing_of(uow: UnitOfWork, tools: Tools, conversation_id: ConversationId) -> Standing:
    """Return how a conversation stands."""
    return await uow.inbox.standing(conversation_id, tools.now() - FLOOD_WINDOW)


async def more_at(
    uow: UnitOfWork, tools: Tools, conversation_id: ConversationId, standing: Standing
) -> datetime | None:
    """Return when there is more to do in a conversation: now, once its draft is over, or never."""
    if standing.is_waiting or not standing.is_set_aside:
        return tools.now() if standing.is_waiting else None
    conversation = await uow.conversations.lock(conversation_id)
    draft = await _open_draft(uow, tools, conversation)
    # The end of the draft wakes the conversation, too; this is for one that is left alone.
    return draft.touched_at + DRAFT_KEPT + timedelta(seconds=1) if draft else tools.now()
