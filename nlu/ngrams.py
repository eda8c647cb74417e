"""Weighted word and character n-grams of normalised text."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse

_KINDS: dict[str, dict[str, Any]] = {
    "words": {"analyzer": "word", "token_pattern": r"\S+", "ngram_range": (1, 2)},
    "letters": {"analyzer": "char_wb", "ngram_range": (3, 5)},
}


class Ngrams:
    """TF-IDF over words (1-2) and letters within words (3-5)."""

    def __init__(self, vectorizers: dict[str, Any]) -> None:
        """Wrap trained vectorizers; use ``train`` or ``load``."""
        self._vectorizers = vectorizers
        # What sklearn looks up anew at each call.
        self._parts = [
            (v.vocabulary_, v.build_analyzer(), np.asarray(v.idf_, dtype=np.float32))
            for v in vectorizers.values()
        ]

    @classmethod
    def train(cls, texts: Sequence[str], *, min_df: int = 2) -> Ngrams:
        """Learn the n-grams that occur at least *min_df* times, and how common each is."""
        return cls({k: _vectorizer(k, min_df=min_df).fit(texts) for k in _KINDS})

    def transform(self, texts: Sequence[str]) -> Any:
        """Return one sparse row per text."""
        parts = [self._vectorizers[kind].transform(texts) for kind in _KINDS]
        return scipy.sparse.hstack(parts, format="csr", dtype=np.float32)

    def transform_one(self, text: str) -> Any:
        """Return the row of one text; the same as ``transform``, without what batches need."""
        columns, values, width = [], [], 0
        for known, analyse, idf in self._parts:
            counts = Counter(known[term] for term in analyse(text) if term in known)
            at = np.fromiter(sorted(counts), dtype=np.int32, count=len(counts))
            often = np.fromiter((counts[n] for n in at), dtype=np.float32, count=len(counts))
            weighted = (1 + np.log(often)) * idf[at]
            columns.append(at + width)
            values.append(weighted / (np.linalg.norm(weighted) or 1.0))
            width += len(known)
        filled = np.concatenate(columns)
        row = (np.concatenate(values).astype(np.float32), filled, np.array([0, len(filled)]))
        return scipy.sparse.csr_matrix(row, shape=(1, width))

    def save(self, folder: Path) -> None:
        """Write vocabularies and weights."""
        for kind, vectorizer in self._vectorizers.items():
            terms = vectorizer.get_feature_names_out().tolist()
            content = {"terms": terms, "idf": [round(float(w), 5) for w in vectorizer.idf_]}
            path = folder / f"{kind}.json"
            path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Ngrams:
        """Read what ``save`` wrote."""
        loaded: dict[str, Any] = {}
        for kind in _KINDS:
            content = json.loads((folder / f"{kind}.json").read_text(encoding="utf-8"))
            loaded[kind] = _vectorizer(kind, vocabulary=content["terms"])
            loaded[kind].vocabulary_ = {term: n for n, term in enumerate(content["terms"])}
            loaded[kind].idf_ = np.asarray(content["idf"], dtype=np.float32)
        return cls(loaded)


def _vectorizer(kind: str, **options: Any) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    # The text is normalised already: lower case, one spelling.
    return TfidfVectorizer(
        **_KINDS[kind], lowercase=False, sublinear_tf=True, dtype=np.float32, **options
    )
