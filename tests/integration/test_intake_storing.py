"""Stored before it is acknowledged, once, and with its place in line."""

import asyncio
from datetime import timedelta

from desk.domain.conversation import Channel
from desk.domain.inbound import Inbound, InboundKind
from desk.services.addressing import conversation_at
from desk.services.turns.intake import Arrival, receive
from desk.services.turns.working import LEASE
from tests.integration.scenes import Silence, Stage

TEXT = Inbound(InboundKind.TEXT, text="halo selamat pagi semua")


class Bell(Silence):
    """Counts its rings."""

    def __init__(self) -> None:
        self.rings: list[str] = []

    def ring(self, topic: str) -> None:
        self.rings.append(topic)


def arrival(external_id: str, inbound: Inbound = TEXT, *, address: str = "7") -> Arrival:
    raw = {"update_id": external_id}
    return Arrival(Channel.TELEGRAM, external_id, raw, address=address, inbound=inbound)


async def test_an_update_is_new_once_and_only_then_wakes_a_worker(stage: Stage) -> None:
    bell = Bell()
    first = await receive(stage.units, stage.tools, bell, [arrival("1"), arrival("1")])
    again = await receive(stage.units, stage.tools, bell, [arrival("1")])

    assert (first, again, bell.rings) == (1, 0, ["inbox"])


async def test_the_same_id_of_another_channel_is_another_update(stage: Stage) -> None:
    web = Arrival(Channel.WEB, "1", {}, address="sesi", inbound=TEXT)

    stored = await receive(stage.units, stage.tools, Bell(), [arrival("1"), web])

    assert stored == 2


async def test_updates_received_at_the_same_time_begin_one_conversation(stage: Stage) -> None:
    stored = await asyncio.gather(
        *(receive(stage.units, stage.tools, Bell(), [arrival(str(n))]) for n in range(5))
    )
    async with stage.units() as uow:
        conversation = await uow.conversations.at_address(Channel.TELEGRAM, "7")
        assert conversation is not None
        waiting = await uow.inbox.waiting(conversation.id)

    assert sum(stored) == 5
    assert len(waiting) == 5


async def test_what_belongs_to_nobody_or_cannot_be_read_is_kept_and_holds_up_nobody(
    stage: Stage,
) -> None:
    elsewhere = Arrival(Channel.TELEGRAM, "1", {"channel_post": {}})
    unreadable = Arrival(Channel.TELEGRAM, "2", {"message": 5}, unreadable=True)

    stored = await receive(stage.units, stage.tools, Bell(), [elsewhere, unreadable, arrival("3")])

    assert stored == 3
    assert await stage.work() == 1


async def test_a_changed_profile_name_is_taken_over(stage: Stage) -> None:
    named = Inbound(InboundKind.TEXT, text="halo selamat pagi semua", profile_name="Siti")
    renamed = Inbound(InboundKind.TEXT, text="saya lagi pak admin", profile_name="Siti Aminah")
    nameless = Inbound(InboundKind.TEXT, text="dan ini saya lagi")
    for number, inbound in enumerate((named, renamed, nameless)):
        await receive(stage.units, stage.tools, Bell(), [arrival(str(number), inbound)])

    async with stage.units() as uow:
        conversation = await uow.conversations.at_address(Channel.TELEGRAM, "7")
    assert conversation is not None
    assert conversation.profile_name == "Siti Aminah"


async def test_an_old_block_delivered_again_does_not_block_who_came_back(stage: Stage) -> None:
    block = arrival("1", Inbound(InboundKind.BLOCKED))
    await receive(stage.units, stage.tools, Bell(), [block])
    await receive(stage.units, stage.tools, Bell(), [arrival("2")])
    await receive(stage.units, stage.tools, Bell(), [block])

    async with stage.units() as uow:
        conversation = await uow.conversations.at_address(Channel.TELEGRAM, "7")
    assert conversation is not None
    assert conversation.blocked_at is None


async def test_a_conversation_begins_once_per_address(stage: Stage) -> None:
    async with stage.units() as uow:
        first = await conversation_at(uow, stage.tools, Channel.WEB, "sesi")
        second = await conversation_at(uow, stage.tools, Channel.WEB, "sesi")
        await uow.commit()

    assert first == second


async def test_a_message_during_a_turn_wakes_the_worker_after_it(stage: Stage) -> None:
    await receive(stage.units, stage.tools, Bell(), [arrival("1")])
    async with stage.units() as uow:
        held = await uow.conversations.lease_next("uji", stage.clock(), LEASE)
        await uow.commit()
    await receive(stage.units, stage.tools, Bell(), [arrival("2")])
    async with stage.units() as uow:
        meanwhile = await uow.conversations.lease_next("lain", stage.clock(), LEASE)
        assert held is not None
        await uow.conversations.release(held, None, worker="uji")
        after = await uow.conversations.lease_next(
            "lain", stage.clock() + timedelta(seconds=1), LEASE
        )

    assert (meanwhile, after) == (None, held)
