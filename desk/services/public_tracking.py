"""Following a ticket without an account: its state by number, all of it with the code."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from desk.domain.clocks import ClockName, ClockState, circumstances, clock_state
from desk.domain.errors import MoveNotAllowed, TicketNotFound, WrongFollowUpCode
from desk.domain.followup_code import hash_code, matches
from desk.domain.lifecycle import (
    OPEN,
    Actor,
    HistoryEntry,
    MoveResult,
    PossibleMove,
    Status,
    check_move,
    moves_for,
    state_before,
)
from desk.domain.status_labels import STATUS_LABELS
from desk.domain.ticket import Addition, AdditionKind, Ticket
from desk.domain.ticket_number import MistypedNumber, TicketNumber, read_ticket_number
from desk.services.additions import MAX_WORDS
from desk.services.ports import UnitOfWork, UnitsOfWork
from desk.services.questions import place_name
from desk.services.tools import Tools, new_id
from desk.services.tracking import public_state

#: What a citizen may do to a ticket besides adding to it; an answer to a question is added.
CITIZENS_MOVES: Final = (Status.CLOSED, Status.IN_PROGRESS, Status.WITHDRAWN)
MAX_PHOTOS: Final = 10
_NO_CODE: Final = "0000-0000"


@dataclass(frozen=True)
class Deadline:
    """A clock that runs for a ticket, and the rule behind it."""

    due: datetime
    rule: str  #: a key of the wording: "web.aturan.verifikasi"
    days: int
    is_late: bool
    is_paused: bool
    waits_for_citizen: bool


@dataclass(frozen=True)
class PublicTicket:
    """What anyone with the number may see."""

    number: TicketNumber
    kind: str
    state: str
    meaning: str
    is_final: bool
    office: str | None
    filed_at: datetime
    changed_at: datetime
    deadlines: tuple[Deadline, ...]


@dataclass(frozen=True)
class Step:
    """One line of the history as its citizen may read it."""

    at: datetime
    state: str
    by: str  #: a key of the wording: "web.oleh.petugas"
    office: str | None
    reason: str | None  #: a refusal or outcome code
    words: str | None


@dataclass(frozen=True)
class FullTicket:
    """What the citizen who has the follow-up code may see."""

    public: PublicTicket
    description: str
    subject: str | None
    place: str
    since: str | None
    photos: tuple[str, ...]
    steps: tuple[Step, ...]
    additions: tuple[Addition, ...]
    question: str | None  #: an officer's question that waits for an answer
    moves: tuple[Status, ...]
    takes_additions: bool


async def look_up(
    units: UnitsOfWork, tools: Tools, text: str
) -> PublicTicket | MistypedNumber | None:
    """Return the public state of the ticket whose number *text* is.

    None: the number could be one, but no ticket has it.
    """
    number = read_ticket_number(text)
    if number is None or isinstance(number, MistypedNumber):
        return number or MistypedNumber(text.strip())
    async with units() as uow:
        ticket = await uow.tickets.get(number)
    return None if ticket is None else public_ticket(tools, ticket)


async def check_code(units: UnitsOfWork, tools: Tools, text: str, code: str) -> TicketNumber:
    """Return the number of the ticket that a number and a code open together.

    The same work is done whether the number, the code or both are wrong.

    Raises:
        WrongFollowUpCode: They do not belong together.
    """
    number = read_ticket_number(text)
    ticket = None
    async with units() as uow:
        if number is not None and not isinstance(number, MistypedNumber):
            ticket = await uow.tickets.get(number)
    stored = ticket.code_hash if ticket else None
    is_right = matches(code, stored or hash_code(_NO_CODE, tools.code_key), tools.code_key)
    if ticket is None or stored is None or not is_right:
        raise WrongFollowUpCode
    return ticket.number


async def full_ticket(units: UnitsOfWork, tools: Tools, number: TicketNumber) -> FullTicket:
    """Return all that the holder of the follow-up code may see.

    Raises:
        TicketNotFound: No ticket has this number.
    """
    async with units() as uow:
        ticket = await uow.tickets.get(number)
    if ticket is None:
        raise TicketNotFound
    place = ticket.place
    return FullTicket(
        public=public_ticket(tools, ticket),
        description=ticket.description,
        subject=_subject(tools, ticket),
        place=place_name(tools, place.code, place.words, has_pin=place.point is not None),
        since=ticket.since,
        photos=ticket.photos,
        steps=tuple(_step(tools, ticket, entry) for entry in ticket.history),
        additions=ticket.additions,
        question=_open_question(ticket),
        moves=tuple(
            move.target
            for move in _possible_moves(tools, ticket)
            if move.target in CITIZENS_MOVES and not move.needs
        ),
        takes_additions=ticket.status in OPEN,
    )


def public_ticket(tools: Tools, ticket: Ticket) -> PublicTicket:
    """Return the public part of a ticket; the office of a protected one is never shown."""
    state = public_state(tools, ticket)
    return PublicTicket(
        number=ticket.number,
        kind=ticket.kind,
        state=STATUS_LABELS[ticket.status].short,
        meaning=STATUS_LABELS[ticket.status].meaning,
        is_final=ticket.status not in OPEN,
        office=str(state["instansi"]) if state["instansi"] else None,
        filed_at=ticket.filed_at,
        changed_at=ticket.history[-1].at if ticket.history else ticket.filed_at,
        deadlines=_deadlines(tools, ticket),
    )


def _deadlines(tools: Tools, ticket: Ticket) -> tuple[Deadline, ...]:
    external = ticket.office is not None and tools.catalogue.agency(ticket.office).luar
    clocks = clock_state(
        ticket.kind, ticket.history, tools.calendar, tools.now(), tools.limits, external=external
    )
    return tuple(_deadline(tools, clock) for clock in clocks if clock.stopped is None)


def _deadline(tools: Tools, clock: ClockState) -> Deadline:
    return Deadline(
        due=clock.due,
        rule=f"web.aturan.{clock.name}",
        days=tools.limits.of(clock.name),
        is_late=clock.late,
        is_paused=clock.paused,
        waits_for_citizen=clock.name is ClockName.CITIZEN_ANSWER,
    )


def _subject(tools: Tools, ticket: Ticket) -> str | None:
    if ticket.category:
        return tools.catalogue.category(ticket.category).label
    return tools.catalogue.service(ticket.service).nama if ticket.service else None


_BY: Final = {Actor.CITIZEN: "web.oleh.warga", Actor.SYSTEM: "web.oleh.sistem"}


def _step(tools: Tools, ticket: Ticket, entry: HistoryEntry) -> Step:
    office = None if ticket.is_protected else entry.office
    return Step(
        at=entry.at,
        state=STATUS_LABELS[entry.to_status].short,
        by=_BY.get(entry.by, "web.oleh.petugas"),
        office=tools.catalogue.agency(office).nama if office else None,
        reason=entry.reason,
        words=entry.words,
    )


def _open_question(ticket: Ticket) -> str | None:
    if ticket.status is not Status.ON_HOLD:
        return None
    asked = [entry.words for entry in ticket.history if entry.to_status is Status.ON_HOLD]
    return asked[-1] if asked else None


def _possible_moves(tools: Tools, ticket: Ticket) -> tuple[PossibleMove, ...]:
    return moves_for(
        ticket.status,
        {Actor.CITIZEN},
        protected=ticket.is_protected,
        history=ticket.history,
        circumstances=circumstances(ticket.history, tools.calendar, tools.now(), tools.limits),
    )


async def add_to_ticket(
    units: UnitsOfWork,
    tools: Tools,
    number: TicketNumber,
    *,
    words: str,
    photo: bytes | None,
    key: str,
) -> None:
    """Add words and a photo; the same *key* again changes nothing.

    What comes while an officer's question is open is the answer to it.

    Raises:
        TicketNotFound: No ticket has this number.
        MoveNotAllowed: The ticket is closed.
    """
    async with units() as uow:
        ticket = await _lock(uow, number)
        if ticket.status not in OPEN:
            raise MoveNotAllowed(ticket.status, ticket.status)
        now = tools.now()
        if words:
            added = Addition(now, AdditionKind.WORDS, text=words[:MAX_WORDS])
            await uow.tickets.add_addition(ticket.id, added, key=f"lacak:{key}:kata")
        if photo is not None:
            await _add_photo(uow, ticket, photo, now, key)
        if ticket.status is Status.ON_HOLD and (words or photo):
            await uow.tickets.save(_answered(tools, await _lock(uow, number)))
        await uow.commit()


async def _add_photo(
    uow: UnitOfWork, ticket: Ticket, photo: bytes, now: datetime, key: str
) -> None:
    if sum(a.kind is AdditionKind.PHOTO for a in ticket.additions) >= MAX_PHOTOS:
        return
    attachment = new_id()
    await uow.attachments.add(attachment, None, photo, "image/jpeg", now)
    await uow.attachments.belong_to_ticket([attachment], ticket.id, at=now)
    added = Addition(now, AdditionKind.PHOTO, attachment=attachment)
    await uow.tickets.add_addition(ticket.id, added, key=f"lacak:{key}:foto")


def _answered(tools: Tools, ticket: Ticket) -> Ticket:
    before = state_before(ticket.status, ticket.history)
    return ticket if before is None else _moved(tools, ticket, before)


async def move_by_citizen(
    units: UnitsOfWork, tools: Tools, number: TicketNumber, target: Status
) -> None:
    """Withdraw, close or reopen a ticket as its citizen; a repeated move changes nothing.

    Raises:
        TicketNotFound: No ticket has this number.
        MoveNotAllowed: The lifecycle has no such move now.
    """
    if target not in CITIZENS_MOVES:
        raise MoveNotAllowed(None, target)
    async with units() as uow:
        ticket = await _lock(uow, number)
        moved = _moved(tools, ticket, target)
        if moved is not ticket:
            await uow.tickets.save(moved)
            await uow.commit()


def _moved(tools: Tools, ticket: Ticket, target: Status) -> Ticket:
    result = check_move(
        ticket.status,
        target,
        {Actor.CITIZEN},
        protected=ticket.is_protected,
        history=ticket.history,
        circumstances=circumstances(ticket.history, tools.calendar, tools.now(), tools.limits),
    )
    if result is MoveResult.UNCHANGED:
        return ticket
    entry = HistoryEntry(
        at=tools.now(), from_status=ticket.status, to_status=target, by=Actor.CITIZEN
    )
    return replace(ticket, status=target, history=(*ticket.history, entry))


async def _lock(uow: UnitOfWork, number: TicketNumber) -> Ticket:
    ticket = await uow.tickets.lock(number)
    if ticket is None:
        raise TicketNotFound
    return ticket


async def picture_of_ticket(
    units: UnitsOfWork, number: TicketNumber, attachment: str
) -> tuple[bytes, str] | None:
    """Return a picture that belongs to this very ticket."""
    async with units() as uow:
        ticket = await uow.tickets.get(number)
        if ticket is None:
            return None
        own = {*ticket.photos, *(addition.attachment for addition in ticket.additions)}
        return await uow.attachments.get(attachment) if attachment in own else None
