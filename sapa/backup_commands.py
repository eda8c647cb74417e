"""`sapa backup` and `sapa restore`: everything that lasts, in one file."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from desk.settings import Settings
from desk.settings_loading import load_settings, read_settings
from sapa import backups
from sapa.errors import OperatorError
from sapa.screen import Screen


def backup(
    file: Annotated[
        Path | None, typer.Argument(help="Where to write; by default a new file in var/backup.")
    ] = None,
) -> None:
    """Write the whole database and the secret key to one file; the desk may go on working."""
    settings = load_settings()
    now = datetime.now(UTC)
    target = file or backups.new_file(settings, now)
    if target.exists():
        raise OperatorError(f"{target} exists already: name another file.")
    asyncio.run(_backup(settings, target))
    typer.echo(f"Written: {target} ({target.stat().st_size / 1e6:.1f} MB)")
    if removed := backups.remove_too_old(settings, now):
        days = settings.retention_backups_days
        typer.echo(f"Removed: {removed} older ones, kept for more than {days} days.")
    if not _key_is_kept(settings):
        typer.echo("SAPA_SECRET_KEY is not in it: keep it in a safe place of its own.")
    typer.echo("It holds personal data: keep it where only the desk's administrators can read it.")


def restore(
    file: Annotated[Path, typer.Argument(help="A file written by `sapa backup`.")],
) -> None:
    """Bring a backup back into an empty database, of either kind."""
    if not file.is_file():
        raise OperatorError(f"There is no file {file}.")
    asyncio.run(_restore(read_settings(), file))
    typer.echo(f"Restored from {file}.")


async def _backup(settings: Settings, target: Path) -> None:
    from desk.storage.backup import backup as write
    from desk.storage.errors import SchemaOutdated

    target.parent.mkdir(parents=True, exist_ok=True)
    extra = [settings.secret_key_file] if _key_is_kept(settings) else []
    try:
        with Screen().waiting("Writing the backup"):
            await write(settings.database_url, target, extra)
    except SchemaOutdated:
        raise OperatorError(
            "The database has no schema or an old one: run `sapa db upgrade` first."
        ) from None
    except OSError as error:
        raise OperatorError(f"{target} cannot be written: {error.strerror}.") from None


async def _restore(settings: Settings, file: Path) -> None:
    from desk.storage.backup import restore as read
    from desk.storage.errors import BackupBroken, TargetNotEmpty

    try:
        with Screen().waiting("Restoring"):
            await read(file, settings.database_url, settings.var_dir)
    except BackupBroken as error:
        reason = str(error) or "It is damaged or no backup of Sapa."
        raise OperatorError(f"{file} cannot be restored: {reason} Nothing was changed.") from None
    except TargetNotEmpty as error:
        raise OperatorError(
            f"{error} Restore into an empty database: set SAPA_DATABASE_URL or SAPA_VAR_DIR to "
            "a new place, or move the old one away. Nothing was changed."
        ) from None


def _key_is_kept(settings: Settings) -> bool:
    """Tell whether the key is the one in the file, not one that was given."""
    key = settings.secret_key.get_secret_value()
    file = settings.secret_key_file
    return file.is_file() and file.read_text(encoding="utf-8").strip() == key
