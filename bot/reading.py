"""Reads raw updates of Telegram: whose they are and what was said. Never raises."""

from dataclasses import dataclass, replace
from typing import Any

from bot.audience import CITIZENS_ONLY, Audience
from bot.content import read_content, read_edit, read_officer_content, read_officer_edit
from bot.raw_json import Json, fingerprint, object_at, storable, text_at, whole_at
from bot.repeats import without_repeats
from bot.words import MAX_NAME, clean_line
from desk.domain.conversation import Channel
from desk.domain.inbound import Inbound, InboundKind
from desk.services.turns.intake import Arrival

#: What Telegram is asked to send; everything else stays away.
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")

#: Stands before a button's token in its callback data.
PRESS_PREFIX = "t:"
_LONGEST_DATA = 64
GROUPS = frozenset({"group", "supergroup"})


class _Unreadable(ValueError):
    """An update of a kind we use does not have the shape that Telegram promises."""


def read_update(raw: Any, audience: Audience = CITIZENS_ONLY) -> Arrival:
    """Return an update as an arrival.

    Other groups than the officers', channels, other bots and unknown kinds of updates have no
    address and are left alone; what has not the promised shape is marked as unreadable and
    kept. What an update repeats of other messages is not kept.
    """
    kept = storable(raw)
    update_id = whole_at(kept, "update_id")
    external_id = fingerprint(kept) if update_id is None else str(update_id)
    aside = Arrival(Channel.TELEGRAM, external_id, without_repeats(kept))
    try:
        if update_id is None:
            raise _Unreadable("no update id")
        found = _read(kept, audience)
    except _Unreadable:
        return replace(aside, unreadable=True)
    if found is None:
        return aside
    place, inbound = found
    return replace(aside, channel=place.channel, address=place.address, inbound=inbound)


def update_id_of(raw: Any) -> int | None:
    """Return the update's own id, None when it has none."""
    return whole_at(raw, "update_id") if isinstance(raw, dict) else None


def press_id_of(arrival: Arrival) -> str | None:
    """Return the id under which Telegram waits for an answer to a press of a button."""
    if arrival.inbound is None or arrival.inbound.kind is not InboundKind.PRESS:
        return None
    return text_at(object_at(arrival.raw, "callback_query"), "id")


@dataclass(frozen=True)
class _Place:
    """A chat that the desk listens to."""

    channel: Channel
    address: str
    is_officers: bool  #: an officers' group, or the private chat of an officer


_Found = tuple[_Place, Inbound] | None


def _read(update: Json, audience: Audience) -> _Found:
    if "message" in update:
        return _read_message(_object(update, "message"), audience)
    if "edited_message" in update:
        return _read_edited(_object(update, "edited_message"), audience)
    if "callback_query" in update:
        return _read_press(_object(update, "callback_query"), audience)
    if "my_chat_member" in update:
        return _read_membership(_object(update, "my_chat_member"), audience)
    return None


def _object(value: Json, key: str) -> Json:
    found = value.get(key)
    if not isinstance(found, dict):
        raise _Unreadable(key)
    return found


def _place_of(holder: Json, audience: Audience) -> _Place | None:
    """Return where an object belongs; None for channels and for groups that are not officers'."""
    chat = _object(holder, "chat")
    kind, chat_id = text_at(chat, "type"), whole_at(chat, "id")
    if kind is None or chat_id is None:
        raise _Unreadable("chat")
    address = str(chat_id)
    if kind == "private":
        return _Place(Channel.TELEGRAM, address, address in audience.officers)
    if kind in GROUPS and address in audience.groups:
        return _Place(Channel.OFFICERS, address, is_officers=True)
    return None


def _signed(place: _Place | None, holder: Json, inbound: Inbound | None) -> _Found:
    """Say who it was: in private by name, in a group by id, None for who hides behind a chat.

    Other bots have nothing to say here.
    """
    if place is None or inbound is None:
        return None
    sender = object_at(holder, "from")
    if place.channel is Channel.OFFICERS:
        is_hidden = bool(object_at(holder, "sender_chat"))
        if holder.get("is_automatic_forward") is True:
            return None  # a post of the channel that the group belongs to
        if not is_hidden and sender.get("is_bot") is True:
            return None
        sender_id = None if is_hidden else whole_at(sender, "id")
        return place, replace(inbound, sender=None if sender_id is None else str(sender_id))
    if sender.get("is_bot") is True:
        return None
    names = (text_at(sender, "first_name"), text_at(sender, "last_name"))
    name = clean_line(" ".join(name for name in names if name), longest=MAX_NAME)
    return place, replace(inbound, profile_name=name or None)


def _threaded(message: Json, inbound: Inbound) -> Inbound:
    """Say in which topic it was written and which message it answers."""
    thread = whole_at(message, "message_thread_id")
    topic = thread if message.get("is_topic_message") is True else None
    answered = whole_at(object_at(message, "reply_to_message"), "message_id")
    if answered == topic:
        answered = None  # everything in a topic is shown as a reply to its first line
    return replace(
        inbound,
        thread=None if topic is None else str(topic),
        reply_to=None if answered is None else str(answered),
    )


def _read_message(message: Json, audience: Audience) -> _Found:
    place = _place_of(message, audience)
    if place is not None and place.is_officers:
        content = read_officer_content(message, audience.bot_name)
    else:
        content = read_content(message)
    return _signed(place, message, content and _threaded(message, content))


def _read_edited(message: Json, audience: Audience) -> _Found:
    place = _place_of(message, audience)
    is_officers = place is not None and place.is_officers
    edit = read_officer_edit(message) if is_officers else read_edit(message)
    return _signed(place, message, edit and _threaded(message, edit))


def _read_press(query: Json, audience: Audience) -> _Found:
    """Read a press; its token may be anything, the desk knows which ones it gave out."""
    if "message" not in query:
        return None  # a button of an inline message; we have none
    message = _object(query, "message")
    place = _place_of(message, audience)
    data = clean_line(text_at(query, "data") or "", longest=_LONGEST_DATA)
    message_id = whole_at(message, "message_id")
    pressed_under = None if message_id is None else str(message_id)
    press = Inbound(
        InboundKind.PRESS,
        token=data.removeprefix(PRESS_PREFIX),
        external_message_id=pressed_under,
    )
    return _signed(place, query, replace(_threaded(message, press), reply_to=pressed_under))


_MEMBERSHIPS = {"kicked": InboundKind.BLOCKED, "member": InboundKind.UNBLOCKED}


def _read_membership(change: Json, audience: Audience) -> _Found:
    """Read who blocked the bot; what becomes of it in groups is nothing that somebody said."""
    place = _place_of(change, audience)
    kind = _MEMBERSHIPS.get(text_at(_object(change, "new_chat_member"), "status") or "")
    if place is None or place.channel is not Channel.TELEGRAM or kind is None:
        return None
    return _signed(place, change, Inbound(kind))
