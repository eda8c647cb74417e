"""The chats in which officers are reached: groups and private ones, in topics where there are."""

from collections.abc import Iterable
from dataclasses import dataclass

from desk.domain.conversation import Channel, Conversation, ConversationId, is_group
from desk.domain.handoff import Handoff, HandoffState
from desk.domain.officer import Officer
from desk.domain.outgoing import Topic
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


@dataclass(frozen=True)
class Chats:
    """Where those who may take a conversation see it; *group* is its home, if there is one."""

    group: str | None = None
    private: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Return all chats, each once."""
        return tuple(dict.fromkeys(((self.group,) if self.group else ()) + self.private))


async def chats_for(
    uow: UnitOfWork, tools: Tools, *, office: str | None, is_protected: bool
) -> Chats:
    """Return where a conversation waits for an officer.

    Protected ones wait in the private chats of `integritas` only. Others wait in the office's
    group, or else in the coordinators'; officers of an office without a group who serve
    privately are called there as well. Without any group all are called privately. Where nobody
    is registered who could answer, there is no chat.
    """
    if is_protected:
        return Chats(private=_addresses(await uow.officers.with_role(Role.INTEGRITAS)))
    officers = await uow.officers.with_role(Role.PETUGAS, office=office)
    coordinators = await uow.officers.with_role(Role.KOORDINATOR)
    own = tools.catalogue.agency(office).telegram_group if office else None
    if not officers and not coordinators:
        return Chats()
    if own is not None:
        return Chats(str(own))
    if tools.officer_group is not None:
        busy = [officer for officer in officers if office and officer.serves_privately]
        return Chats(tools.officer_group, _addresses(busy))
    return Chats(private=_addresses([*coordinators, *officers]))


def _addresses(officers: Iterable[Officer]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(officer.private_chat for officer in officers))


async def chats_of(uow: UnitOfWork, tools: Tools, handoff: Handoff) -> Chats:
    """Return where a hand-off is seen now: where it is served, or where it waits."""
    if handoff.state is HandoffState.SERVED and handoff.chat is not None:
        served_in_group = is_group(handoff.chat)
        return Chats(handoff.chat) if served_in_group else Chats(private=(handoff.chat,))
    return await chats_for(uow, tools, office=handoff.office, is_protected=handoff.is_protected)


async def chat_at(uow: UnitOfWork, tools: Tools, address: str) -> Conversation:
    """Return the conversation that an officers' chat is to the desk; its buttons belong to it."""
    channel = Channel.OFFICERS if is_group(address) else Channel.TELEGRAM
    return await conversation_at(uow, tools, channel, address)


async def private_chats(
    uow: UnitOfWork, tools: Tools, officers: Iterable[Officer]
) -> list[Conversation]:
    """Return the private chats of several officers."""
    return [await chat_at(uow, tools, officer.private_chat) for officer in officers]


async def chats_of_coordinators(uow: UnitOfWork, tools: Tools) -> list[Conversation]:
    """Return the coordinators' group, or their private chats when there is none."""
    if tools.officer_group is not None:
        return [await chat_at(uow, tools, tools.officer_group)]
    return await private_chats(uow, tools, await uow.officers.with_role(Role.KOORDINATOR))


async def chats_of_office(uow: UnitOfWork, tools: Tools, office: str) -> list[Conversation]:
    """Return an office's group, or the private chats of its petugas; none: nobody is there."""
    staff = await uow.officers.with_role(Role.PETUGAS, office=office)
    group = tools.catalogue.agency(office).telegram_group
    if staff and group is not None:
        return [await chat_at(uow, tools, str(group))]
    return await private_chats(uow, tools, staff)
