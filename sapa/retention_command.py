"""`sapa retention`: remove the personal data whose time is over, or show what that would be."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from desk.bootstrap import Desk, open_desk
from desk.domain.retention import Rule
from desk.services.privacy import retention as rules
from desk.settings_loading import load_settings
from desk.storage import migrate
from sapa import backups
from sapa.errors import OperatorError

#: Lines of the table are not broken when nobody watches.
_WIDE: Final = 120
#: What each rule removes, and the field of `Retention` that says when; None: a fixed time.
_TOLD: Final[Mapping[Rule, tuple[str, str | None]]] = {
    Rule.RAW: ("updates as the channel wrote them, emptied", "raw"),
    Rule.UNREADABLE: ("unreadable and failed updates, emptied", "unreadable"),
    Rule.MESSAGES_IN: ("messages of citizens, emptied", "messages"),
    Rule.ANSWERS: ("recorded answers of steps, deleted", "messages"),
    Rule.UNDERSTANDING: ("what was understood of them, emptied", "messages"),
    Rule.MESSAGES_OUT: ("messages to citizens, emptied", "messages"),
    Rule.OFFICERS: ("messages to officers, emptied", "officers"),
    Rule.TOPICS: ("topics of ended hand-offs, to be deleted in Telegram", "officers"),
    Rule.NOTES: ("notes of ended hand-offs, emptied", "notes"),
    Rule.HANDOFFS: ("tickets of ended hand-offs, forgotten", "notes"),
    Rule.TICKETS: ("identities of closed tickets, removed", "tickets"),
    Rule.IDLE: ("idle conversations, without address from now on", "idle"),
    Rule.EMPTY: ("empty conversations, without address from now on", None),
    Rule.STUBS: ("numbers of emptied updates, deleted", None),
    Rule.UPDATES: ("emptied updates of conversations, deleted", "idle"),
    Rule.SENT: ("emptied messages, deleted", "idle"),
    Rule.TURNS: ("emptied turns, deleted", "idle"),
    Rule.REQUESTS: ("requests about data, deleted", "records"),
    Rule.OPENINGS: ("openings of identities, deleted", "records"),
}


def retention(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be removed; change nothing.")
    ] = False,
) -> None:
    """Remove personal data that was kept long enough; `sapa serve` does so once a day."""
    asyncio.run(_retention(dry_run=dry_run))


async def _retention(*, dry_run: bool) -> None:
    settings = load_settings()
    if not await migrate.is_current(settings.database_url):
        raise OperatorError(
            "The database has no schema or an old one: run `sapa db upgrade` first."
        )
    desk = open_desk(settings)
    now = desk.tools.now()
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _WIDE
    try:
        due = await rules.due(desk.units, desk.tools)
        if dry_run:
            old = len(backups.too_old(settings, now))
            console.print(_table(desk, "would be removed", due, old))
            return
        removed = await _remove(desk, due, console)
    finally:
        await desk.close()
    console.print(_table(desk, "removed", removed, backups.remove_too_old(settings, now)))


async def _remove(desk: Desk, due: Mapping[Rule, int], console: Console) -> Mapping[Rule, int]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as shown:
        tasks = {rule: shown.add_task(_TOLD[rule][0], total=count) for rule, count in due.items()}

        def progress(rule: Rule, count: int) -> None:
            shown.update(tasks[rule], completed=count, total=max(count, due[rule]))

        return await rules.apply(desk.units, desk.tools, progress)


def _table(desk: Desk, heading: str, counts: Mapping[Rule, int], old_backups: int) -> Table:
    table = Table("rule", "what", "kept, days", heading, box=None)
    for rule, count in counts.items():
        what, span = _TOLD[rule]
        days = str(getattr(desk.tools.retention, span).days) if span else ""
        table.add_row(rule, what, days, str(count))
    kept = str(desk.tools.retention.backups.days)
    table.add_row("backups", "files in var/backup but the newest, deleted", kept, str(old_backups))
    return table
