"""Tables of the way out: messages to send, and who may send them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from desk.domain.outgoing import OutboxState
from desk.domain.retention import GONE
from desk.storage.columns import COUNTING_KEY, Json, UtcDateTime, Words
from desk.storage.tables.base import Base, partial_index

UNSENT = (OutboxState.PENDING, OutboxState.SENDING)
#: In the very words of the index, or SQLite would not use it.
IS_UNSENT = text("state IN ('{}', '{}')".format(*UNSENT))

# What retention looks for, by age; see `tables.conversations`.
IS_TO_CITIZEN = text("conversation_id IS NOT NULL AND body IS NOT NULL")
#: An officer's private chat has the number of the account.
IS_TO_OFFICERS = text(f"conversation_id IS NULL AND address <> '{GONE}'")
IS_EMPTIED = text("body IS NULL")


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
        partial_index("ix_outbox_unsent", "channel", "address", "id", where=IS_UNSENT),
        Index("ix_outbox_conversation", "conversation_id", "id"),
        partial_index("uq_outbox_key", "key", unique=True),
        partial_index("ix_outbox_about", "about"),
        partial_index("ix_outbox_answers", "answers"),
        partial_index("ix_outbox_said", "said_message"),
        partial_index("ix_outbox_sent_as", "external_message_id", "address", "channel"),
        partial_index("ix_outbox_citizens", "created_at", where=IS_TO_CITIZEN),
        partial_index("ix_outbox_officers", "created_at", where=IS_TO_OFFICERS),
        partial_index("ix_outbox_emptied", "created_at", where=IS_EMPTIED),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(COUNTING_KEY, primary_key=True)
    key: Mapped[str | None] = mapped_column(Words)
    channel: Mapped[str] = mapped_column(Words)
    address: Mapped[str] = mapped_column(Words)
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversations.id"))
    about: Mapped[str | None] = mapped_column(Words)
    relays: Mapped[int | None] = mapped_column(COUNTING_KEY)
    answers: Mapped[str | None] = mapped_column(Words)
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
