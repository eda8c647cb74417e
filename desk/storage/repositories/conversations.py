"""Conversations: the rows, and the leases by which workers share them out."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, func, literal, null, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from desk.domain.conversation import (
    Channel,
    Context,
    Conversation,
    ConversationId,
    Owner,
    Session,
)
from desk.domain.errors import ConversationNotFound, StaleVersion
from desk.storage.columns import UtcDateTime
from desk.storage.inserting import insert_into
from desk.storage.tables import ConversationRow


class SqlConversations:
    """Conversations in the database."""

    def __init__(self, session: AsyncSession) -> None:
        """Work inside the transaction of *session*."""
        self._session = session

    async def get(self, conversation_id: ConversationId) -> Conversation | None:
        """Return the conversation with this id."""
        row = await self._session.scalar(
            select(ConversationRow).where(ConversationRow.id == conversation_id)
        )
        return None if row is None else _to_conversation(row)

    async def at_address(self, channel: Channel, address: str) -> Conversation | None:
        """Return the conversation at a chat id or web session."""
        row = await self._session.scalar(
            select(ConversationRow).where(
                ConversationRow.channel == channel, ConversationRow.address == address
            )
        )
        return None if row is None else _to_conversation(row)

    async def add(self, conversation: Conversation) -> Conversation:
        """Store a new conversation; when its address is known already, return that one."""
        await self._session.execute(
            insert_into(self._session, ConversationRow)
            .values(id=conversation.id, **_columns(conversation))
            .on_conflict_do_nothing()
        )
        stored = await self.at_address(conversation.channel, conversation.address)
        if stored is None:  # its id belongs to another address
            raise StaleVersion
        return stored

    async def save(self, conversation: Conversation) -> None:
        """Write all fields of a conversation back.

        Raises:
            ConversationNotFound: It was never added.
            StaleVersion: Its owner changed since it was read; saving would undo that.
        """
        saved = await self._session.scalar(
            update(ConversationRow)
            .where(
                ConversationRow.id == conversation.id,
                ConversationRow.version <= conversation.version,
            )
            .values(**_columns(conversation))
            .returning(ConversationRow.id)
        )
        if saved is None:
            known = await self.get(conversation.id)
            raise StaleVersion if known else ConversationNotFound

    async def lock(self, conversation_id: ConversationId) -> Conversation:
        """Return the conversation, locked against other writers until the unit of work ends.

        Raises:
            ConversationNotFound: There is none with this id.
        """
        row = await self._session.scalar(
            select(ConversationRow)
            .where(ConversationRow.id == conversation_id)
            # Rows that only point here (a new message) may still be added by others.
            .with_for_update(key_share=True)
        )
        if row is None:
            raise ConversationNotFound
        return _to_conversation(row)

    async def wake_at(self, conversation_id: ConversationId, at: datetime) -> None:
        """Say when the conversation's waiting messages may be worked on (the latest call counts).

        While a worker holds the conversation, the wake-up is kept for its `release`.
        """
        is_free = ConversationRow.lease_until.is_(None)
        moment = literal(at, UtcDateTime)
        await self._session.execute(
            update(ConversationRow)
            .where(ConversationRow.id == conversation_id)
            .values(
                ready_at=case((is_free, moment), else_=ConversationRow.ready_at),
                woken_at=case((is_free, null()), else_=moment),
            )
        )

    async def lease_next(
        self, worker: str, now: datetime, hold: timedelta
    ) -> ConversationId | None:
        """Give *worker* the conversation that has been ready longest, for at most *hold*.

        A lease that ran out makes its conversation ready again: its worker is gone.
        """
        conversation_id = await self._session.scalar(
            select(ConversationRow.id)
            .where(ConversationRow.ready_at <= now)
            .order_by(ConversationRow.ready_at, ConversationRow.id)
            .limit(1)
            .with_for_update(skip_locked=True, key_share=True)
        )
        if conversation_id is None:
            return None
        await self._session.execute(
            update(ConversationRow)
            .where(ConversationRow.id == conversation_id)
            .values(ready_at=now + hold, woken_at=None, lease_by=worker, lease_until=now + hold)
        )
        return ConversationId(conversation_id)

    async def renew(self, conversation_id: ConversationId, worker: str, until: datetime) -> None:
        """Hold on to a lease that *worker* still has; nothing when it was lost."""
        await self._session.execute(
            update(ConversationRow)
            .where(ConversationRow.id == conversation_id, ConversationRow.lease_by == worker)
            .values(ready_at=until, lease_until=until)
        )

    async def release(
        self,
        conversation_id: ConversationId,
        wake_at: datetime | None,
        *,
        worker: str | None = None,
    ) -> None:
        """End the lease; *wake_at* says when there is more to do, None that nothing waits.

        A message that came in meanwhile keeps the conversation awake. With *worker*, only
        that worker's lease is ended: one that came too late leaves its successor's alone.
        """
        ready_at: Any = ConversationRow.woken_at
        if wake_at is not None:
            moment = literal(wake_at, UtcDateTime)
            ready_at = case(
                (ConversationRow.woken_at < moment, ConversationRow.woken_at), else_=moment
            )
        release = update(ConversationRow).where(
            ConversationRow.id == conversation_id, ConversationRow.lease_until.is_not(None)
        )
        if worker is not None:
            release = release.where(ConversationRow.lease_by == worker)
        await self._session.execute(
            release.values(ready_at=ready_at, woken_at=None, lease_by=None, lease_until=None)
        )

    async def next_wake(self) -> datetime | None:
        """Return when the next conversation becomes ready."""
        return await self._session.scalar(select(func.min(ConversationRow.ready_at)))


def _columns(conversation: Conversation) -> Mapping[str, Any]:
    return {
        "channel": conversation.channel,
        "address": conversation.address,
        "created_at": conversation.created_at,
        "session_id": conversation.session.id,
        "session_turns": conversation.session.turns,
        "session_last_turn_at": conversation.session.last_turn_at,
        "owner": conversation.owner,
        "version": conversation.version,
        "context": conversation.context.to_json(),
        "profile_name": conversation.profile_name,
        "consented_at": conversation.consented_at,
        "consent_refused_at": conversation.consent_refused_at,
        "blocked_at": conversation.blocked_at,
        "muted_until": conversation.muted_until,
        "flood_noted_at": conversation.flood_noted_at,
    }


def _to_conversation(row: ConversationRow) -> Conversation:
    return Conversation(
        id=ConversationId(row.id),
        channel=Channel(row.channel),
        address=row.address,
        created_at=row.created_at,
        session=Session(row.session_id, row.session_turns, row.session_last_turn_at),
        owner=Owner(row.owner),
        version=row.version,
        context=Context.from_json(row.context),
        profile_name=row.profile_name,
        consented_at=row.consented_at,
        consent_refused_at=row.consent_refused_at,
        blocked_at=row.blocked_at,
        muted_until=row.muted_until,
        flood_noted_at=row.flood_noted_at,
    )
