"""Pictures from citizens, made safe to keep: re-encoded, small, without metadata."""

import struct
import zlib
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps

from desk.storage.errors import NotAPicture

MAX_BYTES: Final = 20 * 1024 * 1024
MAX_SIDE: Final = 1600
#: What may be unpacked in memory: 40 million pixels are 120 MB.
MAX_PIXELS: Final = 40_000_000
QUALITY: Final = 85
MIME: Final = "image/jpeg"

#: What phones and browsers make; further decoders would only widen the way in.
_FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF")
#: What Pillow raises for bytes that only look like a picture.
_UNREADABLE: Final = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    LookupError,
    TypeError,
    OverflowError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


def re_encode(data: bytes) -> bytes:
    """Return the picture as JPEG, upright, at most 1600 pixels a side, without metadata.

    It computes for a while: call it in a thread.

    Raises:
        NotAPicture: It is none, it is broken, or it is too large.
    """
    if len(data) > MAX_BYTES:
        raise NotAPicture("The picture has too many bytes.")
    try:
        with Image.open(BytesIO(data), formats=_FORMATS) as picture:
            return _written(_read(picture))
    except NotAPicture:
        raise
    except _UNREADABLE as error:
        raise NotAPicture from error


def _read(picture: Image.Image) -> Image.Image:
    # A large JPEG is unpacked at a fraction of its size at once; other kinds ignore this.
    picture.draft("RGB", (MAX_SIDE, MAX_SIDE))
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise NotAPicture("The picture has too many pixels.")
    picture.load()
    picture.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    return ImageOps.exif_transpose(picture)


def _written(picture: Image.Image) -> bytes:
    # Painted on a fresh canvas: nothing but pixels comes along, and what is transparent
    # becomes white.
    canvas = Image.new("RGB", picture.size, "white")
    painted = picture.convert("RGBA")
    canvas.paste(painted, mask=painted.getchannel("A"))
    file = BytesIO()
    canvas.save(file, "JPEG", quality=QUALITY, optimize=True)
    return file.getvalue()
