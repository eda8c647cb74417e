"""Takes what comes in: stored before it is acknowledged, once, with its place in line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from desk.domain.conversation import Channel, Conversation, Owner
from desk.domain.inbound import Inbound, InboundKind
from desk.domain.turn import (
    FLOOD_WINDOW,
    LONGEST_HOLD,
    InboxState,
    hold_for,
    is_fragment,
)
from desk.services.addressing import conversation_at
from desk.services.officers.dispatch import is_for_desk
from desk.services.ports import Bell, UnitOfWork, UnitsOfWork
from desk.services.tools import Tools


@dataclass(frozen=True)
class Arrival:
    """One update of a channel, as it came and as it was read.

    *address* None: the update belongs to no citizen (another group, a channel post).
    *inbound* None: it could not be read; it is kept for the admins and holds up nobody.
    """

    channel: Channel
    external_id: str
    raw: Mapping[str, Any]
    address: str | None = None
    inbound: Inbound | None = None
    unreadable: bool = False


async def receive(
    units: UnitsOfWork, tools: Tools, bell: Bell, arrivals: Sequence[Arrival]
) -> int:
    """Store updates in one transaction and wake the workers; return how many were new.

    When this returns, the updates may be acknowledged. The same update again changes nothing.
    """
    new = 0
    async with units() as uow:
        for arrival in await _in_order_of_locks(uow, arrivals):
            new += await _store(uow, tools, arrival)
        await uow.commit()
    if new:
        bell.ring("inbox")
    return new


async def _in_order_of_locks(uow: UnitOfWork, arrivals: Sequence[Arrival]) -> list[Arrival]:
    """Return the arrivals by conversation, each conversation's in the order they came.

    Each is locked until the commit. Officers' chats come first, as a worker holds the one in
    which an officer writes when it locks the citizen's conversation.
    """
    if len({arrival.address for arrival in arrivals} - {None}) < 2:
        return list(arrivals)
    officers = {str(known) for known in await uow.officers.active_telegram_ids()}

    def place(arrival: Arrival) -> tuple[bool, str, str]:
        is_citizens = arrival.channel is not Channel.OFFICERS and arrival.address not in officers
        return is_citizens, arrival.channel, arrival.address or ""

    return sorted(arrivals, key=place)


async def _store(uow: UnitOfWork, tools: Tools, arrival: Arrival) -> bool:
    if arrival.address is None or arrival.inbound is None:
        return await _keep_aside(uow, tools, arrival)
    conversation = await conversation_at(uow, tools, arrival.channel, arrival.address)
    is_new = await uow.inbox.add(
        arrival.channel,
        arrival.external_id,
        conversation_id=conversation.id,
        inbound=arrival.inbound,
        raw=_worth_keeping(arrival, arrival.inbound),
        received_at=tools.now(),
    )
    if is_new:
        conversation = await _refresh(uow, conversation, arrival.inbound, tools)
        await _wake(uow, conversation, arrival.inbound, tools)
    return is_new


def _worth_keeping(arrival: Arrival, inbound: Inbound) -> dict[str, Any]:
    """Return the raw update; a press was read in full, and its raw form repeats the message.

    That message may be the summary of a report that has become anonymous since.
    """
    return {} if inbound.kind is InboundKind.PRESS else dict(arrival.raw)


async def _keep_aside(uow: UnitOfWork, tools: Tools, arrival: Arrival) -> bool:
    return await uow.inbox.add(
        arrival.channel,
        arrival.external_id,
        conversation_id=None,
        inbound=arrival.inbound,
        raw=dict(arrival.raw),
        received_at=tools.now(),
        state=InboxState.QUARANTINED if arrival.unreadable else InboxState.IGNORED,
    )


async def _refresh(
    uow: UnitOfWork, conversation: Conversation, inbound: Inbound, tools: Tools
) -> Conversation:
    """Take over a changed profile name, and note who blocked the bot or came back."""
    blocked_at = tools.now() if inbound.kind is InboundKind.BLOCKED else None
    name = inbound.profile_name or conversation.profile_name
    if name == conversation.profile_name and (blocked_at is None) == (
        conversation.blocked_at is None
    ):
        return conversation
    # A turn may be changing the same row right now: read it again under its lock.
    current = await uow.conversations.lock(conversation.id)
    changed = replace(current, profile_name=name, blocked_at=blocked_at)
    await uow.conversations.save(changed)
    return changed


async def _wake(
    uow: UnitOfWork, conversation: Conversation, inbound: Inbound, tools: Tools
) -> None:
    now = tools.now()
    if conversation.channel is Channel.OFFICERS or conversation.owner is not Owner.BOT:
        # People talk to people here: each word is passed on as it comes.
        await uow.conversations.wake_at(conversation.id, now)
        return
    recent = await uow.inbox.count_since(conversation.id, now - FLOOD_WINDOW)
    expects_answer = conversation.context.pending is not None
    if is_fragment(inbound) and not expects_answer:
        expects_answer = await uow.drafts.active(conversation.id) is not None
    hold = hold_for(
        inbound, recent=recent, expects_answer=expects_answer, flood=tools.flood_messages
    )
    if hold and await is_for_desk(uow, conversation, inbound):
        hold = timedelta(0)  # an officer is at work: each word is passed on as it comes
    wake_at = now + hold
    if hold and recent > tools.flood_messages:
        # Slower, but not never: who goes on writing is answered all the same.
        waiting = await uow.inbox.waiting(conversation.id)
        wake_at = min(wake_at, waiting[0].received_at + LONGEST_HOLD) if waiting else wake_at
    await uow.conversations.wake_at(conversation.id, wake_at)
