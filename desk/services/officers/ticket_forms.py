"""Asks an officer step by step for what a change of a ticket needs, then makes it.

What was answered so far travels in the buttons and in the pending question, so a form needs no
storage and one that is left open harms nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from desk.domain.errors import MoveNeeds, MoveNotAllowed, NotPermitted, TicketNotFound
from desk.domain.inbound import InboundKind
from desk.domain.lifecycle import (
    FINAL,
    MAX_PROOF_PHOTOS,
    Need,
    OutcomeCode,
    RefusalCode,
    Status,
)
from desk.domain.presses.officers import AllPhotosSent, DropForm, GoOnWithForm, ShowTicket
from desk.domain.presses.pending import NeedAsked
from desk.domain.reply import Button, Reply
from desk.domain.routing import office_of_matter
from desk.domain.ticket import Ticket
from desk.domain.ticket_form import CaseNote, TicketChange, TicketForm
from desk.domain.ticket_number import MistypedNumber, TicketNumber, read_ticket_number
from desk.domain.typed_date import read_coming_date
from desk.domain.working_time import WITA
from desk.services.officers.said import Handler, Said
from desk.services.officers.ticket_cards import may_see
from desk.services.outbox.posting import ToOfficers
from desk.services.tickets import casework
from desk.services.tickets.changes import change_of, make_change
from desk.services.tickets.deadlines import is_external
from desk.services.tools import new_id
from desk.services.words.buttons import rows_of
from desk.services.words.states import state_name
from desk.services.words.tickets import place_of, stated_phone, subject_of

MAX_WORDS: Final = 2000
#: What is answered by buttons alone.
_BY_BUTTON: Final = frozenset({Need.OFFICE, Need.REFUSAL, Need.OUTCOME})


async def begin(
    said: Said, ticket: Ticket, change: TicketChange, *, proof: str | None = None
) -> None:
    """Begin a change."""
    number, status = ticket.number, ticket.status
    form = TicketForm(number=number, change=change, begun_in=status, proof=proof)
    await _go_on(said, ticket, form)


async def press(said: Said) -> None:
    """Take an answer that was pressed."""
    form = said.press_as(GoOnWithForm).form
    ticket = await _ticket(said, form)
    if ticket is not None:
        await _go_on(said, ticket, form)


async def press_all_sent(said: Said) -> None:
    """Go on with all photos of a proof, those included that came after the button was made."""
    form, asked = said.press_as(AllPhotosSent).form, said.meaning.pending
    if isinstance(asked, NeedAsked) and asked.form.count_shown == form.count_shown:
        form = replace(form, photos=asked.form.photos)
    ticket = await _ticket(said, form)
    if ticket is not None:
        await _go_on(said, ticket, form)


async def answer(said: Said) -> None:
    """Take an answer that was typed, or a picture as proof."""
    asked = said.answer_to(NeedAsked)
    form, need = asked.form, asked.need
    ticket = await _ticket(said, form)
    if ticket is None:
        return
    taken = await _take(said, form, need)
    if isinstance(taken, str):
        await _ask(said, ticket, form, need, trouble=taken)
        return
    # Telegram sends the parts of an album one by one and never says which is the last.
    more_may_come = said.inbound.album is not None or taken.count_shown is not None
    if said.inbound.kind is InboundKind.PHOTO and more_may_come:
        await _await_more_photos(said, ticket, taken)
        return
    await _go_on(said, ticket, taken)


async def _ticket(said: Said, form: TicketForm) -> Ticket | None:
    """Return the form's ticket, when it is as it was at the beginning; else say so."""
    ticket = await said.uow.tickets.get(form.number)
    if ticket is None or not may_see(said, ticket):
        await said.say("petugas_tiket.tidak_ada", nomor=form.number)
        return None
    if ticket.status is not form.begun_in:
        status = state_name(said.tools, ticket.status)
        await said.say("petugas_tiket.sudah_berubah", nomor=ticket.number, status=status)
        return None
    return ticket


