"""What a citizen did, as told by any channel: words, presses, pictures, places."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

InboxId = NewType("InboxId", int)


class InboundKind(StrEnum):
    """The shapes of things that reach the desk."""

    TEXT = "teks"
    COMMAND = "perintah"  #: a command of ours such as /lacak; *command* and *text* (argument)
    PRESS = "tekan"  #: a button; *token* names it
    PHOTO = "foto"
    LOCATION = "lokasi"
    CONTACT = "kontak"  #: *phone*, and whether it is the sender's own
    DOCUMENT = "dokumen"
    VOICE = "suara"
    VIDEO = "video"
    STICKER = "stiker"
    POLL = "jajak"
    EDITED = "suntingan"  #: the citizen changed an earlier message
    BLOCKED = "diblokir"  #: the citizen blocked the bot
    UNBLOCKED = "dibuka"  #: and let it back in
    OTHER = "lain"


#: Kinds whose text is what the citizen says, caption or not.
WORDED = frozenset({InboundKind.TEXT, InboundKind.PHOTO, InboundKind.LOCATION})


@dataclass(frozen=True)
class FileRef:
    """A file that the channel keeps for us: its id there, size in bytes, name and MIME type."""

    file_id: str
    size: int | None = None
    name: str | None = None
    mime: str | None = None


@dataclass(frozen=True)
class Point:
    """A pin on the map, in degrees (WGS 84)."""

    lat: float
    lon: float


@dataclass(frozen=True)
class Inbound:
    """One thing a citizen sent."""

    kind: InboundKind
    text: str | None = None  #: words, a caption, or the argument of a command
    command: str | None = None
    token: str | None = None
    file: FileRef | None = None
    point: Point | None = None
    phone: str | None = None
    album: str | None = None  #: parts of one album share this id
    external_message_id: str | None = None  #: the channel's own id of the message
    profile_name: str | None = None
    attachment: str | None = None  #: id of a picture that is already stored (web chat)
    sender: str | None = None  #: in a group: the Telegram id of who wrote, None when anonymous
    thread: str | None = None  #: the topic it was written in
    reply_to: str | None = None  #: the channel's id of the message that was answered
