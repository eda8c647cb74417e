"""Drafts under way, with their pictures."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.domain.conversation import ConversationId
from desk.domain.draft import Draft
from desk.domain.lifecycle import Kind
from desk.storage.codec import read_json, to_json
from desk.storage.inserting import insert_into
from desk.storage.tables import AttachmentRow, DraftRow
from desk.storage.tables.base import table_of

_T = table_of(DraftRow)

_ACTIVE = select(_T).where(_T.c.conversation_id == bindparam("conversation_id"))

#: Fields of a draft that are columns, and those that list pictures.
_COLUMNS: Final = ("id", "conversation_id", "kind", "created_at", "touched_at")
_PICTURES: Final = ("photos", "discarded")


class Drafts:
    """Drafts in the database."""

    def __init__(self, session: AsyncSession) -> None:
        """Work inside the transaction of *session*."""
        self._session = session

    async def active(self, conversation_id: ConversationId) -> Draft | None:
        """Return the conversation's draft."""
        found = await self._session.execute(_ACTIVE, {"conversation_id": conversation_id})
        row = found.first()
        return None if row is None else _to_draft(row)

    async def active_in(self, conversations: Collection[ConversationId]) -> list[Draft]:
        """Return the drafts of several conversations."""
        rows = await self._session.execute(
            select(_T).where(_T.c.conversation_id.in_(conversations))
        )
        return [_to_draft(row) for row in rows]

    async def save(self, draft: Draft) -> None:
        """Store or replace a draft; another draft of the same conversation gives way."""
        await self._delete(
            (DraftRow.conversation_id == draft.conversation_id) & (DraftRow.id != draft.id),
            keep=draft.photos,
        )
        columns = {
            "kind": draft.kind,
            "created_at": draft.created_at,
            "touched_at": draft.touched_at,
            "content": _content_of(draft),
        }
        await self._session.execute(
            insert_into(self._session, DraftRow)
            .values(id=draft.id, conversation_id=draft.conversation_id, **columns)
            .on_conflict_do_update(index_elements=[DraftRow.id], set_=columns)
        )

    async def delete(self, draft_id: str) -> None:
        """Remove a draft with its pictures, unless a ticket took them over."""
        await self._delete(DraftRow.id == draft_id)

    async def delete_untouched_since(self, moment: datetime) -> int:
        """Remove drafts left alone for too long; return how many."""
        return await self._delete(DraftRow.touched_at < moment)

    async def _delete(self, which: ColumnElement[bool], *, keep: Sequence[str] = ()) -> int:
        deleted = await self._session.scalars(
            delete(DraftRow).where(which).returning(DraftRow.content)
        )
        contents = deleted.all()
        # With a draft goes every picture of it that no ticket took over.
        photos = {photo for each in contents for name in _PICTURES for photo in each.get(name, ())}
        await self._session.execute(
            delete(AttachmentRow).where(
                AttachmentRow.id.in_(photos.difference(keep)), AttachmentRow.ticket_id.is_(None)
            )
        )
        return len(contents)


def _content_of(draft: Draft) -> dict[str, Any]:
    return {key: value for key, value in to_json(draft).items() if key not in _COLUMNS}


def _to_draft(row: Row[*tuple[Any, ...]]) -> Draft:
    return read_json(
        row.content,
        Draft,
        id=row.id,
        conversation_id=ConversationId(row.conversation_id),
        kind=Kind(row.kind),
        created_at=row.created_at,
        touched_at=row.touched_at,
    )
