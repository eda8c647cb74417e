"""Finds places of the regency (and of Mamuju Tengah) in a message; never guesses one.

Names are read from the catalogue. A name is matched by its letters without spaces, hyphens,
apostrophes and doubled letters (``oro batu``, ``kaluku``), then with one letter wrong, unless
the word is an ordinary one: ``karena`` is not Karema, ``bambu`` alone is not Desa Bambu.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml
from rapidfuzz.distance import OSA

from nlu.resource_files import ROOT, read_list
from nlu.text import MAX_CHARS

REGIONS_FILE = ROOT / "data" / "catalogue" / "regions.yaml"
DISTRICT, OUTSIDE = "kecamatan", "luar"
LONGEST_NAME = 4
MAX_PLACES = 5
SHORTEST_FUZZY = 5
NEAREST_KEPT = 20_000

_WORD = re.compile(r"[^\W\d_]+(?:['’`][^\W\d_]+)*['’]?|\d+")
_CLITIC = re.compile(r"(nya|mi|ji|pi|ki|toh)$")
_JOINERS = re.compile(r"[\s\-–']{0,3}")


@dataclass(frozen=True)
class Place:
    """One name that a citizen may write, and what it stands for."""

    code: str
    kind: str
    key: str
    words: int


@dataclass(frozen=True)
class PlaceFound:
    """A mention: the code to use, and all codes that the words allow."""

    value: str
    choices: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True)
class _Word:
    key: str
    start: int
    end: int


@dataclass(frozen=True)
class _Mention:
    places: tuple[Place, ...]
    first: int
    last: int


@functools.lru_cache(maxsize=4096)
def letter_key(name: str) -> str:
    """Reduce a name to its letters, without doubled ones: ``Pasa'bu``, ``Kalukku``."""
    plain = unicodedata.normalize("NFKD", name.lower())
    letters = "".join(c for c in plain if c.isalpha() and c.isascii())
    return re.sub(r"(.)\1+", r"\1", letters)


def _words(text: str) -> list[_Word]:
    found: list[_Word] = []
    for match in _WORD.finditer(text):
        glued = found and found[-1].end == match.start()
        if match.group() == "2" and glued and found[-1].key:
            last = found.pop()  # belang2 is written for belang-belang
            found.append(_Word(last.key * 2, last.start, match.end()))
        else:
            found.append(_Word(letter_key(match.group()), match.start(), match.end()))
    return found


@dataclass(frozen=True)
class _Hints:
    kinds: Mapping[str, str]
    near: frozenset[str]
    ordinary: frozenset[str]
    after_place_word: frozenset[str]
    after_kind: frozenset[str]
    neighbours: Mapping[str, tuple[str, ...]]


@functools.lru_cache(maxsize=1)
def _hints() -> _Hints:
    lists = read_list("tempat")
    return _Hints(
        kinds={w: kind for kind, words in lists["jenis"].items() for w in words},
        near=frozenset(lists["penunjuk"]),
        ordinary=frozenset(letter_key(w) for w in lists["bukan_tempat"]),
        after_place_word=frozenset(letter_key(w) for w in lists["perlu_penunjuk"]),
        after_kind=frozenset(letter_key(w) for w in lists["perlu_jenis"]),
        neighbours={code: tuple(names) for code, names in lists["tetangga"].items()},
    )


def _names(entry: Mapping[str, Any]) -> list[str]:
    return [str(entry["nama"]), *map(str, entry.get("alias") or [])]


def _read_places(content: Mapping[str, Any]) -> list[Place]:
    def place(code: str, kind: str, name: str) -> Place:
        return Place(code, kind, letter_key(name), len(re.split(r"[\s-]+", name)))

    found: list[Place] = []
    for district in content["kecamatan"]:
        found += [place(district["kode"], DISTRICT, n) for n in _names(district)]
        for village in district["wilayah"]:
            found += [place(village["kode"], village["jenis"], n) for n in _names(village)]
    for neighbour in content.get("meta", {}).get("tetangga", []):
        code = str(neighbour["kode"])
        if code in _hints().neighbours:
            names = [*neighbour.get("tempat", []), *_hints().neighbours[code]]
            found += [place(code, OUTSIDE, str(n)) for n in names]
    return found


