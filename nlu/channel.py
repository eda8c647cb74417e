"""The input channel ``sapa``: one authenticated POST per turn, atomic, never run twice."""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any
from weakref import WeakValueDictionary

from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.exceptions import InvalidConfigException
from sanic import Blueprint
from sanic.exceptions import SanicException
from sanic.request import Request
from sanic.response import HTTPResponse, json

from nlu.mend import TurnFailed, apply_mends
from nlu.redaction import where
from nlu.turn import BadTurn, DoneTurns, Turn, describe_understanding, read_turn

apply_mends()

logger = logging.getLogger(__name__)


class TurnOutput(CollectingOutputChannel):
    """Collects a turn's messages in order; a text with blank lines stays one message."""

    @classmethod
    def name(cls) -> str:
        """Name that conditional responses could ask for."""
        return "sapa"

    async def send_text_message(self, recipient_id: str, text: str, **kwargs: Any) -> None:
        """Keep the text whole (the stock method splits it at blank lines)."""
        await self._persist_message(self._message(recipient_id, text=text))

    def answer(self) -> list[dict[str, Any]]:
        """Return the messages without the session id in each."""
        return [
            {key: value for key, value in message.items() if key != "recipient_id"}
            for message in self.messages
        ]


class SapaInput(InputChannel):
    """Serves ``POST /webhooks/sapa/turn`` to the gateway and to no one else."""

    def __init__(self, token: str) -> None:
        """Create the channel for callers that know *token*."""
        self._token = token.encode()
        self._done = DoneTurns()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @classmethod
    def name(cls) -> str:
        """Name in the URL and on the tracker's events."""
        return "sapa"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> SapaInput:
        """Create the channel from credentials.yml.

        Raises:
            InvalidConfigException: The token is missing or empty.
        """
        token = (credentials or {}).get("token")
        if not isinstance(token, str) or not token.strip():
            raise InvalidConfigException(
                "SAPA_RASA_TOKEN is empty: set it to the secret shared with the gateway."
            )
        return cls(token=token.strip())

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Define the routes ``turn`` and ``ready``."""
        routes = Blueprint("sapa_turns")

        # Sanic marks its handlers with an attribute, which bound methods refuse.
        async def turn(request: Request) -> HTTPResponse:
            return await self._turn(request)

        async def ready(request: Request) -> HTTPResponse:
            return await self._ready(request)

        routes.add_route(turn, "/turn", methods=["POST"])
        routes.add_route(ready, "/ready", methods=["GET"])
        return routes

    def _is_allowed(self, request: Request) -> bool:
        given = request.headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), b"Bearer " + self._token)

    async def _ready(self, request: Request) -> HTTPResponse:
        if not self._is_allowed(request):
            return json({"error": "unauthorized"}, status=401)
        agent = request.app.ctx.agent
        if agent is None or not agent.is_ready():
            return json({"error": "no_model"}, status=503)
        return json({"model": agent.model_name})

    async def _turn(self, request: Request) -> HTTPResponse:
        if not self._is_allowed(request):
            return json({"error": "unauthorized"}, status=401)
        agent = request.app.ctx.agent
        if agent is None or not agent.is_ready():
            return json({"error": "no_model"}, status=503)
        try:
            turn = read_turn(request.json)
        except BadTurn as error:
            return json({"error": str(error)}, status=400)
        except SanicException:
            return json({"error": "bad_json"}, status=400)
        return await self._answer(agent, turn)

    async def _answer(self, agent: Any, turn: Turn) -> HTTPResponse:
        # Rasa's own lock polls once a second; this one hands over at once, so that Rasa's is
        # always free when it is asked for.
        lock = self._locks.setdefault(turn.sender, asyncio.Lock())
        started = time.perf_counter()
        async with lock:
            try:
                answer = self._done.find(turn) or await _recall(agent, turn)
                if answer is None:
                    answer = await _run(agent, turn)
            except Exception as error:  # the edge of the process: answer, never half a turn
                code = error.code if isinstance(error, TurnFailed) else "turn_failed"
                logger.error("turn failed: %s, %s", code, where(error))
                return json({"error": code}, status=503)
            self._done.keep(turn, answer)
        logger.debug("turn took %.0f ms", (time.perf_counter() - started) * 1000)
        return json(answer)


async def _run(agent: Any, turn: Turn) -> dict[str, Any]:
    output = TurnOutput()
    message = UserMessage(
        text=turn.text,
        output_channel=output,
        sender_id=turn.sender,
        input_channel=SapaInput.name(),
        message_id=turn.turn_id,
        metadata=turn.seen_by_actions(),
    )
    message.parse_data = await _understand(agent, message)
    await agent.handle_message(message)
    return {
        "turn_id": turn.turn_id,
        "messages": output.answer(),
        "understanding": describe_understanding(message.parse_data),
    }


async def _understand(agent: Any, message: UserMessage) -> dict[str, Any]:
    try:
        parsed: dict[str, Any] = await agent.processor.parse_message(message)
    except Exception as error:
        raise TurnFailed("understanding_failed") from error
    return parsed


async def _recall(agent: Any, turn: Turn) -> dict[str, Any] | None:
    """Rebuild the answer from the tracker when its last message is this very turn."""
    tracker = await agent.tracker_store.retrieve(turn.sender)
    events = [] if tracker is None else list(tracker.events)
    last = next((i for i in reversed(range(len(events))) if _is_message(events[i])), None)
    if last is None or (events[last].metadata or {}).get("turn_id") != turn.turn_id:
        return None
    output = TurnOutput()
    for event in events[last:]:
        if isinstance(event, BotUttered):
            await output.send_response(turn.sender, event.message())
    return {
        "turn_id": turn.turn_id,
        "messages": output.answer(),
        "understanding": describe_understanding(events[last].parse_data),
    }


def _is_message(event: Any) -> bool:
    return isinstance(event, UserUttered)
