"""Reads raw updates of Telegram: whose they are and what was said. Never raises."""

from dataclasses import replace
from typing import Any

from bot.content import read_content, read_edit
from bot.raw_json import Json, fingerprint, object_at, storable, text_at, whole_at
from bot.repeats import without_repeats
from bot.words import MAX_NAME, clean_line
from desk.domain.conversation import Channel
from desk.domain.inbound import Inbound, InboundKind
from desk.services.intake import Arrival

#: What Telegram is asked to send; everything else stays away.
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")

#: Stands before a button's token in its callback data.
PRESS_PREFIX = "t:"
_LONGEST_DATA = 64


class _Unreadable(ValueError):
    """An update of a kind we use does not have the shape that Telegram promises."""


def read_update(raw: Any) -> Arrival:
    """Return an update as an arrival.

    Groups, channels, other bots and unknown kinds of updates have no address and are left
    alone; what has not the promised shape is marked as unreadable and kept. What an update
    repeats of other messages is not kept.
    """
    kept = storable(raw)
    update_id = whole_at(kept, "update_id")
    external_id = fingerprint(kept) if update_id is None else str(update_id)
    aside = Arrival(Channel.TELEGRAM, external_id, without_repeats(kept))
    try:
        if update_id is None:
            raise _Unreadable("no update id")
        found = _read(kept)
    except _Unreadable:
        return replace(aside, unreadable=True)
    if found is None:
        return aside
    address, inbound = found
    return replace(aside, address=address, inbound=inbound)


def update_id_of(raw: Any) -> int | None:
    """Return the update's own id, None when it has none."""
    return whole_at(raw, "update_id") if isinstance(raw, dict) else None


def press_id_of(arrival: Arrival) -> str | None:
    """Return the id under which Telegram waits for an answer to a press of a button."""
    if arrival.inbound is None or arrival.inbound.kind is not InboundKind.PRESS:
        return None
    return text_at(object_at(arrival.raw, "callback_query"), "id")


def _read(update: Json) -> tuple[str, Inbound] | None:
    if "message" in update:
        return _read_message(_object(update, "message"))
    if "edited_message" in update:
        return _read_edited(_object(update, "edited_message"))
    if "callback_query" in update:
        return _read_press(_object(update, "callback_query"))
    if "my_chat_member" in update:
        return _read_membership(_object(update, "my_chat_member"))
    return None


def _object(value: Json, key: str) -> Json:
    found = value.get(key)
    if not isinstance(found, dict):
        raise _Unreadable(key)
    return found


def _private_address(holder: Json) -> str | None:
    """Return the private chat an object belongs to; None for groups and channels."""
    chat = _object(holder, "chat")
    kind, chat_id = text_at(chat, "type"), whole_at(chat, "id")
    if kind is None or chat_id is None:
        raise _Unreadable("chat")
    return str(chat_id) if kind == "private" else None


def _from_citizen(holder: Json, inbound: Inbound | None) -> Inbound | None:
    """Put the sender's name on what was said; other bots have nothing to say here."""
    sender = object_at(holder, "from")
    if inbound is None or sender.get("is_bot") is True:
        return None
    names = (text_at(sender, "first_name"), text_at(sender, "last_name"))
    name = clean_line(" ".join(name for name in names if name), longest=MAX_NAME)
    return replace(inbound, profile_name=name or None)


def _read_message(message: Json) -> tuple[str, Inbound] | None:
    address = _private_address(message)
    inbound = _from_citizen(message, read_content(message))
    return (address, inbound) if address and inbound else None


def _read_edited(message: Json) -> tuple[str, Inbound] | None:
    address = _private_address(message)
    inbound = _from_citizen(message, read_edit(message))
    return (address, inbound) if address and inbound else None


def _read_press(query: Json) -> tuple[str, Inbound] | None:
    """Read a press; its token may be anything, the desk knows which ones it gave out."""
    if "message" not in query:
        return None  # a button of an inline message; we have none
    message = _object(query, "message")
    address = _private_address(message)
    data = clean_line(text_at(query, "data") or "", longest=_LONGEST_DATA)
    message_id = whole_at(message, "message_id")
    press = Inbound(
        InboundKind.PRESS,
        token=data.removeprefix(PRESS_PREFIX),
        external_message_id=None if message_id is None else str(message_id),
    )
    inbound = _from_citizen(query, press)
    return (address, inbound) if address and inbound else None


_MEMBERSHIPS = {"kicked": InboundKind.BLOCKED, "member": InboundKind.UNBLOCKED}


def _read_membership(change: Json) -> tuple[str, Inbound] | None:
    address = _private_address(change)
    kind = _MEMBERSHIPS.get(text_at(_object(change, "new_chat_member"), "status") or "")
    inbound = _from_citizen(change, Inbound(kind)) if kind else None
    return (address, inbound) if address and inbound else None
