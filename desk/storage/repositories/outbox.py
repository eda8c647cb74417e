"""The outbox: messages on their way, in order per address."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    bindparam,
    func,
    null,
    or_,
    select,
    update,
)

from desk.domain.conversation import Channel, ConversationId, Owner
from desk.domain.inbound import InboxId
from desk.domain.outgoing import (
    News,
    OutboxId,
    OutboxMessage,
    OutboxState,
    Outgoing,
    Relay,
    SaidIn,
)
from desk.storage.codec import read_json
from desk.storage.columns import UtcDateTime
from desk.storage.repositories.outbox_queue import OutboxQueue
from desk.storage.tables import UNSENT, ConversationRow, OutboxRow
from desk.storage.tables.base import table_of
from desk.storage.tables.outbox import IS_UNSENT

_T = table_of(OutboxRow)
_CONVERSATIONS = table_of(ConversationRow)

_FIRST = OutboxId(0)
_ANY = 2**31 - 1
_first_of_each_address = (
    select(func.min(_T.c.id))
    .where(_T.c.channel == bindparam("channel"), IS_UNSENT)
    .group_by(_T.c.address)
)
_is_overtaken = (_CONVERSATIONS.c.version != _T.c.owner_version).label("is_overtaken")
_now = bindparam("now", type_=UtcDateTime)
_DUE = (
    select(_T, _is_overtaken)
    .outerjoin(_CONVERSATIONS, _CONVERSATIONS.c.id == _T.c.conversation_id)
    .where(
        _T.c.id.in_(_first_of_each_address),
        _T.c.state == OutboxState.PENDING,
        _T.c.id > bindparam("after"),
        _T.c.attempts <= bindparam("most_attempts"),
        or_(_T.c.not_before.is_(None), _T.c.not_before <= _now),
    )
    .order_by(_T.c.id)
    .limit(bindparam("limit"))
)
_WAITING_AT = (
    select(_T)
    .where(
        _T.c.channel == bindparam("channel"),
        _T.c.address == bindparam("address"),
        _T.c.state == OutboxState.PENDING,
        IS_UNSENT,
    )
    .order_by(_T.c.id)
    .limit(bindparam("limit"))
)
_NEXT_DUE = select(func.min(func.coalesce(_T.c.not_before, _T.c.created_at))).where(
    _T.c.id.in_(_first_of_each_address), _T.c.state == OutboxState.PENDING
)
_MARK = update(_T).where(_T.c.id == bindparam("which")).returning(_T.c.scrub)
_MARK_SENDING = _MARK.values(attempts=_T.c.attempts + 1)
#: What goes with the body of a message: whatever else leads from it to other rows.
EMPTIED: Final[Mapping[str, Any]] = {
    "key": None,
    "body": null(),
    "external_message_id": None,
    "error": None,
    "relays": None,
    "answers": None,
    "said_chat": None,
    "said_message": None,
}


class Outbox(OutboxQueue):
    """The outbox in the database."""

    async def with_key(self, key: str) -> OutboxMessage | None:
        """Return the message that was queued under this key."""
        if any(row["key"] == key for row in self._queued):
            await self.flush()
        row = await self._session.scalar(select(OutboxRow).where(OutboxRow.key == key))
        return None if row is None else _to_message(row)

    async def passed_on(self, said_in: SaidIn) -> OutboxMessage | None:
        """Return the last message in which an officer's message was passed on."""
        row = await self._session.scalar(
            select(OutboxRow)
            .where(
                OutboxRow.said_message == said_in.message_id, OutboxRow.said_chat == said_in.chat
            )
            .order_by(OutboxRow.id.desc())
            .limit(1)
        )
        return None if row is None else _to_message(row)

    async def sent_as(
        self, channel: Channel, address: str, external_message_id: str
    ) -> OutboxMessage | None:
        """Return the message that has this id in its chat: what an officer replies to."""
        row = await self._session.scalar(
            select(OutboxRow)
            .where(
                OutboxRow.channel == channel,
                OutboxRow.address == address,
                OutboxRow.external_message_id == external_message_id,
            )
            .order_by(OutboxRow.id)
            .limit(1)
        )
        return None if row is None else _to_message(row)

    async def due(
        self,
        channel: Channel,
        now: datetime,
        limit: int,
        *,
        after: OutboxId = _FIRST,
        again: bool = True,
    ) -> list[OutboxMessage]:
        """Return for each address its oldest unsent message, when that one may be sent now.

        They come by their ids, those up to *after* left out; without *again*, those too whose
        oldest message was tried before.
        """
        await self.flush()
        most = _ANY if again else 0
        place = {"channel": channel, "limit": limit, "after": after, "most_attempts": most}
        rows = await self._session.execute(_DUE, {"now": now, **place})
        return [_to_message(row, is_overtaken=bool(row.is_overtaken)) for row in rows]

    async def relays_about(self, conversation_id: ConversationId) -> list[Relay]:
        """Return which messages of a citizen were shown to officers, oldest first."""
        rows = await self._session.execute(
            select(_T.c.relays, _T.c.address, _T.c.created_at)
            .where(_T.c.about == conversation_id, _T.c.relays.is_not(None))
            .order_by(_T.c.id)
        )
        relays = [Relay(InboxId(message), chat, at) for message, chat, at in rows]
        # Not by `flush`: who shows a message goes on to speak to others.
        return relays + [
            Relay(row["relays"], row["address"], row["created_at"])
            for row in self._queued
            if row["about"] == conversation_id and row["relays"] is not None
        ]

    async def waiting_at(self, channel: Channel, address: str, limit: int) -> list[OutboxMessage]:
        """Return what waits to be sent to an address, oldest first."""
        await self.flush()
        rows = await self._session.execute(
            _WAITING_AT, {"channel": channel, "address": address, "limit": limit}
        )
        return [_to_message(row) for row in rows]

    async def mark(
        self,
        outbox_id: OutboxId,
        state: OutboxState,
        *,
        now: datetime,
        not_before: datetime | None = None,
        external_message_id: str | None = None,
        error: str | None = None,
    ) -> None:
        """Write what became of a message; SENDING counts an attempt, SENT scrubs if asked.

        A message that was given up is scrubbed as well: nobody will read it any more.
        """
        values: dict[str, Any] = {
            "which": outbox_id,
            "state": state,
            "not_before": not_before,
            "error": error,
            "changed_at": now,
        }
        if external_message_id is not None:
            values["external_message_id"] = external_message_id
        mark = _MARK_SENDING if state is OutboxState.SENDING else _MARK
        scrub = await self._session.scalar(mark, values)
        if scrub and state not in UNSENT:
            await self._empty(OutboxRow.id == outbox_id, now)

    async def fail_all(
        self, channel: Channel, address: str, error: str, now: datetime
    ) -> list[OutboxMessage]:
        """Mark all unsent messages of an address as failed, and return them."""
        await self.flush()
        is_it = (OutboxRow.channel == channel) & (OutboxRow.address == address) & IS_UNSENT
        rows = await self._session.scalars(select(OutboxRow).where(is_it).order_by(OutboxRow.id))
        failed = [_to_message(row) for row in rows]
        await self._session.execute(
            update(OutboxRow)
            .where(OutboxRow.id.in_([message.id for message in failed]))
            .values(state=OutboxState.FAILED, error=error, changed_at=now)
        )
        scrubbed = [message.id for message in failed if message.scrub]
        await self._empty(OutboxRow.id.in_(scrubbed), now)
        return failed

    async def give_up_unread(self, before: datetime) -> int:
        """Empty what no browser has shown since a moment and must not be kept; count it."""
        unread = await self._session.scalars(
            update(OutboxRow)
            .where(
                OutboxRow.channel == Channel.WEB,
                IS_UNSENT,
                OutboxRow.scrub,
                OutboxRow.created_at < before,
            )
            .values(state=OutboxState.FAILED, error="unread")
            .returning(OutboxRow.id)
        )
        ids = unread.all()
        await self._empty(OutboxRow.id.in_(ids), before)
        return len(ids)

    async def recover(self, channel: Channel) -> int:
        """Put messages left in SENDING by a crash back in line; return how many."""
        recovered = await self._session.scalars(
            update(OutboxRow)
            .where(OutboxRow.channel == channel, IS_UNSENT, OutboxRow.state == OutboxState.SENDING)
            .values(state=OutboxState.PENDING)
            .returning(OutboxRow.id)
        )
        return len(recovered.all())

    async def since(
        self, conversation_id: ConversationId, after: OutboxId, limit: int
    ) -> list[OutboxMessage]:
        """Return a conversation's messages after an id, oldest first (the web chat reads this).

        Messages in every state are returned, but none whose body was emptied.
        """
        await self.flush()
        rows = await self._session.scalars(
            select(OutboxRow)
            .where(
                OutboxRow.conversation_id == conversation_id,
                OutboxRow.id > after,
                OutboxRow.body.is_not(None),
            )
            .order_by(OutboxRow.id)
            .limit(limit)
        )
        return [_to_message(row) for row in rows]

    async def news(self, channel: Channel, addresses: Collection[str]) -> Mapping[str, News]:
        """Return what is new at each of many addresses, those without a conversation left out."""
        await self.flush()
        newest = (
            select(func.max(OutboxRow.id))
            .where(OutboxRow.conversation_id == ConversationRow.id)
            .scalar_subquery()
        )
        rows = await self._session.execute(
            select(ConversationRow.address, ConversationRow.owner, newest).where(
                ConversationRow.channel == channel, ConversationRow.address.in_(addresses)
            )
        )
        return {
            address: News(None if last is None else OutboxId(last), Owner(owner))
            for address, owner, last in rows
        }

    async def forget(self, conversation_id: ConversationId, since: datetime) -> None:
        """Empty what was sent to a conversation, or to officers about it, since a moment.

        What is unsent still goes out and is emptied then, as if it had been queued with *scrub*.
        """
        for row in self._queued:
            if conversation_id in {row["conversation_id"], row["about"]}:
                row["scrub"] |= row["created_at"] >= since
        is_its = or_(
            OutboxRow.conversation_id == conversation_id, OutboxRow.about == conversation_id
        )
        is_it = is_its & (OutboxRow.created_at >= since)
        await self._session.execute(
            update(OutboxRow).where(is_it, OutboxRow.state.in_(UNSENT)).values(scrub=True)
        )
        await self._empty(is_it & OutboxRow.state.not_in(UNSENT), since)

    async def _empty(self, which: ColumnElement[bool], moment: datetime) -> None:
        """Empty bodies; times tell the day only, since the second would find the ticket."""
        await self._session.execute(
            update(OutboxRow)
            .where(which)
            .values(
                **EMPTIED,
                created_at=start_of_day(moment),
                changed_at=start_of_day(moment),
            )
        )

    async def next_due(self, channel: Channel) -> datetime | None:
        """Return when the next message of a channel may go, None when none waits."""
        await self.flush()
        due: datetime | None = await self._session.scalar(_NEXT_DUE, {"channel": channel})
        return due


def start_of_day(moment: datetime) -> datetime:
    """Return the beginning of the day in UTC: what may be known of something forgotten."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _to_message(row: Any, *, is_overtaken: bool = False) -> OutboxMessage:
    """Read a stored message from an object or from a row of its table."""
    return OutboxMessage(
        id=OutboxId(row.id),
        channel=Channel(row.channel),
        address=row.address,
        conversation_id=(
            None if row.conversation_id is None else ConversationId(row.conversation_id)
        ),
        body=read_json(row.body, Outgoing) if row.body else Outgoing(""),
        created_at=row.created_at,
        state=OutboxState(row.state),
        attempts=row.attempts,
        not_before=row.not_before,
        owner_version=row.owner_version,
        scrub=row.scrub,
        external_message_id=row.external_message_id,
        about=None if row.about is None else ConversationId(row.about),
        is_overtaken=is_overtaken,
        key=row.key,
    )
