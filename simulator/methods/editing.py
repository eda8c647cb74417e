"""Methods that change or delete messages."""

from typing import Any

from simulator.backend import Backend
from simulator.errors import BadRequest
from simulator.keyboards import check_markup
from simulator.params import Params
from simulator.posting import addressed_chat, caption_text, message_text, target
from simulator.world import Chat, StoredMessage

_DELETE_SECONDS = 48 * 3600
_MEDIA = ("photo", "document", "video", "voice", "audio")
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the "
    "same as a current content and reply markup of the message"
)


def _editable(backend: Backend, params: Params) -> tuple[Chat, StoredMessage]:
    chat = target(backend, params)
    message_id = params.need_integer("message_id", "message identifier is not specified")
    message = chat.messages.get(message_id)
    if message is None:
        raise BadRequest("message to edit not found")
    if not message.from_bot or message.is_service:
        raise BadRequest("message can't be edited")
    return chat, message


def _apply(
    backend: Backend,
    chat: Chat,
    message: StoredMessage,
    params: Params,
    fields: dict[str, Any],
    *,
    replaced: tuple[str, ...] = (),
    source: str | None,
) -> Any:
    """Replace fields and the keyboard; an edit without a keyboard takes the old one away."""
    markup = check_markup(params.json("reply_markup"), chat, backend.limits)
    kept = {k: v for k, v in message.wire.items() if k not in (*replaced, "reply_markup")}
    edited = kept | fields | ({"reply_markup": markup} if markup else {})
    if edited == message.wire:
        raise BadRequest(_NOT_MODIFIED)
    backend.spend(chat)
    message.wire = edited | {"edit_date": backend.clock.unix()}
    message.source = source
    message.edits += 1
    chat.arrive(message)
    return message.wire


async def edit_message_text(backend: Backend, params: Params) -> Any:
    """Replace a message's text and keyboard."""
    chat, message = _editable(backend, params)
    if "text" not in message.wire:
        raise BadRequest("there is no text in the message to edit")
    source, fields = message_text(backend, params)
    replaced = ("text", "entities")
    return _apply(backend, chat, message, params, fields, replaced=replaced, source=source)


async def edit_message_caption(backend: Backend, params: Params) -> Any:
    """Replace a caption and the keyboard."""
    chat, message = _editable(backend, params)
    if not any(kind in message.wire for kind in _MEDIA):
        raise BadRequest("there is no caption in the message to edit")
    source, fields = caption_text(backend, params)
    replaced = ("caption", "caption_entities")
    return _apply(backend, chat, message, params, fields, replaced=replaced, source=source)


async def edit_message_reply_markup(backend: Backend, params: Params) -> Any:
    """Replace or remove the keyboard."""
    chat, message = _editable(backend, params)
    return _apply(backend, chat, message, params, {}, source=message.source)


def _delete(backend: Backend, chat: Chat, message_id: int) -> None:
    message = chat.messages.get(message_id)
    if message is None:
        raise BadRequest("message to delete not found")
    is_old = backend.clock.unix() - message.wire["date"] > _DELETE_SECONDS
    is_foreign = chat.is_group and not message.from_bot and not chat.bot_status.is_admin
    if is_foreign or (is_old and not chat.is_group):
        raise BadRequest("message can't be deleted for everyone")
    chat.delete(message_id)


async def delete_message(backend: Backend, params: Params) -> Any:
    """Delete a message for everyone."""
    chat = target(backend, params)
    _delete(backend, chat, params.need_integer("message_id", "message to delete not found"))
    return True


async def delete_messages(backend: Backend, params: Params) -> Any:
    """Delete several messages; those that are gone are skipped."""
    chat = addressed_chat(backend, params)
    for message_id in params.json("message_ids") or []:
        if int(message_id) in chat.messages:
            _delete(backend, chat, int(message_id))
    return True
