"""What an officer may change about a ticket and see of it, asked without a chat."""

from dataclasses import replace

import pytest

from desk.domain.errors import MoveNeeds, MoveNotAllowed, NotPermitted, TicketNotFound
from desk.domain.lifecycle import Identity, Need, OutcomeCode, RefusalCode, Status
from desk.domain.officer import Officer
from desk.domain.roles import Role
from desk.domain.ticket import Ticket
from desk.domain.ticket_form import CaseNote, TicketChange, TicketForm
from desk.domain.ticket_number import TicketNumber
from desk.services.tickets.casework import NoLaporNumber
from desk.services.tickets.changes import OpenChange, change_of, changes_open_to, make_change
from desk.services.tickets.moving import possible_moves
from desk.services.tickets.visibility import may_see, may_see_identity, visible_to
from tests.integration.ticket_life import OFFICE, OTHER_OFFICE, Bureau, S

SECRET = {"identity": Identity.RAHASIA}


async def open_changes(
    bureau: Bureau, ticket: Ticket, officer: Officer
) -> dict[TicketChange, OpenChange]:
    async with bureau.units() as uow:
        found = await changes_open_to(uow, bureau.tools, ticket, officer)
    return {each.change: each for each in found}


async def make(bureau: Bureau, officer: Officer, form: TicketForm) -> Ticket:
    async with bureau.units() as uow:
        changed = await make_change(uow, bureau.tools, officer, form)
        await uow.commit()
    return changed


def form_of(ticket: Ticket, change: TicketChange, /, **answers: object) -> TicketForm:
    form = TicketForm(number=ticket.number, change=change, begun_in=ticket.status)
    return replace(form, **answers)  # type: ignore[arg-type]


@pytest.mark.parametrize("status", [S.NEW, S.FORWARDED, S.IN_PROGRESS, S.ON_HOLD, S.RESOLVED])
@pytest.mark.parametrize("role", [Role.PETUGAS, Role.KOORDINATOR, Role.SUPERVISOR])
async def test_every_move_that_the_table_gives_an_officer_is_open(
    bureau: Bureau, status: Status, role: Role
) -> None:
    ticket = await bureau.ticket(status)
    officer = await bureau.officer(role, None if role is Role.KOORDINATOR else OFFICE)
    async with bureau.units() as uow:
        moves = await possible_moves(uow, bureau.tools, ticket, officer)

    found = await open_changes(bureau, ticket, officer)

    assert {each for each in found if isinstance(each, Status)} == {m.target for m in moves}
    assert all(set(found[move.target].needs) == set(move.needs) for move in moves)


async def test_notes_are_open_besides_moves_to_those_who_may_make_them(bureau: Bureau) -> None:
    ticket = await bureau.ticket(S.IN_PROGRESS)
    supervisor = await bureau.officer(Role.SUPERVISOR, OFFICE)
    clerk = await bureau.officer(Role.PETUGAS, OFFICE)

    assert set(CaseNote) <= set(await open_changes(bureau, ticket, supervisor))
    assert set(await open_changes(bureau, ticket, clerk)) & set(CaseNote) == {
        CaseNote.LAPOR_NUMBER
    }


async def test_nothing_is_open_to_an_officer_of_another_office(bureau: Bureau) -> None:
    ticket = await bureau.ticket(S.IN_PROGRESS)
    stranger = await bureau.officer(Role.PETUGAS, OTHER_OFFICE)

    assert await open_changes(bureau, ticket, stranger) == {}
    async with bureau.units() as uow:
        with pytest.raises(MoveNotAllowed):
            await change_of(uow, bureau.tools, ticket, stranger, form_of(ticket, S.RESOLVED))


async def test_an_outcome_on_a_date_needs_the_date_before_the_proof(bureau: Bureau) -> None:
    ticket = await bureau.ticket(S.IN_PROGRESS)
    clerk = await bureau.officer(Role.PETUGAS, OFFICE)
    resolve = (await open_changes(bureau, ticket, clerk))[S.RESOLVED]

    form = form_of(ticket, S.RESOLVED)
    assert resolve.missing_in(form) is Need.OUTCOME
    assert resolve.missing_in(form.answered(Need.OUTCOME, OutcomeCode.FIXED)) is Need.PROOF
    scheduled = form.answered(Need.OUTCOME, OutcomeCode.SCHEDULED)
    assert resolve.missing_in(scheduled) is Need.DATE
    shown = form.answered(Need.OUTCOME, OutcomeCode.FIXED).with_photo("foto", None)
    assert resolve.missing_in(shown) is None


