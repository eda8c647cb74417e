"""What every component reads off a message: its normalised text and whether to read it."""

from __future__ import annotations

from typing import Any

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


def is_press(message: Message) -> bool:
    """Tell whether the message is a payload, whose meaning is given (typed text never is)."""
    return text_of(message).startswith("/")


def label_of(message: Message, name: str) -> str | None:
    """Return a label from an example's metadata in data/nlu (``layanan``, ``kategori``)."""
    metadata = message.get("metadata") or {}
    for level in ("example", "intent"):
        value = (metadata.get(level) or {}).get(name) if isinstance(metadata, dict) else None
        if value:
            return str(value)
    return None


def features_of(message: Message) -> Any:
    """Return n-grams and sentence vector side by side, as one sparse row."""
    _, sparse = message.get_sparse_features(TEXT)
    _, dense = message.get_dense_features(TEXT)
    parts = [scipy.sparse.csr_matrix(f.features) for f in (sparse, dense) if f is not None]
    return scipy.sparse.hstack(parts, format="csr")


def add_entities(message: Message, entities: list[dict[str, Any]]) -> None:
    """Add entities to those found before."""
    found = [*(message.get(ENTITIES) or []), *entities]
    message.set(ENTITIES, found, add_to_output=True)
