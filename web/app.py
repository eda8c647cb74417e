"""Adds the web side to an aiohttp application."""

from collections.abc import AsyncIterator, Sequence
from functools import partial
from ipaddress import ip_network

from aiohttp import web

from desk.services.every import beside
from desk.services.outbox.browsers import news_of
from desk.services.ports import Bell, Contents, UnitsOfWork
from desk.services.tools import Tools
from desk.services.turns.pictures import ReEncode
from web import chat_posts, chat_reads, lacak, portal
from web.guards import add_headers, keep_strangers_out
from web.pages import STATIC, asset_path, dress_errors, set_up_pages
from web.signing import Signer
from web.site import LOOPBACK, SITE, Site
from web.wakeups import Wakeups


def add_web(
    app: web.Application,
    *,
    units: UnitsOfWork,
    tools: Tools,
    bell: Bell,
    re_encode: ReEncode,
    contents: Contents,
    secret: bytes,
    public_url: str = "",
    trusted_proxies: Sequence[str] = (),
) -> None:
    """Add portal, chat, tracking and their static files.

    Args:
        app: The application; other parts may add theirs before or after.
        units: Makes units of work.
        tools: The desk's tools.
        bell: Wakes workers, and is heard for what they answer.
        re_encode: Makes an uploaded picture safe; raises ValueError when it is none.
        contents: Makes the files that browsers fetch.
        secret: Signs sessions; at least 32 random bytes, the same in every process.
        public_url: Where citizens come from; cookies are secure when it is https.
        trusted_proxies: Networks whose X-Forwarded-For is believed, besides this machine.
    """
    site = Site(
        units=units,
        tools=tools,
        bell=bell,
        re_encode=re_encode,
        contents=contents,
        signer=Signer(secret),
        wakeups=Wakeups(bell, partial(news_of, units)),
        assets=asset_path(),
        public_url=public_url,
        trusted_proxies=(*LOOPBACK, *(ip_network(net) for net in trusted_proxies)),
    )
    add_site(app, site)


def add_site(app: web.Application, site: Site) -> None:
    """Add the web side with everything given."""
    app[SITE] = site
    set_up_pages(app)
    app.middlewares.append(dress_errors)
    app.middlewares.append(keep_strangers_out)
    app.on_response_prepare.append(add_headers)
    app.cleanup_ctx.append(_listen)
    app.on_shutdown.append(_close_streams)
    app.router.add_routes(routes())
    app.router.add_static(site.assets, STATIC)


def routes() -> list[web.RouteDef]:
    """Return all routes of the web side but the static files."""
    number = r"{nomor:MJU-[0-9A-Z]{4}-[0-9A-Z]{4}}"
    return [
        web.get("/", portal.get_portal, name="portal"),
        web.get("/chat", chat_reads.get_chat, name="chat"),
        web.get("/chat/events", chat_reads.get_events),
        web.get("/chat/history", chat_reads.get_history),
        web.get(r"/chat/pictures/{id:\d{1,15}}", chat_reads.get_picture),
        web.get(r"/chat/files/{id:\d{1,15}}", chat_reads.get_file),
        web.post("/chat/messages", chat_posts.post_message),
        web.post("/chat/photos", chat_posts.post_photo),
        web.post("/chat/ack", chat_posts.post_ack),
        web.post("/chat/link", chat_posts.post_link),
        web.post("/chat/end", chat_posts.post_end),
        web.get("/lacak", lacak.get_lacak, name="lacak"),
        web.post("/lacak", lacak.post_lacak),
        web.post("/lacak/selesai", lacak.post_leave),
        web.get(f"/lacak/{number}", lacak.get_ticket, name="laporan"),
        web.post(f"/lacak/{number}/tambah", lacak.post_addition),
        web.post(f"/lacak/{number}/nilai", lacak.post_rating),
        web.post(f"/lacak/{number}/{{langkah:tarik|tutup|buka}}", lacak.post_move),
        web.get(rf"/lacak/{number}/foto/{{foto:[0-9a-f-]{{8,64}}}}", lacak.get_ticket_picture),
    ]


async def _listen(app: web.Application) -> AsyncIterator[None]:
    async with beside(app[SITE].wakeups.listen(), name="the ear at the bell"):
        yield


async def _close_streams(app: web.Application) -> None:
    app[SITE].wakeups.close()
