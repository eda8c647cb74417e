"""Reads what a Telegram message carries: words, commands, pictures, places, files."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.raw_json import Json, degrees_at, object_at, text_at, whole_at
from bot.words import (
    clean_line,
    clean_text,
    command_in,
    officer_command_in,
    without_slash,
)
from desk.domain.inbound import FileRef, Inbound, InboundKind, Point

MAX_FILE_ID = 512
_NOT_A_PHOTO = frozenset({"image/svg+xml"})

#: Events of the chat itself; nobody said anything, so nobody is answered.
SERVICE_FIELDS = frozenset(
    {
        "boost_added",
        "chat_background_set",
        "chat_shared",
        "connected_website",
        "delete_chat_photo",
        "forum_topic_closed",
        "forum_topic_created",
        "forum_topic_edited",
        "forum_topic_reopened",
        "general_forum_topic_hidden",
        "general_forum_topic_unhidden",
        "left_chat_member",
        "managed_bot_created",
        "message_auto_delete_timer_changed",
        "migrate_from_chat_id",
        "migrate_to_chat_id",
        "new_chat_members",
        "new_chat_photo",
        "new_chat_title",
        "pinned_message",
        "proximity_alert_triggered",
        "users_shared",
        "video_chat_ended",
        "video_chat_participants_invited",
        "video_chat_scheduled",
        "video_chat_started",
        "write_access_allowed",
    }
)


def read_content(message: Json) -> Inbound | None:
    """Return what a message says; None when it only reports an event of the chat.

    Forwarded messages are read like others: citizens forward what they want to ask about.
    """
    for field, read in _READERS:
        if field in message and (found := read(message, field)) is not None:
            return _with_frame(found, message)
    if SERVICE_FIELDS.intersection(message):
        return None
    return _with_frame(Inbound(InboundKind.OTHER), message)


def read_edit(message: Json) -> Inbound | None:
    """Return that a message was edited; None when no words changed.

    The desk asks for a new message instead of using the new words. They are not kept either:
    they say again what an anonymous report has made it forget. Telegram reports every step of
    a live location as an edit, too.
    """
    if text_at(message, "text") is None and text_at(message, "caption") is None:
        return None
    return _with_frame(Inbound(InboundKind.EDITED), message)


def read_officer_content(message: Json, bot_name: str | None) -> Inbound | None:
    """Return what an officer's message says, in the officer's very words.

    `//` begins a note, so slashes stay. None: an event of the chat, or a command that is
    addressed to another bot.
    """
    found = read_content(message)
    if found is None:
        return None
    text = _as_written(message)
    if "text" not in message or text is None:
        return found if text is None else replace(found, text=text)
    command = officer_command_in(text)
    if command is None:
        return replace(found, kind=InboundKind.TEXT, text=text, command=None)
    name, argument, bot = command
    if bot is not None and bot_name is not None and bot.lower() != bot_name.lower():
        return None
    return replace(found, kind=InboundKind.COMMAND, command=name, text=argument or None)


def read_officer_edit(message: Json) -> Inbound | None:
    """Return an officer's edit with the new words: a citizen is to read them."""
    edit = read_edit(message)
    return None if edit is None else replace(edit, text=_as_written(message))


def _as_written(message: Json) -> str | None:
    return clean_text(text_at(message, "text") or text_at(message, "caption") or "") or None


def _with_frame(inbound: Inbound, message: Json) -> Inbound:
    message_id = whole_at(message, "message_id")
    album = text_at(message, "media_group_id")
    return replace(
        inbound,
        external_message_id=None if message_id is None else str(message_id),
        album=clean_line(album, longest=64) or None if album else None,
    )


def _words(text: str | None) -> str | None:
    return without_slash(clean_text(text)) or None if text else None


