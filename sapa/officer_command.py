"""`sapa officer`: who may answer citizens, from the command line."""

import asyncio
from difflib import get_close_matches
from typing import Annotated

import typer

from desk.bootstrap import Desk, open_desk
from desk.domain.errors import LastAdminStays, OfficeNotFound, OfficerNotFound
from desk.domain.officer import Officer
from desk.domain.roles import Role
from desk.services.handoffs import staff
from desk.settings_loading import load_settings
from desk.storage import migrate
from sapa.errors import USAGE, OperatorError

app = typer.Typer(help="Officers who answer citizens.", no_args_is_help=True)

TelegramId = Annotated[
    int, typer.Option("--telegram-id", min=1, help="The person's Telegram number.")
]


@app.command()
def add(
    telegram_id: TelegramId,
    name: Annotated[str, typer.Option(help="The name that citizens read under answers.")],
    role: Annotated[Role, typer.Option(help="What the person is to the desk.")],
    instansi: Annotated[
        str | None, typer.Option(help="Id of the office; petugas and supervisor have one.")
    ] = None,
) -> None:
    """Register an officer, or give one another role; who was suspended is active again."""
    name = " ".join(name.split())
    if not name:
        raise OperatorError("--name is empty: citizens read it under every answer.")
    asyncio.run(_add(telegram_id, name, role, instansi))


@app.command()
def suspend(telegram_id: TelegramId) -> None:
    """Obey an officer no more; the conversations they serve go back to the queue."""
    asyncio.run(_suspend(telegram_id))


@app.command("list")
def list_officers() -> None:
    """Name all officers with their roles."""
    asyncio.run(_list())


async def _add(telegram_id: int, name: str, role: Role, office: str | None) -> None:
    desk = await _open()
    try:
        async with desk.units() as uow:
            officer = await staff.register(
                uow, desk.tools, telegram_id=telegram_id, name=name, role=role, office=office
            )
            await uow.commit()
    except staff.OfficeNeeded:
        raise OperatorError(
            f"A {role} belongs to an office: add --instansi ID.{_offices(desk)}", exit_code=USAGE
        ) from None
    except OfficeNotFound:
        raise OperatorError(
            f"There is no office {office!r}.{_offices(desk, like=office)}", exit_code=USAGE
        ) from None
    finally:
        await desk.close()
    typer.echo(_line(officer))


async def _suspend(telegram_id: int) -> None:
    desk = await _open()
    try:
        officer, returned = await staff.suspend(desk.units, desk.tools, telegram_id)
    except OfficerNotFound:
        raise OperatorError(
            f"No officer has the Telegram number {telegram_id}: see `sapa officer list`."
        ) from None
    except LastAdminStays:
        raise OperatorError(
            "This is the last admin: give somebody else the role admin first."
        ) from None
    finally:
        await desk.close()
    typer.echo(_line(officer))
    if returned:
        typer.echo(f"{returned} conversations went back to the queue.")


async def _list() -> None:
    desk = await _open()
    try:
        async with desk.units() as uow:
            officers = await uow.officers.all()
    finally:
        await desk.close()
    for officer in officers:
        typer.echo(_line(officer))
    if not officers:
        typer.echo("No officer is registered: `sapa officer add --help`.")


async def _open() -> Desk:
    settings = load_settings()
    await migrate.upgrade(settings.database_url)
    return open_desk(settings)


def _line(officer: Officer) -> str:
    roles = ", ".join(
        f"{grant.role} ({grant.office})" if grant.office else str(grant.role)
        for grant in officer.grants
    )
    state = "" if officer.is_active else "  [suspended]"
    return f"{officer.telegram_id}  {officer.name}  {roles}{state}"


def _offices(desk: Desk, *, like: str | None = None) -> str:
    """Return a sentence that tells where ids of offices are found."""
    known = sorted(agency.id for agency in desk.tools.catalogue.agencies)
    close = get_close_matches(like or "", known, n=3, cutoff=0.4)
    hint = f" Did you mean {' or '.join(close)}?" if close else ""
    return f"{hint} The ids are in data/catalogue/instansi.yml: {', '.join(known)}."
