"""The news of a ticket in plain words: what happened, by when and by which rule, what to press."""

from __future__ import annotations

from typing import Final

from desk.domain.lifecycle import IN_WORK, HistoryEntry, Status
from desk.domain.presses.citizens import AboutTicket, AddToTicket, RateTicket, TicketAct
from desk.domain.reply import Button, Reply
from desk.domain.ticket import Ticket
from desk.domain.ticket_number import TicketNumber
from desk.services.tickets.deadlines import (
    Deadline,
    days_once_forwarded,
    foremost,
    is_external,
    referrals,
)
from desk.services.tickets.moving import citizen_may_reopen
from desk.services.tickets.ratings import RATINGS
from desk.services.tools import Tools
from desk.services.words.buttons import Rows
from desk.services.words.states import state_name
from desk.services.words.tickets import beginning_of, office_name

_SHOWN: Final = 2500


def news(tools: Tools, ticket: Ticket, *, follows: bool = False) -> Reply:
    """Return the news of a ticket's last move, for its reporter or for one who follows it."""
    entry = ticket.history[-1]
    tells_words = not (follows and (ticket.is_protected or ticket.status is Status.ON_HOLD))
    parts = [
        tools.say(
            f"kabar.{event_of(entry)}",
            nomor=ticket.number,
            status=state_name(tools, ticket.status, is_own=not follows),
            instansi=office_name(tools, ticket),
            luar=is_external(tools, ticket.office),
            kata=beginning_of(entry.words, _SHOWN) if tells_words else None,
            alasan=tools.say(f"alasan.{entry.reason}") if entry.reason else None,
            bukti=beginning_of(entry.proof, _SHOWN) if tells_words else None,
            jadwal=entry.scheduled_for,
            lain=ticket.merged_into,
            baru_diperiksa=_was_just_verified(ticket),
            pengikut=follows,
            oleh=entry.by,
            hari=tools.limits.citizen_answer,
            boleh_buka=ticket.status is Status.CLOSED and citizen_may_reopen(tools, ticket),
        )
    ]
    if waits_until := date_and_rule(tools, ticket, is_own=not follows):
        parts.append(waits_until)
    return Reply("\n\n".join(parts), () if follows else _buttons(tools, ticket))


def event_of(entry: HistoryEntry) -> str:
    """Return what a line of the history tells; most states have one way in."""
    if entry.from_status is Status.MERGED:
        return "dipisah"
    if entry.from_status is entry.to_status:
        return str(entry.reason)  # a note, which is no move
    if entry.from_status is Status.ON_HOLD and entry.to_status in IN_WORK:
        return "dilanjutkan"
    if entry.from_status is Status.FORWARDED and entry.to_status is Status.VERIFIED:
        return "dikembalikan"
    if entry.from_status in {Status.RESOLVED, Status.CLOSED} and (
        entry.to_status is Status.IN_PROGRESS
    ):
        return "dibuka_kembali"
    return str(entry.to_status)


def step_told(tools: Tools, entry: HistoryEntry, *, is_own: bool) -> str:
    """Return a line of the history in words that whoever made the step can follow."""
    return tools.say(f"langkah.{event_of(entry)}", oleh=entry.by, milik_sendiri=is_own)


def _was_just_verified(ticket: Ticket) -> bool:
    """Tell whether the desk forwarded it right after the check, which then is told along."""
    if ticket.status is not Status.FORWARDED or len(ticket.history) < 2:
        return False
    before, last = ticket.history[-2:]
    return before.to_status is Status.VERIFIED and before.at == last.at


def date_and_rule(tools: Tools, ticket: Ticket, *, is_own: bool) -> str | None:
    """Return the date a ticket waits for, the rule behind it, and what to do when it passes.

    Before a date is known, the rule that will give it is told.
    """
    deadline = foremost(tools, ticket)
    if deadline is not None:
        is_told = is_own or not deadline.waits_for_citizen
        return _deadline_text(tools, deadline) if is_told else None
    days = days_once_forwarded(tools, ticket)
    if days is None:
        return None
    rule = tools.say("kabar.aturan.mulai", hari=days)
    return tools.say("kabar.tenggat_nanti", aturan=rule, rujukan=referrals(tools))


def _deadline_text(tools: Tools, deadline: Deadline) -> str:
    return tools.say(
        "kabar.tenggat",
        tenggat=deadline.due,
        aturan=tools.say(deadline.rule, hari=deadline.days),
        lewat=deadline.is_late,
        menunggu_warga=deadline.waits_for_citizen,
        rujukan=referrals(tools),
    )


def ticket_button(label: str, number: TicketNumber, act: TicketAct) -> Button:
    """Return a button that does something to a ticket."""
    return Button(label, press=AboutTicket(number, act))


def add_button(label: str, number: TicketNumber) -> Button:
    """Return a button after which words are added to a ticket."""
    return Button(label, press=AddToTicket(number))


def _buttons(tools: Tools, ticket: Ticket) -> Rows:
    number = ticket.number
    if ticket.status is Status.ON_HOLD:
        return ((add_button(tools.say("tombol.jawab"), number),),)
    if ticket.status is Status.RESOLVED:
        return solved_buttons(tools, number)
    if ticket.status is Status.CLOSED:
        return (*rating_buttons(number), *reopening_button(tools, ticket))
    return ((ticket_button(tools.say("tombol.lihat_status"), number, TicketAct.SHOW),),)


def solved_buttons(tools: Tools, number: TicketNumber) -> Rows:
    """Return the buttons that answer "Apakah sudah selesai?"."""
    yes = ticket_button(tools.say("tombol.sudah"), number, TicketAct.SOLVED)
    no = ticket_button(tools.say("tombol.belum"), number, TicketAct.NOT_SOLVED)
    return ((yes, no),)


def rating_buttons(number: TicketNumber) -> Rows:
    """Return the buttons from 1 to 5."""
    return (tuple(Button(str(mark), press=RateTicket(number, mark)) for mark in RATINGS),)


def reopening_button(tools: Tools, ticket: Ticket) -> Rows:
    """Return the button that opens a closed ticket again, while its citizen may do that."""
    if not citizen_may_reopen(tools, ticket):
        return ()
    label = tools.say("tombol.belum_selesai")
    return ((ticket_button(label, ticket.number, TicketAct.NOT_SOLVED),),)
