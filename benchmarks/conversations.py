"""From an update at the webhook to the reply at the Bot API server: alone, and 50 at once."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import cycle, islice
from pathlib import Path

from benchmarks.figures import Report, latencies, memory_mb, percentile
from benchmarks.messages import MESSAGES
from simulator import BotApiServer
from simulator.people import Person
from simulator.system import Gateway, Rasa, gateway_on

#: A chat takes one message a second: a citizen who writes faster would measure that limit. They
#: read this long, so that the second part of an answer is not taken for the next answer.
PACE = 1.15
ALONE = 30
CROWD = 50
CROWD_SECONDS = 60
DEEP = 200


async def measure(report: Report, rasa: Rasa, folder: Path) -> None:
    """Run both scenarios and note memory and start-up time."""
    async with BotApiServer() as telegram, _gateway(report, rasa, telegram, folder) as gateway:
        citizen = telegram.sim.user(1, "Warga")
        await _talk(citizen, 3)
        alone = await _talk(citizen, ALONE)
        report.add("telegram, 1 citizen", **latencies(alone))
        await _crowd(report, telegram)
        await _depth(report, telegram)
        report.add(
            "memory",
            rasa_mb=memory_mb(rasa.process.pid),
            gateway_mb=memory_mb(gateway.process.pid),
            total_mb=round(memory_mb(rasa.process.pid) + memory_mb(gateway.process.pid), 1),
        )


@asynccontextmanager
async def _gateway(
    report: Report, rasa: Rasa, telegram: BotApiServer, folder: Path
) -> AsyncIterator[Gateway]:
    # Nobody types as fast as this; flood control would be measured instead.
    patient = {"SAPA_FLOOD_MESSAGES": "1000"}
    started = time.perf_counter()
    async with gateway_on(telegram, rasa, folder, by_webhook=True, extra_env=patient) as gateway:
        report.add("start-up", gateway_s=round(time.perf_counter() - started, 1))
        while telegram.sim.webhook_url is None:  # noqa: ASYNC110 - another process sets it
            await asyncio.sleep(0.05)
        yield gateway


async def _talk(citizen: Person, turns: int, *, until: float | None = None) -> list[float]:
    """Send messages one after the other and return how long each reply took, in seconds."""
    taken = []
    for text in islice(cycle(MESSAGES), turns):
        if until is not None and time.perf_counter() > until:
            break
        citizen.mark_read()
        started = time.perf_counter()
        await citizen.send_text(text)
        await citizen.wait_for(1, timeout=60)
        taken.append(time.perf_counter() - started)
        await asyncio.sleep(PACE)
        if citizen.unread:
            await _cancel(citizen)
    return taken


async def _cancel(citizen: Person) -> None:
    """Give up a report that was begun by mistake: the desk would ask on after every answer."""
    citizen.mark_read()
    await citizen.send_text("/batal")
    await citizen.wait_for(1, timeout=60)
    await asyncio.sleep(PACE)


async def _crowd(report: Report, telegram: BotApiServer) -> None:
    citizens = [telegram.sim.user(100 + n, "Warga") for n in range(CROWD)]
    started = time.perf_counter()
    until = started + CROWD_SECONDS
    async with asyncio.TaskGroup() as tasks:
        talks = [tasks.create_task(_talk(c, 10_000, until=until)) for c in citizens]
    taken = [seconds for talk in talks for seconds in talk.result()]
    rate = len(taken) / (time.perf_counter() - started)
    report.add(f"telegram, {CROWD} citizens", **latencies(taken), messages_per_s=round(rate, 1))


async def _depth(report: Report, telegram: BotApiServer) -> None:
    """Compare the first turns of a conversation with its two-hundredth."""
    taken = await _talk(telegram.sim.user(9000, "Warga"), DEEP)
    # The same messages come round every ten turns: the same ten are compared.
    early, late = percentile(taken[:10], 0.5), percentile(taken[-10:], 0.5)
    report.add(
        "one conversation",
        turn_5_ms=round(early * 1000, 1),
        turn_200_ms=round(late * 1000, 1),
        ratio=round(late / early, 2),
    )
