"""What is queued for the outbox in a transaction, and written at its end."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ARRAY, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from desk.domain.conversation import Channel, Conversation, ConversationId
from desk.domain.inbound import InboxId
from desk.domain.outgoing import OutboxState, Outgoing, SaidIn
from desk.domain.turn import TurnId
from desk.storage.codec import to_json
from desk.storage.inserting import is_postgresql, prepared_insert
from desk.storage.tables import OutboxRow
from desk.storage.tables.base import table_of

_T = table_of(OutboxRow)

_ADD = prepared_insert(_T, lambda insert: insert.on_conflict_do_nothing())
_LOCK_ADDRESSES = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(address, 0)) FROM unnest(:addresses) AS address"
).bindparams(bindparam("addresses", type_=ARRAY(Text)))
#: What a message is where nothing else is said.
_PLAIN: Final[Mapping[str, Any]] = {
    **{column.name: None for column in _T.columns if column.nullable},
    "state": OutboxState.PENDING,
    "attempts": 0,
}


class OutboxQueue:
    """What a transaction has to say.

    It is written by `flush`, at the end of the unit of work: ids are given out before the commit,
    and writers to one address have to take turns, so that whoever reads "after id 7" later never
    finds that 6 was committed meanwhile. A lock at each message would be taken in whatever order
    a use case speaks to people; here all are taken at once, in one order.
    """

    def __init__(self, session: AsyncSession) -> None:
        """Work inside the transaction of *session*; all of its outboxes share what is queued."""
        self._session = session
        self._queued: list[dict[str, Any]] = session.info.setdefault("outbox", [])

    async def add(
        self,
        conversation: Conversation,
        body: Outgoing,
        *,
        key: str | None = None,
        now: datetime,
        owner_version: int | None = None,
        answers: TurnId | None = None,
        said_in: SaidIn | None = None,
        scrub: bool = False,
    ) -> None:
        """Queue one message to a citizen; a second message with the same *key* is not queued.

        *answers* is the turn that it answers, *said_in* the officer's message that it passes on.
        """
        self._queue(
            conversation.channel,
            conversation.address,
            body,
            now,
            key=key,
            conversation_id=conversation.id,
            owner_version=owner_version,
            answers=answers,
            said_chat=said_in and said_in.chat,
            said_message=said_in and said_in.message_id,
            scrub=scrub,
        )

    async def add_to(
        self,
        channel: Channel,
        address: str,
        body: Outgoing,
        *,
        key: str | None = None,
        now: datetime,
        about: ConversationId | None = None,
        relays: InboxId | None = None,
        scrub: bool = False,
    ) -> None:
        """Queue a message to officers, *about* a citizen's conversation.

        *address* is an officers' group or an officer's private chat. *relays* is the message of
        the citizen that it shows.
        """
        columns = {"key": key, "about": about, "relays": relays, "scrub": scrub}
        self._queue(channel, address, body, now, **columns)

    def _queue(
        self, channel: Channel, address: str, body: Outgoing, now: datetime, **columns: Any
    ) -> None:
        self._queued.append(
            {
                **_PLAIN,
                "channel": channel,
                "address": address,
                "body": to_json(body),
                "created_at": now,
                "changed_at": now,
                **columns,
            }
        )

    async def flush(self) -> None:
        """Write what is queued, to each address in the order of queueing."""
        if not self._queued:
            return
        rows = self._queued.copy()
        self._queued.clear()
        if is_postgresql(self._session):
            addresses = sorted({f"{row['channel']}:{row['address']}" for row in rows})
            await self._session.execute(_LOCK_ADDRESSES, {"addresses": addresses})
        await self._session.execute(_ADD(self._session), rows)
