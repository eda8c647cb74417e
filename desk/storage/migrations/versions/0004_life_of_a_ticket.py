"""What happens to a ticket after its filing: proofs, followers, ratings, numbers elsewhere."""

import sqlalchemy as sa
from alembic import op

from desk.storage import columns

revision = "0004"
down_revision = "0003"


def _words(name: str, *, nullable: bool = True) -> "sa.Column[str]":
    return sa.Column(name, columns.Words(), nullable=nullable)


def _time(name: str, *, nullable: bool = True) -> "sa.Column[sa.DateTime]":
    return sa.Column(name, columns.UtcDateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    """Add the columns and the table of followers."""
    for column in (
        _words("lapor_number"),
        sa.Column("field_checks", columns.Json(), nullable=False, server_default="[]"),
        _time("first_contact_at"),
        sa.Column("rating", sa.Integer(), nullable=True),
        _words("rating_words"),
        _words("merged_into"),
    ):
        op.add_column("tickets", column)
    op.create_index(op.f("ix_tickets_merged_into"), "tickets", ["merged_into"])
    op.create_index("ix_tickets_category", "tickets", ["category", "filed_at"])
    for name in ("proof", "photo", "scheduled_for"):
        op.add_column("ticket_history", _words(name))
    op.create_table(
        "ticket_followers",
        _words("ticket_id", nullable=False),
        _words("conversation_id", nullable=False),
        _time("since", nullable=False),
        _words("through", nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_followers_ticket_id")
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_ticket_followers_conversation_id"),
        ),
        sa.PrimaryKeyConstraint("ticket_id", "conversation_id", name=op.f("pk_ticket_followers")),
    )
    op.create_index(
        op.f("ix_ticket_followers_conversation_id"), "ticket_followers", ["conversation_id"]
    )
