"""A complaint on Telegram, in one message and step by step, and what can go wrong with it."""

import asyncio
import io
from pathlib import Path

from PIL import Image

from simulator import BotApiServer
from simulator.system import Gateway
from tests.e2e.filing import file_complaint, number_in, rows, walk_to_summary


def picture() -> bytes:
    """Return a small photo."""
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), "olive").save(buffer, "JPEG")
    return buffer.getvalue()


async def test_a_complaint_in_one_message_is_asked_only_for_what_is_missing(
    gateway: Gateway, telegram: BotApiServer, tmp_path: Path
) -> None:
    citizen = telegram.sim.user(1001, "Andi")
    number = await file_complaint(citizen)
    (ticket,) = rows(tmp_path, "select number, category, since, office, status from tickets")
    assert ticket[0] == number
    assert ticket[1:] == ("penerangan_jalan", "sudah 3 hari", "dishub_mamuju", "baru")


async def test_step_by_step_with_digression_correction_and_photo(
    gateway: Gateway, telegram: BotApiServer, tmp_path: Path
) -> None:
    citizen = telegram.sim.user(1002, "Sitti")
    await citizen.send_text("saya mau melapor")
    await citizen.wait_for("setuju", timeout=10)
    await citizen.press("Saya setuju")
    await citizen.wait_for("ceritakan", timeout=10)
    await citizen.send_text("jalan rusak parah, lubangnya dalam sekali, motor sering jatuh")
    await citizen.wait_for("lokasi", timeout=10)
    await citizen.send_text("berapa biaya bikin KTP?")
    await citizen.wait_for("gratis", timeout=10)
    await citizen.wait_for("lokasi", timeout=10)
    await citizen.send_text("di Rimuku dekat pasar")
    await citizen.wait_for("Sejak kapan", timeout=10)
    await citizen.send_text("sejak bulan lalu")
    await citizen.wait_for("foto", timeout=10)
    await citizen.send_photo(picture())
    await citizen.wait_for("1 foto", timeout=10)
    await citizen.press("Cukup")
    await citizen.wait_for("identitas", timeout=10)
    await citizen.press("Terbuka")
    await citizen.wait_for("periksa", timeout=10)
    await citizen.press("Ubah")
    await citizen.wait_for("Bagian mana", timeout=10)
    await citizen.press("Sejak kapan")
    await citizen.wait_for("Sejak kapan", timeout=10)
    await citizen.send_text("sejak kemarin")
    summary = await citizen.wait_for("sejak kemarin", timeout=10)
    assert "Rimuku" in summary.text
    await citizen.press("Kirim")
    await citizen.wait_for("MJU-", timeout=10)
    assert rows(tmp_path, "select since, category from tickets") == [
        ("sejak kemarin", "jalan_jembatan")
    ]
    assert rows(tmp_path, "select count(*) from attachments where ticket_id is not null") == [(1,)]


async def test_batal_leaves_nothing_behind(
    gateway: Gateway, telegram: BotApiServer, tmp_path: Path
) -> None:
    citizen = telegram.sim.user(1003, "Rahma")
    await citizen.send_text("sampah menumpuk di pasar baru sudah seminggu bau sekali")
    await citizen.wait_for("setuju", timeout=10)
    await citizen.send_text("batal")
    await citizen.wait_for("dibatalkan", timeout=10)
    assert rows(tmp_path, "select count(*) from drafts") == [(0,)]
    assert rows(tmp_path, "select count(*) from tickets") == [(0,)]


async def test_two_presses_on_kirim_make_one_ticket(
    gateway: Gateway, telegram: BotApiServer, tmp_path: Path
) -> None:
    citizen = telegram.sim.user(1004, "Udin")
    await citizen.send_text("air PDAM mati di Binanga sudah 2 hari")
    await walk_to_summary(citizen)
    await asyncio.gather(citizen.press("Kirim"), citizen.press("Kirim"))
    receipt = await citizen.wait_for("Nomor:", timeout=10)
    again = await citizen.wait_for("Sudah terkirim", timeout=10)
    assert number_in(receipt.text).rstrip(".") in again.text
    assert rows(tmp_path, "select count(*) from tickets") == [(1,)]


async def test_a_ticket_of_somebody_else_shows_its_public_state_only(
    gateway: Gateway, telegram: BotApiServer
) -> None:
    owner, stranger = telegram.sim.user(1005, "Pemilik"), telegram.sim.user(1006, "Orang")
    number = await file_complaint(owner)
    await stranger.send_text(f"cek {number.lower()}")
    card = await stranger.wait_for(number, timeout=10)
    assert "Diterima" in card.text
    assert "gelap" not in card.text
    assert card.button_texts == []


async def test_messages_sent_together_are_answered_once(
    gateway: Gateway, telegram: BotApiServer
) -> None:
    citizen = telegram.sim.user(1007, "Iccang")
    for part in ("min", "mau tanya", "syarat ktp hilang apa"):
        await citizen.send_text(part)
    await citizen.wait_for("kehilangan", timeout=10)
    assert len(citizen.inbox) == 1


async def test_an_album_becomes_one_turn(
    gateway: Gateway, telegram: BotApiServer, tmp_path: Path
) -> None:
    citizen = telegram.sim.user(1008, "Nur")
    await citizen.send_album([picture(), picture()], "pohon tumbang menutup jalan di Simboro")
    await citizen.wait_for("setuju", timeout=15)
    assert len(citizen.inbox) == 1
    assert rows(tmp_path, "select count(*) from attachments") == [(2,)]
