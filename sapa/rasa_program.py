"""How Rasa is trained and started: in its own environment, told only what it must know."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from desk.settings import ROOT, Settings
from sapa.errors import OperatorError
from sapa.program import Program

PYTHON: Final = ROOT / ".venv-rasa" / "bin" / "python"
_TETHER: Final = str(Path(__file__).with_name("tether.py"))
#: Rasa needs no key, no database and no Telegram.
_KEPT_FROM_RASA: Final = ("SAPA_SECRET_KEY", "SAPA_DATABASE_URL", "SAPA_TELEGRAM_")


def rasa_environment(settings: Settings) -> dict[str, str]:
    """Return what Rasa reads from the environment."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(_KEPT_FROM_RASA)}
    return {
        "SAPA_RASA_LOG_LEVEL": "WARNING",
        **inherited,
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore",  # of Rasa's old libraries; no one here can act on them
        "RASA_TELEMETRY_ENABLED": "false",
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


async def train_if_needed(settings: Settings) -> Path:
    """Return the model of the present data, trained now if its inputs changed.

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
        start_new_session=True,  # Ctrl-C reaches only us; the tether ends it then
    )
    assert process.stdout is not None
    printed = (await process.stdout.read()).decode().split()
    if await process.wait() != 0 or not printed:
        raise OperatorError("The model could not be trained; the lines above say why.")
    return Path(printed[-1])
