"""The web chat as a citizen sees it: a real browser, the real page, a scripted Rasa."""

import asyncio
import io
import json
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from PIL import Image
from playwright.async_api import (
    Browser,
    BrowserContext,
    Page,
    expect,
)
from sqlalchemy import text as sql

from tests.e2e.browsing import PHONE, Citizen, needs_browser, open_browser
from tests.integration.web_desk import BOT_NAME, WebDesk, open_web_desk

pytestmark = [pytest.mark.asyncio(loop_scope="module"), needs_browser]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with open_browser() as opened:
        yield opened


class Running:
    """A served desk."""

    def __init__(self, desk: WebDesk, runner: web.AppRunner) -> None:
        self.desk = desk
        self._runner = runner
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def rows(self, query: str) -> list[Any]:
        async with self.desk.storage.engine.begin() as connection:
            return list((await connection.execute(sql(query))).all())

    async def inbox(self) -> list[dict[str, Any]]:
        rows = await self.rows("SELECT inbound FROM inbox ORDER BY id")
        return [json.loads(row[0]) if isinstance(row[0], str) else row[0] for row in rows]


@pytest_asyncio.fixture(loop_scope="module")
async def served(tmp_path: Path) -> AsyncIterator[Running]:
    async with open_web_desk(tmp_path) as desk:
        running = Running(desk, web.AppRunner(desk.app, shutdown_timeout=1))
        await running.start()
        desk.start_working()
        yield running
        await running.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    made = await browser.new_context(viewport=PHONE, locale="id-ID", has_touch=True)
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="module")
async def citizen(context: BrowserContext, served: Running) -> AsyncIterator[Citizen]:
    somebody = Citizen(await context.new_page(), served.url)
    yield somebody
    assert somebody.complaints == []


async def test_a_question_is_answered_without_a_reload(citizen: Citizen) -> None:
    await citizen.open()
    await expect(citizen.page.get_by_text("Ada yang bisa kami bantu?")).to_be_visible()
    assert "Sapa" in await citizen.say("halo")
    await expect(citizen.page.locator("#pembuka")).to_be_hidden()
    await expect(citizen.page.locator("#mengetik")).to_be_hidden()


async def test_shift_and_enter_make_a_new_line_and_enter_sends(
    citizen: Citizen, served: Running
) -> None:
    await citizen.open()
    await citizen.page.type("#tulisan", "satu")
    await citizen.page.press("#tulisan", "Shift+Enter")
    await citizen.page.type("#tulisan", "dua")
    assert await served.inbox() == []
    await citizen.page.press("#tulisan", "Enter")
    await expect(citizen.answers).to_have_count(1)
    assert [row["text"] for row in await served.inbox()] == ["satu\ndua"]


async def test_a_reload_goes_on_where_it_was(citizen: Citizen) -> None:
    await citizen.open()
    await citizen.say("halo")
    await citizen.say("bagaimana cara mengurus ktp?")
    before = await citizen.page.locator("#daftar .isi").all_inner_texts()
    await citizen.page.reload()
    await expect(citizen.answers).to_have_count(2)
    assert await citizen.page.locator("#daftar .isi").all_inner_texts() == before
    await citizen.say("halo")


async def test_what_came_while_the_page_was_closed_is_there_afterwards(
    citizen: Citizen, served: Running
) -> None:
    await citizen.open()
    await citizen.say("halo")
    await citizen.page.goto(served.url + "/lacak")
    await served.desk.stop_working()
    await citizen.open()
    await citizen.write("bagaimana cara mengurus ktp?")
    await expect(citizen.own.last.locator(".keadaan-kirim")).to_be_empty()
    await citizen.page.goto(served.url + "/")
    served.desk.start_working()
    await citizen.open()
    await expect(citizen.answers).to_have_count(2)


async def test_a_second_tab_shows_the_answers_but_not_what_was_written(
    citizen: Citizen, context: BrowserContext
) -> None:
    await citizen.open()
    await citizen.say("halo")
    second = Citizen(await context.new_page(), citizen.url)
    await second.open()
    await expect(second.answers).to_have_count(1)
    await expect(second.own).to_have_count(0)
    await expect(second.page.get_by_text("tersimpan di tab yang lama")).to_be_visible()
    await citizen.say("halo")
    await expect(second.answers).to_have_count(2)


async def test_a_button_pressed_twice_is_one_press(citizen: Citizen, served: Running) -> None:
    await citizen.open()
    await citizen.say("bagaimana cara mengurus ktp?")
    button = citizen.answers.nth(0).get_by_role("button").first
    await button.dblclick()
    await expect(citizen.answers).to_have_count(2)
    await expect(button).to_have_attribute("aria-disabled", "true")
    await button.dispatch_event("click")  # a click that no pointer could make any more
    kinds = [row["kind"] for row in await served.inbox()]
    assert kinds == ["teks", "tekan"]
    await citizen.page.reload()
    first = citizen.answers.first.get_by_role("button").first
    await expect(first).to_have_attribute("aria-pressed", "true")


