"""A citizen in line: what is told at which hour, going on with the bot, giving up."""

from dataclasses import replace

import pytest

from desk.domain.conversation import Owner
from desk.domain.handoff import Ending, Trigger
from desk.domain.outgoing import Outgoing
from desk.domain.working_time import OfficeHours
from tests.integration.officer_scenes import GROUP, Clerk, handoff_of
from tests.integration.scenes import Citizen, Stage


@pytest.fixture
def officer_group() -> str:
    return GROUP


async def ask(citizen: Citizen) -> str:
    return await citizen.say("saya mau bicara petugas", "minta_petugas")


def in_group(stage: Stage) -> list[Outgoing]:
    return stage.messenger.to(GROUP)


async def test_outside_office_hours_the_next_opening_is_told_and_waiting_is_a_choice(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    stage.clock.advance(hours=10)

    closed = await ask(citizen)
    labels = citizen.labels
    waiting = await citizen.press("Tunggu petugas")

    assert "Mereka kembali Rabu, 25 November 2026 pukul 07.30 WITA" in closed
    assert labels == ["Tinggalkan pertanyaan", "Tunggu petugas"]
    assert "Urutan Anda: <b>1</b>" in waiting
    assert all("Keadaan darurat? Hubungi <b>110</b>" in told for told in (closed, waiting))
    assert (await citizen.conversation()).owner is Owner.WAITING


async def test_who_fills_in_a_report_at_night_is_not_told_to_leave_a_question(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await citizen.say("mau lapor")
    stage.clock.advance(hours=6)

    closed = await ask(citizen)

    assert "Anda dapat tetap menunggu di antrean" in closed
    assert (await citizen.press("Tunggu petugas")).startswith("Permintaan Anda diteruskan")


async def test_on_a_holiday_the_next_working_day_is_told(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    stage.clock.advance(days=30)  # 24 December, before a holiday and a weekend

    assert "Mereka kembali Senin, 28 Desember 2026 pukul 07.30 WITA" in await ask(citizen)


async def test_during_the_officers_break_its_end_is_told(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    stage.use(replace(stage.tools, breaks={1: OfficeHours.parse("12:00-13:00")}))
    stage.clock.advance(hours=2, minutes=30)

    closed = await ask(citizen)
    waiting = await citizen.press("Tunggu petugas")

    assert "Mereka kembali Selasa, 24 November 2026 pukul 13.00 WITA" in closed
    assert "Petugas kembali Selasa, 24 November 2026 pukul 13.00 WITA" in waiting


async def test_what_is_written_while_waiting_is_kept_in_order_and_shown(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await ask(citizen)
    asked = len(stage.rasa.asked)

    await citizen.say("pertama", "salam")
    await citizen.say("kedua", "salam")

    assert [body.text for body in in_group(stage)[1:]] == [
        "<b>Warga:</b> pertama",
        "<b>Warga:</b> kedua",
    ]
    assert len(stage.rasa.asked) == asked
    assert all(body.joins for body in in_group(stage)[1:])


async def test_who_goes_on_with_the_bot_keeps_the_place(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await ask(citizen)

    told = await citizen.press("Lanjut dengan bot")
    answer = await citizen.say("berapa biaya ktp", "tanya_biaya", services=("ktp_el",))

    assert "Tempat Anda di antrean tetap, urutan <b>1</b>" in told
    assert "Biaya" in answer
    assert (await citizen.conversation()).owner is Owner.WAITING


async def test_who_gives_up_is_answered_by_the_bot_again(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await ask(citizen)

    told = await citizen.press("Batal")
    answer = await citizen.say("berapa biaya ktp", "tanya_biaya", services=("ktp_el",))

    assert told.startswith("Baik, permintaan bicara dengan petugas dibatalkan")
    assert "Biaya" in answer
    assert (await handoff_of(citizen)).ending is Ending.CANCELLED


@pytest.mark.parametrize("how", ["batal", "Batal.", "/batal"])
async def test_batal_gives_the_wait_up_however_it_is_said(
    stage: Stage, citizen: Citizen, budi: Clerk, how: str
) -> None:
    await ask(citizen)
    shown = len(in_group(stage))

    told = await (citizen.command("batal") if how == "/batal" else citizen.say(how, "batal"))

    assert told.startswith("Baik, permintaan bicara dengan petugas dibatalkan")
    assert (await handoff_of(citizen)).ending is Ending.CANCELLED
    assert len(in_group(stage)) == shown


async def test_batal_gives_up_the_wait_before_a_report_that_stands_still_meanwhile(
    citizen: Citizen, budi: Clerk
) -> None:
    await citizen.say("mau lapor")
    await ask(citizen)

    told = await citizen.say("batal", "batal")

    assert told.startswith("Baik, permintaan bicara dengan petugas dibatalkan")
    assert (await handoff_of(citizen)).ending is Ending.CANCELLED
    assert citizen.labels == ["Saya setuju", "Tidak setuju"]


async def test_batal_while_going_on_with_the_bot_is_first_about_what_the_bot_asks(
    citizen: Citizen, budi: Clerk
) -> None:
    await ask(citizen)
    await citizen.press("Lanjut dengan bot")
    await citizen.say("mau lapor")

    first = await citizen.say("batal", "batal")
    is_waiting = (await handoff_of(citizen)).is_open
    second = await citizen.say("batal", "batal")

    assert first.startswith("Baik, dibatalkan")
    assert is_waiting
    assert second.startswith("Baik, permintaan bicara dengan petugas dibatalkan")


async def test_batal_does_not_call_off_an_emergency(citizen: Citizen, budi: Clerk) -> None:
    await citizen.say("kebakaran di pasar", "darurat")

    await citizen.say("batal", "batal")

    assert (await handoff_of(citizen)).is_open


async def test_who_begins_a_report_while_waiting_is_heard_by_the_bot_that_asks(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await ask(citizen)

    told = await citizen.command("lapor")
    await citizen.press("Saya setuju")
    await citizen.say("jalan rusak parah di Bambu", "lapor_aduan")
    draft = await citizen.draft()

    assert told.startswith("Baik, silakan lanjut dengan Sapa. Tempat Anda di antrean tetap")
    assert draft is not None
    assert draft.description == "jalan rusak parah di Bambu"
    assert (await handoff_of(citizen)).with_bot


async def test_who_only_looks_something_up_while_waiting_still_writes_to_the_officer(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await ask(citizen)

    await citizen.command("bantuan")
    silent = await citizen.say("saya mau tanya soal pindah", "tanya_prosedur")

    assert silent == ""
    assert in_group(stage)[-1].text == "<b>Warga:</b> saya mau tanya soal pindah"


async def test_an_emergency_of_somebody_in_line_is_answered_first_and_alerts_officers_once(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await ask(citizen)
    told = await citizen.say("rumah tetangga terbakar, tolong cepat", "darurat")
    again = await citizen.say("apinya makin besar, tolong", "darurat")

    alerts = [body for body in in_group(stage) if body.text.startswith("<b>Darurat")]
    relayed = "\n".join(body.text for body in in_group(stage))
    assert told.index("110") < told.index("113")
    assert again == ""
    assert len(alerts) == 1
    assert "tetangga terbakar" in relayed
    assert "makin besar" in relayed
    assert (await handoff_of(citizen)).trigger is Trigger.EMERGENCY
    assert (await citizen.conversation()).owner is Owner.WAITING


async def test_words_of_somebody_in_line_reach_officers_though_rasa_is_away(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await ask(citizen)
    stage.rasa.is_away = True

    assert await citizen.say("saya masih menunggu jawaban", "nlu_fallback") == ""
    assert "masih menunggu" in in_group(stage)[-1].text


async def test_an_emergency_told_in_line_is_heard_though_rasa_is_away(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await ask(citizen)
    stage.rasa.is_away = True

    told = await citizen.say("rumah tetangga terbakar, tolong cepat")

    assert told.startswith("<b>Jika ada bahaya sekarang, telepon dulu:</b>")
    assert "tetangga terbakar" in "".join(body.text for body in in_group(stage))
    assert (await handoff_of(citizen)).trigger is Trigger.EMERGENCY


async def test_the_bot_does_not_answer_an_emergency_told_to_an_officer(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await ask(citizen)
    await budi.press("Ambil", topic=citizen)

    assert await citizen.say("rumah tetangga terbakar, tolong cepat", "darurat") == ""


async def test_the_card_of_a_served_citizen_does_not_say_that_they_go_on_with_the_bot(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await ask(citizen)
    await citizen.press("Lanjut dengan bot")
    await budi.hear(GROUP)
    waiting = stage.messenger.edited[-1][2].text

    await budi.press("Ambil", topic=citizen)

    served = stage.messenger.edited[-1][2].text
    assert "melanjutkan dengan Sapa" in waiting
    assert "dilayani Budi Uji" in served
    assert "melanjutkan dengan Sapa" not in served
