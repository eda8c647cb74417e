"""The clocks of hand-offs: reminders, supervisors, warnings, back in line; never at night."""

from dataclasses import replace

import pytest

from desk.domain.handoff import HandoffState
from desk.domain.roles import Role
from desk.domain.working_time import OfficeHours
from desk.services.handoffs import watch
from tests.integration.officer_scenes import GROUP, Clerk, handoff_of, register
from tests.integration.scenes import Citizen, Stage, labels_of


@pytest.fixture
def officer_group() -> str:
    return GROUP


async def look(stage: Stage, **later: float) -> None:
    """Let time pass, and look after the hand-offs twice, as two processes may do."""
    stage.clock.advance(**later)
    for _ in range(2):
        await watch.look(stage.units, stage.tools)
    await stage.deliver()


async def test_nobody_comes_the_group_is_reminded_and_then_the_supervisors(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await register(stage, 9, "Supi Uji", Role.SUPERVISOR, "disdukcapil")
    await citizen.say("petugas", "minta_petugas")

    await look(stage, minutes=4)
    early = len(stage.messenger.to(GROUP))
    await look(stage, minutes=2)
    reminded = stage.messenger.to(GROUP)[early:]
    await look(stage, minutes=10)
    called = [stage.messenger.to(chat) for chat in ("8", "9")]
    await look(stage, minutes=30)

    assert early == 1
    assert [body.text[:12] for body in reminded] == ["Percakapan <"]
    assert reminded[0].topic is not None
    assert [len(bodies) for bodies in called] == [1, 1]
    assert "sudah menunggu petugas 16 menit" in called[0][0].text
    assert len(stage.messenger.to(GROUP)) == 2
    await budi.press_privately("Ambil")
    assert citizen.heard[-1].text.startswith("Anda sekarang dilayani")


async def test_who_may_not_take_it_is_called_without_a_button_that_would_refuse(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await register(stage, 9, "Supi Uji", Role.SUPERVISOR, "disdukcapil")
    await citizen.say("petugas", "minta_petugas")

    await look(stage, minutes=16)

    of_coordinator, of_supervisor = (stage.messenger.to(chat)[-1] for chat in ("8", "9"))
    assert [button.label for row in of_coordinator.buttons for button in row] == ["Ambil"]
    assert of_supervisor.text == of_coordinator.text
    assert of_supervisor.buttons == ()


async def test_the_offices_own_supervisor_is_called_alone(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await register(stage, 9, "Supi Uji", Role.SUPERVISOR, "disdukcapil")
    await register(stage, 10, "Ani Uji", Role.PETUGAS, "disdukcapil")
    await register(stage, 11, "Sari Uji", Role.SUPERVISOR, "dinsos_mamuju")
    await citizen.say("syarat ktp", "tanya_syarat", services=("ktp_el",))
    await citizen.say("petugas", "minta_petugas")

    for _ in range(3):
        await look(stage, minutes=6)

    assert {chat for chat, _ in stage.messenger.delivered} == {"123", GROUP, "9"}


async def test_nobody_is_reminded_at_night_and_the_night_does_not_count(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    stage.clock.advance(hours=5, minutes=57)  # 15.57, three minutes before closing time
    await citizen.say("petugas", "minta_petugas")

    await look(stage, hours=3)
    at_night = len(stage.messenger.to(GROUP))
    await look(stage, hours=12, minutes=31)  # the next morning, 7.28
    before_opening = len(stage.messenger.to(GROUP))
    await look(stage, minutes=6)

    assert at_night == before_opening == 1
    assert len(stage.messenger.to(GROUP)) == 2


@pytest.mark.parametrize("goes_on", [False, True])
async def test_who_still_waits_at_closing_time_is_told_once_and_may_leave_a_message(
    stage: Stage, citizen: Citizen, budi: Clerk, goes_on: bool
) -> None:
    stage.clock.advance(hours=5, minutes=57)  # 15.57, three minutes before closing time
    await citizen.say("petugas", "minta_petugas")
    if goes_on:
        await citizen.press("Lanjut dengan bot")
    before = len(citizen.heard)
    await look(stage, minutes=2)
    early = len(citizen.heard)
    for minutes in (1, 20, 600):
        await look(stage, minutes=minutes)

    [told] = citizen.heard[before:]
    assert early == before
    assert "Mereka kembali Rabu, 25 November 2026 pukul 07.30 WITA" in told.text
    assert labels_of(told) == ["Tinggalkan pertanyaan"] + ["Lanjut dengan bot"] * (not goes_on) + [
        "Batal"
    ]


async def test_who_asked_after_closing_time_or_is_served_is_not_told_again(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await citizen.say("petugas", "minta_petugas")
    await budi.press("Ambil", topic=citizen)
    stage.clock.advance(hours=6, minutes=1)
    other = stage.citizen("9")
    await other.say("petugas", "minta_petugas")
    await other.press("Tunggu petugas")
    heard = [len(each.heard) for each in (citizen, other)]

    await look(stage, minutes=5)

    assert [len(each.heard) for each in (citizen, other)] == heard


async def test_whose_turn_may_come_after_closing_time_is_told_when_officers_are_back(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    stage.clock.advance(hours=5, minutes=29)
    early = await citizen.say("petugas", "minta_petugas")
    stage.clock.advance(minutes=2)
    late = await stage.citizen("9").say("petugas", "minta_petugas")

    assert "bertugas sampai" not in early
    assert "bertugas sampai pukul 16.00 WITA, lalu kembali Rabu, 25 November 2026" in late


async def test_the_officers_break_does_not_count(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    stage.use(replace(stage.tools, breaks={1: OfficeHours.parse("12:00-13:00")}))
    stage.clock.advance(hours=1, minutes=57)  # three minutes before the break
    await citizen.say("petugas", "minta_petugas")

    await look(stage, minutes=30)
    during = len(stage.messenger.to(GROUP))
    await look(stage, minutes=32)
    just_after = len(stage.messenger.to(GROUP))
    await look(stage, minutes=5)

    assert during == just_after == 1
    assert len(stage.messenger.to(GROUP)) == 2


async def test_an_officer_who_is_silent_is_warned_and_then_the_citizen_waits_again(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await citizen.say("petugas", "minta_petugas")
    await budi.press("Ambil", topic=citizen)
    await budi.write("ada apa?", topic=citizen)
    await look(stage, minutes=30)
    content = len(stage.messenger.to(GROUP))
    await citizen.say("ktp saya hilang", "lapor_aduan")

    await look(stage, minutes=11)
    warning = stage.messenger.to(GROUP)[-1].text
    await look(stage, minutes=11)

    assert content == 1
    assert "menunggu jawaban Budi Uji selama 11 menit" in warning
    handoff = await handoff_of(citizen)
    assert (handoff.state, handoff.officer_id) == (HandoffState.WAITING, None)
    assert citizen.heard[-1].text.startswith("Maaf, petugas belum sempat menjawab")
    await budi.press("Ambil", topic=citizen)
    assert (await handoff_of(citizen)).state is HandoffState.SERVED


async def test_an_answer_after_the_warning_keeps_the_conversation(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await citizen.say("petugas", "minta_petugas")
    await budi.press("Ambil", topic=citizen)
    await look(stage, minutes=12)

    await budi.write("maaf, ada apa?", topic=citizen)
    await look(stage, minutes=12)

    assert (await handoff_of(citizen)).state is HandoffState.SERVED


async def test_what_an_officer_left_when_he_was_suspended_is_put_back(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await register(stage, 9, "Cici Uji", Role.KOORDINATOR)
    await citizen.say("petugas", "minta_petugas")
    await budi.press("Ambil", topic=citizen)
    assert budi.officer is not None
    async with stage.units() as uow:  # and then the process died
        await uow.officers.save(replace(budi.officer, suspended_at=stage.clock()))
        await uow.commit()

    await look(stage, minutes=1)

    assert (await handoff_of(citizen)).state is HandoffState.WAITING
    assert citizen.heard[-1].text.startswith("Maaf, petugas yang melayani Anda berhalangan")


async def test_who_was_put_back_is_first_again(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    other = stage.citizen("456")
    await citizen.say("petugas", "minta_petugas")
    await budi.press("Ambil", topic=citizen)
    await other.say("petugas", "minta_petugas")
    first_place = other.heard[-1].text

    for _ in range(2):
        await look(stage, minutes=11)

    assert "Urutan Anda: <b>1</b>" in first_place
    assert "urutan <b>1</b>" in citizen.heard[-1].text


async def test_the_estimate_comes_from_recent_waits(stage: Stage, budi: Clerk) -> None:
    for number in range(3):
        citizen = stage.citizen(f"{number}")
        await citizen.say("petugas", "minta_petugas")
        stage.clock.advance(minutes=4)
        await budi.press("Ambil", topic=citizen)

    answer = await stage.citizen("9").say("petugas", "minta_petugas")

    assert "Perkiraan tunggu: 3–7 menit" in answer
