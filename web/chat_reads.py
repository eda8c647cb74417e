"""What the chat's page reads: itself, the stream of messages, the history, pictures."""

import contextlib
import json
import math
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp_sse import EventSourceResponse, sse_response

from desk.domain.conversation import Owner
from desk.domain.outgoing import OutboxId, OutboxMessage
from desk.services.outbox.browsers import (
    Delivery,
    file_of,
    is_expired,
    messages_after,
    picture_of,
)
from web.answers import refusal
from web.markup import marked
from web.pages import render
from web.rates import Allowance, take_both
from web.site import Site, site_of
from web.visitors import Visitor, known_visitor, network_address, remember, visitor_of
from web.wakeups import Watch

HISTORY = 200
HISTORY_PAGES = 40
HEARTBEAT_SECONDS = 20.0
#: How soon a browser that left gives its place free.
LONGEST_WAIT = 5.0
#: How many services are offered before the first message.
OFFERED = 4
#: How the keys of what the page's script says begin; `kata` in words.js names the rest.
WORDS = "chat."


async def get_chat(request: web.Request) -> web.StreamResponse:
    """Show the chat and give the browser its session."""
    site, visitor = site_of(request), visitor_of(request)
    services = site.tools.catalogue.frequent_services()
    asked = [s.singkat for s in services if s.id == request.query.get("tanya")]
    page = {
        "services": services[:OFFERED],
        "begin_report": request.query.get("mulai") == "lapor",
        "asked": asked[0] if asked else None,
        "bot_name": site.tools.bot_name(),
        "active": "chat",
        "words": _own_words(site),
    }
    response = render(request, "chat.html", page)
    remember(response, visitor, site)
    return response


def _own_words(site: Site) -> dict[str, str]:
    """Return what the page says by itself, in the browser."""
    wording = site.tools.wording
    keys = [key for key in wording.keys if key.startswith(WORDS)]
    return {key.removeprefix(WORDS): wording.plain(key) for key in keys}


async def get_history(request: web.Request) -> web.StreamResponse:
    """Return the newest messages after an id at once."""
    site, visitor = site_of(request), visitor_of(request)
    _keep_pace(request, visitor, site.allowances.reads, site.allowances.reads_of_address)
    newest: deque[dict[str, Any]] = deque(maxlen=HISTORY)
    delivery = Delivery(last=_cursor(request))
    for _ in range(HISTORY_PAGES):
        delivery = await messages_after(site.units, site.tools, visitor.address, delivery.last)
        newest.extend(to_json(site, message) for message in delivery.messages)
        if delivery.is_complete:
            break
    response = web.json_response(
        {"messages": list(newest), "last": delivery.last, "owner": delivery.owner}
    )
    remember(response, visitor, site)
    return response


async def get_events(request: web.Request) -> web.StreamResponse:
    """Stream messages as they come; a browser that reconnects says which it had last."""
    site, visitor = site_of(request), known_visitor(request)
    if visitor is None:
        return refusal(request, 401, "web.sesi_hilang", "no_session")
    with site.streams.place(visitor.address, network_address(request)) as has_place:
        if not has_place:
            return refusal(request, 429, "web.terlalu_banyak_tab", "too_many", wait=15)
        async with sse_response(request) as stream:
            with (
                contextlib.suppress(ConnectionResetError, TimeoutError),
                site.wakeups.watching(visitor.address) as watch,
            ):
                pour = Pour(site, visitor.address, _cursor(request), stream)
                await pour.until_closed(watch)
        return stream


