"""The inbox: every update of every channel, once."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.domain.conversation import Channel, ConversationId
from desk.domain.inbound import Inbound, InboxId
from desk.domain.outgoing import OutboxState
from desk.domain.turn import Backlog, InboxMessage, InboxState, Standing
from desk.storage.codec import read_json, to_json
from desk.storage.inserting import prepared_insert
from desk.storage.tables import UNSENT, UNSETTLED, InboxRow, OutboxRow, TurnRow
from desk.storage.tables.base import table_of
from desk.storage.tables.conversations import SET_ASIDE, WAITING

_T = table_of(InboxRow)

_ADD = prepared_insert(_T, lambda insert: insert.on_conflict_do_nothing().returning(_T.c.id))
_RECENT = (
    select(func.count())
    .select_from(_T)
    .where(
        _T.c.conversation_id == bindparam("conversation_id"),
        _T.c.received_at >= bindparam("since"),
    )
)
#: What a message is read from; its raw update is not needed.
MESSAGE_COLUMNS = (_T.c.id, _T.c.inbound, _T.c.received_at, _T.c.state)
# The state in the very words of the index, or SQLite would not use it.
_WAITING = (
    select(*MESSAGE_COLUMNS)
    .where(
        _T.c.conversation_id == bindparam("conversation_id"), WAITING, _T.c.inbound.is_not(None)
    )
    .order_by(_T.c.id)
)
_answer = table_of(OutboxRow)
_is_answered = exists().where(
    _answer.c.answers == _T.c.turn_id,
    or_(
        _answer.c.state == OutboxState.SENT,
        _answer.c.state.in_(UNSENT) & _answer.c.owner_version.is_(None),
    ),
)
_UNANSWERED = (
    select(*MESSAGE_COLUMNS)
    .where(
        _T.c.conversation_id == bindparam("conversation_id"),
        _T.c.received_at >= bindparam("since"),
        _T.c.id > bindparam("after"),
        _T.c.turn_id.is_not(None),
        _T.c.inbound.is_not(None),
        ~_is_answered,
    )
    .order_by(_T.c.id)
)
_turn = table_of(TurnRow)
_IS_SET_ASIDE = (
    select(_turn.c.id)
    .where(_turn.c.conversation_id == bindparam("conversation_id"), SET_ASIDE)
    .exists()
)
_STANDING = select(_RECENT.scalar_subquery(), _WAITING.exists(), _IS_SET_ASIDE)


class Inbox:
    """The inbox in the database."""

    def __init__(self, session: AsyncSession) -> None:
        """Work inside the transaction of *session*."""
        self._session = session

    async def add(
        self,
        channel: Channel,
        external_id: str,
        *,
        conversation_id: ConversationId | None,
        inbound: Inbound | None,
        raw: dict[str, Any],
        received_at: datetime,
        state: InboxState = InboxState.WAITING,
    ) -> bool:
        """Store one update; False when this channel's *external_id* was stored before."""
        added = await self._session.scalar(
            _ADD(self._session),
            {
                "channel": channel,
                "external_id": external_id,
                "conversation_id": conversation_id,
                "kind": inbound and inbound.kind,
                "inbound": inbound and to_json(inbound),
                "raw": raw,
                "received_at": received_at,
                "state": state,
            },
        )
        return added is not None

    async def count_since(self, conversation_id: ConversationId, since: datetime) -> int:
        """Count a conversation's messages since a moment."""
        count = await self._session.scalar(
            _RECENT, {"conversation_id": conversation_id, "since": since}
        )
        return count or 0

    async def waiting(self, conversation_id: ConversationId) -> tuple[InboxMessage, ...]:
        """Return messages that belong to no turn yet, oldest first."""
        rows = await self._session.execute(_WAITING, {"conversation_id": conversation_id})
        return tuple(to_message(row) for row in rows)

    async def latest(
        self, conversation_id: ConversationId, since: datetime, limit: int
    ) -> tuple[InboxMessage, ...]:
        """Return a conversation's newest messages since a moment, oldest first."""
        rows = await self._session.execute(
            select(*MESSAGE_COLUMNS)
            .where(
                _T.c.conversation_id == conversation_id,
                _T.c.received_at >= since,
                _T.c.inbound.is_not(None),
            )
            .order_by(_T.c.id.desc())
            .limit(limit)
        )
        return tuple(to_message(row) for row in rows)[::-1]

    async def unanswered(
        self, conversation_id: ConversationId, *, since: datetime, after: InboxId
    ) -> tuple[InboxMessage, ...]:
        """Return what was worked since a moment and whose answer neither left nor surely will.

        An answer that an officer's arrival makes void does not surely leave until it is sent.
        """
        asked = {"conversation_id": conversation_id, "since": since, "after": after}
        rows = await self._session.execute(_UNANSWERED, asked)
        return tuple(to_message(row) for row in rows)

    async def standing(self, conversation_id: ConversationId, since: datetime) -> Standing:
        """Return how many messages came since a moment, and what is still to be answered."""
        asked = {"conversation_id": conversation_id, "since": since}
        recent, is_waiting, is_set_aside = (await self._session.execute(_STANDING, asked)).one()
        return Standing(recent, bool(is_waiting), bool(is_set_aside))

    async def backlog(self) -> Backlog:
        """Return how much is not answered, in all channels."""
        rows = await self._session.execute(
            select(InboxRow.state, func.count(), func.min(InboxRow.received_at))
            .where(UNSETTLED)  # in the very words of the index, or SQLite would not use it
            .group_by(InboxRow.state)
        )
        counts, oldest = {}, []
        for state, count, since in rows:
            counts[state] = count
            if state != InboxState.QUARANTINED:
                oldest.append(since)
        quarantined = counts.pop(InboxState.QUARANTINED, 0)
        return Backlog(sum(counts.values()), quarantined, min(oldest, default=None))


def to_message(row: Row[*tuple[Any, ...]]) -> InboxMessage:
    """Read a stored message."""
    return InboxMessage(
        id=InboxId(row.id),
        inbound=read_json(row.inbound or {}, Inbound),
        received_at=row.received_at,
        state=InboxState(row.state),
    )
