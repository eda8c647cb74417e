"""How officers see tickets: lists by clock, and one card each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from desk.domain.clocks import ClockState
from desk.domain.lifecycle import OPEN, HistoryEntry, Identity, Status
from desk.domain.roles import Permission, Role, may
from desk.domain.ticket import Addition, AdditionKind, Ticket
from desk.services.officers.post import Post
from desk.services.officers.ticket_steps import who_may
from desk.services.ports import UnitOfWork
from desk.services.tickets.deadlines import clocks_of, is_external
from desk.services.tickets.merging import additions_of, brought_along
from desk.services.tools import Tools
from desk.services.words.news import step_told
from desk.services.words.pins import map_link
from desk.services.words.states import state_name
from desk.services.words.tickets import beginning, pictures_of, place_of, subject_of

#: So many tickets are sorted by their clocks; who has more sees the oldest of them.
SORTED: Final = 300
#: So much of the citizen's words, of each addition and of each step is shown.
DESCRIPTION: Final = 1200
ADDITION: Final = 200
NEWEST: Final = 5
_SEES_ALL: Final = Role.KOORDINATOR


def may_see(post: Post, ticket: Ticket) -> bool:
    """Tell whether the officer may see a ticket here: a protected one in private only."""
    if ticket.is_protected and not post.is_private:
        return False
    return may(
        post.officer.grants,
        Permission.SEE_TICKETS,
        office=ticket.office,
        protected=ticket.is_protected,
    )


def may_see_identity(post: Post, ticket: Ticket) -> bool:
    """Tell whether name and phone may be shown: of open tickets, where nobody reads along."""
    return (
        ticket.identity is Identity.TERBUKA
        and post.is_private
        and may(
            post.officer.grants,
            Permission.SEE_OPEN_IDENTITY,
            office=ticket.office,
            protected=ticket.is_protected,
        )
    )


async def visible(post: Post, states: Collection[Status] = OPEN) -> list[Ticket]:
    """Return the tickets in some states that the officer may see here, most urgent first."""
    found: dict[str, Ticket] = {}
    oldest = post.uow.tickets.oldest
    if post.officer.has_role(_SEES_ALL):
        rows = await oldest(states, protected=False, limit=SORTED)
    else:
        offices = post.officer.offices
        rows = await oldest(states, offices=offices, protected=False, limit=SORTED)
    found.update({ticket.id: ticket for ticket in rows})
    if post.officer.has_role(Role.INTEGRITAS) and post.is_private:
        rows = await oldest(states, protected=True, limit=SORTED)
        found.update({ticket.id: ticket for ticket in rows})
    seen = [ticket for ticket in found.values() if may_see(post, ticket)]
    return sorted(seen, key=lambda ticket: -_used(post.tools, ticket))


def running_clock(tools: Tools, ticket: Ticket) -> ClockState | None:
    """Return the clock of a ticket that has used most of its time, None when none runs."""
    running = [clock for clock in clocks_of(tools, ticket) if clock.is_running]
    return max(running, key=lambda clock: clock.fraction_used, default=None)


def _used(tools: Tools, ticket: Ticket) -> float:
    clock = running_clock(tools, ticket)
    waits = ticket.status in {Status.ON_HOLD, Status.RESOLVED}
    return -1.0 if clock is None or waits else clock.fraction_used


def line(tools: Tools, ticket: Ticket) -> dict[str, object]:
    """Return one line of a list."""
    used = _used(tools, ticket)
    return {
        "nomor": ticket.number,
        "tentang": subject_of(tools, ticket) or ticket.kind,
        "status": state_name(tools, ticket.status),
        "persen": None if used < 0 else int(used * 100),
        "tanda": _mark(tools, used),
        "terlindung": ticket.is_protected,
    }


def _mark(tools: Tools, used: float) -> str:
    """Return a light where somebody should hurry; none where all is well or nobody is due."""
    if used >= tools.limits.remind_supervisor_at:
        return "🔴"
    return "🟡" if used >= tools.limits.remind_office_at else ""


async def card(post: Post, ticket: Ticket) -> str:
    """Return all that this officer may see of a ticket here."""
    tools = post.tools
    agency = tools.catalogue.agency(ticket.office) if ticket.office else None
    shows_identity = may_see_identity(post, ticket)
    point = ticket.place.point
    added = additions_of([ticket, *await brought_along(post.uow, ticket)])
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
        foto=len(await pictures_to_see(post.uow, ticket)),
        tambahan=_additions(ticket, added),
        tambahan_lain=max(0, len(added) - NEWEST),
        langkah=[_step(tools, entry) for entry in ticket.history[-NEWEST:]],
        langkah_lain=max(0, len(ticket.history) - NEWEST),
        boleh=who_may(tools, ticket),
        identitas=ticket.identity,
        lihat_identitas=shows_identity,
        di_grup=not post.is_private,
        nama=ticket.reporter.name if shows_identity else None,
        telepon=ticket.reporter.phone if shows_identity else None,
        pengikut=len(await post.uow.tickets.followers(ticket.id)),
        gabungan=[each.number for each in await post.uow.tickets.merged_into(ticket.number)],
        lain=ticket.merged_into,
        lapor=ticket.lapor_number,
        dihubungi=ticket.first_contact_at,
        nilai=ticket.rating,
        ulasan=_cut(ticket.rating_words, ADDITION),
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
            "kata": _cut(each.text, ADDITION),
            "foto": each.kind is AdditionKind.PHOTO,
            "gabungan": None if of.id == ticket.id else of.number,
        }
        for of, each in added[-NEWEST:]
    ]


async def pictures_to_see(uow: UnitOfWork, ticket: Ticket) -> list[str]:
    """Return a ticket's pictures, and those added to tickets that were merged into it."""
    added = additions_of(await brought_along(uow, ticket))
    return [*pictures_of(ticket), *(each.attachment for _, each in added if each.attachment)]


def _step(tools: Tools, entry: HistoryEntry) -> dict[str, object]:
    return {
        "waktu": entry.at,
        "langkah": step_told(tools, entry, is_own=False),
        "oleh": entry.by,
        "alasan": tools.say(f"alasan.{entry.reason}") if entry.code else None,
        "kata": _cut(entry.words or entry.proof, ADDITION),
        "jadwal": entry.scheduled_for,
    }


def _cut(text: str | None, longest: int) -> str | None:
    return None if text is None else beginning(text, longest)
