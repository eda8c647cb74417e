"""Officers work on tickets in Telegram: lists by clock, cards, moves step by step."""

import csv
import io
import re
from dataclasses import replace

import pytest

from desk.domain.inbound import FileRef, Inbound, InboundKind
from desk.domain.lifecycle import Actor, HistoryEntry, Identity, Kind, Status
from desk.domain.outgoing import Outgoing
from desk.domain.roles import Role
from tests.integration.officer_scenes import GROUP, Clerk, register
from tests.integration.scenes import Stage, file_lamp, labels_of
from tests.integration.ticket_life import OFFICE, SECRETS, ready, ticket_in

AT_THE_BEGINNING = ("Tolak", "Bukan wewenang", "Tanya warga", "Gabung")
S = Status


@pytest.fixture
def officer_group() -> str:
    return GROUP


@pytest.fixture
async def coordinator(stage: Stage) -> Clerk:
    return await register(stage, 901, "Kori", Role.KOORDINATOR)


@pytest.fixture
async def clerk(stage: Stage) -> Clerk:
    return await register(stage, 902, "Peta", Role.PETUGAS, OFFICE)


@pytest.fixture
async def boss(stage: Stage) -> Clerk:
    return await register(stage, 903, "Supi", Role.SUPERVISOR, OFFICE)


@pytest.fixture
async def keeper(stage: Stage) -> Clerk:
    return await register(stage, 904, "Integ", Role.INTEGRITAS)


def newest(stage: Stage, where: str) -> Outgoing:
    return stage.messenger.to(where)[-1]


async def test_a_new_report_is_announced_to_the_coordinators_and_opened_by_a_button(
    stage: Stage, coordinator: Clerk
) -> None:
    ticket = await file_lamp(stage.citizen())
    await stage.deliver()
    announced = newest(stage, GROUP).text
    assert ticket.number in announced
    assert "Lampu jalan" in announced
    assert "Andi" not in announced

    card = await coordinator.press("Buka tiket")
    assert card.startswith(f"<b>{ticket.number}</b> · Diterima")
    assert "Andi" not in card
    assert "buka tiket ini di chat pribadi" in card


async def test_tickets_are_listed_by_clock_with_their_share_used(
    stage: Stage, clerk: Clerk
) -> None:
    fresh = await ticket_in(stage, S.IN_PROGRESS)
    old = await ticket_in(stage, S.FORWARDED)
    held = await ticket_in(stage, S.ON_HOLD)
    await ticket_in(stage, S.FORWARDED, office="dishub_mamuju")
    stage.clock.advance(days=8)
    listed = await clerk.command_privately("tiket")
    numbers = re.findall(r"MJU-\w{4}-\w{4}", listed)
    assert numbers == [old.number, fresh.number, held.number]
    assert f"🔴 <code>{old.number}</code>" in listed
    assert "(1–3 dari 3)" in listed
    assert listed.count("%") == 2


async def test_officers_never_read_that_a_ticket_waits_for_their_own_answer(
    stage: Stage, clerk: Clerk
) -> None:
    ticket = await ticket_in(stage, S.ON_HOLD)
    listed = await clerk.command_privately("tiket")
    card = await clerk.command_privately("tiket", ticket.number)
    for said in (listed, card):
        assert "Menunggu jawaban pelapor" in said
        assert "jawaban Anda" not in said


async def test_a_long_list_goes_on_behind_a_button(stage: Stage, clerk: Clerk) -> None:
    for _ in range(10):
        await ticket_in(stage, S.FORWARDED)
    first = await clerk.command_privately("tiket")
    second = await clerk.press_privately("Berikutnya")
    assert "(1–8 dari 10)" in first
    assert "(9–10 dari 10)" in second


async def test_the_coordinators_list_of_what_is_not_checked(
    stage: Stage, coordinator: Clerk
) -> None:
    new = await ticket_in(stage)
    await ticket_in(stage, S.FORWARDED)
    listed = await coordinator.command("baru")
    assert re.findall(r"MJU-\w{4}-\w{4}", listed) == [new.number]


