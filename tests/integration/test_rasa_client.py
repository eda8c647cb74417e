"""What is asked of Rasa over HTTP."""

import asyncio
import logging
import time
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from desk.domain.turn import TurnId
from desk.services.errors import RasaUnavailable
from desk.services.ports import TurnRequest
from sapa.rasa_client import RasaClient
from simulator.system import free_port


@pytest.mark.parametrize(
    ("text", "sent"), [("// /restart", "restart"), ("//", "…"), ("a/b", "a/b")]
)
async def test_typed_words_never_reach_rasa_with_a_leading_slash(text, sent):
    asked: list[Any] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append((await request.json())["text"])
        return web.json_response({"messages": [], "understanding": {}})

    app = web.Application()
    app.router.add_post("/webhooks/sapa/turn", answer)
    async with TestServer(app) as server, RasaClient([str(server.make_url("/"))], "t", 5) as rasa:
        await rasa.take_turn(TurnRequest("s", TurnId("t1"), text, {}))

    assert asked == [sent]


async def test_what_words_mean_is_asked_without_a_turn_and_with_the_token():
    asked: list[Any] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append((request.query.get("token"), await request.json()))
        return web.json_response({"intent": {"name": "darurat", "confidence": 0.95}})

    app = web.Application()
    app.router.add_post("/model/parse", answer)
    async with TestServer(app) as server, RasaClient([str(server.make_url("/"))], "t", 5) as rasa:
        assert await rasa.intent_of("/ada kebakaran") == "darurat"

    assert asked == [("t", {"text": "ada kebakaran"})]


@pytest.mark.parametrize("broken", [{}, {"intent": None}, []])
async def test_a_meaning_that_cannot_be_read_is_none(broken):
    async def answer(request: web.Request) -> web.Response:
        return web.json_response(broken)

    app = web.Application()
    app.router.add_post("/model/parse", answer)
    async with TestServer(app) as server, RasaClient([str(server.make_url("/"))], "t", 5) as rasa:
        with pytest.raises(RasaUnavailable):
            await rasa.intent_of("ada kebakaran")


class Copy:
    """One Rasa, whose citizens' words say how it fares with them."""

    def __init__(self, port: int | None = None) -> None:
        self.asked: list[str] = []
        app = web.Application()
        app.router.add_post("/webhooks/sapa/turn", self._turn)
        app.router.add_post("/model/parse", self._parse)
        self.server = TestServer(app, port=port)

    async def _turn(self, request: web.Request) -> web.Response:
        text = (await request.json())["text"]
        self.asked.append(text)
        if text == "lambat":
            await asyncio.sleep(5)
        if text.startswith("actions_"):
            return web.json_response({"error": text}, status=503)
        return web.json_response({"messages": [{"custom": {"text": "ya"}}], "understanding": {}})

    async def _parse(self, request: web.Request) -> web.Response:
        text = (await request.json())["text"]
        self.asked.append(text)
        if text == "lambat":
            await asyncio.sleep(5)
        if text == "gagal":
            raise web.HTTPInternalServerError
        return web.json_response({"intent": {"name": "salam"}})


def client_of(*urls: Any, timeout: float = 5) -> RasaClient:
    return RasaClient([str(url) for url in urls], "t", timeout)


async def say(rasa: RasaClient, text: str, session: str = "s") -> str:
    answer = await rasa.take_turn(TurnRequest(session, TurnId("t1"), text, {}))
    return answer.replies[0].text


def unreached(caplog: pytest.LogCaptureFixture) -> int:
    return sum(record.message == "Rasa does not answer" for record in caplog.records)


async def test_a_slow_turn_makes_no_other_citizen_wait_nor_be_told_patience():
    copy = Copy()
    async with copy.server as server, client_of(server.make_url("/"), timeout=0.5) as rasa:
        slow = asyncio.create_task(say(rasa, "lambat"))
        await asyncio.sleep(0.1)
        began = time.monotonic()
        assert await say(rasa, "meanwhile", "another") == "ya"
        assert time.monotonic() - began < 0.3
        with pytest.raises(RasaUnavailable):
            await slow
        assert await say(rasa, "right after", "another") == "ya"


@pytest.mark.parametrize("error", ["actions_unreachable", "actions_timeout"])
async def test_trouble_of_our_own_actions_sends_no_copy_to_rest(error):
    one, two = Copy(), Copy()
    async with one.server as first, two.server as second:
        rasa = client_of(first.make_url("/"), second.make_url("/"))
        async with rasa:
            with pytest.raises(RasaUnavailable):
                await say(rasa, error)
            for number in range(20):
                assert await say(rasa, "halo", f"session {number}") == "ya"
    assert [{error, "halo"}] * 2 == [set(one.asked), set(two.asked)]


@pytest.mark.parametrize("words", ["lambat", "gagal"])
async def test_words_whose_meaning_is_not_found_send_no_copy_to_rest(words):
    copy = Copy()
    async with copy.server as server, client_of(server.make_url("/"), timeout=0.3) as rasa:
        with pytest.raises(RasaUnavailable):
            await rasa.intent_of(words)
        assert await rasa.intent_of("halo") == "salam"
        assert await say(rasa, "halo") == "ya"


async def test_a_dead_copy_is_passed_over_while_another_lives(caplog):
    copy = Copy()
    dead = f"http://127.0.0.1:{free_port()}"
    async with copy.server as server, client_of(dead, server.make_url("/")) as rasa:
        with caplog.at_level(logging.WARNING):
            for number in range(20):
                assert await say(rasa, "halo", f"session {number}") == "ya"
                assert await rasa.intent_of(f"halo {number}") == "salam"
    assert unreached(caplog) == 1


async def test_the_last_copy_that_is_left_is_asked_again_at_once():
    port = free_port()
    async with client_of(f"http://127.0.0.1:{port}") as rasa:
        with pytest.raises(RasaUnavailable):
            await say(rasa, "halo")
        with pytest.raises(RasaUnavailable):
            await rasa.intent_of("halo")
        async with Copy(port).server:
            assert await say(rasa, "halo") == "ya"
            assert await rasa.intent_of("halo") == "salam"


async def test_of_two_dead_copies_the_one_that_comes_back_is_asked():
    ports = [free_port(), free_port()]
    async with client_of(*(f"http://127.0.0.1:{port}" for port in ports)) as rasa:
        for session in ("a", "b", "c"):
            with pytest.raises(RasaUnavailable):
                await say(rasa, "halo", session)
        for port in ports:
            async with Copy(port).server:
                await asyncio.sleep(1)  # a copy rests no longer
                assert await say(rasa, "halo") == "ya"
