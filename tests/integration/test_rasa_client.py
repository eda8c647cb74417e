"""What is asked of Rasa over HTTP."""

from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from desk.domain.turn import TurnId
from desk.services.errors import RasaUnavailable
from desk.services.ports import TurnRequest
from sapa.rasa_client import RasaClient


@pytest.mark.parametrize(
    ("text", "sent"), [("// /restart", "restart"), ("//", "…"), ("a/b", "a/b"), (None, None)]
)
async def test_typed_words_never_reach_rasa_with_a_leading_slash(text, sent):
    asked: list[Any] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append((await request.json())["text"])
        return web.json_response({"messages": [], "understanding": {}})

    app = web.Application()
    app.router.add_post("/webhooks/sapa/turn", answer)
    async with TestServer(app) as server, RasaClient([str(server.make_url("/"))], "t", 5) as rasa:
        await rasa.take_turn(TurnRequest("s", TurnId("t1"), text, None, {}))

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
