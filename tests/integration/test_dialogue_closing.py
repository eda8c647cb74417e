"""Questions of officers, "is it solved?", reopening and rating, as citizens live them."""

from dataclasses import replace

import pytest

from desk.domain.inbound import FileRef, Inbound, InboundKind
from desk.domain.lifecycle import Actor, HistoryEntry, MoveDetails, OutcomeCode, Status
from desk.domain.officer import Officer, OfficerId
from desk.domain.roles import Grant, Role
from desk.domain.ticket import Ticket
from tests.integration.scenes import LAMP, LAMP_SENSE, Citizen, Sense, Stage, file_lamp

OFFICE = "dishub_mamuju"
FIXED = MoveDetails(outcome=OutcomeCode.FIXED, proof="Lampu diganti")
QUESTION = MoveDetails(question="Tiang nomor berapa?")


@pytest.fixture
async def clerk(stage: Stage) -> Officer:
    return await add_officer(stage, Role.PETUGAS, 9001)


async def add_officer(stage: Stage, role: Role, telegram_id: int) -> Officer:
    new = Officer(
        OfficerId(f"o{telegram_id}"), telegram_id, "Ani", stage.clock(), (Grant(role, OFFICE),)
    )
    async with stage.units() as uow:
        stored = await uow.officers.add(new)
        await uow.commit()
    return stored


async def in_progress(stage: Stage, citizen: Citizen) -> Ticket:
    """File a complaint and bring it to its office's table."""
    ticket = await file_lamp(citizen)
    async with stage.units() as uow:
        locked = await uow.tickets.lock(ticket.number)
        assert locked is not None
        entry = HistoryEntry(
            stage.clock(), Status.NEW, Status.IN_PROGRESS, Actor.PETUGAS, office=OFFICE
        )
        moved = replace(
            locked, status=Status.IN_PROGRESS, office=OFFICE, history=(*locked.history, entry)
        )
        await uow.tickets.save(moved)
        await uow.commit()
    return moved


async def test_a_solved_ticket_is_closed_and_rated_with_a_word(
    stage: Stage, citizen: Citizen, clerk: Officer
) -> None:
    ticket = await in_progress(stage, citizen)
    await stage.move(ticket, Status.RESOLVED, clerk, FIXED)
    assert "Apakah sudah selesai menurut Anda?" in citizen.heard[-1].text

    assert "Seberapa puas Anda" in await citizen.press("Sudah")
    assert "Terima kasih atas nilai 4" in await citizen.press("4")
    thanks = await citizen.say("cepat dan ramah", "puji_layanan")

    assert thanks == "Terima kasih, ulasan Anda sudah kami simpan."
    now = await stage.stored(ticket)
    assert (now.status, now.rating, now.rating_words) == (Status.CLOSED, 4, "cepat dan ramah")
    assert now.history[-1].by is Actor.CITIZEN


@pytest.mark.parametrize(
    ("text", "intent", "answer"),
    [
        ("tidak usah", "tolak", "Baik. Terima kasih."),
        ("syarat bikin ktp apa saja?", "tanya_syarat", ""),
    ],
)
async def test_what_is_no_opinion_is_kept_out_of_the_rating(
    stage: Stage, citizen: Citizen, clerk: Officer, text: str, intent: str, answer: str
) -> None:
    ticket = await in_progress(stage, citizen)
    await stage.move(ticket, Status.RESOLVED, clerk, FIXED)
    await citizen.press("Sudah", "5")
    said = await citizen.say(text, intent)
    assert answer in said
    now = await stage.stored(ticket)
    assert (now.rating, now.rating_words) == (5, None)


async def test_the_word_may_be_skipped(stage: Stage, citizen: Citizen, clerk: Officer) -> None:
    ticket = await in_progress(stage, citizen)
    await stage.move(ticket, Status.RESOLVED, clerk, FIXED)
    assert await citizen.press("Sudah", "1", "Lewati") == "Baik. Terima kasih."
    assert (await stage.stored(ticket)).rating == 1


