"""Removes what has been kept long enough, a batch at a time."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    delete,
    func,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from desk.domain.conversation import ConversationId
from desk.domain.outgoing import TopicState
from desk.domain.retention import Retention, Rule
from desk.storage.repositories.erasure import Erasure
from desk.storage.repositories.retention_rules import RULES, topics
from desk.storage.tables import (
    ConversationRow,
    FollowerRow,
    HandoffRow,
    OfficerRow,
    TicketRow,
    TopicRow,
    TurnStepRow,
)

#: A conversation takes many statements, and others wait meanwhile.
ERASED_AT_ONCE: Final = 10


class Retentions:
    """Retention in the database."""

    def __init__(self, session: AsyncSession) -> None:
        """Work inside the transaction of *session*."""
        self._session = session

    async def count(self, rule: Rule, keep: Retention, now: datetime) -> int:
        """Count what a rule would remove now; nothing changes."""
        due = RULES[rule](keep, now)
        count = await self._session.scalar(
            select(func.count()).select_from(due.table).where(due.which)
        )
        return count or 0

    async def remove(self, rule: Rule, keep: Retention, now: datetime, limit: int) -> int:
        """Remove at most *limit* of what is due; return how many, 0 when nothing is left."""
        due = RULES[rule](keep, now)
        key = next(iter(due.table.__table__.primary_key))
        if due.table is ConversationRow:
            limit = min(limit, ERASED_AT_ONCE)
        found = await self._session.scalars(select(key).where(due.which).limit(limit))
        ids = list(dict.fromkeys(found))
        if not ids:
            return 0
        if rule is Rule.TICKETS:
            await self._forget_who_spoke_of(ids)
        if rule is Rule.TURNS:
            await self._session.execute(delete(TurnStepRow).where(TurnStepRow.turn_id.in_(ids)))
        if due.table is ConversationRow:
            await self._erase(ids, now)
        elif due.values is None:
            await self._session.execute(delete(due.table).where(key.in_(ids), due.which))
        else:
            await self._session.execute(
                update(due.table).where(key.in_(ids), due.which).values(**due.values)
            )
        return len(ids)

    async def retire_topics(
        self, keep: Retention, now: datetime, limit: int
    ) -> list[tuple[str, ConversationId]]:
        """Mark topics that are due as to be deleted, and return them as chat and conversation."""
        due = topics(keep, now)
        found = (await self._session.scalars(select(TopicRow).where(due.which).limit(limit))).all()
        for row in found:
            row.state = TopicState.DELETED
        return [(row.chat, ConversationId(row.conversation_id)) for row in found]

    async def _forget_who_spoke_of(self, ticket_ids: Sequence[str]) -> None:
        """Take tickets out of the conversations of their people, who follow them no more.

        The conversations are locked first, as whoever moves a ticket does.
        """
        tickets = select(TicketRow.number, TicketRow.merged_into, TicketRow.conversation_id).where(
            TicketRow.id.in_(ticket_ids)
        )
        found = (await self._session.execute(tickets)).all()
        numbers = [number for number, _, _ in found]
        are_followed = FollowerRow.ticket_id.in_(ticket_ids)
        people = {reporter for *_, reporter in found if reporter}
        people.update(
            await self._session.scalars(select(FollowerRow.conversation_id).where(are_followed))
        )
        await self._clear_contexts(sorted(people), numbers)
        await self._session.execute(
            update(HandoffRow)
            .where(HandoffRow.conversation_id.in_(people), HandoffRow.ticket.in_(numbers))
            .values(ticket=None)
        )
        await self._session.execute(
            update(OfficerRow)
            .where(OfficerRow.proved_ticket.in_(numbers))
            .values(proved_album=None, proved_ticket=None)
        )
        await self._session.execute(delete(FollowerRow).where(are_followed))
        goes_on = {into for _, into, _ in found if into}
        went_on = select(TicketRow.id).where(TicketRow.number.in_(goes_on))
        await self._session.execute(
            update(FollowerRow)
            .where(FollowerRow.ticket_id.in_(went_on), FollowerRow.through.in_(numbers))
            .values(through="")
        )

    async def _clear_contexts(self, people: Sequence[str], numbers: Collection[str]) -> None:
        rows = await self._session.execute(
            select(ConversationRow.id, ConversationRow.context)
            .where(ConversationRow.id.in_(people))
            .order_by(ConversationRow.id)
            .with_for_update(key_share=True)
        )
        for conversation_id, context in rows.all():
            kept = {key: value for key, value in context.items() if not _names(value, numbers)}
            if kept != context:
                await self._session.execute(
                    update(ConversationRow)
                    .where(ConversationRow.id == conversation_id)
                    .values(context=kept)
                )

    async def _erase(self, ids: Any, now: datetime) -> None:
        erasure = Erasure(self._session)
        for conversation_id in ids:
            await erasure.erase(ConversationId(conversation_id), None, now)


def _names(value: Any, numbers: Collection[str]) -> bool:
    """Tell whether one of the numbers stands anywhere in a JSON value."""
    return any(number in str(value) for number in numbers)
