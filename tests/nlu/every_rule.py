"""Runs every rule and prints what came of it: ``every_rule.py MODEL stock|mended``."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


async def _answer(request: Any) -> Any:
    """Stand for the action server: say which action ran for which message."""
    from aiohttp import web

    call = await request.json()
    action = call["next_action"]
    latest = call["tracker"]["latest_message"]["intent"]["name"]
    said = {"text": f"{action} {latest}", "buttons": [{"title": "Ya", "payload": "/setuju"}]}
    told = [said, {"custom": {"kartu": action}}]
    return web.json_response({"events": [], "responses": told})


async def _talk(agent: Any, sender: str, intents: list[str]) -> dict[str, Any]:
    from rasa.core.channels.channel import CollectingOutputChannel, UserMessage

    said = []
    for number, intent in enumerate(intents):
        output = CollectingOutputChannel()
        press = UserMessage(f"/{intent}", output, sender, message_id=f"{sender}-{number}")
        await agent.handle_message(press)
        said.append([intent, output.messages])
    tracker = await agent.tracker_store.retrieve(sender)
    events = [event.as_dict() for event in tracker.events]
    for event in events:
        del event["timestamp"]
    return {"said": said, "events": events}


async def _run(model: str, kind: str) -> dict[str, Any]:
    os.environ["SAPA_RASA_MEND"] = "on" if kind == "mended" else "off"
    from aiohttp import web
    from rasa.core.agent import load_agent
    from rasa.core.processor import MessageProcessor
    from rasa.core.utils import AvailableEndpoints
    from rasa.utils.endpoints import EndpointConfig

    stock_run_action = MessageProcessor._run_action
    app = web.Application()
    app.router.add_post("/webhook", _answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    action = EndpointConfig(f"http://127.0.0.1:{port}/webhook")
    agent = await load_agent(model, endpoints=AvailableEndpoints(action=action))
    if kind == "stock":
        MessageProcessor._run_action = stock_run_action
    intents = sorted(agent.domain.intents)
    alone = {intent: await _talk(agent, f"alone-{intent}", [intent]) for intent in intents}
    together = await _talk(agent, "together", [*intents, *reversed(intents)])
    await runner.cleanup()
    return {"alone": alone, "together": together}


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    print("RESULT" + json.dumps(asyncio.run(_run(sys.argv[1], sys.argv[2]))))  # noqa: T201
