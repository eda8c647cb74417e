"""Opening a confidential identity as a use case, whoever shows it."""

import pytest
from sqlalchemy import select

from desk.domain.errors import SapaError, TicketNotFound
from desk.domain.lifecycle import Identity
from desk.domain.officer import Officer
from desk.domain.roles import Role
from desk.domain.ticket import Reporter, Ticket
from desk.services.privacy.identities import (
    IdentityErased,
    NotConfidential,
    ReasonTooShort,
    may_open,
    open_identity,
    opened,
)
from desk.storage.tables import IdentityOpeningRow
from tests.integration.ticket_life import OFFICE, Bureau

REASON = "perlu menanyakan  bukti\nkepada pelapor"


async def secret(bureau: Bureau, **changes: object) -> Ticket:
    citizen = await bureau.citizen()
    return await bureau.ticket(citizen=citizen, **{"identity": Identity.RAHASIA, **changes})


async def refused(bureau: Bureau, officer: Officer, ticket: Ticket, why: type[SapaError]) -> None:
    reason = "" if why is ReasonTooShort else REASON
    async with bureau.units() as uow:
        with pytest.raises(why):
            await open_identity(uow, bureau.tools, officer, ticket.number, reason)
        await uow.commit()
    async with bureau.storage.engine.connect() as connection:
        assert (await connection.execute(select(IdentityOpeningRow.id))).all() == []


async def test_it_is_noted_with_its_reason_and_the_citizen_is_told(bureau: Bureau) -> None:
    ticket, officer = await secret(bureau), await bureau.officer(Role.INTEGRITAS, name="Ibu Ani")
    assert may_open(officer, ticket)

    async with bureau.units() as uow:
        found, citizen = await open_identity(uow, bureau.tools, officer, ticket.number, REASON)
        await uow.commit()

    assert (found.id, found.reporter.name) == (ticket.id, "Budi Artifisial")
    assert citizen is not None
    async with bureau.units() as uow:
        (opening,) = await opened(uow, ticket)
    assert (opening.officer, opening.reason) == ("Ibu Ani", " ".join(REASON.split()))
    (told,) = await bureau.texts(citizen.address)
    assert "Ibu Ani" in told


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.INTEGRITAS])
async def test_for_other_roles_there_is_no_such_ticket(bureau: Bureau, role: Role) -> None:
    ticket, officer = await secret(bureau), await bureau.officer(role, OFFICE)

    assert not may_open(officer, ticket)
    await refused(bureau, officer, ticket, TicketNotFound)


async def test_each_reason_to_open_nothing_has_a_type_of_its_own(bureau: Bureau) -> None:
    officer = await bureau.officer(Role.INTEGRITAS)
    by_category = {"category": "pungli_korupsi", "identity": Identity.TERBUKA}

    await refused(bureau, officer, await secret(bureau), ReasonTooShort)
    await refused(bureau, officer, await secret(bureau, **by_category), NotConfidential)
    await refused(bureau, officer, await secret(bureau, reporter=Reporter()), IdentityErased)
