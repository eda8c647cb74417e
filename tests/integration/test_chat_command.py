"""`sapa chat`: a citizen's conversation in the terminal, over the real web chat."""

import io
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from rich.console import Console

from sapa.chat_command import Talk
from sapa.errors import OperatorError
from tests.integration.web_desk import open_web_desk


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    async with open_web_desk(tmp_path) as desk, TestServer(desk.app) as server:
        desk.start_working()
        yield str(server.make_url("")).rstrip("/")


def a_talk(http: aiohttp.ClientSession, address: str) -> tuple[Talk, io.StringIO]:
    screen = io.StringIO()
    return Talk(http, address, Console(file=screen, width=200, color_system=None)), screen


async def test_an_answer_is_shown_with_buttons_that_numbers_press(address: str) -> None:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        talk, screen = a_talk(http, address)
        await talk.begin()
        await talk.say("cara mengurus ktp")
        assert "2 Hilang" in screen.getvalue()
        await talk.say("2")
    assert "kehilangan" in screen.getvalue()


async def test_commands_work_as_on_telegram(address: str) -> None:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        talk, screen = a_talk(http, address)
        await talk.begin()
        await talk.say("/start")
    assert "asisten otomatis" in screen.getvalue()


async def test_a_sapa_that_does_not_run_is_named_with_what_to_do() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{probe.getsockname()[1]}"
    async with aiohttp.ClientSession() as http:
        with pytest.raises(OperatorError, match="make run"):
            await a_talk(http, address)[0].begin()
