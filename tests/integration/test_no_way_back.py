"""From a ticket that lost its citizen no way leads back, whatever row is followed to whatever row.

The walk knows no tables. Two rows hang together when both hold the same *name*: a value of a
column that tells rows apart or points to one (a key, a unique or a foreign one), or something that
looks made up, as the desk's own random ids and ticket numbers do. Numbers of rows begin at tens of
millions here, so that 15 photos are no row. Not names, and how they are told apart:

* words of a closed set (every `StrEnum` of the domain) and codes of catalogues: no table has them
  for a key, and they look like words;
* officers and their chats, read from the table of officers and the channel of officers' groups:
  whoever works here hangs together with everybody.

Another ticket ends the walk: it has its own citizen, and its own time for losing them.
"""

import enum
import importlib
import pkgutil
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import pytest
from sqlalchemy import BigInteger, Column, Table, UniqueConstraint, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

import desk.domain
from desk.domain.conversation import Channel, Conversation
from desk.domain.lifecycle import Identity, MoveDetails, OutcomeCode, Status
from desk.domain.outgoing import Outgoing
from desk.domain.presses.pending import ReasonAsked
from desk.domain.privacy import IdentityOpening
from desk.domain.roles import Role
from desk.domain.ticket import Follower, Ticket
from desk.domain.ticket_number import TicketNumber
from desk.services.ports import UnitsOfWork
from desk.services.privacy import erasing, retention
from desk.services.talk.linking import make_link
from desk.services.tools import new_id
from desk.services.turns.loops import sweep
from desk.storage.open import Storage
from desk.storage.tables import Base
from tests.integration.officer_scenes import GROUP, Clerk, register
from tests.integration.scenes import LAMP, LAMP_SENSE, Citizen, Messenger, Stage, file_lamp

#: Tables of what everybody shares; ids of officers join nobody to anything, but what officers
#: are at may.
SHARED = {"officers", "officer_grants", "leases"}
#: From here on a whole number is the name of a row.
FIRST_NUMBER = 10_000_000
SHORTEST_NAME = 6
MADE_UP = re.compile(
    r"[0-9a-f]{32}"
    r"|MJU-\w{4}-\w{4}"
    r"|(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{16}(?![\w-])"
)
BERTHA, CLERK = "808080123", 70017001
S = Status


# --- what the database holds, as rows that share names ------------------------------------------


@dataclass(frozen=True)
class Row:
    """A row: its table, and all texts in it, those deep in JSON too."""

    table: str
    values: Mapping[str, Any]
    texts: tuple[str, ...]

    def holds(self, name: str) -> bool:
        if name.isdecimal():
            return any(name in re.findall(r"\d+", each) for each in self.texts if name in each)
        return any(name in each for each in self.texts)

    def __hash__(self) -> int:
        return id(self)


