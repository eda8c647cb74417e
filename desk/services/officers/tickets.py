"""What officers do with tickets in Telegram: lists, cards, moves, notes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from desk.domain.errors import NotPermitted
from desk.domain.inbound import Inbound
from desk.domain.lifecycle import FINAL, OPEN, Status
from desk.domain.presses.officers import (
    AllPhotosSent,
    BeginChange,
    DropForm,
    GoOnWithForm,
    ListTickets,
    NoteContact,
    OfficerPress,
    ShowPictures,
    ShowSheet,
    ShowTicket,
    TicketList,
)
from desk.domain.reply import Button, Reply
from desk.domain.ticket import Ticket
from desk.domain.ticket_form import CaseNote
from desk.domain.ticket_number import MistypedNumber, TicketNumber, read_ticket_number
from desk.services.officers import identity, sheets, ticket_cards, ticket_forms
from desk.services.officers.post import Handler, Post
from desk.services.officers.ticket_steps import step_name
from desk.services.outbox.posting import ToOfficers, post_to_officers
from desk.services.tickets import casework
from desk.services.tickets.changes import changes_open_to
from desk.services.words.buttons import rows_of

LISTED: Final = 8
#: What the coordinators have to look at.
_UNSORTED: Final = frozenset({Status.NEW, Status.VERIFIED})


def is_for_citizens(inbound: Inbound) -> bool:
    """Tell whether a command that citizens have as well was meant as theirs.

    "/lapor" files a report, unless the number of a ticket follows.
    """
    return inbound.command == "lapor" and read_ticket_number(inbound.text or "") is None


async def command_ticket(post: Post) -> None:
    """Show one ticket, or the officer's tickets: "/tiket MJU-XXXX-XXXX", "/tiket"."""
    if post.words:
        await _show_by_words(post, post.words)
        return
    about = await post.uow.conversations.get(post.about) if post.about else None
    number = about.context.ticket if about is not None else None
    ticket = await post.uow.tickets.get(TicketNumber(number)) if number else None
    if ticket is not None and ticket_cards.may_see(post, ticket):
        await _show(post, ticket)
        return
    await _list(post, ListTickets(TicketList.OPEN))


async def command_new(post: Post) -> None:
    """List what waits to be checked or forwarded."""
    await _list(post, ListTickets(TicketList.UNSORTED))


async def command_lapor(post: Post) -> None:
    """Write down a ticket's number in SP4N-LAPOR!: "/lapor MJU-XXXX-XXXX 1234567"."""
    ticket = await _named(post, "petugas_tiket.cara_lapor")
    if ticket is None:
        return
    number = ticket.number
    typed = post.words.split()[-1]
    is_given = len(post.words.split()) > 1 and read_ticket_number(typed) != number
    if not is_given:
        await ticket_forms.begin(post, ticket, CaseNote.LAPOR_NUMBER)
        return
    try:
        changed = await casework.note_lapor_number(post.uow, number, post.officer, typed)
    except NotPermitted:
        await post.say("petugas_tiket.tidak_boleh", nomor=number)
        return
    if changed is None:
        await post.say("petugas_tiket.cara_lapor")
        return
    lapor = changed.lapor_number
    await post.say("petugas_tiket.lapor_disimpan", nomor=number, lapor=lapor)


async def command_sheet(post: Post) -> None:
    """Show the hand-over sheet for SP4N-LAPOR!: "/lembar MJU-XXXX-XXXX"."""
    ticket = await _named(post, "petugas_tiket.cara_lembar")
    if ticket is not None:
        await sheets.show(post, ticket)


async def press_list(post: Post) -> None:
    """Show a page of a list."""
    await _list(post, post.press_as(ListTickets))


async def press_drop(post: Post) -> None:
    """Leave a ticket as it is."""
    await post.say("petugas_tiket.batal", nomor=post.press_as(DropForm).number)


async def press_ticket(post: Post) -> None:
    """Do something with a ticket that the officer may see here."""
    press = post.pressed
    if not isinstance(press, _OF_TICKETS):
        return
    ticket = await _seen(post, press.number)
    if ticket is None:
        return
    match press:
        case BeginChange():
            await ticket_forms.begin(post, ticket, press.change)
        case ShowPictures():
            await _send_pictures(post, ticket)
        case ShowSheet():
            await sheets.show(post, ticket)
        case NoteContact():
            await _note_contact(post, ticket)
        case ShowTicket():
            await _show(post, ticket)


async def _seen(post: Post, number: TicketNumber) -> Ticket | None:
    """Return a ticket that the officer may see here, else say that there is none."""
    ticket = await post.uow.tickets.get(number)
    if ticket is None or not ticket_cards.may_see(post, ticket):
        await post.say("petugas_tiket.tidak_ada", nomor=number)
        return None
    return ticket


