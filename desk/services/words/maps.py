"""The one link with which the desk shows a pin on a map."""

from desk.domain.inbound import Point


def map_link(point: Point) -> str:
    """Return a link to a pin; OpenStreetMap asks neither for an account nor for consent."""
    lat, lon = f"{point.lat:.6f}", f"{point.lon:.6f}"
    return f"https://www.openstreetmap.org/?mlat={lat}&mlon={lon}#map=18/{lat}/{lon}"
