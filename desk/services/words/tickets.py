"""A ticket in words: what it is about, where it is, who is responsible, how it stands."""

from collections.abc import Sequence

from desk.domain.ticket import Ticket, TicketPlace
from desk.services.tools import Tools
from desk.services.words.states import state_meaning, state_name


def subject_of(tools: Tools, ticket: Ticket) -> str | None:
    """Return what a ticket is about: its category, else its service."""
    if ticket.category is not None:
        return tools.catalogue.category(ticket.category).label
    return tools.catalogue.service(ticket.service).nama if ticket.service else None


def place_of(tools: Tools, ticket: Ticket) -> str:
    """Return a ticket's place in words."""
    return place_name(tools, ticket.place)


def place_name(tools: Tools, place: TicketPlace) -> str:
    """Return a place in words: the official name, the citizen's own words, the pin."""
    parts = [tools.catalogue.place(place.code).full_name] if place.code else []
    if place.words:
        parts.append(place.words)
    if place.point is not None:
        parts.append(tools.wording.plain("draf.ada_pin"))
    return "; ".join(parts)


def pictures_of(ticket: Ticket) -> Sequence[str]:
    """Return the ids of all pictures of a ticket: filed, added, and given as proof."""
    added = [each.attachment for each in ticket.additions]
    proofs = [photo for entry in ticket.history for photo in entry.photos]
    return [picture for picture in (*ticket.photos, *added, *proofs) if picture is not None]


def beginning(text: str, longest: int) -> str:
    """Return a text, cut where it is longer than *longest* letters: a message takes 4096."""
    return text if len(text) <= longest else f"{text[:longest].rstrip()} …"


def beginning_of(text: str | None, longest: int) -> str | None:
    """Return the beginning of a text that may be missing."""
    return None if text is None else beginning(text, longest)


def office_name(tools: Tools, ticket: Ticket) -> str | None:
    """Return the responsible office as its citizen may read it: never of a protected ticket."""
    if ticket.office is None or ticket.is_protected:
        return None
    return tools.catalogue.agency(ticket.office).nama


def stated_phone(tools: Tools, office: str | None) -> str | None:
    """Return a phone number of an office that may be told as certain."""
    if office is None:
        return None
    phones = [fact.nilai for fact in tools.catalogue.agency(office).telepon if fact.may_be_stated]
    return phones[0] if phones else None


def public_state(tools: Tools, ticket: Ticket, *, is_own: bool) -> dict[str, object]:
    """Return what anyone with the number may see: state, office and dates, never the matter.

    What a state means is told to who filed it.
    """
    return {
        "nomor": ticket.number,
        "jenis": ticket.kind,
        "status": state_name(tools, ticket.status, is_own=is_own),
        "arti": state_meaning(tools, ticket.status) if is_own else None,
        "instansi": office_name(tools, ticket),
        "masuk": ticket.filed_at,
        "terakhir": ticket.history[-1].at if len(ticket.history) > 1 else None,
    }