async def test_a_complaint_ends_with_a_receipt_to_copy_print_and_link(
    citizen: Citizen, context: BrowserContext
) -> None:
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    await citizen.open("/chat?mulai=lapor")
    await expect(citizen.answers).to_have_count(1)
    assert citizen.page.url.endswith("/chat")
    number, code = await citizen.file_complaint()
    receipt = citizen.answers.last
    await receipt.get_by_role("button", name="Salin").click()
    await expect(receipt.get_by_text("sudah disalin")).to_be_visible()
    copied = await citizen.page.evaluate("navigator.clipboard.readText()")
    assert copied == f"Nomor: {number}\nKode lacak: {code}"

    await citizen.page.evaluate("window.print = () => {}")
    await receipt.get_by_role("button", name="Cetak").click()
    await citizen.page.emulate_media(media="print")
    await expect(citizen.page.locator("#cetak")).to_contain_text(code)
    await expect(citizen.page.locator("#gulir")).to_be_hidden()
    await citizen.page.emulate_media(media="screen")
    await citizen.page.evaluate("dispatchEvent(new Event('afterprint'))")

    await receipt.get_by_role("button", name="Hubungkan ke Telegram").click()
    link = receipt.get_by_role("link", name="Buka Telegram")
    await expect(link).to_have_attribute(
        "href", re.compile(rf"^https://t\.me/{BOT_NAME}\?start=hubungkan_")
    )

    assert number in await citizen.press("Lihat status")


async def test_an_anonymous_receipt_survives_a_reload_though_the_server_forgot_it(
    citizen: Citizen, served: Running
) -> None:
    await citizen.open()
    number, code = await citizen.file_complaint("Anonim")
    for _ in range(50):
        bodies = await served.rows("SELECT body FROM outbox WHERE body IS NOT NULL")
        if not any(code in str(body) for body in bodies):
            break
        await asyncio.sleep(0.1)
    else:
        raise AssertionError("the receipt is still stored")
    await citizen.page.reload()
    await expect(citizen.answers.last).to_contain_text(number)
    await expect(citizen.answers.last).to_contain_text(code)
    await expect(citizen.answers.last.get_by_text("Telegram", exact=False)).to_have_count(0)


def photo() -> bytes:
    file = io.BytesIO()
    image = Image.new("RGB", (2400, 1200), "teal")
    exif = image.getexif()
    exif[0x010E] = "tempat rahasia"
    image.save(file, "JPEG", exif=exif)
    return file.getvalue()


async def test_a_photo_is_shown_first_then_sent_small_and_without_metadata(
    citizen: Citizen, served: Running
) -> None:
    await citizen.open()
    await citizen.page.click("#tambah")
    async with citizen.page.expect_file_chooser() as chooser:
        await citizen.page.click("#pilih-foto")
    files = [{"name": f"{n}.jpg", "mimeType": "image/jpeg", "buffer": photo()} for n in "ab"]
    await (await chooser.value).set_files(files)  # type: ignore[arg-type]
    await expect(citizen.page.locator("#pratinjau img")).to_have_count(2)
    await citizen.page.get_by_role("button", name="Buang foto 2").click()
    await expect(citizen.page.locator("#pratinjau img")).to_have_count(1)
    await citizen.write("ini fotonya")
    await expect(citizen.answers).to_have_count(1)
    await expect(citizen.own.last.locator("img")).to_be_visible()
    ((data,),) = await served.rows("SELECT data FROM attachments")
    assert Image.open(io.BytesIO(data)).size == (1600, 800)
    assert b"rahasia" not in data
    (inbound,) = await served.inbox()
    assert (inbound["kind"], inbound["text"]) == ("foto", "ini fotonya")
    await citizen.page.reload()
    await expect(citizen.own.last.locator("img")).to_be_visible()


async def test_the_place_is_sent_when_allowed(
    citizen: Citizen, served: Running, context: BrowserContext
) -> None:
    await context.grant_permissions(["geolocation"])
    await context.set_geolocation({"latitude": -2.6786, "longitude": 118.8933})
    await citizen.open()
    await citizen.page.click("#tambah")
    await citizen.page.get_by_role("button", name="Kirim lokasi").click()
    await expect(citizen.answers).to_have_count(1)
    (inbound,) = await served.inbox()
    assert inbound["point"] == {"lat": -2.6786, "lon": 118.8933}


