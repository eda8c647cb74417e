"""Tickets with their history and additions."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from secrets import token_hex

from sqlalchemy import ColumnElement, Select, TextClause, delete, func, not_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from desk.domain.conversation import ConversationId
from desk.domain.errors import (
    DraftAlreadyFiled,
    NotPermitted,
    NumberTaken,
    StaleVersion,
    TicketNotFound,
)
from desk.domain.lifecycle import OPEN, PROTECTED_CATEGORIES, HistoryEntry, Identity, Status
from desk.domain.ticket import Addition, Follower, Ticket, TicketId
from desk.domain.ticket_number import TicketNumber
from desk.storage.codec import read_row
from desk.storage.inserting import insert_into
from desk.storage.repositories.ticket_rows import (
    addition_columns,
    history_columns,
    ticket_columns,
    to_ticket,
)
from desk.storage.tables import AdditionRow, FollowerRow, HistoryRow, ReminderRow, TicketRow
from desk.storage.tables.tickets import IS_OPEN

#: What `lifecycle.is_protected` says, in the database's words.
_PROTECTED = or_(
    TicketRow.identity == Identity.RAHASIA,
    func.coalesce(TicketRow.category, "").in_(PROTECTED_CATEGORIES),
)


class Tickets:
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

    async def with_numbers(self, numbers: Collection[TicketNumber]) -> list[Ticket]:
        """Return the tickets that have one of some numbers."""
        if not numbers:
            return []
        rows = await self._session.scalars(select(TicketRow).where(TicketRow.number.in_(numbers)))
        return await self._many(rows.all())

    async def lock(self, number: TicketNumber) -> Ticket | None:
        """Return the ticket, locked against other writers until the unit of work ends."""
        return await self._first(
            select(TicketRow).where(TicketRow.number == number).with_for_update(key_share=True)
        )

    async def save(self, ticket: Ticket) -> None:
        """Write a ticket that is locked back, new history entries and additions included.

        Raises:
            TicketNotFound: It was never added.
            StaleVersion: It was not locked, and somebody else moved it since it was read.
        """
        saved = await self._session.scalar(
            update(TicketRow)
            .where(TicketRow.id == ticket.id)
            .values(**ticket_columns(ticket))
            .returning(TicketRow.id)
        )
        if saved is None:
            raise TicketNotFound
        moves = await self._session.scalar(
            select(func.count()).select_from(HistoryRow).where(HistoryRow.ticket_id == ticket.id)
        )
        if (moves or 0) > len(ticket.history):
            raise StaleVersion
        await self._add_history(ticket.id, ticket.history, start=moves or 0)
        stored = (await self._additions([ticket.id]))[ticket.id]
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
        return await self._many(rows.all())

    async def add_addition(self, ticket_id: TicketId, addition: Addition, *, key: str) -> bool:
        """Add words or a picture; False: it was added under this *key* before."""
        added = await self._session.scalar(
            insert_into(self._session, AdditionRow)
            .values(key=key, ticket_id=ticket_id, **addition_columns(addition))
            .on_conflict_do_nothing()
            .returning(AdditionRow.key)
        )
        return added is not None

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

    async def in_states(
        self, states: Collection[Status], *, after: TicketId | None, limit: int
    ) -> list[Ticket]:
        """Return tickets in some states, by id, those *after* an id."""
        query = select(TicketRow).where(*_is_in(states))
        if after is not None:
            query = query.where(TicketRow.id > after)
        rows = await self._session.scalars(query.order_by(TicketRow.id).limit(limit))
        return await self._many(rows.all())

    async def oldest(
        self,
        states: Collection[Status],
        *,
        offices: Collection[str | None] | None = None,
        protected: bool | None = None,
        limit: int,
    ) -> list[Ticket]:
        """Return tickets in some states, the one filed first first."""
        query = select(TicketRow).where(*_is_in(states), *_of(offices))
        if protected is not None:
            query = query.where(_PROTECTED if protected else not_(_PROTECTED))
        rows = await self._session.scalars(
            query.order_by(TicketRow.filed_at, TicketRow.id).limit(limit)
        )
        return await self._many(rows.all())

    async def of_category(
        self, category: str, states: Collection[Status], since: datetime, limit: int
    ) -> list[Ticket]:
        """Return a category's tickets in some states filed since a moment, newest first.

        Their history and additions are left out.
        """
        rows = await self._session.scalars(
            select(TicketRow)
            .where(
                TicketRow.category == category,
                TicketRow.status.in_(states),
                TicketRow.filed_at >= since,
            )
            .order_by(TicketRow.filed_at.desc(), TicketRow.id)
            .limit(limit)
        )
        return [to_ticket(row, (), ()) for row in rows]

    async def merged_into(self, number: TicketNumber) -> list[Ticket]:
        """Return the tickets that were merged into this one, oldest first."""
        rows = await self._session.scalars(
            select(TicketRow)
            .where(TicketRow.merged_into == number)
            .order_by(TicketRow.filed_at, TicketRow.id)
        )
        return await self._many(rows.all())

    async def brought_along(self, number: TicketNumber) -> list[Ticket]:
        """Return the tickets merged into this one, and those merged into them, oldest first."""
        direct = select(TicketRow.number).where(TicketRow.merged_into == number)
        brought = direct.cte("brought", recursive=True)
        further = select(TicketRow.number).join(brought, TicketRow.merged_into == brought.c.number)
        rows = await self._session.scalars(
            select(TicketRow)
            .where(TicketRow.number.in_(select(brought.union(further).c.number)))
            .order_by(TicketRow.filed_at, TicketRow.id)
        )
        return await self._many(rows.all())

    async def follow(self, ticket_id: TicketId, follower: Follower) -> bool:
        """Add a follower; False when that conversation follows the ticket already."""
        added = await self._session.scalar(
            insert_into(self._session, FollowerRow)
            .values(
                ticket_id=ticket_id,
                conversation_id=follower.conversation_id,
                since=follower.since,
                through=follower.through,
            )
            .on_conflict_do_nothing()
            .returning(FollowerRow.ticket_id)
        )
        return added is not None

    async def unfollow(self, ticket_id: TicketId, *, through: str) -> None:
        """Remove the followers whom *through* brought."""
        await self._session.execute(
            delete(FollowerRow).where(
                FollowerRow.ticket_id == ticket_id, FollowerRow.through == through
            )
        )

    async def leave(self, ticket_id: TicketId, conversation_id: ConversationId) -> None:
        """Remove one follower; nothing when that conversation does not follow."""
        await self._session.execute(
            delete(FollowerRow).where(
                FollowerRow.ticket_id == ticket_id, FollowerRow.conversation_id == conversation_id
            )
        )

    async def followers(self, ticket_id: TicketId) -> list[Follower]:
        """Return who hears of a ticket besides its reporter, in the order they came."""
        rows = await self._session.scalars(
            select(FollowerRow)
            .where(FollowerRow.ticket_id == ticket_id)
            .order_by(FollowerRow.since, FollowerRow.conversation_id)
        )
        return [Follower(row.conversation_id, row.since, row.through) for row in rows]

    async def followed_by(self, conversation_id: ConversationId) -> list[Ticket]:
        """Return the tickets that a conversation follows, newest first."""
        rows = await self._session.scalars(
            select(TicketRow)
            .join(FollowerRow, FollowerRow.ticket_id == TicketRow.id)
            .where(FollowerRow.conversation_id == conversation_id)
            .order_by(TicketRow.filed_at.desc(), TicketRow.id)
        )
        return await self._many(rows.all())

    async def note_reminder(self, ticket_id: TicketId, what: str) -> bool:
        """Note that people are told of something about a ticket; False: they were before."""
        added = await self._session.scalar(
            insert_into(self._session, ReminderRow)
            .values(ticket_id=ticket_id, what=what)
            .on_conflict_do_nothing()
            .returning(ReminderRow.what)
        )
        return added is not None

    async def _first(self, query: Select[TicketRow]) -> Ticket | None:
        row = await self._session.scalar(query)
        return None if row is None else (await self._many([row]))[0]

    async def _many(self, rows: Sequence[TicketRow]) -> list[Ticket]:
        """Return whole tickets with two more statements, however many they are."""
        if not rows:
            return []
        ids = [row.id for row in rows]
        moves = await self._session.scalars(
            select(HistoryRow)
            .where(HistoryRow.ticket_id.in_(ids))
            .order_by(HistoryRow.ticket_id, HistoryRow.position)
        )
        history: dict[str, list[HistoryRow]] = {}
        for move in moves:
            history.setdefault(move.ticket_id, []).append(move)
        additions = await self._additions(ids)
        return [to_ticket(row, history.get(row.id, ()), additions[row.id]) for row in rows]

    async def _additions(self, ticket_ids: Sequence[str]) -> Mapping[str, list[Addition]]:
        rows = await self._session.scalars(
            select(AdditionRow)
            .where(AdditionRow.ticket_id.in_(ticket_ids))
            .order_by(AdditionRow.at, AdditionRow.key)
        )
        found: dict[str, list[Addition]] = {ticket_id: [] for ticket_id in ticket_ids}
        for row in rows:
            found[row.ticket_id].append(read_row(row, Addition))
        return found

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


def _is_in(states: Collection[Status]) -> list[ColumnElement[bool] | TextClause]:
    """Return that a ticket is in one of some states, so that indexes of open ones are used."""
    is_in = TicketRow.status.in_(states)
    return [is_in, IS_OPEN] if OPEN.issuperset(states) else [is_in]


def _of(offices: Collection[str | None] | None) -> list[ColumnElement[bool]]:
    if offices is None:
        return []
    named = TicketRow.office.in_([office for office in offices if office is not None])
    return [or_(named, TicketRow.office.is_(None)) if None in offices else named]
