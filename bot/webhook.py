"""Takes updates that Telegram posts to us: stored, then 200; a poison is stored, too."""

import hashlib
import hmac
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from bot.taking import NotStored, Taker

logger = logging.getLogger(__name__)

PATH = "/telegram/webhook"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
#: Updates are some kilobytes long.
MAX_BODY = 1024 * 1024
#: What is no update is kept for the admins, this much of it: the beginning tells what it was.
KEPT_OF_UNREADABLE = 4 * 1024
#: Seconds after which Telegram may try again when the database is away.
RETRY_AFTER = 5

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def webhook_handler(taker: Taker, secret: str) -> Handler:
    """Return the handler of `POST /telegram/webhook`.

    Telegram holds back a citizen's later messages while one is refused, for a day. So whatever
    arrives with the right secret is answered with 200, unless the database is away.
    """
    wanted = secret.encode()

    async def handle(request: web.Request) -> web.StreamResponse:
        given = request.headers.get(SECRET_HEADER)
        if given is None:
            raise web.HTTPUnauthorized
        if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), wanted):
            raise web.HTTPForbidden
        try:
            await taker.take([_parsed(await _body(request))])
        except NotStored:
            raise web.HTTPServiceUnavailable(headers={"Retry-After": str(RETRY_AFTER)}) from None
        return web.Response()

    return handle


async def _body(request: web.Request) -> bytes:
    """Return the body, cut off behind the limit: it is then no JSON and kept as unreadable."""
    body = bytearray()
    async for chunk in request.content.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > MAX_BODY:
            logger.error("an update is longer than any of Telegram's", extra={"bytes": len(body)})
            break
    return bytes(body[:MAX_BODY])


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        kept = body[:KEPT_OF_UNREADABLE].decode("utf-8", "replace")
        return {"rusak": kept, "sidik": hashlib.sha256(body).hexdigest(), "byte": len(body)}
