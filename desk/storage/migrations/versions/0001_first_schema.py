"""The tables of the first release."""

import sqlalchemy as sa
from alembic import op

from desk.storage import columns

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create all tables."""
    op.create_table(
        "conversations",
        sa.Column("id", columns.Words(), nullable=False),
        sa.Column("channel", columns.Words(), nullable=False),
        sa.Column("address", columns.Words(), nullable=False),
        sa.Column("created_at", columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("session_id", columns.Words(), nullable=False),
        sa.Column("session_turns", sa.Integer(), nullable=False),
        sa.Column("session_last_turn_at", columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("owner", columns.Words(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("context", columns.Json(none_as_null=True), nullable=False),
        sa.Column("profile_name", columns.Words(), nullable=True),
        sa.Column("consented_at", columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("consent_refused_at", columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("blocked_at", columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("muted_until", columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("flood_noted_at", columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ready_at", columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("woken_at", columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("lease_by", columns.Words(), nullable=True),
        sa.Column("lease_until", columns.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
        sa.UniqueConstraint("channel", "address", name=op.f("uq_conversations_channel_address")),
    )
    op.create_index(op.f("ix_conversations_ready_at"), "conversations", ["ready_at"], unique=False)
    op.create_table(
        "leases",
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("holder", columns.Words(), nullable=False),
        sa.Column("held_until", columns.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "named_values",
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("value", columns.Json(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_named_values")),
    )
    op.create_table(
        "buttons",
        sa.Column("token", columns.Words(), nullable=False),
        sa.Column("conversation_id", columns.Words(), nullable=False),
        sa.Column("button", columns.Json(none_as_null=True), nullable=False),
        sa.Column("created_at", columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_buttons_conversation_id")
        ),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_buttons")),
    )
    op.create_index(op.f("ix_buttons_created_at"), "buttons", ["created_at"], unique=False)
    op.create_index(
        "ix_buttons_recent", "buttons", ["conversation_id", "created_at"], unique=False
    )
    op.create_table(
        "drafts",
        sa.Column("id", columns.Words(), nullable=False),
        sa.Column("conversation_id", columns.Words(), nullable=False),
        sa.Column("kind", columns.Words(), nullable=False),
        sa.Column("created_at", columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("touched_at", columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("content", columns.Json(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_drafts_conversation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
        sa.UniqueConstraint("conversation_id", name=op.f("uq_drafts_conversation_id")),
    )
    op.create_index(op.f("ix_drafts_touched_at"), "drafts", ["touched_at"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", columns.Words(), nullable=False),
        sa.Column("channel", columns.Words(), nullable=False),
        sa.Column("address", columns.Words(), nullable=False),
        sa.Column("conversation_id", columns.Words(), nullable=True),
        sa.Column("body", columns.Json(none_as_null=True), nullable=True),
        sa.Column("created_at", columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("state", columns.Words(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("owner_version", sa.Integer(), nullable=True),
        sa.Column("scrub", sa.Boolean(), nullable=False),
        sa.Column("external_message_id", columns.Words(), nullable=True),
        sa.Column("error", columns.Words(), nullable=True),
        sa.Column("changed_at", columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_outbox_conversation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_conversation", "outbox", ["conversation_id", "id"], unique=False)
    op.create_index(
        "ix_outbox_unsent",
        "outbox",
        ["channel", "address", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('menunggu', 'dikirim')"),
        postgresql_where=sa.text("state IN ('menunggu', 'dikirim')"),
    )
    op.create_table(
        "tickets",
        sa.Column("id", columns.Words(), nullable=False),
        sa.Column("number", columns.Words(), nullable=False),
        sa.Column("kind", columns.Words(), nullable=False),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("identity", columns.Words(), nullable=False),
        sa.Column("filed_at", columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("description", columns.Words(), nullable=False),
        sa.Column("category", columns.Words(), nullable=True),
        sa.Column("service", columns.Words(), nullable=True),
        sa.Column("variant", columns.Words(), nullable=True),
        sa.Column("office", columns.Words(), nullable=True),
        sa.Column("place_code", columns.Words(), nullable=True),
        sa.Column("place_words", columns.Words(), nullable=True),
        sa.Column("place_lat", sa.Double(), nullable=True),
        sa.Column("place_lon", sa.Double(), nullable=True),
        sa.Column("since", columns.Words(), nullable=True),
        sa.Column("photos", columns.Json(none_as_null=True), nullable=False),
        sa.Column("conversation_id", columns.Words(), nullable=True),
        sa.Column("reporter_name", columns.Words(), nullable=True),
        sa.Column("reporter_phone", columns.Words(), nullable=True),
        sa.Column("code_hash", columns.Words(), nullable=True),
        sa.Column("draft_id", columns.Words(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "identity <> 'anonim' OR (conversation_id IS NULL"
            " AND reporter_name IS NULL AND reporter_phone IS NULL)",
            name=op.f("ck_tickets_anonymous"),
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_tickets_conversation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets")),
        sa.UniqueConstraint("draft_id", name=op.f("uq_tickets_draft_id")),
        sa.UniqueConstraint("number", name=op.f("uq_tickets_number")),
    )
    op.create_index(
        "ix_tickets_conversation", "tickets", ["conversation_id", "filed_at"], unique=False
    )
    op.create_index(op.f("ix_tickets_filed_at"), "tickets", ["filed_at"], unique=False)
    op.create_index("ix_tickets_office", "tickets", ["office", "status"], unique=False)
    op.create_index("ix_tickets_status", "tickets", ["status", "filed_at"], unique=False)
    op.create_table(
        "turns",
        sa.Column("id", columns.Words(), nullable=False),
        sa.Column("conversation_id", columns.Words(), nullable=False),
        sa.Column("state", columns.Words(), nullable=False),
        sa.Column("created_at", columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("session_id", columns.Words(), nullable=True),
        sa.Column("notified_at", columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("attachments", columns.Json(none_as_null=True), nullable=False),
        sa.Column("intent", columns.Words(), nullable=True),
        sa.Column("final_intent", columns.Words(), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("understanding", columns.Json(none_as_null=True), nullable=True),
        sa.Column("forgotten", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_turns_conversation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_turns")),
    )
    op.create_index("ix_turns_recent", "turns", ["conversation_id", "created_at"], unique=False)
    op.create_index(
        "uq_turns_running",
        "turns",
        ["conversation_id"],
        unique=True,
        sqlite_where=sa.text("state = 'berjalan'"),
        postgresql_where=sa.text("state = 'berjalan'"),
    )
    op.create_table(
        "attachments",
        sa.Column("id", columns.Words(), nullable=False),
        sa.Column("conversation_id", columns.Words(), nullable=True),
        sa.Column("ticket_id", columns.Words(), nullable=True),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("mime", columns.Words(), nullable=False),
        sa.Column("created_at", columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_attachments_conversation_id")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["tickets.id"],
            name=op.f("fk_attachments_ticket_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
    )
    op.create_index(
        op.f("ix_attachments_conversation_id"), "attachments", ["conversation_id"], unique=False
    )
    op.create_index(op.f("ix_attachments_ticket_id"), "attachments", ["ticket_id"], unique=False)
    op.create_table(
        "inbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel", columns.Words(), nullable=False),
        sa.Column("external_id", columns.Words(), nullable=False),
        sa.Column("conversation_id", columns.Words(), nullable=True),
        sa.Column("kind", columns.Words(), nullable=True),
        sa.Column("inbound", columns.Json(none_as_null=True), nullable=True),
        sa.Column("raw", columns.Json(none_as_null=True), nullable=False),
        sa.Column("received_at", columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("state", columns.Words(), nullable=False),
        sa.Column("turn_id", columns.Words(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_inbox_conversation_id")
        ),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.id"], name=op.f("fk_inbox_turn_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("channel", "external_id", name=op.f("uq_inbox_channel_external_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_inbox_recent", "inbox", ["conversation_id", "received_at"], unique=False)
    op.create_index(op.f("ix_inbox_turn_id"), "inbox", ["turn_id"], unique=False)
    op.create_index(
        "ix_inbox_waiting",
        "inbox",
        ["conversation_id"],
        unique=False,
        sqlite_where=sa.text("state = 'menunggu'"),
        postgresql_where=sa.text("state = 'menunggu'"),
    )
    op.create_table(
        "ticket_additions",
        sa.Column("key", columns.Words(), nullable=False),
        sa.Column("ticket_id", columns.Words(), nullable=False),
        sa.Column("at", columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("kind", columns.Words(), nullable=False),
        sa.Column("text", columns.Words(), nullable=True),
        sa.Column("attachment", columns.Words(), nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_additions_ticket_id")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_ticket_additions")),
    )
    op.create_index(
        "ix_ticket_additions_ticket", "ticket_additions", ["ticket_id", "at"], unique=False
    )
    op.create_table(
        "ticket_history",
        sa.Column("ticket_id", columns.Words(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("from_status", columns.Words(), nullable=True),
        sa.Column("to_status", columns.Words(), nullable=False),
        sa.Column("by", columns.Words(), nullable=False),
        sa.Column("reason", columns.Words(), nullable=True),
        sa.Column("words", columns.Words(), nullable=True),
        sa.Column("officer_id", columns.Words(), nullable=True),
        sa.Column("office", columns.Words(), nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_history_ticket_id")
        ),
        sa.PrimaryKeyConstraint("ticket_id", "position", name=op.f("pk_ticket_history")),
    )
    op.create_index(op.f("ix_ticket_history_at"), "ticket_history", ["at"], unique=False)
    op.create_table(
        "turn_steps",
        sa.Column("turn_id", columns.Words(), nullable=False),
        sa.Column("step", columns.Words(), nullable=False),
        sa.Column("replies", columns.Json(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.id"], name=op.f("fk_turn_steps_turn_id")),
        sa.PrimaryKeyConstraint("turn_id", "step", name=op.f("pk_turn_steps")),
    )


def downgrade() -> None:
    """Drop all tables, those that point to others first."""
    for table in (
        "turn_steps",
        "ticket_history",
        "ticket_additions",
        "inbox",
        "attachments",
        "turns",
        "tickets",
        "outbox",
        "drafts",
        "buttons",
        "named_values",
        "leases",
        "conversations",
    ):
        op.drop_table(table)
