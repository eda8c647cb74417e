"""Following a ticket without an account: its state by number, all of it with the code."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from desk.domain.errors import MoveNotAllowed, TicketNotFound, WrongFollowUpCode
from desk.domain.followup_code import hash_code, matches
from desk.domain.lifecycle import OPEN, Actor, HistoryEntry, Status
from desk.domain.ticket import Addition, AdditionKind, Ticket
from desk.domain.ticket_number import MistypedNumber, TicketNumber, read_ticket_number
from desk.services.ports import UnitOfWork, UnitsOfWork
from desk.services.privacy.identities import Opened, opened
from desk.services.tickets import additions, ratings
from desk.services.tickets.deadlines import (
    Deadline,
    Referral,
    days_once_forwarded,
    deadlines,
    referrals,
)
from desk.services.tickets.merging import takes_additions
from desk.services.tickets.moving import locked, move, possible_moves
from desk.services.tools import Tools
from desk.services.words.news import step_told
from desk.services.words.states import state_meaning, state_name
from desk.services.words.tickets import pictures_of, place_of, public_state, subject_of

#: What a citizen may do to a ticket besides adding to it; an answer to a question is added.
CITIZENS_MOVES: Final = (Status.CLOSED, Status.IN_PROGRESS, Status.WITHDRAWN)
MAX_PHOTOS: Final = 10
_NO_CODE: Final = "0000-0000"


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
    days_once_forwarded: int | None  #: the limit that begins when an office has it
    referrals: tuple[Referral, ...]  #: where to turn when one of them passes


@dataclass(frozen=True)
class Step:
    """One line of the history as its citizen may read it."""

    at: datetime
    told: str  #: what was done
    by: str  #: a key of the wording: "web.oleh.petugas"
    office: str | None
    reason: str | None  #: a refusal or outcome code
    words: str | None
    proof: str | None
    photos: tuple[str, ...]
    scheduled_for: date | None


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
    takes_rating: bool
    rating: int | None
    merged_into: TicketNumber | None
    lapor_number: str | None
    openings: tuple[Opened, ...]  #: who opened the confidential identity, and why


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
        possible = await possible_moves(uow, tools, ticket, Actor.CITIZEN)
        openings = await opened(uow, ticket)
        reader = await takes_additions(uow, ticket)
    moves = tuple(m.target for m in possible if m.target in CITIZENS_MOVES and not m.needs)
    return FullTicket(
        public=public_ticket(tools, ticket),
        description=ticket.description,
        subject=subject_of(tools, ticket),
        place=place_of(tools, ticket),
        since=ticket.since,
        photos=ticket.photos,
        steps=tuple(_step(tools, ticket, entry) for entry in ticket.history),
        additions=ticket.additions,
        question=_open_question(ticket),
        moves=moves,
        takes_additions=reader is not None,
        takes_rating=ticket.status is Status.CLOSED,
        rating=ticket.rating,
        merged_into=ticket.merged_into,
        lapor_number=ticket.lapor_number,
        openings=openings,
    )


def public_ticket(tools: Tools, ticket: Ticket) -> PublicTicket:
    """Return the public part of a ticket; the office of a protected one is never shown."""
    state = public_state(tools, ticket, is_own=True)
    return PublicTicket(
        number=ticket.number,
        kind=ticket.kind,
        state=state_name(tools, ticket.status, is_own=True),
        meaning=state_meaning(tools, ticket.status),
        is_final=ticket.status not in OPEN,
        office=str(state["instansi"]) if state["instansi"] else None,
        filed_at=ticket.filed_at,
        changed_at=ticket.history[-1].at if ticket.history else ticket.filed_at,
        deadlines=deadlines(tools, ticket),
        days_once_forwarded=days_once_forwarded(tools, ticket),
        referrals=referrals(tools),
    )


_BY: Final = {Actor.CITIZEN: "web.oleh.warga", Actor.SYSTEM: "web.oleh.sistem"}


def _step(tools: Tools, ticket: Ticket, entry: HistoryEntry) -> Step:
    office = None if ticket.is_protected else entry.office
    return Step(
        at=entry.at,
        told=step_told(tools, entry, is_own=True),
        by=_BY.get(entry.by, "web.oleh.petugas"),
        office=tools.catalogue.agency(office).nama if office else None,
        reason=entry.code,
        words=entry.words,
        proof=entry.proof,
        photos=entry.photos,
        scheduled_for=entry.scheduled_for,
    )


def _open_question(ticket: Ticket) -> str | None:
    if ticket.status is not Status.ON_HOLD:
        return None
    asked = [entry.words for entry in ticket.history if entry.to_status is Status.ON_HOLD]
    return asked[-1] if asked else None


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
        MoveNotAllowed: The ticket is closed, or was merged into one that is.
    """
    async with units() as uow:
        ticket = await locked(uow, number)
        if await takes_additions(uow, ticket) is None:
            raise MoveNotAllowed(ticket.status, ticket.status)
        stored = [await _store(uow, tools, photo, key)] if photo and _takes_photo(ticket) else []
        if words or photo:
            await additions.add_to_ticket(
                uow, tools, ticket, key=f"lacak:{key}", words=words, photos=stored
            )
        await uow.commit()


def _takes_photo(ticket: Ticket) -> bool:
    return sum(a.kind is AdditionKind.PHOTO for a in ticket.additions) < MAX_PHOTOS


async def _store(uow: UnitOfWork, tools: Tools, photo: bytes, key: str) -> str:
    """Store a picture under an id that the same form gives it again."""
    attachment = hashlib.sha256(f"lacak:{key}".encode()).hexdigest()[:32]
    await uow.attachments.add(attachment, None, photo, "image/jpeg", tools.now())
    return attachment


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
        await move(uow, tools, number, target, Actor.CITIZEN)
        await uow.commit()


async def rate(
    units: UnitsOfWork, tools: Tools, number: TicketNumber, rating: int, words: str
) -> None:
    """Keep the citizen's opinion on a closed ticket; the newest counts.

    Raises:
        TicketNotFound: No ticket has this number.
        MoveNotAllowed: The ticket is not closed.
    """
    async with units() as uow:
        ticket = await locked(uow, number)
        await ratings.keep(uow, ticket, rating=rating, words=words or None)
        await uow.commit()


async def picture_of_ticket(
    units: UnitsOfWork, number: TicketNumber, attachment: str
) -> tuple[bytes, str] | None:
    """Return a picture that belongs to this very ticket."""
    async with units() as uow:
        ticket = await uow.tickets.get(number)
        if ticket is None:
            return None
        is_own = attachment in pictures_of(ticket)
        return await uow.attachments.get(attachment) if is_own else None
