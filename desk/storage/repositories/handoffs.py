"""Hand-offs, and what happened in them."""

from collections.abc import Mapping
from datetime import datetime
from secrets import token_hex
from typing import Any

from sqlalchemy import Select, func, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from desk.domain.conversation import ConversationId
from desk.domain.errors import HandoffNotFound
from desk.domain.handoff import (
    Handoff,
    HandoffEvent,
    HandoffId,
    HandoffState,
    Trigger,
)
from desk.domain.officer import OfficerId
from desk.storage.codec import read_row
from desk.storage.inserting import insert_into
from desk.storage.tables import CardRow, HandoffEventRow, HandoffRow


class Handoffs:
    """Hand-offs in the database; lock the conversation before you change one."""

    def __init__(self, session: AsyncSession) -> None:
        """Work inside the transaction of *session*."""
        self._session = session

    async def add(self, handoff: Handoff) -> Handoff:
        """Store a new hand-off; when the conversation has an open one, return that."""
        await self._session.execute(
            insert_into(self._session, HandoffRow)
            .values(id=handoff.id, **_columns(handoff))
            .on_conflict_do_nothing()
        )
        stored = await self.open_of(handoff.conversation_id)
        assert stored is not None
        return stored

    async def get(self, handoff_id: HandoffId) -> Handoff | None:
        """Return the hand-off with this id."""
        return await self._first(select(HandoffRow).where(HandoffRow.id == handoff_id))

    async def open_of(self, conversation_id: ConversationId) -> Handoff | None:
        """Return the conversation's hand-off that has not ended."""
        return await self._first(
            select(HandoffRow).where(
                HandoffRow.conversation_id == conversation_id,
                HandoffRow.state != HandoffState.ENDED,
            )
        )

    async def of_conversation(self, conversation_id: ConversationId) -> list[Handoff]:
        """Return all hand-offs of a conversation, newest first."""
        return await self._many(
            select(HandoffRow)
            .where(HandoffRow.conversation_id == conversation_id)
            .order_by(HandoffRow.asked_at.desc())
        )

    async def all_open(self) -> list[Handoff]:
        """Return the hand-offs that have not ended: those that wait first, the longest before."""
        is_served = HandoffRow.state == HandoffState.SERVED
        return await self._many(
            select(HandoffRow)
            .where(HandoffRow.state.in_((HandoffState.WAITING, HandoffState.SERVED)))
            .order_by(is_served, HandoffRow.waiting_since, HandoffRow.id)
        )

    async def of_officer(self, officer_id: OfficerId) -> list[Handoff]:
        """Return what an officer serves now, oldest first."""
        return await self._many(
            select(HandoffRow)
            .where(HandoffRow.officer_id == officer_id, HandoffRow.state == HandoffState.SERVED)
            .order_by(HandoffRow.taken_at)
        )

    async def recent_waits(
        self, since: datetime, limit: int, *, is_protected: bool
    ) -> list[tuple[datetime, datetime]]:
        """Return from when until when citizens waited who were served since a moment."""
        rows = await self._session.execute(
            select(HandoffRow.waiting_since, HandoffRow.taken_at)
            .where(
                HandoffRow.taken_at >= since,
                HandoffRow.trigger != Trigger.STEPPED_IN,
                HandoffRow.is_protected == is_protected,
            )
            .order_by(HandoffRow.taken_at.desc())
            .limit(limit)
        )
        return [(waiting, taken) for waiting, taken in rows if taken]

    async def save(self, handoff: Handoff) -> None:
        """Write a hand-off back.

        Raises:
            HandoffNotFound: It was never added.
        """
        saved = await self._session.scalar(
            update(HandoffRow)
            .where(HandoffRow.id == handoff.id)
            .values(**_columns(handoff))
            .returning(HandoffRow.id)
        )
        if saved is None:
            raise HandoffNotFound

    async def note(
        self, handoff_id: HandoffId, event: HandoffEvent, *, key: str | None = None
    ) -> None:
        """Write down what happened; the same *key* again changes nothing."""
        await self._session.execute(
            insert_into(self._session, HandoffEventRow)
            .values(
                key=key or token_hex(16),
                handoff_id=handoff_id,
                at=event.at,
                kind=event.kind,
                officer_id=event.officer_id,
                words=event.words,
            )
            .on_conflict_do_nothing()
        )

    async def events(self, handoff_id: HandoffId) -> list[HandoffEvent]:
        """Return what happened, in order."""
        rows = await self._session.scalars(
            select(HandoffEventRow)
            .where(HandoffEventRow.handoff_id == handoff_id)
            .order_by(HandoffEventRow.id)
        )
        return [read_row(row, HandoffEvent) for row in rows]

    async def card_of(self, handoff: Handoff, chat: str) -> str | None:
        """Return the outbox key of the card that shows this wait in a chat, None for none."""
        key: str | None = await self._session.scalar(
            select(CardRow.key).where(
                CardRow.handoff_id == handoff.id,
                CardRow.waiting_since == handoff.waiting_since,
                CardRow.chat == chat,
            )
        )
        return key

    async def note_card(self, handoff: Handoff, chat: str, key: str) -> None:
        """Note that a message shows this wait in a chat."""
        await self._session.execute(
            insert_into(self._session, CardRow).values(
                handoff_id=handoff.id, waiting_since=handoff.waiting_since, chat=chat, key=key
            )
        )

    async def count_waiting_before(
        self, moment: datetime, office: str | None, *, is_protected: bool
    ) -> int:
        """Count those who wait for the same officers and asked before *moment*."""
        of_office = HandoffRow.office.is_(None) if office is None else HandoffRow.office == office
        count = await self._session.scalar(
            select(func.count())
            .select_from(HandoffRow)
            .where(
                HandoffRow.state == HandoffState.WAITING,
                HandoffRow.asked_at < moment,
                HandoffRow.is_protected == is_protected,
                true() if is_protected else of_office,
            )
        )
        return count or 0

    async def _first(self, query: Select[HandoffRow]) -> Handoff | None:
        row = await self._session.scalar(query)
        return None if row is None else read_row(row, Handoff)

    async def _many(self, query: Select[HandoffRow]) -> list[Handoff]:
        return [read_row(row, Handoff) for row in await self._session.scalars(query)]


def _columns(handoff: Handoff) -> Mapping[str, Any]:
    return {key: value for key, value in vars(handoff).items() if key != "id"}