async def test_a_complete_form_moves_the_ticket(bureau: Bureau) -> None:
    ticket = await bureau.ticket(S.NEW)
    officer = await bureau.officer(Role.KOORDINATOR)
    form = form_of(ticket, S.REJECTED, refusal=RefusalCode.UNCLEAR, words="Tidak jelas")

    assert (await make(bureau, officer, form)).status is S.REJECTED
    assert (await bureau.stored(ticket)).history[-1].words == "Tidak jelas"


@pytest.mark.parametrize(
    ("change", "answers", "missing"),
    [
        (S.REJECTED, {}, Need.REFUSAL),
        (CaseNote.REROUTE, {"words": "salah alamat"}, Need.OFFICE),
        (CaseNote.REROUTE, {"office": OTHER_OFFICE}, Need.WORDS),
        (CaseNote.LAPOR_NUMBER, {}, Need.PROOF),
    ],
)
async def test_an_incomplete_form_changes_nothing_and_says_what_it_lacks(
    bureau: Bureau, change: TicketChange, answers: dict[str, object], missing: Need
) -> None:
    ticket = await bureau.ticket(S.VERIFIED)
    officer = await bureau.officer(Role.KOORDINATOR)

    with pytest.raises(MoveNeeds) as refused:
        await make(bureau, officer, form_of(ticket, change, **answers))

    assert missing in refused.value.missing
    assert await bureau.stored(ticket) == ticket


async def test_what_is_no_number_of_lapor_is_not_noted(bureau: Bureau) -> None:
    ticket = await bureau.ticket(S.IN_PROGRESS)
    officer = await bureau.officer(Role.PETUGAS, OFFICE)

    with pytest.raises(NoLaporNumber):
        await make(bureau, officer, form_of(ticket, CaseNote.LAPOR_NUMBER, proof="tidak tahu?"))
    noted = await make(bureau, officer, form_of(ticket, CaseNote.LAPOR_NUMBER, proof="#1234567"))

    assert noted.lapor_number == "1234567"


async def test_who_may_not_note_is_refused_with_a_type(bureau: Bureau) -> None:
    ticket = await bureau.ticket(S.IN_PROGRESS)
    stranger = await bureau.officer(Role.PETUGAS, OTHER_OFFICE)
    form = form_of(ticket, CaseNote.LAPOR_NUMBER, proof="1234567")

    with pytest.raises(NotPermitted):
        await make(bureau, stranger, form)
    with pytest.raises(TicketNotFound):
        await make(bureau, stranger, replace(form, number=TicketNumber("MJU-0000-0000")))


async def test_officers_see_their_office_and_integritas_what_is_protected(
    bureau: Bureau,
) -> None:
    plain, secret = await bureau.ticket(), await bureau.ticket(**SECRET)
    roles = {
        Role.KOORDINATOR: (None, {plain.id}),
        Role.PETUGAS: (OFFICE, {plain.id}),
        Role.SUPERVISOR: (OTHER_OFFICE, set()),
        Role.INTEGRITAS: (None, {secret.id}),
        Role.PIMPINAN: (None, set()),
    }
    for role, (office, seen) in roles.items():
        officer = await bureau.officer(role, office)
        async with bureau.units() as uow:
            found = await visible_to(uow, bureau.tools, officer)
            unprotected = await visible_to(uow, bureau.tools, officer, protected_too=False)
        assert {each.id for each in found} == seen, role
        assert {each.id for each in unprotected} == seen - {secret.id}, role
        assert {each.id for each in (plain, secret) if may_see(officer, each)} == seen, role


async def test_the_ticket_that_used_most_of_its_time_comes_first_and_who_waits_last(
    bureau: Bureau,
) -> None:
    waits = await bureau.ticket(S.ON_HOLD)
    old = await bureau.ticket(S.NEW)
    bureau.clock.advance(hours=24)
    young = await bureau.ticket(S.NEW)
    officer = await bureau.officer(Role.KOORDINATOR)

    async with bureau.units() as uow:
        found = await visible_to(uow, bureau.tools, officer)

    assert [each.id for each in found] == [old.id, young.id, waits.id]


async def test_the_name_behind_a_confidential_ticket_is_shown_to_nobody(bureau: Bureau) -> None:
    plain, secret = await bureau.ticket(), await bureau.ticket(**SECRET)
    coordinator = await bureau.officer(Role.KOORDINATOR)
    integrity = await bureau.officer(Role.INTEGRITAS)

    assert may_see_identity(coordinator, plain)
    assert not may_see_identity(coordinator, secret)
    assert not may_see_identity(integrity, secret)
