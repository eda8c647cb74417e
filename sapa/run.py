"""`sapa run`: everything on one machine, from an empty folder to the printed addresses."""

import os
import sys

from desk.settings import ROOT, Settings
from desk.settings_loading import unknown_names
from sapa.ports import check_ports, demands, local_rasa_ports
from sapa.program import Program
from sapa.rasa_program import rasa_program, train_if_needed
from sapa.screen import Screen
from sapa.supervisor import Supervisor
from sapa.telegram_token import TelegramState, check_token


async def run(settings: Settings, screen: Screen) -> None:
    """Check, migrate, train, start, and keep everything running until a signal comes.

    Raises:
        OperatorError: Something is in the way; the sentence says what to do.
    """
    for sentence in unknown_names():
        screen.warn(sentence)
    check_ports(demands(settings))
    telegram = await check_token(settings)
    if telegram.warning:
        screen.warn(telegram.warning)
    await _migrate(settings, screen)
    programs = [serve_program(settings), *await _rasas(settings, screen)]
    await Supervisor(programs, screen).run(lambda: _tell(settings, telegram, screen))


def serve_program(settings: Settings) -> Program:
    """Describe the gateway with all its roles."""
    return Program(
        name="sapa",
        command=(sys.executable, "-m", "sapa", "serve"),
        ready_url=f"{settings.monitor_url}/readyz",
        log_file=settings.var_dir / "log" / "sapa.log",
        environment={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


async def _migrate(settings: Settings, screen: Screen) -> None:
    from desk.storage.migrate import upgrade  # late: a wrong port is told without it

    with screen.waiting("Migrating the database"):
        await upgrade(settings.database_url)


async def _rasas(settings: Settings, screen: Screen) -> list[Program]:
    ports = local_rasa_ports(settings)
    if not ports:  # all of them run elsewhere
        return []
    model = await train_if_needed(settings, screen.say)
    names = ["rasa", *(f"rasa-{port}" for port in ports[1:])]
    return [
        rasa_program(settings, model=model, port=port, name=name)
        for port, name in zip(ports, names, strict=True)
    ]


def _tell(settings: Settings, telegram: TelegramState, screen: Screen) -> None:
    base = settings.local_url
    mode = settings.telegram_mode
    if telegram.username:
        bot = f"@{telegram.username}, by {mode}"
    else:
        bot = (
            "waiting for the Bot API" if telegram.warning else "off (SAPA_TELEGRAM_TOKEN is empty)"
        )
    logs = settings.var_dir / "log"
    logs = logs.relative_to(ROOT) if logs.is_relative_to(ROOT) else logs
    public = "" if settings.public_url == base else f"\n  For citizens  {settings.public_url}/"
    screen.say(
        f"\nSapa is ready.\n"
        f"  Portal        {base}/{public}\n"
        f"  Web chat      {base}/chat\n"
        f"  Tracking      {base}/lacak\n"
        f"  Telegram      {bot}\n"
        f"  Monitors      {settings.monitor_url}/readyz, /metrics\n"
        f"  Logs          {logs}\n"
        "Ctrl-C stops everything.\n"
    )
