"""Raw JSON of updates: typed looks into it, and a form that any database can keep."""

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]

MAX_DEPTH = 40
_BIGGEST = 2**63 - 1
_EMPTY: Json = {}


def object_at(value: Json, key: str) -> Json:
    """Return the object under *key*, an empty one when there is none."""
    found = value.get(key)
    return found if isinstance(found, dict) else _EMPTY


def text_at(value: Json, key: str) -> str | None:
    """Return the text under *key*, None when there is none."""
    found = value.get(key)
    return found if isinstance(found, str) else None


def whole_at(value: Json, key: str) -> int | None:
    """Return the whole number under *key*, None when there is none that fits 64 bits."""
    found = value.get(key)
    if isinstance(found, int) and not isinstance(found, bool) and abs(found) <= _BIGGEST:
        return found
    return None


def degrees_at(value: Json, key: str, most: float) -> float | None:
    """Return the number under *key* when it lies between -*most* and *most*."""
    found = value.get(key)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return float(found) if -most <= found <= most else None


def storable(value: Any) -> dict[str, Any]:
    """Return *value* as an object that JSON columns of SQLite and PostgreSQL both take.

    NUL and lone surrogates in texts, numbers beyond 64 bits, infinities and bottomless nesting
    would each make a database refuse the whole transaction.
    """
    kept = _kept(value, MAX_DEPTH)
    return kept if isinstance(kept, dict) else {"isi": kept}


def _kept(value: Any, depth: int) -> Any:
    match value:
        case str():
            return _printable(value)
        case bool() | None:
            return value
        case int():
            return value if abs(value) <= _BIGGEST else None
        case float():
            return value if math.isfinite(value) else None
        case dict() if depth:
            return {_printable(str(key)): _kept(item, depth - 1) for key, item in value.items()}
        case list() | tuple() if depth:
            return [_kept(item, depth - 1) for item in value]
    return None


def _printable(text: str) -> str:
    return text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")


def fingerprint(value: Json) -> str:
    """Return an id for an update that carries none of its own; equal updates share it."""
    written = json.dumps(value, sort_keys=True).encode()
    return f"isi-{hashlib.sha256(written).hexdigest()[:40]}"
