"""Photos that prove an outcome: one, or an album that Telegram hands over part by part."""

import pytest

from desk.domain.inbound import FileRef, Inbound, InboundKind
from desk.domain.lifecycle import MAX_PROOF_PHOTOS, Status
from desk.domain.roles import Role
from desk.domain.ticket import Ticket
from tests.integration.officer_scenes import GROUP, Clerk, register
from tests.integration.scenes import Citizen, Stage
from tests.integration.ticket_life import OFFICE, ready, ticket_in


@pytest.fixture
def officer_group() -> str:
    return GROUP


@pytest.fixture
async def citizen(stage: Stage) -> Citizen:
    return await ready(stage)


@pytest.fixture
async def clerk(stage: Stage) -> Clerk:
    return await register(stage, 902, "Peta", Role.PETUGAS, OFFICE)


@pytest.fixture
async def ticket(stage: Stage, citizen: Citizen, clerk: Clerk) -> Ticket:
    """Return a ticket whose officer has been asked for the proof of its outcome."""
    in_work = await ticket_in(stage, Status.IN_PROGRESS, citizen)
    await clerk.command_privately("tiket", in_work.number)
    await clerk.press_privately("Selesaikan")
    await clerk.press_privately("Sudah diperbaiki")
    return in_work


async def send_album(clerk: Clerk, *files: str, caption: str | None = None) -> None:
    for position, name in enumerate(files):
        text = caption if position == 0 else None
        photo = Inbound(InboundKind.PHOTO, text=text, file=FileRef(name), album="a1")
        await clerk.send(photo, private=True)


async def show_album(clerk: Clerk, *files: str, caption: str | None = None) -> None:
    """Send an album and have the desk take it in."""
    await send_album(clerk, *files, caption=caption)
    await clerk.hear("902")


async def contents(stage: Stage, photos: tuple[str, ...]) -> list[bytes]:
    async with stage.units() as uow:
        found = [await uow.attachments.get(photo) for photo in photos]
    return [each[0] for each in found if each]


async def test_all_photos_of_an_album_prove_an_outcome_and_reach_the_citizen(
    stage: Stage, citizen: Citizen, clerk: Clerk, ticket: Ticket
) -> None:
    await show_album(clerk, "satu", "dua", "tiga", caption="Sudah ditambal")
    while_coming = await stage.stored(ticket)
    told = stage.messenger.edited[-1][2].text
    await clerk.press_privately("Selesaikan")

    last = (await stage.stored(ticket)).history[-1]
    assert while_coming.status is Status.IN_PROGRESS
    assert "3 foto diterima" in told
    assert await contents(stage, last.photos) == [b"satu", b"dua", b"tiga"]
    assert last.proof == "Sudah ditambal"
    shown = citizen.heard[-3:]
    assert [each.attachment for each in shown] == list(last.photos)
    assert "Foto 2 dari 3" in shown[1].text


async def test_parts_that_come_later_are_kept_whatever_button_is_pressed(
    stage: Stage, clerk: Clerk, ticket: Ticket
) -> None:
    await show_album(clerk, "satu")
    early = await clerk.token("Selesaikan", "902", None)
    await show_album(clerk, "dua")
    await clerk.send(Inbound(InboundKind.PRESS, token=early), private=True)
    await clerk.hear("902")

    last = (await stage.stored(ticket)).history[-1]
    assert await contents(stage, last.photos) == [b"satu", b"dua"]


async def test_words_after_an_album_complete_the_proof(
    stage: Stage, clerk: Clerk, ticket: Ticket
) -> None:
    await show_album(clerk, "satu", "dua")
    said = await clerk.write_privately("Ditambal oleh regu dua")

    last = (await stage.stored(ticket)).history[-1]
    assert "sekarang: Selesai ditangani" in said
    assert (len(last.photos), last.proof) == (2, "Ditambal oleh regu dua")


async def test_no_more_photos_are_kept_than_a_proof_may_have(
    stage: Stage, clerk: Clerk, ticket: Ticket
) -> None:
    await show_album(clerk, *(f"foto-{number}" for number in range(MAX_PROOF_PHOTOS + 2)))
    told = stage.messenger.edited[-1][2].text
    await clerk.press_privately("Selesaikan")

    last = (await stage.stored(ticket)).history[-1]
    assert len(last.photos) == MAX_PROOF_PHOTOS
    assert "5 foto diterima sebagai bukti; lebih dari itu tidak disimpan" in told


async def test_a_cancelled_album_changes_nothing(
    stage: Stage, clerk: Clerk, ticket: Ticket
) -> None:
    await show_album(clerk, "satu", "dua")
    await clerk.press_privately("Batal")
    assert (await stage.stored(ticket)).status is Status.IN_PROGRESS


async def test_a_part_that_comes_after_the_outcome_is_added_to_its_proof(
    stage: Stage, citizen: Citizen, clerk: Clerk, ticket: Ticket
) -> None:
    await show_album(clerk, "satu")
    await clerk.press_privately("Selesaikan")
    await send_album(clerk, "dua")
    said = await clerk.hear("902")
    shown = citizen.heard[-2:]

    *_, outcome, late = (await stage.stored(ticket)).history
    assert "ditambahkan pada bukti" in said
    assert await contents(stage, (*outcome.photos, *late.photos)) == [b"satu", b"dua"]
    assert "menambahkan foto sebagai bukti" in shown[0].text
    assert shown[1].attachment == late.photos[0]
    assert "kami tutup" in await citizen.say("iya sudah", "setuju")


async def test_a_late_part_proves_nothing_about_the_next_ticket(
    stage: Stage, citizen: Citizen, clerk: Clerk, ticket: Ticket
) -> None:
    await show_album(clerk, "satu")
    await clerk.press_privately("Selesaikan")
    other = await ticket_in(stage, Status.IN_PROGRESS, citizen)
    await clerk.command_privately("tiket", other.number)
    await clerk.press_privately("Selesaikan")
    await clerk.press_privately("Sudah diperbaiki")
    await show_album(clerk, "dua")
    said = await clerk.write_privately("Ditambal oleh regu dua")

    last = (await stage.stored(other)).history[-1]
    assert f"{other.number}</b> sekarang: Selesai ditangani" in said
    assert (last.proof, last.photos) == ("Ditambal oleh regu dua", ())
    assert len((await stage.stored(ticket)).history[-1].photos) == 1


async def test_late_parts_do_not_exceed_what_a_proof_may_have(
    stage: Stage, clerk: Clerk, ticket: Ticket
) -> None:
    await show_album(clerk, *(f"foto-{number}" for number in range(MAX_PROOF_PHOTOS - 1)))
    await clerk.press_privately("Selesaikan")
    await send_album(clerk, "lima", "enam")
    said = await clerk.hear("902")

    history = (await stage.stored(ticket)).history
    assert "sudah punya 5 foto bukti" in said
    assert sum(len(entry.photos) for entry in history) == MAX_PROOF_PHOTOS


async def test_a_part_that_comes_after_reopening_is_refused(
    stage: Stage, citizen: Citizen, clerk: Clerk, ticket: Ticket
) -> None:
    await show_album(clerk, "satu")
    await clerk.press_privately("Selesaikan")
    await citizen.press("Belum")
    await send_album(clerk, "dua")
    said = await clerk.hear("902")

    assert "tidak dapat Anda lakukan" in said
    assert (await stage.stored(ticket)).status is Status.IN_PROGRESS
