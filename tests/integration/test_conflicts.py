"""Transactions that stand in each other's way on PostgreSQL: one is given up, and done again."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from desk.domain.conversation import Channel, Conversation
from desk.domain.inbound import Inbound, InboundKind
from desk.domain.outgoing import Outgoing
from desk.services.every import beside, insist
from desk.services.ports import UnitsOfWork
from desk.services.turns import loops
from desk.storage.open import Storage
from desk.storage.tables import TurnRow
from desk.storage.unit_of_work import SqlUnitOfWork, sessions_of
from tests.integration.scenes import Citizen, Meanwhile, Sense
from tests.waiting import until_found

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
#: PostgreSQL looks for deadlocks after a second; who waited first is given up.
SOON = 0.3


async def lock_both(units: UnitsOfWork, first: Conversation, second: Conversation) -> None:
    async with units() as uow:
        await uow.conversations.lock(first.id)
        await asyncio.sleep(SOON)
        await uow.conversations.lock(second.id)
        await uow.commit()


async def test_of_two_transactions_that_wait_for_each_other_one_is_told_to_try_again(
    units: UnitsOfWork, add_conversation: Callable[..., Awaitable[Conversation]]
) -> None:
    one, two = await add_conversation("c1"), await add_conversation("c2")

    ends = await asyncio.gather(
        lock_both(units, one, two), lock_both(units, two, one), return_exceptions=True
    )

    assert sorted(type(end).__name__ for end in ends) == ["NoneType", "TryAgain"]


async def test_a_serialization_failure_is_told_as_such(
    storage: Storage, conversation: Conversation
) -> None:
    snapshots = storage.engine.execution_options(isolation_level="REPEATABLE READ")

    async def rename(name: str) -> None:
        async with SqlUnitOfWork(sessions_of(snapshots)) as uow:
            found = await uow.conversations.get(conversation.id)
            assert found is not None
            await asyncio.sleep(SOON)
            await uow.conversations.save(replace(found, profile_name=name))
            await uow.commit()

    ends = await asyncio.gather(rename("a"), rename("b"), return_exceptions=True)

    assert sorted(type(end).__name__ for end in ends) == ["NoneType", "TryAgain"]


async def test_both_are_done_when_the_one_insists(
    units: UnitsOfWork, add_conversation: Callable[..., Awaitable[Conversation]]
) -> None:
    one, two = await add_conversation("c1"), await add_conversation("c2")
    await asyncio.gather(
        insist(lambda: lock_both(units, one, two)), insist(lambda: lock_both(units, two, one))
    )


async def test_a_turn_in_a_deadlock_is_worked_again_at_once_and_counts_as_no_crash(
    citizen: Citizen, storage: Storage
) -> None:
    stage = citizen.stage
    await citizen.say("halo", "salam")
    conversation = await citizen.conversation()
    before = len(citizen.heard)
    rivals: list[asyncio.Task[None]] = []

    async def write_beside() -> None:
        """Lock the citizen's outbox and then the conversation; a turn does it the other way."""
        async with stage.units() as uow:
            body = Outgoing("kabar")
            await uow.outbox.add(conversation, body, key="kabar", now=stage.clock())
            has_locked.set()
            await asyncio.sleep(SOON)
            await uow.conversations.lock(conversation.id)
            await uow.commit()

    async def meet_a_rival() -> None:
        if not rivals:
            rivals.append(asyncio.create_task(write_beside()))
            await has_locked.wait()

    has_locked = asyncio.Event()
    stage.rasa.senses["halo lagi"] = Sense("salam")
    await citizen.send(Inbound(InboundKind.TEXT, text="halo lagi"))
    stage.clock.advance(seconds=1)
    shop = replace(stage.shop(), rasa=Meanwhile(stage.rasa, meet_a_rival))

    async def is_answered() -> bool:
        async with stage.units() as uow:
            return len(await uow.outbox.waiting_at(Channel.TELEGRAM, citizen.address, 9)) == 2

    async with beside(loops.work(shop), name="uji"):
        await until_found(is_answered)
    await asyncio.gather(*rivals)
    await stage.deliver()

    async with storage.engine.connect() as connection:
        failures = (await connection.execute(select(TurnRow.failures))).scalars().all()
    assert set(failures) == {0}
    assert len(citizen.heard) == before + 2
