"""Methods that send and fetch files."""

from typing import Any

from simulator.backend import Backend
from simulator.errors import BadRequest, RequestTooLarge
from simulator.files import MediaKind, StoredFile, is_picture
from simulator.params import Params, Upload
from simulator.posting import caption_text, post, target

_ALBUM_KINDS = {
    MediaKind.PHOTO: "visual",
    MediaKind.VIDEO: "visual",
    MediaKind.DOCUMENT: "document",
    MediaKind.AUDIO: "audio",
}


def _store_upload(backend: Backend, upload: Upload, kind: MediaKind) -> StoredFile:
    size = len(upload.content)
    if size == 0:
        raise BadRequest("file must be non-empty")
    if size > backend.limits.upload_bytes:
        raise RequestTooLarge
    if kind is MediaKind.PHOTO:
        if size > backend.limits.photo_bytes:
            raise BadRequest(
                f"file of size {size} bytes is too big for a photo; the maximum size is "
                f"{backend.limits.photo_bytes} bytes"
            )
        if not is_picture(upload.content):
            raise BadRequest("IMAGE_PROCESS_FAILED")
    return backend.world.files.add(
        upload.content, kind, name=upload.name, mime_type=upload.mime_type
    )


def _resolve(backend: Backend, params: Params, reference: str, kind: MediaKind) -> StoredFile:
    """Return the file a parameter means: an upload, an ``attach://`` name or a known id."""
    upload = params.uploads.get(reference.removeprefix("attach://"))
    if upload is not None:
        return _store_upload(backend, upload, kind)
    if reference.startswith(("http://", "https://")):
        raise BadRequest("failed to get HTTP URL content")  # the simulator fetches nothing
    if not reference:
        raise BadRequest(f"there is no {kind.value} in the request")
    stored = backend.world.files.by_id(reference)
    if stored is None:
        raise BadRequest(
            "wrong file identifier/HTTP URL specified"
            if not reference.startswith("attach://")
            else "attached file not found"
        )
    if stored.kind is not kind:
        raise BadRequest(f"can't use file of type {stored.kind.title()} as {kind.title()}")
    return stored


async def _send(backend: Backend, params: Params, kind: MediaKind) -> Any:
    chat = target(backend, params)
    source, caption = caption_text(backend, params)
    reference = kind.value if kind.value in params.uploads else params.text(kind.value)
    stored = _resolve(backend, params, reference, kind)
    shape = backend.world.files.media(stored, duration=params.integer("duration") or 0)
    return post(backend, chat, params, shape | caption, source=source).wire


async def send_photo(backend: Backend, params: Params) -> Any:
    """Send a photo."""
    return await _send(backend, params, MediaKind.PHOTO)


async def send_document(backend: Backend, params: Params) -> Any:
    """Send a file as it is."""
    return await _send(backend, params, MediaKind.DOCUMENT)


async def send_voice(backend: Backend, params: Params) -> Any:
    """Send a voice message."""
    return await _send(backend, params, MediaKind.VOICE)


async def send_video(backend: Backend, params: Params) -> Any:
    """Send a video."""
    return await _send(backend, params, MediaKind.VIDEO)


async def send_media_group(backend: Backend, params: Params) -> Any:
    """Send an album: separate messages that share a ``media_group_id``."""
    chat = target(backend, params)
    items = params.json("media") or []
    if not 2 <= len(items) <= 10:
        raise BadRequest("group must contain 2-10 items to be sent as an album")
    kinds = [_album_kind(item) for item in items]
    if len({_ALBUM_KINDS[kind] for kind in kinds}) > 1:
        raise BadRequest("these media can't be mixed in one album")
    contents = []
    for item, kind in zip(items, kinds, strict=True):
        caption_params = Params({**params.values, "caption": None, **item})
        source, caption = caption_text(backend, caption_params)
        stored = _resolve(backend, params, str(item.get("media", "")), kind)
        contents.append((source, backend.world.files.media(stored) | caption))
    backend.spend(chat, cost=len(contents))
    group = {"media_group_id": str(next(backend.world.album_ids))}
    return [
        post(backend, chat, params, group | content, source=source, spend=False).wire
        for source, content in contents
    ]


def _album_kind(item: Any) -> MediaKind:
    kind = str(item.get("type")) if isinstance(item, dict) else ""
    if kind not in _ALBUM_KINDS:
        raise BadRequest("can't parse InputMedia: type must be non-empty")
    return MediaKind(kind)


async def get_file(backend: Backend, params: Params) -> Any:
    """Return where a file can be downloaded."""
    stored = backend.world.files.by_id(params.text("file_id"))
    if stored is None:
        raise BadRequest("wrong file_id or the file is temporarily unavailable")
    if stored.size > backend.limits.download_bytes:
        raise BadRequest("file is too big")
    return stored.wire() | {"file_path": stored.path}
