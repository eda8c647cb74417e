"""Tracking: a ticket's state by number for anyone, all of it for who has the code."""

import asyncio
import secrets
import time
from dataclasses import dataclass

from aiohttp import web

from desk.domain.errors import MoveNotAllowed, WrongFollowUpCode
from desk.domain.lifecycle import Status
from desk.domain.ticket_number import MistypedNumber, TicketNumber
from desk.services.portal import tracking as public_tracking
from web.answers import Refusal
from web.grants import forget_grant, give_grant, granted_number
from web.pages import render
from web.site import Site, site_of
from web.uploads import read_form
from web.visitors import known_visitor, network_address

MAX_FIELD = 80


@dataclass(frozen=True)
class Guesser:
    """Somebody whose misses count, by browser session and by network address."""

    site: Site
    own: str
    address: str

    @property
    def pause(self) -> float:
        """Return for how many seconds no further guess is answered."""
        allowances = self.site.allowances
        return max(
            allowances.misses.wait(self.own), allowances.misses_of_address.wait(self.address)
        )

    def note_miss(self) -> None:
        """Count a number or code that was wrong."""
        self.site.allowances.misses.note(self.own)
        self.site.allowances.misses_of_address.note(self.address)


def guesser_of(request: web.Request) -> Guesser:
    """Return whose misses a request may add to."""
    address = network_address(request)
    visitor = known_visitor(request)
    return Guesser(site_of(request), visitor.address if visitor else address, address)


async def get_lacak(request: web.Request) -> web.StreamResponse:
    """Show the form, and the public state of the ticket whose number is given."""
    number = request.query.get("nomor", "").strip()[:MAX_FIELD]
    if not number:
        return show(request, "lacak.html")
    site, guesser = site_of(request), guesser_of(request)
    wait = max(guesser.pause, site.allowances.look_ups.take(guesser.address))
    if wait > 0:
        return _paused(request, number, wait)
    found = await public_tracking.look_up(site.units, site.tools, number)
    if isinstance(found, MistypedNumber):
        # Anyone can compute that it is mistyped: telling so helps no guesser.
        return _form_again(request, number, "web.nomor_salah_ketik", 422)
    if found is None:
        guesser.note_miss()
        return _form_again(request, number, "web.nomor_tidak_ada", 404)
    return show(request, "lacak.html", ticket=found, number=found.number)


async def post_lacak(request: web.Request) -> web.StreamResponse:
    """Open a ticket with its follow-up code."""
    form = await request.post()
    number, code = (str(form.get(name, "")).strip()[:MAX_FIELD] for name in ("nomor", "kode"))
    if not code:
        raise web.HTTPSeeOther(request.app.router["lacak"].url_for().with_query(nomor=number))
    guesser = guesser_of(request)
    if guesser.pause > 0:
        return _paused(request, number, guesser.pause)
    opened = await _check_code_evenly(guesser.site, number, code)
    if opened is None:
        guesser.note_miss()
        return _form_again(request, number, "web.kode_tidak_cocok", 403, code_wrong=True)
    response = _to(_own_url(request, opened))
    give_grant(response, guesser.site, opened)
    return response


async def _check_code_evenly(site: Site, number: str, code: str) -> TicketNumber | None:
    """Check a code so that the time taken tells nothing."""
    began = time.monotonic()
    try:
        return await public_tracking.check_code(site.units, site.tools, number, code)
    except WrongFollowUpCode:
        return None
    finally:
        await asyncio.sleep(max(0.0, began + site.code_answer_seconds - time.monotonic()))


async def get_ticket(request: web.Request) -> web.StreamResponse:
    """Show all of a ticket to who has opened it with its code."""
    site, number = site_of(request), _granted(request)
    ticket = await public_tracking.full_ticket(site.units, site.tools, number)
    done = request.query.get("kabar", "")
    return show(
        request,
        "laporan.html",
        ticket=ticket,
        done=done if done in {"tambah", "tarik", "tutup", "buka", "nilai"} else "",
        nonce=secrets.token_urlsafe(12),
        problem=None,
    )


async def post_addition(request: web.Request) -> web.StreamResponse:
    """Add words and a photo to an opened ticket."""
    site, number = site_of(request), _granted(request)
    try:
        with await read_form(request) as form:
            words = form.words("kata")
            photo = await form.encoded_photo(site) if form.has_photo else None
        if not words and photo is None:
            raise Refusal(422, "web.tambahan_kosong", "empty")
        key = form.fields.get("kunci", "")[:32] or secrets.token_urlsafe(12)
        await public_tracking.add_to_ticket(
            site.units, site.tools, number, words=words, photo=photo, key=f"{number}:{key}"
        )
    except Refusal as refused:
        return await _ticket_again(request, number, refused)
    except MoveNotAllowed:
        return await _ticket_again(request, number, Refusal(409, "web.sudah_ditutup", "closed"))
    raise web.HTTPSeeOther(_own_url(request, number, done="tambah"))


