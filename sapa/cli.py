"""The command line: parses, calls, and turns what is in the way into one sentence and a code."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from desk.settings import ROOT, Settings
from desk.settings_loading import SettingsError, load_settings
from sapa import backup_commands, nlu_command, officer_command, retention_command
from sapa.errors import USAGE, OperatorError
from sapa.roles import ALL_ROLES, parse_roles

app = typer.Typer(
    help="Sapa, the citizen desk of Kabupaten Mamuju.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its tracebacks show local variables
)
database = typer.Typer(help="The database.", no_args_is_help=True)
catalogue = typer.Typer(help="The catalogue of services.", no_args_is_help=True)
app.command()(backup_commands.backup)
app.command()(backup_commands.restore)
app.command()(retention_command.retention)
app.add_typer(database, name="db")
app.add_typer(catalogue, name="catalogue")
app.add_typer(nlu_command.app, name="nlu")
app.add_typer(officer_command.app, name="officer")


def main() -> None:
    """Run a command."""
    try:
        app()
    except SettingsError as error:
        _fail("\n".join(f"Error: {problem}" for problem in error.problems), USAGE)
    except OperatorError as error:
        _fail(f"Error: {error}", error.exit_code)


def _fail(text: str, exit_code: int) -> None:
    typer.echo(text, err=True)
    sys.exit(exit_code)


@app.command()
def serve(
    roles: Annotated[
        str, typer.Option(help="Which parts run in this process, comma separated.")
    ] = ",".join(sorted(ALL_ROLES)),
) -> None:
    """Serve citizens and officers: web, Telegram, the worker, and the actions that Rasa calls."""
    chosen = parse_roles(roles)
    settings = load_settings(split_roles=chosen != ALL_ROLES)
    from sapa.logs import configure_logs
    from sapa.serve import serve as serve_roles

    configure_logs(level=settings.log_level, as_json=settings.log_json)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve_roles(settings, chosen))


@app.command()
def run(
    end_with_parent: Annotated[
        bool, typer.Option("--end-with-parent", hidden=True, help="Stop when make ends.")
    ] = False,
) -> None:
    """Run everything on this machine: the database, a model, Rasa and `sapa serve`."""
    from sapa.run import run as run_everything
    from sapa.screen import Screen
    from sapa.tether import adopt_orphans
    from sapa.tether import end_with_parent as tie_to_parent

    if end_with_parent:
        tie_to_parent(os.getppid(), by=signal.SIGTERM)
    adopt_orphans()
    screen = Screen()
    try:
        asyncio.run(run_everything(load_settings(), screen))
    except (
        KeyboardInterrupt
    ):  # before the programs run; later it is their supervisor's to end well
        screen.say("Stopped.")
        raise typer.Exit(130) from None


@app.command()
def doctor() -> None:
    """Look at everything Sapa needs, and say for each fault what to do."""
    from sapa.doctor import examine

    async def look(settings: Settings) -> int:
        faults = 0
        async for finding in examine(settings):
            mark, advice = ("x", f": {finding.advice}") if finding.advice else ("ok", "")
            typer.echo(f"{mark:>2}  {finding.what}: {finding.state}{advice}")
            faults += finding.advice is not None
        return faults

    if faults := asyncio.run(look(load_settings())):
        raise OperatorError(f"{faults} things need attention, marked x above.")


@app.command()
def chat() -> None:
    """Talk to the running Sapa in this terminal, as a citizen does in the web chat."""
    from sapa.chat_command import chat as talk

    try:
        asyncio.run(talk(load_settings().local_url))
    except KeyboardInterrupt:
        raise typer.Exit from None


@database.command("upgrade")
def upgrade_database() -> None:
    """Bring the database to the newest schema; safe to repeat."""
    from desk.storage.migrate import upgrade
    from sapa.screen import Screen

    settings = load_settings()
    with Screen().waiting("Migrating the database"):
        asyncio.run(upgrade(settings.database_url))


@catalogue.command("check")
def check_catalogue(
    folder: Annotated[Path, typer.Argument(help="The catalogue's folder.")] = ROOT
    / "data"
    / "catalogue",
) -> None:
    """Name every fault in the catalogue's files."""
    from desk.storage.catalogue_files import check_catalogue as find_faults

    faults = find_faults(folder)
    for fault in faults:
        typer.echo(str(fault))
    if faults:
        raise OperatorError(f"The catalogue has {len(faults)} faults, named above.")
    typer.echo("The catalogue has no faults.")