async def test_a_card_shows_the_person_only_in_private_to_who_is_entitled(
    stage: Stage, coordinator: Clerk, clerk: Clerk
) -> None:
    ticket = await ticket_in(stage, S.FORWARDED, await ready(stage))
    in_private = await clerk.command_privately("tiket", ticket.number)
    assert all(secret in in_private for secret in SECRETS)
    assert "https://www.openstreetmap.org/?mlat=-2.670000" in in_private
    in_group = await coordinator.command("tiket", ticket.number)
    assert ticket.number in in_group
    assert not any(secret in in_group for secret in SECRETS)


async def test_a_protected_ticket_is_shown_to_integritas_alone_and_never_in_a_group(
    stage: Stage, coordinator: Clerk, clerk: Clerk, boss: Clerk, keeper: Clerk
) -> None:
    ticket = await ticket_in(stage, S.FORWARDED, identity=Identity.RAHASIA)
    for other in (coordinator, clerk, boss):
        assert "tidak ada, atau tidak dapat" in await other.command_privately(
            "tiket", ticket.number
        )
        assert ticket.number not in await other.command_privately("tiket")
    assert "tidak ada, atau tidak dapat" in await keeper.command("tiket", ticket.number)
    assert ticket.number not in await keeper.command("tiket")
    card = await keeper.command_privately("tiket", ticket.number)
    assert "terlindung" in card
    assert "dirahasiakan" in card
    assert ticket.number in await keeper.command_privately("tiket")
    for body in stage.messenger.delivered:
        assert not any(secret in body[1].text for secret in SECRETS)


@pytest.mark.parametrize(
    ("status", "who", "expected"),
    [
        (S.NEW, "coordinator", {"Verifikasi", "Tolak", "Bukan wewenang", "Tanya warga", "Gabung"}),
        (
            S.VERIFIED,
            "coordinator",
            {"Teruskan", "Tolak", "Bukan wewenang", "Tanya warga", "Gabung"},
        ),
        (S.FORWARDED, "clerk", {"Bukan tugas kami", "Mulai tangani", "Tanya warga"}),
        (S.IN_PROGRESS, "clerk", {"Selesaikan", "Tanya warga"}),
        (S.ON_HOLD, "clerk", {"Tarik pertanyaan"}),
        (S.CLOSED, "boss", {"Buka kembali"}),
        (S.MERGED, "boss", {"Pisahkan"}),
    ],
)
async def test_the_buttons_of_a_card_are_exactly_the_moves_of_this_officer(
    stage: Stage,
    coordinator: Clerk,
    clerk: Clerk,
    boss: Clerk,
    status: Status,
    who: str,
    expected: set[str],
) -> None:
    officer = {"coordinator": coordinator, "clerk": clerk, "boss": boss}[who]
    ticket = await ticket_in(stage, status)
    await officer.command_privately("tiket", ticket.number)
    notes = {"Alihkan", "Perlu cek lapangan", "Nomor LAPOR!", "Lembar LAPOR!"}
    assert set(labels_of(newest(stage, str(officer.sender)))) - notes == expected


@pytest.mark.parametrize(
    ("status", "lines"),
    [
        (
            S.FORWARDED,
            {
                "petugas: Bukan tugas kami, Mulai tangani, Tanya warga",
                "koordinator, supervisor: Bukan wewenang, Tanya warga, Gabung",
            },
        ),
        (S.CLOSED, {"supervisor: Buka kembali"}),
        (S.REJECTED, set()),
    ],
)
async def test_a_card_tells_who_may_take_which_step(
    stage: Stage, coordinator: Clerk, status: Status, lines: set[str]
) -> None:
    ticket = await ticket_in(stage, status)
    card = await coordinator.command("tiket", ticket.number)
    _, _, told = card.partition("<b>Yang boleh sekarang:</b>\n")
    assert {line.removeprefix("• ") for line in told.splitlines()} == lines


async def test_only_integritas_may_take_steps_of_a_protected_ticket(
    stage: Stage, keeper: Clerk
) -> None:
    ticket = await ticket_in(stage, S.FORWARDED, identity=Identity.RAHASIA)
    card = await keeper.command_privately("tiket", ticket.number)
    _, _, told = card.partition("<b>Yang boleh sekarang:</b>\n")
    [line] = told.splitlines()
    assert line.startswith("• integritas: ")
    assert "Mulai tangani" in line


