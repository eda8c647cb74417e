"""Lists, cards and messages of officers ask the database the same, however much there is."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from desk.domain.inbound import Inbound, InboundKind
from desk.domain.lifecycle import Status
from desk.domain.turn import Turn, TurnId
from desk.services.officers import dispatch as desk
from desk.storage.open import Storage
from tests.integration.officer_scenes import GROUP, Clerk
from tests.integration.scenes import Stage
from tests.integration.ticket_life import ticket_in


@pytest.fixture
def officer_group() -> str:
    return GROUP


@contextmanager
def counted(storage: Storage) -> Iterator[list[str]]:
    """Collect the statements that are executed meanwhile."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(" ".join(statement.split()))

    engine = storage.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def work(stage: Stage, storage: Storage) -> list[str]:
    """Do what an officer asks for; return the statements that this takes."""
    chat_id = await stage.take_due()
    async with stage.units() as uow:
        chat = await uow.conversations.lock(chat_id)
        waiting = await uow.inbox.waiting(chat_id)
        turn = Turn(TurnId("giliran"), chat_id, waiting[:1], stage.clock())
        with counted(storage) as statements:
            assert await desk.answer(uow, stage.tools, chat, turn)
    async with stage.units() as uow:  # that was undone: now it is worked and kept
        await uow.conversations.release(chat_id, stage.clock())
        await uow.commit()
    await stage.work()
    await stage.deliver()
    return statements


async def command(stage: Stage, storage: Storage, clerk: Clerk, *said: str) -> list[str]:
    name, argument = (*said, None)[:2]
    await clerk.send(Inbound(InboundKind.COMMAND, command=name, text=argument))
    return await work(stage, storage)


async def test_the_list_of_conversations_takes_as_many_for_ten_as_for_four(
    stage: Stage, budi: Clerk, storage: Storage
) -> None:
    async def more(numbers: range) -> None:
        for number in numbers:
            asks, talks = stage.citizen(f"2{number}"), stage.citizen(f"3{number}")
            await asks.say("mau bicara dengan petugas", "minta_petugas")
            await talks.say("halo", "salam")

    await more(range(2))
    of_four = await command(stage, storage, budi, "percakapan")
    await more(range(2, 5))
    of_ten = await command(stage, storage, budi, "percakapan")

    assert len(stage.messenger.to(GROUP)[-1].buttons) == 5  # rows of two
    assert len(of_ten) == len(of_four)


async def test_a_card_takes_as_many_for_four_merged_tickets_as_for_one(
    stage: Stage, budi: Clerk, storage: Storage
) -> None:
    ticket = await ticket_in(stage)

    async def merge(count: int) -> None:
        for _ in range(count):
            await ticket_in(stage, Status.MERGED, merged_into=ticket.number)

    await merge(1)
    of_one = await command(stage, storage, budi, "tiket", ticket.number)
    await merge(3)
    of_four = await command(stage, storage, budi, "tiket", ticket.number)

    assert stage.messenger.to(GROUP)[-1].text.count("MJU-") >= 5
    assert len(of_four) == len(of_one)
    assert len([each for each in of_four if "merged_into =" in each]) == 1


@pytest.mark.parametrize("private", [False, True])
async def test_what_a_message_means_is_asked_once(
    stage: Stage, budi: Clerk, storage: Storage, private: bool
) -> None:
    citizen = stage.citizen()
    await citizen.say("mau bicara dengan petugas", "minta_petugas")
    await budi.hear(GROUP)
    if private:
        await budi.command("pribadi", "on")
    await budi.press("Ambil")
    inbound = Inbound(InboundKind.TEXT, text="Baik, kami periksa.")
    topic = None if private else citizen
    await budi.send(inbound, topic=topic, private=private)

    statements = await work(stage, storage)

    def asking(table: str) -> int:
        return sum(each.startswith("SELECT") and f"FROM {table} " in each for each in statements)

    assert "Baik, kami periksa." in citizen.heard[-1].text
    assert asking("officer_questions") == 1
    assert asking("topics") == (0 if private else 1)
    served = [each for each in statements if "handoffs.officer_id =" in each]
    assert len(served) == (1 if private else 0)
