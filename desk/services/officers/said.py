"""One thing that an officer wrote or pressed, and the ways to answer it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from desk.domain.conversation import Channel, Conversation, ConversationId
from desk.domain.inbound import Inbound
from desk.domain.officer import Officer
from desk.domain.outgoing import Topic, TopicState
from desk.domain.presses.pending import OfficerPending
from desk.domain.reply import Reply
from desk.services.handoffs.chats import chats_of
from desk.services.officers.meaning import Meaning
from desk.services.outbox.posting import ToOfficers, post_to_officers
from desk.services.ports import UnitOfWork
from desk.services.tools import Tools

M = TypeVar("M")


@dataclass(frozen=True)
class Said:
    """One message or press of a registered officer, inside one transaction.

    *chat* is where it was said: an officers' group, or the officer's own private chat.
    *pictures*: which stored picture a file id became, where the desk needs its own copy.
    """

    uow: UnitOfWork
    tools: Tools
    now: datetime
    officer: Officer
    chat: Conversation
    inbound: Inbound
    meaning: Meaning
    pictures: Mapping[str, str] = field(default_factory=dict)

    @property
    def about(self) -> ConversationId | None:
        """Return the citizen's conversation it concerns."""
        return self.meaning.about

    @property
    def topic(self) -> Topic | None:
        """Return the topic in which it was said."""
        return self.meaning.topic

    @property
    def is_private(self) -> bool:
        """Tell whether nobody else reads along."""
        return self.chat.channel is Channel.TELEGRAM

    @property
    def words(self) -> str:
        """Return what was written, without spaces around it."""
        return (self.inbound.text or "").strip()

    @property
    def picture(self) -> str | None:
        """Return the id under which the picture that was sent is stored."""
        file_id = self.inbound.file.file_id if self.inbound.file else ""
        return self.inbound.attachment or self.pictures.get(file_id) or None

    async def say(self, key: str, **values: object) -> None:
        """Answer with a text of the reply files."""
        await self.answer(Reply(self.tools.say(key, **values)))

    async def answer(self, reply: Reply) -> None:
        """Answer where it was said, once what was done is told."""
        await self.uow.tell()
        await self.send(ToOfficers(reply, leaves_topic=await self.topic_afterwards()))

    async def send(self, message: ToOfficers) -> None:
        """Queue a message for where it was said: the same topic, or the private chat."""
        here = replace(message, topic=self.topic, about=self.about)
        await post_to_officers(self.uow, self.tools, self.chat, here)

    async def topic_afterwards(self) -> TopicState | None:
        """Return that a topic is left closed when nothing is going on in it any more."""
        if self.topic is None:
            return None
        handoff = await self.uow.handoffs.open_of(self.topic.conversation_id)
        if handoff is None:
            return TopicState.CLOSED
        chats = await chats_of(self.uow, self.tools, handoff)
        return None if self.chat.address in chats.all else TopicState.CLOSED

    async def ask_next(self, pending: OfficerPending) -> None:
        """Have this officer's next words here taken as the answer to a question."""
        await self.uow.officers.ask(self.officer, self.chat.id, self.inbound.thread, pending)

    def press_as(self, kind: type[M]) -> M:
        """Return what was pressed, which the handler of this kind of press knows to be one."""
        if not isinstance(self.meaning.pressed, kind):
            raise TypeError(f"this is no {kind.__name__}")
        return self.meaning.pressed

    def answer_to(self, kind: type[M]) -> M:
        """Return the question that this answers, which its handler knows to be one of a kind."""
        if not isinstance(self.meaning.pending, kind):
            raise TypeError(f"this answers no {kind.__name__}")
        return self.meaning.pending


Handler = Callable[[Said], Awaitable[None]]
