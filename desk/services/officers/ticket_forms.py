"""Asks an officer step by step for what a change of a ticket needs, then makes it.

What was answered so far travels in the buttons and in the pending question, so a form needs no
storage and one that is left open harms nobody.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final

from desk.domain.errors import MoveNeeds, MoveNotAllowed, NotPermitted, TicketNotFound
from desk.domain.inbound import InboundKind
from desk.domain.lifecycle import (
    FINAL,
    MAX_PROOF_PHOTOS,
    MoveDetails,
    Need,
    OutcomeCode,
    RefusalCode,
    Status,
)
from desk.domain.officer import Officer
from desk.domain.reply import Button, Reply
from desk.domain.routing import office_of_matter
from desk.domain.ticket import Ticket
from desk.domain.ticket_number import MistypedNumber, TicketNumber, read_ticket_number
from desk.domain.typed_date import read_coming_date
from desk.domain.working_time import WITA
from desk.services.officers.post import Post
from desk.services.officers.proofs import (
    COUNT_SHOWN,
    PHOTOS,
    add_photo,
    more_may_come,
    photos_in,
    remember_album,
)
from desk.services.officers.ticket_cards import may_see
from desk.services.outbox.posting import ToOfficers, post_to_officers
from desk.services.tickets import casework, moving
from desk.services.tickets.deadlines import is_external
from desk.services.tools import new_id
from desk.services.words.buttons import button, rows_of
from desk.services.words.states import state_name
from desk.services.words.tickets import place_of, stated_phone, subject_of

#: What officers press about tickets, and how a question to them begins.
TICKET: Final = "tiket"
PENDING: Final = f"{TICKET}:"
MAX_WORDS: Final = 2000
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
#: Changes that are no moves, and what they need.
REROUTE: Final = "alihkan"
FIELD_CHECK: Final = "lapangan"
LAPOR: Final = "lapor"
_NOTES: Final[Mapping[str, tuple[Need, ...]]] = {
    REROUTE: (Need.OFFICE, Need.WORDS),
    FIELD_CHECK: (Need.WORDS,),
    LAPOR: (Need.PROOF,),
}
#: Who may make them.
MAY_NOTE: Final[Mapping[str, Callable[[Ticket, Officer], bool]]] = {
    REROUTE: casework.may_reroute,
    FIELD_CHECK: casework.may_ask_for_field_check,
    LAPOR: casework.may_note,
}
#: The office's name is asked by buttons; all of them on request.
_ALL: Final = "semua"
#: Pressed when all photos of a proof have been sent.
_ALL_SENT: Final = "lengkap"
Form = dict[str, str]


async def begin(post: Post, ticket: Ticket, change: str) -> None:
    """Begin a change: the name of a target state, or of a note."""
    form = {"aksi": "isi", "nomor": str(ticket.number), "ubah": change, "dari": ticket.status}
    await _go_on(post, ticket, form)


async def press(post: Post) -> None:
    """Take an answer that was pressed."""
    form = {key: value for key, value in post.pressed.items() if key != "bidang"}
    if form.pop(_ALL_SENT, None) is not None:
        form = _with_all_photos(post, form)
    ticket = await _ticket(post, form)
    if ticket is not None:
        await _go_on(post, ticket, form)


async def answer(post: Post) -> None:
    """Take an answer that was typed, or a picture as proof."""
    form: Form = json.loads((post.pending or "").removeprefix(PENDING))
    ticket = await _ticket(post, form)
    if ticket is None:
        return
    need = Need(form.pop("tanya"))
    trouble = await _take(post, form, need)
    if trouble is not None:
        await _ask(post, ticket, form, need, trouble)
        return
    if post.inbound.kind is InboundKind.PHOTO and more_may_come(form, post.inbound.album):
        await _await_more_photos(post, ticket, form)
        return
    await _go_on(post, ticket, form)


async def _ticket(post: Post, form: Form) -> Ticket | None:
    """Return the form's ticket, when it is as it was at the beginning; else say so."""
    ticket = await post.uow.tickets.get(TicketNumber(form.get("nomor", "")))
    if ticket is None or not may_see(post, ticket):
        await post.say("petugas_tiket.tidak_ada", nomor=form.get("nomor", ""))
        return None
    if ticket.status != form.get("dari"):
        await post.say(
            "petugas_tiket.sudah_berubah",
            nomor=ticket.number,
            status=state_name(post.tools, ticket.status),
        )
        return None
    return ticket