async def _named(post: Post, hint: str) -> Ticket | None:
    """Return the ticket whose number was typed, else give the *hint* how to type it."""
    number = read_ticket_number(post.words)
    if number is None or isinstance(number, MistypedNumber):
        await post.say(hint)
        return None
    return await _seen(post, number)


async def _show_by_words(post: Post, words: str) -> None:
    number = read_ticket_number(words)
    if number is None or isinstance(number, MistypedNumber):
        written = number.value if isinstance(number, MistypedNumber) else words
        await post.say("petugas_tiket.salah_ketik", nomor=written)
        return
    ticket = await _seen(post, number)
    if ticket is not None:
        await _show(post, ticket)


_LISTS: Final[Mapping[TicketList, Collection[Status]]] = {
    TicketList.OPEN: OPEN,
    TicketList.UNSORTED: _UNSORTED,
}


async def _list(post: Post, page: ListTickets) -> None:
    tickets = await ticket_cards.visible(post, _LISTS[page.which])
    shown = tickets[page.start : page.start + LISTED]
    text = post.tools.say(
        "petugas_tiket.daftar",
        baris=[ticket_cards.line(post.tools, ticket) for ticket in shown],
        jumlah=len(tickets),
        mulai=page.start,
        apa=page.which,
        penuh=len(tickets) >= ticket_cards.SORTED,
    )
    rows = rows_of(Button(str(each.number), press=ShowTicket(each.number)) for each in shown)
    following = replace(page, start=page.start + LISTED)
    if following.start < len(tickets):
        label = post.tools.say("petugas_tiket.tombol.berikutnya")
        rows = (*rows, (Button(label, press=following),))
    await post.answer(Reply(text, rows))


async def _show(post: Post, ticket: Ticket) -> None:
    buttons = await _buttons(post, ticket)
    await post.answer(Reply(await ticket_cards.card(post, ticket), rows_of(buttons)))


async def _buttons(post: Post, ticket: Ticket) -> list[Button]:
    """Return exactly what this officer may do with the ticket now."""
    number = ticket.number
    buttons = [
        _button(post, step_name(ticket, each.change), BeginChange(number, each.change))
        for each in await changes_open_to(post.uow, post.tools, ticket, post.officer)
        if each.change is not CaseNote.LAPOR_NUMBER or ticket.status not in _ENDED_HERE
    ]
    if casework.awaits_contact(ticket) and casework.may_note(ticket, post.officer):
        buttons.append(_button(post, "dihubungi", NoteContact(number)))
    if await ticket_cards.pictures_to_see(post.uow, ticket):
        buttons.append(_button(post, "foto", ShowPictures(number)))
    if identity.may_ask(post, ticket):
        buttons.append(identity.open_button(post.tools, ticket))
    return [*buttons, _button(post, "lembar", ShowSheet(number))]


#: Nobody looks for the number that another system has for what has ended here.
_ENDED_HERE: Final = FINAL - {Status.NOT_OURS}


def _button(post: Post, name: str, press: OfficerPress) -> Button:
    return Button(post.tools.say(f"petugas_tiket.tombol.{name}"), press=press)


async def _send_pictures(post: Post, ticket: Ticket) -> None:
    pictures = await ticket_cards.pictures_to_see(post.uow, ticket)
    for position, picture in enumerate(pictures, start=1):
        text = post.tools.say(
            "petugas_tiket.foto", nomor=ticket.number, ke=position, dari=len(pictures)
        )
        await post_to_officers(
            post.uow,
            post.tools,
            post.lane,
            ToOfficers(
                Reply(text),
                topic=post.topic,
                about=post.about,
                attachment=picture,
            ),
        )
    if not pictures:
        await post.say("petugas_tiket.tanpa_foto", nomor=ticket.number)


async def _note_contact(post: Post, ticket: Ticket) -> None:
    try:
        await casework.note_first_contact(post.uow, post.tools, ticket.number, post.officer)
    except NotPermitted:
        await post.say("petugas_tiket.tidak_boleh", nomor=ticket.number)
        return
    await post.say("petugas_tiket.sudah_dihubungi", nomor=ticket.number)


COMMANDS: Final[Mapping[str, Handler]] = {
    "tiket": command_ticket,
    "baru": command_new,
    "lapor": command_lapor,
    "lembar": command_sheet,
}
#: What is done with one ticket.
_OF_TICKETS: Final = (BeginChange, NoteContact, ShowPictures, ShowSheet, ShowTicket)
PRESSES: Final[Mapping[type, Handler]] = {
    ListTickets: press_list,
    DropForm: press_drop,
    GoOnWithForm: ticket_forms.press,
    AllPhotosSent: ticket_forms.press_all_sent,
    **dict.fromkeys(_OF_TICKETS, press_ticket),
}
