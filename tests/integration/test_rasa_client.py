"""What is asked of Rasa over HTTP."""

from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from desk.domain.turn import TurnId
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
