"""What an officer writes to a citizen about their ticket is a contact, which stops a clock."""

from dataclasses import replace
from datetime import datetime

import pytest

from desk.domain.lifecycle import Kind
from desk.domain.roles import Role
from desk.domain.ticket import Ticket
from desk.services.tickets.deadlines import deadlines
from tests.integration.officer_scenes import GROUP, Clerk, register
from tests.integration.scenes import Citizen, Stage, file_lamp


@pytest.fixture
def officer_group() -> str:
    return GROUP


async def ask_about_the_ticket(citizen: Citizen, budi: Clerk) -> None:
    """Have an officer serve a citizen who has just filed something."""
    await file_lamp(citizen)
    await citizen.say("petugas", "minta_petugas")
    await budi.press("Ambil", topic=citizen)


async def contact(citizen: Citizen) -> datetime | None:
    return (await citizen.tickets())[0].first_contact_at


async def test_the_first_message_that_goes_to_the_citizen_is_the_first_contact(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await ask_about_the_ticket(citizen, budi)
    await budi.write("// sudah saya telepon?", topic=citizen)
    after_the_note = await contact(citizen)
    await budi.write("selamat siang", topic=citizen)
    first = await contact(citizen)
    stage.clock.advance(minutes=5)
    await budi.write("masih di sana?", topic=citizen)

    assert after_the_note is None
    assert first is not None
    assert await contact(citizen) == first


async def test_a_ready_answer_is_a_first_contact_too(citizen: Citizen, budi: Clerk) -> None:
    await ask_about_the_ticket(citizen, budi)
    await budi.command("jawab", topic=citizen)
    await budi.press("Mohon menunggu", topic=citizen)
    assert await contact(citizen) is not None


async def test_what_another_officer_writes_is_none_since_it_is_not_sent(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await ask_about_the_ticket(citizen, budi)
    other = await register(stage, 9, "Dewi Uji", Role.KOORDINATOR)
    await other.write("saya bantu", topic=citizen)
    assert await contact(citizen) is None


async def test_what_a_citizen_who_blocked_the_bot_cannot_read_is_none(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await ask_about_the_ticket(citizen, budi)
    stage.messenger.gone.add(citizen.address)
    async with stage.units() as uow:
        known = await uow.conversations.lock((await citizen.conversation()).id)
        await uow.conversations.save(known.blocked(stage.clock()))
        await uow.commit()
    await budi.write("halo?", topic=citizen)
    assert await contact(citizen) is None


async def test_it_stops_the_clock_for_contacting_who_wants_a_service(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await ask_about_the_ticket(citizen, budi)
    ticket = (await citizen.tickets())[0]
    before = {each.name for each in deadlines(stage.tools, _as_application(ticket))}
    await budi.write("selamat siang", topic=citizen)
    ticket = (await citizen.tickets())[0]
    after = {each.name for each in deadlines(stage.tools, _as_application(ticket))}
    assert before - after == {"permohonan"}


def _as_application(ticket: Ticket) -> Ticket:
    return replace(ticket, kind=Kind.PERMOHONAN)
