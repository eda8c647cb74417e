"""`sapa nlu evaluate` finds a Rasa and has it read messages, over HTTP."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from sapa.errors import OperatorError
from sapa.understanding import find_rasa, read_messages
from simulator.system import free_port

TOKEN = "shared-token"


@pytest.fixture
async def rasa():
    """Run a Rasa that names a message by itself, and stumbles over one of them."""

    async def check(request):
        if request.query.get("token") != TOKEN:
            raise web.HTTPUnauthorized

    async def status(request):
        await check(request)
        return web.json_response({})

    async def parse(request):
        await check(request)
        text = (await request.json())["text"]
        if text == "rusak":
            raise web.HTTPInternalServerError
        return web.json_response({"intent": {"name": text}})

    app = web.Application()
    app.router.add_get("/status", status)
    app.router.add_post("/model/parse", parse)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


async def test_the_first_rasa_that_answers_is_found(rasa):
    nobody = f"http://127.0.0.1:{free_port()}"
    assert await find_rasa([nobody, rasa], TOKEN) == rasa
    assert await find_rasa([nobody], TOKEN) is None


async def test_a_rasa_with_another_token_is_told(rasa):
    with pytest.raises(OperatorError, match="has another token: set SAPA_RASA_TOKEN"):
        await find_rasa([rasa], "another-token")


async def test_messages_are_read_in_order_and_counted(rasa):
    texts = [f"pesan {number}" for number in range(9)]
    read = []
    readings = await read_messages(texts, url=rasa, token=TOKEN, on_read=lambda: read.append(1))
    assert [reading.final_intent for reading in readings] == texts
    assert len(read) == 9


async def test_a_rasa_that_stumbles_ends_the_evaluation_with_one_sentence(rasa):
    with pytest.raises(OperatorError, match="failed to read a message"):
        await read_messages(["halo", "rusak"], url=rasa, token=TOKEN, on_read=lambda: None)
