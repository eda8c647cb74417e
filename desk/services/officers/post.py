"""One thing that an officer wrote or pressed, and the ways to answer it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from desk.domain.conversation import Channel, Conversation, ConversationId
from desk.domain.inbound import Inbound
from desk.domain.officer import Officer
from desk.domain.outgoing import Topic, TopicState
from desk.domain.presses.officers import OfficerPress
from desk.domain.presses.pending import OfficerPending
from desk.domain.reply import Reply
from desk.domain.ticket_number import TicketNumber
from desk.services.handoffs.chats import chats_of
from desk.services.outbox.posting import ToOfficers, post_to_officers
from desk.services.ports import UnitOfWork
from desk.services.tools import Tools

P = TypeVar("P")


@dataclass
class Post:
    """One message or press of a registered officer, inside one transaction.

    *lane* is where it was said: the lane of a group, or the officer's own private conversation.
    *about* is the citizen's conversation it concerns: that of the topic it was written in, or
    of the message it replies to. *pending* is the question that was put to this officer here
    before. *proves* is the ticket whose outcome was just proved
    by the album that this is a late part of. *pictures*: which stored picture a file id became,
    where the citizen's channel needs its own copy.
    """

    uow: UnitOfWork
    tools: Tools
    now: datetime
    officer: Officer
    lane: Conversation
    inbound: Inbound
    about: ConversationId | None = None
    topic: Topic | None = None
    pressed: OfficerPress | None = None
    pending: OfficerPending | None = None
    proves: TicketNumber | None = None
    pictures: Mapping[str, str] = field(default_factory=dict)

    @property
    def chat(self) -> str:
        """Return the Telegram chat in which it was said."""
        return self.lane.address

    @property
    def is_private(self) -> bool:
        """Tell whether nobody else reads along."""
        return self.lane.channel is Channel.TELEGRAM

    @property
    def words(self) -> str:
        """Return what was written, without spaces around it."""
        return (self.inbound.text or "").strip()

    async def say(self, key: str, **values: object) -> None:
        """Answer with a text of the reply files."""
        await self.answer(Reply(self.tools.say(key, **values)))

    async def answer(self, reply: Reply) -> None:
        """Answer where it was said: in the same topic, or in private."""
        await self.uow.tell()  # what was done stands before what is said of it
        await post_to_officers(
            self.uow,
            self.tools,
            self.lane,
            ToOfficers(
                reply,
                topic=self.topic,
                about=self.about,
                leaves_topic=await self.topic_afterwards(),
            ),
        )

    async def topic_afterwards(self) -> TopicState | None:
        """Return that a topic is left closed when nothing is going on in it any more."""
        if self.topic is None:
            return None
        handoff = await self.uow.handoffs.open_of(self.topic.conversation_id)
        if handoff is None:
            return TopicState.CLOSED
        chats = await chats_of(self.uow, self.tools, handoff)
        return None if self.chat in chats.all else TopicState.CLOSED

    async def ask_next(self, pending: OfficerPending) -> None:
        """Have this officer's next words here taken as the answer to a question."""
        await self.uow.officers.ask(self.officer, self.lane.id, self.inbound.thread, pending)

    def press_as(self, kind: type[P]) -> P:
        """Return what was pressed, which the handler of this kind of press knows to be one."""
        if not isinstance(self.pressed, kind):
            raise TypeError(f"this is no {kind.__name__}")
        return self.pressed


Handler = Callable[[Post], Awaitable[None]]
