"""What officers wrote to a citizen or about them, in their own chats."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import JSON, Text, cast, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession

from desk.domain.conversation import Channel, ConversationId
from desk.storage.tables import ConversationRow, InboxRow, OutboxRow, TopicRow

#: A statement may bind only so many values.
BATCH: Final = 500


class OfficerWords:
    """Finds messages of officers by what leads from a citizen to them."""

    def __init__(self, session: AsyncSession) -> None:
        """Work inside the transaction of *session*."""
        self._session = session

    async def all_about(self, conversation_id: ConversationId) -> Sequence[int]:
        """Return the messages that were for the citizen or about them, wherever that was."""
        return [
            *await self.copied_to(conversation_id),
            *await self._in_topics_of(conversation_id),
            *await self._in_reply_about(conversation_id),
        ]

    async def copied_to(self, conversation_id: ConversationId) -> Sequence[int]:
        """Return the messages of officers that the citizen got as copies."""
        bodies = await self._session.scalars(
            select(OutboxRow.body).where(
                OutboxRow.conversation_id == conversation_id,
                cast(OutboxRow.body, Text).contains('"copies"'),
            )
        )
        found = [body["copies"] for body in bodies if body and "copies" in body]
        copied = [(copy["chat"], copy["message_id"]) for copy in found]
        return await self._said(copied, "external_message_id")

    async def _in_topics_of(self, conversation_id: ConversationId) -> Sequence[int]:
        """Return the messages of officers in the topics of this conversation."""
        topics = await self._session.execute(
            select(TopicRow.chat, TopicRow.thread).where(
                TopicRow.conversation_id == conversation_id
            )
        )
        return await self._said([(chat, thread) for chat, thread in topics], "thread")

    async def _in_reply_about(self, conversation_id: ConversationId) -> Sequence[int]:
        """Return the messages of officers that answer what they were told of the citizen."""
        told = await self._session.execute(
            select(OutboxRow.address, OutboxRow.external_message_id).where(
                OutboxRow.about == conversation_id, OutboxRow.external_message_id.is_not(None)
            )
        )
        return await self._said([(chat, sent or "") for chat, sent in told], "reply_to")

    async def _said(self, places: Sequence[tuple[Any, ...]], key: str) -> Sequence[int]:
        """Return the messages in chats of officers that have a value under *key*."""
        by_chat: dict[str, list[str]] = {}
        for chat, value in places:
            by_chat.setdefault(str(chat), []).append(str(value))
        found: list[int] = []
        for chat, values in by_chat.items():
            of_chat = select(ConversationRow.id).where(
                ConversationRow.address == chat, ConversationRow.channel != Channel.WEB
            )
            for start in range(0, len(values), BATCH):
                said = type_coerce(InboxRow.inbound, JSON)[key].as_string()
                ids = await self._session.scalars(
                    select(InboxRow.id).where(
                        InboxRow.conversation_id.in_(of_chat),
                        InboxRow.inbound.is_not(None),
                        said.in_(values[start : start + BATCH]),
                    )
                )
                found += ids.all()
        return found