async def _take(post: Post, form: Form, need: Need) -> str | None:
    """Put what was typed or sent into the form; return the key of a complaint about it."""
    words = post.words[:MAX_WORDS]
    if need is Need.PROOF and post.inbound.kind is InboundKind.PHOTO:
        return _take_photo(post, form, words)
    if not words:
        return "petugas_tiket.tulis_saja"
    if need is Need.DATE:
        today = post.now.astimezone(WITA).date()
        coming = read_coming_date(words, today)
        if coming is None:
            return "petugas_tiket.tanggal_tidak_terbaca"
        form[need] = coming.isoformat()
        return None
    if need is Need.OTHER_TICKET:
        return await _take_number(post, form, words)
    form[need] = words
    return None


def _take_photo(post: Post, form: Form, words: str) -> str | None:
    file_id = post.inbound.file.file_id if post.inbound.file else ""
    picture = post.inbound.attachment or post.pictures.get(file_id)
    if form["ubah"] == LAPOR or not picture:
        return "petugas_tiket.tulis_saja"
    add_photo(form, picture, post.inbound.album)
    if words:
        form[Need.PROOF] = words
    return None


async def _await_more_photos(post: Post, ticket: Ticket, form: Form) -> None:
    """Say how many photos have come, and take more until the officer says that these are all.

    It is said in one message, which is changed with every part of the album.
    """
    key = new_id()
    shown = form.setdefault(COUNT_SHOWN, key)
    text = post.tools.say(
        "petugas_tiket.foto_bukti",
        nomor=ticket.number,
        jumlah=len(photos_in(form)),
        paling_banyak=MAX_PROOF_PHOTOS,
    )
    label = post.tools.say("petugas_tiket.tombol.selesai")
    done = button(label, TICKET, **{**form, _ALL_SENT: "ya"})
    await post.ask_next(PENDING + json.dumps({**form, "tanya": Need.PROOF}))
    await post_to_officers(
        post.uow,
        post.tools,
        post.lane,
        ToOfficers(
            Reply(text, ((done, _cancel(post, ticket)),)),
            key,
            topic=post.topic,
            about=post.about,
            edits=None if shown == key else shown,
        ),
    )


def _with_all_photos(post: Post, form: Form) -> Form:
    """Return the form with the photos that came after the pressed button was made."""
    if post.pending is None or not post.pending.startswith(PENDING):
        return form
    asked: Form = json.loads(post.pending.removeprefix(PENDING))
    return {**form, PHOTOS: asked[PHOTOS]} if asked.get(COUNT_SHOWN) == form[COUNT_SHOWN] else form


async def _take_number(post: Post, form: Form, words: str) -> str | None:
    number = read_ticket_number(words)
    if number is None or isinstance(number, MistypedNumber):
        return "petugas_tiket.nomor_salah"
    other = await post.uow.tickets.get(number)
    if other is None or not may_see(post, other) or number == form["nomor"]:
        return "petugas_tiket.nomor_salah"
    form[Need.OTHER_TICKET] = number
    return None


async def _go_on(post: Post, ticket: Ticket, form: Form) -> None:
    """Ask for the next thing that is missing, else make the change."""
    needs = await _needs(post, ticket, form)
    if needs is None:
        await _refuse(post, ticket)
        return
    for need in needs:
        if need not in form and not (need is Need.PROOF and PHOTOS in form):
            await _ask(post, ticket, form, need)
            return
    if form["ubah"] in FINAL and form.get("yakin") != "ya":
        await _confirm(post, ticket, form)
        return
    await _make(post, ticket, form)


