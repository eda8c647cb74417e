"""Buttons: what each token means."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.domain.conversation import ConversationId
from desk.domain.reply import Button
from desk.storage.inserting import prepared_insert
from desk.storage.tables import ButtonRow
from desk.storage.tables.base import table_of

_T = table_of(ButtonRow)

_ADD = prepared_insert(_T, lambda insert: insert.on_conflict_do_nothing())
_GET = select(_T.c.conversation_id, _T.c.button).where(_T.c.token == bindparam("token"))


class Buttons:
    """Button tokens in the database."""

    def __init__(self, session: AsyncSession) -> None:
        """Work inside the transaction of *session*."""
        self._session = session

    async def add(
        self, meanings: Mapping[str, Button], conversation_id: ConversationId, now: datetime
    ) -> None:
        """Keep the meanings of a conversation's tokens."""
        if not meanings:
            return
        rows = [
            {
                "token": token,
                "conversation_id": conversation_id,
                "button": button.to_json(),
                "created_at": now,
            }
            for token, button in meanings.items()
        ]
        await self._session.execute(_ADD(self._session), rows)

    async def get(self, token: str) -> tuple[ConversationId, Button] | None:
        """Return whom a token was made for and what it means."""
        row = (await self._session.execute(_GET, {"token": token})).first()
        if row is None:
            return None
        return ConversationId(row.conversation_id), Button.from_json(row.button)

    async def delete_before(self, moment: datetime) -> int:
        """Remove old tokens; return how many."""
        deleted = await self._session.scalars(
            delete(ButtonRow).where(ButtonRow.created_at < moment).returning(ButtonRow.token)
        )
        return len(deleted.all())

    async def forget(self, conversation_id: ConversationId, since: datetime) -> None:
        """Remove a conversation's tokens made since a moment."""
        await self._session.execute(
            delete(ButtonRow).where(
                ButtonRow.conversation_id == conversation_id, ButtonRow.created_at >= since
            )
        )
