"""Tells officers of tickets: what came in, what came back, what is late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from desk.domain.clocks import Reminder
from desk.domain.conversation import Conversation
from desk.domain.lifecycle import FINAL, Actor, HistoryEntry, NoteCode, Status, state_before
from desk.domain.presses.officers import ShowTicket
from desk.domain.reply import Button, Reply
from desk.domain.roles import Role
from desk.domain.ticket import Ticket
from desk.services.events import (
    CitizenAdded,
    CitizenObjected,
    ClockRanLow,
    TicketFiled,
    TicketMoved,
    TicketNoted,
)
from desk.services.handoffs.chats import (
    chats_of_coordinators,
    chats_of_office,
    private_chats,
)
from desk.services.outbox.posting import ToOfficers, post_to_officers
from desk.services.ports import UnitOfWork
from desk.services.tickets.deadlines import foremost, is_external
from desk.services.tools import Tools
from desk.services.words.tickets import beginning, place_of, subject_of

#: So much of a citizen's words is shown in an announcement.
_SHOWN: Final = 300
#: States in which the coordinators, and no office, have something to do.
_WITH_COORDINATORS: Final = frozenset({Status.NEW, Status.VERIFIED})


async def responsible(uow: UnitOfWork, tools: Tools, ticket: Ticket) -> list[Conversation]:
    """Return the chats of those who have to act: the office's, else the coordinators'.

    A protected ticket concerns `integritas` alone, in private.
    """
    if ticket.is_protected:
        return await _of_integrity(uow, tools)
    if ticket.office is None or not _is_with_office(tools, ticket):
        return await chats_of_coordinators(uow, tools)
    office = await chats_of_office(uow, tools, ticket.office)
    return office or await chats_of_coordinators(uow, tools)


def _is_with_office(tools: Tools, ticket: Ticket) -> bool:
    """Tell whether an office has, or had at the end, the ticket in its hands."""
    if is_external(tools, ticket.office):
        return False
    status, history = ticket.status, ticket.history
    if status in FINAL:
        status, history = history[-1].from_status or status, history[:-1]
    if status is Status.ON_HOLD:
        status = state_before(status, history) or status
    return status not in _WITH_COORDINATORS


async def supervisors(uow: UnitOfWork, tools: Tools, ticket: Ticket) -> list[Conversation]:
    """Return the private chats of the office's supervisors; none: the coordinators'."""
    if ticket.is_protected:
        return await _of_integrity(uow, tools)
    found = (
        await uow.officers.with_role(Role.SUPERVISOR, office=ticket.office)
        if ticket.office
        else []
    )
    if found:
        return await private_chats(uow, tools, found)
    return await chats_of_coordinators(uow, tools)


async def _of_integrity(uow: UnitOfWork, tools: Tools) -> list[Conversation]:
    return await private_chats(uow, tools, await uow.officers.with_role(Role.INTEGRITAS))


async def call(
    uow: UnitOfWork,
    tools: Tools,
    ticket: Ticket,
    whom: Sequence[Conversation],
    text: str,
    *,
    once: str | None = None,
    due: datetime | None = None,
    **values: object,
) -> None:
    """Queue a short message about a ticket with a button that opens it.

    Of a protected ticket it tells the number only. *once* names what each chat is told once of
    this ticket. *due* is the date it is about; without it,
    the one that is foremost.
    """
    if due is None and (deadline := foremost(tools, ticket)):
        due = deadline.due
    agency = tools.catalogue.agency(ticket.office) if ticket.office else None
    shown = tools.say(
        text,
        nomor=ticket.number,
        terlindung=ticket.is_protected,
        jenis=ticket.kind,
        tentang=None if ticket.is_protected else subject_of(tools, ticket),
        lokasi=None if ticket.is_protected else place_of(tools, ticket),
        instansi=agency.singkat if agency and not ticket.is_protected else None,
        uraian=None if ticket.is_protected else beginning(ticket.description, _SHOWN),
        tenggat=due,
        **values,
    )
    opens = Button(tools.say("tombol.buka_tiket"), press=ShowTicket(ticket.number))
    for chat in whom:
        if once is None or await uow.tickets.note_reminder(ticket.id, f"{once}:{chat.id}"):
            await post_to_officers(uow, tools, chat, ToOfficers(Reply(shown, ((opens,),))))


async def announce(uow: UnitOfWork, tools: Tools, event: TicketFiled) -> None:
    """Tell of a ticket that was just filed; without `integritas`, the admins are told so."""
    ticket = event.ticket
    whom = await responsible(uow, tools, ticket)
    await call(uow, tools, ticket, whom, "petugas_tiket.baru", once="baru")
    if ticket.is_protected and not whom:
        reply = Reply(tools.say("petugas_tiket.tanpa_integritas"))
        admins = await uow.officers.with_role(Role.ADMIN)
        for chat in await private_chats(uow, tools, admins):
            if await uow.tickets.note_reminder(ticket.id, f"tanpa_integritas:{chat.id}"):
                await post_to_officers(uow, tools, chat, ToOfficers(reply))


async def tell_of_move(uow: UnitOfWork, tools: Tools, event: TicketMoved | TicketNoted) -> None:
    """Tell those who have to act now, and those whose work ended without them."""
    ticket = event.ticket
    last = ticket.history[-1]
    text = _news_of(last)
    if text is None or (text in _OFFICES_ONLY and not _is_with_office(tools, ticket)):
        return
    whom = await responsible(uow, tools, ticket)
    if _is_reopened(last) and last.by is Actor.CITIZEN:
        whom += await supervisors(uow, tools, ticket)
    await call(
        uow,
        tools,
        ticket,
        whom,
        text,
        kata=last.words,
        oleh=last.by,
        lain=ticket.merged_into,
    )


async def tell_of_addition(uow: UnitOfWork, tools: Tools, event: CitizenAdded) -> None:
    """Tell that the citizen added something; it is read on the ticket's card."""
    ticket = event.ticket
    whom = await responsible(uow, tools, ticket)
    await call(uow, tools, ticket, whom, "petugas_tiket.ada_tambahan", gabungan=event.merged)


