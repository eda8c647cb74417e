"""Simulated groups and forums."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from simulator.authoring import NotPossible, sender_fields
from simulator.backend import Backend
from simulator.inbox import InboxMessage, Mailbox
from simulator.membership import change_bot_status, change_member
from simulator.world import Chat, Member, MemberStatus, Topic

if TYPE_CHECKING:
    from simulator.people import Person

_TOPIC_COLOR = 0x6FB9F0


class Group(Mailbox):
    """A supergroup, perhaps with topics, as its readers see it."""

    def __init__(self, backend: Backend, chat: Chat) -> None:
        """Show an existing chat."""
        super().__init__(chat)
        self._backend = backend
        self.chat = chat

    @property
    def id(self) -> int:
        """Return the chat id."""
        return self.chat.id

    @property
    def topics(self) -> dict[int, Topic]:
        """Return the topics by thread id."""
        return self.chat.topics

    def topic(self, name_part: str) -> Topic:
        """Return the newest topic with this text in its name.

        Raises:
            AssertionError: There is none; lists those that exist.
        """
        for topic in reversed(self.chat.topics.values()):
            if name_part.casefold() in topic.name.casefold():
                return topic
        names = [topic.name for topic in self.chat.topics.values()]
        raise AssertionError(f"no topic with {name_part!r}; topics: {names}")

    def messages(self, *, thread: int | None = None) -> list[InboxMessage]:
        """Return the bot's messages that still stand here, of one topic if asked."""
        return [
            message.seen()
            for message in self.chat.messages.values()
            if message.from_bot and not message.is_service and thread in (None, message.thread_id)
        ]

    @property
    def inbox(self) -> list[InboxMessage]:
        """Return all the bot's messages that still stand here."""
        return self.messages()

    def set_members(self, people: "Iterable[Person]") -> None:
        """Say who is in the group from the start; no update is sent."""
        for person in people:
            self.chat.members[person.id] = Member(person.account)

    async def add(self, person: "Person", *, admin: bool = False, anonymous: bool = False) -> None:
        """Let somebody join, or change what they are here."""
        status = MemberStatus.ADMINISTRATOR if admin or anonymous else MemberStatus.MEMBER
        member = Member(person.account, status, is_anonymous=anonymous)
        change_member(self._backend, self.chat, member)

    async def remove(self, person: "Person") -> None:
        """Let somebody leave."""
        member = Member(person.account, MemberStatus.LEFT)
        change_member(self._backend, self.chat, member)

    async def add_bot(
        self, by: "Person", *, admin: bool = True, can_manage_topics: bool = True
    ) -> None:
        """Let *by* add the bot, or change its rights; it receives ``my_chat_member``."""
        status = MemberStatus.ADMINISTRATOR if admin else MemberStatus.MEMBER
        change_bot_status(
            self._backend,
            self.chat,
            status,
            by=by.account,
            can_manage_topics=can_manage_topics,
        )

    async def remove_bot(self, by: "Person") -> None:
        """Let *by* throw the bot out."""
        change_bot_status(self._backend, self.chat, MemberStatus.KICKED, by=by.account)

    async def create_topic(self, by: "Person", name: str) -> Topic:
        """Let a member open a topic; the bot sees the service message."""
        if not self.chat.is_forum:
            raise NotPossible(f"group {self.id} is not a forum")
        topic, root = self._backend.world.open_topic(
            self.chat,
            name,
            _TOPIC_COLOR,
            sender=sender_fields(self.chat, by.account),
            from_bot=False,
        )
        if self.chat.bot_status.is_inside:
            self._backend.queue.push("message", root.wire, queue=("message", self.id))
        return topic

    async def close_topic(self, by: "Person", thread: int) -> None:
        """Let a member close a topic; the bot sees the service message."""
        self.chat.topics[thread].is_closed = True
        notice = self._backend.world.post(
            self.chat,
            {"forum_topic_closed": {}},
            sender=sender_fields(self.chat, by.account),
            from_bot=False,
            thread_id=thread,
            is_service=True,
        )
        self._backend.queue.push("message", notice.wire, queue=("message", self.id))

    async def move(self, by: "Person", new_id: int) -> None:
        """Turn the group into another supergroup, as Telegram does with a basic group.

        The bot sees the service message, and calls to the old id are told the new one.
        """
        world = self._backend.world
        moved = world.add_group(new_id, self.chat.title, forum=False)
        moved.members, moved.bot_status = dict(self.chat.members), self.chat.bot_status
        notice = world.post(
            self.chat,
            {"migrate_to_chat_id": new_id},
            sender=sender_fields(self.chat, by.account),
            from_bot=False,
            is_service=True,
        )
        self.chat.moved_to = new_id
        self._backend.queue.push("message", notice.wire, queue=("message", self.id))

    async def delete_topic(self, thread: int) -> None:
        """Let an administrator delete a topic; Telegram tells the bot nothing."""
        self.chat.drop_topic(thread)
