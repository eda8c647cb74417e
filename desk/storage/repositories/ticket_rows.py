"""How tickets, their history and additions look as rows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC
from typing import Any

from desk.domain.inbound import Point
from desk.domain.lifecycle import FINAL, HistoryEntry
from desk.domain.ticket import Addition, Reporter, Ticket, TicketPlace
from desk.storage.codec import read_row
from desk.storage.tables import HistoryRow, TicketRow


def ticket_columns(ticket: Ticket) -> dict[str, Any]:
    """Return all columns of a ticket but its id."""
    point = ticket.place.point
    return {
        "number": ticket.number,
        "kind": ticket.kind,
        "status": ticket.status,
        "identity": ticket.identity,
        "filed_at": ticket.filed_at,
        "closed_at": ticket.history[-1].at if ticket.status in FINAL else None,
        "description": ticket.description,
        "category": ticket.category,
        "service": ticket.service,
        "variant": ticket.variant,
        "office": ticket.office,
        "place_code": ticket.place.code,
        "place_words": ticket.place.words,
        "place_lat": point and point.lat,
        "place_lon": point and point.lon,
        "since": ticket.since,
        "photos": list(ticket.photos),
        "conversation_id": ticket.reporter.conversation_id,
        "reporter_name": ticket.reporter.name,
        "reporter_phone": ticket.reporter.phone,
        "code_hash": ticket.code_hash,
        "draft_id": ticket.draft_id,
        "lapor_number": ticket.lapor_number,
        "field_checks": [at.astimezone(UTC).isoformat() for at in ticket.field_checks],
        "first_contact_at": ticket.first_contact_at,
        "rating": ticket.rating,
        "rating_words": ticket.rating_words,
        "merged_into": ticket.merged_into,
    }


def to_ticket(
    row: TicketRow, history: Sequence[HistoryRow], additions: Sequence[Addition]
) -> Ticket:
    """Read a ticket back."""
    return replace(
        read_row(row, Ticket),
        place=TicketPlace(row.place_code, row.place_words, _point(row)),
        reporter=Reporter(row.conversation_id, row.reporter_name, row.reporter_phone),
        history=tuple(read_row(entry, HistoryEntry) for entry in history),
        additions=tuple(additions),
    )


def _point(row: TicketRow) -> Point | None:
    if row.place_lat is None or row.place_lon is None:
        return None
    return Point(row.place_lat, row.place_lon)


def history_columns(entry: HistoryEntry) -> dict[str, Any]:
    """Return the columns of one move."""
    return {
        "at": entry.at,
        "from_status": entry.from_status,
        "to_status": entry.to_status,
        "by": entry.by,
        "reason": entry.reason,
        "words": entry.words,
        "officer_id": entry.officer_id,
        "office": entry.office,
        "proof": entry.proof,
        "photos": list(entry.photos),
        "scheduled_for": entry.scheduled_for and entry.scheduled_for.isoformat(),
    }


def addition_columns(addition: Addition) -> dict[str, Any]:
    """Return the columns of an addition."""
    return {
        "at": addition.at,
        "kind": addition.kind,
        "text": addition.text,
        "attachment": addition.attachment,
    }