async def _needs(post: Post, ticket: Ticket, form: Form) -> Sequence[Need] | None:
    """Return what the change needs in the order of asking, None when it is not allowed."""
    change = form["ubah"]
    if change in _NOTES:
        return _NOTES[change] if MAY_NOTE[change](ticket, post.officer) else None
    possible = await moving.possible_moves(post.uow, post.tools, ticket, post.officer)
    for move in possible:
        if move.target == change:
            dated = form.get(Need.OUTCOME) == OutcomeCode.SCHEDULED
            return [n for n in _ORDER if n in move.needs or (n is Need.DATE and dated)]
    return None


async def _refuse(post: Post, ticket: Ticket) -> None:
    await post.say("petugas_tiket.tidak_boleh", nomor=ticket.number)


async def _ask(
    post: Post, ticket: Ticket, form: Form, need: Need, trouble: str | None = None
) -> None:
    """Ask for one thing: by buttons where there are few answers, else by words."""
    tools = post.tools
    question = tools.say(
        f"petugas_tiket.tanya.{need}", nomor=ticket.number, ubah=form["ubah"], dari=ticket.status
    )
    text = f"{tools.say(trouble)}\n{question}" if trouble else question
    buttons = await _choices(post, ticket, form, need)
    if need not in {Need.OFFICE, Need.REFUSAL, Need.OUTCOME}:
        await post.ask_next(PENDING + json.dumps({**form, "tanya": need}))
    rows = (*rows_of(buttons, 1 if need is Need.REFERRAL else 2), (_cancel(post, ticket),))
    await post.answer(Reply(text, rows))


async def _choices(post: Post, ticket: Ticket, form: Form, need: Need) -> list[Button]:
    tools = post.tools
    if need is Need.OFFICE:
        return await _offices(post, ticket, form)
    codes: Sequence[str] = {
        Need.REFUSAL: tuple(RefusalCode),
        Need.OUTCOME: tuple(OutcomeCode),
    }.get(need, ())
    if codes:
        return [_choice(tools.say(f"alasan.{c}"), form, need, c) for c in codes]
    if need is Need.REFERRAL and is_external(tools, ticket.office) and ticket.office:
        agency = tools.catalogue.agency(ticket.office)
        told = tools.wording.plain(
            "petugas_tiket.rujukan", nama=agency.nama, telepon=stated_phone(tools, agency.id)
        )
        label = tools.wording.plain("petugas_tiket.tombol.rujuk", nama=agency.singkat)
        return [_choice(label, form, need, told)]
    return []


async def _offices(post: Post, ticket: Ticket, form: Form) -> list[Button]:
    """Return the offices that are likely: the default one, and those with officers."""
    catalogue = post.tools.catalogue
    default = office_of_matter(post.tools.catalogue, ticket.category, ticket.service)
    staffed = await post.uow.officers.staffed_offices()
    shows_all = form.pop("instansi_lain", None) == _ALL
    likely = [agency.id for agency in catalogue.agencies if shows_all or agency.id in staffed]
    names = dict.fromkeys((*([default] if default else []), *likely))
    if form["ubah"] == REROUTE and ticket.office is not None:
        names.pop(ticket.office, None)
    buttons = [_choice(catalogue.agency(n).singkat, form, Need.OFFICE, n) for n in names]
    if shows_all:
        return buttons
    label = post.tools.say("petugas_tiket.tombol.instansi_lain")
    return [*buttons, button(label, TICKET, **{**form, "instansi_lain": _ALL})]


def _choice(label: str, form: Form, need: Need, value: str) -> Button:
    return button(label, TICKET, **{**form, need.value: value})


