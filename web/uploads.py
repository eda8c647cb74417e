"""Reads forms with a photo: streamed to disk, bounded in size and time, then re-encoded."""

import asyncio
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import Self

from aiohttp import BodyPartReader, web

from web.answers import Refusal
from web.chat_inbound import MAX_TEXT, clean
from web.site import MAX_PHOTO_BYTES, Site

CHUNK = 64 * 1024
#: Larger photos wait on disk for their turn, so that slow networks fill no memory.
IN_MEMORY = 256 * 1024
SECONDS = 300.0
MAX_PARTS = 12
PHOTO_FIELDS = frozenset({"photo", "foto"})


@dataclass
class Form:
    """The fields of a form; leave it to let go of the photo."""

    fields: dict[str, str] = field(default_factory=dict)
    photo: SpooledTemporaryFile[bytes] | None = None

    def __enter__(self) -> Self:
        """Hold the photo."""
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let go of the photo."""
        if self.photo is not None:
            self.photo.close()

    @property
    def has_photo(self) -> bool:
        """Tell whether a photo with any bytes came; browsers also send empty ones."""
        return self.photo is not None and self.photo.tell() > 0

    def words(self, name: str) -> str:
        """Return the words of a field.

        Raises:
            Refusal: There are too many.
        """
        return clean(self.fields.get(name, ""))

    async def encoded_photo(self, site: Site) -> bytes:
        """Return the photo re-encoded without metadata.

        Raises:
            Refusal: The bytes are no photo.
        """
        if self.photo is None:
            raise Refusal(400, "web.tidak_terbaca", "unreadable")
        async with site.encoding:
            self.photo.seek(0)
            try:
                return await site.re_encode(self.photo.read())
            except ValueError as error:
                raise Refusal(415, "web.foto_bukan_gambar", "not_a_picture") from error


async def read_form(request: web.Request) -> Form:
    """Return a form, with its photo if there is one.

    Raises:
        Refusal: It is no such form, too large, or took too long.
    """
    if request.content_type != "multipart/form-data":
        raise Refusal(415, "web.tidak_terbaca", "not_multipart")
    form = Form()
    try:
        async with asyncio.timeout(SECONDS):
            await _read_parts(request, form)
    except TimeoutError as error:
        form.__exit__(None, None, None)
        raise Refusal(408, "web.terlalu_lama", "too_slow") from error
    except (ValueError, AssertionError) as error:
        form.__exit__(None, None, None)
        raise Refusal(400, "web.tidak_terbaca", "unreadable") from error
    except BaseException:
        form.__exit__(None, None, None)
        raise
    return form


async def _read_parts(request: web.Request, form: Form) -> None:
    reader = await request.multipart()
    for _ in range(MAX_PARTS):
        part = await reader.next()
        if part is None:
            return
        if not isinstance(part, BodyPartReader) or part.name is None:
            raise ValueError("a part without name")
        if part.name in PHOTO_FIELDS:
            await _read_photo(part, form)
        else:
            form.fields[part.name] = await _read_words(part)
    raise ValueError("too many parts")


async def _read_photo(part: BodyPartReader, form: Form) -> None:
    if form.photo is not None:
        raise ValueError("more than one photo")
    form.photo = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the form closes it
    while chunk := await part.read_chunk(CHUNK):
        form.photo.write(chunk)
        if form.photo.tell() > MAX_PHOTO_BYTES:
            megabytes = MAX_PHOTO_BYTES >> 20
            raise Refusal(413, "web.foto_terlalu_besar", "too_large", megabita=megabytes)


async def _read_words(part: BodyPartReader) -> str:
    data = bytearray()
    while chunk := await part.read_chunk(CHUNK):
        data += chunk
        if len(data) > 8 * MAX_TEXT:
            raise Refusal(413, "web.terlalu_panjang", "too_long", paling_banyak=MAX_TEXT)
    return data.decode("utf-8", "replace")
