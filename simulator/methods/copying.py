"""Methods that bring a message into another chat."""

from typing import Any

from simulator.backend import Backend
from simulator.errors import BadRequest
from simulator.params import Params
from simulator.posting import addressed_chat, caption_text, post, target
from simulator.world import StoredMessage

_CONTENT = (
    "text",
    "entities",
    "caption",
    "caption_entities",
    "photo",
    "document",
    "video",
    "voice",
    "audio",
    "sticker",
    "location",
    "contact",
    "poll",
)
_CAPTIONED = ("photo", "document", "video", "voice", "audio")


def _original(backend: Backend, params: Params, verb: str) -> StoredMessage:
    origin = addressed_chat(backend, params, "from_chat_id")
    message = origin.messages.get(params.need_integer("message_id", "message_id is empty"))
    if message is None:
        raise BadRequest(f"message to {verb} not found")
    if message.is_service or message.wire.get("has_protected_content"):
        past = {"copy": "copied", "forward": "forwarded"}[verb]
        raise BadRequest(f"message can't be {past}")
    return message


def _content(message: StoredMessage) -> dict[str, Any]:
    return {key: message.wire[key] for key in _CONTENT if key in message.wire}


async def copy_message(backend: Backend, params: Params) -> Any:
    """Send a message's content again, without saying whose it was."""
    chat = target(backend, params)
    original = _original(backend, params, "copy")
    content, source = _content(original), original.source
    if params.values.get("caption") is not None and any(key in content for key in _CAPTIONED):
        source, caption = caption_text(backend, params)
        for key in ("caption", "caption_entities"):
            content.pop(key, None)
        content |= caption
    copied = post(backend, chat, params, content, source=source)
    return {"message_id": copied.message_id}


async def forward_message(backend: Backend, params: Params) -> Any:
    """Send a message on with its author's name."""
    chat = target(backend, params)
    original = _original(backend, params, "forward")
    content = {"forward_origin": _origin(backend, original), **_content(original)}
    return post(backend, chat, params, content, source=original.source).wire


def _origin(backend: Backend, message: StoredMessage) -> dict[str, Any]:
    if "forward_origin" in message.wire:
        return dict(message.wire["forward_origin"])
    date = message.wire["date"]
    if "sender_chat" in message.wire:
        return {"type": "chat", "date": date, "sender_chat": message.wire["sender_chat"]}
    sender = message.wire["from"]
    account = backend.world.accounts.get(sender["id"])
    if account is not None and account.hides_forwards:
        return {"type": "hidden_user", "date": date, "sender_user_name": account.first_name}
    return {"type": "user", "date": date, "sender_user": sender}
