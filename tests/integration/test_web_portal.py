"""The portal and what holds for every page."""

import json
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from tests.integration.web_desk import BOT_NAME, WebDesk, make_tools, open_web_desk
from web.pages import STATIC

Client = TestClient[Any, Any]
MakeClient = Callable[..., Awaitable[Client]]
PAGES = ["/", "/chat", "/lacak", "/lacak?nomor=MJU-AAAA-AAAB", "/tidak-ada"]
HTML = {"Accept": "text/html"}


@pytest.fixture
async def desk(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[WebDesk]:
    shutil.copy(sqlite_template, tmp_path / "sapa.db")
    async with open_web_desk(tmp_path) as opened:
        yield opened


@pytest.fixture
async def client(desk: WebDesk, aiohttp_client: MakeClient) -> Client:
    return await aiohttp_client(desk.app)


async def page(client: Client, path: str) -> str:
    response = await client.get(path, headers=HTML)
    return await response.text()


async def test_the_portal_leads_to_asking_reporting_and_tracking(client: Client) -> None:
    text = await page(client, "/")
    for link in ("/chat", "/chat?mulai=lapor", "/lacak", f"https://t.me/{BOT_NAME}"):
        assert f'href="{link}"' in text


async def test_emergency_numbers_say_which_are_not_confirmed(
    desk: WebDesk, client: Client
) -> None:
    text = await page(client, "/")
    assert "Sapa tidak dipantau 24 jam" in text
    for number in desk.tools.catalogue.general.darurat:
        (entry,) = re.findall(rf'<a href="tel:{number.nomor}">.*?</a>', text, re.S)
        assert ("belum dipastikan" in entry) is not number.dikonfirmasi


async def test_neighbouring_days_with_equal_hours_are_one_line(client: Client) -> None:
    text = await page(client, "/")
    assert "<dt>Senin\N{EN DASH}Kamis</dt><dd>07.30\N{EN DASH}16.00 WITA</dd>" in text
    assert "<dt>Jumat</dt><dd>07.30\N{EN DASH}16.30 WITA</dd>" in text


async def test_without_a_bot_nothing_points_to_telegram(
    sqlite_template: Path, tmp_path: Path, aiohttp_client: MakeClient
) -> None:
    shutil.copy(sqlite_template, tmp_path / "sapa.db")
    async with open_web_desk(tmp_path, tools=replace(make_tools(), bot_name=lambda: None)) as desk:
        client = await aiohttp_client(desk.app)
        for path in PAGES:
            assert "t.me" not in await page(client, path)


@pytest.mark.parametrize("path", PAGES)
async def test_no_page_loads_anything_from_elsewhere_nor_runs_inline_code(
    client: Client, path: str
) -> None:
    text = await page(client, path)
    loaded = re.findall(r'<(?:script|img|link|iframe|source)\b[^>]*(?:src|href)="([^"]+)"', text)
    assert loaded
    assert all(address.startswith("/aset/") for address in loaded)
    without_data = re.sub(r'<script type="application/json"', "", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", without_data)
    assert not re.search(r"\son\w+=|\sstyle=|<style", text)


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_is_protected_by_its_headers(client: Client, path: str) -> None:
    response = await client.get(path, headers=HTML)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_is_named_in_indonesian_and_labels_its_fields(
    client: Client, path: str
) -> None:
    text = await page(client, path)
    assert '<html lang="id">' in text
    assert text.count("<h1") == 1
    assert text.count("<main") == 1
    visible = re.findall(
        r"<(?:input|textarea)\b(?![^>]*(?:type=\"hidden\"|\bhidden\b))[^>]*>", text
    )
    for field in visible:
        name = re.search(r'\bid="([^"]+)"', field)
        assert name is not None, field
        assert f'for="{name[1]}"' in text, field
    for button in re.findall(r"<button\b[^>]*>.*?</button>", text, re.S):
        words = re.sub(r"<[^>]+>", "", button).strip()
        assert words or "aria-label=" in button, button


async def test_the_chat_gives_its_script_the_words_it_says_as_data(
    desk: WebDesk, client: Client
) -> None:
    text = await page(client, "/chat")
    data = re.search(r'<script type="application/json" id="kata">([^<]+)</script>', text)
    assert data is not None
    words = json.loads(data[1])
    assert words["menyambung"] == desk.site.tools.wording.plain("chat.menyambung")
    assert set(words) == {
        key.removeprefix("chat.")
        for key in desk.site.tools.wording.keys
        if key.startswith("chat.")
    }


async def test_every_static_file_is_served_and_kept_by_browsers(
    desk: WebDesk, client: Client
) -> None:
    files = [path.relative_to(STATIC) for path in STATIC.rglob("*") if path.is_file()]
    assert len(files) > 8
    for file in files:
        response = await client.get(f"{desk.site.assets}/{file}")
        assert response.status == 200
        assert "immutable" in response.headers["Cache-Control"]


def test_static_files_name_no_other_host() -> None:
    for path in STATIC.rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
            assert "://" not in text, path


async def test_an_unknown_page_is_said_in_our_style_and_to_scripts_in_json(
    client: Client,
) -> None:
    response = await client.get("/tidak-ada", headers=HTML)
    assert response.status == 404
    assert "Halaman tidak ditemukan" in await response.text()
    response = await client.get("/tidak-ada")
    assert (await response.json())["code"] == "http_404"


async def test_links_of_the_portal_about_a_service_begin_the_chat_with_it(client: Client) -> None:
    text = await page(client, "/chat?tanya=ktp_el")
    assert 'data-mulai-teks="Bagaimana cara mengurus KTP-el?"' in text
    for wrong in ("/chat?tanya=x", '/chat?tanya="><script>'):
        assert 'data-mulai-teks=""' in await page(client, wrong)
