"""Where a conversation waits: the office's group, the coordinators', or private chats."""

from dataclasses import replace

import pytest

from desk.domain.roles import Role
from desk.services.ports import UnitsOfWork
from tests.integration.officer_scenes import GROUP, Clerk, handoff_of, register
from tests.integration.scenes import Citizen, Stage

OWN_GROUP = "-1002"


@pytest.fixture
def stage(units: UnitsOfWork) -> Stage:
    """Return a desk in which one office has a group of its own."""
    stage = Stage(units, officer_group=GROUP)
    catalogue = stage.tools.catalogue
    offices = tuple(
        replace(office, telegram_group=int(OWN_GROUP)) if office.id == "disdukcapil" else office
        for office in catalogue.agencies
    )
    stage.use(replace(stage.tools, catalogue=replace(catalogue, agencies=offices)))
    return stage


async def ask_about(citizen: Citizen, service: str) -> None:
    await citizen.say(f"petugas soal {service}", "minta_petugas", services=(service,))


async def test_an_office_with_a_group_of_its_own_serves_its_citizens_there(
    stage: Stage, citizen: Citizen
) -> None:
    ani = await register(stage, 7, "Ani Uji", Role.PETUGAS, "disdukcapil")
    ani = Clerk(stage, ani.sender, ani.officer, group=OWN_GROUP)
    await ask_about(citizen, "ktp_el")

    await ani.press("Ambil", topic=citizen)
    await ani.write("selamat pagi", topic=citizen)

    assert citizen.heard[-1].text.endswith("selamat pagi")
    assert (await handoff_of(citizen)).chat == OWN_GROUP
    assert stage.messenger.to(GROUP) == []


async def test_without_officers_there_the_coordinators_group_is_asked(
    stage: Stage, citizen: Citizen
) -> None:
    await register(stage, 8, "Budi Uji", Role.KOORDINATOR)

    await ask_about(citizen, "ktp_el")

    assert len(stage.messenger.to(GROUP)) == 1
    assert stage.messenger.to(OWN_GROUP) == []


async def test_a_busy_officer_of_an_office_without_a_group_is_called_in_private_as_well(
    stage: Stage, citizen: Citizen
) -> None:
    sari = await register(stage, 11, "Sari Uji", Role.PETUGAS, "dinsos_mamuju")
    await register(stage, 12, "Tono Uji", Role.PETUGAS, "dinsos_mamuju")
    await sari.command_privately("pribadi", "on")
    await ask_about(citizen, "bansos")

    await sari.press_privately("Ambil")

    assert (await handoff_of(citizen)).chat == "11"
    assert "dilayani Sari Uji" in stage.messenger.edited[0][2].text
    assert {chat for chat, _, _ in stage.messenger.edited} >= {GROUP}
    assert stage.messenger.to("12") == []


async def test_what_is_passed_on_moves_from_one_group_to_the_other(
    stage: Stage, citizen: Citizen
) -> None:
    budi = await register(stage, 8, "Budi Uji", Role.KOORDINATOR)
    await register(stage, 7, "Ani Uji", Role.PETUGAS, "disdukcapil")
    await citizen.say("petugas", "minta_petugas")
    await budi.press("Ambil", topic=citizen)

    await budi.press("Alihkan", topic=citizen)
    await budi.press(stage.tools.catalogue.agency("disdukcapil").singkat, topic=citizen)

    (card,) = stage.messenger.to(OWN_GROUP)
    assert "menunggu sejak" in card.text
    ended = [body for chat, _, body in stage.messenger.edited if chat == GROUP][-1]
    assert (ended.buttons, ended.leaves_topic) == ((), "tutup")
