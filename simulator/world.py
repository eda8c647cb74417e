"""What exists on the simulated Telegram: accounts, chats, topics, messages."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from simulator.clock import Clock, Signal
from simulator.errors import BadRequest
from simulator.files import FileStore
from simulator.inbox import InboxMessage

Json = dict[str, Any]

#: Telegram's own account, in whose name anonymous administrators write.
ANONYMOUS: Json = {
    "id": 1087968824,
    "is_bot": True,
    "first_name": "Group",
    "username": "GroupAnonymousBot",
}


class ChatKind(StrEnum):
    """Kinds of chats the simulator knows."""

    PRIVATE = "private"
    SUPERGROUP = "supergroup"


class MemberStatus(StrEnum):
    """What somebody is in a group."""

    CREATOR = "creator"
    ADMINISTRATOR = "administrator"
    MEMBER = "member"
    LEFT = "left"
    KICKED = "kicked"

    @property
    def is_inside(self) -> bool:
        """Return whether this is somebody who reads the group."""
        return self not in (MemberStatus.LEFT, MemberStatus.KICKED)

    @property
    def is_admin(self) -> bool:
        """Return whether this is an administrator."""
        return self in (MemberStatus.CREATOR, MemberStatus.ADMINISTRATOR)


@dataclass(slots=True, kw_only=True)
class Account:
    """A person or a bot."""

    id: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = "id"
    is_bot: bool = False
    is_deactivated: bool = False
    hides_forwards: bool = False

    def wire(self) -> Json:
        """Return the `User` object."""
        shape: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        optional = {
            "last_name": self.last_name,
            "username": self.username,
            "language_code": None if self.is_bot else self.language_code,
        }
        return shape | {key: value for key, value in optional.items() if value}


@dataclass(slots=True)
class Topic:
    """A forum topic; its id is the id of the message that opened it."""

    thread_id: int
    name: str
    icon_color: int
    is_closed: bool = False


@dataclass(slots=True)
class Member:
    """An account's place in a group."""

    account: Account
    status: MemberStatus = MemberStatus.MEMBER
    is_anonymous: bool = False
    can_manage_topics: bool = True
    can_delete_messages: bool = True

    def wire(self) -> Json:
        """Return the `ChatMember` object."""
        shape: Json = {"user": self.account.wire(), "status": self.status.value}
        if self.status is MemberStatus.CREATOR:
            return shape | {"is_anonymous": self.is_anonymous}
        if self.status is MemberStatus.KICKED:
            return shape | {"until_date": 0}
        if self.status is not MemberStatus.ADMINISTRATOR:
            return shape
        rights = dict.fromkeys(_ADMIN_RIGHTS, True)
        return (
            shape
            | rights
            | {
                "can_be_edited": False,
                "is_anonymous": self.is_anonymous,
                "can_manage_topics": self.can_manage_topics,
                "can_delete_messages": self.can_delete_messages,
            }
        )


_ADMIN_RIGHTS = (
    "can_manage_chat",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_pin_messages",
)


@dataclass(slots=True)
class StoredMessage:
    """A message as the Bot API shows it, and what only the simulator knows about it."""

    wire: Json
    from_bot: bool
    source: str | None = None
    keyboard: Json | None = None
    is_service: bool = False
    edits: int = 0

    @property
    def message_id(self) -> int:
        """Return the id within its chat."""
        return int(self.wire["message_id"])

    @property
    def thread_id(self) -> int | None:
        """Return the topic it stands in."""
        thread = self.wire.get("message_thread_id")
        return None if thread is None else int(thread)

    def seen(self) -> InboxMessage:
        """Return how it looks on somebody's screen right now."""
        return InboxMessage.from_wire(
            self.wire, source=self.source, keyboard=self.keyboard, is_edited=self.edits > 0
        )


