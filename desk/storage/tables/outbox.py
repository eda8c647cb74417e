"""Tables of the way out: messages to send, and who may send them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from desk.domain.outgoing import OutboxState
from desk.storage.columns import COUNTING_KEY, Json, UtcDateTime, Words
from desk.storage.tables.base import Base

UNSENT = (OutboxState.PENDING, OutboxState.SENDING)
#: In the very words of the index, or SQLite would not use it.
IS_UNSENT = text("state IN ('{}', '{}')".format(*UNSENT))


#: Of an officer's message; few rows among many.
IS_PASSED_ON = text("said_message IS NOT NULL")


class OutboxRow(Base):
    """One outgoing message; an emptied body means that it was sent and may not be kept.

    *conversation_id* is the citizen's it goes to; *about* the one a message to officers tells of,
    *relays* which of that citizen's messages it shows. *answers* is the turn that it is the bot's
    answer to. *said_chat* and *said_message* name the officer's message that it passes on. *key*
    is opaque: set where a later message replaces this one, or where the same one may be asked for
    twice.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_unsent",
            "channel",
            "address",
            "id",
            sqlite_where=IS_UNSENT,
            postgresql_where=IS_UNSENT,
        ),
        Index("ix_outbox_conversation", "conversation_id", "id"),
        Index(
            "ix_outbox_said",
            "said_message",
            sqlite_where=IS_PASSED_ON,
            postgresql_where=IS_PASSED_ON,
        ),
        Index("ix_outbox_sent_as", "channel", "address", "external_message_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(COUNTING_KEY, primary_key=True)
    key: Mapped[str | None] = mapped_column(Words, unique=True)
    channel: Mapped[str] = mapped_column(Words)
    address: Mapped[str] = mapped_column(Words)
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversations.id"))
    about: Mapped[str | None] = mapped_column(Words, index=True)
    relays: Mapped[int | None] = mapped_column(COUNTING_KEY)
    answers: Mapped[str | None] = mapped_column(Words, index=True)
    said_chat: Mapped[str | None] = mapped_column(Words)
    said_message: Mapped[str | None] = mapped_column(Words)
    body: Mapped[dict[str, Any] | None] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(Words)
    attempts: Mapped[int]
    not_before: Mapped[datetime | None] = mapped_column(UtcDateTime)
    owner_version: Mapped[int | None]
    scrub: Mapped[bool]
    external_message_id: Mapped[str | None] = mapped_column(Words)
    error: Mapped[str | None] = mapped_column(Words)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LeaseRow(Base):
    """A right that one process holds for a time."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(Words, primary_key=True)
    holder: Mapped[str] = mapped_column(Words)
    held_until: Mapped[datetime] = mapped_column(UtcDateTime)


class ValueRow(Base):
    """A small named value."""

    __tablename__ = "named_values"

    name: Mapped[str] = mapped_column(Words, primary_key=True)
    value: Mapped[Any] = mapped_column(Json, nullable=True)
