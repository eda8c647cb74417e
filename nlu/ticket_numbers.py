"""Finds ticket numbers (``MJU-XXXX-XXXX``) in a message, however they were typed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nlu.text import MAX_CHARS

MAX_NUMBERS = 5

_FOLD = str.maketrans("OIL", "011")
_CHAR = "[0-9a-tv-zA-TV-Z]"  # Crockford's alphabet, and the letters that are folded into it
_GAP = r"[\s\-–—_.:/]{0,4}"
_PREFIX = rf"(?<![^\W_])[mM]{_GAP}[jJ]{_GAP}[uU]{_GAP}"
_END = r"(?![^\W_])"

# MJU before two groups of four; the groups may be glued, or each character stand alone.
_GROUPED = re.compile(rf"{_PREFIX}({_CHAR}{{4}})({_GAP})({_CHAR}{{4}}){_END}")
_SPELLED = re.compile(rf"{_PREFIX}({_CHAR}(?:[\s\-–—.]{{1,3}}{_CHAR}){{7}}){_END}")
# Without MJU, only two hyphened groups that mix letters and digits.
_BARE = re.compile(rf"(?<![^\W_])(?<![\-–])({_CHAR}{{4}})[-–]({_CHAR}{{4}}){_END}(?![\-–])")


@dataclass(frozen=True)
class TicketFound:
    """A number in its canonical form, and where it stands in the message."""

    number: str
    start: int
    end: int


def canonical(characters: str) -> str:
    """Write eight characters as a ticket number, with O, I and L folded."""
    folded = characters.upper().translate(_FOLD)
    return f"MJU-{folded[:4]}-{folded[4:]}"


def _is_mixed(group: str) -> bool:
    return any(c.isdigit() for c in group) and any(c.isalpha() for c in group)


def _matches(text: str) -> list[TicketFound]:
    found = []
    for match in _GROUPED.finditer(text):
        first, gap, second = match.groups()
        has_digit = any(c.isdigit() for c in first + second)
        # Two ordinary words of four letters after "mju" are no number.
        if has_digit or not gap.isspace():
            found.append(TicketFound(canonical(first + second), *match.span()))
    for match in _SPELLED.finditer(text):
        letters = re.sub(r"[\s\-–—.]", "", match.group(1))
        found.append(TicketFound(canonical(letters), *match.span()))
    for match in _BARE.finditer(text):
        if any(_is_mixed(group) for group in match.groups()):
            found.append(TicketFound(canonical("".join(match.groups())), *match.span()))
    return found


def find_ticket_numbers(text: str) -> list[TicketFound]:
    """Return the ticket numbers in *text*, in order, each once."""
    known: dict[str, TicketFound] = {}
    for ticket in sorted(_matches(text[:MAX_CHARS]), key=lambda t: t.start):
        known.setdefault(ticket.number, ticket)
    return list(known.values())[:MAX_NUMBERS]
