"""How long Rasa takes to read a message and to do a whole turn, over HTTP, one at a time."""

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.dialogue import echoing_actions
from benchmarks.figures import Report, latencies, memory_mb
from simulator.system import RASA_TOKEN, ROOT, Rasa, free_port, train

WITHOUT_VECTORS = {"SAPA_NLU_VECTORS": "off"}
LONGEST = 10_000
MOST_TURNS = 150


async def measure(report: Report, model: Path, folder: Path) -> None:
    """Read the development set, every message for the first time, with vectors and without."""
    texts = _messages()
    async with _reader(model, folder, {}) as (read, turn, rasa):
        report.add("reading, with vectors", **latencies([await read(text) for text in texts]))
        report.add("reading, again", **latencies([await read(text) for text in texts[-100:]]))
        longest = (" ".join(texts) * 2)[:LONGEST]
        report.add("reading, 10,000 characters", ms=round(1000 * await read(longest), 1))
        turns = [await turn(f"{text} min") for text in texts[:MOST_TURNS]]
        report.add("whole turn with an action", **latencies(turns))
        report.add("reading, with vectors", rasa_mb=memory_mb(rasa.process.pid))
    words_only = train(WITHOUT_VECTORS)
    async with _reader(words_only, folder, WITHOUT_VECTORS) as (read, _, rasa):
        report.add("reading, without vectors", **latencies([await read(t) for t in texts]))
        report.add("reading, without vectors", rasa_mb=memory_mb(rasa.process.pid))


def _messages() -> list[str]:
    lines = (ROOT / "data" / "eval" / "intent.jsonl").read_text(encoding="utf-8").splitlines()
    return list(dict.fromkeys(json.loads(line)["text"] for line in lines))


@asynccontextmanager
async def _reader(
    model: Path, folder: Path, extra_env: dict[str, str]
) -> AsyncIterator[tuple[Callable[[str], Any], Callable[[str], Any], Rasa]]:
    """Start Rasa; give what reads a text, what does a turn, both in seconds, and Rasa."""
    rasa = Rasa(model, folder, actions_port=free_port(), extra_env=extra_env)
    async with (
        echoing_actions(rasa.actions_port),
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {RASA_TOKEN}"}) as http,
    ):

        async def post(path: str, body: dict[str, Any]) -> float:
            started = time.perf_counter()
            async with http.post(f"{rasa.url}{path}", json=body) as response:
                response.raise_for_status()
                await response.read()
            return time.perf_counter() - started

        async def read(text: str) -> float:
            return await post(f"/model/parse?token={RASA_TOKEN}", {"text": text})

        async def turn(text: str) -> float:
            name = f"warga-{time.perf_counter_ns()}"
            body: dict[str, Any] = {
                "sender": name,
                "turn_id": name,
                "text": text,
                "metadata": {},
            }
            return await post("/webhooks/sapa/turn", body)

        await rasa.start()
        try:
            await read("halo")
            await turn("halo")
            yield read, turn, rasa
        finally:
            rasa.process.stop()
