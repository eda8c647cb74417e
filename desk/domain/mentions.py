"""Finding a known word in what a citizen wrote."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

# Everyday endings, those of Makassar Malay among them: "hilangmi", "rusakji", "dukcapilnya".
_ENDINGS = r"(?:nya|ku|mu|ta|mi|ji|pi|ki|ko|mo|kah|lah|pun)*"


@lru_cache(maxsize=4096)
def _pattern(word: str) -> re.Pattern[str]:
    spaced = r"[\s-]+".join(re.escape(part) for part in word.split())
    return re.compile(rf"(?<!\w){spaced}{_ENDINGS}(?!\w)", re.IGNORECASE)


def mentioned(text: str, names: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Return the ids whose names stand in *text*, in the order of the text.

    A longer name wins over a shorter one inside it: "KUA Sampaga" is not also "KUA".
    """
    hits = [
        (match.span(), name_id)
        for name_id, words in names.items()
        for word in words
        for match in _pattern(word).finditer(text)
    ]
    outer = [
        (span, name_id)
        for span, name_id in hits
        if not any(_holds(other, span) for other, other_id in hits if other_id != name_id)
    ]
    return tuple(dict.fromkeys(name_id for _, name_id in sorted(outer)))


def _holds(outer: tuple[int, int], inner: tuple[int, int]) -> bool:
    return outer != inner and outer[0] <= inner[0] and inner[1] <= outer[1]
