"""What citizens asked about their own data, and who opened a confidential identity."""

import sqlalchemy as sa
from alembic import op

from desk.storage import columns

revision = "0005"
down_revision = "0004"


def _words(name: str, *, nullable: bool = False) -> "sa.Column[str]":
    return sa.Column(name, columns.Words(), nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> "sa.Column[sa.DateTime]":
    return sa.Column(name, columns.UtcDateTime(timezone=True), nullable=nullable)


def _points_to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "privacy_requests",
        _words("id"),
        _words("conversation_id", nullable=True),
        _words("channel"),
        _words("kind"),
        _time("asked_at"),
        _time("due_at"),
        _time("done_at", nullable=True),
        sa.Column("counts", columns.Json(), nullable=False),
        _points_to("privacy_requests", "conversation_id", "conversations.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privacy_requests")),
    )
    op.create_index(
        op.f("ix_privacy_requests_conversation_id"), "privacy_requests", ["conversation_id"]
    )
    op.create_table(
        "identity_openings",
        _words("id"),
        _words("ticket_id"),
        _words("officer_id"),
        _time("at"),
        _words("reason"),
        _points_to("identity_openings", "ticket_id", "tickets.id"),
        _points_to("identity_openings", "officer_id", "officers.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_openings")),
    )
    op.create_index(op.f("ix_identity_openings_ticket_id"), "identity_openings", ["ticket_id"])
