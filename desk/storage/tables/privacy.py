"""Tables of citizens' rights: what they asked, and who opened a confidential identity."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from desk.storage.columns import Json, UtcDateTime, Words
from desk.storage.tables.base import Base


class PrivacyRequestRow(Base):
    """A request for one's own data or its erasure; counts only, never content."""

    __tablename__ = "privacy_requests"

    id: Mapped[str] = mapped_column(Words, primary_key=True)
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversations.id"), index=True)
    channel: Mapped[str] = mapped_column(Words)
    kind: Mapped[str] = mapped_column(Words)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    counts: Mapped[dict[str, int]] = mapped_column(Json)


class IdentityOpeningRow(Base):
    """One opening of a confidential identity; rows are only ever added."""

    __tablename__ = "identity_openings"

    id: Mapped[str] = mapped_column(Words, primary_key=True)
    ticket_id: Mapped[str] = mapped_column(ForeignKey("tickets.id"), index=True)
    officer_id: Mapped[str] = mapped_column(ForeignKey("officers.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Words)