def texts_in(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield str(value)
        case int() if value >= FIRST_NUMBER:
            yield str(value)
        case Mapping():
            for key, item in value.items():
                yield from texts_in(key)
                yield from texts_in(item)
        case list() | tuple():
            for item in value:
                yield from texts_in(item)


async def all_rows(storage: Storage) -> list[Row]:
    found = []
    async with storage.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for values in (await connection.execute(select(table))).mappings():
                texts = tuple(each for value in values.values() for each in texts_in(value))
                found.append(Row(table.name, dict(values), texts))
    return found


def naming_columns(table: Table) -> Iterator[Column[Any]]:
    """Yield the columns that tell rows apart or point to one; half a key does neither."""
    together = [c for c in table.constraints if isinstance(c, UniqueConstraint)]
    together += [index for index in table.indexes if index.unique]
    in_unique = {column.name for each in together for column in each.columns}
    is_whole = len(table.primary_key) == 1
    for column in table.columns:
        if column.foreign_keys or column.name in in_unique or (column.primary_key and is_whole):
            yield column


def closed_sets() -> set[str]:
    """Return every word of every enumeration of the domain."""
    modules = pkgutil.walk_packages(desk.domain.__path__, "desk.domain.")
    enums = (
        each
        for module in modules
        for each in vars(importlib.import_module(module.name)).values()
        if isinstance(each, type) and issubclass(each, enum.StrEnum)
    )
    return {str(word) for each in enums for word in each}


def shared_names(rows: list[Row]) -> set[str]:
    """Return officers, and the chats in which they are."""
    officers = [row for row in rows if row.table in SHARED]
    chats = {str(row.values["telegram_id"]) for row in officers if "telegram_id" in row.values}
    lanes = [
        row
        for row in rows
        if row.table == "conversations"
        and (row.values["channel"] == Channel.OFFICERS or row.values["address"] in chats)
    ]
    of_lanes = {row.values[name] for row in lanes for name in ("id", "address", "session_id")}
    return names_of_rows(officers) | of_lanes


def names_of_rows(rows: list[Row]) -> set[str]:
    """Return what stands in the columns of rows that tell them apart or point to one."""
    return {
        name
        for row in rows
        for column in naming_columns(Base.metadata.tables[row.table])
        for name in texts_in(row.values[column.name])
    }


def names_in(rows: list[Row]) -> set[str]:
    """Return everything that names a row somewhere."""
    keys = names_of_rows([row for row in rows if row.table not in SHARED])
    made_up = {found for row in rows for each in row.texts for found in MADE_UP.findall(each)}
    names = keys | made_up
    return {n for n in names if len(n) >= SHORTEST_NAME} - closed_sets() - shared_names(rows)


def ways_from(ticket: TicketNumber, rows: list[Row]) -> dict[Row, str]:
    """Return every row that the ticket's own leads to, and by which way."""
    start = next(row for row in rows if row.values.get("number") == ticket)
    names = names_in(rows)
    ways = {start: "tickets"}
    to_follow, followed = deque([start]), set()
    while to_follow:
        row = to_follow.popleft()
        if row.table == "tickets" and row is not start:
            continue
        for name in {each for each in names - followed if row.holds(each)}:
            followed.add(name)
            for other in rows:
                if other not in ways and other.holds(name):
                    ways[other] = f"{ways[row]} =({name})=> {other.table}"
                    to_follow.append(other)
    return ways


async def assert_no_way(storage: Storage, ticket: Ticket, *persons: str) -> None:
    """Assert that nothing a ticket leads to names the person by any of their names."""
    rows = await all_rows(storage)
    assert all(any(row.holds(name) for row in rows) for name in persons[:2])
    bad = [
        f"{way} { ({k: v for k, v in row.values.items() if v not in (None, {}, [])}) }"
        for row, way in ways_from(ticket.number, rows).items()
        if any(row.holds(name) for name in persons)
    ]
    assert not bad, "\n".join(bad)


def names_of(conversation: Conversation) -> tuple[str, str, str]:
    return conversation.id, conversation.address, conversation.session.id


# --- lives that leave traces everywhere ---------------------------------------------------------


class FarMessenger(Messenger):
    """Numbers its messages so that none is taken for something else."""

    async def send(self, address: str, body: Outgoing, content: bytes | None) -> str:
        return str(2 * FIRST_NUMBER + int(await super().send(address, body, content)))


@pytest.fixture
async def stage(units: UnitsOfWork, storage: Storage) -> Stage:
    async with storage.engine.begin() as connection:
        for place, table in enumerate(Base.metadata.sorted_tables, start=3):
            for column in table.primary_key:
                if isinstance(column.type, BigInteger) and len(table.primary_key) == 1:
                    await count_from(connection, table, place * FIRST_NUMBER)
    return Stage(units, officer_group=GROUP, messenger=FarMessenger(), _ids=count(FIRST_NUMBER))


async def count_from(connection: AsyncConnection, table: Table, number: int) -> None:
    if connection.dialect.name == "sqlite":
        await connection.execute(
            text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :number)"),
            {"name": table.name, "number": number},
        )
    else:
        await connection.execute(text(f"ALTER SEQUENCE {table.name}_id_seq RESTART {number}"))


@pytest.fixture
def citizen(stage: Stage) -> Citizen:
    return stage.citizen(BERTHA, "Nama Warga Sekali")


@pytest.fixture
async def budi(stage: Stage) -> Clerk:
    return await register(stage, CLERK, "Budi Uji", Role.KOORDINATOR)


