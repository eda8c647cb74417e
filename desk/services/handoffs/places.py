"""Where officers see a conversation: groups and private chats, in topics where there are."""

from collections.abc import Iterable
from dataclasses import dataclass

from desk.domain.conversation import Channel, Conversation, ConversationId, is_group
from desk.domain.handoff import Handoff, HandoffState
from desk.domain.officer import Officer
from desk.domain.outgoing import Outgoing, Topic, TopicState
from desk.domain.roles import Role
from desk.services.addressing import conversation_at
from desk.services.ports import UnitOfWork
from desk.services.tools import Tools

REFERENCE_LENGTH = 8


def reference(conversation_id: ConversationId) -> str:
    """Return what officers call a conversation by: too little of its id to open anything."""
    return conversation_id[:REFERENCE_LENGTH].upper()


def topic_in(tools: Tools, chat: str, conversation_id: ConversationId) -> Topic | None:
    """Return the topic of a conversation in a chat; few bots have topics in private chats."""
    has_topics = is_group(chat) or tools.has_private_topics()
    return topic_of(conversation_id) if has_topics else None


def topic_of(conversation_id: ConversationId) -> Topic:
    """Return the topic of a conversation."""
    return Topic(conversation_id, reference(conversation_id))


async def delete_topic(
    uow: UnitOfWork, tools: Tools, chat: str, conversation_id: ConversationId, *, key: str
) -> None:
    """Have Telegram delete a topic with all that was said in it; its title says nothing more."""
    body = Outgoing("", topic=Topic(conversation_id, ""), leaves_topic=TopicState.DELETED)
    await uow.outbox.add_to(Channel.TELEGRAM, chat, body, key=key, now=tools.now())


@dataclass(frozen=True)
class Rooms:
    """Where those who may take a conversation see it; *group* is its home, if there is one."""

    group: str | None = None
    private: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Return all chats, each once."""
        return tuple(dict.fromkeys(((self.group,) if self.group else ()) + self.private))


async def rooms_for(
    uow: UnitOfWork, tools: Tools, *, office: str | None, is_protected: bool
) -> Rooms:
    """Return where a conversation waits for an officer.

    Protected ones wait in the private chats of `integritas` only. Others wait in the office's
    group, or else in the coordinators'; officers of an office without a group who serve
    privately are called there as well. Without any group all are called privately. Where nobody
    is registered who could answer, there is no room.
    """
    if is_protected:
        return Rooms(private=_chats(await uow.officers.with_role(Role.INTEGRITAS)))
    officers = await uow.officers.with_role(Role.PETUGAS, office=office)
    coordinators = await uow.officers.with_role(Role.KOORDINATOR)
    own = tools.catalogue.agency(office).telegram_group if office else None
    if not officers and not coordinators:
        return Rooms()
    if own is not None:
        return Rooms(str(own))
    if tools.officer_group is not None:
        busy = [officer for officer in officers if office and officer.serves_privately]
        return Rooms(tools.officer_group, _chats(busy))
    return Rooms(private=_chats([*coordinators, *officers]))


def _chats(officers: Iterable[Officer]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(officer.private_chat for officer in officers))


async def rooms_of(uow: UnitOfWork, tools: Tools, handoff: Handoff) -> Rooms:
    """Return where a hand-off is seen now: where it is served, or where it waits."""
    if handoff.state is HandoffState.SERVED and handoff.chat is not None:
        served_in_group = is_group(handoff.chat)
        return Rooms(handoff.chat) if served_in_group else Rooms(private=(handoff.chat,))
    return await rooms_for(uow, tools, office=handoff.office, is_protected=handoff.is_protected)


async def lane_of(uow: UnitOfWork, tools: Tools, chat: str) -> Conversation:
    """Return the lane in which officers press the buttons of a chat."""
    channel = Channel.OFFICERS if is_group(chat) else Channel.TELEGRAM
    return await conversation_at(uow, tools, channel, chat)