async def test_a_ticket_is_verified_with_an_office_chosen_by_button(
    stage: Stage, coordinator: Clerk, clerk: Clerk
) -> None:
    citizen = await ready(stage)
    ticket = await ticket_in(stage, S.NEW, citizen)
    await coordinator.command("tiket", ticket.number)
    assert "instansi mana" in await coordinator.press("Verifikasi")
    office = stage.tools.catalogue.agency(OFFICE).singkat
    done = await coordinator.press(office)
    assert f"<b>{ticket.number}</b> sekarang: Diteruskan" in done
    assert (await stage.stored(ticket)).status is S.FORWARDED
    assert "sudah diperiksa dan diteruskan" in citizen.heard[-1].text
    assert ticket.number in newest(stage, str(clerk.sender)).text


async def test_a_refusal_asks_for_reason_words_and_a_confirmation(
    stage: Stage, coordinator: Clerk
) -> None:
    citizen = await ready(stage)
    ticket = await ticket_in(stage, S.NEW, citizen)
    await coordinator.command("tiket", ticket.number)
    await coordinator.press("Tolak")
    await coordinator.press("Kurang jelas")
    confirm = await coordinator.write("Mohon sebut nama jalannya")
    assert "Yang dibaca warga: <i>Mohon sebut nama jalannya</i>" in confirm
    assert (await stage.stored(ticket)).status is S.NEW
    await coordinator.press("Ya, lanjutkan")
    assert (await stage.stored(ticket)).status is S.REJECTED
    assert "Mohon sebut nama jalannya" in citizen.heard[-1].text


async def test_cancel_leaves_everything_as_it_was(stage: Stage, coordinator: Clerk) -> None:
    ticket = await ticket_in(stage)
    await coordinator.command("tiket", ticket.number)
    await coordinator.press("Tanya warga")
    assert "tidak diubah" in await coordinator.press("Batal")
    await coordinator.write("Di sebelah mana?")
    assert (await stage.stored(ticket)).status is S.NEW


async def test_an_outcome_with_a_date_and_a_photo_as_proof(stage: Stage, clerk: Clerk) -> None:
    citizen = await ready(stage)
    ticket = await ticket_in(stage, S.IN_PROGRESS, citizen)
    await clerk.command_privately("tiket", ticket.number)
    await clerk.press_privately("Selesaikan")
    await clerk.press_privately("Sudah dijadwalkan")
    assert "tidak terbaca atau sudah lewat" in await clerk.write_privately("1/1/2020")
    assert "apa buktinya" in await clerk.write_privately("1 Desember 2026")
    photo = Inbound(InboundKind.PHOTO, text="Alat sudah di lokasi", file=FileRef("berkas-1"))
    await clerk.send(photo, private=True)
    assert "sekarang: Selesai ditangani" in await clerk.hear(str(clerk.sender))

    last = (await stage.stored(ticket)).history[-1]
    assert last.scheduled_for is not None
    assert (last.scheduled_for.isoformat(), last.proof) == ("2026-12-01", "Alat sudah di lokasi")
    async with stage.units() as uow:
        assert len(last.photos) == 1
        assert await uow.attachments.get(last.photos[0]) == (b"berkas-1", "image/jpeg")
    question, picture = citizen.heard[-2:]
    assert "Selasa, 1 Desember 2026" in question.text
    assert picture.attachment == last.photos[0]


async def test_an_office_gives_a_ticket_back_with_words(
    stage: Stage, clerk: Clerk, coordinator: Clerk
) -> None:
    ticket = await ticket_in(stage, S.FORWARDED)
    await clerk.command_privately("tiket", ticket.number)
    await clerk.press_privately("Bukan tugas kami")
    await clerk.write_privately("Ini jalan provinsi")
    now = await stage.stored(ticket)
    assert (now.status, now.office) == (S.VERIFIED, None)
    assert "Ini jalan provinsi" in newest(stage, GROUP).text


