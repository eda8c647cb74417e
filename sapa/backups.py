"""The folder of backups: what a new one is called there, and which ones are too old."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from desk.services.every import every
from desk.settings import Settings

logger = logging.getLogger(__name__)

_NAME: Final = "sapa-{:%Y%m%d-%H%M%S}.zip"
_NAMES: Final = re.compile(r"sapa-([0-9]{8}-[0-9]{6})\.zip")
EVERY: Final = timedelta(hours=6)


def new_file(settings: Settings, now: datetime) -> Path:
    """Return where a backup that is made now is written."""
    return _folder(settings) / _NAME.format(now)


def too_old(settings: Settings, now: datetime) -> list[Path]:
    """Return the backups here that have outlived their time, oldest first.

    The newest never has: who forgot to make another one would be left with none. Files of other
    names are not ours.
    """
    files = _folder(settings).glob("*.zip")
    named = [(found[1], file) for file in files if (found := _NAMES.fullmatch(file.name))]
    before = now - timedelta(days=settings.retention_backups_days)
    return [file for made, file in sorted(named)[:-1] if _moment(made) < before]


def remove_too_old(settings: Settings, now: datetime) -> int:
    """Remove the backups that have outlived their time; return how many."""
    files = too_old(settings, now)
    for file in files:
        file.unlink(missing_ok=True)
    return len(files)


async def watch(settings: Settings) -> None:
    """Remove what is too old a few times a day, until cancelled."""

    async def remove() -> None:
        if removed := remove_too_old(settings, datetime.now(UTC)):
            logger.info("removed old backups", extra={"backups": removed})

    await every(EVERY.total_seconds(), remove, name="the removal of old backups")


def _folder(settings: Settings) -> Path:
    return settings.var_dir / "backup"


def _moment(written: str) -> datetime:
    return datetime.strptime(written, "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
