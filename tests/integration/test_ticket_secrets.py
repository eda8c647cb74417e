"""Who filed it, and what a protected ticket says, reach nobody who is not entitled."""

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from desk.domain.lifecycle import Actor, Identity, MoveDetails, OutcomeCode, Status
from desk.domain.roles import Role
from desk.domain.ticket import Addition, AdditionKind, Reporter, Ticket, TicketPlace
from desk.services.events import CitizenAdded, TicketFiled
from desk.services.tickets import casework
from desk.services.tickets.watch import Watch
from desk.services.tools import Tools
from desk.storage.open import Storage
from desk.storage.tables import ButtonRow, OutboxRow
from tests.integration.ticket_life import OFFICE, OTHER_OFFICE, Bureau

GROUP = "-1007"
NAME, PHONE = "Zulaikha Artifisial", "0899-7777"
MATTER = ("Lorong Melati", "amplop", "Jalan &amp; jembatan", "Pungutan liar", "Karema")
S = Status


@pytest.fixture
def bureau(storage: Storage, tools: Tools) -> Bureau:
    return Bureau(storage, replace(tools, officer_group=GROUP))


async def live(bureau: Bureau, **changes: Any) -> tuple[Ticket, str | None, str]:
    """Lead a ticket through its whole life; return it, its citizen's chat and integritas'."""
    anonymous = changes.get("identity") is Identity.ANONIM
    citizen = None if anonymous else await bureau.citizen()
    for role, office in (
        (Role.KOORDINATOR, None),
        (Role.PETUGAS, OFFICE),
        (Role.PETUGAS, OTHER_OFFICE),
        (Role.SUPERVISOR, OFFICE),
        (Role.ADMIN, None),
        (Role.PIMPINAN, None),
    ):
        await bureau.officer(role, office)
    keeper = await bureau.officer(Role.INTEGRITAS)
    reporter = Reporter() if citizen is None else Reporter(citizen.id, NAME, PHONE)
    ticket = await bureau.ticket(
        S.NEW,
        description="Petugas minta amplop di Lorong Melati",
        place=TicketPlace("76.02.01.1012", "Lorong Melati"),
        **{"reporter": reporter, **changes},
    )
    async with bureau.units() as uow:
        uow.record(TicketFiled(ticket))
        addition = Addition(bureau.clock(), AdditionKind.WORDS, text="amplop lagi")
        await uow.tickets.add_addition(ticket.id, addition, key="t")
        uow.record(CitizenAdded(ticket))
        await uow.commit()
    by = keeper if ticket.is_protected else await bureau.officer(Role.KOORDINATOR)
    clerk = keeper if ticket.is_protected else await bureau.officer(Role.PETUGAS, OFFICE)
    boss = keeper if ticket.is_protected else await bureau.officer(Role.SUPERVISOR, OFFICE)
    await bureau.move(ticket, S.VERIFIED, by, MoveDetails(office=OFFICE))
    if (await bureau.stored(ticket)).status is S.VERIFIED:
        await bureau.move(ticket, S.FORWARDED, by, MoveDetails(office=OFFICE))
    async with bureau.units() as uow:
        tools, number = bureau.tools, ticket.number
        await casework.reroute(uow, tools, number, by, office=OTHER_OFFICE, words="Sebentar")
        await casework.reroute(uow, tools, number, by, office=OFFICE, words="Kembali")
        await uow.commit()
    await bureau.move(ticket, S.VERIFIED, clerk, MoveDetails(words="Bukan kami"))
    await bureau.move(ticket, S.FORWARDED, by, MoveDetails(office=OFFICE))
    bureau.clock.advance(days=20)
    await Watch(bureau.units, bureau.tools).look_over()
    await bureau.move(ticket, S.IN_PROGRESS, clerk)
    async with bureau.units() as uow:
        await casework.ask_for_field_check(uow, bureau.tools, ticket.number, boss, "Jauh")
        await uow.commit()
    await bureau.move(ticket, S.ON_HOLD, clerk, MoveDetails(question="Kapan?"))
    await bureau.move(ticket, S.IN_PROGRESS, Actor.CITIZEN)
    bureau.clock.advance(days=120)
    bureau.clock.now -= timedelta(hours=bureau.clock.now.hour - 2)
    await Watch(bureau.units, bureau.tools).look_over()
    done = MoveDetails(outcome=OutcomeCode.EXPLAINED, proof="Sudah dijelaskan")
    await bureau.move(ticket, S.RESOLVED, clerk, done)
    await bureau.move(ticket, S.IN_PROGRESS, Actor.CITIZEN)
    await bureau.move(ticket, S.RESOLVED, clerk, done)
    await bureau.move(ticket, S.CLOSED, Actor.CITIZEN)
    return ticket, citizen.address if citizen else None, keeper.private_chat


async def rows(bureau: Bureau) -> list[tuple[str, str]]:
    """Return the address and the whole body of all that is queued."""
    async with bureau.storage.engine.connect() as connection:
        found = await connection.execute(select(OutboxRow.address, OutboxRow.body))
        return [(address, str(body)) for address, body in found]


@pytest.mark.parametrize(
    "changes",
    [
        {"identity": Identity.RAHASIA},
        {"category": "pungli_korupsi"},
        {"identity": Identity.ANONIM},
        {},
    ],
    ids=["rahasia", "pungli", "anonim", "terbuka"],
)
async def test_nothing_queued_or_logged_tells_who_filed_it(
    bureau: Bureau, changes: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        ticket, citizen, _ = await live(bureau, **changes)
    logged = [repr(vars(record)) for record in caplog.records if record.name.startswith("desk")]
    assert not any(word in line for line in logged for word in (NAME, PHONE, *MATTER))
    queued = await rows(bureau)
    assert any(ticket.number in body for _, body in queued)
    for address, body in queued:
        if address == citizen:
            continue
        for secret in (NAME, PHONE, citizen or NAME):
            assert secret not in body
    async with bureau.storage.engine.connect() as connection:
        meanings = [str(row) for (row,) in await connection.execute(select(ButtonRow.button))]
    assert not any(NAME in meaning or PHONE in meaning for meaning in meanings)


@pytest.mark.parametrize(
    "changes",
    [{"identity": Identity.RAHASIA}, {"category": "pungli_korupsi"}],
    ids=["rahasia", "pungli"],
)
async def test_a_protected_ticket_goes_to_integritas_by_number_and_to_no_group(
    bureau: Bureau, changes: dict[str, Any]
) -> None:
    ticket, citizen, keeper = await live(bureau, **changes)
    queued = await rows(bureau)
    assert {address for address, _ in queued} == {citizen, keeper}
    for address, body in queued:
        if address == keeper:
            assert ticket.number in body
            assert not any(word in body for word in MATTER)


async def test_an_anonymous_ticket_tells_no_citizen_anything(bureau: Bureau) -> None:
    await live(bureau, identity=Identity.ANONIM)
    async with bureau.storage.engine.connect() as connection:
        joined = await connection.execute(
            select(OutboxRow.id).where(OutboxRow.conversation_id.is_not(None))
        )
        assert joined.all() == []