async def test_not_solved_opens_it_again_once_and_then_only_a_supervisor_can(
    stage: Stage, citizen: Citizen, clerk: Officer
) -> None:
    boss = await add_officer(stage, Role.SUPERVISOR, 9002)
    ticket = await in_progress(stage, citizen)
    await stage.move(ticket, Status.RESOLVED, clerk, FIXED)

    assert "kami buka kembali" in await citizen.press("Belum")
    assert (await stage.stored(ticket)).status is Status.IN_PROGRESS
    await stage.deliver()
    assert any("dibuka kembali" in body.text for body in stage.messenger.to(boss.private_chat))

    await stage.move(ticket, Status.RESOLVED, clerk, FIXED)
    assert "sudah pernah dibuka kembali satu kali" in await citizen.press("Belum")
    assert (await stage.stored(ticket)).status is Status.RESOLVED


async def test_supervisors_hear_once_that_it_is_not_solved_though_it_cannot_be_reopened(
    stage: Stage, citizen: Citizen, clerk: Officer
) -> None:
    boss = await add_officer(stage, Role.SUPERVISOR, 9002)
    ticket = await in_progress(stage, citizen)
    for _ in range(2):
        await stage.move(ticket, Status.RESOLVED, clerk, FIXED)
        answer = await citizen.press("Belum")
    await citizen.press("Belum")
    await stage.deliver()
    told = [body.text for body in stage.messenger.to(boss.private_chat)]
    assert "keberatan Anda sudah kami teruskan" in answer
    assert sum("masih belum selesai" in text for text in told) == 1


@pytest.mark.parametrize(("days", "may_reopen"), [(10, True), (21, False)])
async def test_a_closed_and_rated_ticket_can_be_opened_again_while_there_is_time(
    stage: Stage, citizen: Citizen, clerk: Officer, days: int, may_reopen: bool
) -> None:
    ticket = await in_progress(stage, citizen)
    await stage.move(ticket, Status.RESOLVED, clerk, FIXED)
    await citizen.press("Sudah", "4", "Lewati")
    stage.clock.advance(days=days)
    await citizen.say("aduan saya", "cek_status_aduan")
    assert citizen.labels == (["Belum selesai"] if may_reopen else [])
    if may_reopen:
        assert "kami buka kembali" in await citizen.press("Belum selesai")
        assert (await stage.stored(ticket)).status is Status.IN_PROGRESS


async def test_a_typed_no_answers_the_question_whether_it_is_solved(
    stage: Stage, citizen: Citizen, clerk: Officer
) -> None:
    ticket = await in_progress(stage, citizen)
    await stage.move(ticket, Status.RESOLVED, clerk, FIXED)
    assert "kami buka kembali" in await citizen.say("belum", "tolak")
    await stage.move(ticket, Status.RESOLVED, clerk, FIXED)
    assert "Seberapa puas" in await citizen.say("iya sudah", "setuju")
    assert (await stage.stored(ticket)).status is Status.CLOSED


async def test_buttons_pressed_twice_or_late_do_no_harm(
    stage: Stage, citizen: Citizen, clerk: Officer
) -> None:
    ticket = await in_progress(stage, citizen)
    await stage.move(ticket, Status.RESOLVED, clerk, FIXED)
    await citizen.press("Sudah", "5")
    await citizen.press("Sudah", "2")
    now = await stage.stored(ticket)
    assert (now.status, now.rating) == (Status.CLOSED, 2)
    assert [entry.to_status for entry in now.history].count(Status.CLOSED) == 1


