"""What is asked often, or of much, is found by indexes: nothing reads a large table through."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

import pytest
from sqlalchemy import Column, LargeBinary, event
from sqlalchemy.ext.asyncio import AsyncEngine

from desk.domain.conversation import Channel, ConversationId
from desk.domain.inbound import InboxId
from desk.domain.lifecycle import IN_WORK, OPEN, Status
from desk.domain.officer import OfficerId
from desk.domain.outgoing import SaidIn
from desk.domain.retention import Retention, Rule
from desk.domain.ticket import TicketId
from desk.domain.ticket_number import TicketNumber
from desk.services.ports import UnitOfWork
from desk.storage.columns import COUNTING_KEY, Json, UtcDateTime
from desk.storage.migrate import upgrade
from desk.storage.open import Storage, open_storage
from desk.storage.tables import Base
from tests.integration.conftest import NOW, Server

LARGE: Final = {
    "conversations",
    "inbox",
    "turns",
    "turn_steps",
    "outbox",
    "buttons",
    "tickets",
    "ticket_history",
    "ticket_additions",
    "attachments",
    "handoffs",
    "handoff_events",
}
#: So many rows may be read in vain: one page.
IN_VAIN: Final = 500
KEEP, LIMIT = Retention(), 500
HERE = ConversationId("c7")
Asked = Callable[[UnitOfWork], Awaitable[Any]]


def _rule(rule: Rule) -> Asked:
    return lambda uow: uow.retention.remove(rule, KEEP, NOW, LIMIT)


HOT: Final[Mapping[str, Asked]] = {
    **{f"retention: {rule}": _rule(rule) for rule in Rule if rule is not Rule.TOPICS},
    "sweep: receipts": lambda uow: uow.outbox.give_up_unread(NOW),
    "sweep: buttons": lambda uow: uow.buttons.delete_before(NOW - timedelta(days=30)),
    "sweep: pictures": lambda uow: uow.attachments.delete_orphans(NOW - timedelta(days=2)),
    "conversation by reference": lambda uow: uow.conversations.with_reference("0000abcd"),
    "conversations spoken in": lambda uow: uow.conversations.spoken_since(NOW, 40),
    "conversation to work": lambda uow: uow.conversations.lease_next("w", NOW, timedelta(0)),
    "messages waiting": lambda uow: uow.inbox.waiting(HERE),
    "messages unanswered": lambda uow: uow.inbox.unanswered(HERE, since=NOW, after=InboxId(0)),
    "messages, newest": lambda uow: uow.inbox.latest(HERE, NOW - timedelta(days=1), 20),
    "backlog": lambda uow: uow.inbox.backlog(),
    "turn under way": lambda uow: uow.turns.open_turn(HERE),
    "outbox due": lambda uow: uow.outbox.due(Channel.TELEGRAM, NOW, 50),
    "outbox next due": lambda uow: uow.outbox.next_due(Channel.TELEGRAM),
    "outbox of an address": lambda uow: uow.outbox.waiting_at(Channel.TELEGRAM, "7", 20),
    "outbox recovered": lambda uow: uow.outbox.recover(Channel.TELEGRAM),
    "outbox by what officers reply to": lambda uow: uow.outbox.sent_as(Channel.TELEGRAM, "7", "9"),
    "outbox by what officers said": lambda uow: uow.outbox.passed_on(SaidIn("-1", "9")),
    "outbox by key": lambda uow: uow.outbox.with_key("k"),
    "relays": lambda uow: uow.outbox.relays_about(HERE),
    "tickets, page": lambda uow: uow.tickets.in_states(OPEN, after=TicketId("t3"), limit=50),
    "tickets, oldest": lambda uow: uow.tickets.oldest(IN_WORK, protected=False, limit=50),
    "tickets of offices": lambda uow: uow.tickets.oldest(OPEN, offices=["a", None], limit=50),
    "tickets alike": lambda uow: uow.tickets.of_category("jalan", {Status.NEW}, NOW, 50),
    "tickets merged": lambda uow: uow.tickets.merged_into(TicketNumber("MJU-0000-0001")),
    "tickets of a citizen": lambda uow: uow.tickets.of_conversation(HERE),
    "hand-off under way": lambda uow: uow.handoffs.open_of(HERE),
    "hand-offs of an officer": lambda uow: uow.handoffs.of_officer(OfficerId("o")),
}


@contextmanager
def heard(engine: AsyncEngine) -> Iterator[list[tuple[str, Any]]]:
    """Collect the statements that are executed, with their values."""
    statements: list[tuple[str, Any]] = []

    def note(_c: Any, _r: Any, statement: str, values: Any, *_: Any) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
            statements.append((statement, values))

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)


async def statements_of(storage: Storage, asked: Asked) -> list[tuple[str, Any]]:
    with heard(storage.engine) as statements:
        async with storage.units() as uow:
            await asked(uow)
    assert statements
    return statements


@pytest.fixture(params=list(HOT))
def asked(request: pytest.FixtureRequest) -> Asked:
    return HOT[request.param]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_sqlite_reads_no_large_table_through(storage: Storage, asked: Asked) -> None:
    for statement, values in await statements_of(storage, asked):
        async with storage.engine.connect() as connection:
            plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            steps = [row.detail for row in plan]
        bad = [
            step
            for step in steps
            if (step.startswith("SCAN ") and step.split()[1] in LARGE and " INDEX ix_" not in step)
        ]
        assert not bad, f"{statement}\n{steps}"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("page", ["tickets, page", "tickets, oldest"])
async def test_sqlite_does_not_sort_all_open_tickets_for_a_page(
    storage: Storage, page: str
) -> None:
    statement, values = (await statements_of(storage, HOT[page]))[0]
    async with storage.engine.connect() as connection:
        plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        assert "USE TEMP B-TREE FOR ORDER BY" not in [row.detail for row in plan]


@pytest.fixture(scope="session")
def filled_url(postgres: Server) -> str:
    """Return a database with years of a desk in it: nearly all is over and emptied."""
    url = postgres.create_database()

    async def fill() -> None:
        await upgrade(url)
        storage = open_storage(url)
        async with storage.engine.begin() as connection:
            for statement in (*(filling(*each) for each in FILLING), "ANALYZE"):
                await connection.exec_driver_sql(statement)
        await storage.engine.dispose()

    asyncio.run(fill())
    return url


async def test_postgresql_reads_hardly_a_row_in_vain(filled_url: str, asked: Asked) -> None:
    storage = open_storage(filled_url)
    try:
        statements = await statements_of(storage, asked)
        for statement, values in statements:
            async with storage.engine.connect() as connection:
                explained = await connection.exec_driver_sql(
                    f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values
                )
                plan = explained.scalar_one()
            plan = json.loads(plan) if isinstance(plan, str) else plan
            bad = [node for node in nodes(plan[0]["Plan"]) if in_vain(node) > IN_VAIN]
            assert not bad, f"{statement}\n{json.dumps(bad, indent=1)[:2000]}"
    finally:
        await storage.engine.dispose()


def nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def in_vain(node: Mapping[str, Any]) -> int:
    """Return how many rows of a large table a step read and did not want."""
    if node.get("Relation Name") not in LARGE:
        return 0
    unwanted = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Join Filter", 0)
    return int(unwanted * node["Actual Loops"])


_AT: Final = "timestamptz '2026-11-24 02:00+00' - g * interval '1 hour'"
#: Of 20,000 things the newest hundred are new; the rest was emptied long ago.
_OLD: Final = f"timestamptz '2026-11-24 02:00+00' - interval '{KEEP.idle.days - 1} days'"
_WHEN: Final = f"CASE WHEN g <= 100 THEN {_AT} ELSE {_OLD} END"
_MANY, _SOME = 20_000, 100


def _if_new(value: str, otherwise: str = "NULL") -> str:
    return f"CASE WHEN g <= 100 THEN {value} ELSE {otherwise} END"


_SAYS: Final = _if_new('\'{"kind": "teks", "text": ""}\'::jsonb')
#: Tables, how many rows each gets, and what their columns hold that is no zero.
FILLING: Final[tuple[tuple[str, int, Mapping[str, str]], ...]] = (
    ("officers", 1, {"id": "'o'"}),
    (
        "conversations",
        _MANY,
        {
            "id": "'c' || g",
            "channel": "'telegram'",
            "address": "g::text",
            "created_at": _WHEN,
            "session_last_turn_at": _WHEN,
            "owner": "'bot'",
        },
    ),
    (
        "turns",
        _MANY,
        {
            "id": "'t' || g",
            "conversation_id": "'c' || g",
            "state": "'selesai'",
            "created_at": _WHEN,
            "understanding": _SAYS,
            "forgotten": "g > 100",
        },
    ),
    ("turn_steps", _SOME, {"turn_id": "'t' || g", "step": "'lapor'"}),
    (
        "inbox",
        _MANY,
        {
            "channel": "'telegram'",
            "external_id": "g::text",
            "conversation_id": "'c' || g",
            "inbound": _SAYS,
            "raw": _if_new("'{\"a\": 1}'::jsonb", "'{}'::jsonb"),
            "received_at": _WHEN,
            "state": "'selesai'",
            "turn_id": "'t' || g",
        },
    ),
    (
        "outbox",
        _MANY,
        {
            "channel": "'telegram'",
            "address": "g::text",
            "conversation_id": "'c' || g",
            "body": _SAYS,
            "created_at": _WHEN,
            "state": "'terkirim'",
            "external_message_id": "g::text",
            "answers": "'t' || g",
        },
    ),
    (
        "outbox",
        _MANY,
        {
            "channel": "'telegram'",
            "address": _if_new("'-1'", "'dihapus:'"),
            "about": "'c' || g",
            "body": _SAYS,
            "created_at": _WHEN,
            "state": "'terkirim'",
        },
    ),
    (
        "outbox",
        _SOME,
        {
            "channel": "'web'",
            "address": "g::text",
            "conversation_id": "'c' || g",
            "body": _SAYS,
            "state": "'menunggu'",
        },
    ),
    ("buttons", 700, {"token": "'b' || g", "conversation_id": "'c' || g", "created_at": _AT}),
    (
        "tickets",
        _MANY,
        {
            "id": "'t' || g",
            "kind": "'aduan'",
            "number": "'MJU-' || g",
            "status": _if_new("'baru'", "'ditutup'"),
            "identity": _if_new("'terbuka'", "'anonim'"),
            "filed_at": _WHEN,
            "office": "'a'",
            "closed_at": f"CASE WHEN g > 100 THEN {_OLD} END",
            "category": "CASE WHEN g % 3 = 0 THEN 'jalan' ELSE 'air' END",
            "conversation_id": _if_new("'c' || g"),
        },
    ),
    (
        "ticket_history",
        _MANY,
        {"ticket_id": "'t' || g", "at": _WHEN, "to_status": "'baru'", "by": "'warga'"},
    ),
    (
        "attachments",
        _MANY,
        {
            "id": "'p' || g",
            "conversation_id": _if_new("'c' || g"),
            "created_at": _WHEN,
            "ticket_id": _if_new("NULL", "'t' || g"),
        },
    ),
    (
        "handoffs",
        _MANY,
        {
            "id": "'h' || g",
            "conversation_id": "'c' || g",
            "state": "'selesai'",
            "asked_at": _WHEN,
            "ended_at": _WHEN,
            "officer_id": "'o'",
        },
    ),
    ("handoff_events", _MANY, {"key": "'e' || g", "handoff_id": "'h' || g", "at": _WHEN}),
)


def filling(name: str, many: int, columns: Mapping[str, str]) -> str:
    """Return the statement that fills a table; what nothing is said of is a zero of its kind."""
    table = Base.metadata.tables[name]
    values = {
        column.name: columns.get(column.name) or _zero_of(column)
        for column in table.columns
        if column.name in columns or not (column.nullable or _counts(column))
    }
    return (
        f"INSERT INTO {name} ({', '.join(values)}) SELECT {', '.join(values.values())}"
        f" FROM generate_series(1, {many}) g"
    )


def _counts(column: Column[Any]) -> bool:
    return column.primary_key and column.type is COUNTING_KEY


def _zero_of(column: Column[Any]) -> str:
    kind = column.type
    if isinstance(kind, UtcDateTime):
        return "now()"
    if isinstance(kind, Json):
        return (
            "'[]'::jsonb"
            if column.name in {"photos", "field_checks", "replies"}
            else "'{}'::jsonb"
        )
    if isinstance(kind, LargeBinary):
        return "'\\x00'::bytea"
    return {bool: "false", int: "0"}.get(kind.python_type, "''")
