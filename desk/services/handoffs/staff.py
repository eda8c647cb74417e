"""Who the officers are: registering them, naming them, letting them go."""

from dataclasses import replace

from desk.domain.catalogue import UnknownEntry
from desk.domain.errors import OfficeNotFound, OfficerNotFound, Refused
from desk.domain.handoff import WaitAgain
from desk.domain.officer import Officer, OfficerId
from desk.domain.roles import Grant, Role, require_admin_left
from desk.services.handoffs import course
from desk.services.ports import UnitOfWork, UnitsOfWork
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


async def suspend(units: UnitsOfWork, tools: Tools, telegram_id: int) -> tuple[Officer, int]:
    """Obey somebody no more, and put the conversations they serve back in line; count them.

    What a crash leaves is put back by the watch.

    Raises:
        OfficerNotFound: Nobody with this Telegram account is registered.
        LastAdminStays: There would be no admin left.
    """
    async with units() as uow:
        officer = await uow.officers.by_telegram_id(telegram_id)
        if officer is None:
            raise OfficerNotFound
        admins = {each.id for each in await uow.officers.with_role(Role.ADMIN)}
        require_admin_left(admins, officer.id)
        officer = replace(officer, suspended_at=officer.suspended_at or tools.now())
        await uow.officers.save(officer)
        served = await uow.handoffs.of_officer(officer.id)
        await uow.commit()
    for handoff in served:
        async with units() as uow:
            await course.release(uow, tools, handoff, WaitAgain.OFFICER_AWAY)
            await uow.commit()
    return officer, len(served)
