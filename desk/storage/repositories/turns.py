"""Turns: what was answered together, what each step answered, and how it is forgotten."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, bindparam, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from desk.domain.conversation import ConversationId
from desk.domain.errors import AlreadyRecorded
from desk.domain.reply import Reply
from desk.domain.turn import UNFINISHED, InboxState, Turn, TurnId, TurnState, Understanding
from desk.storage.inserting import prepared_insert
from desk.storage.repositories.inbox import MESSAGE_COLUMNS, to_message
from desk.storage.repositories.outbox import Outbox, start_of_day
from desk.storage.tables import InboxRow, TurnRow, TurnStepRow
from desk.storage.tables.base import table_of
from desk.storage.tables.conversations import RUNNING, SET_ASIDE, WAITING

#: A turn that began this long before something was created may have led to it.
_TURN_MAY_TAKE: Final = timedelta(minutes=15)
_MESSAGE_STATE: Final = {
    TurnState.DONE: InboxState.DONE,
    TurnState.QUARANTINED: InboxState.QUARANTINED,
}

_T = table_of(TurnRow)
_STEPS = table_of(TurnStepRow)
_MESSAGES = table_of(InboxRow)

_OPEN = select(_T).where(_T.c.conversation_id == bindparam("conversation_id"), RUNNING)
_IS_RUNNING = select(_T.c.id).where(_T.c.id == bindparam("turn_id"), RUNNING)
_FIRST_WORDS = (
    select(func.min(_MESSAGES.c.id)).where(_MESSAGES.c.turn_id == _T.c.id).scalar_subquery()
)
_SET_ASIDE = (
    select(_T)
    .where(_T.c.conversation_id == bindparam("conversation_id"), SET_ASIDE)
    .order_by(_FIRST_WORDS)
    .limit(1)
)
_ITS_MESSAGES = (
    select(*MESSAGE_COLUMNS)
    .where(_MESSAGES.c.turn_id == bindparam("turn_id"))
    .order_by(_MESSAGES.c.id)
)
_START = prepared_insert(_T, lambda insert: insert.on_conflict_do_nothing().returning(_T.c.id))
_TAKE = (
    update(_MESSAGES)
    .where(_MESSAGES.c.id.in_(bindparam("ids", expanding=True)), WAITING)
    .returning(_MESSAGES.c.id)
)
_FINISH = (
    update(_T)
    .where(_T.c.id == bindparam("which"))
    .returning(_T.c.conversation_id, _T.c.created_at, _T.c.forgotten)
)
_CLOSE_MESSAGES = update(_MESSAGES).where(_MESSAGES.c.turn_id == bindparam("which"))
_RECORDED = select(_STEPS.c.replies).where(_STEPS.c.turn_id == bindparam("turn_id")).limit(1)
_RECORD = prepared_insert(
    _STEPS, lambda insert: insert.on_conflict_do_nothing().returning(_STEPS.c.step)
)


class Turns:
    """Turns in the database."""

    def __init__(self, session: AsyncSession) -> None:
        """Work inside the transaction of *session*."""
        self._session = session

    async def open_turn(self, conversation_id: ConversationId) -> Turn | None:
        """Return the turn that is under way, with its messages in order."""
        return await self._turn(_OPEN, conversation_id)

    async def is_running(self, turn_id: TurnId) -> bool:
        """Tell whether a turn is under way."""
        found = await self._session.scalar(_IS_RUNNING, {"turn_id": turn_id})
        return found is not None

    async def next_set_aside(self, conversation_id: ConversationId) -> Turn | None:
        """Return the turn that was set aside and whose words are the oldest."""
        return await self._turn(_SET_ASIDE, conversation_id)

    async def _turn(self, which: Select[Any], conversation_id: ConversationId) -> Turn | None:
        found = await self._session.execute(which, {"conversation_id": conversation_id})
        row = found.first()
        if row is None:
            return None
        messages = await self._session.execute(_ITS_MESSAGES, {"turn_id": row.id})
        return _to_turn(row, messages.all())

    async def latest_intent(
        self, conversation_id: ConversationId, after: datetime, among: Collection[str]
    ) -> str | None:
        """Return what was meant last after a moment, of some intents; None: none of them."""
        found: str | None = await self._session.scalar(
            select(_T.c.final_intent)
            .where(
                _T.c.conversation_id == conversation_id,
                _T.c.created_at > after,
                _T.c.final_intent.in_(among),
            )
            .order_by(_T.c.created_at.desc())
            .limit(1)
        )
        return found

    async def start(self, turn: Turn) -> None:
        """Store a new turn and mark its messages as taken.

        Raises:
            AlreadyRecorded: Another worker has a turn of this conversation under way.
        """
        added = await self._session.scalar(
            _START(self._session),
            {
                "id": turn.id,
                "conversation_id": turn.conversation_id,
                "state": TurnState.RUNNING,
                "created_at": turn.created_at,
                "forgotten": False,
                "was_set_aside": turn.was_set_aside,
                **_changing_columns(turn),
            },
        )
        ids = {message.id for message in turn.messages}
        taken = await self._session.scalars(
            _TAKE, {"ids": sorted(ids), "state": InboxState.TAKEN, "turn_id": turn.id}
        )
        if added is None or set(taken) != ids:
            raise AlreadyRecorded

    async def save(self, turn: Turn) -> None:
        """Write attempts, session, notice and attachments of a turn back."""
        await self._session.execute(
            update(TurnRow).where(TurnRow.id == turn.id).values(**_changing_columns(turn))
        )

    async def set_aside(self, turn_id: TurnId) -> None:
        """Let others overtake a running turn; it keeps its messages until it is resumed."""
        await self._session.execute(
            update(TurnRow)
            .where(TurnRow.id == turn_id, TurnRow.state == TurnState.RUNNING)
            .values(state=TurnState.SET_ASIDE, was_set_aside=True)
        )

    async def resume(self, turn_id: TurnId) -> None:
        """Have a turn that was set aside run again; no other may be running."""
        await self._session.execute(
            update(TurnRow)
            .where(TurnRow.id == turn_id, TurnRow.state == TurnState.SET_ASIDE)
            .values(state=TurnState.RUNNING)
        )

    async def finish(
        self, turn_id: TurnId, state: TurnState, understanding: Understanding | None
    ) -> None:
        """Close a turn and its messages (done or quarantined)."""
        finished = await self._session.execute(
            _FINISH, {"which": turn_id, "state": state, **_understanding_columns(understanding)}
        )
        row = finished.first()
        await self._session.execute(
            _CLOSE_MESSAGES, {"which": turn_id, "state": _MESSAGE_STATE[state]}
        )
        if row is not None and row.forgotten:
            conversation_id = ConversationId(row.conversation_id)
            await Outbox(self._session).forget(conversation_id, row.created_at)
            await self._empty(conversation_id, TurnRow.id == turn_id, row.created_at)

    async def recorded(self, turn_id: TurnId) -> list[Reply] | None:
        """Return what the step of this turn already answered, None when none has run."""
        replies: list[dict[str, Any]] | None = await self._session.scalar(
            _RECORDED, {"turn_id": turn_id}
        )
        return None if replies is None else [Reply.from_json(reply) for reply in replies]

    async def record(self, turn_id: TurnId, step: str, replies: Sequence[Reply]) -> None:
        """Keep a step's answer. Raises AlreadyRecorded when another run was faster."""
        values = [reply.to_json() for reply in replies]
        added = await self._session.scalar(
            _RECORD(self._session), {"turn_id": turn_id, "step": step, "replies": values}
        )
        if added is None:
            raise AlreadyRecorded

    async def forget(self, conversation_id: ConversationId, since: datetime) -> None:
        """Empty the texts of a conversation's messages, turns and raw updates since a moment.

        The rows stay, so that a redelivered update is still recognised; their messages no
        longer name the conversation, and their times tell the day only. A turn that was under
        way at that moment counts as later. The turn that is running now keeps its words until
        `finish`, since a retry needs them; waiting messages are not touched.
        """
        start = await self._session.scalar(
            select(func.max(TurnRow.created_at)).where(
                TurnRow.conversation_id == conversation_id,
                TurnRow.created_at < since,
                TurnRow.created_at >= since - _TURN_MAY_TAKE,
            )
        )
        await self._session.execute(
            update(TurnRow)
            .where(
                TurnRow.conversation_id == conversation_id,
                or_(
                    TurnRow.state == TurnState.RUNNING,
                    (TurnRow.state == TurnState.SET_ASIDE) & (TurnRow.created_at >= since),
                ),
            )
            .values(forgotten=True)
        )
        await self._empty(
            conversation_id,
            (TurnRow.created_at >= (start or since)) & TurnRow.state.not_in(UNFINISHED),
            since,
        )

    async def _empty(
        self, conversation_id: ConversationId, which: ColumnElement[bool], since: datetime
    ) -> None:
        turn_ids = (
            await self._session.scalars(
                select(TurnRow.id).where(TurnRow.conversation_id == conversation_id, which)
            )
        ).all()
        is_of_turns = InboxRow.turn_id.in_(turn_ids)
        is_of_no_turn = (
            (InboxRow.conversation_id == conversation_id)
            & (InboxRow.received_at >= since)
            & InboxRow.turn_id.is_(None)
            & (InboxRow.state != InboxState.WAITING)
        )
        await self._session.execute(
            update(InboxRow)
            .where(is_of_turns | is_of_no_turn)
            .values(
                conversation_id=None,
                turn_id=None,
                kind=None,
                inbound=None,
                raw={},
                received_at=start_of_day(since),
            )
        )
        await self._session.execute(
            update(TurnStepRow).where(TurnStepRow.turn_id.in_(turn_ids)).values(replies=[])
        )
        await self._session.execute(
            update(TurnRow)
            .where(TurnRow.id.in_(turn_ids))
            .values(
                created_at=start_of_day(since),
                session_id=None,
                notified_at=None,
                attachments={},
                forgotten=True,
                **_understanding_columns(None),
            )
        )


def _to_turn(row: Row[*tuple[Any, ...]], messages: Sequence[Row[*tuple[Any, ...]]]) -> Turn:
    return Turn(
        id=TurnId(row.id),
        conversation_id=ConversationId(row.conversation_id),
        messages=tuple(to_message(message) for message in messages),
        created_at=row.created_at,
        attempts=row.attempts,
        failures=row.failures,
        session_id=row.session_id,
        notified_at=row.notified_at,
        attachments=row.attachments,
        was_set_aside=row.was_set_aside,
    )


def _changing_columns(turn: Turn) -> dict[str, Any]:
    return {
        "attempts": turn.attempts,
        "failures": turn.failures,
        "session_id": turn.session_id,
        "notified_at": turn.notified_at,
        "attachments": dict(turn.attachments),
    }


def _understanding_columns(understanding: Understanding | None) -> dict[str, Any]:
    if understanding is None:
        return dict.fromkeys(("intent", "final_intent", "confidence", "understanding"))
    return {
        "intent": understanding.intent,
        "final_intent": understanding.final,
        "confidence": understanding.confidence,
        "understanding": dict(understanding.raw),
    }
