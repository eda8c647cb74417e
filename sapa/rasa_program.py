"""How Rasa is trained and started: in its own environment, told only what it must know."""

import asyncio
import os
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from desk.settings import ROOT, Settings
from sapa.errors import OperatorError
from sapa.program import Program

PYTHON: Final = ROOT / ".venv-rasa" / "bin" / "python"
_TETHER: Final = str(Path(__file__).with_name("tether.py"))
_LAST_LINES: Final = 6
#: Rasa needs no key, no database and no Telegram.
_KEPT_FROM_RASA: Final = ("SAPA_SECRET_KEY", "SAPA_DATABASE_URL", "SAPA_TELEGRAM_")


def rasa_environment(settings: Settings) -> dict[str, str]:
    """Return what Rasa reads from the environment."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(_KEPT_FROM_RASA)}
    return {
        "SAPA_RASA_LOG_LEVEL": "WARNING",
        **inherited,
        "PYTHONUNBUFFERED": "1",
        "RASA_TELEMETRY_ENABLED": "false",
        "SAPA_ACTIONS_TIMEOUT": str(settings.actions_timeout),
        "SAPA_ACTIONS_TOKEN": settings.actions_token.get_secret_value(),
        "SAPA_ACTIONS_URL": settings.actions_url,
        "SAPA_PARENT_PID": str(os.getpid()),
        "SAPA_RASA_TOKEN": settings.rasa_token.get_secret_value(),
    }


def rasa_program(settings: Settings, *, model: Path, port: int, name: str = "rasa") -> Program:
    """Describe one Rasa that serves *model* on a port of this machine."""
    query = urlencode({"token": settings.rasa_token.get_secret_value()})
    return Program(
        name=name,
        command=(str(PYTHON), "-m", "nlu.serve", "--model", str(model), "--port", str(port)),
        ready_url=f"http://127.0.0.1:{port}/status?{query}",
        log_file=settings.var_dir / "log" / f"{name}.log",
        environment=rasa_environment(settings),
    )


async def train_if_needed(settings: Settings, say: Callable[[str], None]) -> Path:
    """Return the model of the present data, trained now if its inputs changed; *say* hears how.

    Raises:
        OperatorError: Rasa's environment is missing, or the training failed.
    """
    if not PYTHON.exists():
        raise OperatorError(
            "Rasa's environment .venv-rasa is missing: run `make train` to build it."
        )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, _TETHER, str(os.getpid())),
        *(str(PYTHON), "-m", "nlu.training"),
        cwd=ROOT,
        env=rasa_environment(settings),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C reaches only us; the tether ends it then
    )
    assert process.stdout is not None
    assert process.stderr is not None
    printed, chatter = await asyncio.gather(
        process.stdout.read(), _relay_progress(process.stderr, say)
    )
    if await process.wait() != 0 or not printed.strip():
        lines = "".join(f"\n  | {line}" for line in chatter)
        raise OperatorError(f"The model could not be trained; the last lines say why:{lines}")
    return ROOT / printed.decode().split()[-1]


async def _relay_progress(stream: asyncio.StreamReader, say: Callable[[str], None]) -> list[str]:
    """Pass on what the training says, not what Rasa's old libraries do; return the last lines."""
    last: deque[str] = deque(maxlen=_LAST_LINES)
    async for raw in stream:
        line = raw.decode("utf-8", "replace").rstrip()
        last.append(line)
        if line.startswith("train:"):
            say(line)
    return list(last)
