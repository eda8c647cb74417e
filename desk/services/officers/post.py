"""One thing that an officer wrote or pressed, and the ways to answer it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from desk.domain.conversation import Channel, Conversation, ConversationId
from desk.domain.inbound import Inbound
from desk.domain.officer import Officer
from desk.domain.outgoing import Outgoing, Topic, TopicState
from desk.domain.reply import Button, Reply
from desk.domain.ticket_number import TicketNumber
from desk.services.handoffs.places import rooms_of
from desk.services.outbox.posting import keep_buttons
from desk.services.ports import UnitOfWork
from desk.services.tools import Tools

#: The intent of every button that officers press; `bidang` in its data says what it does.
OFFICER_BUTTON = "petugas"


@dataclass
class Post:
    """One message or press of a registered officer, inside one transaction.

    *lane* is where it was said: the lane of a group, or the officer's own private conversation.
    *about* is the citizen's conversation it concerns: that of the topic it was written in, or
    of the message it replies to. *key* is unique: whatever the post causes is queued under keys
    that begin with it, so that a repeated run causes nothing more. *pending* is the question
    that was put to this officer here before. *proves* is the ticket whose outcome was just proved
    by the album that this is a late part of. *pictures*: which stored picture a file id became,
    where the citizen's channel needs its own copy.
    """

    uow: UnitOfWork
    tools: Tools
    now: datetime
    officer: Officer
    lane: Conversation
    inbound: Inbound
    key: str
    about: ConversationId | None = None
    topic: Topic | None = None
    pressed: Mapping[str, str] = field(default_factory=dict)
    pending: str | None = None
    proves: TicketNumber | None = None
    pictures: Mapping[str, str] = field(default_factory=dict)
    _answers: int = 0

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
        self._answers += 1
        await tell(
            self.uow,
            self.tools,
            self.lane,
            reply,
            key=f"{self.key}:{self._answers}",
            topic=self.topic,
            about=self.about,
            leaves_topic=await self.topic_afterwards(),
        )

    async def topic_afterwards(self) -> TopicState | None:
        """Return that a topic is left closed when nothing is going on in it any more."""
        if self.topic is None:
            return None
        handoff = await self.uow.handoffs.open_of(self.topic.conversation_id)
        if handoff is None:
            return TopicState.CLOSED
        rooms = await rooms_of(self.uow, self.tools, handoff)
        return None if self.chat in rooms.all else TopicState.CLOSED

    async def ask_next(self, pending: str) -> None:
        """Have this officer's next words here taken by the handler of a `PENDING` table."""
        await self.uow.values.put(pending_name(self.lane, self.inbound, self.officer), pending)


def pending_name(lane: Conversation, inbound: Inbound, officer: Officer) -> str:
    """Return the name under which a question to an officer is kept: one a topic."""
    return f"tanya:{lane.id}:{inbound.thread or ''}:{officer.id}"


Handler = Callable[[Post], Awaitable[None]]


def button(label: str, what: str, **data: str) -> Button:
    """Return a button for officers; pressing it calls the handler of *what*."""
    return Button(label, OFFICER_BUTTON, {"bidang": what, **data})


async def tell(
    uow: UnitOfWork,
    tools: Tools,
    lane: Conversation,
    reply: Reply,
    *,
    key: str,
    topic: Topic | None = None,
    about: ConversationId | None = None,
    edits: str | None = None,
    joins: bool = False,
    leaves_topic: TopicState | None = None,
    attachment: str | None = None,
    sheet_of: TicketNumber | None = None,
) -> None:
    """Queue a message to officers; the same *key* again queues nothing.

    Args:
        uow: The transaction.
        tools: The desk's tools.
        lane: Whose chat it goes to; its buttons belong to this lane.
        reply: Text and buttons.
        key: The outbox key.
        topic: In which topic of a group; None: the group itself, or a private chat.
        about: The citizen's conversation it concerns.
        edits: The key of a message that it replaces.
        joins: Whether it may be joined with others that wait for the same topic.
        leaves_topic: The state of the topic afterwards.
        attachment: The id of a stored picture that goes with it.
        sheet_of: The ticket whose hand-over sheet goes with it as a file.
    """
    now = tools.now()
    body = Outgoing(
        reply.text,
        await keep_buttons(uow, lane, reply, now),
        attachment=attachment,
        topic=topic,
        edits=edits,
        joins=joins,
        leaves_topic=leaves_topic,
        document=f"lembar-{sheet_of}.csv" if sheet_of else None,
        sheet_of=sheet_of,
    )
    await uow.outbox.add_to(Channel.TELEGRAM, lane.address, body, key=key, now=now, about=about)
