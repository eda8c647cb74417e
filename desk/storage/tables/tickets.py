"""Tables of what was filed: drafts, tickets with history and additions, pictures."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from desk.domain.lifecycle import FINAL, Identity
from desk.storage.columns import Json, UtcDateTime, Words
from desk.storage.tables.base import Base, partial_index

_NAMELESS = (
    f"identity <> '{Identity.ANONIM}' OR (conversation_id IS NULL"
    " AND reporter_name IS NULL AND reporter_phone IS NULL)"
)
#: A ticket that has something still to come; few rows among many.
IS_OPEN = text("status NOT IN ('{}')".format("', '".join(sorted(FINAL))))
#: A ticket that says who filed it, or leads there.
NAMES_SOMEBODY = text(
    "(conversation_id IS NOT NULL OR reporter_name IS NOT NULL OR reporter_phone IS NOT NULL"
    " OR draft_id IS NOT NULL OR rating_words IS NOT NULL)"
)


class DraftRow(Base):
    """What a citizen is about to file; one per conversation."""

    __tablename__ = "drafts"

    id: Mapped[str] = mapped_column(Words, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), unique=True)
    kind: Mapped[str] = mapped_column(Words)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    touched_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    content: Mapped[dict[str, Any]] = mapped_column(Json)


class TicketRow(Base):
    """A ticket; the database itself refuses an anonymous one that names its reporter.

    *closed_at* is when its history ended, None while it is open.
    """

    __tablename__ = "tickets"
    __table_args__ = (
        CheckConstraint(_NAMELESS, name="anonymous"),
        Index("ix_tickets_conversation", "conversation_id", "filed_at"),
        Index("ix_tickets_category", "category", "filed_at"),
        partial_index("ix_tickets_open", "id", where=IS_OPEN),
        partial_index("ix_tickets_oldest", "filed_at", "id", where=IS_OPEN),
        partial_index("ix_tickets_office", "office", "filed_at", where=IS_OPEN),
        partial_index("ix_tickets_names", "closed_at", where=NAMES_SOMEBODY),
    )

    id: Mapped[str] = mapped_column(Words, primary_key=True)
    number: Mapped[str] = mapped_column(Words, unique=True)
    kind: Mapped[str] = mapped_column(Words)
    status: Mapped[str] = mapped_column(Words)
    identity: Mapped[str] = mapped_column(Words)
    filed_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    description: Mapped[str] = mapped_column(Words)
    category: Mapped[str | None] = mapped_column(Words)
    service: Mapped[str | None] = mapped_column(Words)
    variant: Mapped[str | None] = mapped_column(Words)
    office: Mapped[str | None] = mapped_column(Words)
    place_code: Mapped[str | None] = mapped_column(Words)
    place_words: Mapped[str | None] = mapped_column(Words)
    place_lat: Mapped[float | None]
    place_lon: Mapped[float | None]
    since: Mapped[str | None] = mapped_column(Words)
    photos: Mapped[list[str]] = mapped_column(Json)
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversations.id"))
    reporter_name: Mapped[str | None] = mapped_column(Words)
    reporter_phone: Mapped[str | None] = mapped_column(Words)
    code_hash: Mapped[str | None] = mapped_column(Words)
    draft_id: Mapped[str | None] = mapped_column(Words, unique=True)
    lapor_number: Mapped[str | None] = mapped_column(Words)
    field_checks: Mapped[list[str]] = mapped_column(Json, server_default="[]")
    first_contact_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rating: Mapped[int | None]
    rating_words: Mapped[str | None] = mapped_column(Words)
    merged_into: Mapped[str | None] = mapped_column(Words, index=True)


class HistoryRow(Base):
    """One move of a ticket; rows are only ever added."""

    __tablename__ = "ticket_history"

    ticket_id: Mapped[str] = mapped_column(ForeignKey("tickets.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    from_status: Mapped[str | None] = mapped_column(Words)
    to_status: Mapped[str] = mapped_column(Words)
    by: Mapped[str] = mapped_column(Words)
    reason: Mapped[str | None] = mapped_column(Words)
    words: Mapped[str | None] = mapped_column(Words)
    officer_id: Mapped[str | None] = mapped_column(Words)
    office: Mapped[str | None] = mapped_column(Words)
    proof: Mapped[str | None] = mapped_column(Words)
    photos: Mapped[list[str]] = mapped_column(Json, server_default="[]")
    scheduled_for: Mapped[str | None] = mapped_column(Words)


class ReminderRow(Base):
    """That people were told of something about a ticket which would be found again and again."""

    __tablename__ = "ticket_reminders"

    ticket_id: Mapped[str] = mapped_column(ForeignKey("tickets.id"), primary_key=True)
    what: Mapped[str] = mapped_column(Words, primary_key=True)


class FollowerRow(Base):
    """A conversation that hears of a ticket that somebody else filed."""

    __tablename__ = "ticket_followers"

    ticket_id: Mapped[str] = mapped_column(ForeignKey("tickets.id"), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id"), primary_key=True, index=True
    )
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    through: Mapped[str] = mapped_column(Words)


class AdditionRow(Base):
    """Words or a picture that came after the filing."""

    __tablename__ = "ticket_additions"
    __table_args__ = (Index("ix_ticket_additions_ticket", "ticket_id", "at"),)

    key: Mapped[str] = mapped_column(Words, primary_key=True)
    ticket_id: Mapped[str] = mapped_column(ForeignKey("tickets.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(Words)
    text: Mapped[str | None] = mapped_column(Words)
    attachment: Mapped[str | None] = mapped_column(Words)


class AttachmentRow(Base):
    """A picture, re-encoded; it belongs to a conversation until a ticket takes it over."""

    __tablename__ = "attachments"

    id: Mapped[str] = mapped_column(Words, primary_key=True)
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversations.id"), index=True)
    ticket_id: Mapped[str | None] = mapped_column(
        # Checked at commit, so that a picture may be handed over before its ticket is stored.
        ForeignKey("tickets.id", deferrable=True, initially="DEFERRED"),
        index=True,
    )
    data: Mapped[bytes] = mapped_column(LargeBinary)
    mime: Mapped[str] = mapped_column(Words)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
