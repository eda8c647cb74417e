"""Sends the outbox: in order and within the limits of each chat, at least once."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from desk.domain.conversation import Channel
from desk.domain.outgoing import OutboxMessage, OutboxState
from desk.domain.pace import Pace
from desk.services.errors import AddresseeGone, DeliveryRefused, OutcomeUnknown, RetryLater
from desk.services.ports import Messenger, UnitsOfWork
from desk.services.tools import Tools

LEASE = timedelta(seconds=12)
BATCH = 50
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
    counts: Counts = field(default_factory=Counts)
    lost: list[OutboxMessage] = field(default_factory=list)  #: sent, but that was not recorded

    @property
    def lease_name(self) -> str:
        """Return the name of the right to send on this channel."""
        return f"pengirim:{self.channel}"

    async def hold_lease(self) -> bool:
        """Take or renew the right to send; False while another process has it."""
        async with self.units() as uow:
            now = self.tools.now()
            held = await uow.leases.acquire(self.lease_name, self.holder, now, LEASE)
            await uow.commit()
        return held

    async def give_up_lease(self) -> None:
        """Let another process send at once."""
        async with self.units() as uow:
            await uow.leases.release(self.lease_name, self.holder)
            await uow.commit()

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

    async def take_due(self) -> tuple[list[OutboxMessage], float | None]:
        """Take the messages that may leave now, at most one per address, in one transaction.

        They are marked as leaving; what a human has overtaken is dropped. The second value says
        in how many seconds the next one may leave that has to wait for its pace; None when no
        such one is known.
        """
        now = self.tools.now()
        leaving: list[OutboxMessage] = []
        held: list[float] = []
        async with self.units() as uow:
            for message in await uow.outbox.due(self.channel, now, BATCH):
                wait = self.pace.wait(message.address, now)
                if wait > 0:
                    held.append(wait)
                elif message.is_overtaken:
                    self.counts.dropped += 1
                    await uow.outbox.mark(message.id, OutboxState.DROPPED, now=now)
                else:
                    self.pace.note(message.address, now)
                    await uow.outbox.mark(message.id, OutboxState.SENDING, now=now)
                    leaving.append(message)
            await uow.commit()
        return leaving, min(held, default=None)

    async def send(self, message: OutboxMessage) -> None:
        """Send a message that was taken, and write down what became of it."""
        picture = await self._picture(message)
        try:
            external = await self.messenger.send(message.address, message.body, picture)
        except RetryLater as later:
            await self._retry(message, later.seconds, later.code)
        except OutcomeUnknown:
            self.counts.maybe_doubled += 1
            await self._retry(message, None, "unknown")
        except AddresseeGone:
            await self._gone(message)
        except DeliveryRefused:
            self.counts.failed += 1
            await self._mark(message, OutboxState.FAILED, error="refused")
        else:
            self.counts.sent += 1
            await self._mark(message, OutboxState.SENT, external_message_id=external)

    async def _picture(self, message: OutboxMessage) -> bytes | None:
        if message.body.attachment is None:
            return None
        async with self.units() as uow:
            found = await uow.attachments.get(message.body.attachment)
        return found[0] if found else None

    async def _retry(self, message: OutboxMessage, seconds: float | None, code: str) -> None:
        attempts = message.attempts + 1
        if attempts >= MAX_ATTEMPTS:
            self.counts.failed += 1
            await self._mark(message, OutboxState.FAILED, error=code)
            return
        self.counts.retried += 1
        step = BACKOFF[min(attempts - 1, len(BACKOFF) - 1)]
        delay = timedelta(seconds=seconds) if seconds is not None else step
        await self._mark(
            message, OutboxState.PENDING, error=code, not_before=self.tools.now() + delay
        )

    async def _gone(self, message: OutboxMessage) -> None:
        """Mark a citizen who blocked the bot; nothing is sent to them until they come back."""
        self.counts.failed += 1
        async with self.units() as uow:
            now = self.tools.now()
            await uow.outbox.fail_all(self.channel, message.address, "gone", now)
            if message.conversation_id is not None:
                conversation = await uow.conversations.lock(message.conversation_id)
                await uow.conversations.save(conversation.blocked(now))
            await uow.commit()

    async def _mark(
        self,
        message: OutboxMessage,
        state: OutboxState,
        *,
        not_before: datetime | None = None,
        external_message_id: str | None = None,
        error: str | None = None,
    ) -> None:
        async with self.units() as uow:
            await uow.outbox.mark(
                message.id,
                state,
                now=self.tools.now(),
                not_before=not_before,
                external_message_id=external_message_id,
                error=error,
            )
            await uow.commit()
