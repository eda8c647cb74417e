"""Takes photos of the chat and keeps them under random ids."""

import hashlib
import hmac
import re
import secrets

from desk.domain.conversation import Channel
from desk.domain.inbound import Inbound, InboundKind
from desk.services.addressing import conversation_at
from web.answers import Refusal
from web.site import Site
from web.uploads import Form
from web.visitors import Visitor

_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
#: A photo that is sent again keeps its id as long as this process lives. The key is nowhere
#: else, so later nothing joins the photo of an anonymous report to a conversation.
_ID_KEY = secrets.token_bytes(32)


async def take_photo(site: Site, visitor: Visitor, form: Form) -> tuple[str, Inbound]:
    """Keep the photo of a form; return the page's own id and the message that brings it.

    Raises:
        Refusal: It is no such form, or the bytes are no photo.
    """
    client_id = form.fields.get("id", "")
    if not _CLIENT_ID.fullmatch(client_id) or not form.has_photo:
        raise Refusal(400, "web.tidak_terbaca", "unreadable")
    text = form.words("text") or None
    picture = await form.encoded_photo(site)
    attachment = _attachment_id(visitor, client_id)
    async with site.units() as uow:
        conversation = await conversation_at(uow, site.tools, Channel.WEB, visitor.address)
        now = site.tools.now()
        await uow.attachments.add(attachment, conversation.id, picture, "image/jpeg", now)
        await uow.commit()
    return client_id, Inbound(InboundKind.PHOTO, text=text, attachment=attachment)


def _attachment_id(visitor: Visitor, client_id: str) -> str:
    name = f"{visitor.address}:{client_id}".encode()
    return hmac.new(_ID_KEY, name, hashlib.sha256).hexdigest()[:32]
