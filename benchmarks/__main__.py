"""`make bench`: every scenario once, a table to read and JSON in build/bench/."""

import asyncio
import tempfile
import time
from pathlib import Path

from benchmarks import conversations, dialogue, officers, presses, reading
from benchmarks.figures import Report
from simulator.system import ROOT, Rasa, train


async def run() -> None:
    """Measure and write the report."""
    report = Report()
    model = train()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "presses").mkdir()
        rasa = Rasa(model, folder)
        started = time.perf_counter()
        await rasa.start()
        report.add("start-up", rasa_s=round(time.perf_counter() - started, 1))
        try:
            await conversations.measure(report, rasa, folder)
            await presses.measure(report, rasa, folder / "presses")
        finally:
            rasa.process.stop()
        await dialogue.measure(report, model, folder)
        await reading.measure(report, model, folder)
        await officers.measure(report, folder)
    report.write(ROOT / "build" / "bench")


if __name__ == "__main__":
    asyncio.run(run())
