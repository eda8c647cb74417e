"""The portal: what Sapa is and the three ways in."""

from datetime import time
from itertools import groupby

from aiohttp import web

from desk.domain.catalogue import OfficeHours
from desk.services.wording import DAYS
from web.pages import render
from web.site import site_of


async def get_portal(request: web.Request) -> web.StreamResponse:
    """Show the portal."""
    site = site_of(request)
    general = site.tools.catalogue.general
    page = {
        "emergency": general.darurat,
        "hours": hours_in_words(general.jam_kantor),
        "is_open": site.tools.calendar.is_open(site.tools.now()),
        "services": site.tools.catalogue.frequent_services(),
        "bot_name": site.tools.bot_name(),
        "active": "portal",
    }
    return render(request, "portal.html", page)


def hours_in_words(hours: tuple[OfficeHours, ...]) -> list[tuple[str, str]]:
    """Return office hours with neighbouring days of equal hours as one line."""
    lines = []
    for (opens, closes, _), group in groupby(enumerate(hours), key=_same_hours):
        days = [day.hari for _, day in group]
        first, last = DAYS[days[0]], DAYS[days[-1]]
        name = first if len(days) == 1 else f"{first}\N{EN DASH}{last}"
        lines.append((name, f"{opens:%H.%M}\N{EN DASH}{closes:%H.%M} WITA"))
    return lines


def _same_hours(numbered: tuple[int, OfficeHours]) -> tuple[time, time, int]:
    place, day = numbered
    return day.buka, day.tutup, day.hari - place
