"""What officers do to a ticket besides moving it: another office, more time, notes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from desk.domain.errors import MoveNeeds, MoveNotAllowed, NotPermitted, Refused
from desk.domain.lifecycle import (
    IN_WORK,
    MAX_PROOF_PHOTOS,
    Actor,
    HistoryEntry,
    Kind,
    Need,
    NoteCode,
    Status,
)
from desk.domain.officer import Officer
from desk.domain.roles import actors_of
from desk.domain.ticket import Ticket
from desk.domain.ticket_number import TicketNumber
from desk.services.events import OfficerAnswered, TicketNoted
from desk.services.ports import UnitOfWork
from desk.services.tickets import moving
from desk.services.tools import Tools

_REROUTES: Final = frozenset({Actor.KOORDINATOR, Actor.SUPERVISOR, Actor.INTEGRITAS})
_GIVES_TIME: Final = frozenset({Actor.SUPERVISOR, Actor.INTEGRITAS})
_NOTES: Final = _REROUTES | {Actor.PETUGAS}
_LAPOR_NUMBER: Final = re.compile(r"#?([0-9A-Za-z][0-9A-Za-z/.-]{2,29})")


class NoLaporNumber(Refused):
    """What was given is no number of SP4N-LAPOR!."""


def may_reroute(ticket: Ticket, officer: Officer) -> bool:
    """Tell whether an officer may give a ticket to another office."""
    return _acts(ticket, officer, _REROUTES) and ticket.status in IN_WORK | {Status.ON_HOLD}


def may_ask_for_field_check(ticket: Ticket, officer: Officer) -> bool:
    """Tell whether an officer may set *perlu pemeriksaan lapangan*."""
    return _acts(ticket, officer, _GIVES_TIME) and ticket.status in IN_WORK


def may_note(ticket: Ticket, officer: Officer) -> bool:
    """Tell whether an officer may write down what happened outside the desk."""
    return _acts(ticket, officer, _NOTES)


def awaits_contact(ticket: Ticket) -> bool:
    """Tell whether somebody waits to be called about a service."""
    return ticket.kind is Kind.PERMOHONAN and ticket.first_contact_at is None


async def reroute(
    uow: UnitOfWork,
    tools: Tools,
    number: TicketNumber,
    officer: Officer,
    *,
    office: str,
    words: str,
) -> Ticket:
    """Give a ticket to another office, and tell its citizen why; its state stays.

    Raises:
        TicketNotFound: No ticket has this number.
        MoveNotAllowed: They may not, or not in this state.
        MoveNeeds: No reason was given.
        UnknownEntry: There is no such office.
    """
    ticket = await moving.locked(uow, number)
    if not may_reroute(ticket, officer):
        raise MoveNotAllowed(ticket.status, ticket.status)
    if not words.strip():
        raise MoveNeeds(ticket.status, {Need.WORDS})
    if ticket.office == tools.catalogue.agency(office).id:
        return ticket
    entry = _note(tools, ticket, officer, NoteCode.REROUTED, words, office)
    changed = replace(ticket, office=office, history=(*ticket.history, entry))
    await _save(uow, changed)
    return changed


async def ask_for_field_check(
    uow: UnitOfWork, tools: Tools, number: TicketNumber, officer: Officer, words: str
) -> Ticket:
    """Give a ticket the time that looking at the place takes.

    Raises:
        TicketNotFound: No ticket has this number.
        MoveNotAllowed: They may not, or not in this state.
        MoveNeeds: No reason was given.
    """
    ticket = await moving.locked(uow, number)
    if not may_ask_for_field_check(ticket, officer):
        raise MoveNotAllowed(ticket.status, ticket.status)
    if not words.strip():
        raise MoveNeeds(ticket.status, {Need.WORDS})
    entry = _note(tools, ticket, officer, NoteCode.FIELD_CHECK, words, ticket.office)
    changed = replace(
        ticket,
        field_checks=(*ticket.field_checks, tools.now()),
        history=(*ticket.history, entry),
    )
    await _save(uow, changed)
    return changed


async def add_late_proof(
    uow: UnitOfWork, tools: Tools, number: TicketNumber, officer: Officer, photo: str
) -> bool:
    """Add a photo to the outcome that an officer just told; False: it has as many as it may.

    It becomes a line of its own in the history: what was written down is never changed.

    Raises:
        TicketNotFound: No ticket has this number.
        MoveNotAllowed: The outcome is another officer's, or the ticket has moved on.
    """
    ticket = await moving.locked(uow, number)
    if ticket.status is not Status.RESOLVED or ticket.history[-1].officer_id != officer.id:
        raise MoveNotAllowed(ticket.status, ticket.status)
    if len(_proofs_of_outcome(ticket)) >= MAX_PROOF_PHOTOS:
        return False
    entry = _note(tools, ticket, officer, NoteCode.LATE_PROOF, None, ticket.office)
    entry = replace(entry, photos=(photo,))
    await uow.attachments.belong_to_ticket([photo], ticket.id, at=tools.now())
    await _save(uow, replace(ticket, history=(*ticket.history, entry)))
    return True


def _proofs_of_outcome(ticket: Ticket) -> list[str]:
    """Return the photos of a resolved ticket's last outcome, those that came late included."""
    photos: list[str] = []
    for entry in reversed(ticket.history):
        photos += entry.photos
        if entry.from_status is not Status.RESOLVED:
            break
    return photos


