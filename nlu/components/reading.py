"""What every component reads off a message: its normalised text and whether to read it."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.text import normalise


def text_of(message: Message) -> str:
    """Return the text as it was typed."""
    text = message.get(TEXT)
    return text if isinstance(text, str) else ""


def normal_text(message: Message) -> str:
    """Return the normalised text."""
    return normalise(text_of(message))


def label_of(message: Message, name: str) -> str | None:
    """Return a label from an example's metadata in data/nlu (``layanan``, ``kategori``)."""
    metadata = message.get("metadata") or {}
    for level in ("example", "intent"):
        value = (metadata.get(level) or {}).get(name) if isinstance(metadata, dict) else None
        if value:
            return str(value)
    return None


def features_of(messages: list[Message]) -> Any:
    """Return n-grams and sentence vectors side by side, one sparse row per message."""
    ngrams = [m.get_sparse_features(TEXT)[1] for m in messages]
    vectors = [m.get_dense_features(TEXT)[1] for m in messages]
    parts = []
    if all(part is not None for part in ngrams):
        parts.append(scipy.sparse.vstack([part.features for part in ngrams if part]))
    if all(part is not None for part in vectors):
        dense = np.vstack([part.features for part in vectors if part])
        parts.append(scipy.sparse.csr_matrix(dense))
    return scipy.sparse.hstack(parts, format="csr")


def columns_of(message: Message) -> tuple[Any, Any]:
    """Return which columns of ``features_of`` one message fills, and with what.

    Building a sparse matrix for every classifier took longer than classifying.
    """
    ngrams, vector = message.get_sparse_features(TEXT)[1], message.get_dense_features(TEXT)[1]
    columns, values, width = [], [], 0
    if ngrams is not None:
        columns.append(ngrams.features.indices)
        values.append(ngrams.features.data)
        width = ngrams.features.shape[1]
    if vector is not None:
        columns.append(np.arange(width, width + vector.features.shape[1]))
        values.append(vector.features[0])
    return np.concatenate(columns), np.concatenate(values)


def add_entities(message: Message, entities: list[dict[str, Any]]) -> None:
    """Add entities to those found before."""
    found = [*(message.get(ENTITIES) or []), *entities]
    message.set(ENTITIES, found, add_to_output=True)
