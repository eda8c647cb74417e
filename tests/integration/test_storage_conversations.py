"""Conversations and their leases, on both databases."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from desk.domain.conversation import (
    Channel,
    Context,
    Conversation,
    ConversationId,
    Owner,
    Session,
)
from desk.domain.errors import ConversationNotFound, StaleVersion
from desk.domain.inbound import Inbound, InboundKind
from desk.domain.presses.pending import WithdrawalAsked
from desk.domain.ticket_number import TicketNumber
from desk.services.ports import UnitsOfWork

HOLD = timedelta(seconds=60)
SECOND = timedelta(seconds=1)

AddConversation = Callable[..., Awaitable[Conversation]]


async def wake(units: UnitsOfWork, name: str, at: datetime) -> None:
    async with units() as uow:
        await uow.conversations.wake_at(ConversationId(name), at)
        await uow.commit()


async def lease(units: UnitsOfWork, now: datetime, worker: str = "w1") -> str | None:
    async with units() as uow:
        leased = await uow.conversations.lease_next(worker, now, HOLD)
        await uow.commit()
    return leased


async def release(
    units: UnitsOfWork, name: str, at: datetime | None, *, worker: str | None = None
) -> None:
    async with units() as uow:
        await uow.conversations.release(ConversationId(name), at, worker=worker)
        await uow.commit()


async def next_wake(units: UnitsOfWork) -> datetime | None:
    async with units() as uow:
        return await uow.conversations.next_wake()


async def test_saved_conversation_is_read_back_with_every_field(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    changed = replace(
        conversation,
        session=Session("s2", 3, now),
        owner=Owner.WAITING,
        version=1,
        context=Context(
            service="ktp_el", failures=2, pending=WithdrawalAsked(TicketNumber("MJU"))
        ),
        profile_name="Budi",
        consented_at=now,
        consent_refused_at=now + SECOND,
        blocked_at=now + 2 * SECOND,
        muted_until=now + 3 * SECOND,
        flood_noted_at=now + 4 * SECOND,
    )
    async with units() as uow:
        await uow.conversations.save(changed)
        await uow.commit()
    async with units() as uow:
        assert await uow.conversations.get(conversation.id) == changed
        assert await uow.conversations.at_address(Channel.WEB, "alamat-c1") == changed


async def test_adding_a_known_address_returns_the_conversation_that_is_there(
    units: UnitsOfWork, conversation: Conversation
) -> None:
    async with units() as uow:
        other = replace(conversation, id=ConversationId("c2"))
        assert await uow.conversations.add(other) == conversation
        assert await uow.conversations.get(other.id) is None


async def test_two_messages_from_a_new_address_at_once_make_one_conversation(
    units: UnitsOfWork, now: datetime
) -> None:
    async def add(name: str) -> ConversationId:
        async with units() as uow:
            new = Conversation(ConversationId(name), Channel.TELEGRAM, "77", now, Session("s"))
            stored = await uow.conversations.add(new)
            await uow.commit()
        return stored.id

    assert len(set(await asyncio.gather(*(add(f"n{i}") for i in range(6))))) == 1


async def test_what_is_not_committed_is_rolled_back(
    units: UnitsOfWork, conversation: Conversation
) -> None:
    async with units() as uow:
        await uow.conversations.save(replace(conversation, profile_name="Budi"))
    async with units() as uow:
        assert await uow.conversations.get(conversation.id) == conversation


async def test_saving_over_a_change_of_owner_is_refused(
    units: UnitsOfWork, conversation: Conversation
) -> None:
    taken = conversation.handed_to(Owner.OFFICER)
    async with units() as uow:
        await uow.conversations.save(taken)
        await uow.commit()
    async with units() as uow:
        with pytest.raises(StaleVersion):
            await uow.conversations.save(replace(conversation, profile_name="Budi"))
        assert await uow.conversations.get(conversation.id) == taken


async def test_unknown_conversation_can_be_neither_locked_nor_saved(
    units: UnitsOfWork, conversation: Conversation
) -> None:
    async with units() as uow:
        with pytest.raises(ConversationNotFound):
            await uow.conversations.lock(ConversationId("none"))
        with pytest.raises(ConversationNotFound):
            await uow.conversations.save(replace(conversation, id=ConversationId("none")))


async def test_lock_lets_one_writer_after_the_other(
    units: UnitsOfWork, conversation: Conversation
) -> None:
    async def count_up() -> None:
        async with units() as uow:
            locked = await uow.conversations.lock(conversation.id)
            await asyncio.sleep(0.005)
            failures = locked.context.failures + 1
            await uow.conversations.save(locked.with_context(failures=failures))
            await uow.commit()

    await asyncio.gather(*(count_up() for _ in range(10)))
    async with units() as uow:
        counted = await uow.conversations.lock(conversation.id)
    assert counted.context.failures == 10


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_message_is_stored_while_somebody_holds_the_lock(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    async with units() as holder, asyncio.timeout(5):
        await holder.conversations.lock(conversation.id)
        async with units() as uow:
            added = await uow.inbox.add(
                Channel.WEB,
                "1",
                conversation_id=conversation.id,
                inbound=Inbound(InboundKind.TEXT, text="halo"),
                raw={},
                received_at=now,
            )
            await uow.commit()
    assert added


async def test_cancelled_units_of_work_leave_nothing_behind_and_hold_nothing_up(
    units: UnitsOfWork, conversation: Conversation
) -> None:
    async def write() -> None:
        async with units() as uow:
            locked = await uow.conversations.lock(conversation.id)
            await uow.conversations.save(replace(locked, profile_name="half"))
            await asyncio.sleep(0.001)
            await uow.conversations.save(replace(locked, profile_name="half of it"))

    for round_number in range(30):
        tasks = [asyncio.create_task(write()) for _ in range(3)]
        await asyncio.sleep(0.0007 * round_number)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    async with asyncio.timeout(8), units() as uow:
        assert await uow.conversations.lock(conversation.id) == conversation


async def test_conversation_without_anything_to_do_is_not_leased(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    assert await lease(units, now) is None
    assert await next_wake(units) is None


async def test_the_conversation_that_waited_longest_is_leased_first(
    units: UnitsOfWork, add_conversation: AddConversation, now: datetime
) -> None:
    for name, seconds in (("a", 2), ("b", 5), ("c", -1)):
        await add_conversation(name)
        await wake(units, name, now - seconds * SECOND)
    assert await next_wake(units) == now - 5 * SECOND
    assert [await lease(units, now) for _ in range(3)] == ["b", "a", None]
    assert await lease(units, now + SECOND) == "c"


async def test_the_latest_wake_up_counts(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    await wake(units, "c1", now)
    await wake(units, "c1", now + SECOND)
    assert await lease(units, now) is None
    assert await lease(units, now + SECOND) == "c1"


async def test_concurrent_leases_give_different_conversations(
    units: UnitsOfWork, add_conversation: AddConversation, now: datetime
) -> None:
    for index in range(6):
        await add_conversation(f"c{index}")
        await wake(units, f"c{index}", now)

    async def lease_slowly(worker: str) -> str | None:
        async with units() as uow:
            leased = await uow.conversations.lease_next(worker, now, HOLD)
            await asyncio.sleep(0.02)
            await uow.commit()
        return leased

    leased = await asyncio.gather(*(lease_slowly(f"w{i}") for i in range(6)))
    assert sorted(filter(None, leased)) == [f"c{index}" for index in range(6)]


async def test_released_conversation_sleeps_until_it_is_woken(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    await wake(units, "c1", now)
    assert await lease(units, now) == "c1"
    await release(units, "c1", None)
    assert await lease(units, now + 10 * HOLD) is None
    await wake(units, "c1", now)
    assert await lease(units, now) == "c1"


async def test_message_that_came_during_the_lease_keeps_the_conversation_awake(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    await wake(units, "c1", now)
    await lease(units, now)
    await wake(units, "c1", now + SECOND)
    assert await lease(units, now + 2 * SECOND, "w2") is None
    await release(units, "c1", None)
    assert await lease(units, now + SECOND, "w2") == "c1"


@pytest.mark.parametrize(("asked", "woken"), [(1, 5), (5, 1)])
async def test_release_keeps_the_earlier_of_both_wake_ups(
    units: UnitsOfWork, conversation: Conversation, now: datetime, asked: int, woken: int
) -> None:
    await wake(units, "c1", now)
    await lease(units, now)
    await wake(units, "c1", now + woken * SECOND)
    await release(units, "c1", now + asked * SECOND)
    assert await next_wake(units) == now + SECOND


async def test_wake_up_in_a_transaction_that_overlaps_the_release_is_not_lost(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    await wake(units, "c1", now)
    await lease(units, now)
    for _ in range(10):
        await asyncio.gather(wake(units, "c1", now), release(units, "c1", None))
        assert await lease(units, now) == "c1"


async def test_releasing_twice_leaves_a_later_wake_up_alone(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    await wake(units, "c1", now)
    await lease(units, now)
    await release(units, "c1", None)
    await wake(units, "c1", now)
    await release(units, "c1", None)
    assert await lease(units, now) == "c1"


async def test_lease_of_a_dead_worker_runs_out(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    await wake(units, "c1", now)
    await lease(units, now, "dead")
    assert await next_wake(units) == now + HOLD
    assert await lease(units, now + HOLD - SECOND) is None
    assert await lease(units, now + HOLD) == "c1"


async def test_worker_that_comes_back_too_late_does_not_end_its_successors_lease(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    await wake(units, "c1", now)
    await lease(units, now, "slow")
    assert await lease(units, now + HOLD, "next") == "c1"
    await release(units, "c1", now, worker="slow")
    assert await lease(units, now + HOLD, "third") is None
    await release(units, "c1", now, worker="next")
    assert await lease(units, now + HOLD, "third") == "c1"


async def test_lease_of_a_slow_worker_is_renewed_by_itself_only(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    await wake(units, "c1", now)
    await lease(units, now, "slow")
    async with units() as uow:
        await uow.conversations.renew(conversation.id, "other", now + 5 * HOLD)
        await uow.conversations.renew(conversation.id, "slow", now + 2 * HOLD)
        await uow.commit()
    assert await lease(units, now + HOLD, "next") is None
    assert await lease(units, now + 2 * HOLD, "next") == "c1"


async def test_many_conversations_come_at_once(
    units: UnitsOfWork, add_conversation: Callable[..., Awaitable[Conversation]]
) -> None:
    one, two, _ = [await add_conversation(name) for name in ("a", "b", "c")]
    async with units() as uow:
        found = await uow.conversations.many([two.id, one.id, two.id, ConversationId("lain")])
        assert found == {one.id: one, two.id: two}
        assert await uow.conversations.many([]) == {}
