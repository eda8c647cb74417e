"""How officers see a ticket: a line in a list, and its card with the steps that are open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from desk.domain.lifecycle import Actor, HistoryEntry, Status, moves_for
from desk.domain.ticket import Addition, AdditionKind, Ticket
from desk.domain.ticket_form import CaseNote, TicketChange
from desk.services.officers.said import Said
from desk.services.tickets import visibility
from desk.services.tickets.deadlines import clocks_of, is_external
from desk.services.tickets.merging import additions_of
from desk.services.tickets.moving import TAKES_BACK
from desk.services.tickets.visibility import may_see_identity, share_used
from desk.services.tools import Tools
from desk.services.words.news import step_told
from desk.services.words.pins import map_link
from desk.services.words.states import state_name
from desk.services.words.tickets import (
    beginning,
    beginning_of,
    pictures_of,
    place_of,
    subject_of,
)

#: So much of the citizen's words, of each addition and of each step is shown.
DESCRIPTION: Final = 1200
ADDITION: Final = 200
NEWEST: Final = 5
_OFFICERS: Final = (Actor.PETUGAS, Actor.KOORDINATOR, Actor.SUPERVISOR, Actor.INTEGRITAS)


def may_see(said: Said, ticket: Ticket) -> bool:
    """Tell whether the officer may see a ticket here: a protected one in private only."""
    is_hidden = ticket.is_protected and not said.is_private
    return not is_hidden and visibility.may_see(said.officer, ticket)


def line(tools: Tools, ticket: Ticket) -> dict[str, object]:
    """Return one line of a list."""
    used = share_used(tools, ticket)
    return {
        "nomor": ticket.number,
        "tentang": subject_of(tools, ticket) or ticket.kind,
        "status": state_name(tools, ticket.status),
        "persen": None if used is None else int(used * 100),
        "tanda": "" if used is None else _mark(tools, used),
        "terlindung": ticket.is_protected,
    }


def _mark(tools: Tools, used: float) -> str:
    """Return a light where somebody should hurry; none where all is well."""
    if used >= tools.limits.remind_supervisor_at:
        return "🔴"
    return "🟡" if used >= tools.limits.remind_office_at else ""


async def card(said: Said, ticket: Ticket, brought: Sequence[Ticket]) -> str:
    """Return all that this officer may see here of a ticket and of those merged into it."""
    tools = said.tools
    agency = tools.catalogue.agency(ticket.office) if ticket.office else None
    shows_identity = said.is_private and may_see_identity(said.officer, ticket)
    point = ticket.place.point
    added = additions_of([ticket, *brought])
    return tools.say(
        "petugas_tiket.kartu",
        nomor=ticket.number,
        status=state_name(tools, ticket.status),
        jenis=ticket.kind,
        tentang=subject_of(tools, ticket),
        terlindung=ticket.is_protected,
        instansi=agency.nama if agency else None,
        luar=is_external(tools, ticket.office),
        jam=_clocks(tools, ticket),
        masuk=ticket.filed_at,
        lokasi=place_of(tools, ticket),
        titik=map_link(point) if point else None,
        sejak=ticket.since,
        uraian=beginning(ticket.description, DESCRIPTION),
        foto=len(pictures_to_see(ticket, brought)),
        tambahan=_additions(ticket, added),
        tambahan_lain=max(0, len(added) - NEWEST),
        langkah=[_step(tools, entry) for entry in ticket.history[-NEWEST:]],
        langkah_lain=max(0, len(ticket.history) - NEWEST),
        boleh=who_may(tools, ticket),
        identitas=ticket.identity,
        lihat_identitas=shows_identity,
        di_grup=not said.is_private,
        nama=ticket.reporter.name if shows_identity else None,
        telepon=ticket.reporter.phone if shows_identity else None,
        pengikut=len(await said.uow.tickets.followers(ticket.id)),
        gabungan=[each.number for each in brought if each.merged_into == ticket.number],
        lain=ticket.merged_into,
        lapor=ticket.lapor_number,
        dihubungi=ticket.first_contact_at,
        nilai=ticket.rating,
        ulasan=beginning_of(ticket.rating_words, ADDITION),
    )


def _clocks(tools: Tools, ticket: Ticket) -> list[dict[str, object]]:
    return [
        {
            "nama": tools.say(f"petugas_tiket.jam.{clock.name}"),
            "tenggat": clock.due,
            "persen": int(clock.fraction_used * 100),
            "berhenti": clock.paused,
            "tanda": _mark(tools, clock.fraction_used) if clock.is_running else "",
        }
        for clock in clocks_of(tools, ticket)
        if clock.stopped is None
    ]


def _additions(
    ticket: Ticket, added: Sequence[tuple[Ticket, Addition]]
) -> list[dict[str, object]]:
    return [
        {
            "waktu": each.at,
            "kata": beginning_of(each.text, ADDITION),
            "foto": each.kind is AdditionKind.PHOTO,
            "gabungan": None if of.id == ticket.id else of.number,
        }
        for of, each in added[-NEWEST:]
    ]


def pictures_to_see(ticket: Ticket, brought: Sequence[Ticket]) -> list[str]:
    """Return a ticket's pictures, and those added to tickets that were merged into it."""
    added = additions_of(brought)
    return [*pictures_of(ticket), *(each.attachment for _, each in added if each.attachment)]


def _step(tools: Tools, entry: HistoryEntry) -> dict[str, object]:
    return {
        "waktu": entry.at,
        "langkah": step_told(tools, entry, is_own=False),
        "oleh": entry.by,
        "alasan": tools.say(f"alasan.{entry.reason}") if entry.code else None,
        "kata": beginning_of(entry.words or entry.proof, ADDITION),
        "jadwal": entry.scheduled_for,
    }


# --- the steps ----------------------------------------------------------------------------------


def step_name(ticket: Ticket, change: TicketChange) -> str:
    """Return what a change is called on its button; of a move it depends on where it begins."""
    if isinstance(change, CaseNote):
        return change
    target = change
    special = {
        (Status.FORWARDED, Status.VERIFIED): "bukan_tugas_kami",
        (Status.RESOLVED, Status.IN_PROGRESS): "buka_kembali",
        (Status.CLOSED, Status.IN_PROGRESS): "buka_kembali",
    }
    if ticket.status is Status.MERGED:
        return "pisahkan"
    if ticket.status is Status.ON_HOLD and target in TAKES_BACK:
        return "tarik_pertanyaan"
    return special.get((ticket.status, target), target)


def who_may(tools: Tools, ticket: Ticket) -> list[tuple[str, str]]:
    """Return the roles that may take steps now, and which; roles with the same are one line."""
    lines: dict[str, list[str]] = {}
    for actor in _OFFICERS:
        possible = moves_for(
            ticket.status, {actor}, protected=ticket.is_protected, history=ticket.history
        )
        steps = [
            tools.say(f"petugas_tiket.tombol.{step_name(ticket, each.target)}")
            for each in possible
        ]
        if steps:
            lines.setdefault(", ".join(steps), []).append(actor)
    return [(", ".join(actors), steps) for steps, actors in lines.items()]