async def test_the_next_words_answer_the_officers_question(
    stage: Stage, citizen: Citizen, clerk: Officer
) -> None:
    ticket = await in_progress(stage, citizen)
    await stage.move(ticket, Status.ON_HOLD, clerk, QUESTION)
    assert "Tiang nomor berapa?" in citizen.heard[-1].text
    assert citizen.labels == ["Jawab"]

    answer = await citizen.say("nomor 12 dekat masjid", "di_luar_topik")

    assert "Penanganan dilanjutkan" in answer
    now = await stage.stored(ticket)
    assert now.status is Status.IN_PROGRESS
    assert [addition.text for addition in now.additions] == ["nomor 12 dekat masjid"]
    await stage.deliver()
    told = [body.text for body in stage.messenger.to(clerk.private_chat)]
    assert any("warga sudah menjawab" in text for text in told)


async def test_a_picture_after_the_button_answers_the_question_too(
    stage: Stage, citizen: Citizen, clerk: Officer
) -> None:
    ticket = await in_progress(stage, citizen)
    await stage.move(ticket, Status.ON_HOLD, clerk, QUESTION)
    await citizen.say("ktp syaratnya apa", "tanya_syarat")  # something else first
    await citizen.press("Jawab")
    await citizen.photos("foto-1")
    now = await stage.stored(ticket)
    assert now.status is Status.IN_PROGRESS
    assert len(now.additions) == 1


@pytest.mark.parametrize("intent", ["di_luar_topik", "tanya_biaya", "setuju", "terima_kasih"])
async def test_a_reply_answers_the_question_long_after_and_whatever_it_sounds_like(
    stage: Stage, citizen: Citizen, clerk: Officer, intent: str
) -> None:
    ticket = await in_progress(stage, citizen)
    await stage.move(ticket, Status.ON_HOLD, clerk, QUESTION)
    await citizen.say("ktp syaratnya apa", "tanya_syarat")  # something else first
    stage.rasa.senses["iya yang itu"] = Sense(intent)
    answer = await citizen.reply("Tiang nomor", Inbound(InboundKind.TEXT, text="iya yang itu"))

    assert "Penanganan dilanjutkan" in answer
    now = await stage.stored(ticket)
    assert now.status is Status.IN_PROGRESS
    assert [addition.text for addition in now.additions] == ["iya yang itu"]


async def test_each_of_two_replies_answers_its_own_question(
    stage: Stage, citizen: Citizen, clerk: Officer
) -> None:
    lamp, pole = await in_progress(stage, citizen), await in_progress(stage, citizen)
    await stage.move(lamp, Status.ON_HOLD, clerk, QUESTION)
    other = MoveDetails(question="Warna tiangnya?")
    await stage.move(pole, Status.ON_HOLD, clerk, other)
    for words in ("dua belas", "hijau"):
        stage.rasa.senses[words] = Sense("di_luar_topik")
    first = Inbound(InboundKind.TEXT, text="dua belas", reply_to=message_of(stage, "Tiang nomor"))
    await citizen.send(first)
    await citizen.reply("Warna tiangnya?", Inbound(InboundKind.TEXT, text="hijau"))

    assert [a.text for a in (await stage.stored(lamp)).additions] == ["dua belas"]
    assert [a.text for a in (await stage.stored(pole)).additions] == ["hijau"]


def message_of(stage: Stage, words: str) -> str:
    bodies = [body.text for _, body in stage.messenger.delivered]
    return str(next(n for n, text in enumerate(bodies, start=1) if words in text))


async def test_a_reply_amid_a_draft_answers_the_question_and_the_draft_goes_on(
    stage: Stage, citizen: Citizen, clerk: Officer
) -> None:
    ticket = await in_progress(stage, citizen)
    await citizen.say(LAMP, **LAMP_SENSE)
    await stage.move(ticket, Status.ON_HOLD, clerk, QUESTION)
    photo = Inbound(InboundKind.PHOTO, file=FileRef("foto-9"))
    answer = await citizen.reply("Tiang nomor", photo)

    draft = await citizen.draft()
    assert (await stage.stored(ticket)).status is Status.IN_PROGRESS
    assert draft is not None
    assert draft.photos == ()
    assert "Penanganan dilanjutkan" in answer
    assert "foto" in answer.split("Penanganan dilanjutkan")[1]