async def test_a_ticket_is_rerouted_with_a_reason_its_citizen_reads(
    stage: Stage, coordinator: Clerk
) -> None:
    citizen = await ready(stage)
    ticket = await ticket_in(stage, S.FORWARDED, citizen)
    other = await register(stage, 905, "Dian", Role.PETUGAS, "dishub_mamuju")
    await coordinator.command("tiket", ticket.number)
    await coordinator.press("Alihkan")
    await coordinator.press(stage.tools.catalogue.agency("dishub_mamuju").singkat)
    await coordinator.write("Ini urusan rambu")
    now = await stage.stored(ticket)
    assert (now.status, now.office) == (S.FORWARDED, "dishub_mamuju")
    assert "Ini urusan rambu" in citizen.heard[-1].text
    assert ticket.number in newest(stage, str(other.sender)).text


async def test_a_supervisor_gives_time_for_a_field_check(stage: Stage, boss: Clerk) -> None:
    citizen = await ready(stage)
    ticket = await ticket_in(stage, S.IN_PROGRESS, citizen)
    await boss.command_privately("tiket", ticket.number)
    await boss.press_privately("Perlu cek lapangan")
    await boss.write_privately("Perlu ukur kedalaman")
    assert len((await stage.stored(ticket)).field_checks) == 1
    assert "Perlu ukur kedalaman" in citizen.heard[-1].text
    assert "60 hari kerja untuk penyelesaian" in citizen.heard[-1].text


async def test_tickets_are_merged_after_a_look_at_the_other(
    stage: Stage, coordinator: Clerk
) -> None:
    citizen = await ready(stage)
    ticket = await ticket_in(stage, S.NEW, citizen)
    other = await ticket_in(stage, S.FORWARDED)
    await coordinator.command("tiket", ticket.number)
    await coordinator.press("Gabung")
    assert "tidak ada, salah ketik" in await coordinator.write("MJU-0000-0001")
    assert "tidak ada, salah ketik" in await coordinator.write(ticket.number)
    assert f"Digabung dengan {other.number}" in await coordinator.write(other.number)
    await coordinator.press("Ya, lanjutkan")
    assert (await stage.stored(ticket)).merged_into == other.number
    assert other.number in citizen.heard[-1].text


async def test_an_external_office_comes_with_a_ready_referral(
    stage: Stage, coordinator: Clerk
) -> None:
    citizen = await ready(stage)
    ticket = await ticket_in(
        stage, S.NEW, citizen, category="listrik_telekomunikasi", office="pln_mamuju"
    )
    card = await coordinator.command("tiket", ticket.number)
    assert "instansi luar" in card
    await coordinator.press("Bukan wewenang")
    label = next(each for each in labels_of(newest(stage, GROUP)) if each.startswith("Rujuk"))
    await coordinator.press(label)
    await coordinator.press("Ya, lanjutkan")
    assert (await stage.stored(ticket)).status is S.NOT_OURS
    agency = stage.tools.catalogue.agency("pln_mamuju")
    assert f"Urusan ini ditangani {agency.nama}" in citizen.heard[-1].text


async def test_a_stale_button_says_that_the_ticket_has_changed(
    stage: Stage, coordinator: Clerk
) -> None:
    ticket = await ticket_in(stage)
    await coordinator.command("tiket", ticket.number)
    await coordinator.press("Verifikasi")
    async with stage.units() as uow:
        locked = await uow.tickets.lock(ticket.number)
        assert locked is not None
        entry = HistoryEntry(stage.clock(), S.NEW, S.WITHDRAWN, Actor.CITIZEN)
        await uow.tickets.save(
            replace(locked, status=S.WITHDRAWN, history=(*locked.history, entry))
        )
        await uow.commit()
    office = stage.tools.catalogue.agency(OFFICE).singkat
    assert "sudah berubah" in await coordinator.press(office)


