"""The sender: in order, within the limits, at least once, and never past a closed door."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from desk.domain.conversation import Channel, Conversation
from desk.domain.outgoing import OutboxState, Outgoing
from desk.domain.pace import Pace
from desk.services.errors import AddresseeGone, DeliveryRefused, OutcomeUnknown, RetryLater
from desk.services.intake import conversation_at
from desk.services.loops import send
from desk.services.ports import UnitsOfWork
from desk.services.sending import MAX_ATTEMPTS, Sender
from tests.integration.scenes import Messenger, Stage


@pytest.fixture
def stage(units: UnitsOfWork) -> Stage:
    return Stage(units)


async def queue(stage: Stage, address: str, *texts: str) -> Conversation:
    async with stage.units() as uow:
        conversation = await conversation_at(uow, stage.tools, Channel.TELEGRAM, address)
        for text in texts:
            key = f"{address}:{text}"
            await uow.outbox.add(conversation, Outgoing(text), key=key, now=stage.clock())
        await uow.commit()
    return conversation


async def queue_to_group(stage: Stage, *texts: str) -> None:
    async with stage.units() as uow:
        for text in texts:
            body, key = Outgoing(text), f"grup:{text}"
            await uow.outbox.add_to(Channel.TELEGRAM, "-100", body, key=key, now=stage.clock())
        await uow.commit()


async def run(stage: Stage, *, seconds: float) -> list[tuple[datetime, str, str]]:
    """Send for some time; return when, to whom and what was delivered."""
    log = []
    end = stage.clock() + timedelta(seconds=seconds)
    while stage.clock() < end:
        leaving, _ = await stage.sender.take_due()
        for message in leaving:
            before = len(stage.messenger.delivered)
            await stage.sender.send(message)
            log += [(stage.clock(), a, b.text) for a, b in stage.messenger.delivered[before:]]
        stage.clock.advance(seconds=0.1)
    return log


async def state_of(stage: Stage, conversation: Conversation) -> list[OutboxState]:
    async with stage.units() as uow:
        return [m.state for m in await uow.outbox.since(conversation.id, 0, 1000)]


async def test_a_chat_gets_its_messages_in_order_one_a_second(stage: Stage) -> None:
    await queue(stage, "1", "a", "b", "c")

    log = await run(stage, seconds=3)

    assert [text for _, _, text in log] == ["a", "b", "c"]
    gaps = [(later[0] - earlier[0]).total_seconds() for earlier, later in pairwise(log)]
    assert all(gap >= 1 for gap in gaps)


async def test_all_chats_together_get_thirty_a_second(stage: Stage) -> None:
    for number in range(70):
        await queue(stage, f"{number}", "halo")

    log = await run(stage, seconds=3.5)

    assert len(log) == 70
    for begin in (moment for moment, _, _ in log):
        window = [m for m, _, _ in log if begin <= m < begin + timedelta(seconds=1)]
        assert len(window) <= 30


async def test_a_group_gets_twenty_a_minute(stage: Stage) -> None:
    await queue_to_group(stage, *(f"{number:02}" for number in range(25)))

    first = await run(stage, seconds=59)
    rest = await run(stage, seconds=5)

    assert [text for _, _, text in first] == [f"{number:02}" for number in range(20)]
    assert [text for _, _, text in rest] == [f"{number:02}" for number in range(20, 25)]


async def test_a_pause_asked_by_the_channel_holds_that_chat_only(stage: Stage) -> None:
    stage.messenger.troubles["1"] = [RetryLater(10, code="429")]
    await queue(stage, "1", "a", "b")
    await queue(stage, "2", "c")

    early = await run(stage, seconds=9)
    late = await run(stage, seconds=4)

    assert [text for _, _, text in early] == ["c"]
    assert [text for _, _, text in late] == ["a", "b"]
    assert stage.sender.counts.maybe_doubled == 0


async def test_a_channel_in_trouble_is_asked_less_and_less_often(stage: Stage) -> None:
    stage.messenger.troubles["1"] = [RetryLater(code="502") for _ in range(4)]
    await queue(stage, "1", "a")

    log = await run(stage, seconds=24)

    assert [text for _, _, text in log] == ["a"]
    assert (log[0][0] - datetime(2026, 11, 24, 2, 0, tzinfo=log[0][0].tzinfo)) >= timedelta(
        seconds=1 + 2 + 5 + 15
    )
    assert stage.sender.counts.retried == 4


async def test_an_unknown_outcome_is_sent_again_and_counted(stage: Stage) -> None:
    stage.messenger.troubles["1"] = [OutcomeUnknown()]
    await queue(stage, "1", "a")

    log = await run(stage, seconds=3)

    assert [text for _, _, text in log] == ["a"]
    assert stage.sender.counts.maybe_doubled == 1


async def test_who_blocked_the_bot_is_marked_and_not_tried_again(stage: Stage) -> None:
    stage.messenger.troubles["1"] = [AddresseeGone()]
    conversation = await queue(stage, "1", "a", "b", "c")

    log = await run(stage, seconds=5)

    async with stage.units() as uow:
        current = await uow.conversations.get(conversation.id)
    assert log == []
    assert await state_of(stage, conversation) == [OutboxState.FAILED] * 3
    assert current is not None
    assert current.blocked_at is not None


async def test_a_refused_message_does_not_hold_up_the_next(stage: Stage) -> None:
    stage.messenger.troubles["1"] = [DeliveryRefused()]
    conversation = await queue(stage, "1", "a", "b")

    log = await run(stage, seconds=3)

    assert [text for _, _, text in log] == ["b"]
    assert await state_of(stage, conversation) == [OutboxState.FAILED, OutboxState.SENT]


async def test_a_message_is_given_up_after_an_hour_or_so(stage: Stage) -> None:
    stage.messenger.troubles["1"] = [RetryLater() for _ in range(MAX_ATTEMPTS)]
    conversation = await queue(stage, "1", "a", "b")
    began = stage.clock()
    while (await state_of(stage, conversation))[0] is not OutboxState.FAILED:
        stage.clock.advance(seconds=60)
        leaving, _ = await stage.sender.take_due()
        for message in leaving:
            await stage.sender.send(message)

    assert timedelta(minutes=30) < stage.clock() - began < timedelta(hours=2)
    assert [text for _, _, text in await run(stage, seconds=2)] == ["b"]


async def test_what_a_crash_left_half_sent_is_sent_again_after_a_restart(stage: Stage) -> None:
    await queue(stage, "1", "a", "b")
    await stage.sender.take_due()
    stage.clock.advance(seconds=2)
    assert await run(stage, seconds=2) == []

    again = Sender(
        stage.units, stage.tools, Channel.TELEGRAM, stage.messenger, Pace(), holder="baru"
    )
    stage.sender = again
    await again.recover()

    assert [text for _, _, text in await run(stage, seconds=3)] == ["a", "b"]
    assert again.counts.maybe_doubled == 1


async def test_a_delivery_that_could_not_be_recorded_does_not_block_its_chat(
    stage: Stage,
) -> None:
    await queue(stage, "1", "a", "b")
    (message,), _ = await stage.sender.take_due()
    stage.sender.lost.append(message)

    await stage.sender.put_back_lost()

    assert [text for _, _, text in await run(stage, seconds=4)] == ["a", "b"]
    assert (stage.sender.lost, stage.sender.counts.maybe_doubled) == ([], 1)


async def test_one_process_sends_at_a_time(stage: Stage) -> None:
    other = Sender(
        stage.units, stage.tools, Channel.TELEGRAM, stage.messenger, Pace(), holder="lain"
    )
    first = await stage.sender.hold_lease()
    meanwhile = await other.hold_lease()
    stage.clock.advance(seconds=31)
    after_a_crash = await other.hold_lease()
    await other.give_up_lease()
    again = await stage.sender.hold_lease()

    assert (first, meanwhile, after_a_crash, again) == (True, False, True, True)


class Unreliable(Messenger):
    """Breaks in a way that nobody foresaw, once."""

    async def send(self, address: str, body: Outgoing, picture: bytes | None) -> str:
        if not self.gone:
            self.gone.add("once")
            raise RuntimeError("unforeseen")
        return await super().send(address, body, picture)


class Ringing:
    """A bell that wakes at once."""

    def ring(self, topic: str) -> None:
        """Need not be heard."""

    async def wait(self, topic: str, timeout: float) -> None:  # noqa: ASYNC109 - as the port says
        await asyncio.sleep(0.01)


async def test_the_loop_survives_what_nobody_foresaw_and_loses_nothing(stage: Stage) -> None:
    messenger = Unreliable()
    sender = Sender(stage.units, stage.tools, Channel.TELEGRAM, messenger, Pace(), holder="uji")
    await queue(stage, "1", "a")
    await queue(stage, "2", "b")

    loop = asyncio.create_task(send(sender, Ringing()))
    try:
        async with asyncio.timeout(20):
            while len(messenger.delivered) < 2:
                stage.clock.advance(seconds=1)
                await asyncio.sleep(0.05)
    finally:
        loop.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loop

    assert Counter(body.text for _, body in messenger.delivered) == {"a": 1, "b": 1}
