"""A ticket in words: what it is about, where it is, which pictures it has."""

from collections.abc import Sequence

from desk.domain.ticket import Ticket
from desk.services.talk import questions
from desk.services.tools import Tools


def subject_of(tools: Tools, ticket: Ticket) -> str | None:
    """Return what a ticket is about: its category, else its service."""
    if ticket.category is not None:
        return tools.catalogue.category(ticket.category).label
    return tools.catalogue.service(ticket.service).nama if ticket.service else None


def place_of(tools: Tools, ticket: Ticket) -> str:
    """Return a ticket's place in words."""
    place = ticket.place
    return questions.place_name(tools, place.code, place.words, has_pin=place.point is not None)


def pictures_of(ticket: Ticket) -> Sequence[str]:
    """Return the ids of all pictures of a ticket: filed, added, and given as proof."""
    added = [each.attachment for each in ticket.additions]
    proofs = [photo for entry in ticket.history for photo in entry.photos]
    return [picture for picture in (*ticket.photos, *added, *proofs) if picture is not None]


def beginning(text: str, longest: int) -> str:
    """Return a text, cut where it is longer than *longest* letters."""
    return text if len(text) <= longest else f"{text[:longest].rstrip()} …"
