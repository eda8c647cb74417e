"""The sender: in order, within the limits, at least once, and never past a closed door."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from desk.domain.conversation import Channel, Conversation
from desk.domain.outgoing import (
    CopyOf,
    OutboxMessage,
    OutboxState,
    Outgoing,
    Topic,
    TopicState,
)
from desk.domain.pace import Pace
from desk.services.addressing import conversation_at
from desk.services.errors import AddresseeGone, DeliveryRefused, OutcomeUnknown, RetryLater
from desk.services.outbox.sending import MAX_ATTEMPTS, Sender
from desk.services.turns.loops import send
from tests.integration.scenes import Messenger, Stage


async def no_files(message: OutboxMessage) -> bytes | None:
    """Make no file: none of these messages names one."""


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
    rest = await run(stage, seconds=6)

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
    stage.clock.advance(seconds=12)

    again = Sender(
        stage.units, stage.tools, Channel.TELEGRAM, stage.messenger, Pace(), "baru", no_files
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
        stage.units, stage.tools, Channel.TELEGRAM, stage.messenger, Pace(), "lain", no_files
    )
    first = await stage.sender.right.take()
    meanwhile = await other.right.take()
    stage.clock.advance(seconds=31)
    after_a_crash = await other.right.take()
    await other.right.give_up()
    again = await stage.sender.right.take()

    assert (first, meanwhile, after_a_crash, again) == (True, False, True, True)


# --- officers -----------------------------------------------------------------------------------


async def topics(stage: Stage, *names: str) -> list[Topic]:
    async with stage.units() as uow:
        found = [
            Topic((await conversation_at(uow, stage.tools, Channel.WEB, name)).id, name)
            for name in names
        ]
        await uow.commit()
    return found


async def relay(stage: Stage, text: str, topic: Topic | None, **fields: Any) -> None:
    body = Outgoing(text, topic=topic, **{"joins": True, **fields})
    async with stage.units() as uow:
        about = topic.conversation_id if topic else None
        await uow.outbox.add_to(
            Channel.TELEGRAM, "-100", body, key=text, now=stage.clock(), about=about
        )
        await uow.commit()


async def stored(stage: Stage, key: str) -> OutboxMessage:
    async with stage.units() as uow:
        found = await uow.outbox.with_key(key)
    assert found is not None
    return found


async def test_relays_that_wait_for_one_topic_leave_as_one(stage: Stage) -> None:
    ani, budi = await topics(stage, "ani", "budi")
    for text, topic in [("a1", ani), ("b1", budi), ("a2", ani), ("a3", ani), ("b2", budi)]:
        await relay(stage, text, topic)

    log = await run(stage, seconds=3)

    assert [text for _, _, text in log] == ["a1\n\na2\n\na3", "b1\n\nb2"]
    ends = [await stored(stage, key) for key in ("a1", "a2", "a3")]
    assert {(m.state, m.external_message_id) for m in ends} == {(OutboxState.SENT, "1")}
    assert stage.sender.counts.sent == 5


async def test_nothing_overtakes_what_cannot_be_joined_in_its_topic(stage: Stage) -> None:
    (ani,) = await topics(stage, "ani")
    await relay(stage, "a1", ani)
    await relay(stage, "kartu", ani, joins=False)
    await relay(stage, "a2", ani)
    await relay(stage, "foto", ani, copies=CopyOf("1", "2"))
    await relay(stage, "a3", ani)

    log = await run(stage, seconds=6)

    assert [text for _, _, text in log] == ["a1", "kartu", "a2", "foto", "a3"]


async def test_joined_relays_stay_below_what_a_message_takes(stage: Stage) -> None:
    (ani,) = await topics(stage, "ani")
    for number in range(5):
        await relay(stage, f"{number}" * 1500, ani)

    log = await run(stage, seconds=4)

    assert [len(text) for _, _, text in log] == [3002, 3002, 1500]


async def test_joined_relays_are_all_sent_again_after_a_crash(stage: Stage) -> None:
    (ani,) = await topics(stage, "ani")
    await relay(stage, "a1", ani)
    await relay(stage, "a2", ani)
    await stage.sender.take_due()
    states = [(await stored(stage, key)).state for key in ("a1", "a2")]

    await stage.sender.recover()
    stage.clock.advance(seconds=2)

    assert states == [OutboxState.SENDING] * 2
    assert [text for _, _, text in await run(stage, seconds=2)] == ["a1\n\na2"]


async def test_of_joined_relays_only_the_refused_one_fails(stage: Stage) -> None:
    (ani,) = await topics(stage, "ani")
    stage.messenger.troubles["-100"] = [DeliveryRefused(), DeliveryRefused()]
    for text in ("a1", "a2", "a3"):
        await relay(stage, text, ani)

    log = await run(stage, seconds=6)

    assert [text for _, _, text in log] == ["a2", "a3"]
    assert (await stored(stage, "a1")).state is OutboxState.FAILED


async def test_a_pause_holds_joined_relays_together(stage: Stage) -> None:
    (ani,) = await topics(stage, "ani")
    stage.messenger.troubles["-100"] = [RetryLater(5)]
    await relay(stage, "a1", ani)
    await relay(stage, "a2", ani)

    early = await run(stage, seconds=4)
    late = await run(stage, seconds=3)

    assert (early, [text for _, _, text in late]) == ([], ["a1\n\na2"])


async def test_an_edit_replaces_what_was_sent_under_its_key(stage: Stage) -> None:
    (ani,) = await topics(stage, "ani")
    await relay(stage, "kartu", ani, joins=False)
    await run(stage, seconds=2)
    await relay(stage, "dilayani", ani, joins=False, edits="kartu")

    log = await run(stage, seconds=2)

    assert log == []
    assert [(i, b.text) for _, i, b in stage.messenger.edited] == [("1", "dilayani")]
    edit = await stored(stage, "dilayani")
    assert (edit.state, edit.external_message_id) == (OutboxState.SENT, "1")


async def test_of_several_edits_that_wait_only_the_last_is_made(stage: Stage) -> None:
    (ani,) = await topics(stage, "ani")
    await relay(stage, "kartu", ani, joins=False)
    for text in ("satu", "dua", "tiga"):
        await relay(stage, text, ani, joins=False, edits="kartu")

    await run(stage, seconds=4)

    assert [b.text for _, _, b in stage.messenger.edited] == ["tiga"]
    assert (await stored(stage, "satu")).state is OutboxState.DROPPED


async def test_a_card_that_is_gone_is_sent_anew_and_edited_there_from_then_on(
    stage: Stage,
) -> None:
    (ani,) = await topics(stage, "ani")
    await relay(stage, "kartu", ani, joins=False)
    await run(stage, seconds=2)
    stage.messenger.deleted.add(("-100", "1"))
    await relay(stage, "dilayani", ani, joins=False, edits="kartu")
    log = await run(stage, seconds=2)
    await relay(stage, "selesai", ani, joins=False, edits="kartu")
    await run(stage, seconds=2)

    assert [text for _, _, text in log] == ["dilayani"]
    assert [(i, b.text) for _, i, b in stage.messenger.edited] == [("2", "selesai")]


async def test_a_citizen_reads_that_a_message_sent_anew_is_an_update(stage: Stage) -> None:
    stage.messenger.troubles["1"] = [DeliveryRefused()]
    citizen = await queue(stage, "1", "besok")
    await run(stage, seconds=2)
    async with stage.units() as uow:
        body = Outgoing("lusa", edits="1:besok")
        await uow.outbox.add(citizen, body, key="baru", now=stage.clock())
        await uow.commit()

    log = await run(stage, seconds=2)

    assert [text for _, _, text in log] == ["<i>(diperbarui)</i> lusa"]


async def test_what_makes_or_closes_a_topic_waits_for_room_for_all_its_calls(
    stage: Stage,
) -> None:
    (ani,) = await topics(stage, "ani")
    for second in range(18):
        stage.sender.pace.note("-100", stage.clock() - timedelta(seconds=50 - second))
    await relay(stage, "kartu", ani, joins=False, leaves_topic=TopicState.CLOSED)
    new, held = await stage.sender.take_due()
    async with stage.units() as uow:
        await uow.topics.put("-100", ani.conversation_id, "5", TopicState.OPEN)
        await uow.commit()
    known, _ = await stage.sender.take_due()

    assert (new, held) == ([], 10.0)
    assert [parcel.body.text for parcel in known] == ["kartu"]


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
    sender = Sender(stage.units, stage.tools, Channel.TELEGRAM, messenger, Pace(), "uji", no_files)
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
