"""The HTTP server of the actions: known callers only, no words in errors, every action served."""

import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
import yaml
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from actions.desk_action import all_actions
from actions.server import create_app
from desk.domain.turn import Turn, TurnId
from desk.settings import ROOT
from tests.integration.scenes import LAMP, START, Stage

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Client = TestClient[Request, Application]


@pytest.fixture
async def client(stage: Stage) -> AsyncIterator[Client]:
    app = create_app(all_actions(stage.units, stage.tools), "rahasia")
    async with TestClient(TestServer(app)) as opened:
        yield opened


def call(action: str, message: dict[str, Any]) -> dict[str, Any]:
    tracker = {
        "sender_id": "s",
        "slots": {},
        "latest_message": message,
        "events": [],
        "paused": False,
        "active_loop": {},
        "latest_action_name": None,
    }
    return {"next_action": action, "sender_id": "s", "tracker": tracker, "domain": {}}


async def latest_message(stage: Stage) -> dict[str, Any]:
    citizen = stage.citizen()
    await citizen.say("halo selamat pagi semua", "salam")
    conversation = await citizen.conversation()
    async with stage.units() as uow:
        await uow.turns.start(Turn(TurnId("t"), conversation.id, (), START))
        await uow.commit()
    return {
        "text": LAMP,
        "intent": {"name": "lapor_aduan", "confidence": 0.9},
        "intent_ranking": [{"name": "lapor_aduan", "confidence": 0.9}],
        "entities": [],
        "metadata": {"percakapan": conversation.id, "giliran": "t"},
    }


async def test_an_action_answers_with_the_desks_reply_and_again_with_the_same(
    client: Client, stage: Stage
) -> None:
    body = call("action_lapor_aduan", await latest_message(stage))

    first = await client.post("/webhook?token=rahasia", json=body)
    second = await client.post("/webhook?token=rahasia", json=body)

    answer = await first.json()
    (response,) = answer["responses"]
    assert first.status == 200
    assert response["custom"]["text"].startswith("Sebelum kami mencatat laporan")
    assert answer["events"] == []
    assert (await second.json())["responses"] == answer["responses"]


async def test_small_talk_is_answered_in_the_desks_own_words(client: Client, stage: Stage) -> None:
    message = await latest_message(stage)
    message["intent"] = {"name": "salam", "confidence": 0.9}

    answer = await client.post(
        "/webhook?token=rahasia", json=call("action_jawab_basa_basi", message)
    )

    (response,) = (await answer.json())["responses"]
    assert response["custom"]["text"] == stage.tools.say("basa_basi.salam")


@pytest.mark.parametrize("query", ["", "?token=", "?token=salah"])
async def test_a_caller_without_the_token_is_refused(client: Client, query: str) -> None:
    answer = await client.post(f"/webhook{query}", json=call("action_batal", {}))

    assert answer.status == 401


async def test_broken_and_unknown_calls_are_refused(client: Client) -> None:
    broken = await client.post("/webhook?token=rahasia", data=b"{")
    unknown = await client.post("/webhook?token=rahasia", json=call("action_tidak_ada", {}))

    assert (broken.status, unknown.status) == (400, 404)


async def test_a_failed_action_is_a_server_error_and_its_words_reach_no_log(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    message = {"text": "rahasia besar saya", "metadata": {"percakapan": "x", "giliran": "y"}}
    with caplog.at_level(logging.DEBUG):
        answer = await client.post(
            "/webhook?token=rahasia", json=call("action_lapor_aduan", message)
        )

    assert answer.status == 500
    assert await answer.json() == {"error": "action_failed"}
    assert "ConversationNotFound" in caplog.text
    assert "rahasia besar" not in caplog.text


async def test_a_call_that_names_no_turn_fails(client: Client) -> None:
    answer = await client.post("/webhook?token=rahasia", json=call("action_batal", {"text": "x"}))

    assert answer.status == 500


async def test_health_needs_no_token(client: Client) -> None:
    answer = await client.get("/health")

    assert (answer.status, await answer.json()) == (200, {"status": "ok"})


async def test_every_action_of_the_domain_is_served(stage: Stage) -> None:
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    served = {action.name() for action in all_actions(stage.units, stage.tools)}

    assert set(domain["actions"]) - {"action_default_fallback"} <= served