class Gazetteer:
    """All names of the catalogue, ready to be looked for."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        """Read the names from the catalogue's regions."""
        self._by_key: dict[str, tuple[Place, ...]] = {}
        for place in _read_places(content):
            known = self._by_key.get(place.key, ())
            if place.code not in {p.code for p in known}:
                self._by_key[place.key] = (*known, place)
        self._by_initial: dict[str, list[tuple[str, tuple[Place, ...]]]] = {}
        for key, places in self._by_key.items():
            if len(key) >= SHORTEST_FUZZY:
                self._by_initial.setdefault(key[0], []).append((key, places))
        self._nearest_known: dict[str, tuple[Place, ...]] = {}

    @classmethod
    def from_file(cls, path: Path = REGIONS_FILE) -> Gazetteer:
        """Read the catalogue's regions file."""
        return cls(yaml.safe_load(path.read_text(encoding="utf-8")))

    def find(self, text: str) -> list[PlaceFound]:
        """Return the places named in *text*, in order, each once."""
        text = text[:MAX_CHARS]
        words = _words(text)
        mentions = list(self._mentions(text, words))
        found: dict[str, PlaceFound] = {}
        for mention in _without_their_districts(mentions):
            codes = tuple(dict.fromkeys(p.code for p in mention.places))
            start, end = words[mention.first].start, words[mention.last].end
            found.setdefault(codes[0], PlaceFound(codes[0], codes, start, end))
        return list(found.values())[:MAX_PLACES]

    def _mentions(self, text: str, words: list[_Word]) -> Iterable[_Mention]:
        at = 0
        while at < len(words):
            mention = self._mention_at(text, words, at)
            if mention is not None:
                yield mention
            at = at + 1 if mention is None else mention.last + 1

    def _mention_at(self, text: str, words: list[_Word], at: int) -> _Mention | None:
        for length in range(min(LONGEST_NAME, len(words) - at), 0, -1):
            span = words[at : at + length]
            if not _is_unbroken(text, span):
                continue
            places = self._exact(span) or self._fuzzy(span)
            places = _fitting(places, words, at)
            if places:
                return _Mention(places, at, at + length - 1)
        return None

    def _exact(self, span: list[_Word]) -> tuple[Place, ...]:
        key = letter_key("".join(w.key for w in span))
        if len(span) > 1 and (len(key) < 5 or any(len(w.key) < 2 for w in span)):
            return ()
        return self._by_key.get(key) or self._by_key.get(_CLITIC.sub("", key), ())

    def _fuzzy(self, span: list[_Word]) -> tuple[Place, ...]:
        key = letter_key("".join(w.key for w in span))
        if len(span) > 2 or any(_is_ordinary(w.key) for w in span):
            return ()
        found = self._nearest(key)
        return tuple(place for place in found if len(span) in (1, place.words))

    def _nearest(self, key: str) -> tuple[Place, ...]:
        if key in self._nearest_known:
            return self._nearest_known[key]
        best: tuple[int, tuple[Place, ...]] | None = None
        for name, places in self._by_initial.get(key[:1], ()):
            allowed = 2 if len(name) >= 9 else 1
            distance = OSA.distance(name, key, score_cutoff=allowed)
            if distance <= allowed and (best is None or distance < best[0]):
                best = (distance, places)
        if len(self._nearest_known) < NEAREST_KEPT:
            self._nearest_known[key] = best[1] if best else ()
        return best[1] if best else ()


def _is_unbroken(text: str, span: list[_Word]) -> bool:
    gaps = (text[a.end : b.start] for a, b in pairwise(span))
    return all(word.key for word in span) and all(_JOINERS.fullmatch(gap) for gap in gaps)


def _is_ordinary(key: str) -> bool:
    return key in _hints().ordinary or _CLITIC.sub("", key) in _hints().ordinary


def _fitting(places: tuple[Place, ...], words: list[_Word], at: int) -> tuple[Place, ...]:
    """Keep the places that the word before allows; none when it had to be there and is not."""
    if not places:
        return ()
    before = words[at - 1].key if at else ""
    hints, key = _hints(), places[0].key
    kind = hints.kinds.get(before)
    if key in hints.after_kind and kind is None:
        return ()
    if key in hints.after_place_word and kind is None and before not in hints.near:
        return ()
    of_kind = tuple(p for p in places if p.kind == kind)
    if key == letter_key("Mamuju") and not of_kind:
        return ()  # the plain word is the regency, the town and a kecamatan
    return of_kind or places


def _without_their_districts(mentions: list[_Mention]) -> list[_Mention]:
    """Drop ``Kalukku`` in ``Belang-Belang, Kalukku``: it only says where the village is."""
    parents = {
        place.code[:8]
        for mention in mentions
        for place in mention.places
        if len(mention.places) == 1 and place.kind not in (DISTRICT, OUTSIDE)
    }
    return [
        m
        for m in mentions
        if (len(m.places) == 1 and m.places[0].kind != DISTRICT)
        or not any(p.kind == DISTRICT and p.code in parents for p in m.places)
    ]