async def live(citizen: Citizen, budi: Clerk) -> Ticket:
    """File a complaint and have everything happen that can happen to it, until it is closed."""
    stage, officer = citizen.stage, budi.officer
    assert officer is not None
    await citizen.say("halo", "salam")
    ticket = await file_lamp(citizen)
    office = MoveDetails(office=ticket.office or "dinas_pu_mamuju")
    worker = (await register(stage, CLERK + 1, "Ani Uji", Role.PETUGAS, office.office)).officer
    assert worker is not None
    await stage.move(ticket, S.VERIFIED, officer, office)
    await stage.move(ticket, S.FORWARDED, officer, office)
    await stage.move(ticket, S.IN_PROGRESS, worker)
    await stage.move(ticket, S.ON_HOLD, worker, MoveDetails(question="Di sebelah mana?"))
    await citizen.say("di sebelah masjid dekat gapura", "nlu_fallback", sure=0.2)
    await citizen.command("lacak", ticket.number)
    await citizen.press("Tambah keterangan")
    await citizen.photos("foto-tiang", caption="tiangnya juga miring", intent="nlu_fallback")
    await talk_of_it(citizen, budi, ticket)
    await follow_another(citizen, stage.citizen("909090456", "Orang Lain"))
    async with stage.units() as uow:
        await uow.privacy.note_opening(
            IdentityOpening(new_id(), ticket.id, officer.id, stage.clock(), "perlu dihubungi")
        )
        await uow.commit()
    done = MoveDetails(outcome=OutcomeCode.FIXED, proof="Surat 7/2026", words="Sudah menyala")
    await stage.move(ticket, S.RESOLVED, worker, done)
    await citizen.press("Sudah")
    closed = await stage.stored(ticket)
    assert (closed.status, len(closed.additions)) == (S.CLOSED, 3)
    await leave_the_rest(citizen, budi, closed)
    return closed


async def leave_the_rest(citizen: Citizen, budi: Clerk, ticket: Ticket) -> None:
    """Leave what stands in tables that the life of a ticket does not touch."""
    stage = citizen.stage
    tools = replace(stage.tools, bot_name=lambda: "sapa_uji_bot")
    conversation = await citizen.conversation()
    async with stage.units() as uow:
        lane = await uow.conversations.at_address(Channel.OFFICERS, GROUP)
        assert lane is not None
        assert await make_link(uow, tools, conversation.id, ticket.number)
        assert budi.officer is not None
        await uow.officers.serve(budi.officer, conversation.id)
        await uow.officers.note_proof(budi.officer, "album-bukti", ticket.number)
        reason = ReasonAsked(ticket.number)
        await uow.officers.ask(budi.officer, lane.id, None, reason)
        await uow.commit()
    await citizen.say("jalan di Rimuku berlubang isian kedua", categories=())
    await citizen.command("datasaya")


async def talk_of_it(citizen: Citizen, budi: Clerk, ticket: Ticket) -> None:
    """Have an officer serve the citizen of a ticket, with a note and an answer."""
    await citizen.say("mau bicara petugas", "minta_petugas")
    await budi.press("Ambil", topic=citizen)
    await citizen.say("kapan lampunya menyala?", "lapor_aduan")
    await budi.write("Segera, Bu", topic=citizen)
    await budi.write(f"// catatan: tiket {ticket.number}", topic=citizen)
    await budi.command("selesai", topic=citizen)
    await budi.command("tiket", ticket.number)


async def follow_another(citizen: Citizen, other: Citizen) -> None:
    theirs = await file_lamp(other)
    conversation = await citizen.conversation()
    async with citizen.stage.units() as uow:
        follower = Follower(conversation.id, citizen.stage.clock(), new_id())
        await uow.tickets.follow(theirs.id, follower)
        await uow.commit()


async def test_the_walk_finds_the_citizen_while_a_ticket_has_one(
    citizen: Citizen, budi: Clerk, storage: Storage
) -> None:
    """Else the other tests would say nothing."""
    ticket = await live(citizen, budi)
    conversation = await citizen.conversation()
    ways = ways_from(ticket.number, await all_rows(storage))
    reached = {row.table for row in ways if row.holds(conversation.id)}
    assert reached >= {"conversations", "inbox", "turns", "outbox", "handoffs", "tickets"}
    of_ticket = {"ticket_history", "ticket_additions", "identity_openings", "attachments"}
    assert {row.table for row in ways} >= of_ticket


