"""Who the officers are: registering them, naming them, letting them go."""

from dataclasses import replace

from desk.domain.catalogue import UnknownEntry
from desk.domain.errors import OfficeNotFound, Refused
from desk.domain.officer import Officer, OfficerId
from desk.domain.roles import Grant, Role
from desk.services.ports import UnitOfWork
from desk.services.tools import Tools, new_id

#: Roles that somebody has in one office.
OF_AN_OFFICE = frozenset({Role.PETUGAS, Role.SUPERVISOR})


class OfficeNeeded(Refused):
    """This role belongs to an office, which was not named."""


async def register(
    uow: UnitOfWork, tools: Tools, *, telegram_id: int, name: str, role: Role, office: str | None
) -> Officer:
    """Give somebody a role; the same person again gets it besides the roles they have.

    Who was suspended is active again, and the newest name counts.

    Raises:
        OfficeNeeded: The role belongs to an office.
        OfficeNotFound: The catalogue has no such office.
    """
    grant = _grant(tools, role, office)
    new = Officer(OfficerId(new_id()), telegram_id, name, tools.now(), (grant,))
    stored = await uow.officers.add(new)
    if stored.id == new.id:
        return new
    grants = tuple(dict.fromkeys((*stored.grants, grant)))
    changed = replace(stored, name=name, grants=grants, suspended_at=None)
    await uow.officers.save(changed)
    return changed


def _grant(tools: Tools, role: Role, office: str | None) -> Grant:
    if role not in OF_AN_OFFICE:
        return Grant(role)
    if office is None:
        raise OfficeNeeded
    try:
        return Grant(role, tools.catalogue.agency(office).id)
    except UnknownEntry:
        raise OfficeNotFound from None
