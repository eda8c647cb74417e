"""Conversations: the rows, and the leases by which workers share them out."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, case, func, literal, null, select, update
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
from desk.domain.presses.codec import pending_to_json, read_pending
from desk.storage.columns import UtcDateTime
from desk.storage.inserting import prepared_insert
from desk.storage.tables import ConversationRow
from desk.storage.tables.base import table_of

_T = table_of(ConversationRow)
_IS_IT = _T.c.id == bindparam("which")

_GET = select(_T).where(_IS_IT)
# Rows that only point here (a new message) may still be added by others.
_LOCK = _GET.with_for_update(key_share=True)
_AT_ADDRESS = select(_T).where(
    _T.c.channel == bindparam("channel"), _T.c.address == bindparam("address")
)
_CITIZENS = select(_T).where(_T.c.channel != Channel.OFFICERS)
_HELD_AT = _AT_ADDRESS.with_for_update(read=True, key_share=True)
_ADD = prepared_insert(_T, lambda insert: insert.on_conflict_do_nothing())
_SAVE = update(_T).where(_IS_IT, _T.c.version <= bindparam("version_read")).returning(_T.c.id)

_is_free = _T.c.lease_until.is_(None)
_at = bindparam("at", type_=UtcDateTime)
_WAKE = (
    update(_T)
    .where(_IS_IT)
    .values(
        ready_at=case((_is_free, _at), else_=_T.c.ready_at),
        woken_at=case((_is_free, null()), else_=_at),
    )
)
_other = _T.alias()
_READY_LONGEST = (
    select(_other.c.id)
    .where(_other.c.ready_at <= bindparam("now"))
    .order_by(_other.c.ready_at, _other.c.id)
    .limit(1)
    .with_for_update(skip_locked=True, key_share=True)
)
_LEASE = update(_T).where(_T.c.id == _READY_LONGEST.scalar_subquery()).returning(_T.c.id)
_RENEW = update(_T).where(_IS_IT, _T.c.lease_by == bindparam("worker"))
_RELEASE = update(_T).where(_IS_IT, _T.c.lease_until.is_not(None))
_RELEASE_OWN = _RELEASE.where(_T.c.lease_by == bindparam("worker"))
_NEXT_WAKE = select(func.min(_T.c.ready_at))


class Conversations:
    """Conversations in the database."""

    def __init__(self, session: AsyncSession) -> None:
        """Work inside the transaction of *session*."""
        self._session = session

    async def get(self, conversation_id: ConversationId) -> Conversation | None:
        """Return the conversation with this id."""
        row = (await self._session.execute(_GET, {"which": conversation_id})).first()
        return None if row is None else _to_conversation(row)

    async def many(
        self, conversation_ids: Iterable[ConversationId]
    ) -> Mapping[ConversationId, Conversation]:
        """Return the conversations with these ids, by their ids; unknown ones are left out."""
        rows = await self._session.execute(select(_T).where(_T.c.id.in_(set(conversation_ids))))
        return {found.id: found for found in map(_to_conversation, rows)}

    async def at_address(self, channel: Channel, address: str) -> Conversation | None:
        """Return the conversation at a chat id or web session."""
        place = {"channel": channel, "address": address}
        row = (await self._session.execute(_AT_ADDRESS, place)).first()
        return None if row is None else _to_conversation(row)

    async def held_at(self, channel: Channel, address: str) -> Conversation | None:
        """Return the conversation at an address, which it keeps until the unit of work ends.

        Who stores a message needs this: an erasure gives the address to another row.
        """
        place = {"channel": channel, "address": address}
        row = (await self._session.execute(_HELD_AT, place)).first()
        return None if row is None else _to_conversation(row)

    async def add(self, conversation: Conversation) -> Conversation:
        """Store a new conversation; when its address is known already, return that one."""
        await self._session.execute(
            _ADD(self._session), {"id": conversation.id, **_columns(conversation)}
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
        which = {"which": conversation.id, "version_read": conversation.version}
        saved = await self._session.scalar(_SAVE, {**which, **_columns(conversation)})
        if saved is None:
            known = await self.get(conversation.id)
            raise StaleVersion if known else ConversationNotFound

    async def lock(self, conversation_id: ConversationId) -> Conversation:
        """Return the conversation, locked against other writers until the unit of work ends.

        Raises:
            ConversationNotFound: There is none with this id.
        """
        row = (await self._session.execute(_LOCK, {"which": conversation_id})).first()
        if row is None:
            raise ConversationNotFound
        return _to_conversation(row)

    async def with_reference(self, reference: str) -> list[Conversation]:
        """Return the citizens' conversations whose id begins so, at most two."""
        # As a range, which an index knows: ids are hexadecimal, and "g" comes after all of them.
        begins = _T.c.id.between(reference, f"{reference}g")
        rows = await self._session.execute(_CITIZENS.where(begins).limit(2))
        return [_to_conversation(row) for row in rows]

    async def spoken_since(self, moment: datetime, limit: int) -> list[Conversation]:
        """Return the citizens' conversations with a turn since a moment, newest first."""
        last = _T.c.session_last_turn_at
        rows = await self._session.execute(
            _CITIZENS.where(last >= moment).order_by(last.desc()).limit(limit)
        )
        return [_to_conversation(row) for row in rows]

    async def wake_at(self, conversation_id: ConversationId, at: datetime) -> None:
        """Say when the conversation's waiting messages may be worked on (the latest call counts).

        While a worker holds the conversation, the wake-up is kept for its `release`.
        """
        await self._session.execute(_WAKE, {"which": conversation_id, "at": at})

    async def lease_next(
        self, worker: str, now: datetime, hold: timedelta
    ) -> ConversationId | None:
        """Give *worker* the conversation that has been ready longest, for at most *hold*.

        A lease that ran out makes its conversation ready again: its worker is gone.
        """
        until = now + hold
        lease = {"ready_at": until, "woken_at": None, "lease_by": worker, "lease_until": until}
        leased = await self._session.scalar(_LEASE, {"now": now, **lease})
        return None if leased is None else ConversationId(leased)

    async def renew(self, conversation_id: ConversationId, worker: str, until: datetime) -> None:
        """Hold on to a lease that *worker* still has; nothing when it was lost."""
        which = {"which": conversation_id, "worker": worker}
        await self._session.execute(_RENEW, {**which, "ready_at": until, "lease_until": until})

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
        ready_at: Any = _T.c.woken_at
        if wake_at is not None:
            moment = literal(wake_at, UtcDateTime)
            ready_at = case((_T.c.woken_at < moment, _T.c.woken_at), else_=moment)
        await self._session.execute(
            (_RELEASE if worker is None else _RELEASE_OWN).values(ready_at=ready_at),
            {
                "which": conversation_id,
                "woken_at": None,
                "lease_by": None,
                "lease_until": None,
                **({} if worker is None else {"worker": worker}),
            },
        )

    async def next_wake(self) -> datetime | None:
        """Return when the next conversation becomes ready."""
        wake: datetime | None = await self._session.scalar(_NEXT_WAKE)
        return wake


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
        "context": _context_to_json(conversation.context),
        "profile_name": conversation.profile_name,
        "consented_at": conversation.consented_at,
        "consent_refused_at": conversation.consent_refused_at,
        "blocked_at": conversation.blocked_at,
        "muted_until": conversation.muted_until,
        "flood_noted_at": conversation.flood_noted_at,
    }


def _to_conversation(row: Row[*tuple[Any, ...]]) -> Conversation:
    return Conversation(
        id=ConversationId(row.id),
        channel=Channel(row.channel),
        address=row.address,
        created_at=row.created_at,
        session=Session(row.session_id, row.session_turns, row.session_last_turn_at),
        owner=Owner(row.owner),
        version=row.version,
        context=_read_context(row.context),
        profile_name=row.profile_name,
        consented_at=row.consented_at,
        consent_refused_at=row.consent_refused_at,
        blocked_at=row.blocked_at,
        muted_until=row.muted_until,
        flood_noted_at=row.flood_noted_at,
    )


def _context_to_json(context: Context) -> dict[str, Any]:
    """Return the context as plain JSON values, empty ones left out."""
    value = {key: item for key, item in context.__dict__.items() if item}
    if context.pending is not None:
        value["pending"] = pending_to_json(context.pending)
    return value


def _read_context(value: Mapping[str, Any]) -> Context:
    """Read back what `_context_to_json` wrote."""
    return Context(**{**value, "pending": read_pending(value.get("pending"))})