@dataclass(slots=True)
class Chat:
    """A private chat or a group with everything written in it."""

    id: int
    kind: ChatKind
    ids: Iterator[int]
    title: str = ""
    is_forum: bool = False
    person: Account | None = None
    has_started: bool = False
    messages: dict[int, StoredMessage] = field(default_factory=dict)
    arrivals: list[InboxMessage] = field(default_factory=list)
    topics: dict[int, Topic] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    pinned: list[int] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    keyboard: Json | None = None
    bot_status: MemberStatus = MemberStatus.MEMBER
    moved_to: int | None = None
    changed: Signal = field(default_factory=Signal)

    @property
    def is_group(self) -> bool:
        """Return whether several people read it."""
        return self.kind is not ChatKind.PRIVATE

    def wire(self) -> Json:
        """Return the `Chat` object."""
        if self.person is not None:
            shape = self.person.wire()
            kept: Json = {
                key: shape[key] for key in ("first_name", "last_name", "username") if key in shape
            }
            return {"id": self.id, **kept, "type": "private"}
        shape = {"id": self.id, "title": self.title, "type": self.kind.value}
        return shape | ({"is_forum": True} if self.is_forum else {})

    def arrive(self, message: StoredMessage) -> None:
        """Show a bot's message (or its new text) to the people of this chat."""
        self.arrivals.append(message.seen())
        self.changed.notify()

    def drop_topic(self, thread_id: int) -> None:
        """Delete a topic with all its messages."""
        del self.topics[thread_id]
        for message in list(self.messages.values()):
            if message.thread_id == thread_id:
                self.delete(message.message_id)

    def delete(self, message_id: int) -> None:
        """Delete a message for everyone, pins included."""
        del self.messages[message_id]
        if message_id in self.pinned:
            self.pinned.remove(message_id)

    def member(self, account: Account) -> Member:
        """Return an account's place here; strangers count as having left."""
        return self.members.get(account.id) or Member(account, MemberStatus.LEFT)


class World:
    """All accounts and chats around one bot."""

    def __init__(self, bot: Account, clock: Clock) -> None:
        """Begin with the bot alone."""
        self.bot = bot
        self.clock = clock
        self.files = FileStore()
        self.accounts: dict[int, Account] = {bot.id: bot}
        self.chats: dict[int, Chat] = {}
        # Private chats of one account share a counter on Telegram; a supergroup has its own.
        self._private_ids = itertools.count(101)
        self.album_ids = itertools.count(13_900_000_000_000_001)
        self.poll_ids = itertools.count(5_300_000_000_000_001)

    def add_person(self, account: Account) -> Chat:
        """Let a person exist, with a private chat in which nothing was written yet."""
        self.accounts[account.id] = account
        chat = Chat(account.id, ChatKind.PRIVATE, self._private_ids, person=account)
        self.chats[chat.id] = chat
        return chat

    def add_group(self, chat_id: int, title: str, *, forum: bool) -> Chat:
        """Let a supergroup exist."""
        chat = Chat(chat_id, ChatKind.SUPERGROUP, itertools.count(2), title=title, is_forum=forum)
        self.chats[chat_id] = chat
        return chat

    def chat(self, chat_id: int | str) -> Chat:
        """Return a chat by id or ``@username``.

        Raises:
            BadRequest: Nobody ever saw this chat.
        """
        for chat in (
            [self.chats.get(chat_id)] if isinstance(chat_id, int) else self._named(chat_id)
        ):
            if chat is not None:
                return chat
        raise BadRequest("chat not found")

    def _named(self, username: str) -> list[Chat]:
        name = username.removeprefix("@").lower()
        return [
            chat
            for chat in self.chats.values()
            if chat.person and (chat.person.username or "").lower() == name
        ]

    def post(
        self,
        chat: Chat,
        content: Json,
        *,
        sender: Json,
        from_bot: bool,
        thread_id: int | None = None,
        source: str | None = None,
        keyboard: Json | None = None,
        is_service: bool = False,
    ) -> StoredMessage:
        """Write a message into a chat and return it."""
        message_id = next(chat.ids)
        wire: Json = {"message_id": message_id, **sender, "chat": chat.wire()}
        wire["date"] = self.clock.unix()
        if thread_id is not None:
            wire |= {"message_thread_id": thread_id, "is_topic_message": True}
            # Telegram shows every message of a topic as a reply to the topic's root.
            wire["reply_to_message"] = chat.messages[thread_id].wire
        message = StoredMessage(
            wire | content,
            from_bot=from_bot,
            source=source,
            keyboard=keyboard,
            is_service=is_service,
        )
        chat.messages[message_id] = message
        return message

    def open_topic(
        self, chat: Chat, name: str, icon_color: int, *, sender: Json, from_bot: bool
    ) -> tuple[Topic, StoredMessage]:
        """Open a topic with the service message that is its root."""
        root = self.post(
            chat,
            {"forum_topic_created": {"name": name, "icon_color": icon_color}},
            sender=sender,
            from_bot=from_bot,
            is_service=True,
        )
        root.wire |= {"message_thread_id": root.message_id, "is_topic_message": True}
        topic = Topic(root.message_id, name, icon_color)
        chat.topics[topic.thread_id] = topic
        return topic, root
