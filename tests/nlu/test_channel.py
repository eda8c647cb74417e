"""The channel lets only the gateway in, answers whole turns or 503, and runs none twice."""

import asyncio
import socket
import threading
import uuid
from collections.abc import Awaitable, Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("rasa")

import aiohttp
from rasa.core.channels.channel import UserMessage
from rasa.shared.exceptions import InvalidConfigException
from sanic import Sanic

from nlu.channel import SapaInput
from nlu.mend import TurnFailed

TOKEN = {"Authorization": "Bearer rahasia"}
Post = Callable[..., Awaitable[tuple[int, dict[str, Any]]]]
Talk = Callable[["FakeAgent", Callable[[Post], Awaitable[None]]], None]


class FakeAgent:
    """Understands everything as a greeting and echoes what it was given."""

    def __init__(self) -> None:
        self.domain = SimpleNamespace(intents=["salam"])
        self.processor = self
        self.tracker_store = self
        self.model_name = "model.tar.gz"
        self.ready = True
        self.handled: list[UserMessage] = []
        self.failure: Exception | None = None

    def is_ready(self) -> bool:
        return self.ready

    async def retrieve(self, sender: str) -> None:
        return None

    async def parse_message(self, message: UserMessage) -> dict[str, Any]:
        intent = {"name": "salam", "confidence": 0.9}
        return {"text": message.text, "intent": intent, "entities": [], "intent_ranking": [intent]}

    async def handle_message(self, message: UserMessage) -> None:
        if self.failure is not None:
            raise self.failure
        await asyncio.sleep(0.01)
        self.handled.append(message)
        output = message.output_channel
        await output.send_response(message.sender_id, {"text": f"satu\n\n{message.text}"})
        await output.send_response(message.sender_id, {"custom": {"kartu": 1}})


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Sanic, str, asyncio.AbstractEventLoop]]:
    """Serve the channel in a thread; Sanic can start one application per process only."""
    loop = asyncio.new_event_loop()
    app = Sanic("channel_test", configure_logging=False)
    channel = SapaInput.from_credentials({"token": "rahasia"})
    app.blueprint(channel.blueprint(_never), url_prefix="/webhooks/sapa")
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/webhooks/sapa/turn"

    async def start() -> None:
        started = await app.create_server(sock=listening, return_asyncio_server=True)
        await started.startup()

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    yield app, url, loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


@pytest.fixture
def talk(server: tuple[Sanic, str, asyncio.AbstractEventLoop]) -> Talk:
    app, url, loop = server

    def run(agent: FakeAgent, conversation: Callable[[Post], Awaitable[None]]) -> None:
        async def converse() -> None:
            app.ctx.agent = agent
            async with aiohttp.ClientSession() as session:

                async def post(content: Any, headers: Any = TOKEN) -> tuple[int, dict[str, Any]]:
                    async with session.post(url, json=content, headers=headers) as response:
                        return response.status, await response.json()

                await conversation(post)

        asyncio.run_coroutine_threadsafe(converse(), loop).result(20)

    return run


async def _never(message: UserMessage) -> None:
    raise AssertionError("the channel asks the agent itself")


def turn(turn_id: str = "1", **changes: Any) -> dict[str, Any]:
    return {"sender": "s1", "turn_id": turn_id, "text": "halo", **changes}


def once() -> str:
    """Make a turn id that no other test uses."""
    return uuid.uuid4().hex


@pytest.mark.parametrize("token", [None, "", "  "])
def test_the_channel_refuses_to_start_without_a_token(token: str | None) -> None:
    with pytest.raises(InvalidConfigException, match="SAPA_RASA_TOKEN is empty"):
        SapaInput.from_credentials({"token": token})


def test_a_stranger_is_turned_away(talk: Talk) -> None:
    async def conversation(post: Post) -> None:
        assert (await post(turn(), {}))[0] == 401
        assert (await post(turn(), {"Authorization": "Bearer rahasiaa"}))[0] == 401

    talk(FakeAgent(), conversation)


def test_a_turn_answers_messages_in_order_with_the_understanding(talk: Talk) -> None:
    agent = FakeAgent()

    async def conversation(post: Post) -> None:
        status, answer = await post(turn("satu", metadata={"bahasa": "id"}))
        assert status == 200
        assert answer["messages"] == [{"text": "satu\n\nhalo"}, {"custom": {"kartu": 1}}]
        assert answer["understanding"]["final"] == "salam"
        assert agent.handled[0].metadata == {"bahasa": "id", "turn_id": "satu"}

    talk(agent, conversation)


def test_the_same_turn_again_is_answered_from_the_record(talk: Talk) -> None:
    agent = FakeAgent()

    async def conversation(post: Post) -> None:
        same = turn(once())
        answers = await asyncio.gather(*(post(same) for _ in range(4)))
        assert [status for status, _ in answers] == [200] * 4
        assert len({str(answer) for _, answer in answers}) == 1
        assert len(agent.handled) == 1

    talk(agent, conversation)


def test_typed_commands_are_words(talk: Talk) -> None:
    agent = FakeAgent()

    async def conversation(post: Post) -> None:
        await post(turn(once(), text="\u200b /restart"))
        assert [m.text for m in agent.handled] == ["restart"]
        assert agent.handled[0].parse_data["intent"]["name"] == "salam"

    talk(agent, conversation)


@pytest.mark.parametrize(
    ("failure", "code"),
    [(TurnFailed("actions_unreachable"), "actions_unreachable"), (ValueError("x"), "turn_failed")],
)
def test_a_failed_turn_answers_503_and_can_be_sent_again(
    failure: Exception, code: str, talk: Talk
) -> None:
    agent = FakeAgent()

    async def conversation(post: Post) -> None:
        same = turn(once())
        agent.failure = failure
        assert await post(same) == (503, {"error": code})
        agent.failure = None
        assert (await post(same))[0] == 200

    talk(agent, conversation)


def test_without_a_model_every_turn_answers_503(talk: Talk) -> None:
    agent = FakeAgent()
    agent.ready = False

    async def conversation(post: Post) -> None:
        assert await post(turn()) == (503, {"error": "no_model"})

    talk(agent, conversation)


def test_a_malformed_body_answers_400(talk: Talk) -> None:
    async def conversation(post: Post) -> None:
        assert await post([]) == (400, {"error": "bad_body"})
        assert await post(turn(sender="")) == (400, {"error": "bad_sender"})

    talk(FakeAgent(), conversation)
