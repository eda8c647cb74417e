"""A real browser on a phone's screen, and a citizen who uses it."""

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    ViewportSize,
    async_playwright,
    expect,
)

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PHONE = ViewportSize(width=390, height=844)
COMPLAINT = "jalan berlubang di depan pasar, banyak motor jatuh"

needs_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="THE WEB CHAT IS NOT TESTED: no Chromium here"
)
expect.set_options(timeout=15_000)


@asynccontextmanager
async def open_browser() -> AsyncIterator[Browser]:
    """Open the system's Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        await browser.close()


class Citizen:
    """Somebody with a phone in front of the chat."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "ERR_INTERNET_DISCONNECTED" not in message.text:
            self.complaints.append(message.text)

    @property
    def answers(self) -> Locator:
        return self.page.locator(".pesan--sapa")

    @property
    def own(self) -> Locator:
        return self.page.locator(".pesan--warga")

    async def open(self, path: str = "/chat") -> None:
        await self.page.goto(self.url + path)
        await expect(self.page.locator("#penulis")).to_be_visible()

    async def write(self, words: str) -> None:
        await self.page.fill("#tulisan", words)
        await self.page.press("#tulisan", "Enter")

    async def say(self, words: str) -> str:
        count = await self.answers.count()
        await self.write(words)
        await expect(self.answers).to_have_count(count + 1)
        return await self.answers.last.inner_text()

    async def press(self, label: str) -> str:
        count = await self.answers.count()
        await self.answers.last.get_by_role("button", name=label).first.click()
        await expect(self.answers).to_have_count(count + 1)
        return await self.answers.last.inner_text()

    async def track(self, number: str, code: str) -> str:
        """Return what /lacak shows for a number and its code."""
        await self.page.goto(f"{self.url}/lacak")
        await self.page.get_by_label("Nomor laporan").fill(number)
        await self.page.get_by_label("Kode lacak").fill(code)
        await self.page.get_by_role("button", name="Lacak").click()
        await expect(self.page.get_by_role("heading", name="Laporan Anda")).to_be_visible()
        return await self.page.locator("main").inner_text()

    async def file_complaint(
        self, identity: str = "Terbuka", text: str = COMPLAINT
    ) -> tuple[str, str]:
        """Go through the whole draft; return number and code."""
        await self.say(text)
        for _ in range(14):
            last = await self.answers.last.inner_text()
            if found := re.search(r"(MJU-\w{4}-\w{4})[\s\S]*?lacak:\s*(\w{4}-\w{4})", last):
                return found[1], found[2]
            labels = await self.answers.last.get_by_role("button").all_inner_texts()
            wanted = ("Saya setuju", "Jalan", "Tidak tahu", "Tanpa foto", identity, "Kirim")
            choice = next(
                (
                    label
                    for want in wanted
                    for label in labels
                    if label.startswith(want) and "lokasi" not in label
                ),
                None,
            )
            if choice is None:
                await self.say("Budi Karema")
            else:
                await self.press(choice)
        raise AssertionError(f"no receipt: {last}")
