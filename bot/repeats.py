"""Cuts what an update repeats of other messages: those are stored once, and may be forgotten."""

from collections.abc import Mapping
from typing import Any

from bot.raw_json import Json, object_at

#: Parts of a message that hold pieces of another message, but no message of their own.
_PIECES = frozenset({"quote", "external_reply", "reply_to_story"})
_MESSAGE = "message"
_EDITED = frozenset({"edited_message", "edited_channel_post"})
_MESSAGE_IDS = ("message_id", "date", "edit_date", "media_group_id")
_PIECE_IDS = ("message_id", "id", "position")


def without_repeats(update: Json) -> dict[str, Any]:
    """Return an update with nothing but the ids of every message but the one it brings.

    Whoever replies to, edits, pins or presses a button under an older message sends that one
    again in full: after an anonymous report, its matter would stand beside its person again.
    """
    return {key: _part(key, value) for key, value in update.items()}


def _part(key: str, value: Any) -> Any:
    if key in _EDITED and isinstance(value, dict):
        return _ids(value)
    if key == _MESSAGE and isinstance(value, dict):
        return {inner: _inside(inner, item) for inner, item in value.items()}
    return _inside(key, value)


def _inside(key: str, value: Any) -> Any:
    match value:
        case dict() if key in _PIECES:
            return _picked(value, _PIECE_IDS)
        case dict() if "message_id" in value and "chat" in value:
            return _ids(value)
        case dict():
            return {inner: _inside(inner, item) for inner, item in value.items()}
        case list():
            return [_inside(key, item) for item in value]
    return value


def _ids(message: Json) -> dict[str, Any]:
    chat = _picked(object_at(message, "chat"), ("id", "type"))
    return {**_picked(message, _MESSAGE_IDS), **({"chat": chat} if chat else {})}


def _picked(value: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: value[key] for key in keys if isinstance(value.get(key), int | str)}
