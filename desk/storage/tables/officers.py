"""Tables of those who answer: officers, their roles, hand-offs and the topics they use."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from desk.domain.handoff import HandoffState
from desk.storage.columns import COUNTING_KEY, Json, UtcDateTime, Words
from desk.storage.tables.base import Base, partial_index

_OPEN = text(f"state <> '{HandoffState.ENDED}'")
NAMES_TICKET = text("ticket IS NOT NULL")
HAS_WORDS = text("words IS NOT NULL")


class OfficerRow(Base):
    """One person with a Telegram account.

    *serving* is the conversation to which plain words in private go; *proved_album* the album
    that proved the outcome of *proved_ticket* last, since parts of it may still be on their way.
    """

    __tablename__ = "officers"

    id: Mapped[str] = mapped_column(Words, primary_key=True)
    telegram_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    name: Mapped[str] = mapped_column(Words)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    serves_privately: Mapped[bool]
    suspended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    serving: Mapped[str | None] = mapped_column(Words)
    proved_album: Mapped[str | None] = mapped_column(Words)
    proved_ticket: Mapped[str | None] = mapped_column(Words)


class QuestionRow(Base):
    """A question that stands open to an officer: one in each topic of each chat."""

    __tablename__ = "officer_questions"

    chat_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    thread: Mapped[str] = mapped_column(Words, primary_key=True)
    officer_id: Mapped[str] = mapped_column(ForeignKey("officers.id"), primary_key=True)
    pending: Mapped[dict[str, Any]] = mapped_column(Json)


class GrantRow(Base):
    """One role of an officer; *office* is empty where the role belongs to none."""

    __tablename__ = "officer_grants"

    officer_id: Mapped[str] = mapped_column(ForeignKey("officers.id"), primary_key=True)
    role: Mapped[str] = mapped_column(Words, primary_key=True)
    office: Mapped[str] = mapped_column(Words, primary_key=True)


class HandoffRow(Base):
    """One stretch in which a human has the word; a conversation has one open at most."""

    __tablename__ = "handoffs"
    __table_args__ = (
        partial_index("uq_handoffs_open", "conversation_id", where=_OPEN, unique=True),
        Index("ix_handoffs_conversation", "conversation_id", "asked_at"),
        Index("ix_handoffs_state", "state", "waiting_since"),
        Index("ix_handoffs_taken", "taken_at"),
        partial_index("ix_handoffs_ticket", "ended_at", where=NAMES_TICKET),
    )

    id: Mapped[str] = mapped_column(Words, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    state: Mapped[str] = mapped_column(Words)
    trigger: Mapped[str] = mapped_column(Words)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    waiting_since: Mapped[datetime] = mapped_column(UtcDateTime)
    chat: Mapped[str | None] = mapped_column(Words)
    office: Mapped[str | None] = mapped_column(Words)
    is_protected: Mapped[bool]
    service: Mapped[str | None] = mapped_column(Words)
    ticket: Mapped[str | None] = mapped_column(Words)
    officer_id: Mapped[str | None] = mapped_column(ForeignKey("officers.id"), index=True)
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ending: Mapped[str | None] = mapped_column(Words)
    with_bot: Mapped[bool]
    unanswered_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_officer_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reminded: Mapped[int]
    warned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closing_told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class HandoffEventRow(Base):
    """One thing that happened in a hand-off; rows are only ever added."""

    __tablename__ = "handoff_events"
    __table_args__ = (
        Index("ix_handoff_events_handoff", "handoff_id", "id"),
        partial_index("ix_handoff_events_words", "handoff_id", where=HAS_WORDS),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(COUNTING_KEY, primary_key=True)
    key: Mapped[str] = mapped_column(Words, unique=True)
    handoff_id: Mapped[str] = mapped_column(ForeignKey("handoffs.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(Words)
    officer_id: Mapped[str | None] = mapped_column(ForeignKey("officers.id"))
    words: Mapped[str | None] = mapped_column(Words)


class CardRow(Base):
    """Which message shows a hand-off's card in a chat; each wait has one of its own."""

    __tablename__ = "cards"

    handoff_id: Mapped[str] = mapped_column(ForeignKey("handoffs.id"), primary_key=True)
    waiting_since: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    chat: Mapped[str] = mapped_column(Words, primary_key=True)
    key: Mapped[str] = mapped_column(Words)


class TopicRow(Base):
    """Which topic of a chat a conversation is served in; a view, made again when it is gone."""

    __tablename__ = "topics"
    __table_args__ = (Index("ix_topics_thread", "chat", "thread"),)

    chat: Mapped[str] = mapped_column(Words, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    thread: Mapped[str] = mapped_column(Words)
    state: Mapped[str] = mapped_column(Words)
