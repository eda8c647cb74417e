"""Words and photos for a report that was merged reach the officers of the one that goes on."""

import pytest

from desk.domain.errors import MoveNotAllowed
from desk.domain.lifecycle import Actor, MoveDetails, OutcomeCode, Status
from desk.domain.officer import Officer
from desk.domain.roles import Role
from desk.domain.ticket import Ticket
from desk.services.portal import tracking as public_tracking
from tests.integration.officer_scenes import GROUP, Clerk, register
from tests.integration.scenes import Citizen, Stage
from tests.integration.ticket_life import OFFICE, ready, ticket_in

WORDS = "sekarang lubangnya dua meter"
ADD = "tambah_keterangan_aduan"


@pytest.fixture
def officer_group() -> str:
    return GROUP


@pytest.fixture
async def clerk(stage: Stage) -> Clerk:
    return await register(stage, 902, "Peta", Role.PETUGAS, OFFICE)


@pytest.fixture
async def boss(stage: Stage) -> Officer:
    registered = await register(stage, 903, "Supi", Role.SUPERVISOR, OFFICE)
    assert registered.officer is not None
    return registered.officer


@pytest.fixture
async def second(stage: Stage) -> Citizen:
    return await ready(stage)


@pytest.fixture
async def first(stage: Stage) -> Citizen:
    citizen = stage.citizen("777", "Sitti Artifisial")
    await citizen.say("halo", "salam")
    return citizen


@pytest.fixture
async def main(stage: Stage, first: Citizen, clerk: Clerk) -> Ticket:
    return await ticket_in(stage, Status.IN_PROGRESS, first)


@pytest.fixture
async def merged(stage: Stage, second: Citizen, main: Ticket, boss: Officer) -> Ticket:
    ticket = await ticket_in(stage, Status.FORWARDED, second)
    await stage.move(ticket, Status.MERGED, boss, MoveDetails(other_ticket=main.number))
    return ticket


async def test_the_officer_of_the_report_that_goes_on_is_told_and_reads_the_words(
    stage: Stage, second: Citizen, merged: Ticket, main: Ticket, clerk: Clerk
) -> None:
    await second.say(f"tambah untuk {merged.number}", ADD)
    answer = await second.say(WORDS)
    await second.say("mau tambah foto", ADD)
    await second.photos("a")
    await stage.deliver()
    assert f"digabung dengan <code>{main.number}</code>" in answer

    told = stage.messenger.to("902")[-1].text
    card = await clerk.command_privately("tiket", main.number)
    assert (main.number in told, merged.number in told, WORDS in told) == (True, True, False)
    assert f"(dari {merged.number}): {WORDS}" in card
    assert "<b>Foto:</b> 1" in card


async def test_the_reporter_of_the_report_that_goes_on_never_reads_the_words_of_another(
    stage: Stage, first: Citizen, second: Citizen, merged: Ticket, main: Ticket
) -> None:
    await second.say("tambah", ADD)
    await second.say(WORDS)
    await stage.deliver()
    card = await first.say(main.number, "cek_status_aduan")
    full = await public_tracking.full_ticket(stage.units, stage.tools, main.number)
    assert "Keterangan tambahan" not in card
    assert full.additions == ()
    assert [each.text for each in (await stage.stored(merged)).additions] == [WORDS]
    assert not any(WORDS in body.text for body in first.heard)


async def test_an_open_question_about_the_other_report_is_not_answered_by_it(
    stage: Stage, second: Citizen, merged: Ticket, main: Ticket, boss: Officer
) -> None:
    await stage.move(main, Status.ON_HOLD, boss, MoveDetails(question="Di sebelah mana?"))
    await second.say("tambah", ADD)
    await second.say(WORDS)
    assert (await stage.stored(main)).status is Status.ON_HOLD


async def test_the_number_of_the_report_that_goes_on_means_the_own_one(
    second: Citizen, merged: Ticket, main: Ticket
) -> None:
    asked = await second.say(f"tambah untuk {main.number}", ADD)
    assert asked == f"Silakan tulis keterangan atau kirim foto untuk {merged.number}."


async def test_the_card_of_a_merged_report_offers_to_add(second: Citizen, merged: Ticket) -> None:
    await second.say(merged.number, "cek_status_aduan")
    assert second.labels == ["Tambah keterangan"]
    assert merged.number in await second.press("Tambah keterangan")


async def test_nothing_is_taken_once_the_report_that_goes_on_has_ended(
    stage: Stage, second: Citizen, merged: Ticket, main: Ticket
) -> None:
    await stage.move(main, Status.WITHDRAWN, Actor.CITIZEN)
    assert "Tidak ada laporan Anda" in await second.say(f"tambah {merged.number}", ADD)
    with pytest.raises(MoveNotAllowed):
        await public_tracking.add_to_ticket(
            stage.units, stage.tools, merged.number, words=WORDS, photo=None, key="x"
        )


async def test_words_on_the_tracking_page_go_the_same_way(
    stage: Stage, merged: Ticket, main: Ticket, clerk: Clerk
) -> None:
    full = await public_tracking.full_ticket(stage.units, stage.tools, merged.number)
    await public_tracking.add_to_ticket(
        stage.units, stage.tools, merged.number, words=WORDS, photo=None, key="x"
    )
    assert full.takes_additions
    assert WORDS in await clerk.command_privately("tiket", main.number)


async def test_what_was_added_leaves_with_a_report_that_is_split_off(
    stage: Stage, second: Citizen, merged: Ticket, main: Ticket, boss: Officer, clerk: Clerk
) -> None:
    await second.say("tambah", ADD)
    await second.say(WORDS)
    await stage.move(merged, Status.FORWARDED, boss)
    assert WORDS not in await clerk.command_privately("tiket", main.number)
    assert WORDS in await clerk.command_privately("tiket", merged.number)


async def test_words_typed_right_after_reopening_say_what_is_not_solved(
    stage: Stage, first: Citizen, main: Ticket, boss: Officer
) -> None:
    outcome = MoveDetails(outcome=OutcomeCode.FIXED, proof="Sudah ditambal")
    await stage.move(main, Status.RESOLVED, boss, outcome)
    await first.press("Belum")
    answer = await first.say("msh lubang pak, blm ada yg dtg", "nlu_fallback")
    assert f"Tambahan untuk {main.number} sudah kami simpan" in answer
