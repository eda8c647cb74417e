"""What the chat's page posts: messages, photos, what it has shown, links, the end."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from desk.domain.conversation import Channel
from desk.domain.inbound import Inbound
from desk.domain.outgoing import OutboxId
from desk.domain.ticket_number import MistypedNumber, read_ticket_number
from desk.services.outbox.browsers import acknowledge
from desk.services.talk.linking import make_link
from desk.services.turns.intake import Arrival, receive
from web.answers import Refusal
from web.chat_inbound import Acknowledgement, LinkRequest, read_message
from web.chat_photos import take_photo
from web.rates import Allowance, take_both
from web.site import Site, site_of
from web.uploads import read_form
from web.visitors import COOKIE, Visitor, network_address, remember, visitor_of

Post = Callable[[web.Request, Site, Visitor], Awaitable[web.Response]]
MAX_JSON_BYTES = 64 * 1024

M = TypeVar("M", bound=BaseModel)


def posting(handler: Post) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Give a handler its visitor, renew the visitor's session, translate refusals."""

    async def handle(request: web.Request) -> web.StreamResponse:
        site, visitor = site_of(request), visitor_of(request)
        try:
            response = await handler(request, site, visitor)
        except Refusal as refused:
            response = refused.answer(request)
        if COOKIE not in response.cookies:
            remember(response, visitor, site)
        return response

    return handle


@posting
async def post_message(request: web.Request, site: Site, visitor: Visitor) -> web.Response:
    """Store one message; the same one again changes nothing."""
    client_id, inbound = read_message(await read_json_bytes(request))
    _keep_pace(request, visitor, site.allowances.messages, site.allowances.messages_of_address)
    await take(site, visitor, client_id, inbound)
    return accepted(visitor)


@posting
async def post_photo(request: web.Request, site: Site, visitor: Visitor) -> web.Response:
    """Store one photo with its words."""
    _keep_pace(request, visitor, site.allowances.photos, site.allowances.photos_of_address)
    with await read_form(request) as form:
        client_id, inbound = await take_photo(site, visitor, form)
    await take(site, visitor, client_id, inbound)
    return accepted(visitor)


@posting
async def post_ack(request: web.Request, site: Site, visitor: Visitor) -> web.Response:
    """Take note of what the page has shown."""
    ack = _read(Acknowledgement, await read_json_bytes(request))
    await acknowledge(
        site.units,
        site.tools,
        visitor.address,
        after=OutboxId(ack.after),
        upto=OutboxId(ack.last_id),
    )
    return web.Response(status=204)


@posting
async def post_link(request: web.Request, site: Site, visitor: Visitor) -> web.Response:
    """Make a link that brings a ticket of this visitor to Telegram."""
    number = read_ticket_number(_read(LinkRequest, await read_json_bytes(request)).nomor)
    link = None
    if number is not None and not isinstance(number, MistypedNumber):
        async with site.units() as uow:
            conversation = await uow.conversations.at_address(Channel.WEB, visitor.address)
            if conversation is not None:
                link = await make_link(uow, site.tools, conversation.id, number)
                await uow.commit()
    if link is None:
        raise Refusal(404, "web.tidak_bisa_dihubungkan", "not_linkable")
    return web.json_response({"url": link})


@posting
async def post_end(request: web.Request, site: Site, visitor: Visitor) -> web.Response:
    """Forget the session on this device."""
    response = web.Response(status=204)
    response.del_cookie(COOKIE, path="/")
    return response


async def take(site: Site, visitor: Visitor, client_id: str, inbound: Inbound) -> None:
    """Pass a message to the desk under an id that is the visitor's own."""
    # Hashed, so that an id which outlives the erased conversation leads to no browser.
    own_id = hashlib.sha256(f"{visitor.short}:{client_id}".encode()).hexdigest()
    arrival = Arrival(
        Channel.WEB,
        external_id=own_id,
        raw={"id": client_id},  # the words are in *inbound*; once is enough
        address=visitor.address,
        inbound=inbound,
    )
    await receive(site.units, site.tools, site.bell, [arrival])


def accepted(visitor: Visitor) -> web.Response:
    """Say that a message is stored; a page whose session was lost must reopen its stream."""
    return web.json_response({"stored": True, "new_session": visitor.is_new}, status=202)


async def read_json_bytes(request: web.Request) -> bytes:
    """Return a JSON body.

    Raises:
        Refusal: It is of another type or too large.
    """
    if request.content_type != "application/json":
        raise Refusal(415, "web.tidak_terbaca", "not_json")
    if (request.content_length or 0) > MAX_JSON_BYTES:
        raise Refusal(413, "web.tidak_terbaca", "too_large")
    body = bytearray()
    async for chunk in request.content.iter_chunked(16 * 1024):
        body += chunk
        if len(body) > MAX_JSON_BYTES:
            raise Refusal(413, "web.tidak_terbaca", "too_large")
    return bytes(body)


def _read(model: type[M], body: bytes) -> M:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise Refusal(400, "web.tidak_terbaca", "unreadable") from error


def _keep_pace(
    request: web.Request, visitor: Visitor, own: Allowance, of_address: Allowance
) -> None:
    """Ask a visitor who sends too much to wait; the page keeps the message and tries again."""
    wait = take_both(own, visitor.address, of_address, network_address(request))
    if wait > 0:
        raise Refusal(429, "web.terlalu_cepat", "too_fast", wait=wait)
