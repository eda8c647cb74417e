"""What needs no words: how long a button and a command take, from the webhook to the reply.

Run beside an older revision (`make bench BESIDE=<revision>`), the same lines measure both.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from benchmarks.figures import Report, latencies
from simulator import BotApiServer
from simulator.people import Person
from simulator.system import Rasa, gateway_on, train

#: Each is pressed once: a chat takes one message a second, which would be measured instead.
CITIZENS = 60
BUTTON = "Cek laporan saya"


async def measure(report: Report, rasa: Rasa, folder: Path) -> None:
    """Have many citizens press and command, one after the other."""
    async with (
        BotApiServer() as telegram,
        gateway_on(telegram, rasa, folder, by_webhook=True) as _,
    ):
        while telegram.sim.webhook_url is None:  # noqa: ASYNC110 - another process sets it
            await asyncio.sleep(0.05)
        citizens = [telegram.sim.user(20_000 + n, "Warga") for n in range(CITIZENS)]
        for citizen in citizens:
            await citizen.start()
            await citizen.wait_for(1, timeout=60)
        await asyncio.sleep(1.2)
        for name, act in ACTS.items():
            taken = [await _answered(citizen, act) for citizen in citizens]
            report.add(name, **latencies(taken))
            await asyncio.sleep(1.2)


#: What a citizen does; each is answered by one message.
ACTS: Mapping[str, Callable[[Person], Awaitable[object]]] = {
    "a press": lambda citizen: citizen.press(BUTTON),
    "a command": lambda citizen: citizen.send_text("/lacak"),
    "a text": lambda citizen: citizen.send_text("berapa biaya bikin paspor"),
}


async def _answered(citizen: Person, act: Callable[[Person], Awaitable[object]]) -> float:
    citizen.mark_read()
    started = time.perf_counter()
    await act(citizen)
    await citizen.wait_for(1, timeout=60)
    return time.perf_counter() - started


async def alone() -> Report:
    """Measure with a Rasa of its own."""
    report = Report()
    model = train()
    with tempfile.TemporaryDirectory() as name:
        rasa = Rasa(model, Path(name))
        await rasa.start()
        try:
            await measure(report, rasa, Path(name))
        finally:
            rasa.process.stop()
    return report


if __name__ == "__main__":
    json.dump(asyncio.run(alone()).figures, sys.stdout)
