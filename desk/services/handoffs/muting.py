"""Abuse: an officer warns, then mutes for a time; all is logged, and nothing is deleted.

What a muted citizen writes is stored and answered by nobody, but an emergency and what they have
a right to. The conversation is locked before, and comes back changed and saved.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from desk.domain.conversation import Conversation
from desk.domain.errors import NotWarned
from desk.domain.handoff import EventKind, Handoff, HandoffEvent
from desk.domain.officer import Officer
from desk.services.events import CitizenWarned, MuteChanged
from desk.services.ports import UnitOfWork
from desk.services.tools import Tools

MUTED_FOR: Final = timedelta(hours=24)


async def warn(
    uow: UnitOfWork, tools: Tools, conversation: Conversation, handoff: Handoff, by: Officer
) -> None:
    """Ask a citizen to stay polite."""
    await _note(uow, tools, handoff, EventKind.WARNED, by)
    uow.record(CitizenWarned(conversation))


async def was_warned(uow: UnitOfWork, handoff: Handoff) -> bool:
    """Tell whether the citizen was warned in this stretch with officers."""
    return any(event.kind is EventKind.WARNED for event in await uow.handoffs.events(handoff.id))


async def mute(
    uow: UnitOfWork, tools: Tools, conversation: Conversation, handoff: Handoff, by: Officer
) -> Conversation:
    """Mute a citizen who was warned; again, it begins anew.

    Raises:
        NotWarned: They were not warned in this stretch with officers.
    """
    if not await was_warned(uow, handoff):
        raise NotWarned
    await _note(uow, tools, handoff, EventKind.MUTED, by)
    return await _change(uow, replace(conversation, muted_until=tools.now() + MUTED_FOR))


async def unmute(
    uow: UnitOfWork, tools: Tools, conversation: Conversation, by: Officer
) -> Conversation:
    """Let a citizen be heard again."""
    last = next(iter(await uow.handoffs.of_conversation(conversation.id)), None)
    if last is not None:
        await _note(uow, tools, last, EventKind.UNMUTED, by)
    return await _change(uow, replace(conversation, muted_until=None))


async def _note(
    uow: UnitOfWork, tools: Tools, handoff: Handoff, kind: EventKind, by: Officer
) -> None:
    now = tools.now()
    await uow.handoffs.note(handoff.id, HandoffEvent(now, kind, by.id))
    if handoff.is_open:  # who was warned or muted does not wait for a word
        await uow.handoffs.save(handoff.answered(now))


async def _change(uow: UnitOfWork, conversation: Conversation) -> Conversation:
    await uow.conversations.save(conversation)
    uow.record(MuteChanged(conversation))
    return conversation
