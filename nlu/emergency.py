"""Judges from the words whether an emergency is happening now.

A machine that overlooks a fire costs more than one that asks back, and one that cries wolf at
every mention of a fire is not believed. So both directions need several words that belong
together, never one.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from nlu.resource_files import read_list
from nlu.text import normalise

MAX_CHARS = 1200


class Judgement(str, Enum):
    """What the words say about an emergency."""

    NOW = "now"
    LIKELY = "likely"
    NOT_NOW = "not_now"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class _Evidence:
    events: dict[str, re.Pattern[str]]
    victims: re.Pattern[str]
    now: re.Pattern[str]
    help: re.Pattern[str]
    not_now: re.Pattern[str]
    number: re.Pattern[str]


def _pattern(phrases: Iterable[object]) -> re.Pattern[str]:
    """Match any of the phrases: each word may go on, two words may stand three apart."""
    written = [
        r"\w*(?: \w+){0,2}? ".join(re.escape(word) for word in normalise(str(p)).split())
        for p in phrases
    ]
    return re.compile(r"\b(?:" + "|".join(sorted(filter(None, written), key=len)) + ")")


@functools.lru_cache(maxsize=1)
def _evidence() -> _Evidence:
    lists = read_list("darurat")
    return _Evidence(
        events={name: _pattern(phrases) for name, phrases in lists["kejadian"].items()},
        victims=_pattern(lists["korban"]),
        now=_pattern(lists["sekarang"]),
        help=_pattern(lists["bantuan"]),
        not_now=_pattern(lists["bukan_sekarang"]),
        number=_pattern(lists["tanya_nomor"]),
    )


def judge(text: str) -> Judgement:
    """Weigh what happens, to whom and when."""
    words = normalise(text[:MAX_CHARS])
    evidence = _evidence()
    kinds = [name for name, pattern in evidence.events.items() if pattern.search(words)]
    is_now = bool(evidence.now.search(words))
    if evidence.not_now.search(words) or (evidence.number.search(words) and not kinds):
        return Judgement.NOT_NOW
    has_help = bool(evidence.help.search(words))
    support = is_now + has_help + bool(evidence.victims.search(words)) + (len(kinds) > 1)
    if not kinds or not support:
        return Judgement.UNCLEAR
    return Judgement.NOW if support >= 2 else Judgement.LIKELY
