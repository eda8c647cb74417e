"""What the chat's page reads: itself, the stream of messages, the history, pictures."""

import contextlib
import json
import time
from collections import deque
from typing import Any

from aiohttp import web
from aiohttp_sse import EventSourceResponse, sse_response

from desk.domain.conversation import Owner
from desk.domain.outgoing import OutboxId, OutboxMessage
from desk.services.web_delivery import Delivery, messages_after, picture_of
from web.answers import refusal
from web.markup import marked
from web.pages import render
from web.site import Site, site_of
from web.visitors import known_visitor, network_address, remember, visitor_of

HISTORY = 200
HISTORY_PAGES = 40
HEARTBEAT_SECONDS = 20.0
#: How many services are offered before the first message.
OFFERED = 4


async def get_chat(request: web.Request) -> web.StreamResponse:
    """Show the chat and give the browser its session."""
    site, visitor = site_of(request), visitor_of(request)
    services = site.tools.catalogue.frequent_services()
    asked = [s.singkat for s in services if s.id == request.query.get("tanya")]
    page = {
        "services": services[:OFFERED],
        "begin_report": request.query.get("mulai") == "lapor",
        "asked": asked[0] if asked else None,
        "bot_name": site.tools.bot_name,
        "active": "chat",
    }
    response = render(request, "chat.html", page)
    remember(response, visitor, site)
    return response


async def get_history(request: web.Request) -> web.StreamResponse:
    """Return the newest messages after an id at once."""
    site, visitor = site_of(request), visitor_of(request)
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
            with contextlib.suppress(ConnectionResetError, TimeoutError):
                await _pour(site, visitor.address, _cursor(request), stream)
        return stream


async def _pour(site: Site, address: str, cursor: OutboxId, stream: EventSourceResponse) -> None:
    """Send messages until the browser leaves or the server closes."""
    owner, beat = Owner.BOT, time.monotonic()
    await stream.send("{}", event="open", retry=3000)
    while not site.wakeups.closing and stream.is_connected():
        mark = site.wakeups.mark()
        found = await messages_after(site.units, site.tools, address, cursor)
        for message in found.messages:
            await stream.send(json.dumps(to_json(site, message)), id=str(message.id))
        if found.messages or found.owner is not Owner.BOT:
            site.wakeups.answered(address)  # an officer may write at any moment
        if found.owner is not owner:
            owner = found.owner
            await stream.send(json.dumps(owner), event="owner")
        cursor = found.last
        if time.monotonic() - beat > HEARTBEAT_SECONDS:
            beat = time.monotonic()
            await stream.send("{}", event="beat")
        if found.is_complete:
            await site.wakeups.after(mark, address)


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


def to_json(site: Site, message: OutboxMessage) -> dict[str, Any]:
    """Return a message as the page reads it."""
    text = marked(message.body.text)
    number, code = text.ticket_number, text.followup_code
    # The receipt of an anonymous report is scrubbed: it belongs to nobody's Telegram.
    can_link = bool(site.tools.bot_name and number and code and not message.scrub)
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
        "number": number,
        "code": code if number else None,
        "can_link": can_link,
    }


def _cursor(request: web.Request) -> OutboxId:
    given = request.headers.get("Last-Event-ID") or request.query.get("after") or "0"
    is_number = given.isascii() and given.isdigit() and len(given) < 16
    return OutboxId(int(given) if is_number else 0)
