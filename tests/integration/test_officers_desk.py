"""Who is obeyed at the officers' desk, and what an officer's private chat is for."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from desk.domain.inbound import Inbound, InboundKind
from desk.domain.roles import Grant, Role
from desk.services.turns.troubles import MAX_FAILURES, note_crash
from desk.services.turns.working import work_on
from tests.integration.officer_scenes import GROUP, Clerk, register
from tests.integration.scenes import Citizen, Stage


@pytest.fixture
def officer_group() -> str:
    return GROUP


async def test_a_stranger_in_a_topic_is_told_once_a_day_and_the_citizen_hears_nothing(
    stage: Stage, citizen: Citizen
) -> None:
    await citizen.say("halo", "salam")
    stranger, another = Clerk(stage, "666"), Clerk(stage, "667")
    heard = len(citizen.heard)

    first = await stranger.write("saya jawab ya", topic=citizen)
    again = await stranger.write("halo?", topic=citizen)
    of_another = await another.write("saya juga", topic=citizen)
    stage.clock.advance(days=1)
    next_day = await stranger.write("masih di sini", topic=citizen)

    assert first.startswith("Maaf, hanya petugas terdaftar")
    assert again == ""
    assert of_another == next_day == first
    assert len(citizen.heard) == heard


async def test_a_day_of_being_turned_away_is_a_day_in_mamuju(
    stage: Stage, citizen: Citizen
) -> None:
    await citizen.say("halo", "salam")
    stranger = Clerk(stage, "666")
    stage.clock.now = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)  # 07.30 WITA
    assert await stranger.write("saya jawab ya", topic=citizen) != ""
    stage.clock.advance(hours=1)
    assert await stranger.write("halo?", topic=citizen) == ""

    stage.clock.now = datetime(2026, 11, 25, 15, 55, tzinfo=UTC)  # 23.55 WITA
    assert await stranger.write("masih di sini", topic=citizen) == ""
    stage.clock.advance(minutes=10)
    assert await stranger.write("selamat pagi", topic=citizen) != ""


async def test_what_people_say_among_themselves_in_a_group_is_left_alone(stage: Stage) -> None:
    assert await Clerk(stage, "666").write("rapat jam dua ya") == ""
    assert await Clerk(stage, None).write("siap") == ""


async def test_an_anonymous_admin_is_told_how_to_write_with_a_name(
    stage: Stage, citizen: Citizen
) -> None:
    await citizen.say("halo", "salam")

    told = await Clerk(stage, None).write("saya jawab", topic=citizen)

    assert "Tetap anonim" in told


async def test_a_suspended_officer_is_obeyed_nowhere(stage: Stage, citizen: Citizen) -> None:
    ani = await register(stage, 7, "Ani")
    await citizen.say("halo", "salam")
    assert ani.officer is not None
    async with stage.units() as uow:
        await uow.officers.save(replace(ani.officer, suspended_at=stage.clock()))
        await uow.commit()

    told = await ani.write("saya jawab", topic=citizen)

    assert told.startswith("Akses petugas Anda sedang dinonaktifkan")


async def test_an_officer_is_a_citizen_in_private_chat(stage: Stage) -> None:
    ani = await register(stage, 7, "Ani")

    answer = await ani.command_privately("start")

    assert "asisten otomatis layanan warga" in answer


async def test_an_unknown_command_in_a_group_is_answered(stage: Stage) -> None:
    ani = await register(stage, 7, "Ani")

    assert await ani.command("entah") != ""


async def test_an_old_button_in_a_group_does_nothing(stage: Stage) -> None:
    ani = await register(stage, 7, "Ani")
    await ani.send(Inbound(InboundKind.PRESS, token="tidak-ada"))

    assert (await ani.hear(GROUP)).startswith("Tombol itu sudah tidak berlaku")


async def test_a_message_that_breaks_the_desk_is_put_aside_and_told_in_the_group(
    stage: Stage,
) -> None:
    ani = await register(stage, 7, "Ani")
    await ani.send(Inbound(InboundKind.COMMAND, command="entah"))
    lane = await stage.take_due()
    broken = replace(stage.shop(), tools=replace(stage.tools, wording=None))  # type: ignore[arg-type]
    for _ in range(MAX_FAILURES):
        with pytest.raises(AttributeError):
            await work_on(broken, lane)
        await note_crash(stage.shop(), lane)

    assert (await ani.hear(GROUP)).startswith("Pesan tadi tidak dapat diolah")
    async with stage.units() as uow:
        assert await uow.turns.open_turn(lane) is None


async def test_the_same_person_gets_one_role_after_the_other(stage: Stage) -> None:
    await register(stage, 7, "Ani", Role.PETUGAS, "disdukcapil")
    await register(stage, 7, "Ani", Role.PETUGAS, "disdukcapil")
    await register(stage, 7, "Ani Baru", Role.KOORDINATOR)

    async with stage.units() as uow:
        (ani,) = await uow.officers.all()

    assert ani.name == "Ani Baru"
    assert set(ani.grants) == {Grant(Role.PETUGAS, "disdukcapil"), Grant(Role.KOORDINATOR)}
