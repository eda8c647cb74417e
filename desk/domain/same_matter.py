"""Whether two complaints of one category and one place are about the same matter.

The words alone decide little: they are compared only where category and place agree, and the
citizen is asked. `tests/unit/same_matter_pairs.py` has the pairs by which the limit was chosen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from rapidfuzz import fuzz

from desk.domain.ticket_number import TicketNumber

#: A complaint older than this is another matter.
REMEMBERED: Final = timedelta(days=30)
#: From 0 to 100. At 75 all 20 pairs about one matter are found, and 1 of 25 others.
ALIKE: Final = 75.0
#: Fewer telling words say nothing: "jalan rusak" is part of every such complaint.
FEWEST_WORDS: Final = 2
_WORD: Final = re.compile(r"[a-z0-9]+")
_EMPTY: Final = frozenset(
    (
        *("ada", "atau", "banyak", "bapak", "bikin", "bisa", "bu", "dan", "dari"),
        *("dekat", "dengan", "depan", "di", "dpn", "ini", "itu", "jadi", "kak", "kalau"),
        *("kami", "karena", "ke", "krn", "lagi", "mau", "mi", "min", "mohon", "pak"),
        *("saja", "sama", "sampai", "saya", "sdh", "sejak", "sekali", "skali"),
        *("sudah", "tdk", "tidak", "tiap", "tolong", "udah", "untuk", "yang", "yg"),
    )
)
_SAME_WORD: Final[Mapping[str, str]] = {
    **dict.fromkeys(("jl", "jln", "jalanan"), "jalan"),
    **dict.fromkeys(("got", "selokan", "parit"), "drainase"),
    **dict.fromkeys(("padam", "pemadaman"), "mati"),
}


@dataclass(frozen=True)
class SimilarReport:
    """All that may be told of somebody else's complaint: category, place and date."""

    number: TicketNumber
    place: str  #: a Kemendagri code
    day: date


def is_same_matter(one: str, other: str) -> bool:
    """Tell whether two descriptions sound like one matter."""
    return likeness(one, other) >= ALIKE


def likeness(one: str, other: str) -> float:
    """Return from 0 to 100 how much the telling words of one are those of the other."""
    first, second = _telling(one), _telling(other)
    if min(len(first), len(second)) < FEWEST_WORDS:
        return 0.0
    return fuzz.token_set_ratio(" ".join(first), " ".join(second))


def _telling(text: str) -> list[str]:
    words = (_SAME_WORD.get(word, word) for word in _WORD.findall(text.lower()))
    return [word for word in words if word not in _EMPTY]


def is_same_place(one: str, other: str) -> bool:
    """Tell whether two Kemendagri codes are one place, or one lies in the other."""
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")
