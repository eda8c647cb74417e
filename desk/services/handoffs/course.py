"""Hand-offs: asked for, taken, put back in line, ended.

The conversation is locked before one of these is called, and comes back changed and saved. Who
hears of it is told by the events.
"""

from dataclasses import replace

from desk.domain.conversation import Conversation, Owner
from desk.domain.errors import NotPermitted
from desk.domain.handoff import (
    Ending,
    EventKind,
    Handoff,
    HandoffEvent,
    HandoffId,
    HandoffState,
    Trigger,
    WaitAgain,
)
from desk.domain.officer import Officer
from desk.domain.roles import Permission, may
from desk.services.events import (
    CitizenSpoke,
    HandoffAsked,
    HandoffChanged,
    HandoffEnded,
    HandoffRequeued,
    HandoffTaken,
    OfficerAnswered,
)
from desk.services.handoffs.chats import chats_for
from desk.services.handoffs.subjects import Subject
from desk.services.ports import UnitOfWork
from desk.services.tools import Tools, new_id


async def ask(
    uow: UnitOfWork,
    tools: Tools,
    conversation: Conversation,
    subject: Subject,
    trigger: Trigger,
    *,
    by_turn: str | None = None,
    with_bot: bool = False,
) -> tuple[Conversation, Handoff] | None:
    """Put a citizen in line for an officer; None when there is nobody who could answer.

    Args:
        uow: The transaction.
        tools: The desk's tools.
        conversation: The citizen's conversation, locked.
        subject: What it is about.
        trigger: Why a human is wanted.
        by_turn: The turn that asks, whose own replies stay valid.
        with_bot: Whether the bot goes on meanwhile.
    """
    chats = await chats_for(uow, tools, office=subject.office, is_protected=subject.is_protected)
    if not chats.all:
        return None
    handoff = await uow.handoffs.add(
        replace(_new(tools, conversation, subject, trigger), chat=chats.group, with_bot=with_bot)
    )
    conversation = conversation.handed_to(handoff.owner, by=by_turn)
    await uow.conversations.save(conversation)
    await uow.handoffs.note(handoff.id, HandoffEvent(handoff.asked_at, EventKind.ASKED))
    uow.record(HandoffAsked(conversation, handoff))
    return conversation, handoff


def _new(tools: Tools, conversation: Conversation, subject: Subject, why: Trigger) -> Handoff:
    now = tools.now()
    return Handoff(
        id=HandoffId(new_id()),
        conversation_id=conversation.id,
        trigger=why,
        asked_at=now,
        waiting_since=now,
        chat=None,
        office=subject.office,
        is_protected=subject.is_protected,
        service=subject.service,
        ticket=subject.ticket,
    )


async def step_in(
    uow: UnitOfWork,
    tools: Tools,
    conversation: Conversation,
    subject: Subject,
    officer: Officer,
    *,
    chat: str,
) -> tuple[Conversation, Handoff]:
    """Let an officer take a conversation that nobody asked him into.

    Raises:
        NotPermitted: None of the officer's roles may answer it.
    """
    handoff = _new(tools, conversation, subject, Trigger.STEPPED_IN)
    _require_permission(officer, handoff)
    handoff = await uow.handoffs.add(handoff)
    return await take(uow, tools, conversation, handoff, officer, chat=chat)


async def take(
    uow: UnitOfWork,
    tools: Tools,
    conversation: Conversation,
    handoff: Handoff,
    officer: Officer,
    *,
    chat: str,
) -> tuple[Conversation, Handoff]:
    """Give a conversation to an officer, who serves it in *chat*.

    What the bot had still to send is void; the words it answered are shown to the officer.

    Raises:
        NotPermitted: None of the officer's roles may answer it.
        AlreadyTaken: Another officer has it.
        HandoffOver: It has ended.
    """
    _require_permission(officer, handoff)
    now = tools.now()
    taken = handoff.taken_by(officer.id, now, chat=chat)
    if taken == handoff:
        return conversation, handoff
    conversation = conversation.handed_to(Owner.OFFICER)
    await uow.conversations.save(conversation)
    await uow.handoffs.save(taken)
    await uow.handoffs.note(taken.id, HandoffEvent(now, EventKind.TAKEN, officer.id))
    asked_for = handoff.trigger is not Trigger.STEPPED_IN
    uow.record(HandoffTaken(conversation, taken, officer, handoff if asked_for else None))
    return conversation, taken


def _require_permission(officer: Officer, handoff: Handoff) -> None:
    if not may_serve(officer, handoff):
        raise NotPermitted


def may_serve(officer: Officer, matter: Handoff | Subject) -> bool:
    """Tell whether one of the officer's roles may answer a conversation about this."""
    return may(
        officer.grants,
        Permission.ANSWER_CONVERSATIONS,
        office=matter.office,
        protected=matter.is_protected,
    )


