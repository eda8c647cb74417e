"""Tickets with their history and additions."""

from collections.abc import Sequence
from secrets import token_hex

from sqlalchemy import Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from desk.domain.conversation import ConversationId
from desk.domain.errors import (
    DraftAlreadyFiled,
    NotPermitted,
    NumberTaken,
    StaleVersion,
    TicketNotFound,
)
from desk.domain.lifecycle import HistoryEntry, Identity
from desk.domain.ticket import Addition, Ticket, TicketId
from desk.domain.ticket_number import TicketNumber
from desk.storage.inserting import insert_into
from desk.storage.repositories.ticket_rows import (
    addition_columns,
    history_columns,
    ticket_columns,
    to_addition,
    to_ticket,
)
from desk.storage.tables import AdditionRow, HistoryRow, TicketRow


class SqlTickets:
    """Tickets in the database."""

    def __init__(self, session: AsyncSession) -> None:
        """Work inside the transaction of *session*."""
        self._session = session

    async def add(self, ticket: Ticket) -> None:
        """Store a new ticket. Raises DraftAlreadyFiled when its draft has one.

        Raises:
            NumberTaken: Another ticket has this number; make a fresh one.
        """
        added = await self._session.scalar(
            insert_into(self._session, TicketRow)
            .values(id=ticket.id, **ticket_columns(ticket))
            .on_conflict_do_nothing()
            .returning(TicketRow.id)
        )
        if added is None:
            is_filed = ticket.draft_id and await self.of_draft(ticket.draft_id)
            raise DraftAlreadyFiled if is_filed else NumberTaken
        await self._add_history(ticket.id, ticket.history, start=0)
        await self._add_additions(ticket.id, ticket.additions)

    async def get(self, number: TicketNumber) -> Ticket | None:
        """Return the ticket with this number."""
        return await self._first(select(TicketRow).where(TicketRow.number == number))

    async def lock(self, number: TicketNumber) -> Ticket | None:
        """Return the ticket, locked against other writers until the unit of work ends."""
        return await self._first(
            select(TicketRow).where(TicketRow.number == number).with_for_update(key_share=True)
        )

    async def save(self, ticket: Ticket) -> None:
        """Write the ticket back, new history entries and additions included.

        Raises:
            TicketNotFound: It was never added.
            StaleVersion: Somebody else moved or changed it since it was read.
        """
        saved = await self._session.scalar(
            update(TicketRow)
            .where(TicketRow.id == ticket.id, TicketRow.version <= ticket.version)
            .values(**ticket_columns(ticket))
            .returning(TicketRow.id)
        )
        if saved is None:
            raise StaleVersion if await self.get(ticket.number) else TicketNotFound
        moves = await self._session.scalar(
            select(func.count()).select_from(HistoryRow).where(HistoryRow.ticket_id == ticket.id)
        )
        if (moves or 0) > len(ticket.history):
            raise StaleVersion
        await self._add_history(ticket.id, ticket.history, start=moves or 0)
        stored = await self._additions(ticket.id)
        await self._add_additions(ticket.id, [a for a in ticket.additions if a not in stored])

    async def of_draft(self, draft_id: str) -> Ticket | None:
        """Return the ticket that was made from a draft."""
        return await self._first(select(TicketRow).where(TicketRow.draft_id == draft_id))

    async def of_conversation(self, conversation_id: ConversationId) -> list[Ticket]:
        """Return the citizen's tickets, newest first."""
        rows = await self._session.scalars(
            select(TicketRow)
            .where(TicketRow.conversation_id == conversation_id)
            .order_by(TicketRow.filed_at.desc(), TicketRow.id)
        )
        return [await self._whole(row) for row in rows.all()]

    async def add_addition(self, ticket_id: TicketId, addition: Addition, *, key: str) -> None:
        """Add words or a picture; the same *key* again changes nothing."""
        await self._session.execute(
            insert_into(self._session, AdditionRow)
            .values(key=key, ticket_id=ticket_id, **addition_columns(addition))
            .on_conflict_do_nothing()
        )

    async def move_to_conversation(self, number: TicketNumber, to: ConversationId) -> None:
        """Join a ticket to another conversation of its citizen (web chat to Telegram).

        Raises:
            TicketNotFound: No ticket has this number.
            NotPermitted: The ticket is anonymous; nothing may join it to a person.
        """
        ticket = await self.lock(number)
        if ticket is None:
            raise TicketNotFound
        if ticket.identity is Identity.ANONIM:
            raise NotPermitted("An anonymous ticket belongs to no conversation.")
        await self._session.execute(
            update(TicketRow).where(TicketRow.id == ticket.id).values(conversation_id=to)
        )

    async def _first(self, query: Select[TicketRow]) -> Ticket | None:
        row = await self._session.scalar(query)
        return None if row is None else await self._whole(row)

    async def _whole(self, row: TicketRow) -> Ticket:
        history = await self._session.scalars(
            select(HistoryRow).where(HistoryRow.ticket_id == row.id).order_by(HistoryRow.position)
        )
        return to_ticket(row, history.all(), await self._additions(row.id))

    async def _additions(self, ticket_id: str) -> list[Addition]:
        rows = await self._session.scalars(
            select(AdditionRow)
            .where(AdditionRow.ticket_id == ticket_id)
            .order_by(AdditionRow.at, AdditionRow.key)
        )
        return [to_addition(row) for row in rows]

    async def _add_history(
        self, ticket_id: TicketId, history: Sequence[HistoryEntry], *, start: int
    ) -> None:
        rows = [
            {"ticket_id": ticket_id, "position": position, **history_columns(entry)}
            for position, entry in enumerate(history)
            if position >= start
        ]
        if rows:
            await self._session.execute(insert_into(self._session, HistoryRow), rows)

    async def _add_additions(self, ticket_id: TicketId, additions: Sequence[Addition]) -> None:
        for addition in additions:
            await self.add_addition(ticket_id, addition, key=token_hex(16))
