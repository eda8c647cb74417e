"""What every page and every request of the web side works with."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network

from aiohttp import web

from desk.services.ports import Bell, Contents, UnitsOfWork
from desk.services.tools import Tools
from desk.services.turns.pictures import ReEncode
from web.rates import Allowance, Places
from web.signing import Signer
from web.wakeups import Wakeups

Network = IPv4Network | IPv6Network

#: Proxies on the same machine: the only ones whose word on the sender's address counts.
LOOPBACK: Sequence[Network] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))

MAX_PHOTO_BYTES = 20 * 1024 * 1024
#: A picture is unpacked in memory while it is re-encoded; more wait their turn on disk.
ENCODED_AT_ONCE = 2


@dataclass(frozen=True)
class Allowances:
    """How much one visitor may do; addresses are shared by many phones, so they may more."""

    messages: Allowance = field(default_factory=lambda: Allowance(60, 60))
    messages_of_address: Allowance = field(default_factory=lambda: Allowance(600, 60))
    photos: Allowance = field(default_factory=lambda: Allowance(30, 600))
    photos_of_address: Allowance = field(default_factory=lambda: Allowance(300, 600))
    reads: Allowance = field(default_factory=lambda: Allowance(120, 60))
    reads_of_address: Allowance = field(default_factory=lambda: Allowance(1200, 60))
    files: Allowance = field(default_factory=lambda: Allowance(5, 600))
    files_of_address: Allowance = field(default_factory=lambda: Allowance(50, 600))
    look_ups: Allowance = field(default_factory=lambda: Allowance(120, 60))
    misses: Allowance = field(default_factory=lambda: Allowance(5, 600))
    misses_of_address: Allowance = field(default_factory=lambda: Allowance(20, 600))


@dataclass(frozen=True, kw_only=True)
class Site:
    """The web side's settings and the doors to the desk."""

    units: UnitsOfWork
    tools: Tools
    bell: Bell
    re_encode: ReEncode
    contents: Contents
    signer: Signer
    wakeups: Wakeups
    assets: str  #: where static files are found; changes with their content
    public_url: str = ""
    trusted_proxies: Sequence[Network] = LOOPBACK
    allowances: Allowances = field(default_factory=Allowances)
    streams: Places = field(default_factory=lambda: Places(own=8, of_address=400))
    encoding: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(ENCODED_AT_ONCE))
    code_answer_seconds: float = 0.4  #: every answer about a code takes at least this long

    @property
    def secure(self) -> bool:
        """Tell whether citizens come over HTTPS."""
        return self.public_url.startswith("https://")

    def give_cookie(
        self, response: web.StreamResponse, name: str, value: str, *, lives: int, path: str
    ) -> None:
        """Give the browser a cookie that no script reads and no other site's form brings along."""
        response.set_cookie(
            name,
            value,
            max_age=lives,
            path=path,
            httponly=True,
            samesite="Lax",
            secure=self.secure,
        )


SITE = web.AppKey("SITE", Site)


def site_of(request: web.Request) -> Site:
    """Return the site a request belongs to."""
    return request.config_dict[SITE]
