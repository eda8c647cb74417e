"""Keeps several programs running until it is told to stop, and leaves nothing behind."""

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import psutil

from sapa.errors import OperatorError
from sapa.program import Process, Program, wait_until_ready
from sapa.screen import Screen, Waiting

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Timing:
    """How long the supervisor waits, in seconds."""

    ready_within: float = 300.0
    ask_every: float = 0.3
    grace: float = 8.0
    first_pause: float = 1.0
    longest_pause: float = 30.0
    steady_after: float = 60.0


class Supervisor:
    """Starts programs together, tells when all are ready, starts again what ends."""

    def __init__(
        self, programs: Sequence[Program], screen: Screen, *, timing: Timing | None = None
    ) -> None:
        """Prepare; nothing runs yet."""
        self._screen = screen
        self._timing = timing or Timing()
        self._relaying = False
        self._processes = [Process(program, self._show) for program in programs]

    async def run(self, on_ready: Callable[[], None]) -> None:
        """Run until a signal comes.

        Raises:
            OperatorError: A program ended, or was not ready in time, at the start.
        """
        stop = asyncio.Event()
        with _on_signals(stop.set):
            try:
                for process in self._processes:
                    await process.start()
                if not await self._wait_ready(stop):
                    return
                on_ready()
                self._relaying = True
                await self._keep_running(stop)
            finally:
                await self._stop_all()

    async def _wait_ready(self, stop: asyncio.Event) -> bool:
        """Wait for all programs; False when a signal came first."""
        labels = {process: f"Starting {process.program.name}" for process in self._processes}
        with self._screen.waiting(*labels.values()) as waiting:
            ready = asyncio.create_task(self._all_ready(labels, waiting))
            ended = {asyncio.create_task(p.wait()): p for p in self._processes}
            stopped = asyncio.create_task(stop.wait())
            done = await _first({ready, stopped, *ended}, self._timing.ready_within)
            for task, process in ended.items():
                if task in done:
                    raise OperatorError(_ended_at_start(process, task.result()))
            if not done:
                raise OperatorError(_too_slow(self._processes, self._timing))
            if stopped in done:
                waiting.open.clear()
                return False
            ready.result()
        return True

    async def _all_ready(self, labels: dict[Process, str], waiting: Waiting) -> None:
        async def wait_for(process: Process, label: str) -> None:
            await wait_until_ready(process.program, ask_every_s=self._timing.ask_every)
            waiting.done(label)

        async with asyncio.TaskGroup() as group:
            for process, label in labels.items():
                group.create_task(wait_for(process, label))

    async def _keep_running(self, stop: asyncio.Event) -> None:
        keepers = [asyncio.create_task(self._keep(process)) for process in self._processes]
        try:
            await stop.wait()
        finally:
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)

    async def _keep(self, process: Process) -> None:
        """Start a program again whenever it ends, slower each time while it ends at once."""
        pause, started = self._timing.first_pause, time.monotonic()
        while True:
            code = await process.wait()
            await process.stop(grace_s=self._timing.grace)  # what it left of its group
            if time.monotonic() - started > self._timing.steady_after:
                pause = self._timing.first_pause
            self._screen.warn(
                f"{process.program.name} ended ({_reason(code)}): starting it again in {pause:g} s"
            )
            await asyncio.sleep(pause)
            pause, started = min(pause * 2, self._timing.longest_pause), time.monotonic()
            await process.start()

    async def _stop_all(self) -> None:
        self._screen.say("Stopping ...")
        grace = self._timing.grace
        await asyncio.gather(*(process.stop(grace_s=grace) for process in self._processes))
        _end_what_is_left()
        self._screen.say("Stopped.")

    def _show(self, name: str, line: str) -> None:
        if self._relaying:
            self._screen.relay(name, line)


def _end_what_is_left() -> None:
    """End what the programs started in groups of its own and left to us (`adopt_orphans`)."""
    for orphan in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            orphan.kill()


async def _first(tasks: set[asyncio.Task[Any]], timeout_s: float) -> set[asyncio.Task[Any]]:
    """Wait for the first of *tasks*, end the others, and return those that were done."""
    try:
        done, _ = await asyncio.wait(tasks, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return done


def _too_slow(processes: Sequence[Process], timing: Timing) -> str:
    logs = ", ".join(str(process.program.log_file) for process in processes)
    return f"Not ready after {timing.ready_within:g} s; the reason may stand in {logs}."


def _ended_at_start(process: Process, code: int) -> str:
    tail = "".join(f"\n  | {line}" for line in process.tail)
    return (
        f"{process.program.name} ended while it was starting ({_reason(code)}); its last lines, "
        f"more in {process.program.log_file}:{tail}"
    )


def _reason(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"


@contextlib.asynccontextmanager
async def running(
    program: Program, screen: Screen, *, timing: Timing | None = None
) -> AsyncIterator[None]:
    """Run one program, ready, for the length of the block.

    Raises:
        OperatorError: It ended, or was not ready in time, at the start.
    """
    timing = timing or Timing()
    process = Process(program, lambda _name, _line: None)
    try:
        await process.start()
        with screen.waiting(f"Starting {program.name}"):
            ready = asyncio.create_task(wait_until_ready(program, ask_every_s=timing.ask_every))
            ended = asyncio.create_task(process.wait())
            done = await _first({ready, ended}, timing.ready_within)
            if ended in done:
                raise OperatorError(_ended_at_start(process, ended.result()))
            if not done:
                raise OperatorError(_too_slow([process], timing))
        yield
    finally:
        await process.stop(grace_s=timing.grace)


@contextlib.contextmanager
def _on_signals(call: Callable[[], None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, call)
    try:
        yield
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
