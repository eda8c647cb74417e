"""Lets a browser that knew a follow-up code see that ticket for a while."""

from aiohttp import web

from desk.domain.ticket_number import TicketNumber
from web.site import Site, site_of

COOKIE = "sapa_lacak"
PURPOSE = "lacak"
LIVES = 30 * 60


def give_grant(response: web.StreamResponse, site: Site, number: TicketNumber) -> None:
    """Let the browser see a ticket for half an hour."""
    until = int(site.tools.now().timestamp()) + LIVES
    signed = site.signer.sign(PURPOSE, f"{number}|{until}")
    site.give_cookie(response, COOKIE, signed, lives=LIVES, path="/lacak")


def forget_grant(response: web.StreamResponse) -> None:
    """Take it back."""
    response.del_cookie(COOKIE, path="/lacak")


def granted_number(request: web.Request) -> TicketNumber | None:
    """Return which ticket this browser may see now."""
    site = site_of(request)
    value = site.signer.read(PURPOSE, request.cookies.get(COOKIE, ""))
    if not value:
        return None
    number, _, until = value.partition("|")
    return TicketNumber(number) if int(until) > site.tools.now().timestamp() else None
