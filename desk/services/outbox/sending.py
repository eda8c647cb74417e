"""Sends the outbox: in order and within the limits of each chat, at least once."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

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
)
from desk.services.events import DeliveryFailed
from desk.services.every import Lease
from desk.services.ports import Contents, Messenger, UnitOfWork, UnitsOfWork
from desk.services.tools import Tools

LEASE = timedelta(seconds=12)
BATCH = 50
#: So many messages of one address are looked at for others that join or overtake the first.
LOOK_AHEAD = 200
#: The next message of an address may leave now: the one before it was dropped.
AT_ONCE = 0.01
BACKOFF = tuple(timedelta(seconds=s) for s in (1, 2, 5, 15, 30, 60))
#: Tries until a message is given up: about an hour of an unreachable channel… per message.
MAX_ATTEMPTS = 60


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
    """The one sender of a channel; a second process waits until its lease runs out."""

    units: UnitsOfWork
    tools: Tools
    channel: Channel
    messenger: Messenger
    pace: Pace
    holder: str
    contents: Contents
    counts: Counts = field(default_factory=Counts)
    lost: list[Parcel] = field(default_factory=list)  #: sent, but that was not recorded
    alone: set[OutboxId] = field(default_factory=set)  #: refused when joined; sent one by one

    @property
    def lease(self) -> Lease:
        """Return the right to send on this channel."""
        return Lease(self.units, self.tools, f"pengirim:{self.channel}", self.holder, LEASE)

    async def hold_lease(self) -> bool:
        """Take or renew the right to send; False while another process has it."""
        return await self.lease.hold()

    async def give_up_lease(self) -> None:
        """Let another process send at once."""
        await self.lease.release()

    async def recover(self) -> None:
        """Put messages back in line whose sending a crash interrupted."""
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
        """
        now = self.tools.now()
        leaving: list[Parcel] = []
        held: list[float] = []
        async with self.units() as uow:
            for head in await uow.outbox.due(self.channel, now, BATCH):
                if (wait := self.pace.wait(head.address, now)) > 0:
                    held.append(wait)
                    continue
                parcel = await self._pack(uow, head)
                if parcel is None:
                    self.counts.dropped += 1
                    await uow.outbox.mark(head.id, OutboxState.DROPPED, now=now)
                    held.append(AT_ONCE)
                elif (wait := await self._wait_for_room(uow, parcel, now)) > 0:
                    held.append(wait)
                else:
                    self.pace.note(head.address, now)
                    for message in parcel.messages:
                        await uow.outbox.mark(message.id, OutboxState.SENDING, now=now)
                    leaving.append(parcel)
            await uow.commit()
        return leaving, min(held, default=None)

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
        """Send a parcel that was taken, and write down what became of it."""
        try:
            external = await self._deliver(parcel)
        except RetryLater as later:
            await self._retry(parcel, later.seconds, later.code)
        except OutcomeUnknown:
            self.counts.maybe_doubled += 1
            await self._retry(parcel, None, "unknown")
        except AddresseeGone:
            await self._gone(parcel)
        except DeliveryTooLarge:
            await self._fail(parcel, "too_large", error="too_large")
        except DeliveryRefused:
            await self._refused(parcel)
        else:
            self.counts.sent += len(parcel.messages)
            await self._sent(parcel, external)

    async def _deliver(self, parcel: Parcel) -> str:
        """Edit or send, and return the channel's id of the message that shows it."""
        address, body, original = parcel.address, parcel.body, parcel.original
        known = original.external_message_id if original else None
        if known is not None and await self.messenger.edit(address, known, body):
            return known
        if body.edits is not None and parcel.head.conversation_id is not None:
            body = as_update(self.tools, body)
        return await self.messenger.send(address, body, await self._content(parcel.head, body))

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

    async def _retry(self, parcel: Parcel, seconds: float | None, code: str) -> None:
        attempts = parcel.head.attempts + 1
        if attempts >= MAX_ATTEMPTS:
            await self._fail(parcel, "unreachable", error=code)
            return
        self.counts.retried += 1
        step = BACKOFF[min(attempts - 1, len(BACKOFF) - 1)]
        now = self.tools.now()
        later = now + (timedelta(seconds=seconds) if seconds is not None else step)
        async with self.units() as uow:
            await _mark_all(
                uow, parcel, OutboxState.PENDING, now=now, error=code, not_before=later
            )
            await uow.commit()

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
        self.counts.failed += len(parcel.messages)
        async with self.units() as uow:
            now = self.tools.now()
            await _mark_all(uow, parcel, OutboxState.FAILED, now=now, error=error)
            for message in parcel.messages:
                uow.record(DeliveryFailed(message, why))
            await uow.commit()

    async def _gone(self, parcel: Parcel) -> None:
        """Mark a citizen who blocked the bot; nothing is sent to them until they come back."""
        async with self.units() as uow:
            now = self.tools.now()
            failed = await uow.outbox.fail_all(self.channel, parcel.address, "gone", now)
            self.counts.failed += len(failed)
            if parcel.head.conversation_id is not None:
                conversation = await uow.conversations.lock(parcel.head.conversation_id)
                await uow.conversations.save(conversation.blocked(now))
            for message in failed:
                uow.record(DeliveryFailed(message, "gone"))
            await uow.commit()


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
