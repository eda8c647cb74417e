"""All that is stored about one citizen: found for whom asks, and erased for good."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    ColumnElement,
    Select,
    Text,
    and_,
    cast,
    delete,
    func,
    null,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from desk.domain.conversation import Channel, Conversation, ConversationId, Owner
from desk.domain.outgoing import OutboxState
from desk.domain.retention import GONE
from desk.domain.turn import InboxState, TurnState
from desk.storage.repositories.conversations import Conversations
from desk.storage.repositories.outbox import EMPTIED, start_of_day
from desk.storage.tables import (
    UNSENT,
    AdditionRow,
    AttachmentRow,
    Base,
    ButtonRow,
    ConversationRow,
    DraftRow,
    FollowerRow,
    HandoffEventRow,
    HandoffRow,
    HistoryRow,
    IdentityOpeningRow,
    InboxRow,
    OfficerRow,
    OutboxRow,
    PrivacyRequestRow,
    TicketRow,
    TopicRow,
    TurnRow,
    TurnStepRow,
    ValueRow,
)

#: A statement may bind only so many values.
_BATCH: Final = 500

Rows = list[dict[str, Any]]


class Personal:
    """What the database holds about a citizen."""

    def __init__(self, session: AsyncSession) -> None:
        """Work inside the transaction of *session*."""
        self._session = session

    async def hold(self, conversation_id: ConversationId) -> bool:
        """Keep everybody else from the conversation, new messages included; False if it is gone.

        It must be the first lock of the unit of work: whoever stores a message holds a weaker
        lock on the same row and asks for another one after it.
        """
        found = await self._session.scalar(
            select(ConversationRow.address)
            .where(ConversationRow.id == conversation_id)
            .with_for_update()
        )
        return found is not None and not found.startswith(GONE)

    # --- what is stored ---------------------------------------------------------------------

    async def rows(self, conversation_id: ConversationId) -> Mapping[str, Rows]:
        """Return the rows about a citizen by their table, each as its columns.

        Of pictures only the size is told, under `size`. Messages to officers about the citizen
        are under `outbox_about`, what officers wrote to them under `officer_words`.
        """
        found: dict[str, Rows] = {}
        for table, which in _owned(conversation_id).items():
            query = select(table).where(which).order_by(*table.__table__.primary_key)
            found[table.__tablename__] = await self._dicts(query)
        about = select(OutboxRow).where(OutboxRow.about == conversation_id).order_by(OutboxRow.id)
        found["outbox_about"] = await self._dicts(about)
        found["attachments"] = await self._pictures(conversation_id)
        words = await self._ids_of_copied(conversation_id)
        found["officer_words"] = await self._dicts(
            select(InboxRow).where(InboxRow.id.in_(words)).order_by(InboxRow.id)
        )
        found["officers"] = [
            {"id": row.id, "name": row.name} for row in await self._session.scalars(_OFFICERS)
        ]
        return found

    async def _dicts(self, query: Select[Any]) -> Rows:
        rows = await self._session.scalars(query)
        return [
            {column.key: getattr(row, column.key) for column in row.__table__.columns}
            for row in rows
        ]

    async def _pictures(self, conversation_id: ConversationId) -> Rows:
        columns = (
            AttachmentRow.id,
            AttachmentRow.ticket_id,
            AttachmentRow.mime,
            AttachmentRow.created_at,
            func.length(AttachmentRow.data).label("size"),
        )
        rows = await self._session.execute(
            select(*columns)
            .where(
                or_(
                    AttachmentRow.conversation_id == conversation_id,
                    AttachmentRow.ticket_id.in_(_ids_of_tickets(conversation_id)),
                )
            )
            .order_by(AttachmentRow.created_at, AttachmentRow.id)
        )
        return [dict(row._mapping) for row in rows]

    # --- what is erased ---------------------------------------------------------------------

    async def erase(
        self,
        conversation_id: ConversationId,
        heir: Conversation | None,
        *,
        address: str,
        now: datetime,
    ) -> Mapping[str, int]:
        """Erase what is known of a citizen but their tickets; return how much that was.

        The rows that others count or point to stay, emptied: the conversation gets *address*,
        which nobody has, and times tell the day of the erasure only. Messages that nobody worked
        yet go to *heir*, a new conversation of the same citizen. The same erasure again changes
        nothing and finds what came meanwhile.
        """
        day = start_of_day(now)
        links = await self._delete(ValueRow, _owned(conversation_id)[ValueRow])
        await self._session.execute(
            update(OfficerRow).where(OfficerRow.serving == conversation_id).values(serving=None)
        )
        await self._empty_conversation(conversation_id, day, address)
        if heir is not None:
            await Conversations(self._session).add(heir)
            await self._hand_over(conversation_id, heir.id)
        officers = await self._empty_lanes(conversation_id, day)
        return {
            "tautan": links,
            "pesan_petugas": officers,
            "tersisa_pada_petugas": await self._count_told_in_private(conversation_id),
            "pesan_masuk": await self._empty_inbox(conversation_id, day),
            "pesan_keluar": await self._empty_outbox(conversation_id, day, address),
            "giliran": await self._empty_turns(conversation_id, day),
            "tombol": await self._delete_buttons(conversation_id),
            "isian": await self._delete(DraftRow, DraftRow.conversation_id == conversation_id),
            "foto": await self._delete(
                AttachmentRow,
                (AttachmentRow.conversation_id == conversation_id)
                & AttachmentRow.ticket_id.is_(None),
            ),
            "laporan_diikuti": await self._delete(
                FollowerRow, FollowerRow.conversation_id == conversation_id
            ),
            "catatan_petugas": await self._empty_handoffs(conversation_id),
        }

    async def _hand_over(self, conversation_id: ConversationId, heir: ConversationId) -> None:
        await self._session.execute(
            update(InboxRow)
            .where(
                InboxRow.conversation_id == conversation_id,
                InboxRow.state == InboxState.WAITING,
            )
            .values(conversation_id=heir)
        )

    async def _count_told_in_private(self, conversation_id: ConversationId) -> int:
        """Count what officers were sent outside of topics: Telegram keeps it in their chats."""
        bodies = await self._session.scalars(
            select(OutboxRow.body).where(
                OutboxRow.about == conversation_id, OutboxRow.state == OutboxState.SENT
            )
        )
        return sum(1 for body in bodies if body is not None and "topic" not in body)

    async def _empty_inbox(self, conversation_id: ConversationId, day: datetime) -> int:
        emptied = await self._session.scalars(
            update(InboxRow)
            .where(InboxRow.conversation_id == conversation_id)
            .values(conversation_id=None, turn_id=None, **_emptied_message(day))
            .returning(InboxRow.id)
        )
        return len(emptied.all())

    async def _empty_outbox(
        self, conversation_id: ConversationId, day: datetime, address: str
    ) -> int:
        """Empty what was sent to the citizen, and to officers about them."""
        empty = {
            **EMPTIED,
            "scrub": True,  # one that is leaving now brings its id home
            "created_at": day,
            "changed_at": day,
            "not_before": None,
        }
        is_own = OutboxRow.conversation_id == conversation_id
        is_about = OutboxRow.about == conversation_id
        await self._session.execute(
            update(OutboxRow)
            .where(or_(is_own, is_about), OutboxRow.state.in_(UNSENT))
            .values(state=OutboxState.DROPPED)
        )
        emptied = await self._session.scalars(
            update(OutboxRow)
            .where(is_own)
            .values(address=address, **empty)
            .returning(OutboxRow.id)
        )
        await self._session.execute(update(OutboxRow).where(is_about).values(about=None, **empty))
        return len(emptied.all())

    async def _empty_turns(self, conversation_id: ConversationId, day: datetime) -> int:
        of_turns = select(TurnRow.id).where(TurnRow.conversation_id == conversation_id)
        await self._session.execute(delete(TurnStepRow).where(TurnStepRow.turn_id.in_(of_turns)))
        emptied = await self._session.scalars(
            update(TurnRow)
            .where(TurnRow.conversation_id == conversation_id)
            .values(
                state=TurnState.DONE,
                created_at=day,
                session_id=None,
                notified_at=None,
                attachments={},
                intent=None,
                final_intent=None,
                confidence=None,
                understanding=null(),
                forgotten=True,
            )
            .returning(TurnRow.id)
        )
        return len(emptied.all())

    async def _empty_handoffs(self, conversation_id: ConversationId) -> int:
        of_citizen = select(HandoffRow.id).where(HandoffRow.conversation_id == conversation_id)
        emptied = await self._session.scalars(
            update(HandoffEventRow)
            .where(HandoffEventRow.handoff_id.in_(of_citizen), HandoffEventRow.words.is_not(None))
            .values(words=None)
            .returning(HandoffEventRow.id)
        )
        await self._session.execute(
            update(HandoffRow)
            .where(HandoffRow.conversation_id == conversation_id)
            .values(ticket=None)
        )
        return len(emptied.all())

    async def _empty_conversation(
        self, conversation_id: ConversationId, day: datetime, address: str
    ) -> None:
        await self._session.execute(
            update(ConversationRow)
            .where(ConversationRow.id == conversation_id)
            .values(
                address=address,
                created_at=day,
                session_id=address,
                session_turns=0,
                session_last_turn_at=None,
                owner=Owner.BOT,
                version=ConversationRow.version + 1,
                context={},
                profile_name=None,
                consented_at=None,
                consent_refused_at=None,
                blocked_at=None,
                muted_until=None,
                flood_noted_at=None,
            )
        )
        await self._session.execute(
            update(PrivacyRequestRow)
            .where(
                PrivacyRequestRow.conversation_id == conversation_id,
                PrivacyRequestRow.done_at.is_not(None),
            )
            .values(conversation_id=None)
        )

    async def _delete_buttons(self, conversation_id: ConversationId) -> int:
        """Delete the meanings of the citizen's buttons, and of officers' buttons about them."""
        lanes = select(ConversationRow.id).where(
            or_(
                ConversationRow.channel == Channel.OFFICERS,
                (ConversationRow.channel == Channel.TELEGRAM)
                & ConversationRow.address.in_(select(cast(OfficerRow.telegram_id, Text))),
            )
        )
        of_officers = ButtonRow.conversation_id.in_(lanes) & cast(ButtonRow.button, Text).contains(
            conversation_id, autoescape=True
        )
        await self._delete(ButtonRow, of_officers)
        return await self._delete(ButtonRow, ButtonRow.conversation_id == conversation_id)

    async def _delete(self, table: type[Base], which: ColumnElement[bool]) -> int:
        key = next(iter(table.__table__.primary_key))
        deleted = await self._session.scalars(delete(table).where(which).returning(key))
        return len(deleted.all())

    # --- what officers wrote ----------------------------------------------------------------

    async def _empty_lanes(self, conversation_id: ConversationId, day: datetime) -> int:
        """Empty what officers wrote to the citizen or about them, wherever that was."""
        ids = [
            *await self._ids_of_copied(conversation_id),
            *await self._ids_in_topics(conversation_id),
            *await self._ids_of_replies(conversation_id),
        ]
        emptied = 0
        for start in range(0, len(ids), _BATCH):
            found = await self._session.scalars(
                update(InboxRow)
                .where(InboxRow.id.in_(ids[start : start + _BATCH]))
                .where(InboxRow.state.not_in((InboxState.WAITING, InboxState.TAKEN)))
                .values(**_emptied_message(day))
                .returning(InboxRow.id)
            )
            emptied += len(found.all())
        return emptied

    async def _ids_of_copied(self, conversation_id: ConversationId) -> Sequence[int]:
        """Return the messages of officers that the citizen got as copies."""
        bodies = await self._session.scalars(
            select(OutboxRow.body).where(
                OutboxRow.conversation_id == conversation_id,
                cast(OutboxRow.body, Text).contains('"copies"'),
            )
        )
        copied = [tuple(body["copies"]) for body in bodies if body and "copies" in body]
        return await self._ids_said(copied, "external_message_id")

    async def _ids_in_topics(self, conversation_id: ConversationId) -> Sequence[int]:
        """Return the messages of officers in the topics of this conversation."""
        topics = await self._session.execute(
            select(TopicRow.chat, TopicRow.thread).where(
                TopicRow.conversation_id == conversation_id
            )
        )
        return await self._ids_said([(chat, thread) for chat, thread in topics], "thread")

    async def _ids_of_replies(self, conversation_id: ConversationId) -> Sequence[int]:
        """Return the messages of officers that answer what they were told of the citizen."""
        told = await self._session.execute(
            select(OutboxRow.address, OutboxRow.external_message_id).where(
                OutboxRow.about == conversation_id, OutboxRow.external_message_id.is_not(None)
            )
        )
        return await self._ids_said([(chat, sent or "") for chat, sent in told], "reply_to")

    async def _ids_said(self, places: Sequence[tuple[Any, ...]], key: str) -> Sequence[int]:
        """Return the messages in lanes of officers that have a value under *key*."""
        by_chat: dict[str, list[str]] = {}
        for chat, value in places:
            by_chat.setdefault(str(chat), []).append(str(value))
        found: list[int] = []
        for chat, values in by_chat.items():
            lane = select(ConversationRow.id).where(
                ConversationRow.address == chat, ConversationRow.channel != Channel.WEB
            )
            for start in range(0, len(values), _BATCH):
                said = type_coerce(InboxRow.inbound, JSON)[key].as_string()
                ids = await self._session.scalars(
                    select(InboxRow.id).where(
                        InboxRow.conversation_id.in_(lane),
                        InboxRow.inbound.is_not(None),
                        said.in_(values[start : start + _BATCH]),
                    )
                )
                found += ids.all()
        return found


_OFFICERS = select(OfficerRow).order_by(OfficerRow.id)


def _ids_of_tickets(conversation_id: ConversationId) -> Select[str]:
    return select(TicketRow.id).where(TicketRow.conversation_id == conversation_id)


def _owned(conversation_id: ConversationId) -> Mapping[type[Base], ColumnElement[bool]]:
    """Return which rows of each table are about a citizen."""
    of_tickets = _ids_of_tickets(conversation_id)
    of_handoffs = select(HandoffRow.id).where(HandoffRow.conversation_id == conversation_id)
    return {
        ConversationRow: ConversationRow.id == conversation_id,
        InboxRow: InboxRow.conversation_id == conversation_id,
        TurnRow: TurnRow.conversation_id == conversation_id,
        OutboxRow: OutboxRow.conversation_id == conversation_id,
        DraftRow: DraftRow.conversation_id == conversation_id,
        TicketRow: TicketRow.conversation_id == conversation_id,
        HistoryRow: HistoryRow.ticket_id.in_(of_tickets),
        AdditionRow: AdditionRow.ticket_id.in_(of_tickets),
        IdentityOpeningRow: IdentityOpeningRow.ticket_id.in_(of_tickets),
        FollowerRow: FollowerRow.conversation_id == conversation_id,
        HandoffRow: HandoffRow.conversation_id == conversation_id,
        HandoffEventRow: HandoffEventRow.handoff_id.in_(of_handoffs),
        TopicRow: TopicRow.conversation_id == conversation_id,
        PrivacyRequestRow: PrivacyRequestRow.conversation_id == conversation_id,
        ValueRow: or_(
            _names(ValueRow.value, conversation_id),
            ValueRow.name.contains(conversation_id, autoescape=True),
            and_(
                ValueRow.name.startswith("tautan:"),
                type_coerce(ValueRow.value, JSON)["nomor"]
                .as_string()
                .in_(select(TicketRow.number).where(TicketRow.conversation_id == conversation_id)),
            ),
        ),
    }


def _names(column: Any, what: str) -> ColumnElement[bool]:
    return cast(column, Text).contains(what, autoescape=True)


def _emptied_message(day: datetime) -> dict[str, Any]:
    return {"kind": None, "inbound": null(), "raw": {}, "received_at": day}
