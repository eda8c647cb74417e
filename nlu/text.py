"""One spelling for what chats spell in many ways, as the other modules read it."""

from __future__ import annotations

import functools
import html
import re
import unicodedata

from nlu.resource_files import read_list

# Enough for every rule and feature; what comes after it in a long letter is not read.
MAX_CHARS = 4000

_TAG = re.compile(r"<[^<>]{1,200}>")
_LINK = re.compile(r"https?://\S{1,500}|www\.\S{1,500}")
_QUOTES = str.maketrans(dict.fromkeys("’‘`´ʼ′ʹ", "'") | dict.fromkeys("“”„«»", '"'))
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_DOUBLED = re.compile(r"\b([a-z]{3,})2(an|nya|i)?\b")
_TOKEN = re.compile(r"[a-z]+(?:'(?![a-z]{3}))?[a-z]*|\d+|[?!]")
_PARTICLE = re.compile(r"(mi|ji|pi|ki'?|mo|kah|ka'?|ko|na)$")


def squeeze(text: str) -> str:
    """Lower case, one kind of quote and dash, no tags, links, accents or stretched letters."""
    text = unicodedata.normalize("NFKC", text[: 2 * MAX_CHARS]).translate(_QUOTES)
    text = _LINK.sub(" ", _TAG.sub(" ", html.unescape(text)))
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    text = _STRETCHED.sub(r"\1", text.lower().replace("–", "-").replace("—", "-"))
    return " ".join(text.split())[:MAX_CHARS]


@functools.lru_cache(maxsize=1)
def _spellings() -> dict[str, str]:
    lists = read_list("kata")
    known = {
        str(spelling): str(word)
        for word, spellings in lists["singkatan"].items()
        for spelling in spellings
    }
    return {s: w for s, w in known.items() if s not in protected_words()}


@functools.lru_cache(maxsize=1)
def protected_words() -> frozenset[str]:
    """Words that are never rewritten (``kk`` is not "kakak", ``pi`` is not "tapi")."""
    return frozenset(str(word) for word in read_list("kata")["dilindungi"])


@functools.lru_cache(maxsize=1)
def _stems() -> frozenset[str]:
    return frozenset(str(word) for word in read_list("kata")["pokok"])


def tokens(text: str) -> list[str]:
    """Split squeezed text into words, numbers and the marks ? and !."""
    return _TOKEN.findall(_DOUBLED.sub(r"\1 \1\2", text))


def split_particle(word: str) -> list[str]:
    """Split a Makassar particle off a word that is known without it (``adami``: ada, mi)."""
    if word in protected_words():
        return [word]
    match = _PARTICLE.search(word)
    if match and word[: match.start()] in _stems():
        return [word[: match.start()], match.group(1).rstrip("'")]
    return [word]


def respell(word: str) -> str:
    """Write out an abbreviation or slang spelling."""
    return word if word in protected_words() else _spellings().get(word, word)


@functools.lru_cache(maxsize=2048)
def normalise(text: str) -> str:
    """Return the text as the classifiers read it."""
    words = (part for token in tokens(squeeze(text)) for part in split_particle(token))
    return " ".join(respell(word) for word in words)