async def test_a_reply_of_yes_or_no_answers_whether_it_is_solved(
    stage: Stage, citizen: Citizen, clerk: Officer
) -> None:
    ticket = await in_progress(stage, citizen)
    await stage.move(ticket, Status.RESOLVED, clerk, FIXED)
    await citizen.say("ktp syaratnya apa", "tanya_syarat")
    stage.rasa.senses["belum pak"] = Sense("tolak")
    await citizen.reply("Apakah sudah selesai", Inbound(InboundKind.TEXT, text="belum pak"))
    assert (await stage.stored(ticket)).status is Status.IN_PROGRESS


async def test_a_reply_to_anything_else_is_understood_by_its_words(
    stage: Stage, citizen: Citizen, clerk: Officer
) -> None:
    ticket = await in_progress(stage, citizen)
    await stage.move(ticket, Status.ON_HOLD, clerk, QUESTION)
    await citizen.say("ktp syaratnya apa", "tanya_syarat")
    stage.rasa.senses["kalau biayanya?"] = Sense("tanya_biaya")
    await citizen.reply(citizen.heard[-1].text, Inbound(InboundKind.TEXT, text="kalau biayanya?"))
    assert (await stage.stored(ticket)).status is Status.ON_HOLD


async def test_a_question_does_not_disturb_a_draft(
    stage: Stage, citizen: Citizen, clerk: Officer
) -> None:
    ticket = await in_progress(stage, citizen)
    await citizen.say(LAMP, **LAMP_SENSE)
    await stage.move(ticket, Status.ON_HOLD, clerk, QUESTION)
    await citizen.press("Tanpa foto")
    assert (await stage.stored(ticket)).status is Status.ON_HOLD
    assert await citizen.draft() is not None


async def test_the_card_shows_the_running_clock_the_question_and_late_advice(
    stage: Stage, citizen: Citizen, clerk: Officer
) -> None:
    ticket = await in_progress(stage, citizen)
    card = await citizen.say(str(ticket.number), "cek_status_aduan")
    assert "14 hari kerja untuk penyelesaian, pedoman Permenpan RB 62/2018" in card
    assert "Senin, 14 Desember 2026, 16.00 WITA" in card

    stage.clock.advance(days=30)
    card = await citizen.say(str(ticket.number), "cek_status_aduan")
    assert "Batas ini sudah lewat" in card
    assert "SP4N-LAPOR!: lapor.go.id" in card
    assert "pengaduan.sulbar@ombudsman.go.id" in card
    assert "1708" not in card  # known from memory only: never told

    await stage.move(ticket, Status.ON_HOLD, clerk, QUESTION)
    card = await citizen.say(str(ticket.number), "cek_status_aduan")
    assert "<b>Pertanyaan petugas:</b> Tiang nomor berapa?" in card
    assert "Jawab" in citizen.labels


@pytest.mark.parametrize(
    ("target", "details", "told"),
    [
        (Status.RESOLVED, FIXED, ("Hasil:</b> Sudah diperbaiki", "Bukti:</b>")),
        (
            Status.NOT_OURS,
            MoveDetails(referral="Silakan ke kantor PLN"),
            ("Rujukan:</b> Silakan ke kantor PLN",),
        ),
    ],
)
async def test_the_card_still_says_how_a_ticket_ended(
    stage: Stage,
    citizen: Citizen,
    clerk: Officer,
    target: Status,
    details: MoveDetails,
    told: tuple[str, ...],
) -> None:
    ticket = await in_progress(stage, citizen)
    desk = clerk if target is Status.RESOLVED else await add_officer(stage, Role.SUPERVISOR, 9005)
    await stage.move(ticket, target, desk, details)
    card = await citizen.say(ticket.number, "cek_status_aduan")
    assert all(part in card for part in told)
    if target is Status.RESOLVED:
        await citizen.press("Belum", "Tambah keterangan")
        assert "Hasil" not in await citizen.say(ticket.number, "cek_status_aduan")
