"""Turns: what was answered together, what each step answered, and how it is forgotten."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from desk.domain.conversation import ConversationId
from desk.domain.errors import AlreadyRecorded
from desk.domain.turn import InboxState, Turn, TurnId, TurnState, Understanding
from desk.storage.inserting import insert_into
from desk.storage.repositories.inbox import to_message
from desk.storage.repositories.outbox import SqlOutbox, start_of_day
from desk.storage.tables import InboxRow, TurnRow, TurnStepRow

#: A turn that began this long before something was created may have led to it.
_TURN_MAY_TAKE: Final = timedelta(minutes=15)
_MESSAGE_STATE: Final = {
    TurnState.RUNNING: InboxState.TAKEN,
    TurnState.DONE: InboxState.DONE,
    TurnState.QUARANTINED: InboxState.QUARANTINED,
}


class SqlTurns:
    """Turns in the database."""

    def __init__(self, session: AsyncSession) -> None:
        """Work inside the transaction of *session*."""
        self._session = session

    async def open_turn(self, conversation_id: ConversationId) -> Turn | None:
        """Return the turn that is under way, with its messages in order."""
        row = await self._session.scalar(
            select(TurnRow).where(
                TurnRow.conversation_id == conversation_id, TurnRow.state == TurnState.RUNNING
            )
        )
        if row is None:
            return None
        messages = await self._session.scalars(
            select(InboxRow).where(InboxRow.turn_id == row.id).order_by(InboxRow.id)
        )
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
        )

    async def start(self, turn: Turn) -> None:
        """Store a new turn and mark its messages as taken.

        Raises:
            AlreadyRecorded: Another worker has a turn of this conversation under way.
        """
        added = await self._session.scalar(
            insert_into(self._session, TurnRow)
            .values(
                id=turn.id,
                conversation_id=turn.conversation_id,
                state=TurnState.RUNNING,
                created_at=turn.created_at,
                forgotten=False,
                **_changing_columns(turn),
            )
            .on_conflict_do_nothing()
            .returning(TurnRow.id)
        )
        ids = {message.id for message in turn.messages}
        taken = await self._session.scalars(
            update(InboxRow)
            .where(InboxRow.id.in_(ids), InboxRow.state == InboxState.WAITING)
            .values(state=InboxState.TAKEN, turn_id=turn.id)
            .returning(InboxRow.id)
        )
        if added is None or set(taken) != ids:
            raise AlreadyRecorded

    async def save(self, turn: Turn) -> None:
        """Write attempts, session, notice and attachments of a turn back."""
        await self._session.execute(
            update(TurnRow).where(TurnRow.id == turn.id).values(**_changing_columns(turn))
        )

    async def finish(
        self, turn_id: TurnId, state: TurnState, understanding: Understanding | None
    ) -> None:
        """Close a turn and its messages (done or quarantined)."""
        row = await self._session.scalar(
            update(TurnRow)
            .where(TurnRow.id == turn_id)
            .values(state=state, **_understanding_columns(understanding))
            .returning(TurnRow)
        )
        await self._session.execute(
            update(InboxRow).where(InboxRow.turn_id == turn_id).values(state=_MESSAGE_STATE[state])
        )
        if row is not None and row.forgotten:
            conversation_id = ConversationId(row.conversation_id)
            await SqlOutbox(self._session).forget(conversation_id, row.created_at)
            await self._empty(conversation_id, TurnRow.id == turn_id, row.created_at)

    async def recorded(self, turn_id: TurnId, step: str) -> list[dict[str, Any]] | None:
        """Return what a step of this turn already answered, None when it has not run."""
        return await self._session.scalar(
            select(TurnStepRow.replies).where(
                TurnStepRow.turn_id == turn_id, TurnStepRow.step == step
            )
        )

    async def record(self, turn_id: TurnId, step: str, replies: list[dict[str, Any]]) -> None:
        """Keep a step's answer. Raises AlreadyRecorded when another run was faster."""
        added = await self._session.scalar(
            insert_into(self._session, TurnStepRow)
            .values(turn_id=turn_id, step=step, replies=replies)
            .on_conflict_do_nothing()
            .returning(TurnStepRow.step)
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
            .where(TurnRow.conversation_id == conversation_id, TurnRow.state == TurnState.RUNNING)
            .values(forgotten=True)
        )
        await self._empty(
            conversation_id,
            (TurnRow.created_at >= (start or since)) & (TurnRow.state != TurnState.RUNNING),
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