async def test_the_number_in_sp4n_lapor_is_kept_and_told_on_card_and_sheet(
    stage: Stage, coordinator: Clerk
) -> None:
    ticket = await ticket_in(stage, description="=HYPERLINK jalan\nrusak")
    assert "misalnya" in await coordinator.command("lembar")
    said = await coordinator.command("lapor", f"{ticket.number} #1234567")
    assert "1234567" in said
    assert (await stage.stored(ticket)).lapor_number == "1234567"
    sheet = await coordinator.command("lembar", ticket.number)
    assert "<b>Nomor lapor:</b> 1234567" in sheet
    assert not any(secret in sheet for secret in SECRETS)
    await coordinator.command("lapor", ticket.number)
    await coordinator.write("7654321")
    assert (await stage.stored(ticket)).lapor_number == "7654321"


async def test_the_sheet_comes_as_a_file_that_spreadsheets_open_and_take_no_orders_from(
    stage: Stage, coordinator: Clerk
) -> None:
    ticket = await ticket_in(stage, description="=HYPERLINK jalan\nrusak, dalam; “besar”")
    await coordinator.command("lembar", ticket.number)
    file = stage.messenger.contents[-1]
    assert newest(stage, GROUP).document == f"lembar-{ticket.number}.csv"
    assert file is not None
    assert file.startswith(b"\xef\xbb\xbf")
    written = file.decode("utf-8-sig")
    names, values = csv.reader(io.StringIO(written, newline=""), delimiter=";")
    assert all(line.startswith('"') for line in written.splitlines())
    told = dict(zip(names, values, strict=True))
    assert told["isi"] == "'=HYPERLINK jalan rusak, dalam; “besar”"
    assert ticket.number in told["judul"]
    assert not any(secret in value for secret in SECRETS for value in values)


async def test_the_file_has_all_of_a_long_report_and_the_message_its_beginning(
    stage: Stage, coordinator: Clerk
) -> None:
    ticket = await ticket_in(stage, description="panjang " * 400 + "sampai akhir")
    await coordinator.command("lembar", ticket.number)
    told = "".join(body.text for body in stage.messenger.to(GROUP))
    assert "panjang" in told
    assert "sampai akhir" not in told
    assert b"sampai akhir" in (stage.messenger.contents[-1] or b"")


async def test_lapor_without_a_number_is_the_citizens_command(stage: Stage, clerk: Clerk) -> None:
    said = await clerk.command_privately("lapor")
    assert "petugas" not in said.lower() or "SP4N" not in said
    assert "misalnya: /lapor" not in said


async def test_who_was_called_is_noted_for_an_application(stage: Stage, clerk: Clerk) -> None:
    ticket = await ticket_in(stage, S.FORWARDED, kind=Kind.PERMOHONAN)
    await clerk.command_privately("tiket", ticket.number)
    assert "sudah dihubungi" in await clerk.press_privately("Sudah dihubungi")
    assert (await stage.stored(ticket)).first_contact_at is not None


async def test_photos_are_sent_on_demand(stage: Stage, clerk: Clerk) -> None:
    ticket = await ticket_in(stage, S.FORWARDED, photos=("f1", "f2"))
    async with stage.units() as uow:
        for name in ("f1", "f2"):
            await uow.attachments.add(name, None, b"x", "image/jpeg", stage.clock())
        await uow.attachments.belong_to_ticket(["f1", "f2"], ticket.id, at=stage.clock())
        await uow.commit()
    await clerk.command_privately("tiket", ticket.number)
    await clerk.press_privately("Lihat foto")
    sent = [body.attachment for body in stage.messenger.to(str(clerk.sender))]
    assert sent[-2:] == ["f1", "f2"]


async def test_somebody_elses_question_is_not_answered_in_a_group(
    stage: Stage, coordinator: Clerk
) -> None:
    second = await register(stage, 906, "Koko", Role.KOORDINATOR)
    ticket = await ticket_in(stage)
    await coordinator.command("tiket", ticket.number)
    await coordinator.press("Tanya warga")
    await second.write("Siapa yang piket besok?")
    assert (await stage.stored(ticket)).status is S.NEW
    await coordinator.write("Di sebelah mana?")
    now = await stage.stored(ticket)
    assert (now.status, now.history[-1].words) == (S.ON_HOLD, "Di sebelah mana?")
