"""The turn as the gateway sends it: reading the request, cleaning text, shaping the answer."""

from __future__ import annotations

import unicodedata
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_ID_LENGTH = 200
RANKING_LENGTH = 5


class BadTurn(ValueError):
    """The request is not a turn; the message is the code the caller is told."""


@dataclass(frozen=True)
class Turn:
    """The words of one turn of one session."""

    sender: str
    turn_id: str
    text: str
    metadata: Mapping[str, Any]

    def seen_by_actions(self) -> dict[str, Any]:
        """Give the metadata that actions find on ``tracker.latest_message``."""
        return {**self.metadata, "turn_id": self.turn_id}


def _is_invisible(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) in ("Cc", "Cf", "Zs", "Zl", "Zp")


def clean_text(text: str) -> str:
    """Drop control characters, invisible ends and leading slashes, so text is never a command."""
    visible = "".join(
        c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")
    )
    start, end = 0, len(visible)
    while start < end and (_is_invisible(visible[start]) or visible[start] == "/"):
        start += 1
    while end > start and _is_invisible(visible[end - 1]):
        end -= 1
    return visible[start:end]


def _read_id(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_ID_LENGTH:
        raise BadTurn(f"bad_{name}")
    return value


def read_turn(body: object) -> Turn:
    """Read a request body.

    Raises:
        BadTurn: A field is missing or of the wrong type.
    """
    if not isinstance(body, dict):
        raise BadTurn("bad_body")
    text, metadata = body.get("text"), body.get("metadata") or {}
    if not isinstance(text, str):
        raise BadTurn("bad_text")
    if not isinstance(metadata, dict):
        raise BadTurn("bad_metadata")
    return Turn(
        sender=_read_id(body, "sender"),
        turn_id=_read_id(body, "turn_id"),
        text=clean_text(text),
        metadata=metadata,
    )


def describe_understanding(parsed: Mapping[str, Any]) -> dict[str, Any]:
    """Shape parse data: the top-ranked intent, the ranking, and the final intent beside it."""
    final = parsed.get("intent") or {}
    ranking = [
        {"name": entry["name"], "confidence": float(entry["confidence"])}
        for entry in parsed.get("intent_ranking") or [final]
        if entry.get("name")
    ][:RANKING_LENGTH]
    top = ranking[0] if ranking else {"name": final.get("name"), "confidence": 0.0}
    return {
        "intent": top["name"],
        "confidence": top["confidence"],
        "ranking": ranking,
        "entities": list(parsed.get("entities") or []),
        "final": final.get("name"),
    }


class DoneTurns:
    """The last answers given, so that a turn sent twice is not run twice."""

    def __init__(self, limit: int = 2000) -> None:
        """Keep at most *limit* answers, the oldest leave first."""
        self._limit = limit
        self._answers: OrderedDict[tuple[str, str], dict[str, Any]] = OrderedDict()

    def find(self, turn: Turn) -> dict[str, Any] | None:
        """Return the answer given to this turn, if it is still known."""
        return self._answers.get((turn.sender, turn.turn_id))

    def keep(self, turn: Turn, answer: dict[str, Any]) -> None:
        """Remember the answer to this turn."""
        self._answers[turn.sender, turn.turn_id] = answer
        while len(self._answers) > self._limit:
            self._answers.popitem(last=False)