def _read_text(message: Json, field: str) -> Inbound | None:
    text = clean_text(text_at(message, field) or "")
    command = command_in(text)
    if command is not None:
        name, argument = command
        return Inbound(InboundKind.COMMAND, command=name, text=argument or None)
    words = without_slash(text)
    return Inbound(InboundKind.TEXT, text=words) if words else None


def _read_photo(message: Json, field: str) -> Inbound | None:
    sizes = message[field]
    if not isinstance(sizes, list):
        return None
    readable = [size for size in sizes if isinstance(size, dict) and _file(size)]
    if not readable:
        return None
    largest = max(readable, key=_pixels)
    caption = _words(text_at(message, "caption"))
    return Inbound(InboundKind.PHOTO, text=caption, file=_file(largest))


def _pixels(size: Json) -> int:
    return (whole_at(size, "width") or 0) * (whole_at(size, "height") or 0)


def _read_document(message: Json, field: str) -> Inbound | None:
    file = _file(object_at(message, field))
    mime = (file.mime or "").lower() if file else ""
    is_photo = mime.startswith("image/") and mime not in _NOT_A_PHOTO
    kind = InboundKind.PHOTO if is_photo else InboundKind.DOCUMENT
    return Inbound(kind, text=_words(text_at(message, "caption")), file=file)


def _file(value: Json) -> FileRef | None:
    file_id = text_at(value, "file_id")
    if not file_id or len(file_id) > MAX_FILE_ID or not file_id.isascii():
        return None
    size = whole_at(value, "file_size")
    return FileRef(
        file_id,
        size=size if size is not None and size >= 0 else None,
        name=clean_line(text_at(value, "file_name") or "", longest=120) or None,
        mime=clean_line(text_at(value, "mime_type") or "", longest=100) or None,
    )


def _read_venue(message: Json, field: str) -> Inbound | None:
    venue = object_at(message, field)
    named = (text_at(venue, "title"), text_at(venue, "address"))
    words = ", ".join(name for name in named if name)
    place = _read_location(venue, "location")
    return replace(place, text=_words(words)) if place else None


def _read_location(message: Json, field: str) -> Inbound | None:
    location = object_at(message, field)
    lat = degrees_at(location, "latitude", 90)
    lon = degrees_at(location, "longitude", 180)
    if lat is None or lon is None:
        return None
    return Inbound(InboundKind.LOCATION, point=Point(lat, lon))


def _read_contact(message: Json, field: str) -> Inbound | None:
    """Take the number only of the sender's own contact: others did not agree to it."""
    contact = object_at(message, field)
    owner = whole_at(contact, "user_id")
    is_own = owner is not None and owner == whole_at(object_at(message, "from"), "id")
    phone = "".join(c for c in text_at(contact, "phone_number") or "" if c in "+0123456789")
    return Inbound(InboundKind.CONTACT, phone=phone[:20] or None if is_own else None)


def _reader_of(kind: InboundKind) -> Callable[[Json, str], Inbound]:
    def read(message: Json, field: str) -> Inbound:
        caption = _words(text_at(message, "caption"))
        return Inbound(kind, text=caption, file=_file(object_at(message, field)))

    return read


#: The first field of a message that can be read says what it is. An animation also comes as a
#: document, and a venue as a location.
_READERS: Sequence[tuple[str, Callable[[Json, str], Inbound | None]]] = (
    ("text", _read_text),
    ("photo", _read_photo),
    ("venue", _read_venue),
    ("location", _read_location),
    ("contact", _read_contact),
    ("animation", _reader_of(InboundKind.VIDEO)),
    ("document", _read_document),
    ("voice", _reader_of(InboundKind.VOICE)),
    ("audio", _reader_of(InboundKind.VOICE)),
    ("video", _reader_of(InboundKind.VIDEO)),
    ("video_note", _reader_of(InboundKind.VIDEO)),
    ("sticker", _reader_of(InboundKind.STICKER)),
    ("poll", _reader_of(InboundKind.POLL)),
)
