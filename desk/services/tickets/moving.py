"""The one way in which a ticket moves: checked, written down and told, in one transaction."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

from desk.domain.clocks import circumstances
from desk.domain.conversation import ConversationId
from desk.domain.errors import MoveNeeds, MoveNotAllowed, NotPermitted, TicketNotFound
from desk.domain.lifecycle import (
    AWAITS_CITIZEN,
    IN_WORK,
    OPEN,
    Actor,
    Circumstance,
    HistoryEntry,
    MoveDetails,
    PossibleMove,
    Status,
    check_move,
    moves_for,
)
from desk.domain.officer import Officer
from desk.domain.roles import actors_of
from desk.domain.routing import office_of_matter
from desk.domain.ticket import Follower, Ticket
from desk.domain.ticket_number import TicketNumber
from desk.services.events import CitizenObjected, TicketMoved
from desk.services.ports import UnitOfWork
from desk.services.tickets.deadlines import is_external
from desk.services.tickets.merging import merged_onwards
from desk.services.tools import Tools

#: Where a ticket goes back to when the question to its citizen needs no answer any more.
TAKES_BACK: Final = IN_WORK
#: Who moves: an officer with all roles, the citizen, or the desk by itself.
Mover = Officer | Actor


@dataclass(frozen=True)
class Moved:
    """The ticket as it is now, and whether it was moved to get there."""

    ticket: Ticket
    has_moved: bool


async def move(
    uow: UnitOfWork,
    tools: Tools,
    number: TicketNumber,
    target: Status,
    by: Mover,
    details: MoveDetails | None = None,
    *,
    answered: ConversationId | None = None,
) -> Moved:
    """Move a ticket, write it down, and queue what citizens and officers have to know.

    A repeated move changes nothing and raises nothing. A ticket that was verified goes on to
    its default office by itself when officers are registered there.

    Args:
        uow: The transaction; the caller commits it.
        tools: The desk's tools.
        number: Which ticket.
        target: The state it is to have.
        by: Who moves it; an officer acts in whichever role permits it.
        details: What the move needs.
        answered: The conversation that is told by the answer to its own turn.

    Raises:
        TicketNotFound: No ticket has this number, or the other one is none to merge with.
        MoveNotAllowed: The table has no such move for them now.
        MoveNeeds: Something that the move needs is missing.
    """
    details = details or MoveDetails()
    ticket, other = await _lock_both(uow, number, target, details.other_ticket)
    if ticket.status is target:
        return Moved(ticket, has_moved=False)
    actor = await _permitted(uow, tools, ticket, target, by, details)
    if other is not None:
        _require_mergeable(ticket, other)
    entry = _entry(tools, ticket, target, actor, by, details)
    moved = replace(
        ticket,
        status=target,
        office=entry.office,
        merged_into=details.other_ticket if target is Status.MERGED else None,
        history=(*ticket.history, entry),
    )
    await uow.tickets.save(moved)
    await _carry_along(uow, tools, ticket, moved, other, details)
    if await _goes_on_by_itself(uow, tools, moved):
        on = await move(uow, tools, number, Status.FORWARDED, Actor.SYSTEM, answered=answered)
        return Moved(on.ticket, has_moved=True)
    uow.record(TicketMoved(moved, answered))
    return Moved(moved, has_moved=True)


async def object_to_outcome(uow: UnitOfWork, ticket: Ticket) -> None:
    """Note that by its citizen a ticket is not solved, which they may not open again; once."""
    if await uow.tickets.note_reminder(ticket.id, f"keberatan:{len(ticket.history)}"):
        uow.record(CitizenObjected(ticket))


async def possible_moves(
    uow: UnitOfWork, tools: Tools, ticket: Ticket, by: Mover
) -> tuple[PossibleMove, ...]:
    """Return the moves that somebody may make now."""
    return moves_for(
        ticket.status,
        _actors(ticket, by),
        protected=ticket.is_protected,
        history=ticket.history,
        circumstances=await _circumstances(uow, tools, ticket),
    )


def citizen_may_reopen(tools: Tools, ticket: Ticket) -> bool:
    """Tell whether the citizen of a ticket may still have it opened again."""
    moves = moves_for(
        ticket.status,
        {Actor.CITIZEN},
        protected=ticket.is_protected,
        history=ticket.history,
        circumstances=circumstances(ticket.history, tools.calendar, tools.now(), tools.limits),
    )
    return any(move.target is Status.IN_PROGRESS for move in moves)


async def _lock_both(
    uow: UnitOfWork, number: TicketNumber, target: Status, other: TicketNumber | None
) -> tuple[Ticket, Ticket | None]:
    """Lock the citizen's conversation, then the tickets in a fixed order, as everybody does."""
    seen = await uow.tickets.get(number)
    if seen is None:
        raise TicketNotFound
    if target in AWAITS_CITIZEN and seen.reporter.conversation_id is not None:
        await uow.conversations.lock(ConversationId(seen.reporter.conversation_id))
    wanted = {number, *(each.number for each in await merged_onwards(uow, seen))}
    if other and target is Status.MERGED:
        wanted.add(other)
    locked = {each: await uow.tickets.lock(each) for each in sorted(wanted)}
    ticket, found = locked[number], locked.get(other) if other else None
    if ticket is None or (target is Status.MERGED and other and found is None):
        raise TicketNotFound
    return ticket, found if target is Status.MERGED else None


async def locked(uow: UnitOfWork, number: TicketNumber) -> Ticket:
    """Return a ticket, locked until the unit of work ends.

    Raises:
        TicketNotFound: No ticket has this number.
    """
    ticket = await uow.tickets.lock(number)
    if ticket is None:
        raise TicketNotFound
    return ticket