async def test_a_refused_place_is_explained_and_sends_nothing(
    citizen: Citizen, served: Running
) -> None:
    await citizen.open()
    await citizen.page.click("#tambah")
    await citizen.page.get_by_role("button", name="Kirim lokasi").click()
    await expect(citizen.page.get_by_role("alert")).to_contain_text("Tulis saja tempatnya")
    await expect(citizen.page.locator("#tulisan")).to_be_focused()
    assert await served.inbox() == []


async def test_without_network_messages_wait_and_go_out_once_in_order(
    citizen: Citizen, served: Running, context: BrowserContext
) -> None:
    await citizen.open()
    await citizen.say("halo")
    await context.set_offline(True)
    await citizen.write("pertama")
    await citizen.write("kedua")
    await expect(citizen.own.nth(1)).to_contain_text("Belum terkirim, mencoba lagi…")
    await context.set_offline(False)
    await expect(citizen.own.nth(2).locator(".keadaan-kirim")).to_be_empty()
    texts = [row["text"] for row in await served.inbox()]
    assert texts == ["halo", "pertama", "kedua"]


async def test_a_message_waiting_at_a_reload_is_still_sent_once(
    citizen: Citizen, served: Running
) -> None:
    await citizen.open()
    await citizen.say("halo")
    await citizen.page.route("**/chat/messages", lambda route: route.abort())
    await citizen.write("jangan hilang")
    await expect(citizen.own.last).to_contain_text("Belum terkirim")
    await citizen.page.unroute("**/chat/messages")
    await citizen.page.reload()
    await expect(citizen.own.last.locator(".keadaan-kirim")).to_be_empty()
    assert [row["text"] for row in await served.inbox()] == ["halo", "jangan hilang"]
    citizen.complaints.clear()  # the browser's own words about the broken requests


async def test_an_answer_lost_on_the_way_back_doubles_nothing(
    citizen: Citizen, served: Running
) -> None:
    await citizen.open()

    async def store_but_break(route: Any) -> None:
        await route.fetch()
        await route.abort()

    await citizen.page.route("**/chat/messages", store_but_break, times=1)
    await citizen.write("halo")
    await expect(citizen.own.last.locator(".keadaan-kirim")).to_be_empty()
    await expect(citizen.answers).to_have_count(1)
    assert [row["text"] for row in await served.inbox()] == ["halo"]
    citizen.complaints.clear()


HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=1</script>'


async def test_hostile_words_stay_words(citizen: Citizen, served: Running) -> None:
    await citizen.open()
    await citizen.say(HOSTILE + " jalan rusak")
    await expect(citizen.own.last).to_contain_text("<script>")
    for _ in range(4):
        labels = await citizen.answers.last.get_by_role("button").all_inner_texts()
        choice = next((x for x in labels if x.startswith(("Saya setuju", "Jalan"))), None)
        if choice is None:
            break
        await citizen.press(choice)
    await citizen.page.reload()
    await expect(citizen.own.first).to_contain_text("<script>")
    assert "Tanya" in await citizen.page.title()
    assert await citizen.page.locator("#daftar script, #daftar img").count() == 0


async def test_everything_can_be_done_with_the_keyboard(citizen: Citizen) -> None:
    await citizen.open()
    keyboard = citizen.page.keyboard
    await citizen.page.evaluate("document.activeElement.blur()")
    await citizen.page.locator("body").focus()
    await keyboard.press("Tab")
    await expect(citizen.page.locator(".lompat")).to_be_focused()
    summary = citizen.page.locator("#menu summary")
    await summary.focus()
    await keyboard.press("Enter")
    await expect(citizen.page.get_by_role("button", name="Bantuan")).to_be_visible()
    await keyboard.press("Escape")
    await expect(citizen.page.get_by_role("button", name="Bantuan")).to_be_hidden()
    await expect(summary).to_be_focused()
    await citizen.page.locator("#tambah").focus()
    await keyboard.press("Enter")
    await expect(citizen.page.locator("#ambil-foto")).to_be_focused()
    await keyboard.press("Escape")
    await expect(citizen.page.locator("#tambah")).to_be_focused()
    await citizen.page.locator("#tulisan").focus()
    await citizen.say("bagaimana cara mengurus ktp?")
    choice = citizen.answers.nth(0).get_by_role("button").first
    await choice.focus()
    await keyboard.press("Space")
    await expect(citizen.answers).to_have_count(2)
    await expect(choice).to_be_focused()


async def test_a_screen_reader_hears_new_messages_and_who_wrote_them(citizen: Citizen) -> None:
    await citizen.open()
    await citizen.say("halo")
    log = citizen.page.get_by_role("log", name="Pesan")
    await expect(log).to_have_attribute("aria-live", "polite")
    await expect(log.get_by_role("article").first).to_contain_text("Anda: ")
    await expect(log.get_by_role("article").last).to_contain_text("Sapa: ")
    for name in ("Kirim", "Lampirkan foto atau lokasi"):
        await expect(citizen.page.get_by_role("button", name=name, exact=True)).to_be_visible()
    await expect(citizen.page.get_by_role("textbox", name="Pesan Anda")).to_be_visible()


