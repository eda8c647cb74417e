"""One supervised program: how it is started, where its lines go, how it is stopped."""

import asyncio
import contextlib
import logging
import logging.handlers
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Final

from desk.settings import ROOT
from sapa.asking import status_of

_TETHER: Final = str(Path(__file__).with_name("tether.py"))
_LOG_BYTES: Final = 10_000_000
_TAIL_LINES: Final = 12


@dataclass(frozen=True)
class Program:
    """What is started, and the address that answers 200 when it is ready."""

    name: str
    command: tuple[str, ...]
    ready_url: str = field(repr=False)  # may carry a token
    log_file: Path
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


class Process:
    """A running program; it ends when this process does, however that ends."""

    def __init__(self, program: Program, show: Callable[[str, str], None]) -> None:
        """Give every line to *show*, with the program's name."""
        self.program = program
        self._show = show
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES)
        self._process: asyncio.subprocess.Process | None = None
        self._pump: asyncio.Task[None] | None = None

    @property
    def tail(self) -> list[str]:
        """The last lines it wrote."""
        return list(self._tail)

    async def start(self) -> None:
        """Start the program in a process group of its own: Ctrl-C reaches only us."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, _TETHER, str(os.getpid())),
            *self.program.command,
            cwd=ROOT,
            env=dict(self.program.environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        self._pump = asyncio.create_task(self._relay(self._process))

    async def wait(self) -> int:
        """Wait until it ends by itself, and return its code."""
        assert self._process is not None
        code = await self._process.wait()
        await self._drain()
        return code

    async def stop(self, *, grace_s: float) -> None:
        """Ask the whole group to end; after *grace_s* seconds, end it."""
        if self._process is None:
            return
        self._signal(signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), grace_s)
        self._signal(signal.SIGKILL)  # also what the program started and left
        await self._process.wait()
        await self._drain()

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    async def _drain(self) -> None:
        """Wait for the last lines; a grandchild that holds the pipe must not hold us."""
        if self._pump is not None:
            await asyncio.wait([self._pump], timeout=1.0)
            self._pump.cancel()

    async def _relay(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        self.program.log_file.parent.mkdir(parents=True, exist_ok=True)
        log = logging.handlers.RotatingFileHandler(
            self.program.log_file, maxBytes=_LOG_BYTES, backupCount=2, encoding="utf-8"
        )
        rest = b""
        try:
            while chunk := await process.stdout.read(65_536):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    self._take(line, log)
        finally:
            if rest:
                self._take(rest, log)
            log.close()

    def _take(self, raw: bytes, log: logging.Handler) -> None:
        line = raw.decode("utf-8", "replace").rstrip()
        log.emit(logging.makeLogRecord({"msg": line}))
        self._tail.append(line)
        self._show(self.program.name, line)


async def wait_until_ready(program: Program, *, ask_every_s: float = 0.3) -> None:
    """Ask the program until it says that it is ready."""
    while await status_of(program.ready_url) != HTTPStatus.OK:  # noqa: ASYNC110 - it is another program
        await asyncio.sleep(ask_every_s)
