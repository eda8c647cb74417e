"""All that is stored about one citizen, for whom asks."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Select,
    Text,
    and_,
    cast,
    func,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncSession

from desk.domain.conversation import ConversationId
from desk.storage.repositories.officer_words import OfficerWords
from desk.storage.tables import (
    AdditionRow,
    AttachmentRow,
    Base,
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
    ValueRow,
)

Rows = list[dict[str, Any]]


class Personal:
    """What the database holds about a citizen."""

    def __init__(self, session: AsyncSession) -> None:
        """Work inside the transaction of *session*."""
        self._session = session

    async def rows(self, conversation_id: ConversationId) -> Mapping[str, Rows]:
        """Return the rows about a citizen by their table, each as its columns.

        Of pictures only the size is told, under `size`. Messages to officers about the citizen
        are under `outbox_about`, what officers wrote to them under `officer_words`.
        """
        found: dict[str, Rows] = {}
        for table, which in owned(conversation_id).items():
            query = select(table).where(which).order_by(*table.__table__.primary_key)
            found[table.__tablename__] = await self._dicts(query)
        about = select(OutboxRow).where(OutboxRow.about == conversation_id).order_by(OutboxRow.id)
        found["outbox_about"] = await self._dicts(about)
        found["attachments"] = await self._pictures(conversation_id)
        words = await OfficerWords(self._session).copied_to(conversation_id)
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


_OFFICERS = select(OfficerRow).order_by(OfficerRow.id)


def _ids_of_tickets(conversation_id: ConversationId) -> Select[str]:
    return select(TicketRow.id).where(TicketRow.conversation_id == conversation_id)


def owned(conversation_id: ConversationId) -> Mapping[type[Base], ColumnElement[bool]]:
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