async def test_ending_forgets_everything_on_this_device(citizen: Citizen) -> None:
    await citizen.open()
    await citizen.say("halo")
    citizen.page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    await citizen.page.click("#menu summary")
    await citizen.page.click("#akhiri")
    await expect(citizen.page.locator("#pembuka")).to_be_visible()
    assert await citizen.page.evaluate("sessionStorage.length") == 0
    await expect(citizen.answers).to_have_count(0)


async def test_an_answer_comes_within_a_second_of_being_written(
    citizen: Citizen, served: Running
) -> None:
    await citizen.open()
    await citizen.say("halo dan selamat pagi untuk semua")
    began = time.monotonic()
    await citizen.say("halo dan selamat pagi untuk semua")
    assert time.monotonic() - began < 5  # about 0.3 s on a quiet machine


CONTRAST = """() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const linear = (v) => v <= 10 ? v / 3295 : ((v / 255 + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const behind = (el) => {
    for (; el; el = el.parentElement) {
      const color = rgb(getComputedStyle(el).backgroundColor);
      if (color.length === 3 || color[3] > 0.5) return color;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const el of document.querySelectorAll("body *")) {
    const own = [...el.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !el.checkVisibility() || el.closest(".sr, .lompat, noscript")) continue;
    const style = getComputedStyle(el);
    const [a, b] = [light(rgb(style.color)), light(behind(el))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) poor.push(`${ratio.toFixed(2)} ${el.textContent.trim()}`);
  }
  return poor;
}"""

SIZES = """() => [...document.querySelectorAll("button, summary, input, textarea, nav a, .tombol")]
  .filter((el) => el.checkVisibility() && !el.closest(".cap") && el.type !== "checkbox")
  .map((el) => [el.getBoundingClientRect(), el.textContent.trim() || el.id])
  .filter(([box]) => box.height < 40 || box.width < 40)
  .map(([box, name]) => `${name} ${box.width}x${box.height}`)"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_is_readable_and_fits_a_small_phone(
    browser: Browser, served: Running, scheme: Any
) -> None:
    context = await browser.new_context(
        viewport={"width": 320, "height": 568}, color_scheme=scheme, locale="id-ID"
    )
    citizen = Citizen(await context.new_page(), served.url)
    await citizen.open()
    number, code = await citizen.file_complaint()
    await _check(citizen.page)
    for path in ("/", "/lacak", f"/lacak?nomor={number}", "/lacak?nomor=x"):
        await citizen.page.goto(served.url + path)
        await _check(citizen.page)
    await citizen.page.goto(f"{served.url}/lacak?nomor={number}")
    await citizen.page.fill("#kode", code)
    await citizen.page.get_by_role("button", name="Buka laporan").click()
    await expect(citizen.page.get_by_role("heading", name="Laporan Anda")).to_be_visible()
    await _check(citizen.page)
    await context.close()


async def _check(page: Page) -> None:
    assert await page.evaluate(CONTRAST) == []
    assert await page.evaluate(SIZES) == []
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= 320
    if page.url.endswith("/chat"):
        await page.evaluate("document.body.scrollTop = 999; scrollTo(0, 999)")
        top = await page.evaluate("document.querySelector('.kepala').getBoundingClientRect().top")
        assert top == 0


async def test_tracking_works_without_scripts_and_the_chat_says_it_does_not(
    browser: Browser, served: Running, citizen: Citizen
) -> None:
    await citizen.open()
    number, code = await citizen.file_complaint()
    context = await browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = await context.new_page()
    await page.goto(served.url + "/chat")
    await expect(page.get_by_text("Percakapan memerlukan JavaScript.")).to_be_visible()
    await page.goto(served.url + "/lacak")
    await page.get_by_label("Nomor laporan").fill(number.lower().replace("-", " "))
    await page.get_by_label("Kode lacak").fill(code.lower())
    await page.get_by_role("button", name="Lacak").click()
    await page.get_by_role("textbox", name="Keterangan").fill("Masih berlubang")
    await page.get_by_role("button", name="Kirim").click()
    await expect(page.get_by_role("status")).to_contain_text("sudah kami simpan")
    await page.get_by_text("Tarik laporan").first.click()
    await page.get_by_role("checkbox").check()
    await page.get_by_role("button", name="Tarik laporan").click()
    await expect(page.get_by_role("heading", name="Ditarik")).to_be_visible()
    await context.close()
