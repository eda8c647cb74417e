"""Act, record, tell: what a unit of work does with what happened in it."""

from dataclasses import dataclass
from typing import Any

import pytest

from desk.bootstrap import SUBSCRIBERS
from desk.domain.lifecycle import Actor, Status
from desk.domain.roles import Role
from desk.services import events
from desk.services.events import Event
from desk.services.tickets.moving import move
from desk.storage.open import Storage
from tests.integration.ticket_life import Bureau


@dataclass(frozen=True)
class Said(Event):
    """A word, and words that whoever hears it says in turn."""

    word: str
    then: tuple["Said", ...] = ()


class Listener:
    """Notes what it hears, and records what follows from it."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def __call__(self, uow: Any, event: Event) -> None:
        assert isinstance(event, Said)
        self.heard.append(event.word)
        for each in event.then:
            uow.record(each)


def classes() -> list[type[Event]]:
    return [each for each in Event.__subclasses__() if each.__module__ == events.__name__]


def test_every_event_has_its_line_in_the_table_of_those_who_hear() -> None:
    assert set(SUBSCRIBERS) == set(classes())


async def test_events_are_told_in_their_order_and_what_follows_from_them_after(
    storage: Storage,
) -> None:
    listener = Listener()
    async with storage.units() as uow:
        uow.told_by(listener)
        uow.record(Said("satu", then=(Said("tiga"),)))
        uow.record(Said("dua"))
        assert listener.heard == []
        await uow.commit()
    assert listener.heard == ["satu", "dua", "tiga"]


async def test_what_was_told_at_once_is_not_told_again_at_the_commit(storage: Storage) -> None:
    listener = Listener()
    async with storage.units() as uow:
        uow.told_by(listener)
        uow.record(Said("satu"))
        await uow.tell()
        assert listener.heard == ["satu"]
        uow.record(Said("dua"))
        await uow.commit()
    assert listener.heard == ["satu", "dua"]


async def test_nothing_is_told_of_what_was_not_committed(storage: Storage) -> None:
    listener = Listener()
    async with storage.units() as uow:
        uow.told_by(listener)
        uow.record(Said("satu"))
    assert listener.heard == []


async def test_an_event_is_never_lost_for_want_of_those_who_tell(storage: Storage) -> None:
    async with storage.units() as uow:
        uow.record(Said("satu"))
        with pytest.raises(LookupError, match="nobody tells of Said"):
            await uow.commit()


class Broken(Exception):
    """Whoever should have told cannot."""


async def test_who_cannot_tell_undoes_what_happened(bureau: Bureau) -> None:
    await bureau.officer(Role.KOORDINATOR)
    citizen = await bureau.citizen()
    ticket = await bureau.ticket(Status.NEW, citizen)

    async def fail(uow: Any, event: Event) -> None:
        raise Broken

    with pytest.raises(Broken):
        async with bureau.storage.units() as uow:
            uow.told_by(fail)
            await move(uow, bureau.tools, ticket.number, Status.WITHDRAWN, Actor.CITIZEN)
            await uow.commit()
    assert await bureau.stored(ticket) == ticket
    assert await bureau.sent() == []
