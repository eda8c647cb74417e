"""Topics of officers' chats: made when first needed, reopened, made again when deleted."""

import logging
from collections.abc import Awaitable

from telegram import Bot
from telegram.error import BadRequest

from bot.errand import Errand
from bot.groups import GroupWatch
from bot.refusals import is_topic_gone, trouble_code
from desk.domain.conversation import is_group
from desk.domain.outgoing import Topic, TopicState
from desk.services.events import HandoffChanged
from desk.services.ports import UnitOfWork, UnitsOfWork
from desk.services.tools import Tools

logger = logging.getLogger(__name__)

TITLE_LENGTH = 128


class Topics:
    """Keeps the topic of each conversation in each chat of officers.

    A chat without topics, or in which the bot may not manage them, gets its messages without:
    None stands for no topic. Topics of private chats cannot be closed: their name says it.
    """

    def __init__(self, bot: Bot, tools: Tools, units: UnitsOfWork, watch: GroupWatch) -> None:
        """Use topics through *bot*, and remember them."""
        self._bot = bot
        self._tools = tools
        self._units = units
        self._watch = watch

    async def find(self, errand: Errand, topic: Topic, *, may_be_closed: bool) -> int | None:
        """Return the topic's thread, open unless it *may_be_closed*."""
        known = await self._known(errand, topic)
        if known is None:
            return await self.make(errand, topic)
        thread, state = known
        if state is TopicState.OPEN or may_be_closed:
            return thread
        return await self.reopen(errand, topic, thread)

    async def make(self, errand: Errand, topic: Topic, *, again: bool = False) -> int | None:
        """Make a topic and remember it in place of an older one.

        *again*: somebody deleted the older one, and its card with it; so the card is shown anew.
        """
        if self._watch.is_without_topics(errand.address):
            return None
        name = self._name(topic, TopicState.OPEN)
        try:
            made = await errand.call(lambda chat: self._bot.create_forum_topic(chat, name))
        except BadRequest as error:
            # The id of a private chat is a person's.
            where = errand.chat if is_group(errand.address) else "private"
            extra = {"chat": where, "code": trouble_code(error)}
            logger.warning("no topic could be made", extra=extra)
            self._watch.doubt(errand.address)
            return None
        thread = made.message_thread_id
        async with self._units() as uow:
            await uow.topics.put(
                errand.address, topic.conversation_id, str(thread), TopicState.OPEN
            )
            if again:
                await _show_card(uow, topic)
            await uow.commit()
        return thread

    async def reopen(self, errand: Errand, topic: Topic, thread: int) -> int | None:
        """Open a closed topic, or make a new one when it is no more."""
        try:
            await self._set(errand, topic, thread, TopicState.OPEN)
        except BadRequest as error:
            if is_topic_gone(error):
                return await self.make(errand, topic, again=True)
            # It is open already, or the bot may not: then sending shows what is possible.
        await self._remember(errand, topic, thread, TopicState.OPEN)
        return thread

    async def close(self, errand: Errand, topic: Topic) -> None:
        """Close the topic; nothing when it is closed or gone."""
        known = await self._known(errand, topic)
        if known is None or known[1] is TopicState.CLOSED:
            return
        thread, _ = known
        try:
            await self._set(errand, topic, thread, TopicState.CLOSED)
        except BadRequest as error:
            logger.info("a topic was not closed", extra={"code": trouble_code(error)})
        await self._remember(errand, topic, thread, TopicState.CLOSED)

    async def _set(self, errand: Errand, topic: Topic, thread: int, state: TopicState) -> None:
        """Open or close a topic of a group, or mark one of a private chat by its name."""

        def change(chat: str) -> Awaitable[bool]:
            if not is_group(errand.address):
                return self._bot.edit_forum_topic(chat, thread, name=self._name(topic, state))
            if state is TopicState.OPEN:
                return self._bot.reopen_forum_topic(chat, thread)
            return self._bot.close_forum_topic(chat, thread)

        await errand.call(change)

    def _name(self, topic: Topic, state: TopicState) -> str:
        title = topic.title
        if state is TopicState.CLOSED:
            title = self._tools.wording.plain("bot.topik_selesai", judul=title)
        return title[:TITLE_LENGTH]

    async def delete(self, errand: Errand, topic: Topic) -> None:
        """Delete the topic with all its messages; close it where the bot may do no more."""
        known = await self._known(errand, topic)
        if known is None:
            return
        thread, _ = known
        try:
            await errand.call(lambda chat: self._bot.delete_forum_topic(chat, thread))
        except BadRequest as error:
            if not is_topic_gone(error):
                logger.warning("a topic was not deleted", extra={"code": trouble_code(error)})
                await self.close(errand, topic)
        async with self._units() as uow:
            await uow.topics.remove(errand.address, topic.conversation_id)
            await uow.commit()

    async def _known(self, errand: Errand, topic: Topic) -> tuple[int, TopicState] | None:
        """Return the thread and the state that are remembered, None when no topic is."""
        async with self._units() as uow:
            known = await uow.topics.thread_of(errand.address, topic.conversation_id)
        return None if known is None else (int(known[0]), known[1])

    async def _remember(
        self, errand: Errand, topic: Topic, thread: int, state: TopicState
    ) -> None:
        async with self._units() as uow:
            await uow.topics.put(errand.address, topic.conversation_id, str(thread), state)
            await uow.commit()


async def _show_card(uow: UnitOfWork, topic: Topic) -> None:
    """Have the card shown in a topic that was deleted and is made again."""
    conversation = await uow.conversations.get(topic.conversation_id)
    handoff = await uow.handoffs.open_of(topic.conversation_id)
    if conversation is not None and handoff is not None:
        uow.record(HandoffChanged(conversation, handoff, before=handoff))
