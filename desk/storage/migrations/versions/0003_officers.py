"""Officers, hand-offs, topics; and whom a message to officers is about."""

import sqlalchemy as sa
from alembic import op

from desk.storage import columns

revision = "0003"
down_revision = "0002"

_OPEN = sa.text("state <> 'selesai'")


def _words(name: str, *, nullable: bool = False) -> "sa.Column[str]":
    return sa.Column(name, columns.Words(), nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> "sa.Column[sa.DateTime]":
    return sa.Column(name, columns.UtcDateTime(timezone=True), nullable=nullable)


def _points_to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "officers",
        _words("id"),
        sa.Column("telegram_id", sa.BigInteger(), nullable=False),
        _words("name"),
        _time("created_at"),
        sa.Column("serves_privately", sa.Boolean(), nullable=False),
        _time("suspended_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officers")),
        sa.UniqueConstraint("telegram_id", name=op.f("uq_officers_telegram_id")),
    )
    op.create_table(
        "officer_grants",
        _words("officer_id"),
        _words("role"),
        _words("office"),
        _points_to("officer_grants", "officer_id", "officers.id"),
        sa.PrimaryKeyConstraint("officer_id", "role", "office", name=op.f("pk_officer_grants")),
    )
    _create_handoffs()
    op.create_table(
        "topics",
        _words("chat"),
        _words("conversation_id"),
        _words("thread"),
        _words("state"),
        _points_to("topics", "conversation_id", "conversations.id"),
        sa.PrimaryKeyConstraint("chat", "conversation_id", name=op.f("pk_topics")),
    )
    op.create_index("ix_topics_thread", "topics", ["chat", "thread"])
    # No foreign key: SQLite could add one only by copying the table, and would forget meanwhile
    # that its ids must never be used again.
    op.add_column("outbox", _words("about", nullable=True))
    op.create_index("ix_outbox_about", "outbox", ["about"])
    op.create_index("ix_outbox_sent_as", "outbox", ["channel", "address", "external_message_id"])


def _create_handoffs() -> None:
    op.create_table(
        "handoffs",
        _words("id"),
        _words("conversation_id"),
        _words("state"),
        _words("trigger"),
        _time("asked_at"),
        _time("waiting_since"),
        _words("chat", nullable=True),
        _words("office", nullable=True),
        sa.Column("is_protected", sa.Boolean(), nullable=False),
        _words("service", nullable=True),
        _words("ticket", nullable=True),
        _words("officer_id", nullable=True),
        _time("taken_at", nullable=True),
        _time("ended_at", nullable=True),
        _words("ending", nullable=True),
        sa.Column("with_bot", sa.Boolean(), nullable=False),
        _time("unanswered_since", nullable=True),
        _time("last_officer_at", nullable=True),
        sa.Column("reminded", sa.Integer(), nullable=False),
        _time("warned_at", nullable=True),
        _points_to("handoffs", "conversation_id", "conversations.id"),
        _points_to("handoffs", "officer_id", "officers.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handoffs")),
    )
    op.create_index(
        "uq_handoffs_open",
        "handoffs",
        ["conversation_id"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    op.create_index("ix_handoffs_conversation", "handoffs", ["conversation_id", "asked_at"])
    op.create_index("ix_handoffs_state", "handoffs", ["state", "waiting_since"])
    op.create_index("ix_handoffs_taken", "handoffs", ["taken_at"])
    op.create_index(op.f("ix_handoffs_officer_id"), "handoffs", ["officer_id"])
    op.create_table(
        "handoff_events",
        sa.Column("id", columns.COUNTING_KEY, nullable=False),
        _words("key"),
        _words("handoff_id"),
        _time("at"),
        _words("kind"),
        _words("officer_id", nullable=True),
        _words("words", nullable=True),
        _points_to("handoff_events", "handoff_id", "handoffs.id"),
        _points_to("handoff_events", "officer_id", "officers.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handoff_events")),
        sa.UniqueConstraint("key", name=op.f("uq_handoff_events_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_handoff_events_handoff", "handoff_events", ["handoff_id", "id"])
