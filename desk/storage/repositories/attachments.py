"""Pictures under random ids."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, and_, cast, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from desk.domain.conversation import ConversationId
from desk.domain.ticket import TicketId
from desk.domain.turn import InboxState
from desk.storage.inserting import insert_into
from desk.storage.tables import (
    AttachmentRow,
    ButtonRow,
    DraftRow,
    InboxRow,
    OutboxRow,
    TurnRow,
)
from desk.storage.tables.conversations import IS_REMEMBERED, RUNNING, SET_ASIDE

_UNWORKED: Final = (InboxState.WAITING, InboxState.TAKEN)


class Attachments:
    """Pictures in the database."""

    def __init__(self, session: AsyncSession) -> None:
        """Work inside the transaction of *session*."""
        self._session = session

    async def add(
        self,
        attachment_id: str,
        conversation_id: ConversationId | None,
        data: bytes,
        mime: str,
        now: datetime,
    ) -> None:
        """Store a picture; the same id again changes nothing."""
        await self._session.execute(
            insert_into(self._session, AttachmentRow)
            .values(
                id=attachment_id,
                conversation_id=conversation_id,
                data=data,
                mime=mime,
                created_at=now,
            )
            .on_conflict_do_nothing()
        )

    async def get(self, attachment_id: str) -> tuple[bytes, str] | None:
        """Return a picture's bytes and MIME type."""
        row = await self._session.scalar(
            select(AttachmentRow).where(AttachmentRow.id == attachment_id)
        )
        return None if row is None else (row.data, row.mime)

    async def belong_to_ticket(
        self, attachment_ids: Sequence[str], ticket_id: TicketId, *, at: datetime
    ) -> None:
        """Hand pictures over to a ticket and cut their tie to the conversation.

        Their time becomes *at*: that of their sending would lead back to who sent them.
        """
        await self._session.execute(
            update(AttachmentRow)
            .where(AttachmentRow.id.in_(attachment_ids))
            .values(ticket_id=ticket_id, conversation_id=None, created_at=at)
        )

    async def delete_orphans(self, before: datetime) -> int:
        """Remove pictures stored before a moment that nothing leads to any more; count them.

        Only rows of the picture's own conversation are looked through, by its index.
        """
        is_recent = or_(RUNNING, SET_ASIDE, and_(IS_REMEMBERED, TurnRow.created_at >= before))
        deleted = await self._session.scalars(
            delete(AttachmentRow)
            .where(
                AttachmentRow.ticket_id.is_(None),
                AttachmentRow.created_at < before,
                _unnamed_in(DraftRow, DraftRow.content),
                _unnamed_in(ButtonRow, ButtonRow.button),
                _unnamed_in(OutboxRow, OutboxRow.body),
                _unnamed_in(InboxRow, InboxRow.inbound, InboxRow.state.in_(_UNWORKED)),
                _unnamed_in(TurnRow, TurnRow.attachments, is_recent),
            )
            .returning(AttachmentRow.id)
        )
        return len(deleted.all())


def _unnamed_in(table: Any, content: Any, *which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return that no row of the picture's conversation has the picture's id in its JSON."""
    named = select(table.conversation_id).where(
        table.conversation_id == AttachmentRow.conversation_id,
        cast(content, Text).contains(AttachmentRow.id),
        *which,
    )
    return ~named.correlate(AttachmentRow).exists()
