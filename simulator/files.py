"""Files on Telegram's servers: stored content, ids and the media objects that point to them."""

import base64
import itertools
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

#: What a person's small preview downloads as: a real one-pixel picture that is not the original.
PREVIEW = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
_PICTURE_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"RIFF", b"BM")


class MediaKind(StrEnum):
    """Kinds of media a message can carry; the value is its key in the message."""

    PHOTO = "photo"
    DOCUMENT = "document"
    VIDEO = "video"
    VOICE = "voice"
    AUDIO = "audio"
    STICKER = "sticker"


_EXTENSIONS = {
    MediaKind.PHOTO: "jpg",
    MediaKind.DOCUMENT: "bin",
    MediaKind.VIDEO: "mp4",
    MediaKind.VOICE: "oga",
    MediaKind.AUDIO: "mp3",
    MediaKind.STICKER: "webp",
}
_MIME_TYPES = {
    MediaKind.VIDEO: "video/mp4",
    MediaKind.VOICE: "audio/ogg",
    MediaKind.AUDIO: "audio/mpeg",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """One file; `size` may claim more than `content` holds, to test limits cheaply."""

    file_id: str
    unique_id: str
    kind: MediaKind
    content: bytes
    size: int
    path: str
    name: str | None
    mime_type: str | None

    def wire(self) -> dict[str, Any]:
        """Return the fields every media object shares."""
        return {
            "file_id": self.file_id,
            "file_unique_id": self.unique_id,
            "file_size": self.size,
        }


class FileStore:
    """Keeps every file by its id and by its download path."""

    def __init__(self) -> None:
        """Begin empty."""
        self._by_id: dict[str, StoredFile] = {}
        self._by_path: dict[str, StoredFile] = {}
        self._numbers = itertools.count(1)

    def add(
        self,
        content: bytes,
        kind: MediaKind,
        *,
        name: str | None = None,
        mime_type: str | None = None,
        size: int | None = None,
    ) -> StoredFile:
        """Store a file and give it its ids."""
        number = next(self._numbers)
        extension = name.rsplit(".", 1)[-1] if name and "." in name else _EXTENSIONS[kind]
        stored = StoredFile(
            file_id=f"AgAC{kind.value}-{number:06d}",
            unique_id=f"AQAD{number:06d}",
            kind=kind,
            content=content,
            size=len(content) if size is None else size,
            path=f"{kind.value}s/file_{number}.{extension}",
            name=name,
            mime_type=mime_type or _MIME_TYPES.get(kind),
        )
        self._by_id[stored.file_id] = self._by_path[stored.path] = stored
        return stored

    def by_id(self, file_id: str) -> StoredFile | None:
        """Return the file with this id."""
        return self._by_id.get(file_id)

    def by_path(self, path: str) -> StoredFile | None:
        """Return the file behind a download path."""
        return self._by_path.get(path)

    def media(self, stored: StoredFile, *, duration: int = 3) -> dict[str, Any]:
        """Return the part of a message that shows *stored*, e.g. ``{"photo": [...]}``."""
        if stored.kind is MediaKind.PHOTO:
            small = self.add(PREVIEW, MediaKind.PHOTO)
            return {
                "photo": [
                    {**small.wire(), "width": 90, "height": 67},
                    {**stored.wire(), "width": 1280, "height": 960},
                ]
            }
        shape = stored.wire()
        if stored.mime_type:
            shape["mime_type"] = stored.mime_type
        if stored.name and stored.kind is not MediaKind.VOICE:
            shape["file_name"] = stored.name
        if stored.kind in (MediaKind.VOICE, MediaKind.AUDIO, MediaKind.VIDEO):
            shape["duration"] = duration
        if stored.kind is MediaKind.VIDEO:
            shape |= {"width": 1280, "height": 720}
        if stored.kind is MediaKind.STICKER:
            shape |= {
                "width": 512,
                "height": 512,
                "type": "regular",
                "is_animated": False,
                "is_video": False,
            }
        return {stored.kind.value: shape}


def is_picture(content: bytes) -> bool:
    """Return whether Telegram would recognise *content* as a picture."""
    return content.startswith(_PICTURE_STARTS)
