"""The table of personal data, the database, the page on privacy and the citizen's file agree."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from sqlalchemy import Column, Float, LargeBinary

from desk.bootstrap import retention_of
from desk.domain.retention import DATA, HARMLESS, Kept, Retention
from desk.services.privacy.my_data import NAMES, SECTIONS
from desk.settings import Settings
from desk.storage.columns import Json, Words
from desk.storage.tables import Base

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "privasi.md").read_text(encoding="utf-8")
TELLING = (Words, Json, LargeBinary, Float)
#: What the citizen's file leaves out, and why.
LEFT_OUT = {
    "buttons": "repeats what was said and offered",
    "turn_steps": "repeats what was sent",
    "officers": "officers, not the citizen; their names stand where they acted",
    "officer_grants": "officers",
    "officer_questions": "what officers are asked about tickets",
    "leases": "processes",
    "cards": "which message to officers shows a hand-off; the hand-off is told",
    "ticket_reminders": "that officers were reminded of a ticket",
}
#: Columns that only hold rows together, or work of processes.
TECHNICAL = {
    "conversations": {"id", "session_id", "session_turns", "session_last_turn_at", "version"}
    | {"ready_at", "woken_at", "lease_by", "lease_until"},
    "inbox": {"id", "channel", "external_id", "conversation_id", "turn_id"},
    "outbox": {"id", "key", "channel", "address", "conversation_id", "about", "relays"}
    | {"answers", "said_chat", "said_message"}
    | {"attempts", "not_before", "owner_version", "scrub", "external_message_id", "changed_at"},
    "turns": {"id", "conversation_id", "state", "attempts", "failures", "session_id"}
    | {"notified_at", "forgotten", "was_set_aside"},
    "drafts": {"id", "conversation_id"},
    "tickets": {"id", "conversation_id", "code_hash", "draft_id", "closed_at"},
    "ticket_history": {"ticket_id", "position"},
    "ticket_additions": {"key", "ticket_id"},
    "ticket_followers": {"conversation_id"},
    "identity_openings": {"id", "ticket_id"},
    "attachments": {"conversation_id", "data"},
    "handoffs": {"id", "conversation_id", "chat", "reminded"},
    "handoff_events": {"id", "key", "handoff_id"},
    "topics": {"chat", "conversation_id", "thread"},
    "privacy_requests": {"id", "conversation_id"},
    "named_values": set(),
}


def telling_columns() -> Iterator[tuple[str, str]]:
    """Yield every column that could hold something about a person."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, TELLING) and not _is_a_share(column):
                yield table.name, column.name


def _is_a_share(column: Column[object]) -> bool:
    return column.name == "confidence"


def test_every_column_that_may_tell_of_a_person_is_listed_or_declared_harmless() -> None:
    personal = {(kept.table, column) for kept in DATA for column in kept.columns}
    harmless = {(table, column) for table, columns in HARMLESS.items() for column in columns}
    assert set(telling_columns()) - personal - harmless == set()


def test_nothing_is_listed_that_the_database_does_not_have() -> None:
    stored = {(t.name, c.name) for t in Base.metadata.sorted_tables for c in t.columns}
    listed = {(kept.table, column) for kept in DATA for column in kept.columns}
    listed |= {(table, column) for table, columns in HARMLESS.items() for column in columns}
    assert listed - stored == set()


def drawn(kept: Kept) -> str:
    """Return a row of the page's table."""
    days = f"{getattr(Retention(), kept.span).days} hari" if kept.span else ""
    how_long = " ".join(part for part in (days, kept.until) if part)
    columns = ", ".join(f"`{column}`" for column in kept.columns)
    cells = (kept.what, f"`{kept.table}`: {columns}", kept.why, how_long, kept.remains)
    return f"| {' | '.join(cells)} |"


def test_the_page_about_privacy_draws_exactly_the_table() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("|")]
    assert rows[2:] == [drawn(kept) for kept in DATA]


@pytest.mark.parametrize("field", [field.name for field in fields(Retention)])
def test_every_span_is_a_setting_that_is_documented_and_used(field: str) -> None:
    name = f"SAPA_RETENTION_{field.upper()}_DAYS"
    days = getattr(Retention(), field).days
    assert f"# {name}={days}\n" in (ROOT / ".env.example").read_text(encoding="utf-8")
    assert f"`{name}`" in (ROOT / "docs" / "panduan-admin.md").read_text(encoding="utf-8")
    # Backups are files, which no table of the database lists.
    assert field in {kept.span for kept in DATA} | {"backups"}


def test_without_settings_the_spans_are_those_of_the_page() -> None:
    assert retention_of(Settings()) == Retention()


def test_the_citizens_file_tells_every_table_that_leads_to_a_citizen() -> None:
    tables = {table.name for table in Base.metadata.sorted_tables}
    assert set(NAMES) | set(LEFT_OUT) == tables
    assert set(NAMES) & set(LEFT_OUT) == set()
    assert set(SECTIONS) <= set(NAMES) | {"outbox_about", "officer_words"}


@pytest.mark.parametrize("table", NAMES)
def test_the_citizens_file_tells_every_column_but_the_technical_ones(table: str) -> None:
    stored = {column.name for column in Base.metadata.tables[table].columns}
    told = set(NAMES[table]) - {"size"}
    assert told | TECHNICAL[table] == stored
    assert told & TECHNICAL[table] == set()
