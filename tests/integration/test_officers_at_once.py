"""What an officer writes at work is never held back for the rest of a thought."""

from datetime import timedelta

import pytest

from desk.domain.inbound import FileRef, Inbound, InboundKind
from desk.domain.lifecycle import Status
from desk.domain.turn import HOLD_FRAGMENT
from tests.integration.officer_scenes import GROUP, Clerk
from tests.integration.scenes import Citizen, Stage
from tests.integration.test_ticket_desk import ticket_in

YES = Inbound(InboundKind.TEXT, text="ya")


@pytest.fixture
def officer_group() -> str:
    return GROUP


async def held(stage: Stage, budi: Clerk, inbound: Inbound) -> timedelta:
    """Return for how long what the officer writes in private waits, once nothing else does."""
    await stage.work()
    await budi.send(inbound, private=True)
    async with stage.units() as uow:
        wakes = await uow.conversations.next_wake()
    assert wakes is not None
    return max(wakes - stage.clock(), timedelta(0))


@pytest.mark.parametrize(
    "inbound", [YES, Inbound(InboundKind.PHOTO, file=FileRef("f"), album="a")], ids=["ya", "album"]
)
async def test_short_words_and_albums_for_a_citizen_leave_at_once(
    stage: Stage, citizen: Citizen, budi: Clerk, inbound: Inbound
) -> None:
    await budi.command_privately("pribadi", "on")
    await citizen.say("petugas", "minta_petugas")
    await budi.press("Ambil", topic=citizen)
    assert await held(stage, budi, inbound) == timedelta(0)


async def test_many_messages_for_citizens_are_no_flood(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await budi.command_privately("pribadi", "on")
    await citizen.say("petugas", "minta_petugas")
    await budi.press("Ambil", topic=citizen)
    for _ in range(stage.tools.flood_messages):
        await budi.send(YES, private=True)
    assert await held(stage, budi, YES) == timedelta(0)


async def test_a_short_answer_to_a_question_of_the_desk_is_taken_at_once(
    stage: Stage, budi: Clerk
) -> None:
    ticket = await ticket_in(stage, Status.NEW)
    await budi.command_privately("tiket", ticket.number)
    await budi.press_privately("Tanya warga")
    assert await held(stage, budi, YES) == timedelta(0)


async def test_an_officer_who_is_not_at_work_writes_as_a_citizen(
    stage: Stage, budi: Clerk
) -> None:
    assert await held(stage, budi, YES) == HOLD_FRAGMENT
