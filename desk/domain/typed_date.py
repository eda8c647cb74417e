"""Reads a date to come as officers type it: "besok", "1 Desember", "1/12/2026", "2026-12-01"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

_MONTHS: Final = (
    *("jan", "feb", "mar", "apr", "mei", "jun"),
    *("jul", "agu", "sep", "okt", "nov", "des"),
)
_SHORT: Final = {"agt": "agu", "agst": "agu"}
_NEAR: Final = {"hari ini": 0, "besok": 1, "lusa": 2}
_ISO: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_NUMBERS: Final = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})(?:[/.\- ](\d{4}|\d{2}))?")
_WORDS: Final = re.compile(r"(\d{1,2}) ?([a-z]{3,9})(?: ?(\d{4}))?")
_DAY_NAME: Final = re.compile(r"^(?:senin|selasa|rabu|kamis|jum'?at|sabtu|minggu),? ")
_CENTURY: Final = 2000
#: Further away it is a typing mistake.
LATEST: Final = timedelta(days=3 * 366)


def read_coming_date(text: str, today: date) -> date | None:
    """Return the date that *text* means; None: it means none, or one that is past or far away.

    Without a year it is the next such day from *today* on.
    """
    typed = _DAY_NAME.sub("", " ".join(text.lower().split()).rstrip("."))
    for found in _readings(typed, today):
        if today <= found <= today + LATEST:
            return found
    return None


def _readings(typed: str, today: date) -> Iterator[date]:
    if typed in _NEAR:
        yield today + timedelta(days=_NEAR[typed])
    elif found := _ISO.fullmatch(typed):
        yield from _dates(int(found[1]), int(found[2]), int(found[3]))
    elif found := _NUMBERS.fullmatch(typed):
        yield from _in_year(found[3], int(found[2]), int(found[1]), today)
    elif (found := _WORDS.fullmatch(typed)) and (month := _month(found[2])):
        yield from _in_year(found[3], month, int(found[1]), today)


def _month(name: str) -> int | None:
    """Return the number of a month by the beginning of its name, "agustus" or "agt"."""
    short = _SHORT.get(name, name[:3])
    return _MONTHS.index(short) + 1 if short in _MONTHS else None


def _in_year(year: str | None, month: int, day: int, today: date) -> Iterator[date]:
    if year is not None:
        whole = int(year) if int(year) >= _CENTURY else _CENTURY + int(year) % 100
        yield from _dates(whole, month, day)
        return
    for candidate in range(today.year, today.year + 5):  # a leap day comes within five years
        yield from (found for found in _dates(candidate, month, day) if found >= today)


def _dates(year: int, month: int, day: int) -> Iterator[date]:
    try:
        yield date(year, month, day)
    except ValueError:
        return