@dataclass
class Pour:
    """What flows into one stream."""

    site: Site
    address: str
    cursor: OutboxId  #: the last message that the browser has
    stream: EventSourceResponse
    owner: Owner = Owner.BOT
    beat: float = field(default_factory=time.monotonic)

    async def until_closed(self, watch: Watch) -> None:
        """Send messages until the browser leaves or the server closes."""
        await self.stream.send("{}", event="open", retry=3000)
        while self.stream.is_connected():
            is_woken = await watch.is_woken(within=LONGEST_WAIT)
            if self.site.wakeups.closing:
                return
            if is_woken and not await self._send_new():
                watch.wake()
            await self._beat()

    async def _send_new(self) -> bool:
        """Send what is new; False when there is more than one look brings."""
        site = self.site
        found = await messages_after(site.units, site.tools, self.address, self.cursor)
        for message in found.messages:
            await self.stream.send(json.dumps(to_json(site, message)), id=str(message.id))
        if found.owner is not self.owner:
            self.owner = found.owner
            await self.stream.send(json.dumps(self.owner), event="owner")
        self.cursor = found.last
        return found.is_complete

    async def _beat(self) -> None:
        if time.monotonic() - self.beat > HEARTBEAT_SECONDS:
            self.beat = time.monotonic()
            await self.stream.send("{}", event="beat")


async def get_picture(request: web.Request) -> web.StreamResponse:
    """Return the picture of a message to the browser it was sent to, and to nobody else."""
    site, visitor = site_of(request), known_visitor(request)
    outbox_id = OutboxId(int(request.match_info["id"]))
    found = visitor and await picture_of(site.units, visitor.address, outbox_id)
    if not found:
        raise web.HTTPNotFound
    data, mime = found
    return web.Response(
        body=data, content_type=mime, headers={"Cache-Control": "private, max-age=3600"}
    )


async def get_file(request: web.Request) -> web.StreamResponse:
    """Return the file of a message to the browser it was sent to, for a day, to nobody else."""
    site, visitor = site_of(request), known_visitor(request)
    outbox_id = OutboxId(int(request.match_info["id"]))
    if visitor is None:
        raise web.HTTPNotFound
    _keep_pace(request, visitor, site.allowances.files, site.allowances.files_of_address)
    found = await file_of(site.units, site.tools, site.contents, visitor.address, outbox_id)
    if not found:
        raise web.HTTPNotFound
    name, data = found
    return web.Response(
        body=data,
        content_type="application/zip",
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="{name}"',
        },
    )


def _keep_pace(
    request: web.Request, visitor: Visitor, own: Allowance, of_address: Allowance
) -> None:
    """Ask who reads too often to wait.

    Raises:
        HTTPTooManyRequests: A page or a script reads when to try again.
    """
    wait = take_both(own, visitor.address, of_address, network_address(request))
    if wait > 0:
        raise web.HTTPTooManyRequests(headers={"Retry-After": str(math.ceil(wait))})


def to_json(site: Site, message: OutboxMessage) -> dict[str, Any]:
    """Return a message as the page reads it."""
    text = marked(message.body.text)
    number, code = text.ticket_number, text.followup_code
    # The receipt of an anonymous report is scrubbed: it belongs to nobody's Telegram.
    can_link = bool(site.tools.bot_name() and number and code and not message.scrub)
    return {
        "id": message.id,
        "at": message.created_at.isoformat(),
        "html": text.html,
        "text": text.plain,
        "buttons": [
            [{"label": button.label, "token": button.token} for button in row]
            for row in message.body.buttons
        ],
        "ask_location": message.body.ask_location,
        "picture": f"/chat/pictures/{message.id}" if message.body.attachment else None,
        "file": _file_of(site, message),
        "number": number,
        "code": code if number else None,
        "can_link": can_link,
    }


def _file_of(site: Site, message: OutboxMessage) -> dict[str, str] | None:
    """Return the link to the file of a message, as long as it can be followed."""
    if message.body.document is None or is_expired(site.tools, message):
        return None
    label = site.tools.wording.plain("privasi.tautan_berkas")
    return {"url": f"/chat/files/{message.id}", "label": label}


def _cursor(request: web.Request) -> OutboxId:
    given = request.headers.get("Last-Event-ID") or request.query.get("after") or "0"
    is_number = given.isascii() and given.isdigit() and len(given) < 16
    return OutboxId(int(given) if is_number else 0)
