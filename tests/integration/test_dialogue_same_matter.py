"""A similar report is offered with the summary; who follows it hears the same news."""

from typing import Any

import pytest

from desk.domain.lifecycle import Actor, Identity, MoveDetails, Status
from desk.domain.ticket import Ticket
from desk.services.tickets.moving import move
from tests.integration.scenes import LAMP, LAMP_SENSE, Citizen, Stage, file_lamp, lamp_summary

OFFER = "Sudah ada laporan serupa"
FOLLOW = "Ikut laporan itu"
AGAIN = "min lampu jalan mati di karema sudah 2 hari, gelap skali"


@pytest.fixture
def first(stage: Stage) -> Citizen:
    return stage.citizen("111", "Andi Baso")


@pytest.fixture
def second(stage: Stage) -> Citizen:
    return stage.citizen("222", "Sitti Artifisial")


async def summary(citizen: Citizen, text: str = AGAIN, identity: str = "Terbuka") -> str:
    await citizen.say(text, **LAMP_SENSE)
    return await citizen.press("Saya setuju", "Tanpa foto", identity)


async def followers(stage: Stage, ticket: Ticket) -> int:
    async with stage.units() as uow:
        return len(await uow.tickets.followers(ticket.id))


async def test_a_similar_report_is_offered_by_category_place_and_date_only(
    first: Citizen, second: Citizen
) -> None:
    ticket = await file_lamp(first)
    text = await summary(second)
    offer = text[text.index(OFFER) :]
    assert "Lampu jalan" in offer
    assert "Karema" in offer
    assert "Selasa, 24 November 2026" in offer
    for secret in (ticket.number, "Andi", "3 hari", LAMP):
        assert secret not in offer
    assert second.labels == [FOLLOW, "Kirim", "Ubah", "Batal"]


async def test_who_follows_hears_the_same_news_and_sees_it_among_their_own(
    stage: Stage, first: Citizen, second: Citizen
) -> None:
    ticket = await file_lamp(first)
    await summary(second)
    said = await second.press(FOLLOW)
    assert ticket.number in said
    assert await second.draft() is None
    assert await second.tickets() == []
    assert await followers(stage, ticket) == 1

    async with stage.units() as uow:
        await move(uow, stage.tools, ticket.number, Status.WITHDRAWN, Actor.CITIZEN)
        await uow.commit()
    await stage.deliver()
    assert "yang Anda ikuti ditarik oleh pelapornya" in second.heard[-1].text

    card = await second.say("aduan saya", "cek_status_aduan")
    assert "Anda mengikuti laporan ini tentang Lampu jalan" in card
    assert LAMP not in card
    assert "Andi" not in card


async def test_a_follower_can_do_nothing_to_the_report(
    stage: Stage, first: Citizen, second: Citizen
) -> None:
    ticket = await file_lamp(first)
    await summary(second)
    await second.press(FOLLOW)
    await second.press("Lihat status")
    assert second.labels == ["Berhenti mengikuti"]
    assert "Tidak ada laporan Anda" in await second.say(
        f"tambah untuk {ticket.number}", "tambah_keterangan_aduan"
    )


async def test_who_follows_may_stop(stage: Stage, first: Citizen, second: Citizen) -> None:
    ticket = await file_lamp(first)
    await summary(second)
    await second.press(FOLLOW, "Lihat status")
    assert "tidak mengikuti" in await second.press("Berhenti mengikuti")
    assert await followers(stage, ticket) == 0


async def test_sending_all_the_same_makes_a_report_of_its_own(
    stage: Stage, first: Citizen, second: Citizen
) -> None:
    ticket = await file_lamp(first)
    await summary(second)
    await second.press("Kirim")
    assert len(await second.tickets()) == 1
    assert await followers(stage, ticket) == 0


@pytest.mark.parametrize(
    ("case", "kwargs"),
    [
        ("own report", {}),
        ("another matter", {"text": "tiang listrik miring hampir roboh sudah 2 minggu"}),
        ("confidential", {"identity": "Rahasia"}),
        ("anonymous", {"identity": "Anonim"}),
    ],
)
async def test_nothing_is_offered_where_it_would_be_wrong(
    first: Citizen, second: Citizen, case: str, kwargs: dict[str, Any]
) -> None:
    await file_lamp(first)
    if case == "own report":
        await first.say(AGAIN, **LAMP_SENSE)
        assert OFFER not in await first.press("Tanpa foto", "Terbuka")
        return
    assert OFFER not in await summary(second, **kwargs)


async def test_an_old_a_hidden_and_a_closed_report_are_not_offered(
    stage: Stage, first: Citizen, second: Citizen
) -> None:
    hidden = stage.citizen("333")
    await lamp_summary_as(hidden, "Rahasia")
    assert OFFER not in await summary(second)
    await second.press("Batal")

    ticket = await file_lamp(first)
    stage.clock.advance(days=31)
    await second.say(AGAIN, **LAMP_SENSE)
    assert OFFER not in await second.press("Tanpa foto", "Terbuka")
    await second.press("Batal")

    fresh = await file_again(first)
    async with stage.units() as uow:
        await move(uow, stage.tools, fresh.number, Status.WITHDRAWN, Actor.CITIZEN, MoveDetails())
        await uow.commit()
    await second.say(AGAIN, **LAMP_SENSE)
    assert OFFER not in await second.press("Tanpa foto", "Terbuka")
    assert ticket.identity is Identity.TERBUKA


async def lamp_summary_as(citizen: Citizen, identity: str) -> None:
    await citizen.say(LAMP, **LAMP_SENSE)
    await citizen.press("Saya setuju", "Tanpa foto", identity)
    if "Pakai nama" in " ".join(citizen.labels):
        await citizen.press(citizen.labels[0])
    await citizen.press("Kirim")


async def file_again(citizen: Citizen) -> Ticket:
    await citizen.say(LAMP, **LAMP_SENSE)
    await citizen.press("Tanpa foto", "Terbuka", "Kirim")
    return (await citizen.tickets())[0]


async def test_a_report_that_ends_meanwhile_is_followed_no_more(
    stage: Stage, first: Citizen, second: Citizen
) -> None:
    ticket = await file_lamp(first)
    await summary(second)
    async with stage.units() as uow:
        await move(uow, stage.tools, ticket.number, Status.WITHDRAWN, Actor.CITIZEN)
        await uow.commit()
    said = await second.press(FOLLOW)
    assert "sudah tidak berjalan lagi" in said
    assert await second.draft() is not None
    await second.press("Kirim")
    assert len(await second.tickets()) == 1


async def test_the_button_pressed_twice_follows_once(
    stage: Stage, first: Citizen, second: Citizen
) -> None:
    ticket = await file_lamp(first)
    await lamp_summary(second)
    await second.press(FOLLOW)
    await second.press(FOLLOW)
    assert await followers(stage, ticket) == 1
