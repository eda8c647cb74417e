"""Opening a confidential identity: who may, where, for what reason, and who hears of it."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import select

from desk.domain.inbound import Inbound, InboundKind
from desk.domain.roles import Role
from desk.domain.ticket import Reporter, Ticket
from desk.services.portal.tracking import full_ticket
from desk.storage.open import Storage
from desk.storage.tables import IdentityOpeningRow, OutboxRow
from tests.integration.crashing import Crash, Crashing
from tests.integration.officer_scenes import GROUP, Clerk, register
from tests.integration.scenes import LAMP, LAMP_SENSE, Citizen, Stage

REASON = "perlu menanyakan bukti kepada pelapor"
NAME = "Siti Pelapor Contoh"
PHONE = "081200000001"


@pytest.fixture
def officer_group() -> str:
    return GROUP


@pytest.fixture
def citizen(stage: Stage) -> Citizen:
    return stage.citizen("555666", "Nama Profil")


async def file(citizen: Citizen, identity: str = "Rahasia") -> Ticket:
    await citizen.say(LAMP, **LAMP_SENSE)
    await citizen.press("Saya setuju", "Tanpa foto", identity, "Kirim")
    (ticket,) = await citizen.tickets()
    async with citizen.stage.units() as uow:
        named = Reporter(ticket.reporter.conversation_id, NAME, PHONE)
        await uow.tickets.save(replace(ticket, reporter=named))
        await uow.commit()
    return ticket


async def openings(storage: Storage) -> list[tuple[str, str]]:
    async with storage.engine.connect() as connection:
        columns = (IdentityOpeningRow.officer_id, IdentityOpeningRow.reason)
        return [tuple(row) for row in await connection.execute(select(*columns))]


async def outbox_texts(storage: Storage) -> str:
    async with storage.engine.connect() as connection:
        return json.dumps([*await connection.scalars(select(OutboxRow.body))])


async def integrity(stage: Stage) -> Clerk:
    return await register(stage, 41, "Ibu Integritas", Role.INTEGRITAS)


async def test_it_is_opened_for_a_reason_and_the_citizen_hears_of_it_at_once(
    stage: Stage, citizen: Citizen, storage: Storage
) -> None:
    ticket = await file(citizen)
    officer = await integrity(stage)
    asked = await officer.command_privately("identitas", ticket.number)
    assert "alasannya" in asked
    assert NAME not in asked
    shown = await officer.write_privately(REASON)

    assert all(part in shown for part in (NAME, PHONE, "Nama Profil", "Telegram"))
    assert officer.officer is not None
    assert await openings(storage) == [(officer.officer.id, REASON)]
    told = citizen.heard[-1].text
    assert all(part in told for part in (ticket.number, "Ibu Integritas", REASON, "24 November"))
    stored = await outbox_texts(storage)
    assert NAME not in stored  # the answer is emptied once it is sent
    assert PHONE not in stored


async def test_the_citizen_sees_it_in_the_card_and_with_the_code(
    stage: Stage, citizen: Citizen
) -> None:
    ticket = await file(citizen)
    officer = await integrity(stage)
    await officer.command_privately("identitas", ticket.number)
    await officer.write_privately(REASON)
    card = await citizen.command("lacak", ticket.number)
    assert "Identitas dibuka oleh Ibu Integritas pada Selasa, 24 November 2026" in card
    assert REASON in card
    stranger = stage.citizen("777")
    assert REASON not in await stranger.command("lacak", ticket.number)
    whole = await full_ticket(stage.units, stage.tools, ticket.number)
    assert [(each.officer, each.reason) for each in whole.openings] == [("Ibu Integritas", REASON)]


async def test_the_card_of_a_confidential_ticket_has_a_button_for_it(
    stage: Stage, citizen: Citizen, storage: Storage
) -> None:
    ticket = await file(citizen)
    officer = await integrity(stage)
    await officer.command_privately("tiket", ticket.number)
    assert "alasannya" in await officer.press_privately("Buka identitas")
    await officer.write_privately(REASON)
    assert len(await openings(storage)) == 1


@pytest.mark.parametrize("words", ["ingin", "  a  b  c  ", "123456789"])
async def test_without_a_real_reason_nothing_is_opened(
    stage: Stage, citizen: Citizen, storage: Storage, words: str
) -> None:
    ticket = await file(citizen)
    officer = await integrity(stage)
    await officer.command_privately("identitas", ticket.number)
    assert "terlalu pendek" in await officer.write_privately(words)
    assert await openings(storage) == []
    assert NAME not in await outbox_texts(storage)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.INTEGRITAS])
async def test_no_other_role_may_ask(
    stage: Stage, citizen: Citizen, storage: Storage, role: Role
) -> None:
    ticket = await file(citizen)
    has_office = role in {Role.PETUGAS, Role.SUPERVISOR}
    office = "dishub_mamuju" if has_office else None
    officer = await register(stage, 42, "Pak Lain", role, office)
    assert "tidak berwenang" in await officer.command_privately("identitas", ticket.number)
    await officer.write_privately(REASON)
    assert await openings(storage) == []


async def test_never_in_a_group(stage: Stage, citizen: Citizen, storage: Storage) -> None:
    ticket = await file(citizen)
    officer = await integrity(stage)
    assert "percakapan pribadi" in await officer.command("identitas", ticket.number)
    await officer.write(REASON)
    assert await openings(storage) == []


@pytest.mark.parametrize("identity", ["Terbuka"])
async def test_only_confidential_tickets_have_an_identity_to_open(
    stage: Stage, citizen: Citizen, identity: str
) -> None:
    ticket = await file(citizen, identity)
    officer = await integrity(stage)
    answer = await officer.command_privately("identitas", ticket.number)
    assert "Tidak ada laporan rahasia" in answer
    assert "Tulis" in await officer.command_privately("identitas", "bukan nomor")


async def test_an_erased_identity_cannot_be_opened(
    stage: Stage, citizen: Citizen, storage: Storage
) -> None:
    ticket = await file(citizen)
    officer = await integrity(stage)
    await officer.command_privately("identitas", ticket.number)
    await citizen.command("hapusdata")
    await citizen.press("Ya, hapus data saya")
    assert "tidak disimpan" in await officer.write_privately(REASON)
    assert await openings(storage) == []


async def test_who_lost_the_role_meanwhile_opens_nothing(
    stage: Stage, citizen: Citizen, storage: Storage
) -> None:
    ticket = await file(citizen)
    officer = await integrity(stage)
    await officer.command_privately("identitas", ticket.number)
    assert officer.officer is not None
    async with stage.units() as uow:
        await uow.officers.save(replace(officer.officer, grants=()))
        await uow.commit()
    await officer.write_privately(REASON)
    assert await openings(storage) == []


async def test_a_worker_that_dies_anywhere_opens_it_once(
    stage: Stage, citizen: Citizen, storage: Storage
) -> None:
    ticket = await file(citizen)
    officer = await integrity(stage)
    await officer.command_privately("identitas", ticket.number)
    await officer.send(Inbound(InboundKind.TEXT, text=REASON), private=True)
    at = 1
    while True:
        try:
            await stage.work(stage.shop(Crashing(stage.units, at=at)))
        except Crash:
            at += 1
            stage.clock.advance(seconds=13)
        else:
            break
    await stage.deliver()
    assert len(await openings(storage)) == 1
    told = [body for body in citizen.heard if REASON in body.text]
    assert len(told) == 1
