"""Citizens get their data and have it erased, on Telegram while served, and in the web chat."""

import io
import json
import re
import zipfile
from pathlib import Path

from playwright.async_api import expect

from simulator import BotApiServer
from simulator.system import Gateway, Rasa
from tests.e2e.browsing import PHONE, Citizen, needs_browser, open_browser
from tests.e2e.filing import file_complaint, rows
from tests.e2e.officers import WAIT, ask_for_officer, open_office
from tests.waiting import until

NAME = "Rosmiati Zulkarnain"
WORDS = "bagaimana kabar tetangga saya yang bernama Daeng Contoh"
ANSWER = "jawaban petugas tentang tetangga itu"


def stored(folder: Path) -> list[tuple[str, str]]:
    """Return every row of the gateway's database as its table and its contents."""
    every = "select name from sqlite_master where type = 'table'"
    kept = [str(name) for (name,) in rows(folder, every)]
    return [(name, repr(row)) for name in kept for row in rows(folder, f"select * from {name}")]


def traces(folder: Path, *words: str) -> list[tuple[str, str]]:
    return [(table, word) for table, text in stored(folder) for word in words if word in text]


async def test_a_citizen_who_is_served_gets_the_data_and_has_it_erased(
    telegram: BotApiServer, rasa: Rasa, tmp_path: Path
) -> None:
    budi, citizen = telegram.sim.user(2001, "Budi"), telegram.sim.user(770011, NAME)
    async with open_office(telegram, rasa, tmp_path, budi) as office:
        await office.hire(budi, "Budi Petugas")
        number = await file_complaint(citizen)
        await ask_for_officer(citizen)
        card = await office.new_card()
        await budi.press("Ambil", card.message_id, chat=office.group)
        await citizen.wait_for("dilayani oleh", timeout=WAIT)
        await citizen.send_text(WORDS)
        await office.group.wait_for("Daeng Contoh", timeout=WAIT, thread=card.thread_id)
        await budi.send_text(ANSWER, chat=office.group, thread=card.thread_id)
        await citizen.wait_for(ANSWER, timeout=WAIT)

        await citizen.send_text("/datasaya")
        sent = await citizen.wait_for("semua data Anda", timeout=WAIT)
        assert sent.media == "document"
        with zipfile.ZipFile(io.BytesIO(citizen.download(sent))) as archive:
            written = archive.read("data-saya.json").decode()
        assert all(part in written for part in (number, WORDS, ANSWER, NAME, "Budi Petugas"))
        assert json.loads(written)["laporan"][0]["nomor"] == number

        await citizen.send_text("/hapusdata")
        asked = await citizen.wait_for("Hapus semua data Anda?", timeout=WAIT)
        assert number in asked.text
        await citizen.press("Ya, hapus data saya")
        done = await citizen.wait_for("Data Anda sudah dihapus", timeout=WAIT)
        assert number in done.text
        await office.group.wait_for("meminta datanya dihapus", timeout=WAIT)
        await until(lambda: office.group.topics == {}, seconds=WAIT)

        assert traces(tmp_path, NAME, "Daeng Contoh", ANSWER) == []
        matter = "select description, conversation_id, reporter_name from tickets"
        ((description, whose, name),) = rows(tmp_path, matter)
        assert "lampu jalan" in str(description)
        assert (whose, name) == (None, None)
        await citizen.send_text("aduan saya")
        await citizen.wait_for("belum", timeout=WAIT)


@needs_browser
async def test_in_the_web_chat_both_are_in_the_menu(website: Gateway, tmp_path: Path) -> None:
    async with open_browser() as browser:
        context = await browser.new_context(viewport=PHONE, locale="id-ID", has_touch=True)
        citizen = Citizen(await context.new_page(), website.url)
        page = citizen.page
        await citizen.open()
        number, old_code = await citizen.file_complaint(text="lampu jalan di Karema mati")

        await page.get_by_label("Menu lainnya").click()
        await page.get_by_role("button", name="Data saya", exact=True).click()
        await expect(citizen.answers.last).to_contain_text("semua data Anda")
        async with page.expect_download() as coming:
            await citizen.answers.last.get_by_role("link", name="Unduh data saya").click()
        download = await coming.value
        assert download.suggested_filename == "data-saya.zip"
        with zipfile.ZipFile(await download.path()) as archive:
            assert number in archive.read("data-saya.json").decode()

        await page.get_by_label("Menu lainnya").click()
        await page.get_by_role("button", name="Hapus data saya", exact=True).click()
        await expect(citizen.answers.last).to_contain_text("Hapus semua data Anda?")
        done = await citizen.press("Ya, hapus data saya")
        found = re.search(rf"{number} kode (\w{{4}}-\w{{4}})", done)
        assert found is not None
        assert found[1] != old_code
        assert rows(tmp_path, "select conversation_id from tickets") == [(None,)]

        await citizen.track(number, found[1])
        assert citizen.complaints == []
