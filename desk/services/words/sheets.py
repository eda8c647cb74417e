"""The hand-over sheet of a ticket for SP4N-LAPOR!: in words, and as a file. It names nobody."""

from __future__ import annotations

import csv
import io
from typing import Final

from desk.domain.ticket import Ticket
from desk.domain.working_time import WITA
from desk.services.tools import Tools
from desk.services.words.tickets import beginning, place_of, subject_of

#: So much of the citizen's words fits into a message; the file has them all.
_SHOWN: Final = 1500


def in_words(tools: Tools, ticket: Ticket) -> str:
    """Return the sheet to read."""
    fields = _fields(tools, ticket)
    shown = {**fields, "isi": beginning(fields["isi"], _SHOWN)}
    return tools.say("petugas_tiket.lembar", nomor=ticket.number, kolom=shown)


def as_csv(tools: Tools, ticket: Ticket) -> bytes:
    """Return the sheet as a spreadsheet program set to Indonesian opens it, in columns.

    There the comma is the decimal mark and ";" parts the columns. A line "sep=;" would help other
    settings, but Excel then overlooks the mark at the beginning that says UTF-8, and other
    programs show it. Every value is quoted, so that a program which also takes commas for ends
    of columns, as LibreOffice does, finds none in a citizen's words.
    """
    written = io.StringIO(newline="")
    rows = csv.writer(written, delimiter=";", quoting=csv.QUOTE_ALL)
    fields = _fields(tools, ticket)
    rows.writerow(fields)
    rows.writerow([_harmless(value) for value in fields.values()])
    return written.getvalue().encode("utf-8-sig")


def _fields(tools: Tools, ticket: Ticket) -> dict[str, str]:
    agency = tools.catalogue.agency(ticket.office) if ticket.office else None
    subject = subject_of(tools, ticket) or str(ticket.kind)
    return {
        "klasifikasi": str(ticket.kind),
        "judul": f"{subject} ({ticket.number})",
        "isi": ticket.description,
        "tanggal_kejadian": ticket.since or "",
        "lokasi_kejadian": place_of(tools, ticket),
        "instansi_tujuan": agency.nama if agency else "",
        "kategori": subject,
        "tanggal_masuk": ticket.filed_at.astimezone(WITA).strftime("%Y-%m-%d"),
        "foto": str(len(ticket.photos)),
        "nomor_lapor": ticket.lapor_number or "",
    }


def _harmless(value: str) -> str:
    """Keep a spreadsheet from taking a citizen's words for a formula."""
    flat = " ".join(value.split())
    return f"'{flat}" if flat.startswith(("=", "+", "-", "@")) else flat
