"""Steps that the end-to-end tests of officers share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from desk.domain.officer import Officer, OfficerId
from desk.domain.roles import Grant, Role
from desk.storage.open import open_storage
from simulator import BotApiServer
from simulator.groups import Group
from simulator.inbox import InboxMessage
from simulator.people import Person
from simulator.system import Gateway, Rasa, gateway_on

WAIT = 15.0


@dataclass
class Office:
    """A gateway with an officers' group, and who works in it."""

    telegram: BotApiServer
    gateway: Gateway
    group: Group
    folder: Path

    async def hire(
        self,
        person: Person,
        name: str,
        role: Role = Role.KOORDINATOR,
        office: str | None = None,
        *,
        privately: bool = False,
    ) -> Person:
        """Register an officer, who writes to the bot once."""
        officer = Officer(
            id=OfficerId(uuid4().hex),
            telegram_id=person.id,
            name=name,
            created_at=datetime.now(UTC),
            grants=(Grant(role, office),),
            serves_privately=privately,
        )
        storage = open_storage(f"sqlite+aiosqlite:///{self.folder / 'sapa.db'}")
        try:
            async with storage.units() as uow:
                await uow.officers.add(officer)
                await uow.commit()
        finally:
            await storage.close()
        await person.start()
        return person

    async def new_card(self) -> InboxMessage:
        """Wait for the card of a conversation that nobody has taken."""
        return await self.group.wait_for(_can_be_taken, timeout=WAIT)


def _can_be_taken(message: InboxMessage) -> bool:
    return "Ambil" in message.button_texts and not message.is_edited


@asynccontextmanager
async def open_office(
    telegram: BotApiServer, rasa: Rasa, folder: Path, *members: Person
) -> AsyncIterator[Office]:
    """Run a gateway with a forum as its officers' group."""
    group = telegram.sim.group(title="Petugas", forum=True, members=members)
    settings = {"SAPA_OFFICER_GROUP_ID": str(group.id)}
    async with gateway_on(telegram, rasa, folder, extra_env=settings) as gateway:
        yield Office(telegram, gateway, group, folder)


async def ask_for_officer(citizen: Person) -> None:
    """Ask for an officer, and wait in line even when the office is closed."""
    await citizen.send_text("/petugas")
    answer = await citizen.wait_for(_is_about_officers, timeout=WAIT)
    if "Tunggu petugas" in answer.button_texts:
        await citizen.press("Tunggu petugas")
        await citizen.wait_for("Urutan Anda", timeout=WAIT)


def _is_about_officers(message: InboxMessage) -> bool:
    return "Urutan Anda" in message.text or "Tunggu petugas" in message.button_texts