async def note_lapor_number(
    uow: UnitOfWork, number: TicketNumber, officer: Officer, text: str
) -> Ticket:
    """Write down under which number SP4N-LAPOR! has the matter.

    Raises:
        TicketNotFound: No ticket has this number.
        NotPermitted: They may not.
        NoLaporNumber: It is none.
    """
    ticket = await _locked_for_note(uow, number, officer)
    found = _LAPOR_NUMBER.fullmatch(text.strip())
    if found is None:
        raise NoLaporNumber
    changed = replace(ticket, lapor_number=found[1])
    await uow.tickets.save(changed)
    return changed


async def note_first_contact(
    uow: UnitOfWork, tools: Tools, number: TicketNumber, officer: Officer
) -> Ticket:
    """Write down that the citizen was called; the first time counts.

    Raises:
        TicketNotFound: No ticket has this number.
        NotPermitted: They may not.
    """
    return await _contacted(uow, tools, await _locked_for_note(uow, number, officer))


async def note_written(uow: UnitOfWork, tools: Tools, event: OfficerAnswered) -> None:
    """Write down that an officer wrote to the citizen about a ticket; the first time counts.

    Whoever has the word in a conversation about a ticket may write, of whatever office. It is no
    contact when the citizen has blocked the bot and will not read it. Nearly every message is
    not the first, so the ticket is locked only for that one.
    """
    number = event.handoff.ticket
    if number is None or event.conversation.blocked_at is not None:
        return
    ticket = await uow.tickets.get(number)
    if ticket is not None and ticket.first_contact_at is None:
        await _contacted(uow, tools, await moving.locked(uow, number))


async def _contacted(uow: UnitOfWork, tools: Tools, ticket: Ticket) -> Ticket:
    if ticket.first_contact_at is not None:
        return ticket
    changed = replace(ticket, first_contact_at=tools.now())
    await uow.tickets.save(changed)
    return changed


def _acts(ticket: Ticket, officer: Officer, wanted: frozenset[Actor]) -> bool:
    if not officer.is_active:
        return False
    actors = actors_of(officer.grants, office=ticket.office, protected=ticket.is_protected)
    return not wanted.isdisjoint(actors)


def _note(
    tools: Tools,
    ticket: Ticket,
    officer: Officer,
    code: NoteCode,
    words: str | None,
    office: str | None,
) -> HistoryEntry:
    """Return a line of the history that moves nothing."""
    actors = actors_of(officer.grants, office=ticket.office, protected=ticket.is_protected)
    return HistoryEntry(
        at=tools.now(),
        from_status=ticket.status,
        to_status=ticket.status,
        by=next(actor for actor in Actor if actor in actors),
        reason=code,
        words=words,
        officer_id=officer.id,
        office=office,
    )


async def _save(uow: UnitOfWork, ticket: Ticket) -> None:
    await uow.tickets.save(ticket)
    uow.record(TicketNoted(ticket))


async def _locked_for_note(uow: UnitOfWork, number: TicketNumber, officer: Officer) -> Ticket:
    ticket = await moving.locked(uow, number)
    if not may_note(ticket, officer):
        raise NotPermitted
    return ticket
