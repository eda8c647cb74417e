"""A ticket's life through both programs: a question and its reply, a file, an album as proof."""

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from desk.domain.roles import Role
from simulator import BotApiServer
from simulator.people import Person
from simulator.system import Rasa
from tests.e2e.filing import file_complaint
from tests.e2e.officers import WAIT, Office, open_office
from tests.e2e.test_filing_on_telegram import picture


@pytest.fixture
async def office(telegram: BotApiServer, rasa: Rasa, tmp_path: Path) -> AsyncIterator[Office]:
    async with open_office(telegram, rasa, tmp_path) as opened:
        yield opened


async def test_a_ticket_from_a_question_to_the_proof(
    office: Office, telegram: BotApiServer
) -> None:
    sim = telegram.sim
    citizen = sim.user(1040, "Andi")
    kori = await office.hire(sim.user(2040, "Kori"), "Kori Koordinator")
    peta = await office.hire(sim.user(2041, "Peta"), "Peta", Role.PETUGAS, "dishub_mamuju")
    number = await file_complaint(citizen)

    # The question, something else, and the reply to the question.
    await open_ticket(kori, number)
    await kori.press("Tanya warga")
    await kori.wait_for("ingin Anda tanyakan", timeout=WAIT)
    await kori.send_text("Tiang nomor berapa?")
    question = await citizen.wait_for("Tiang nomor berapa?", timeout=WAIT)
    await citizen.send_text("berapa biaya bikin KTP?")
    await citizen.wait_for("gratis", timeout=WAIT)
    await citizen.send_text("dua belas", reply_to=question.message_id)
    await citizen.wait_for("Penanganan dilanjutkan", timeout=WAIT)

    # The sheet, as a file.
    await kori.send_text(f"/lembar {number}")
    sheet = await kori.wait_for("sebagai berkas CSV", timeout=WAIT)
    written = kori.download(sheet).decode("utf-8-sig")
    names, values = csv.reader(io.StringIO(written), delimiter=";")
    assert number in dict(zip(names, values, strict=True))["judul"]

    # To the office, into work, and to the end with an album.
    await open_ticket(kori, number)
    await kori.press("Verifikasi")
    await kori.wait_for("instansi mana", timeout=WAIT)
    await kori.press("Dishub")
    await kori.wait_for("sekarang: Diteruskan", timeout=WAIT)
    card = await open_ticket(peta, number)
    assert "dua belas" in card
    await peta.press("Mulai tangani")
    await peta.wait_for("sekarang: Sedang ditangani", timeout=WAIT)
    await open_ticket(peta, number)
    await peta.press("Selesaikan")
    await peta.wait_for("apa hasilnya", timeout=WAIT)
    await peta.press("Sudah diperbaiki")
    await peta.wait_for("apa buktinya", timeout=WAIT)
    await peta.send_album([picture(), picture()], "Lampu diganti")
    await peta.wait_for("2 foto diterima", timeout=WAIT)
    await peta.press("Selesaikan")
    await peta.wait_for("sekarang: Selesai ditangani", timeout=WAIT)
    await citizen.wait_for("Lampu diganti", timeout=WAIT)
    await citizen.wait_for("Foto 1 dari 2", timeout=WAIT)
    last = await citizen.wait_for("Foto 2 dari 2", timeout=WAIT)
    assert last.media == "photo"


async def open_ticket(officer: Person, number: str) -> str:
    await officer.send_text(f"/tiket {number}")
    card = await officer.wait_for("Riwayat", timeout=WAIT)
    assert number in card.text
    return card.text
