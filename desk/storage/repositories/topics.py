"""Which topic of a chat belongs to which conversation."""

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.domain.conversation import ConversationId
from desk.domain.outgoing import TopicState
from desk.storage.inserting import insert_into
from desk.storage.tables import TopicRow


class Topics:
    """Which topic of a chat belongs to which conversation."""

    def __init__(self, session: AsyncSession) -> None:
        """Work inside the transaction of *session*."""
        self._session = session

    async def thread_of(
        self, chat: str, conversation_id: ConversationId
    ) -> tuple[str, TopicState] | None:
        """Return a conversation's topic in a chat and its state, None when there is none."""
        row = await self._session.scalar(
            select(TopicRow).where(
                TopicRow.chat == chat, TopicRow.conversation_id == conversation_id
            )
        )
        return None if row is None else (row.thread, TopicState(row.state))

    async def chats_of(self, conversation_id: ConversationId) -> list[str]:
        """Return the chats in which a conversation has a topic."""
        chats = await self._session.scalars(
            select(TopicRow.chat)
            .where(TopicRow.conversation_id == conversation_id)
            .order_by(TopicRow.chat)
        )
        return list(chats)

    async def conversation_of(self, chat: str, thread: str) -> ConversationId | None:
        """Return whose topic this is."""
        found = await self._session.scalar(
            select(TopicRow.conversation_id).where(
                TopicRow.chat == chat, TopicRow.thread == thread
            )
        )
        return None if found is None else ConversationId(found)

    async def put(
        self, chat: str, conversation_id: ConversationId, thread: str, state: TopicState
    ) -> None:
        """Remember a topic, in place of an older one."""
        values = {"thread": thread, "state": state}
        await self._session.execute(
            insert_into(self._session, TopicRow)
            .values(chat=chat, conversation_id=conversation_id, **values)
            .on_conflict_do_update(index_elements=["chat", "conversation_id"], set_=values)
        )

    async def remove(self, chat: str, conversation_id: ConversationId) -> None:
        """Forget a topic that is no more."""
        await self._session.execute(
            delete(TopicRow).where(
                TopicRow.chat == chat, TopicRow.conversation_id == conversation_id
            )
        )
