"""Measures how well messages are understood: labelled lines in, rates out, nothing else."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sapa.errors import USAGE, OperatorError

FALLBACK: Final = "nlu_fallback"
OUT_OF_SCOPE: Final = "di_luar_topik"
EMERGENCY: Final = "darurat"
EXAMPLE: Final = (
    '{"text": "...", "intent": "...", "layanan": "..." or null, "kategori": "...", '
    '"lokasi": ["..."], "nomor_tiket": "..." or null}'
)


@dataclass(frozen=True)
class Labelled:
    """A message and what it means; a label that is None is missing and not measured."""

    text: str
    intent: str | None = None
    services: frozenset[str] | None = None
    category: str | None = None
    places: frozenset[str] | None = None
    tickets: frozenset[str] | None = None


@dataclass(frozen=True)
class Reading:
    """What the model made of a message: its first choice and how sure, and what it ended as."""

    top_intent: str
    final_intent: str
    services: frozenset[str] = frozenset()
    category: str | None = None
    places: frozenset[str] = frozenset()
    tickets: frozenset[str] = frozenset()
    confidence: float = 0.0


@dataclass(frozen=True)
class Score:
    """How often the reading is right, and the mean of each label's F1."""

    accuracy: float | None
    macro_f1: float | None
    n: int


@dataclass(frozen=True)
class FallbackRates:
    """How often the citizen is asked back: at best never in scope, always out of it."""

    in_scope_rate: float | None
    out_of_scope_recall: float | None


@dataclass(frozen=True)
class EmergencyRates:
    """Emergencies that end as such, and other messages that do."""

    recall: float | None
    false_alarm_rate: float | None


@dataclass(frozen=True)
class Report:
    """All rates; one over no message is None."""

    intent: Score
    layanan: Score
    kategori: Score
    lokasi: Score
    nomor_tiket: Score
    fallback: FallbackRates
    confident_wrong_rate: float | None
    darurat: EmergencyRates


def evaluate(labelled: Sequence[Labelled], readings: Sequence[Reading]) -> Report:
    """Compare each message's labels with its reading."""
    pairs = list(zip(labelled, readings, strict=True))
    intents = [(line.intent, reading) for line, reading in pairs if line.intent is not None]
    out = [reading.final_intent for intent, reading in intents if intent == OUT_OF_SCOPE]
    return Report(
        intent=score((intent, _judged_intent(intent, reading)) for intent, reading in intents),
        layanan=score((x.services, r.services) for x, r in pairs if x.services is not None),
        kategori=score((x.category, r.category) for x, r in pairs if x.category is not None),
        lokasi=score((x.places, r.places) for x, r in pairs if x.places is not None),
        nomor_tiket=score((x.tickets, r.tickets) for x, r in pairs if x.tickets is not None),
        fallback=FallbackRates(
            in_scope_rate=rate(
                r.final_intent == FALLBACK for i, r in intents if i != OUT_OF_SCOPE
            ),
            out_of_scope_recall=rate(final in (OUT_OF_SCOPE, FALLBACK) for final in out),
        ),
        confident_wrong_rate=rate(r.final_intent not in (i, FALLBACK) for i, r in intents),
        darurat=EmergencyRates(
            recall=rate(r.final_intent == EMERGENCY for i, r in intents if i == EMERGENCY),
            false_alarm_rate=rate(
                r.final_intent == EMERGENCY for i, r in intents if i != EMERGENCY
            ),
        ),
    )


def _judged_intent(intent: str, reading: Reading) -> str:
    """The first choice before any fallback; asking back is right where no intent would be."""
    if intent == OUT_OF_SCOPE and reading.final_intent == FALLBACK:
        return OUT_OF_SCOPE
    return reading.top_intent


def rate(answers: Iterable[bool]) -> float | None:
    """Return the share that is true, None of nothing."""
    counted = list(answers)
    return sum(counted) / len(counted) if counted else None


def score(pairs: Iterable[tuple[object, object]]) -> Score:
    """Score (label, reading) pairs; macro-F1 is the mean over the labels that occur."""
    counted = list(pairs)
    labels = {label for label, _ in counted}
    return Score(
        accuracy=rate(label == read for label, read in counted),
        macro_f1=sum(_f1(label, counted) for label in labels) / len(labels) if labels else None,
        n=len(counted),
    )


def _f1(label: object, pairs: Collection[tuple[object, object]]) -> float:
    right = sum(true == label == read for true, read in pairs)
    all_true = sum(true == label for true, _ in pairs)
    all_read = sum(read == label for _, read in pairs)
    return 2 * right / (all_true + all_read)


def read_labelled(path: Path) -> list[Labelled]:
    """Read labelled messages, one JSON object a line.

    Raises:
        OperatorError: The file cannot be read, or a line is not what it should be.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise OperatorError(f"{path} cannot be read: {reason}.", exit_code=USAGE) from None
    found = [_labelled(path, n, line) for n, line in enumerate(lines, start=1) if line.strip()]
    if not found:
        raise OperatorError(f"{path} has no lines to evaluate.", exit_code=USAGE)
    return found


def _labelled(path: Path, number: int, line: str) -> Labelled:
    try:
        entry = json.loads(line)
        if not isinstance(entry["text"], str):
            raise TypeError
        return Labelled(
            text=entry["text"],
            intent=_name(entry.get("intent")),
            services=_names(entry["layanan"]) if "layanan" in entry else None,
            category=_name(entry.get("kategori")),
            places=_names(entry["lokasi"]) if "lokasi" in entry else None,
            tickets=_names(entry["nomor_tiket"]) if "nomor_tiket" in entry else None,
        )
    except (ValueError, KeyError, TypeError):
        raise OperatorError(
            f"{path}, line {number}: write it as {EXAMPLE}, one object a line; any label may be "
            "missing.",
            exit_code=USAGE,
        ) from None


def _name(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError
    return value


def _names(value: Any) -> frozenset[str]:
    """One name, several, or none: null says that none is meant."""
    values = [] if value is None else value if isinstance(value, list) else [value]
    if not all(isinstance(name, str) for name in values):
        raise TypeError
    return frozenset(values)
