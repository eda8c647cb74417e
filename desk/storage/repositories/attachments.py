"""Pictures under random ids."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from desk.domain.conversation import ConversationId
from desk.domain.ticket import TicketId
from desk.storage.inserting import insert_into
from desk.storage.tables import AttachmentRow


class SqlAttachments:
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

    async def belong_to_ticket(self, attachment_ids: Sequence[str], ticket_id: TicketId) -> None:
        """Hand pictures over to a ticket and cut their tie to the conversation."""
        await self._session.execute(
            update(AttachmentRow)
            .where(AttachmentRow.id.in_(attachment_ids))
            .values(ticket_id=ticket_id, conversation_id=None)
        )
