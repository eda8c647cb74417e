"""Keeps other sites out and tells browsers to do the same."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

from web.answers import refusal
from web.site import Site, site_of

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_OURS = ("/chat", "/lacak")
_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # The number of a ticket stands in addresses of /lacak.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Give every answer the headers that a page has not set itself."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    site = site_of(request)
    if site.secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.path.startswith(site.assets + "/"):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        response.headers.setdefault("Cache-Control", "no-store")


@web.middleware
async def keep_strangers_out(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what another site makes a browser send to us."""
    changes = request.method in _CHANGING and request.path.startswith(_OURS)
    if changes and not is_same_origin(request, site_of(request)):
        return refusal(request, 403, "web.bukan_dari_sini", "other_origin")
    return await handler(request)


def is_same_origin(request: web.Request, site: Site) -> bool:
    """Tell whether our own page sends this, or no browser at all."""
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site is not None:
        return fetch_site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    # The scheme is not compared: a proxy that ends TLS hides it.
    return urlsplit(origin).netloc in {request.host, urlsplit(site.public_url).netloc} - {""}
