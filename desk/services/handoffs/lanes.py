"""Where officers are reached: a group's lane, or their own private chats."""

from collections.abc import Iterable

from desk.domain.conversation import Conversation
from desk.domain.officer import Officer
from desk.domain.roles import Role
from desk.services.handoffs.places import lane_of
from desk.services.ports import UnitOfWork
from desk.services.tools import Tools


async def private_lanes(
    uow: UnitOfWork, tools: Tools, officers: Iterable[Officer]
) -> list[Conversation]:
    """Return the private chats of several officers."""
    return [await lane_of(uow, tools, officer.private_chat) for officer in officers]


async def coordinators(uow: UnitOfWork, tools: Tools) -> list[Conversation]:
    """Return the coordinators' group, or their private chats when there is none."""
    if tools.officer_group is not None:
        return [await lane_of(uow, tools, tools.officer_group)]
    return await private_lanes(uow, tools, await uow.officers.with_role(Role.KOORDINATOR))


async def of_office(uow: UnitOfWork, tools: Tools, office: str) -> list[Conversation]:
    """Return an office's group, or the private chats of its petugas; none: nobody is there."""
    staff = await uow.officers.with_role(Role.PETUGAS, office=office)
    group = tools.catalogue.agency(office).telegram_group
    if staff and group is not None:
        return [await lane_of(uow, tools, str(group))]
    return await private_lanes(uow, tools, staff)