async def _take(said: Said, form: TicketForm, need: Need) -> TicketForm | str:
    """Return the form with what was typed or sent, or the key of a complaint about it."""
    words = said.words[:MAX_WORDS]
    if need is Need.PROOF and said.inbound.kind is InboundKind.PHOTO:
        return _take_photo(said, form, words)
    if not words:
        return "petugas_tiket.tulis_saja"
    if need is Need.DATE:
        coming = read_coming_date(words, said.now.astimezone(WITA).date())
        return form.answered(need, coming) if coming else "petugas_tiket.tanggal_tidak_terbaca"
    if need is Need.OTHER_TICKET:
        return await _take_number(said, form, words)
    return form.answered(need, words)


def _take_photo(said: Said, form: TicketForm, words: str) -> TicketForm | str:
    picture = said.picture
    if form.change is CaseNote.LAPOR_NUMBER or picture is None:
        return "petugas_tiket.tulis_saja"
    taken = form.with_photo(picture, said.inbound.album)
    return taken.answered(Need.PROOF, words) if words else taken


async def _take_number(said: Said, form: TicketForm, words: str) -> TicketForm | str:
    number = read_ticket_number(words)
    if number is None or isinstance(number, MistypedNumber) or number == form.number:
        return "petugas_tiket.nomor_salah"
    other = await said.uow.tickets.get(number)
    if other is None or not may_see(said, other):
        return "petugas_tiket.nomor_salah"
    return form.answered(Need.OTHER_TICKET, number)


async def _await_more_photos(said: Said, ticket: Ticket, form: TicketForm) -> None:
    """Say how many photos have come, and take more until the officer says that these are all.

    It is said in one message, which is changed with every part of the album.
    """
    shown = form.count_shown
    form = replace(form, count_shown=shown or new_id())
    text = said.tools.say(
        "petugas_tiket.foto_bukti",
        nomor=ticket.number,
        jumlah=len(form.photos),
        paling_banyak=MAX_PROOF_PHOTOS,
    )
    label = said.tools.say("petugas_tiket.tombol.selesai")
    done = Button(label, press=AllPhotosSent(form))
    await said.ask_next(NeedAsked(form, Need.PROOF))
    message = ToOfficers(
        Reply(text, ((done, _cancel(said, ticket)),)),
        None if shown else form.count_shown,
        edits=shown,
    )
    await said.send(message)


async def _go_on(said: Said, ticket: Ticket, form: TicketForm) -> None:
    """Ask for the next thing that is missing, else make the change."""
    try:
        change = await change_of(said.uow, said.tools, ticket, said.officer, form)
    except MoveNotAllowed:
        await _refuse(said, ticket)
        return
    need = change.missing_in(form)
    if need is not None:
        await _ask(said, ticket, form, need)
    elif form.change in FINAL and not form.is_sure:
        await _confirm(said, ticket, form)
    else:
        await _make(said, ticket, form)


async def _refuse(said: Said, ticket: Ticket) -> None:
    await said.say("petugas_tiket.tidak_boleh", nomor=ticket.number)


async def _ask(
    said: Said, ticket: Ticket, form: TicketForm, need: Need, *, trouble: str | None = None
) -> None:
    """Ask for one thing: by buttons where there are few answers, else by words."""
    tools = said.tools
    question = tools.say(
        f"petugas_tiket.tanya.{need}", nomor=ticket.number, ubah=form.change, dari=ticket.status
    )
    text = f"{tools.say(trouble)}\n{question}" if trouble else question
    buttons = await _choices(said, ticket, form, need)
    if need not in _BY_BUTTON:
        await said.ask_next(NeedAsked(form, need))
    rows = (*rows_of(buttons, 1 if need is Need.REFERRAL else 2), (_cancel(said, ticket),))
    await said.answer(Reply(text, rows))


async def _choices(said: Said, ticket: Ticket, form: TicketForm, need: Need) -> list[Button]:
    tools = said.tools
    if need is Need.OFFICE:
        return await _offices(said, ticket, form)
    codes = {Need.REFUSAL: [*RefusalCode], Need.OUTCOME: [*OutcomeCode]}.get(need, [])
    if codes:
        return [_choice(tools.say(f"alasan.{c}"), form.answered(need, c)) for c in codes]
    if need is Need.REFERRAL and is_external(tools, ticket.office) and ticket.office:
        agency = tools.catalogue.agency(ticket.office)
        told = tools.wording.plain(
            "petugas_tiket.rujukan", nama=agency.nama, telepon=stated_phone(tools, agency.id)
        )
        label = tools.wording.plain("petugas_tiket.tombol.rujuk", nama=agency.singkat)
        return [_choice(label, form.answered(need, told))]
    return []


