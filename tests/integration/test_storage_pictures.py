"""Pictures are re-encoded: upright, small, nothing but pixels; everything else is refused."""

import zlib
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from desk.storage.errors import NotAPicture
from desk.storage.pictures import MAX_BYTES, re_encode

RED, BLUE = (255, 0, 0), (0, 0, 255)


def picture(
    size: tuple[int, int] = (40, 20), kind: str = "JPEG", mode: str = "RGB", **options: Any
) -> bytes:
    file = BytesIO()
    Image.new(mode, size, 0 if mode in "LP" else "red").save(file, kind, **options)
    return file.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


def is_near(pixel: Any, colour: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 40 for a, b in zip(pixel, colour, strict=True))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_pictures_of_common_kinds_become_jpeg(kind: str) -> None:
    image = opened(re_encode(picture(kind=kind)))
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (40, 20))


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "1"])
def test_pictures_of_every_colour_mode_become_jpeg(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    file = BytesIO()
    Image.new(mode, (8, 8)).save(file, kind)
    assert opened(re_encode(file.getvalue())).mode == "RGB"


def test_metadata_is_gone() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "KameraRahasia"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "S"
    before = picture(exif=exif, comment=b"komentar", dpi=(300, 300), icc_profile=b"profil")
    assert all(word in before for word in (b"KameraRahasia", b"komentar", b"profil"))
    after = re_encode(before)
    assert not any(word in after for word in (b"KameraRahasia", b"komentar", b"profil", b"Exif"))
    assert set(opened(after).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_picture_is_turned_upright_before_its_orientation_is_dropped() -> None:
    image = Image.new("RGB", (40, 20), RED)
    image.paste(BLUE, (20, 0, 40, 20))  # right half
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # to be turned a quarter to the right
    file = BytesIO()
    image.save(file, "JPEG", exif=exif, quality=95)
    turned = opened(re_encode(file.getvalue()))
    assert turned.size == (20, 40)
    assert is_near(turned.getpixel((10, 5)), RED)
    assert is_near(turned.getpixel((10, 35)), BLUE)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize(
    ("size", "expected"), [((3200, 800), (1600, 400)), ((500, 5000), (160, 1600))]
)
def test_large_picture_is_made_smaller(
    kind: str, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert opened(re_encode(picture(size, kind))).size == expected


def test_what_is_transparent_becomes_white() -> None:
    file = BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(file, "PNG")
    assert is_near(opened(re_encode(file.getvalue())).getpixel((4, 4)), (255, 255, 255))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"halo",
        picture(kind="TIFF"),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7",
        picture()[:60],
    ],
    ids=["empty", "words", "tiff", "svg", "pdf", "cut short"],
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(NotAPicture):
        re_encode(data)


def test_picture_with_too_many_bytes_is_refused() -> None:
    with pytest.raises(NotAPicture):
        re_encode(picture() + bytes(MAX_BYTES))


@pytest.mark.parametrize("side", [7000, 12_000, 20_000])
def test_decompression_bomb_is_refused(side: int) -> None:
    small = picture(kind="PNG")
    size = b"IHDR" + side.to_bytes(4, "big") * 2 + small[24:29]
    bomb = small[:12] + size + zlib.crc32(size).to_bytes(4, "big") + small[33:]
    with pytest.raises(NotAPicture, match=r"too many pixels|no picture"):
        re_encode(bomb)


def test_callers_may_take_the_refusal_for_a_value_error() -> None:
    with pytest.raises(ValueError, match="picture"):
        re_encode(b"halo")


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["JPEG", "PNG", "GIF", "WEBP"]))
def test_damaged_picture_is_refused_or_read_but_never_breaks(noise: bytes, kind: str) -> None:
    data = bytearray(picture(kind=kind))
    for index, byte in enumerate(noise):
        data[(index * 37 + byte) % len(data)] ^= byte
    try:
        result = re_encode(bytes(data))
    except NotAPicture:
        return
    assert opened(result).format == "JPEG"
