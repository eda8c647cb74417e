"""The web chat with everything behind it: a real browser, the gateway, Rasa and its model."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from simulator.system import Gateway
from tests.e2e.browsing import PHONE, Citizen, needs_browser, open_browser
from tests.e2e.filing import rows

pytestmark = needs_browser

LAMP = "lampu jalan di Karema mati sudah 3 hari"
BRIBE = "petugas loket minta uang pelicin 50 ribu waktu saya urus KTP di kantor camat Simboro"


@pytest.fixture
async def citizen(website: Gateway) -> AsyncIterator[Citizen]:
    async with open_browser() as browser:
        context = await browser.new_context(viewport=PHONE, locale="id-ID", has_touch=True)
        somebody = Citizen(await context.new_page(), website.url)
        yield somebody
        assert somebody.complaints == []


async def test_one_message_becomes_a_ticket_that_can_be_tracked(
    citizen: Citizen, tmp_path: Path
) -> None:
    await citizen.open()
    number, code = await citizen.file_complaint(text=LAMP)
    assert rows(tmp_path, "select number, category, since, office, identity from tickets") == [
        (number, "penerangan_jalan", "sudah 3 hari", "dishub_mamuju", "terbuka")
    ]

    said = await citizen.page.locator("#daftar .isi").all_inner_texts()
    await citizen.page.reload()
    await expect(citizen.answers.last).to_contain_text(number)
    assert await citizen.page.locator("#daftar .isi").all_inner_texts() == said
    assert number in await citizen.say("bagaimana kabar laporan saya?")

    shown = await citizen.track(number, code)
    assert (number in shown, LAMP in shown) == (True, True)


async def test_an_anonymous_complaint_is_known_by_number_and_code_alone(
    citizen: Citizen, tmp_path: Path
) -> None:
    await citizen.open()
    number, code = await citizen.file_complaint("Anonim", text=BRIBE)
    columns = "identity, conversation_id, reporter_name, draft_id"
    assert rows(tmp_path, f"select {columns} from tickets") == [("anonim", None, None, None)]

    await citizen.page.reload()
    await expect(citizen.answers.last).to_contain_text(number)
    told = await citizen.say("bagaimana kabar laporan saya?")
    assert not re.search(r"MJU-\w{4}-\w{4}", told.replace("MJU-XXXX-XXXX", ""))

    shown = await citizen.track(number, code)
    assert (number in shown, "uang pelicin" in shown) == (True, True)