async def tell_of_objection(uow: UnitOfWork, tools: Tools, event: CitizenObjected) -> None:
    """Tell supervisors that by its citizen a ticket is not solved, which only they can reopen."""
    ticket = event.ticket
    whom = await supervisors(uow, tools, ticket)
    await call(uow, tools, ticket, whom, "petugas_tiket.keberatan")


_REMINDERS: Final[Mapping[Reminder, str]] = {
    Reminder.OFFICE: "petugas_tiket.pengingat",
    Reminder.SUPERVISOR: "petugas_tiket.lewat",
}


async def remind(uow: UnitOfWork, tools: Tools, event: ClockRanLow) -> None:
    """Remind those who have to act, or call those above them, of a clock that runs out."""
    ticket, clock = event.ticket, event.clock
    is_for_office = event.whom is Reminder.OFFICE
    called = await (responsible if is_for_office else supervisors)(uow, tools, ticket)
    await call(
        uow,
        tools,
        ticket,
        called,
        _REMINDERS[event.whom],
        once=event.run,
        due=clock.due,
        persen=int(clock.fraction_used * 100),
        jam_apa=tools.say(f"petugas_tiket.jam.{clock.name}"),
    )


_NEWS: Final[Mapping[Status, str]] = {
    Status.FORWARDED: "petugas_tiket.diteruskan",
    Status.WITHDRAWN: "petugas_tiket.ditarik",
    Status.MERGED: "petugas_tiket.digabung",
    Status.NOT_OURS: "petugas_tiket.bukan_wewenang",
}
#: What coordinators did themselves is news for an office only.
_OFFICES_ONLY: Final = frozenset(
    {
        "petugas_tiket.dialihkan",
        "petugas_tiket.dipisah",
        _NEWS[Status.MERGED],
        _NEWS[Status.NOT_OURS],
    }
)


def _news_of(last: HistoryEntry) -> str | None:
    """Return the text for officers about a move that somebody else made, None for none."""
    if last.from_status is Status.ON_HOLD and last.by is Actor.CITIZEN:
        is_withdrawn = last.to_status is Status.WITHDRAWN
        return "petugas_tiket.ditarik" if is_withdrawn else "petugas_tiket.dijawab"
    if last.from_status is last.to_status:
        return "petugas_tiket.dialihkan" if last.reason == NoteCode.REROUTED else None
    if last.from_status is Status.FORWARDED and last.to_status is Status.VERIFIED:
        return "petugas_tiket.dikembalikan"
    if _is_reopened(last):
        return "petugas_tiket.dibuka_kembali"
    if last.from_status is Status.MERGED:
        return "petugas_tiket.dipisah"
    if last.from_status is Status.ON_HOLD and last.to_status is not Status.MERGED:
        return None
    return _NEWS.get(last.to_status)


def _is_reopened(last: HistoryEntry) -> bool:
    return last.from_status in {Status.RESOLVED, Status.CLOSED} and (
        last.to_status is Status.IN_PROGRESS
    )