_RATINGS = frozenset("12345")
_MOVES = {
    "tarik": Status.WITHDRAWN,
    "tutup": Status.CLOSED,
    "buka": Status.IN_PROGRESS,
}


async def post_move(request: web.Request) -> web.StreamResponse:
    """Withdraw, close or reopen an opened ticket, after a confirmation."""
    site, number = site_of(request), _granted(request)
    form = await request.post()
    move = request.match_info["langkah"]
    if form.get("yakin") != "ya":
        return await _ticket_again(request, number, Refusal(422, "web.belum_yakin", "unsure"))
    try:
        await public_tracking.move_by_citizen(site.units, site.tools, number, _MOVES[move])
    except MoveNotAllowed:
        refused = Refusal(409, "web.langkah_tidak_bisa", "not_allowed")
        return await _ticket_again(request, number, refused)
    raise web.HTTPSeeOther(_own_url(request, number, done=move))


async def post_rating(request: web.Request) -> web.StreamResponse:
    """Keep what the citizen thinks of how a closed ticket was handled."""
    site, number = site_of(request), _granted(request)
    form = await request.post()
    rating, words = str(form.get("nilai", "")), str(form.get("kata", "")).strip()
    if rating not in _RATINGS:
        return await _ticket_again(request, number, Refusal(422, "web.nilai_kosong", "empty"))
    try:
        await public_tracking.rate(site.units, site.tools, number, int(rating), words)
    except MoveNotAllowed:
        refused = Refusal(409, "web.langkah_tidak_bisa", "not_allowed")
        return await _ticket_again(request, number, refused)
    raise web.HTTPSeeOther(_own_url(request, number, done="nilai"))


async def post_leave(request: web.Request) -> web.StreamResponse:
    """Close an opened ticket on this device."""
    response = _to("/lacak")
    forget_grant(response)
    return response


async def get_ticket_picture(request: web.Request) -> web.StreamResponse:
    """Return a picture of an opened ticket."""
    number = _granted(request)
    found = await public_tracking.picture_of_ticket(
        site_of(request).units, number, request.match_info["foto"]
    )
    if found is None:
        raise web.HTTPNotFound
    return web.Response(body=found[0], content_type=found[1])


def show(
    request: web.Request, template: str, *, status: int = 200, **page: object
) -> web.Response:
    """Render a page of the tracking part."""
    page = {"ticket": None, "number": "", "problem": None, "code_wrong": False, **page}
    return render(request, template, {"active": "lacak", **page}, status=status)


def _form_again(
    request: web.Request, number: str, problem: str, status: int, *, code_wrong: bool = False
) -> web.Response:
    text = site_of(request).tools.say(problem, nomor=number)
    return show(
        request, "lacak.html", status=status, number=number, problem=text, code_wrong=code_wrong
    )


def _paused(request: web.Request, number: str, wait: float) -> web.Response:
    minutes = max(1, round(wait / 60))
    text = site_of(request).tools.say("web.terlalu_banyak_tebakan", menit=minutes)
    response = show(request, "lacak.html", status=429, number=number, problem=text)
    response.headers["Retry-After"] = str(int(wait) + 1)
    return response


async def _ticket_again(
    request: web.Request, number: TicketNumber, refused: Refusal
) -> web.Response:
    site = site_of(request)
    ticket = await public_tracking.full_ticket(site.units, site.tools, number)
    problem = site.tools.say(refused.key, **refused.values)
    return show(
        request,
        "laporan.html",
        status=refused.status,
        ticket=ticket,
        done="",
        nonce=secrets.token_urlsafe(12),
        problem=problem,
    )


def _granted(request: web.Request) -> TicketNumber:
    """Return the ticket of the address, when this browser has opened it.

    Raises:
        HTTPSeeOther: It has not, or too long ago: to the form.
    """
    wanted = request.match_info["nomor"]
    granted = granted_number(request)
    if granted is None or granted != wanted:
        raise web.HTTPSeeOther(request.app.router["lacak"].url_for().with_query(nomor=wanted))
    return granted


def _to(address: str) -> web.Response:
    # A response and no exception, since it carries a cookie.
    return web.Response(status=303, headers={"Location": address})


def _own_url(request: web.Request, number: TicketNumber, *, done: str = "") -> str:
    url = request.app.router["laporan"].url_for(nomor=number)
    return str(url.with_query(kabar=done) if done else url)
