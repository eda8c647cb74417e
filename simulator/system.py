"""Both programs as real processes with logs in files, for end-to-end tests and benchmarks."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import aiohttp

from simulator.server import BotApiServer

ROOT = Path(__file__).resolve().parents[1]
RASA_PYTHON = ROOT / ".venv-rasa" / "bin" / "python"
RASA_TOKEN = "rasa-token-for-tests"  # noqa: S105 - opens nothing but a test
ACTIONS_TOKEN = "actions-token-for-tests"  # noqa: S105 - opens nothing but a test
RASA_READY = 120.0
GATEWAY_READY = 30.0


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def train(extra_env: Mapping[str, str] = MappingProxyType({})) -> Path:
    """Return the project's model, trained now if its inputs changed."""
    done = subprocess.run(  # noqa: S603 - our own program
        [str(RASA_PYTHON), "-m", "nlu.training"],
        cwd=ROOT,
        check=True,
        env={**os.environ, **extra_env},
        stdout=subprocess.PIPE,
        text=True,
        timeout=600,
    )
    return ROOT / done.stdout.strip().splitlines()[-1]


@dataclass
class Process:
    """A program that can be killed and started again; its output goes to one file."""

    command: list[str]
    env: Mapping[str, str]
    log: Path
    _running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it in a process group of its own."""
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(  # noqa: S603 - our own program
                self.command,
                cwd=ROOT,
                env={**os.environ, **self.env},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Return the process id."""
        assert self._running is not None
        return self._running.pid

    def kill(self) -> None:
        """End it as a power cut would: nothing is finished."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end, and wait."""
        self._end(signal.SIGTERM)

    def pause(self) -> None:
        """Freeze it: it accepts connections and answers nothing."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let a frozen process go on."""
        os.kill(self.pid, signal.SIGCONT)

    def _end(self, how: signal.Signals) -> None:
        if self._running is None or self._running.poll() is not None:
            return
        os.killpg(self._running.pid, how)
        try:
            self._running.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self._running.pid, signal.SIGKILL)
            self._running.wait(5)


@dataclass
class Rasa:
    """One Rasa server with the project's model."""

    model: Path
    folder: Path
    port: int = field(default_factory=free_port)
    actions_port: int = field(default_factory=free_port)
    extra_env: Mapping[str, str] = field(default_factory=dict)
    process: Process = field(init=False)

    def __post_init__(self) -> None:
        """Prepare the command."""
        self.process = Process(
            [
                str(RASA_PYTHON),
                "-m",
                "nlu.serve",
                "--model",
                str(self.model),
                "--port",
                str(self.port),
            ],
            {
                "SAPA_RASA_TOKEN": RASA_TOKEN,
                "SAPA_ACTIONS_URL": f"http://127.0.0.1:{self.actions_port}/webhook",
                "SAPA_ACTIONS_TOKEN": ACTIONS_TOKEN,
                "SAPA_PARENT_PID": str(os.getpid()),
                **self.extra_env,
            },
            self.folder / "rasa.log",
        )

    @property
    def url(self) -> str:
        """Return the server's address."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start and wait until it has its model."""
        self.process.start()
        headers = {"Authorization": f"Bearer {RASA_TOKEN}"}
        await until_ok(f"{self.url}/webhooks/sapa/ready", RASA_READY, self.process, headers)


@dataclass
class Gateway:
    """`sapa serve` on a database and, if wanted, a Telegram of its own."""

    folder: Path
    rasa_url: str
    actions_port: int
    telegram_url: str | None = None
    telegram_token: str | None = None
    database_url: str | None = None
    extra_env: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    monitor_port: int = field(default_factory=free_port)
    process: Process = field(init=False)

    def __post_init__(self) -> None:
        """Prepare the command."""
        database = self.database_url or f"sqlite+aiosqlite:///{self.folder / 'sapa.db'}"
        env = {
            "SAPA_VAR_DIR": str(self.folder),
            "SAPA_DATABASE_URL": database,
            "SAPA_HTTP_PORT": str(self.port),
            "SAPA_MONITOR_PORT": str(self.monitor_port),
            "SAPA_RASA_URL": self.rasa_url,
            "SAPA_RASA_TOKEN": RASA_TOKEN,
            "SAPA_ACTIONS_PORT": str(self.actions_port),
            "SAPA_ACTIONS_TOKEN": ACTIONS_TOKEN,
            "PYTHONWARNINGS": "default",
        }
        if self.telegram_url and self.telegram_token:
            env["SAPA_TELEGRAM_API_URL"] = self.telegram_url
            env["SAPA_TELEGRAM_TOKEN"] = self.telegram_token
        env.update(self.extra_env)
        self.process = Process(
            [sys.executable, "-m", "sapa", "serve"], env, self.folder / "gateway.log"
        )

    @property
    def url(self) -> str:
        """Return the gateway's address."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start and wait until it answers."""
        self.process.start()
        # Not /readyz: tests start gateways whose Rasa is away.
        await until_ok(
            f"http://127.0.0.1:{self.monitor_port}/healthz", GATEWAY_READY, self.process
        )


@asynccontextmanager
async def gateway_on(
    telegram: BotApiServer,
    rasa: Rasa,
    folder: Path,
    *,
    by_webhook: bool = False,
    extra_env: Mapping[str, str] | None = None,
) -> AsyncIterator[Gateway]:
    """Run a gateway on a fresh database in *folder*, with the Bot API server as its Telegram."""
    port = free_port()
    webhook = {
        "SAPA_TELEGRAM_MODE": "webhook",
        "SAPA_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    gateway = Gateway(
        folder,
        rasa.url,
        rasa.actions_port,
        telegram_url=telegram.url,
        telegram_token=telegram.token,
        port=port,
        extra_env={**(webhook if by_webhook else {}), **(extra_env or {})},
    )
    try:
        await gateway.start()
        yield gateway
    finally:
        gateway.process.stop()


async def until_ok(
    url: str, seconds: float, process: Process, headers: Mapping[str, str] | None = None
) -> None:
    """Wait until *url* answers 200; raise with the end of the process's log when it does not."""
    deadline = time.monotonic() + seconds
    async with aiohttp.ClientSession(headers=headers) as http:
        while time.monotonic() < deadline:
            try:
                async with http.get(url) as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            running = process._running
            if running is not None and running.poll() is not None:
                break
            await asyncio.sleep(0.1)
    tail = process.log.read_text(errors="replace")[-3000:]
    raise AssertionError(f"{url} did not come up; its log ends:\n{tail}")
