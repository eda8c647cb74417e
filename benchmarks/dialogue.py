"""Rasa's share of a turn: mended against stock, on the same model."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from aiohttp import web
from rasa_sdk import Action

from actions.server import create_app
from benchmarks.figures import Report, percentile
from simulator.system import ACTIONS_TOKEN, RASA_TOKEN, ROOT, Rasa, free_port

TURNS = 40
DEEP = 120


class _Echo(Action):
    """Answers at once, so that only Rasa's own work is measured."""

    def __init__(self, name: str) -> None:
        """Serve the action called *name*."""
        self._name = name

    def name(self) -> str:
        """Return the action's name."""
        return self._name

    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> list[dict[str, Any]]:
        """Say one sentence."""
        dispatcher.utter_message(json_message={"text": "Baik.", "buttons": []})
        return []


async def measure(report: Report, model: Path, folder: Path) -> None:
    """Compare both in one run; the words are few, so that reading them costs little."""
    figures = {}
    for name, switch in (("mended", "on"), ("stock", "off")):
        port = free_port()
        async with echoing_actions(port):
            rasa = Rasa(model, folder, actions_port=port, extra_env={"SAPA_RASA_MEND": switch})
            started = time.perf_counter()
            await rasa.start()
            ready = time.perf_counter() - started
            try:
                figures[name] = await _turns(rasa)
            finally:
                rasa.process.stop()
        report.add("start-up", **{f"rasa_{name}_s": round(ready, 1)})
    fresh = figures["stock"]["fresh_ms"] / figures["mended"]["fresh_ms"]
    deep = figures["stock"]["deep_ms"] / figures["mended"]["deep_ms"]
    report.add("dialogue", **figures)
    report.add(
        "dialogue",
        fresh_times_faster=round(fresh, 1),
        deep_times_faster=round(deep, 1),
    )


async def _turns(rasa: Rasa) -> dict[str, float]:
    """Return the median of a turn in a fresh conversation and in one of 120 turns, in ms."""
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {RASA_TOKEN}"}) as http:
        await _say(http, rasa, "warm", 0)
        fresh = [await _say(http, rasa, f"fresh-{n}", 0) for n in range(TURNS)]
        for n in range(DEEP):
            await _say(http, rasa, "deep", n)
        deep = [await _say(http, rasa, "deep", DEEP + n) for n in range(10)]
    return {
        "fresh_ms": round(percentile(fresh, 0.5) * 1000, 1),
        "deep_ms": round(percentile(deep, 0.5) * 1000, 1),
    }


async def _say(http: aiohttp.ClientSession, rasa: Rasa, sender: str, number: int) -> float:
    body = {
        "sender": sender,
        "turn_id": f"{sender}-{number}",
        "text": "biayanya berapa",
        "metadata": {},
    }
    started = time.perf_counter()
    async with http.post(f"{rasa.url}/webhooks/sapa/turn", json=body) as response:
        response.raise_for_status()
        await response.read()
    return time.perf_counter() - started


@asynccontextmanager
async def echoing_actions(port: int) -> AsyncIterator[None]:
    """Serve every action of the domain with one that does nothing of its own."""
    names = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))["actions"]
    actions = [_Echo(name) for name in names]
    runner = web.AppRunner(create_app(actions, ACTIONS_TOKEN))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield
    finally:
        await runner.cleanup()
        await asyncio.sleep(0)
