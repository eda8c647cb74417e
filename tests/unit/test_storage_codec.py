"""What is kept as JSON: read back as it was, whatever another version or a stranger wrote."""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from desk.domain.conversation import ConversationId
from desk.domain.draft import Draft, DraftField
from desk.domain.inbound import FileRef, Inbound, InboundKind, Point
from desk.domain.lifecycle import Identity, Kind
from desk.domain.outgoing import CopyOf, Outgoing, OutgoingButton, Topic, TopicState
from desk.domain.presses.pending import Pending, WordsAwaited
from desk.domain.same_matter import SimilarReport
from desk.domain.ticket import TicketPlace
from desk.domain.ticket_number import TicketNumber
from desk.storage.codec import read_json, to_json
from desk.storage.columns import clean_json

NOW = datetime.fromisoformat("2026-11-24T02:00:00+00:00")


@dataclass(frozen=True)
class Asking:
    """Stands for whatever holds a question."""

    asks: Pending | None = None


DRAFT = Draft(
    id="d",
    conversation_id=ConversationId("c"),
    kind=Kind.ADUAN,
    created_at=NOW,
    touched_at=NOW + timedelta(minutes=1),
    asked=DraftField.PLACE,
    done=frozenset({DraftField.CONSENT, DraftField.DESCRIPTION}),
    place=TicketPlace("76.02", "pasar", Point(-2.67, 118.89)),
    photos=("a",),
    discarded=("b",),
    identity=Identity.RAHASIA,
    similar=SimilarReport(TicketNumber("MJU-0000-0001"), "76.02", date(2026, 11, 20)),
)
VALUES = [
    DRAFT,
    Inbound(InboundKind.PRESS, token="t"),
    Inbound(
        InboundKind.PHOTO, text="x", file=FileRef("f", 5, "foto.jpg", "image/jpeg"), album="1"
    ),
    Inbound(InboundKind.LOCATION, point=Point(-2.0, 118.0)),
    Outgoing("halo", ((OutgoingButton("Ya", "t1"), OutgoingButton("Tidak", "t2")), ())),
    Outgoing(
        "",
        topic=Topic(ConversationId("c"), "AB12"),
        copies=CopyOf("-1", "10"),
        leaves_topic=TopicState.CLOSED,
        joins=True,
    ),
    Asking(WordsAwaited(TicketNumber("MJU-0000-0001"))),
    Asking(None),
]


@pytest.mark.parametrize("value", VALUES)
def test_a_value_is_read_back_as_it_was_written(value: Any) -> None:
    stored = json.loads(json.dumps(to_json(value)))
    assert read_json(stored, type(value)) == value


def test_what_says_nothing_is_not_written() -> None:
    assert to_json(Inbound(InboundKind.TEXT, text="halo")) == {"kind": "teks", "text": "halo"}


def test_what_another_version_wrote_beside_is_passed_over() -> None:
    stored = {"kind": "teks", "text": "halo", "baru": {"a": 1}}
    assert read_json(stored, Inbound) == Inbound(InboundKind.TEXT, text="halo")


def test_a_question_of_another_version_is_none() -> None:
    assert read_json({"asks": {"kind": "LamaSekali", "number": "x"}}, Asking) == Asking()


@pytest.mark.parametrize(
    ("stored", "error"), [({"kind": "baru"}, ValueError), ({"text": "halo"}, KeyError)]
)
def test_what_means_nothing_here_is_refused(stored: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        read_json(stored, Inbound)


def test_hostile_words_are_words() -> None:
    for words in ('{"kind": "tekan"}', "__class__", "\ud800\0", "x" * 100_000):
        stored = json.loads(json.dumps(clean_json(to_json(Inbound(InboundKind.TEXT, words)))))
        assert read_json(stored, Inbound).text == clean_json(words)
