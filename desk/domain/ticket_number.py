"""Ticket numbers `MJU-XXXX-XXXX`: how they are made, and how they are read from a message.

Seven random characters of Crockford's 32-letter alphabet are followed by one check character.
Each character is an element of GF(2^5), its index in the alphabet read as a polynomial modulo
x^5 + x^2 + 1. With a = x, a primitive element, the eight characters c0..c7 satisfy

    a^7*c0 + a^6*c1 + ... + a*c6 + c7 = 0        (+ is exclusive or)

so the check character c7 is the sum of the others. The powers of a primitive element are
distinct and not zero. One wrong character changes the sum by a^i*d with d != 0; swapping two
unlike characters changes it by (a^i + a^j)*(c + c') != 0. Neither can go unnoticed.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NewType

TicketNumber = NewType("TicketNumber", str)

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PREFIX: Final = "MJU"
RANDOM_CHARACTERS: Final = 7
_FIELD_POLYNOMIAL: Final = 0b100101

_LOOKALIKES: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})
#: Spaces, all kinds of dashes, dots and underscores that people type between the groups.
_SEPARATORS: Final = r"[\s\-\u2010-\u2015\u2212_.:#]"
_NOT_INSIDE_WORD: Final = r"(?<![^\W_])"
_WHOLE_TEXT: Final = re.compile(r"MJU([0-9A-Z]{8})")
_IN_SENTENCE: Final = re.compile(
    rf"{_NOT_INSIDE_WORD}MJU{_SEPARATORS}{{0,3}}"
    rf"([0-9A-Z]{{4}})({_SEPARATORS}{{0,3}})([0-9A-Z]{{4}})(?![^\W_])"
)


@dataclass(frozen=True)
class MistypedNumber:
    """A ticket number by its shape, in which at least one character is wrong."""

    value: str


def new_ticket_number(choose: Callable[[int], int] = secrets.randbelow) -> TicketNumber:
    """Make a random ticket number; *choose(n)* returns an integer from 0 to n - 1."""
    body = "".join(ALPHABET[choose(len(ALPHABET))] for _ in range(RANDOM_CHARACTERS))
    return TicketNumber(_written(body + check_character(body)))


def check_character(body: str) -> str:
    """Return the character that completes the seven random characters of *body*."""
    return ALPHABET[_times_primitive(_weighted_sum(body))]


def read_ticket_number(text: str) -> TicketNumber | MistypedNumber | None:
    """Find the ticket number that *text* is or contains.

    A number whose check is right wins over an earlier one that is mistyped.
    """
    mistyped: MistypedNumber | None = None
    for characters in _candidates(unicodedata.normalize("NFKC", text).upper()):
        if is_valid(characters):
            return TicketNumber(_written(characters))
        mistyped = mistyped or MistypedNumber(_written(characters))
    return mistyped


def fold(text: str) -> str:
    """Write *text* as Crockford's alphabet has it: upper case, O as 0, I and L as 1."""
    return unicodedata.normalize("NFKC", text).upper().translate(_LOOKALIKES)


def without_separators(text: str) -> str:
    """Drop the spaces, dashes and dots that people put between groups of characters."""
    return re.sub(_SEPARATORS, "", text)


def is_valid(characters: str) -> bool:
    """Say whether the eight folded *characters* carry the right check character."""
    return (
        len(characters) == RANDOM_CHARACTERS + 1
        and all(character in ALPHABET for character in characters)
        and _weighted_sum(characters) == 0
    )


def _candidates(text: str) -> Iterator[str]:
    whole = _WHOLE_TEXT.fullmatch(without_separators(text))
    if whole and (_looks_typed_as_number(text) or is_valid(fold(whole[1]))):
        yield fold(whole[1])
    for found in _IN_SENTENCE.finditer(text):
        characters = fold(found[1] + found[3])
        if _looks_typed_as_number(found[0]) or is_valid(characters):
            yield characters


def _looks_typed_as_number(written: str) -> bool:
    """Tell a mistyped number from words after the prefix ("mju saya lama")."""
    return any(c.isdigit() for c in written) or bool(re.search(r"[0-9A-Z]-[0-9A-Z]{4}$", written))


def _written(characters: str) -> str:
    return f"{PREFIX}-{characters[:4]}-{characters[4:]}"


def _weighted_sum(characters: str) -> int:
    """Evaluate the characters as a polynomial at the primitive element (Horner)."""
    total = 0
    for character in characters:
        total = _times_primitive(total) ^ ALPHABET.index(character)
    return total


def _times_primitive(element: int) -> int:
    doubled = element << 1
    return doubled ^ _FIELD_POLYNOMIAL if doubled & len(ALPHABET) else doubled
