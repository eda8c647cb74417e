"""Sends the outbox: in order and within the limits of each chat, at least once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final, NamedTuple

from desk.domain.conversation import Channel
from desk.domain.outgoing import OutboxId, OutboxMessage, OutboxState, Outgoing, TopicState
from desk.domain.pace import Pace
from desk.domain.parcels import Parcel, is_superseded, packed
from desk.services.errors import (
    AddresseeGone,
    DeliveryRefused,
    DeliveryTooLarge,
    OutcomeUnknown,
    RetryLater,
    RightLost,
)
from desk.services.events import DeliveryFailed
from desk.services.every import Lease, insist
from desk.services.outbox.right import LASTS, Right
from desk.services.ports import Contents, Messenger, UnitOfWork, UnitsOfWork
from desk.services.tools import Tools

#: A parcel may take several calls; one that never ends must not hold up its chat for ever.
SEND_SECONDS: Final = 180.0
#: Each address has one parcel under way at most. A channel that answers none of so many answers
#: nobody; fewer than a messenger has connections.
MOST_UNDER_WAY: Final = 100
#: Chats that did not answer before leave room for those that were not tried yet.
MOST_TRIED_AGAIN: Final = 50
BATCH: Final = 50
#: So many messages of one address are looked at for others that join or overtake the first.
LOOK_AHEAD: Final = 200
#: The next message of an address may leave now: the one before it was dropped.
AT_ONCE: Final = 0.01
BACKOFF: Final = tuple(timedelta(seconds=s) for s in (1, 2, 5, 15, 30, 60))
#: Tries until a message is given up: about an hour of an unreachable channel… per message.
MAX_ATTEMPTS: Final = 60

#: Writes down what became of a parcel, in one transaction.
Settle = Callable[[], Awaitable[None]]


@dataclass
class Counts:
    """What came of the messages so far, for the metrics."""

    sent: int = 0
    failed: int = 0
    dropped: int = 0
    retried: int = 0
    maybe_doubled: int = 0  #: the outcome of a send was unknown and it was sent again


@dataclass
class Sender:
    """The one sender of a channel; a second process waits until its right runs out."""

    units: UnitsOfWork
    tools: Tools
    channel: Channel
    messenger: Messenger
    pace: Pace
    holder: str
    contents: Contents
    lasts: timedelta = LASTS  #: how long the right does when it is not renewed
    right: Right = field(init=False)
    counts: Counts = field(init=False, default_factory=Counts)
    #: Sent, but that was not recorded.
    lost: list[Parcel] = field(init=False, default_factory=list)
    #: Refused when joined; sent one by one.
    alone: set[OutboxId] = field(init=False, default_factory=set)
    _under_way: dict[OutboxId, OutboxMessage] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Begin without the right to send."""
        name = f"pengirim:{self.channel}"
        self.right = Right(Lease(self.units, self.tools, name, self.holder, self.lasts))

    # --- after a crash or a failure ----------------------------------------------------------

    async def recover(self) -> None:
        """Put messages back in line whose sending a crash, or the loss of the right, cut off."""
        self.lost.clear()
        self._under_way.clear()
        async with self.units() as uow:
            self.counts.maybe_doubled += await uow.outbox.recover(self.channel)
            await uow.commit()

    async def put_back_lost(self) -> None:
        """Put messages back in line whose outcome could not be written down when they left."""
        while self.lost:
            self.counts.maybe_doubled += 1
            await self._retry(self.lost[-1], None, "unknown")
            self.lost.pop()

    # --- what leaves now ---------------------------------------------------------------------

    async def take_due(self) -> tuple[list[Parcel], float | None]:
        """Take what may leave now, at most one parcel per address, in one transaction.

        The messages are marked as leaving; what a human or a later edit has overtaken is
        dropped. The second value says in how many seconds the next one may leave that has to
        wait for its pace; None when no such one is known.

        Raises:
            RightLost: Another process has the right to send.
        """
        now = self.tools.now()
        async with self.units() as uow:
            choice = await self._choose(uow, now)
            if choice.leaving or choice.void:
                await self._mark_chosen(uow, choice, now)
                await uow.commit()
                self.right.extend(now)
        self._under_way |= {parcel.head.id: parcel.head for parcel in choice.leaving}
        self.counts.dropped += len(choice.void)
        return choice.leaving, min(choice.held, default=None)

    async def _choose(self, uow: UnitOfWork, now: datetime) -> _Choice:
        """Choose what leaves; whatever has to wait hides nothing that stands behind it."""
        choice, after = _Choice(), OutboxId(0)
        while self._room(choice).all > 0:
            if (wait := self.pace.wait_for_any(now)) > 0:
                choice.held.append(wait)
                break
            again = self._room(choice).again > 0
            heads = await uow.outbox.due(self.channel, now, BATCH, after=after, again=again)
            for head in heads:
                await self._look_at(uow, head, now, choice)
            if len(heads) < BATCH:
                break
            after = heads[-1].id
        return choice

    async def _look_at(
        self, uow: UnitOfWork, head: OutboxMessage, now: datetime, choice: _Choice
    ) -> None:
        room = self._room(choice)
        if room.all <= 0 or (head.attempts and room.again <= 0):
            return  # the bell rings when there is some
        if (wait := self.pace.wait(head.address, now)) > 0:
            choice.held.append(wait)
        elif (parcel := await self._pack(uow, head)) is None:
            choice.void.append(head)
            choice.held.append(AT_ONCE)
        elif (wait := await self._wait_for_room(uow, parcel, now)) > 0:
            choice.held.append(wait)
        else:
            self.pace.note(head.address, now)
            choice.leaving.append(parcel)

    def _room(self, choice: _Choice) -> _Room:
        busy = [*self._under_way.values(), *(parcel.head for parcel in choice.leaving)]
        again = sum(message.attempts > 0 for message in busy)
        return _Room(MOST_UNDER_WAY - len(busy), MOST_TRIED_AGAIN - again)

    async def _mark_chosen(self, uow: UnitOfWork, choice: _Choice, now: datetime) -> None:
        """Mark what leaves and what is void, if the right is ours in this very transaction."""
        await self.right.claim(uow, now)
        for void in choice.void:
            await uow.outbox.mark(void.id, OutboxState.DROPPED, now=now)
        for parcel in choice.leaving:
            await _mark_all(uow, parcel, OutboxState.SENDING, now=now)

    async def _pack(self, uow: UnitOfWork, head: OutboxMessage) -> Parcel | None:
        """Return the head of an address with what joins it; None when it is void."""
        if head.is_overtaken:
            return None
        if head.body.edits is not None:
            waiting = await uow.outbox.waiting_at(self.channel, head.address, LOOK_AHEAD)
            if is_superseded(head, waiting):
                return None
            original = await _still_known(uow, head)
            return Parcel((head,), head.body, original)
        if head.body.joins and head.id not in self.alone:
            waiting = await uow.outbox.waiting_at(self.channel, head.address, LOOK_AHEAD)
            return packed(head, [m for m in waiting if m.id not in self.alone])
        return Parcel((head,), head.body)

    async def _wait_for_room(self, uow: UnitOfWork, parcel: Parcel, now: datetime) -> float:
        """Return the seconds until all the calls have room that a parcel will take."""
        body, weight = parcel.body, 1
        if body.topic is None:
            return 0.0
        if parcel.original is None:
            topic = await uow.topics.thread_of(parcel.address, body.topic.conversation_id)
            is_open = topic is not None and topic[1] is TopicState.OPEN
            weight += not (is_open or (topic and body.leaves_topic is TopicState.CLOSED))
        weight += body.leaves_topic is TopicState.CLOSED
        return self.pace.wait(parcel.address, now, weight)

    # --- sending -----------------------------------------------------------------------------

    async def send(self, parcel: Parcel) -> None:
        """Send a parcel that was taken, and write down what became of it.

        Raises:
            RightLost: It is not sent. Whoever has the right next puts it back in line.
        """
        try:
            await insist(await self._attempt(parcel))
        finally:
            self._under_way.pop(parcel.head.id, None)

    async def _attempt(self, parcel: Parcel) -> Settle:
        """Send a parcel; return how to write down what became of it."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                external = await self._deliver(parcel)
        except RetryLater as later:
            return partial(self._retry, parcel, later.seconds, later.code)
        except (OutcomeUnknown, TimeoutError):
            self.counts.maybe_doubled += 1
            return partial(self._retry, parcel, None, "unknown")
        except AddresseeGone:
            return partial(self._gone, parcel)
        except DeliveryTooLarge:
            return partial(self._fail, parcel, "too_large", error="too_large")
        except DeliveryRefused:
            return partial(self._refused, parcel)
        return partial(self._sent, parcel, external)

    async def _deliver(self, parcel: Parcel) -> str:
        """Edit or send, and return the channel's id of the message that shows it."""
        address, body, original = parcel.address, parcel.body, parcel.original
        content = await self._content(parcel.head, body)
        if not self.right.seconds_left:
            raise RightLost
        known = original.external_message_id if original else None
        if known is not None and await self.messenger.edit(address, known, body):
            return known
        if body.edits is not None and parcel.head.conversation_id is not None:
            body = as_update(self.tools, body)
        return await self.messenger.send(address, body, content)

    async def _content(self, head: OutboxMessage, body: Outgoing) -> bytes | None:
        """Return the picture or the file that goes with a message."""
        if body.document is not None:
            return await self.contents(head)
        if body.attachment is None:
            return None
        async with self.units() as uow:
            found = await uow.attachments.get(body.attachment)
        return found[0] if found else None

    # --- what became of it -------------------------------------------------------------------

    async def _sent(self, parcel: Parcel, external: str) -> None:
        async with self.units() as uow:
            await _mark_all(
                uow, parcel, OutboxState.SENT, now=self.tools.now(), external_message_id=external
            )
            original = parcel.original
            if original is not None and original.external_message_id != external:
                # The message was gone and came anew: the next edit is to find this one.
                await uow.outbox.mark(
                    original.id,
                    OutboxState.SENT,
                    now=self.tools.now(),
                    external_message_id=external,
                )
            await uow.commit()
        self.counts.sent += len(parcel.messages)

    async def _retry(self, parcel: Parcel, seconds: float | None, code: str) -> None:
        attempts = parcel.head.attempts + 1
        if attempts >= MAX_ATTEMPTS:
            await self._fail(parcel, "unreachable", error=code)
            return
        step = BACKOFF[min(attempts - 1, len(BACKOFF) - 1)]
        now = self.tools.now()
        later = now + (timedelta(seconds=seconds) if seconds is not None else step)
        async with self.units() as uow:
            await _mark_all(
                uow, parcel, OutboxState.PENDING, now=now, error=code, not_before=later
            )
            await uow.commit()
        self.counts.retried += 1

    async def _refused(self, parcel: Parcel) -> None:
        """Give a refused message up; of several that were joined, only one may be to blame."""
        if len(parcel.messages) == 1:
            await self._fail(parcel, "refused", error="refused")
            return
        self.alone.update(message.id for message in parcel.messages)
        async with self.units() as uow:
            await _mark_all(uow, parcel, OutboxState.PENDING, now=self.tools.now())
            await uow.commit()

    async def _fail(self, parcel: Parcel, why: str, *, error: str) -> None:
        """Give messages up, and tell the officers whom it concerns."""
        async with self.units() as uow:
            now = self.tools.now()
            await _mark_all(uow, parcel, OutboxState.FAILED, now=now, error=error)
            for message in parcel.messages:
                uow.record(DeliveryFailed(message, why))
            await uow.commit()
        self.counts.failed += len(parcel.messages)

    async def _gone(self, parcel: Parcel) -> None:
        """Mark a citizen who blocked the bot; nothing is sent to them until they come back."""
        async with self.units() as uow:
            now = self.tools.now()
            failed = await uow.outbox.fail_all(self.channel, parcel.address, "gone", now)
            if parcel.head.conversation_id is not None:
                conversation = await uow.conversations.lock(parcel.head.conversation_id)
                await uow.conversations.save(conversation.blocked(now))
            for message in failed:
                uow.record(DeliveryFailed(message, "gone"))
            await uow.commit()
        self.counts.failed += len(failed)