async def test_the_lives_leave_traces_in_every_table(
    citizen: Citizen, budi: Clerk, storage: Storage
) -> None:
    """Whoever adds a table adds it to what happens here."""
    await live(citizen, budi)
    filled = {row.table for row in await all_rows(storage)}
    assert set(Base.metadata.tables) - filled - SHARED == set()


async def test_no_way_leads_back_after_an_erasure(
    citizen: Citizen, budi: Clerk, storage: Storage
) -> None:
    ticket = await live(citizen, budi)
    stage = citizen.stage
    await citizen.command("hapusdata")
    await citizen.press("Ya, hapus data saya")
    await citizen.say("halo, ini saya lagi", "salam")
    heir = await citizen.conversation()
    async with stage.units() as uow:
        (request,) = await uow.privacy.erasures_under_way()
    await assert_no_way(storage, ticket, *names_of(heir), request.id)

    stage.clock.advance(hours=2)
    await erasing.complete(stage.units, stage.tools)
    await citizen.say("saya menulis lagi", "salam")
    await assert_no_way(storage, ticket, *names_of(await citizen.conversation()), request.id)


async def test_no_way_leads_back_once_a_closed_ticket_has_lost_its_citizen(
    citizen: Citizen, budi: Clerk, storage: Storage
) -> None:
    ticket = await live(citizen, budi)
    stage = citizen.stage
    stage.clock.advance(days=366)
    await citizen.say("halo, saya masih di sini", "salam")
    await sweep(stage.units, stage.tools)
    await retention.apply(stage.units, stage.tools)
    await stage.deliver()
    async with stage.units() as uow:
        cut = await uow.tickets.get(ticket.number)
    assert cut is not None
    assert cut.reporter.conversation_id is None
    await assert_no_way(storage, ticket, *names_of(await citizen.conversation()))


async def test_no_way_leads_back_from_a_ticket_that_was_merged_into_another(
    citizen: Citizen, budi: Clerk, storage: Storage
) -> None:
    stage = citizen.stage
    ticket = await file_lamp(citizen)
    other = await file_lamp(stage.citizen("909090456", "Orang Lain"))
    assert budi.officer is not None
    await stage.move(ticket, S.VERIFIED, budi.officer, MoveDetails(office=ticket.office))
    merged = MoveDetails(other_ticket=other.number, words="Sama dengan laporan lain")
    await stage.move(ticket, S.MERGED, budi.officer, merged)
    conversation = await citizen.conversation()
    stage.clock.advance(days=366)
    await citizen.say("halo, saya masih di sini", "salam")
    await sweep(stage.units, stage.tools)
    await retention.apply(stage.units, stage.tools)
    async with stage.units() as uow:
        (follower,) = await uow.tickets.followers(other.id)
    assert follower.conversation_id == conversation.id
    await assert_no_way(storage, ticket, *names_of(await citizen.conversation()))


async def test_no_way_leads_from_an_anonymous_ticket_to_its_citizen(
    citizen: Citizen, budi: Clerk, storage: Storage
) -> None:
    stage = citizen.stage
    await citizen.say("halo", "salam")
    await citizen.say(LAMP, **LAMP_SENSE)
    await citizen.press("Saya setuju")
    await citizen.photos("foto-rahasia")
    await citizen.press("Cukup", "Anonim", "Kirim")
    await citizen.say("halo lagi", "salam")
    rows = await all_rows(storage)
    (number,) = [row.values["number"] for row in rows if row.table == "tickets"]
    async with stage.units() as uow:
        ticket = await uow.tickets.get(number)
    assert ticket is not None
    assert ticket.identity is Identity.ANONIM
    assert budi.officer is not None
    stage.clock.advance(hours=2)
    office = MoveDetails(office=ticket.office or "dinas_pu_mamuju")
    await stage.move(ticket, S.VERIFIED, budi.officer, office)
    await assert_no_way(storage, ticket, *names_of(await citizen.conversation()))
