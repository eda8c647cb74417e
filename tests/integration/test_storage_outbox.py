"""The outbox, leases and named values, on both databases."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from desk.domain.conversation import Channel, Conversation, ConversationId, Owner
from desk.domain.outgoing import (
    News,
    OutboxId,
    OutboxMessage,
    OutboxState,
    Outgoing,
    OutgoingButton,
)
from desk.services.ports import UnitOfWork, UnitsOfWork

SECOND = timedelta(seconds=1)
AddConversation = Callable[..., Awaitable[Conversation]]
START = OutboxId(0)


async def texts_due(uow: UnitOfWork, now: datetime, limit: int = 10) -> list[str]:
    return [message.body.text for message in await uow.outbox.due(Channel.WEB, now, limit)]


async def only(uow: UnitOfWork, conversation: Conversation) -> OutboxMessage:
    (message,) = await uow.outbox.since(conversation.id, START, 10)
    return message


async def test_message_is_read_back_with_every_field(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    body = Outgoing(
        "hai", ((OutgoingButton("Ya", "t1"), OutgoingButton("Tidak", "t2")),), True, "foto"
    )
    async with units() as uow:
        await uow.outbox.add(conversation, body, key="k", now=now, owner_version=3, scrub=True)
        message = await only(uow, conversation)
    assert message == OutboxMessage(
        id=message.id,
        channel=Channel.WEB,
        address=conversation.address,
        conversation_id=conversation.id,
        body=body,
        created_at=now,
        owner_version=3,
        scrub=True,
        key="k",
    )


async def test_second_message_with_the_same_key_is_not_queued(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    async with units() as uow:
        await uow.outbox.add(conversation, Outgoing("satu"), key="k", now=now)
        await uow.outbox.add(conversation, Outgoing("dua"), key="k", now=now)
        assert await texts_due(uow, now) == ["satu"]


async def test_each_address_is_served_in_order_and_waits_for_its_oldest(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    async with units() as uow:
        for index in range(2):
            await uow.outbox.add(conversation, Outgoing(f"w{index}"), key=f"w{index}", now=now)
            await uow.outbox.add_to(
                Channel.WEB, "grup", Outgoing(f"g{index}"), key=f"g{index}", now=now
            )
        assert await texts_due(uow, now) == ["w0", "g0"]
        assert await texts_due(uow, now, limit=1) == ["w0"]
        first = (await uow.outbox.due(Channel.WEB, now, 1))[0]
        await uow.outbox.mark(first.id, OutboxState.SENDING, now=now)
        assert await texts_due(uow, now) == ["g0"]
        await uow.outbox.mark(first.id, OutboxState.SENT, now=now, external_message_id="55")
        assert await texts_due(uow, now) == ["g0", "w1"]
        sent, _ = await uow.outbox.since(conversation.id, START, 10)
    assert (sent.state, sent.attempts, sent.external_message_id) == (OutboxState.SENT, 1, "55")


async def test_other_channels_messages_are_not_due(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    async with units() as uow:
        await uow.outbox.add(conversation, Outgoing("hai"), key="k", now=now)
        assert await uow.outbox.due(Channel.TELEGRAM, now, 10) == []
        assert await uow.outbox.next_due(Channel.TELEGRAM) is None


async def test_address_waits_while_its_oldest_message_is_held_back(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    later = now + 5 * SECOND
    async with units() as uow:
        for key in ("a", "b"):
            await uow.outbox.add(conversation, Outgoing(key), key=key, now=now)
        assert await uow.outbox.next_due(Channel.WEB) == now
        first = (await uow.outbox.due(Channel.WEB, now, 1))[0]
        await uow.outbox.mark(
            first.id, OutboxState.PENDING, now=now, not_before=later, error="later"
        )
        assert await texts_due(uow, now) == []
        assert await uow.outbox.next_due(Channel.WEB) == later
        assert await texts_due(uow, later) == ["a"]


async def test_message_whose_sending_a_crash_interrupted_gets_back_in_line(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    async with units() as uow:
        await uow.outbox.add(conversation, Outgoing("hai"), key="k", now=now)
        message = await only(uow, conversation)
        await uow.outbox.mark(message.id, OutboxState.SENDING, now=now)
        await uow.commit()
    async with units() as uow:
        assert await uow.outbox.next_due(Channel.WEB) is None
        assert await uow.outbox.recover(Channel.TELEGRAM) == 0
        assert await uow.outbox.recover(Channel.WEB) == 1
        assert await uow.outbox.recover(Channel.WEB) == 0
        assert await uow.outbox.due(Channel.WEB, now, 5) == [replace(message, attempts=1)]


async def test_all_unsent_messages_of_a_blocked_address_fail(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    async with units() as uow:
        for key in ("a", "b", "c"):
            await uow.outbox.add(conversation, Outgoing(key), key=key, now=now)
        first, second, _ = await uow.outbox.since(conversation.id, START, 10)
        await uow.outbox.mark(first.id, OutboxState.SENT, now=now)
        await uow.outbox.mark(second.id, OutboxState.SENDING, now=now)
        await uow.outbox.fail_all(Channel.WEB, conversation.address, "blocked", now)
        states = [m.state for m in await uow.outbox.since(conversation.id, START, 10)]
    assert states == [OutboxState.SENT, OutboxState.FAILED, OutboxState.FAILED]


@pytest.mark.parametrize("end", [OutboxState.SENT, OutboxState.FAILED, OutboxState.DROPPED])
async def test_message_to_scrub_is_emptied_at_its_end(
    units: UnitsOfWork, conversation: Conversation, now: datetime, end: OutboxState
) -> None:
    async with units() as uow:
        await uow.outbox.add(conversation, Outgoing("MJU-1"), key="k", now=now, scrub=True)
        message = await only(uow, conversation)
        await uow.outbox.mark(message.id, OutboxState.SENDING, now=now)
        assert await only(uow, conversation) == replace(
            message, state=OutboxState.SENDING, attempts=1
        )
        await uow.outbox.mark(message.id, end, now=now)
        assert await uow.outbox.since(conversation.id, START, 10) == []


async def test_web_chat_reads_on_after_the_last_message_it_has(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    async with units() as uow:
        for key in ("a", "b", "c", "d"):
            await uow.outbox.add(conversation, Outgoing(key), key=key, now=now)
        await uow.outbox.add_to(Channel.WEB, "grup", Outgoing("x"), key="x", now=now)
        first = (await uow.outbox.since(conversation.id, START, 1))[0]
        rest = await uow.outbox.since(conversation.id, first.id, 2)
    assert [message.body.text for message in rest] == ["b", "c"]


async def test_ids_of_an_address_appear_in_their_order_whoever_writes(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    async def write(index: int) -> None:
        async with units() as uow:
            await uow.outbox.add(conversation, Outgoing("x"), key=f"k{index}", now=now)
            await asyncio.sleep(0.003 * (6 - index))
            await uow.commit()

    seen: list[OutboxId] = []

    async def read() -> None:
        while len(seen) < 6:
            async with units() as uow:
                after = seen[-1] if seen else START
                seen.extend(m.id for m in await uow.outbox.since(conversation.id, after, 10))
            await asyncio.sleep(0)

    async with asyncio.timeout(10):
        await asyncio.gather(read(), *(write(index) for index in range(6)))
    assert seen == sorted(seen)


async def test_news_of_many_addresses_come_at_once(
    units: UnitsOfWork, add_conversation: AddConversation, now: datetime
) -> None:
    written, silent, telegram = [
        await add_conversation(name, channel)
        for name, channel in (("a", Channel.WEB), ("b", Channel.WEB), ("c", Channel.TELEGRAM))
    ]
    async with units() as uow:
        for key in ("satu", "dua"):
            await uow.outbox.add(written, Outgoing(key), key=key, now=now)
        await uow.outbox.add(telegram, Outgoing("x"), key="x", now=now)
        await uow.conversations.save(silent.handed_to(Owner.OFFICER))
        last = (await uow.outbox.since(written.id, START, 10))[-1].id
        addresses = [written.address, silent.address, telegram.address, "tidak ada"]
        news = await uow.outbox.news(Channel.WEB, addresses)
        assert news == {
            written.address: News(last, Owner.BOT),
            silent.address: News(None, Owner.OFFICER),
        }
        assert await uow.outbox.news(Channel.WEB, []) == {}


async def test_forgetting_empties_what_was_sent_and_lets_the_rest_go_out(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    async with units() as uow:
        for key, at in (("lama", now - SECOND), ("terkirim", now), ("antre", now)):
            await uow.outbox.add(conversation, Outgoing(key), key=key, now=at)
        for message in (await uow.outbox.since(conversation.id, START, 10))[:2]:
            await uow.outbox.mark(message.id, OutboxState.SENT, now=now)
        await uow.outbox.forget(conversation.id, now)
        left = await uow.outbox.since(conversation.id, START, 10)
        assert [message.body.text for message in left] == ["lama", "antre"]
        assert await texts_due(uow, now) == ["antre"]
        await uow.outbox.mark(left[1].id, OutboxState.SENT, now=now)
        assert (await only(uow, conversation)).body.text == "lama"


async def test_lease_is_held_by_one_until_it_runs_out_or_is_given_up(
    units: UnitsOfWork, now: datetime
) -> None:
    hold = 10 * SECOND
    async with units() as uow:
        assert await uow.leases.acquire("pengirim", "a", now, hold) is True
        assert await uow.leases.acquire("pengirim", "b", now + SECOND, hold) is False
        assert await uow.leases.acquire("lain", "b", now, hold) is True
        assert await uow.leases.acquire("pengirim", "a", now + SECOND, hold) is True
        assert await uow.leases.acquire("pengirim", "b", now + hold, hold) is False
        assert await uow.leases.acquire("pengirim", "b", now + hold + SECOND, hold) is True
        await uow.leases.release("pengirim", "a")
        assert await uow.leases.acquire("pengirim", "a", now + hold + SECOND, hold) is False
        await uow.leases.release("pengirim", "b")
        assert await uow.leases.acquire("pengirim", "a", now + hold + SECOND, hold) is True


async def test_two_processes_ask_for_a_lease_at_once_and_one_gets_it(
    units: UnitsOfWork, now: datetime
) -> None:
    async def acquire(holder: str) -> bool:
        async with units() as uow:
            got = await uow.leases.acquire("pengirim", holder, now, 10 * SECOND)
            await uow.commit()
        return got

    assert sorted(await asyncio.gather(acquire("a"), acquire("b"))) == [False, True]


async def test_named_values_last(units: UnitsOfWork) -> None:
    async with units() as uow:
        assert await uow.values.get("topik") is None
        await uow.values.put("topik", {"a": [1, "dua", None, True]})
        await uow.commit()
    async with units() as uow:
        assert await uow.values.get("topik") == {"a": [1, "dua", None, True]}
        await uow.values.put("topik", None)
        assert await uow.values.get("topik") is None
        await uow.values.put("topik", "x")
        assert await uow.values.get("topik") == "x"


async def test_message_to_an_unknown_conversation_is_refused(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    unknown = replace(conversation, id=ConversationId("none"))
    async with units() as uow:
        await uow.outbox.add(unknown, Outgoing("x"), key="k", now=now)
        with pytest.raises(IntegrityError):
            await uow.commit()
