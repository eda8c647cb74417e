"""Tables of what was said: conversations, what came in, the turns made of it, buttons."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from desk.domain.conversation import Channel
from desk.domain.retention import GONE
from desk.domain.turn import InboxState, TurnState
from desk.storage.columns import COUNTING_KEY, Json, UtcDateTime, Words
from desk.storage.tables.base import Base, partial_index

WAITING = text(f"state = '{InboxState.WAITING}'")
#: What no turn has ended yet, and what was put aside; few rows among many.
UNSETTLED = text(
    f"state IN ('{InboxState.WAITING}', '{InboxState.TAKEN}', '{InboxState.QUARANTINED}')"
)
RUNNING = text(f"state = '{TurnState.RUNNING}'")
SET_ASIDE = text(f"state = '{TurnState.SET_ASIDE}'")

# What retention looks for. Each index lists what a rule has not had yet, by age: what is due
# stands in front, and what is done is not in the way.
IS_CITIZENS = text(f"channel <> '{Channel.OFFICERS}' AND address NOT LIKE '{GONE}%'")
HAS_RAW = text("CAST(raw AS TEXT) <> '{}'")
HAS_WORDS = text("inbound IS NOT NULL")
IS_EMPTIED = text("inbound IS NULL")
IS_NOBODYS = text("conversation_id IS NULL")
IS_REMEMBERED = text("NOT forgotten")
IS_FORGOTTEN = text("forgotten")


class ConversationRow(Base):
    """One citizen on one channel, and which worker holds the conversation.

    *ready_at* is when a worker may take it: while it is leased, when the lease runs out.
    *woken_at* keeps a wake-up that came in during a lease, for `release`.
    """

    __tablename__ = "conversations"
    __table_args__ = (
        UniqueConstraint("channel", "address"),
        partial_index("ix_conversations_citizens", "created_at", where=IS_CITIZENS),
        Index("ix_conversations_spoken", "session_last_turn_at"),
    )

    id: Mapped[str] = mapped_column(Words, primary_key=True)
    channel: Mapped[str] = mapped_column(Words)
    address: Mapped[str] = mapped_column(Words)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    session_id: Mapped[str] = mapped_column(Words)
    session_turns: Mapped[int]
    session_last_turn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    owner: Mapped[str] = mapped_column(Words)
    version: Mapped[int]
    context: Mapped[dict[str, Any]] = mapped_column(Json)
    profile_name: Mapped[str | None] = mapped_column(Words)
    consented_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    consent_refused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    blocked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    muted_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    flood_noted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ready_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    woken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lease_by: Mapped[str | None] = mapped_column(Words)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class InboxRow(Base):
    """One update of a channel, stored before it is acknowledged.

    A forgotten update loses everything but the pair that recognises it when it comes again.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("channel", "external_id"),
        Index("ix_inbox_recent", "conversation_id", "received_at"),
        partial_index("ix_inbox_waiting", "conversation_id", where=WAITING),
        partial_index("ix_inbox_unsettled", "state", "received_at", where=UNSETTLED),
        partial_index("ix_inbox_raw", "received_at", where=HAS_RAW),
        partial_index("ix_inbox_words", "received_at", where=HAS_WORDS),
        partial_index("ix_inbox_emptied", "received_at", where=IS_EMPTIED),
        partial_index("ix_inbox_nobodys", "received_at", where=IS_NOBODYS),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(COUNTING_KEY, primary_key=True)
    channel: Mapped[str] = mapped_column(Words)
    external_id: Mapped[str] = mapped_column(Words)
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversations.id"))
    kind: Mapped[str | None] = mapped_column(Words)
    inbound: Mapped[dict[str, Any] | None] = mapped_column(Json)
    raw: Mapped[dict[str, Any]] = mapped_column(Json)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(Words)
    turn_id: Mapped[str | None] = mapped_column(ForeignKey("turns.id"), index=True)


class TurnRow(Base):
    """Messages answered together; a conversation has one running turn at most.

    *forgotten* marks a turn whose words are gone, or a running one whose words are to go as soon
    as it is finished: until then a retry still needs them.
    """

    __tablename__ = "turns"
    __table_args__ = (
        partial_index("uq_turns_running", "conversation_id", where=RUNNING, unique=True),
        partial_index("ix_turns_set_aside", "conversation_id", where=SET_ASIDE),
        Index("ix_turns_recent", "conversation_id", "created_at"),
        partial_index("ix_turns_remembered", "created_at", where=IS_REMEMBERED),
        partial_index("ix_turns_forgotten", "created_at", where=IS_FORGOTTEN),
    )

    id: Mapped[str] = mapped_column(Words, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    state: Mapped[str] = mapped_column(Words)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int]
    failures: Mapped[int]
    session_id: Mapped[str | None] = mapped_column(Words)
    notified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attachments: Mapped[dict[str, str]] = mapped_column(Json)
    intent: Mapped[str | None] = mapped_column(Words)
    final_intent: Mapped[str | None] = mapped_column(Words)
    confidence: Mapped[float | None]
    understanding: Mapped[dict[str, Any] | None] = mapped_column(Json)
    forgotten: Mapped[bool]
    was_set_aside: Mapped[bool]


class TurnStepRow(Base):
    """What one step of a turn answered, so that a repeated turn answers the same."""

    __tablename__ = "turn_steps"

    turn_id: Mapped[str] = mapped_column(ForeignKey("turns.id"), primary_key=True)
    step: Mapped[str] = mapped_column(Words, primary_key=True)
    replies: Mapped[list[dict[str, Any]]] = mapped_column(Json)


class ButtonRow(Base):
    """What a button's token means, and for whom."""

    __tablename__ = "buttons"
    __table_args__ = (Index("ix_buttons_recent", "conversation_id", "created_at"),)

    token: Mapped[str] = mapped_column(Words, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    button: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
