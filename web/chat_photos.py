"""Takes photos: streamed in, bounded, re-encoded, stored under a random id."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from aiohttp import BodyPartReader, web

from desk.domain.conversation import Channel
from desk.domain.inbound import Inbound, InboundKind
from desk.services.intake import conversation_at
from web.answers import Refusal
from web.chat_inbound import MAX_TEXT, clean
from web.site import MAX_PHOTO_BYTES, Site
from web.visitors import Visitor

CHUNK = 64 * 1024
PHOTO_FIELDS = frozenset({"photo", "foto"})
_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
#: A photo that is sent again keeps its id as long as this process lives. The key is nowhere
#: else, so later nothing joins the photo of an anonymous report to a conversation.
_ID_KEY = secrets.token_bytes(32)


@dataclass(frozen=True)
class Upload:
    """One photo as it came."""

    client_id: str
    data: bytes
    text: str | None = None


async def read_upload(request: web.Request) -> Upload:
    """Read the form of one photo.

    Raises:
        Refusal: It is no such form, or the photo is too large.
    """
    fields = await read_form(request)
    client_id = fields.get("id", b"").decode("ascii", "replace")
    if not _CLIENT_ID.fullmatch(client_id) or not fields.get("photo"):
        raise Refusal(400, "web.tidak_terbaca", "unreadable")
    text = clean(fields.get("text", b"").decode("utf-8", "replace"))
    return Upload(client_id, fields["photo"], text or None)


async def read_form(request: web.Request) -> dict[str, bytes]:
    """Return the fields of a form with a photo, each bounded.

    Raises:
        Refusal: It is no such form, or too large.
    """
    if request.content_type != "multipart/form-data":
        raise Refusal(415, "web.tidak_terbaca", "not_multipart")
    fields: dict[str, bytes] = {}
    try:
        reader = await request.multipart()
        while len(fields) < 8 and (part := await reader.next()) is not None:
            if not isinstance(part, BodyPartReader) or part.name is None:
                continue
            limit = MAX_PHOTO_BYTES if part.name in PHOTO_FIELDS else 8 * MAX_TEXT
            fields[part.name] = await _read_part(part, limit)
    except (ValueError, AssertionError) as error:
        raise Refusal(400, "web.tidak_terbaca", "unreadable") from error
    return fields


async def _read_part(part: BodyPartReader, limit: int) -> bytes:
    data = bytearray()
    while chunk := await part.read_chunk(CHUNK):
        data += chunk
        if len(data) > limit:
            raise Refusal(
                413, "web.foto_terlalu_besar", "too_large", megabita=MAX_PHOTO_BYTES >> 20
            )
    return bytes(data)


async def store_photo(site: Site, visitor: Visitor, upload: Upload) -> Inbound:
    """Keep a photo and return the message that brings it.

    Raises:
        Refusal: The bytes are no photo.
    """
    picture = await encoded(site, upload.data)
    attachment = _attachment_id(visitor, upload.client_id)
    async with site.units() as uow:
        conversation = await conversation_at(uow, site.tools, Channel.WEB, visitor.address)
        now = site.tools.now()
        await uow.attachments.add(attachment, conversation.id, picture, "image/jpeg", now)
        await uow.commit()
    return Inbound(InboundKind.PHOTO, text=upload.text, attachment=attachment)


async def encoded(site: Site, data: bytes) -> bytes:
    """Return a photo re-encoded without metadata.

    Raises:
        Refusal: The bytes are no photo.
    """
    try:
        return await site.re_encode(data)
    except ValueError as error:
        raise Refusal(415, "web.foto_bukan_gambar", "not_a_picture") from error


def _attachment_id(visitor: Visitor, client_id: str) -> str:
    name = f"{visitor.address}:{client_id}".encode()
    return hmac.new(_ID_KEY, name, hashlib.sha256).hexdigest()[:32]
