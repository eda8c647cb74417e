"""What officers do with tickets in Telegram: lists, cards, moves, notes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from desk.domain.errors import NotPermitted
from desk.domain.inbound import Inbound
from desk.domain.lifecycle import FINAL, OPEN, Status
from desk.domain.presses.officers import (
    AskForIdentity,
    BeginChange,
    DropForm,
    ListTickets,
    NoteContact,
    OfficerPress,
    OfTicket,
    ShowPictures,
    ShowSheet,
    ShowTicket,
    TicketList,
)
from desk.domain.reply import Button, Reply
from desk.domain.ticket import Ticket
from desk.domain.ticket_form import CaseNote
from desk.domain.ticket_number import MistypedNumber, TicketNumber, read_ticket_number
from desk.services.officers import ticket_cards, ticket_forms
from desk.services.officers.said import Handler, Said
from desk.services.officers.ticket_cards import pictures_to_see, step_name
from desk.services.outbox.posting import ToOfficers
from desk.services.privacy.identities import may_open
from desk.services.tickets import casework
from desk.services.tickets.changes import changes_open_to
from desk.services.tickets.merging import brought_along
from desk.services.tickets.visibility import MOST_SORTED, visible_to
from desk.services.words import sheets
from desk.services.words.buttons import rows_of

LISTED: Final = 8
#: What the coordinators have to look at.
_UNSORTED: Final = frozenset({Status.NEW, Status.VERIFIED})


def is_for_citizens(inbound: Inbound) -> bool:
    """Tell whether a command that citizens have as well was meant as theirs.

    "/lapor" files a report, unless the number of a ticket follows.
    """
    return inbound.command == "lapor" and read_ticket_number(inbound.text or "") is None


async def command_ticket(said: Said) -> None:
    """Show one ticket, or the officer's tickets: "/tiket MJU-XXXX-XXXX", "/tiket"."""
    if said.words:
        named = await _named(said, "petugas_tiket.salah_ketik")
        if named is not None:
            await _show(said, named)
        return
    about = await said.uow.conversations.get(said.about) if said.about else None
    number = about.context.ticket if about is not None else None
    ticket = await said.uow.tickets.get(TicketNumber(number)) if number else None
    if ticket is not None and ticket_cards.may_see(said, ticket):
        await _show(said, ticket)
        return
    await _list(said, ListTickets(TicketList.OPEN))


async def command_new(said: Said) -> None:
    """List what waits to be checked or forwarded."""
    await _list(said, ListTickets(TicketList.UNSORTED))


async def command_lapor(said: Said) -> None:
    """Write down a ticket's number in SP4N-LAPOR!: "/lapor MJU-XXXX-XXXX 1234567"."""
    ticket = await _named(said, "petugas_tiket.cara_lapor")
    if ticket is None:
        return
    typed = said.words.split()[-1]
    is_given = len(said.words.split()) > 1 and read_ticket_number(typed) != ticket.number
    given = typed if is_given else None
    await ticket_forms.begin(said, ticket, CaseNote.LAPOR_NUMBER, proof=given)


async def command_sheet(said: Said) -> None:
    """Show the hand-over sheet for SP4N-LAPOR!: "/lembar MJU-XXXX-XXXX"."""
    ticket = await _named(said, "petugas_tiket.cara_lembar")
    if ticket is not None:
        await _show_sheet(said, ticket)


async def press_list(said: Said) -> None:
    """Show a page of a list."""
    await _list(said, said.press_as(ListTickets))


async def press_drop(said: Said) -> None:
    """Leave a ticket as it is."""
    await said.say("petugas_tiket.batal", nomor=said.press_as(DropForm).number)


async def press_ticket(said: Said) -> None:
    """Do something with a ticket that the officer may see here."""
    press = said.press_as(OfTicket)
    ticket = await _seen(said, press.number)
    if ticket is None:
        return
    match press:
        case BeginChange():
            await ticket_forms.begin(said, ticket, press.change)
        case ShowPictures():
            await _send_pictures(said, ticket)
        case ShowSheet():
            await _show_sheet(said, ticket)
        case NoteContact():
            await _note_contact(said, ticket)
        case ShowTicket():
            await _show(said, ticket)


async def _seen(said: Said, number: TicketNumber) -> Ticket | None:
    """Return a ticket that the officer may see here, else say that there is none."""
    ticket = await said.uow.tickets.get(number)
    if ticket is None or not ticket_cards.may_see(said, ticket):
        await said.say("petugas_tiket.tidak_ada", nomor=number)
        return None
    return ticket


