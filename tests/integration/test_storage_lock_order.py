"""Transactions that need the same locks wait for each other and never in a circle."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text

from desk.domain.conversation import Channel, Conversation, ConversationId
from desk.domain.inbound import Inbound, InboundKind, InboxId
from desk.domain.officer import Officer, OfficerId
from desk.domain.outgoing import OutboxId, Outgoing
from desk.services.ports import UnitOfWork, UnitsOfWork
from desk.services.turns.intake import Arrival, receive
from desk.storage.open import Storage
from tests.integration.conftest import NOW
from tests.integration.scenes import Silence, Stage

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
AddConversation = Callable[..., Awaitable[Conversation]]
GROUP = "-100"


async def until_somebody_waits(storage: Storage) -> None:
    """Return when a transaction waits for a lock of another one."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(5):
        while True:
            async with storage.engine.connect() as connection:
                if await connection.scalar(waiting):
                    return
            await asyncio.sleep(0.01)


@on_postgresql
async def test_messages_queued_to_the_same_people_in_opposite_orders_are_both_stored(
    units: UnitsOfWork, storage: Storage
) -> None:
    async def say(uow: UnitOfWork, address: str) -> None:
        await uow.outbox.add_to(Channel.TELEGRAM, address, Outgoing("x"), now=NOW)

    both_spoke_once = asyncio.Barrier(2)

    async def speak(first: str, second: str) -> None:
        async with units() as uow:
            await say(uow, first)
            await both_spoke_once.wait()
            await say(uow, second)
            await uow.commit()

    async with asyncio.timeout(10):
        await asyncio.gather(speak(GROUP, "7"), speak("7", GROUP))
    async with units() as uow:
        for address in (GROUP, "7"):
            assert len(await uow.outbox.waiting_at(Channel.TELEGRAM, address, 9)) == 2


@on_postgresql
async def test_who_speaks_to_an_address_does_not_make_others_wait_until_the_end(
    units: UnitsOfWork, conversation: Conversation
) -> None:
    async with asyncio.timeout(5), units() as slow:
        await slow.outbox.add(conversation, Outgoing("satu"), now=NOW)
        async with units() as fast:
            await fast.outbox.add(conversation, Outgoing("dua"), now=NOW)
            await fast.commit()
        await slow.commit()
    async with units() as uow:
        stored = await uow.outbox.since(conversation.id, OutboxId(0), 9)
    assert [message.body.text for message in stored] == ["dua", "satu"]


@on_postgresql
@pytest.mark.parametrize("lane", [(Channel.OFFICERS, GROUP), (Channel.TELEGRAM, "8")])
async def test_a_batch_of_updates_and_an_officers_turn_about_its_citizen_both_end(
    stage: Stage, storage: Storage, lane: tuple[Channel, str]
) -> None:
    async with stage.units() as uow:
        await uow.officers.add(Officer(OfficerId("o"), 8, "Budi Uji", NOW))
        await uow.commit()
    said = Inbound(InboundKind.TEXT, text="halo selamat pagi semua")
    places = [(Channel.TELEGRAM, "7"), lane]

    def batch(name: str) -> list[Arrival]:
        return [
            Arrival(channel, f"{name}{number}", {}, address=address, inbound=said)
            for number, (channel, address) in enumerate(places)
        ]

    await receive(stage.units, stage.tools, Silence(), batch("dulu"))
    async with stage.units() as uow:
        citizen = await uow.conversations.at_address(*places[0])
        desk = await uow.conversations.at_address(*lane)
        assert citizen is not None
        assert desk is not None

    async with asyncio.timeout(10), stage.units() as turn:
        await turn.conversations.lock(desk.id)
        batches = receive(stage.units, stage.tools, Silence(), batch("baru"))
        receiving = asyncio.create_task(batches)
        await until_somebody_waits(storage)
        await turn.conversations.lock(citizen.id)
        await turn.commit()
        assert await receiving == 2


async def test_a_batch_keeps_the_order_of_each_conversation(stage: Stage) -> None:
    def at(address: str, words: str) -> Arrival:
        said = Inbound(InboundKind.TEXT, text=words)
        return Arrival(Channel.TELEGRAM, words, {}, address=address, inbound=said)

    batch = [at("9", "b1"), at("7", "a1"), at("9", "b2"), at("7", "a2"), at("9", "b3")]
    await receive(stage.units, stage.tools, Silence(), batch)
    async with stage.units() as uow:
        for address, words in (("7", ["a1", "a2"]), ("9", ["b1", "b2", "b3"])):
            found = await uow.conversations.at_address(Channel.TELEGRAM, address)
            assert found is not None
            waiting = await uow.inbox.waiting(found.id)
            assert [message.inbound.text for message in waiting] == words


async def test_what_is_queued_is_known_to_whoever_asks_in_the_same_transaction(
    units: UnitsOfWork, add_conversation: AddConversation
) -> None:
    citizen = await add_conversation("c", Channel.TELEGRAM)
    async with units() as uow:
        relays = {"about": citizen.id, "relays": InboxId(5), "now": NOW}
        await uow.outbox.add_to(Channel.TELEGRAM, GROUP, Outgoing("a"), **relays)
        await uow.outbox.add_to(Channel.TELEGRAM, GROUP, Outgoing("b"), key="k", now=NOW)
        assert [relay.message for relay in await uow.outbox.relays_about(citizen.id)] == [5]
        assert await uow.outbox.relays_about(ConversationId("lain")) == []
        found = await uow.outbox.with_key("k")
        assert found is not None
        assert found.body.text == "b"
        assert await uow.outbox.with_key("lain") is None


async def test_what_is_queued_is_forgotten_with_the_rest(
    units: UnitsOfWork, conversation: Conversation
) -> None:
    async with units() as uow:
        await uow.outbox.add(conversation, Outgoing("rahasia"), now=NOW)
        await uow.outbox.forget(conversation.id, NOW)
        await uow.commit()
    async with units() as uow:
        (message,) = await uow.outbox.since(conversation.id, OutboxId(0), 9)
    assert message.scrub
