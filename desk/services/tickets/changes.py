"""What an officer may change about a ticket, what each change needs, and making it.

Whoever shows it, Telegram or the console, asks here and decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from desk.domain.errors import MoveNeeds, MoveNotAllowed
from desk.domain.lifecycle import Need, OutcomeCode
from desk.domain.officer import Officer
from desk.domain.ticket import Ticket
from desk.domain.ticket_form import CaseNote, TicketChange, TicketForm
from desk.services.ports import UnitOfWork
from desk.services.tickets import casework
from desk.services.tickets.moving import move, possible_moves
from desk.services.tools import Tools

#: In this order things are asked.
_ORDER: Final = (
    Need.OFFICE,
    Need.REFUSAL,
    Need.OUTCOME,
    Need.DATE,
    Need.OTHER_TICKET,
    Need.WORDS,
    Need.REFERRAL,
    Need.QUESTION,
    Need.PROOF,
)
#: Changes that are no moves: who may make them, and what they need.
_NOTES: Final[Mapping[CaseNote, tuple[Callable[[Ticket, Officer], bool], tuple[Need, ...]]]] = {
    CaseNote.REROUTE: (casework.may_reroute, (Need.OFFICE, Need.WORDS)),
    CaseNote.FIELD_CHECK: (casework.may_ask_for_field_check, (Need.WORDS,)),
    CaseNote.LAPOR_NUMBER: (casework.may_note, (Need.PROOF,)),
}


@dataclass(frozen=True)
class OpenChange:
    """A change that somebody may make now, and what it needs, in the order of asking."""

    change: TicketChange
    needs: tuple[Need, ...]

    def missing_in(self, form: TicketForm) -> Need | None:
        """Return what is to be asked next, None when the change can be made.

        What was planned for a day needs the day.
        """
        is_dated = form.outcome is OutcomeCode.SCHEDULED
        wanted = (n for n in _ORDER if n in self.needs or (n is Need.DATE and is_dated))
        return next((need for need in wanted if not form.has(need)), None)


async def changes_open_to(
    uow: UnitOfWork, tools: Tools, ticket: Ticket, officer: Officer
) -> tuple[OpenChange, ...]:
    """Return what an officer may change about a ticket now: moves first, then notes."""
    moves = [
        OpenChange(possible.target, tuple(need for need in _ORDER if need in possible.needs))
        for possible in await possible_moves(uow, tools, ticket, officer)
    ]
    notes = [
        OpenChange(note, needs) for note, (may, needs) in _NOTES.items() if may(ticket, officer)
    ]
    return (*moves, *notes)


async def change_of(
    uow: UnitOfWork, tools: Tools, ticket: Ticket, officer: Officer, form: TicketForm
) -> OpenChange:
    """Return the change that a form is about.

    Raises:
        MoveNotAllowed: It is not open to this officer now.
    """
    for each in await changes_open_to(uow, tools, ticket, officer):
        if each.change == form.change:
            return each
    raise MoveNotAllowed(ticket.status, form.change)


async def make_change(uow: UnitOfWork, tools: Tools, officer: Officer, form: TicketForm) -> Ticket:
    """Make a change as a form says, and return the ticket as it is then.

    Raises:
        TicketNotFound: No ticket has this number, or the other one is none to merge with.
        MoveNotAllowed, NotPermitted: It is not open to this officer.
        MoveNeeds: Something it needs is missing in the form.
        NoLaporNumber: The number of SP4N-LAPOR! is none.
    """
    if isinstance(form.change, CaseNote):
        return await _note(uow, tools, officer, form.change, form)
    moved = await move(uow, tools, form.number, form.change, officer, form.details)
    return moved.ticket


async def _note(
    uow: UnitOfWork, tools: Tools, officer: Officer, note: CaseNote, form: TicketForm
) -> Ticket:
    _, needs = _NOTES[note]
    missing = OpenChange(note, needs).missing_in(form)
    if missing is not None:
        raise MoveNeeds(note, {missing})
    number, words = form.number, form.words or ""
    match note:
        case CaseNote.REROUTE:
            office = form.office or ""
            return await casework.reroute(uow, tools, number, officer, office=office, words=words)
        case CaseNote.FIELD_CHECK:
            return await casework.ask_for_field_check(uow, tools, number, officer, words)
        case CaseNote.LAPOR_NUMBER:
            return await casework.note_lapor_number(uow, number, officer, form.proof or "")