def _actors(ticket: Ticket, by: Mover) -> frozenset[Actor]:
    if isinstance(by, Actor):
        return frozenset({by})
    if not by.is_active:
        raise NotPermitted
    return actors_of(by.grants, office=ticket.office, protected=ticket.is_protected)


async def _circumstances(
    uow: UnitOfWork, tools: Tools, ticket: Ticket
) -> Collection[Circumstance]:
    found = circumstances(ticket.history, tools.calendar, tools.now(), tools.limits)
    is_staffed = ticket.office in await uow.officers.staffed_offices()
    # Officers of the office cannot see a protected ticket: there a person decides.
    if ticket.is_protected or is_external(tools, ticket.office) or not is_staffed:
        return found
    if ticket.office != office_of_matter(tools.catalogue, ticket.category, ticket.service):
        return found
    return found | {Circumstance.STAFFED_DEFAULT_OFFICE}


async def _permitted(
    uow: UnitOfWork,
    tools: Tools,
    ticket: Ticket,
    target: Status,
    by: Mover,
    details: MoveDetails,
) -> Actor:
    """Return in which capacity the move is made."""
    refused: MoveNeeds | None = None
    actors = _actors(ticket, by)
    found = await _circumstances(uow, tools, ticket)
    for actor in (each for each in Actor if each in actors):
        try:
            check_move(
                ticket.status,
                target,
                {actor},
                protected=ticket.is_protected,
                history=ticket.history,
                circumstances=found,
                details=details,
            )
        except MoveNeeds as needs:
            refused = refused or needs
        except MoveNotAllowed:
            continue
        else:
            return actor
    raise refused or MoveNotAllowed(ticket.status, target)


def _require_mergeable(ticket: Ticket, other: Ticket) -> None:
    """Let a ticket go into one that is open and seen by the same officers.

    Raises:
        TicketNotFound: It is the same one, closed, or not to be seen together with this one.
    """
    if other.number == ticket.number or other.status not in OPEN:
        raise TicketNotFound
    if other.is_protected != ticket.is_protected:
        raise TicketNotFound


def _entry(
    tools: Tools,
    ticket: Ticket,
    target: Status,
    actor: Actor,
    by: Mover,
    details: MoveDetails,
) -> HistoryEntry:
    code = {Status.REJECTED: details.refusal, Status.RESOLVED: details.outcome}.get(target)
    words = {Status.NOT_OURS: details.referral, Status.ON_HOLD: details.question}
    is_resolved = target is Status.RESOLVED
    return HistoryEntry(
        at=tools.now(),
        from_status=ticket.status,
        to_status=target,
        by=actor,
        reason=code,
        words=words.get(target, details.words),
        officer_id=by.id if isinstance(by, Officer) else None,
        office=_office_after(tools, ticket, target, details),
        proof=details.proof if is_resolved else None,
        photos=details.photos if is_resolved else (),
        scheduled_for=details.scheduled_for if is_resolved else None,
    )


def _office_after(
    tools: Tools, ticket: Ticket, target: Status, details: MoveDetails
) -> str | None:
    if target in {Status.VERIFIED, Status.FORWARDED} and details.office is not None:
        return tools.catalogue.agency(details.office).id
    if ticket.status is Status.FORWARDED and target is Status.VERIFIED:
        return None  # "bukan tugas kami": the coordinators find another
    return ticket.office


async def _carry_along(
    uow: UnitOfWork,
    tools: Tools,
    before: Ticket,
    moved: Ticket,
    other: Ticket | None,
    details: MoveDetails,
) -> None:
    """Take pictures and followers where the ticket goes."""
    if moved.status is Status.RESOLVED and details.photos:
        await uow.attachments.belong_to_ticket(details.photos, moved.id, at=tools.now())
    if other is not None:
        await _bring_people(uow, tools, before, other)
    if before.status is Status.MERGED:
        await _take_people_back(uow, tools, before)


async def _bring_people(uow: UnitOfWork, tools: Tools, merged: Ticket, into: Ticket) -> None:
    """Have reporter and followers of a merged ticket follow the one it went into."""
    reporter = merged.reporter.conversation_id
    followers = [each.conversation_id for each in await uow.tickets.followers(merged.id)]
    for conversation_id in (*([reporter] if reporter else []), *followers):
        if not into.belongs_to(conversation_id):
            follower = Follower(conversation_id, tools.now(), merged.number)
            await uow.tickets.follow(into.id, follower)


async def _take_people_back(uow: UnitOfWork, tools: Tools, split: Ticket) -> None:
    """Have those whom a ticket brought hear no more of what it was merged into, however far on.

    Whom another merged ticket brings as well stays; who had left does not come back.
    """
    leaving = split
    for into in await merged_onwards(uow, split):
        heard = await uow.tickets.followers(into.id)
        await uow.tickets.unfollow(into.id, through=leaving.number)
        for merged in await uow.tickets.merged_into(into.number):
            await _bring_people(uow, tools, merged, into)
        stayed = {each.conversation_id for each in heard}
        for follower in await uow.tickets.followers(into.id):
            if follower.conversation_id not in stayed:
                await uow.tickets.leave(into.id, ConversationId(follower.conversation_id))
        leaving = into


async def _goes_on_by_itself(uow: UnitOfWork, tools: Tools, moved: Ticket) -> bool:
    """Tell whether a ticket that was just verified is forwarded at once.

    One that an office gave back has no office, so that it cannot go to and fro.
    """
    if moved.status is not Status.VERIFIED:
        return False
    return Circumstance.STAFFED_DEFAULT_OFFICE in await _circumstances(uow, tools, moved)