@dataclass
class _Choice:
    """What leaves now, what is void, and for how long the rest has to wait for its pace."""

    leaving: list[Parcel] = field(default_factory=list)
    void: list[OutboxMessage] = field(default_factory=list)
    held: list[float] = field(default_factory=list)


class _Room(NamedTuple):
    """How many more parcels may leave, and how many of them that were tried before."""

    all: int
    again: int


def as_update(tools: Tools, body: Outgoing) -> Outgoing:
    """Mark a message as the new form of an earlier one that cannot be changed any more."""
    return replace(body, text=f"{tools.say('diperbarui')} {body.text}")


async def _still_known(uow: UnitOfWork, edit: OutboxMessage) -> OutboxMessage | None:
    """Return the message that an edit replaces, None when there is nothing to replace.

    What was joined with others stands in a message that is not its own.
    """
    original = await uow.outbox.with_key(edit.body.edits or "")
    if original is None or original.body.joins or original.address != edit.address:
        return None
    is_sent = original.state is OutboxState.SENT and original.external_message_id is not None
    return original if is_sent else None


async def _mark_all(
    uow: UnitOfWork,
    parcel: Parcel,
    state: OutboxState,
    *,
    now: datetime,
    not_before: datetime | None = None,
    external_message_id: str | None = None,
    error: str | None = None,
) -> None:
    for message in parcel.messages:
        await uow.outbox.mark(
            message.id,
            state,
            now=now,
            not_before=not_before,
            external_message_id=external_message_id,
            error=error,
        )
