"""Finds which services a message is about, by what citizens call them.

Names only say what is mentioned. A document named as a requirement ("bikin skck perlu ktp
asli?") is told from the service asked about by the words around it.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from nlu.resource_files import read_list
from nlu.text import squeeze, tokens

MAX_SERVICES = 3
MAX_TOKENS = 150
LONGEST_NAME = 5
FUZZY_LENGTH = 6
# Below these the message says too little about a service that it does not name.
UNNAMED_THRESHOLD = 0.3
UNNAMED_LEAD = 1.5
UNNAMED_WORDS = 3
# A named requirement gives way to a service that the whole message points to.
OVERRULE_THRESHOLD = 0.5
# Named in passing, in a message that surely asks about no service.
NO_SERVICE_THRESHOLD = 0.9

# What the words around a mention weigh against what the whole message points to.
TARGET_WEIGHT = 2.0
REQUIREMENT_WEIGHT = -2.0
REQUIREMENT_AFTER_WEIGHT = -1.5
LIKELIHOOD_WEIGHT = 0.7
JOINED_MARGIN = 2.5

_CLITICS = ("nya", "ku", "mu", "x", "ta'", "ta", "mi", "ji", "pi", "kah", "ki'", "ki", "na")


@dataclass(frozen=True)
class Mention:
    """A service named by the words ``first`` to ``last``.

    Attributes:
        role: Above zero when the words around ask about it, below when they only need it.
        is_weak: Named by an office or by a word that usually means something else.
        is_joined: It stands side by side with the mention before ("ktp dan kk").
    """

    service: str
    first: int
    last: int
    role: float = 0.0
    is_weak: bool = False
    is_joined: bool = False


@dataclass(frozen=True)
class _Cues:
    spelling: Mapping[str, str]
    before_requirement: frozenset[str]
    right_before_requirement: frozenset[str]
    after_requirement: frozenset[str]
    before_target: frozenset[str]
    joining: frozenset[str]
    state: frozenset[str]
    next_question: frozenset[str]
    asking: frozenset[str]


@functools.lru_cache(maxsize=1)
def _cues() -> _Cues:
    lists = read_list("peran")
    return _Cues(
        spelling={v: word for word, variants in lists["ejaan"].items() for v in variants},
        before_requirement=frozenset(lists["syarat"]),
        right_before_requirement=frozenset(lists["syarat_melekat"]),
        after_requirement=frozenset(lists["syarat_sesudah"]),
        before_target=frozenset(lists["tujuan"]),
        joining=frozenset(lists["penghubung"]),
        state=frozenset(lists["keadaan"]),
        next_question=frozenset(lists["pertanyaan_lain"]),
        asking=frozenset(lists["tanya"]),
    )


@functools.lru_cache(maxsize=1)
def _names() -> dict[tuple[str, ...], tuple[str, bool]]:
    lists = dict(read_list("layanan"))
    weak = lists.pop("lemah")
    return {
        tuple(_word(w) for w in tokens(squeeze(str(name)))): (service, is_weak)
        for entries, is_weak in ((weak, True), (lists, False))
        for service, names in entries.items()
        for name in names
    }


@functools.lru_cache(maxsize=1)
def _vocabulary() -> frozenset[str]:
    return frozenset(word for name in _names() for word in name)


@functools.lru_cache(maxsize=1)
def _long_words() -> tuple[str, ...]:
    return tuple(sorted(word for word in _vocabulary() if len(word) >= FUZZY_LENGTH))


@functools.lru_cache(maxsize=1)
def _first_words() -> frozenset[str]:
    return frozenset(name[0] for name in _names())


def _word(token: str) -> str:
    return _cues().spelling.get(token, token)


@functools.lru_cache(maxsize=20_000)
def _known_form(token: str) -> str:
    """Bring a word to the form that the names use: spelling, no clitic, one typo at most."""
    word = _word(token)
    if word in _vocabulary():
        return word
    for clitic in _CLITICS:
        stem = word[: -len(clitic)] if word.endswith(clitic) else ""
        if _word(stem) in _vocabulary() and len(stem) >= 2:
            return _word(stem)
    if len(word) >= FUZZY_LENGTH and word.isalpha():
        near = (known for known in _long_words() if known[0] == word[0])
        return next((k for k in near if OSA.distance(k, word, score_cutoff=1) <= 1), word)
    return word


def find_mentions(text: str) -> list[Mention]:
    """Return every service named in *text*, in order, with what the words around say."""
    words = tokens(squeeze(text))[:MAX_TOKENS]
    forms = [_known_form(word) for word in words]
    found: list[Mention] = []
    for service, is_weak, first, last in _plain_mentions(forms):
        since = found[-1].last + 1 if found else 0
        between = forms[since:first] if found else ["-"]
        is_joined = _joins(between)
        role = _role(words, since, first, last)
        if is_joined and not role:
            role = found[-1].role  # "bikin ktp dan kk" asks about both
        found.append(Mention(service, first, last, role, is_weak, is_joined))
    return found


def count_words(text: str) -> int:
    """Count the words that a service could be guessed from."""
    return sum(token.isalpha() for token in tokens(squeeze(text))[:MAX_TOKENS])


def _plain_mentions(forms: list[str]) -> Iterator[tuple[str, bool, int, int]]:
    at = 0
    while at < len(forms):
        length = _name_length(forms, at)
        if length:
            yield (*_names()[tuple(forms[at : at + length])], at, at + length - 1)
        at += length or 1


def _name_length(forms: list[str], at: int) -> int:
    if forms[at] not in _first_words():
        return 0
    longest = min(LONGEST_NAME, len(forms) - at)
    lengths = (n for n in range(longest, 0, -1) if tuple(forms[at : at + n]) in _names())
    return next(lengths, 0)


def _joins(between: list[str]) -> bool:
    """Tell whether the words between two mentions put them side by side."""
    cues = _cues()
    joining = list(itertools.dropwhile(cues.state.__contains__, between)) or between
    if len(joining) <= 2 and all(word in cues.joining for word in joining):
        return True
    return between[-1] in cues.next_question and any(word in cues.asking for word in between)


def _role(words: list[str], since: int, first: int, last: int) -> float:
    """Weigh the three words on each side; those before *since* speak of another mention."""
    cues = _cues()
    for distance, word in enumerate(reversed(words[max(since, first - 3) : first])):
        if word in cues.before_target:
            return TARGET_WEIGHT
        is_attached = distance == 0 and word in cues.right_before_requirement
        if is_attached or word in cues.before_requirement:
            return REQUIREMENT_WEIGHT
    after = words[last + 1 : last + 4]
    return REQUIREMENT_AFTER_WEIGHT if any(w in cues.after_requirement for w in after) else 0.0


def choose_services(
    mentions: list[Mention],
    likely: Mapping[str, float],
    *,
    words: int = UNNAMED_WORDS,
    none: str = "none",
) -> list[str]:
    """Decide which services the message is about.

    Args:
        mentions: The services named.
        likely: What the whole message points to, as probabilities with *none* among them.
        words: How many words the message has.
        none: The key for "no service".
    """
    no_service = likely.get(none, 0.0)
    usable = [m for m in mentions if not m.is_weak or likely.get(m.service, 0.0) > no_service]
    if no_service >= NO_SERVICE_THRESHOLD:
        usable = [m for m in usable if m.role > 0]
    if not usable:
        return _unnamed(likely, none) if words >= UNNAMED_WORDS and not mentions else []
    return _among(usable, likely, none)


def _ranked(likely: Mapping[str, float], none: str) -> list[str]:
    return sorted((s for s in likely if s != none), key=lambda s: -likely[s])


def _unnamed(likely: Mapping[str, float], none: str) -> list[str]:
    ranking = _ranked(likely, none)
    if not ranking:
        return []
    best = likely[ranking[0]]
    rival = max(likely.get(none, 0.0), likely[ranking[1]] if len(ranking) > 1 else 0.0)
    is_clear = best >= UNNAMED_THRESHOLD and best >= UNNAMED_LEAD * rival
    return ranking[:1] if is_clear else []


def _among(mentions: list[Mention], likely: Mapping[str, float], none: str) -> list[str]:
    def weight(mention: Mention) -> float:
        chance = max(likely.get(mention.service, 0.0), 0.01)
        return mention.role + LIKELIHOOD_WEIGHT * math.log(chance)

    best = max(mentions, key=weight)
    guess = next(iter(_ranked(likely, none)), best.service)
    is_only_needed = best.role < 0 and all(m.service != guess for m in mentions)
    if is_only_needed and likely[guess] >= OVERRULE_THRESHOLD:
        return [guess]
    chosen = [
        m.service
        for before, m in zip([None, *mentions], mentions, strict=False)
        if m is best or _is_asked_too(m, before, mentions, best, weight)
    ]
    return list(dict.fromkeys(chosen))[:MAX_SERVICES]


def _is_asked_too(
    mention: Mention,
    before: Mention | None,
    mentions: list[Mention],
    best: Mention,
    weight: Callable[[Mention], float],
) -> bool:
    """Tell whether a second service is asked about beside the best one."""
    if mention.role < 0 or best.role < 0:
        return False
    is_next = before is best and mention.is_joined
    at = mentions.index(mention)
    leads = at + 1 < len(mentions) and mentions[at + 1] is best and best.is_joined
    both_targets = mention.role > 0 and best.role > 0
    return is_next or leads or (both_targets and weight(best) - weight(mention) < JOINED_MARGIN)
