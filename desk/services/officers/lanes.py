"""Where officers are reached: a group's lane, or their own private chats."""

from collections.abc import Iterable

from desk.domain.conversation import Channel, Conversation, ConversationId, Session
from desk.domain.officer import Officer
from desk.domain.roles import Role
from desk.services.ports import UnitOfWork
from desk.services.tools import Tools, new_id


async def group_lane(uow: UnitOfWork, tools: Tools, chat: str) -> Conversation:
    """Return the lane of an officers' group."""
    return await _at(uow, tools, Channel.OFFICERS, chat)


async def private_lane(uow: UnitOfWork, tools: Tools, officer: Officer) -> Conversation:
    """Return an officer's private chat with the bot."""
    return await _at(uow, tools, Channel.TELEGRAM, officer.private_chat)


async def private_lanes(
    uow: UnitOfWork, tools: Tools, officers: Iterable[Officer]
) -> list[Conversation]:
    """Return the private chats of several officers."""
    return [await private_lane(uow, tools, officer) for officer in officers]


async def coordinators(uow: UnitOfWork, tools: Tools) -> list[Conversation]:
    """Return the coordinators' group, or their private chats when there is none."""
    if tools.officer_group is not None:
        return [await group_lane(uow, tools, tools.officer_group)]
    return await private_lanes(uow, tools, await uow.officers.with_role(Role.KOORDINATOR))


async def of_office(uow: UnitOfWork, tools: Tools, office: str) -> list[Conversation]:
    """Return an office's group, or the private chats of its petugas; none: nobody is there."""
    staff = await uow.officers.with_role(Role.PETUGAS, office=office)
    group = tools.catalogue.agency(office).telegram_group
    if staff and group is not None:
        return [await group_lane(uow, tools, str(group))]
    return await private_lanes(uow, tools, staff)


async def _at(uow: UnitOfWork, tools: Tools, channel: Channel, address: str) -> Conversation:
    found = await uow.conversations.at_address(channel, address)
    if found is not None:
        return found
    new = Conversation(ConversationId(new_id()), channel, address, tools.now(), Session(new_id()))
    return await uow.conversations.add(new)
