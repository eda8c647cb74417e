"""Reads what Rasa understood into the desk's own words."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from desk.domain.heard import FALLBACK, Heard, PlaceHeard
from desk.domain.inbound import Point
from desk.domain.presses.codec import read_pending


class TurnUnreadable(ValueError):
    """The call names no conversation or turn: it does not come from our channel."""


def turn_ids(message: Mapping[str, Any]) -> tuple[str, str]:
    """Return the conversation's and the turn's id of a tracker's latest message.

    Raises:
        TurnUnreadable: The message did not come through our channel.
    """
    metadata = message.get("metadata") or {}
    try:
        return str(metadata["percakapan"]), str(metadata["giliran"])
    except KeyError:
        raise TurnUnreadable from None


def heard_in(message: Mapping[str, Any]) -> Heard:
    """Return what was heard in a tracker's latest message."""
    metadata = message.get("metadata") or {}
    ranking = tuple(
        (str(entry["name"]), float(entry["confidence"]))
        for entry in message.get("intent_ranking") or ()
        if entry.get("name") != FALLBACK
    )
    intent = str((message.get("intent") or {}).get("name") or FALLBACK)
    entities = message.get("entities") or ()
    return Heard(
        intent=intent,
        text=str(message.get("text") or ""),
        confidence=_confidence(intent, ranking),
        ranking=ranking,
        services=tuple(dict.fromkeys(_values(entities, "layanan"))),
        variant=next(_values(entities, "varian"), None),
        places=tuple(_places(entities)),
        categories=_categories(entities),
        ticket_number=next(_values(entities, "nomor_tiket"), None),
        point=_point(metadata),
        phone=metadata.get("telepon"),
        photos=tuple(metadata.get("foto") or ()),
        answers=read_pending(metadata.get("menjawab")),
    )


def _confidence(intent: str, ranking: tuple[tuple[str, float], ...]) -> float:
    """Return the probability of the intent, or of the best one when all were too weak."""
    if intent == FALLBACK:
        return ranking[0][1] if ranking else 0.0
    return next((share for name, share in ranking if name == intent), 1.0)


def _values(entities: Iterable[Mapping[str, Any]], name: str) -> Iterator[str]:
    return (str(entity["value"]) for entity in entities if entity.get("entity") == name)


def _places(entities: Iterable[Mapping[str, Any]]) -> Iterable[PlaceHeard]:
    for entity in entities:
        if entity.get("entity") == "lokasi":
            yield PlaceHeard(tuple(entity.get("pilihan") or (str(entity["value"]),)))


def _categories(entities: Iterable[Mapping[str, Any]]) -> tuple[tuple[str, float], ...]:
    for entity in entities:
        if entity.get("entity") == "kategori":
            ranking = entity.get("ranking") or [
                {"name": entity["value"], "confidence": entity.get("confidence_entity", 0.0)}
            ]
            return tuple((str(row["name"]), float(row["confidence"])) for row in ranking)
    return ()


def _point(metadata: Mapping[str, Any]) -> Point | None:
    point = metadata.get("titik")
    return Point(float(point[0]), float(point[1])) if point else None