async def requeue(
    uow: UnitOfWork,
    tools: Tools,
    conversation: Conversation,
    handoff: Handoff,
    why: WaitAgain,
    *,
    office: str | None,
    by: Officer | None = None,
) -> Conversation:
    """Put a conversation back in line for *office* (None: the coordinators).

    When nobody is left who could answer, it ends instead.
    """
    now = tools.now()
    chats = await chats_for(uow, tools, office=office, is_protected=handoff.is_protected)
    if not chats.all:
        return await _end_for_nobody(uow, tools, conversation, handoff)
    waiting = handoff.requeued(now, chat=chats.group, office=office)
    conversation = conversation.handed_to(Owner.WAITING)
    await uow.conversations.save(conversation)
    await uow.handoffs.save(waiting)
    is_forwarded = why is WaitAgain.FORWARDED
    kind = EventKind.FORWARDED if is_forwarded else EventKind.REQUEUED
    event = HandoffEvent(now, kind, by.id if by else None, office)
    await uow.handoffs.note(handoff.id, event)
    uow.record(HandoffRequeued(conversation, waiting, handoff, why))
    return conversation


async def _end_for_nobody(
    uow: UnitOfWork, tools: Tools, conversation: Conversation, handoff: Handoff
) -> Conversation:
    return await end(uow, tools, conversation, handoff, Ending.HANDED_BACK, nobody_is_left=True)


async def end(
    uow: UnitOfWork,
    tools: Tools,
    conversation: Conversation,
    handoff: Handoff,
    ending: Ending,
    *,
    by: Officer | None = None,
    by_turn: str | None = None,
    nobody_is_left: bool = False,
) -> Conversation:
    """End a hand-off: the bot has the word again.

    Args:
        uow: The transaction.
        tools: The desk's tools.
        conversation: The citizen's conversation, locked.
        handoff: The hand-off; one that has ended stays as it is.
        ending: How it ends.
        by: The officer who ends it.
        by_turn: The citizen's turn that ends it, whose own replies stay valid.
        nobody_is_left: Whether it ends because nobody could answer any more.
    """
    now = tools.now()
    if not handoff.is_open:
        return conversation
    ended = handoff.ended(ending, now)
    conversation = conversation.handed_to(Owner.BOT, by=by_turn)
    conversation = conversation.with_context(failures=0, disappointed=0)
    if handoff.is_protected:
        # What was said in it stays with `integritas`, whoever comes next.
        conversation = conversation.with_context(hidden_until=now.isoformat())
    await uow.conversations.save(conversation)
    await uow.handoffs.save(ended)
    event = HandoffEvent(now, EventKind.ENDED, by.id if by else None, ending)
    await uow.handoffs.note(handoff.id, event)
    uow.record(HandoffEnded(conversation, ended, handoff, by, nobody_is_left))
    return conversation


async def wait_with_bot(
    uow: UnitOfWork, conversation: Conversation, handoff: Handoff, goes_on: bool
) -> Handoff:
    """Let a citizen who waits go on with the bot, or wait for the officer alone again."""
    return await _change(uow, conversation, handoff, replace(handoff, with_bot=goes_on))


async def make_urgent(uow: UnitOfWork, conversation: Conversation, handoff: Handoff) -> Handoff:
    """Note that a wait became one for help in an emergency."""
    return await _change(uow, conversation, handoff, replace(handoff, trigger=Trigger.EMERGENCY))


async def protect(
    uow: UnitOfWork, tools: Tools, conversation: Conversation, handoff: Handoff
) -> Conversation:
    """Leave a hand-off that waits to those alone who may know of a protected matter.

    The citizen keeps the place and goes on with the bot. When there is nobody who may know, the
    wait ends.
    """
    chats = await chats_for(uow, tools, office=handoff.office, is_protected=True)
    if not chats.all:
        return await _end_for_nobody(uow, tools, conversation, handoff)
    changed = replace(handoff, is_protected=True, chat=chats.group)
    await _change(uow, conversation, handoff, changed)
    return conversation


async def _change(
    uow: UnitOfWork, conversation: Conversation, before: Handoff, changed: Handoff
) -> Handoff:
    await uow.handoffs.save(changed)
    uow.record(HandoffChanged(conversation, changed, before))
    return changed


async def hear(
    uow: UnitOfWork, tools: Tools, conversation: Conversation, handoff: Handoff
) -> None:
    """Note that the citizen said something that is for the officers."""
    if handoff.state is HandoffState.SERVED:
        handoff = handoff.heard(tools.now())
        await uow.handoffs.save(handoff)
    uow.record(CitizenSpoke(conversation, handoff))


async def note_answer(
    uow: UnitOfWork, tools: Tools, conversation: Conversation, handoff: Handoff
) -> None:
    """Note that an officer wrote to the citizen, who therefore does not wait any more."""
    answered = handoff.answered(tools.now())
    await uow.handoffs.save(answered)
    uow.record(OfficerAnswered(conversation, answered))


async def release(uow: UnitOfWork, tools: Tools, served: Handoff, why: WaitAgain) -> None:
    """Put what an officer serves back in line for the same office, if he still serves it."""
    conversation = await uow.conversations.lock(served.conversation_id)
    current = await uow.handoffs.get(served.id)
    if current is None or current.state is not HandoffState.SERVED:
        return
    if (current.officer_id, current.taken_at) == (served.officer_id, served.taken_at):
        await requeue(uow, tools, conversation, current, why, office=current.office)
