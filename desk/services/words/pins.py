"""Pins and pictures as officers and citizens are shown them."""

from typing import Final

from desk.domain.inbound import Inbound, InboundKind, Point

#: Media whose copy may carry a caption of ours, and how long Telegram lets one be with a name.
CAPTIONED: Final = frozenset({InboundKind.PHOTO, InboundKind.DOCUMENT, InboundKind.VOICE})
LONGEST_CAPTION: Final = 900


def map_link(point: Point) -> str:
    """Return a link to a pin; OpenStreetMap asks neither for an account nor for consent."""
    lat, lon = f"{point.lat:.6f}", f"{point.lon:.6f}"
    return f"https://www.openstreetmap.org/?mlat={lat}&mlon={lon}#map=18/{lat}/{lon}"


def place_in_words(inbound: Inbound) -> str | None:
    """Return a pin as a link, after the words that came with it; None when there is none."""
    if inbound.point is None:
        return None
    return "\n".join(part for part in (inbound.text, map_link(inbound.point)) if part)