def _cancel(post: Post, ticket: Ticket) -> Button:
    label = post.tools.say("petugas_tiket.tombol.batal")
    return button(label, TICKET, aksi="batal", nomor=ticket.number)


async def _confirm(post: Post, ticket: Ticket, form: Form) -> None:
    tools = post.tools
    other = None
    if Need.OTHER_TICKET in form:
        other = await post.uow.tickets.get(TicketNumber(form[Need.OTHER_TICKET]))
    text = tools.say(
        "petugas_tiket.yakin",
        nomor=ticket.number,
        status=state_name(tools, Status(form["ubah"])),
        kata=form.get(Need.WORDS) or form.get(Need.REFERRAL),
        lain=other.number if other else None,
        lain_tentang=subject_of(tools, other) if other else None,
        lain_lokasi=place_of(tools, other) if other else None,
    )
    yes = button(tools.say("petugas_tiket.tombol.ya"), TICKET, **{**form, "yakin": "ya"})
    await post.answer(Reply(text, ((yes, _cancel(post, ticket)),)))


async def _make(post: Post, ticket: Ticket, form: Form) -> None:
    """Make the change and say what became of the ticket."""
    try:
        changed = await _change(post, ticket.number, form)
    except (MoveNotAllowed, MoveNeeds, NotPermitted):
        await _refuse(post, ticket)
        return
    except TicketNotFound:
        await post.say("petugas_tiket.tidak_bisa_digabung", nomor=ticket.number)
        return
    if changed is None:
        await _ask(post, ticket, form, Need.PROOF, "petugas_tiket.nomor_lapor_salah")
        return
    await remember_album(post, form)
    tools = post.tools
    agency = tools.catalogue.agency(changed.office) if changed.office else None
    text = tools.say(
        "petugas_tiket.sudah",
        nomor=changed.number,
        status=state_name(tools, changed.status),
        ubah=form["ubah"],
        instansi=agency.nama if agency else None,
        lapor=changed.lapor_number,
        anonim=changed.reporter.conversation_id is None,
    )
    await post.answer(Reply(text, ((open_button(post, changed),),)))


def open_button(post: Post, ticket: Ticket) -> Button:
    """Return the button that shows a ticket's card."""
    label = post.tools.say("tombol.buka_tiket")
    return button(label, TICKET, aksi="lihat", nomor=ticket.number)


async def _change(post: Post, number: TicketNumber, form: Form) -> Ticket | None:
    """Make the change; None: what was typed is no number of SP4N-LAPOR!."""
    uow, tools, officer = post.uow, post.tools, post.officer
    change, words = form["ubah"], form.get(Need.WORDS, "")
    if change == REROUTE:
        office = form[Need.OFFICE]
        return await casework.reroute(uow, tools, number, officer, office=office, words=words)
    if change == FIELD_CHECK:
        return await casework.ask_for_field_check(uow, tools, number, officer, words)
    if change == LAPOR:
        return await casework.note_lapor_number(uow, number, officer, form[Need.PROOF])
    moved = await moving.move(uow, tools, number, Status(change), officer, _details(form))
    return moved.ticket


def _details(form: Form) -> MoveDetails:
    refusal, outcome = form.get(Need.REFUSAL), form.get(Need.OUTCOME)
    coming, other = form.get(Need.DATE), form.get(Need.OTHER_TICKET)
    return MoveDetails(
        office=form.get(Need.OFFICE),
        refusal=RefusalCode(refusal) if refusal else None,
        words=form.get(Need.WORDS),
        referral=form.get(Need.REFERRAL),
        question=form.get(Need.QUESTION),
        outcome=OutcomeCode(outcome) if outcome else None,
        scheduled_for=date.fromisoformat(coming) if coming else None,
        proof=form.get(Need.PROOF),
        photos=photos_in(form),
        other_ticket=TicketNumber(other) if other else None,
    )
