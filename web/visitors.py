"""Who is at the other end: the chat's session cookie and the network address."""

import hashlib
import secrets
from dataclasses import dataclass
from ipaddress import ip_address

from aiohttp import web

from web.site import Site, site_of

COOKIE = "sapa_sesi"
PURPOSE = "sesi"
COOKIE_LIVES = 30 * 24 * 3600


@dataclass(frozen=True)
class Visitor:
    """A browser; its conversation is found by the hash of a secret that only it has."""

    address: str
    signed: str
    is_new: bool

    @property
    def short(self) -> str:
        """Return the beginning of the address: enough to keep message ids apart."""
        return self.address[:32]


def visitor_of(request: web.Request) -> Visitor:
    """Return the browser that asks; one without a valid cookie gets a new session."""
    known = known_visitor(request)
    if known is not None:
        return known
    fresh = secrets.token_urlsafe(32)
    return Visitor(_hash(fresh), site_of(request).signer.sign(PURPOSE, fresh), is_new=True)


def known_visitor(request: web.Request) -> Visitor | None:
    """Return the browser that asks when it has a valid session."""
    signed = request.cookies.get(COOKIE)
    secret = site_of(request).signer.read(PURPOSE, signed) if signed else None
    if not signed or not secret:
        return None
    return Visitor(_hash(secret), signed, is_new=False)


def remember(response: web.StreamResponse, visitor: Visitor, site: Site) -> None:
    """Give the browser its session, or renew it."""
    site.give_cookie(response, COOKIE, visitor.signed, lives=COOKIE_LIVES, path="/")


def network_address(request: web.Request) -> str:
    """Return the sender's IP address, as the nearest trusted proxy saw it.

    IPv6 addresses are cut to /64, the least that one household has.
    """
    site = site_of(request)
    seen = request.remote or ""
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    while forwarded and _is_trusted(seen, site):
        candidate = forwarded.pop()
        if not _is_address(candidate):
            break
        seen = candidate
    return _household(seen)


def _is_trusted(text: str, site: Site) -> bool:
    return _is_address(text) and any(ip_address(text) in net for net in site.trusted_proxies)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _household(text: str) -> str:
    if not _is_address(text):
        return text
    address = ip_address(text)
    if address.version == 6:
        return str(address.exploded[:19])
    return str(address)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