async def _named(said: Said, hint: str) -> Ticket | None:
    """Return the ticket whose number was typed, else give the *hint* how to type it."""
    number = read_ticket_number(said.words)
    if number is None or isinstance(number, MistypedNumber):
        await said.say(hint, nomor=number.value if number else said.words)
        return None
    return await _seen(said, number)


_LISTS: Final[Mapping[TicketList, Collection[Status]]] = {
    TicketList.OPEN: OPEN,
    TicketList.UNSORTED: _UNSORTED,
}


async def _list(said: Said, page: ListTickets) -> None:
    states = _LISTS[page.which]
    tickets = await visible_to(
        said.uow, said.tools, said.officer, states, protected_too=said.is_private
    )
    shown = tickets[page.start : page.start + LISTED]
    text = said.tools.say(
        "petugas_tiket.daftar",
        baris=[ticket_cards.line(said.tools, ticket) for ticket in shown],
        jumlah=len(tickets),
        mulai=page.start,
        apa=page.which,
        penuh=len(tickets) >= MOST_SORTED,
    )
    rows = rows_of(Button(str(each.number), press=ShowTicket(each.number)) for each in shown)
    following = replace(page, start=page.start + LISTED)
    if following.start < len(tickets):
        label = said.tools.say("petugas_tiket.tombol.berikutnya")
        rows = (*rows, (Button(label, press=following),))
    await said.answer(Reply(text, rows))


async def _show(said: Said, ticket: Ticket) -> None:
    brought = await brought_along(said.uow, ticket)
    has_pictures = bool(pictures_to_see(ticket, brought))
    buttons = await _buttons(said, ticket, has_pictures=has_pictures)
    await said.answer(Reply(await ticket_cards.card(said, ticket, brought), rows_of(buttons)))


async def _buttons(said: Said, ticket: Ticket, *, has_pictures: bool) -> list[Button]:
    """Return exactly what this officer may do with the ticket now."""
    number = ticket.number
    buttons = [
        _button(said, step_name(ticket, each.change), BeginChange(number, each.change))
        for each in await changes_open_to(said.uow, said.tools, ticket, said.officer)
        if each.change is not CaseNote.LAPOR_NUMBER or ticket.status not in _ENDED_HERE
    ]
    if casework.awaits_contact(ticket) and casework.may_note(ticket, said.officer):
        buttons.append(_button(said, "dihubungi", NoteContact(number)))
    if has_pictures:
        buttons.append(_button(said, "foto", ShowPictures(number)))
    if said.is_private and may_open(said.officer, ticket):
        label = said.tools.say("tombol.buka_identitas")
        buttons.append(Button(label, press=AskForIdentity(number)))
    return [*buttons, _button(said, "lembar", ShowSheet(number))]


#: Nobody looks for the number that another system has for what has ended here.
_ENDED_HERE: Final = FINAL - {Status.NOT_OURS}


def _button(said: Said, name: str, press: OfficerPress) -> Button:
    return Button(said.tools.say(f"petugas_tiket.tombol.{name}"), press=press)


async def _send_pictures(said: Said, ticket: Ticket) -> None:
    pictures = pictures_to_see(ticket, await brought_along(said.uow, ticket))
    for position, picture in enumerate(pictures, start=1):
        text = said.tools.say(
            "petugas_tiket.foto", nomor=ticket.number, ke=position, dari=len(pictures)
        )
        await said.send(ToOfficers(Reply(text), attachment=picture))
    if not pictures:
        await said.say("petugas_tiket.tanpa_foto", nomor=ticket.number)


async def _show_sheet(said: Said, ticket: Ticket) -> None:
    """Show the sheet, and send it as a file, which is made while it is sent."""
    await said.answer(Reply(sheets.in_words(said.tools, ticket)))
    text = said.tools.say("petugas_tiket.lembar_csv", nomor=ticket.number)
    await said.send(ToOfficers(Reply(text), sheet_of=ticket.number))


async def _note_contact(said: Said, ticket: Ticket) -> None:
    try:
        await casework.note_first_contact(said.uow, said.tools, ticket.number, said.officer)
    except NotPermitted:
        await said.say("petugas_tiket.tidak_boleh", nomor=ticket.number)
        return
    await said.say("petugas_tiket.sudah_dihubungi", nomor=ticket.number)


COMMANDS: Final[Mapping[str, Handler]] = {
    "tiket": command_ticket,
    "baru": command_new,
    "lapor": command_lapor,
    "lembar": command_sheet,
}
PRESSES: Final[Mapping[type, Handler]] = {
    ListTickets: press_list,
    DropForm: press_drop,
    **dict.fromkeys((BeginChange, NoteContact, ShowPictures, ShowSheet, ShowTicket), press_ticket),
}