async def _offices(said: Said, ticket: Ticket, form: TicketForm) -> list[Button]:
    """Return the offices that are likely: the default one, and those with officers."""
    catalogue = said.tools.catalogue
    default = office_of_matter(catalogue, ticket.category, ticket.service)
    staffed = await said.uow.officers.staffed_offices()
    shows_all, form = form.shows_all_offices, replace(form, shows_all_offices=False)
    likely = [agency.id for agency in catalogue.agencies if shows_all or agency.id in staffed]
    names = dict.fromkeys((*([default] if default else []), *likely))
    if form.change is CaseNote.REROUTE and ticket.office is not None:
        names.pop(ticket.office, None)
    buttons = [_choice(catalogue.agency(n).singkat, form.answered(Need.OFFICE, n)) for n in names]
    if shows_all:
        return buttons
    label = said.tools.say("petugas_tiket.tombol.instansi_lain")
    return [*buttons, _choice(label, replace(form, shows_all_offices=True))]


def _choice(label: str, form: TicketForm) -> Button:
    return Button(label, press=GoOnWithForm(form))


def _cancel(said: Said, ticket: Ticket) -> Button:
    return Button(said.tools.say("petugas_tiket.tombol.batal"), press=DropForm(ticket.number))


async def _confirm(said: Said, ticket: Ticket, form: TicketForm) -> None:
    tools = said.tools
    other = await said.uow.tickets.get(form.other_ticket) if form.other_ticket else None
    text = tools.say(
        "petugas_tiket.yakin",
        nomor=ticket.number,
        status=state_name(tools, Status(form.change)),
        kata=form.words or form.referral,
        lain=other.number if other else None,
        lain_tentang=subject_of(tools, other) if other else None,
        lain_lokasi=place_of(tools, other) if other else None,
    )
    yes = _choice(tools.say("petugas_tiket.tombol.ya"), replace(form, is_sure=True))
    await said.answer(Reply(text, ((yes, _cancel(said, ticket)),)))


async def _make(said: Said, ticket: Ticket, form: TicketForm) -> None:
    """Make the change and say what became of the ticket."""
    try:
        changed = await make_change(said.uow, said.tools, said.officer, form)
    except (MoveNotAllowed, MoveNeeds, NotPermitted):
        await _refuse(said, ticket)
        return
    except TicketNotFound:
        await said.say("petugas_tiket.tidak_bisa_digabung", nomor=ticket.number)
        return
    except casework.NoLaporNumber:
        await _ask(said, ticket, form, Need.PROOF, trouble="petugas_tiket.nomor_lapor_salah")
        return
    if form.album is not None:  # parts of it may still be on their way
        await said.uow.officers.note_proof(said.officer, form.album, form.number)
    tools = said.tools
    agency = tools.catalogue.agency(changed.office) if changed.office else None
    text = tools.say(
        "petugas_tiket.sudah",
        nomor=changed.number,
        status=state_name(tools, changed.status),
        ubah=form.change,
        instansi=agency.nama if agency else None,
        lapor=changed.lapor_number,
        anonim=changed.reporter.conversation_id is None,
    )
    opens = Button(tools.say("tombol.buka_tiket"), press=ShowTicket(changed.number))
    await said.answer(Reply(text, ((opens,),)))


async def add_late_part(said: Said, number: TicketNumber) -> None:
    """Add a part of an album that came after its outcome, and say so."""
    picture = said.picture
    if picture is None:
        await said.say("petugas_tiket.bukti_gagal", nomor=number)
        return
    try:
        is_kept = await casework.add_late_proof(
            said.uow, said.tools, number, said.officer, picture
        )
    except MoveNotAllowed:
        await said.say("petugas_tiket.tidak_boleh", nomor=number)
        return
    text = "petugas_tiket.bukti_menyusul" if is_kept else "petugas_tiket.bukti_penuh"
    await said.say(text, nomor=number, paling_banyak=MAX_PROOF_PHOTOS)


PRESSES: Final[Mapping[type, Handler]] = {
    GoOnWithForm: press,
    AllPhotosSent: press_all_sent,
}
