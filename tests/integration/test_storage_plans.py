"""What is asked often, or of much, is found by indexes: nothing reads a large table through."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

import pytest
from sqlalchemy import event, text
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
from desk.storage.migrate import upgrade
from desk.storage.open import Storage, open_storage
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
            for statement in (*FILLING, "ANALYZE"):
                await connection.execute(text(statement.replace(":", "\\:")))
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
_MANY: Final = "generate_series(1, 20000) g"
FILLING: Final = (
    "INSERT INTO officers (id, telegram_id, name, created_at, serves_privately)"
    " VALUES ('o', 1, 'Budi', now(), false)",
    "INSERT INTO conversations (id, channel, address, created_at, session_id, session_turns,"
    " session_last_turn_at, owner, version, context) SELECT 'c' || g, 'telegram', g::text,"
    f" {_WHEN}, 's' || g, 1, {_WHEN}, 'bot', 0, '{{}}' FROM {_MANY}",
    "INSERT INTO turns (id, conversation_id, state, created_at, attempts, failures, attachments,"
    " understanding, forgotten) SELECT 't' || g, 'c' || g, 'selesai',"
    f" {_WHEN}, 0, 0, '{{}}', CASE WHEN g <= 100 THEN '{{}}'::jsonb END, g > 100 FROM {_MANY}",
    "INSERT INTO turn_steps (turn_id, step, replies)"
    " SELECT 't' || g, 'lapor', '[]' FROM generate_series(1, 100) g",
    "INSERT INTO inbox (channel, external_id, conversation_id, inbound, raw, received_at, state,"
    " turn_id) SELECT 'telegram', g::text, 'c' || g,"
    ' CASE WHEN g <= 100 THEN \'{"kind": "teks"}\'::jsonb END,'
    " CASE WHEN g <= 100 THEN '{\"a\": 1}'::jsonb ELSE '{}'::jsonb END,"
    f" {_WHEN}, 'selesai', 't' || g FROM {_MANY}",
    "INSERT INTO outbox (channel, address, conversation_id, about, body, created_at, changed_at,"
    " state, attempts, scrub, external_message_id, answers)"
    " SELECT 'telegram', g::text, 'c' || g, NULL,"
    f' CASE WHEN g <= 100 THEN \'{{"text": ""}}\'::jsonb END, {_WHEN}, {_WHEN},'
    f" 'terkirim', 1, false, g::text, 't' || g FROM {_MANY}",
    "INSERT INTO outbox (channel, address, about, body, created_at, changed_at, state, attempts,"
    " scrub) SELECT 'telegram', CASE WHEN g <= 100 THEN '-1' ELSE 'dihapus:' END,"
    f" 'c' || g, CASE WHEN g <= 100 THEN '{{\"text\": \"\"}}'::jsonb END, {_WHEN}, {_WHEN},"
    f" 'terkirim', 1, false FROM {_MANY}",
    "INSERT INTO outbox (channel, address, conversation_id, body, created_at, changed_at, state,"
    " attempts, scrub) SELECT 'web', g::text, 'c' || g, '{\"text\": \"\"}', now(), now(),"
    " 'menunggu', 0, false FROM generate_series(1, 100) g",
    "INSERT INTO buttons (token, conversation_id, button, created_at)"
    f" SELECT 'b' || g, 'c' || g, '{{}}', {_AT} FROM generate_series(1, 700) g",
    "INSERT INTO tickets (id, number, kind, status, identity, filed_at, closed_at, description,"
    " category, office, photos, field_checks, conversation_id) SELECT 't' || g,"
    " 'MJU-' || g, 'aduan', CASE WHEN g <= 100 THEN 'baru' ELSE 'ditutup' END,"
    f" CASE WHEN g <= 100 THEN 'terbuka' ELSE 'anonim' END, {_WHEN}, CASE WHEN g > 100 THEN"
    f" {_WHEN} END, 'x', CASE WHEN g % 3 = 0 THEN 'jalan' ELSE 'air' END, 'a', '[]', '[]',"
    f" CASE WHEN g <= 100 THEN 'c' || g END FROM {_MANY}",
    "INSERT INTO ticket_history (ticket_id, position, at, to_status, by, photos)"
    f" SELECT 't' || g, 0, {_WHEN}, 'baru', 'warga', '[]' FROM {_MANY}",
    "INSERT INTO attachments (id, conversation_id, ticket_id, data, mime, created_at)"
    " SELECT 'p' || g, CASE WHEN g <= 100 THEN 'c' || g END,"
    f" CASE WHEN g > 100 THEN 't' || g END, '\\x00', 'image/jpeg', {_WHEN} FROM {_MANY}",
    "INSERT INTO handoffs (id, conversation_id, state, trigger, asked_at, waiting_since, ended_at,"
    f" is_protected, with_bot, reminded, officer_id) SELECT 'h' || g, 'c' || g, 'selesai',"
    f" 'diminta', {_WHEN}, {_WHEN}, {_WHEN}, false, false, 0, 'o' FROM {_MANY}",
    "INSERT INTO handoff_events (key, handoff_id, at, kind)"
    f" SELECT 'e' || g, 'h' || g, {_WHEN}, 'catatan' FROM {_MANY}",
)
