"""Buttons and questions are read back as they were stored; whatever else is read is nothing."""

import json
from datetime import UTC
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.domain.presses.citizens import CITIZEN_PRESSES, AboutService, EraseMyData, Means
from desk.domain.presses.codec import (
    Press,
    pending_to_json,
    press_to_json,
    read_officer_pending,
    read_pending,
    read_press,
)
from desk.domain.presses.officers import OFFICER_PRESSES
from desk.domain.presses.pending import OfficerPending, Pending, WordsAwaited
from desk.domain.reply import Button
from desk.domain.ticket_number import TicketNumber

KINDS = (*CITIZEN_PRESSES, *OFFICER_PRESSES, *get_args(Pending), *get_args(OfficerPending))

st.register_type_strategy(str, st.text(max_size=20))
st.register_type_strategy(float, st.floats(0, 1))  # shares
AWARE = st.datetimes(timezones=st.just(UTC))


def presses(of: Any) -> st.SearchStrategy[Any]:
    """Return values of all classes of a union."""
    return st.one_of(
        [st.builds(each, until=AWARE) if each is EraseMyData else built(each) for each in of]
    )


def built(each: Any) -> st.SearchStrategy[Any]:
    return st.from_type(each).filter(lambda value: "since" not in repr(value) or is_aware(value))


def is_aware(value: Any) -> bool:
    words = getattr(value, "words", None)
    return words is None or words.since is None or words.since.tzinfo is not None


@given(presses([*CITIZEN_PRESSES, *OFFICER_PRESSES]))
def test_every_button_is_read_back_as_it_was_stored(press: Any) -> None:
    assert read_press(json.loads(json.dumps(press_to_json(press)))) == press


@given(presses(get_args(Pending)))
def test_every_question_to_a_citizen_is_read_back_as_it_was_stored(pending: Any) -> None:
    assert read_pending(json.loads(json.dumps(pending_to_json(pending)))) == pending


@given(presses(get_args(OfficerPending)))
def test_every_question_to_an_officer_is_read_back_as_it_was_stored(pending: Any) -> None:
    assert read_officer_pending(json.loads(json.dumps(pending_to_json(pending)))) == pending


FIELDS = sorted({name for each in KINDS for name in each.__dataclass_fields__})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
#: Of another version: a kind that is known or not, with fields that are known or not.
OLDER = st.builds(
    lambda kind, fields: {**fields, "kind": kind},
    st.sampled_from([each.__name__ for each in KINDS]) | st.text(max_size=8) | JSON,
    st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), JSON, max_size=4),
)


@given(OLDER | JSON)
def test_whatever_is_stored_is_a_button_or_a_question_of_its_own_kind_or_nothing(
    stored: Any,
) -> None:
    for read, kinds in (
        (read_press, (*CITIZEN_PRESSES, *OFFICER_PRESSES)),
        (read_pending, get_args(Pending)),
        (read_officer_pending, get_args(OfficerPending)),
    ):
        found = read(stored)
        assert found is None or (isinstance(found, kinds) and type(found) is kind_of(stored))


def kind_of(stored: Any) -> type | None:
    return next((each for each in KINDS if each.__name__ == stored["kind"]), None)


@pytest.mark.parametrize(
    "stored",
    [
        None,
        {},
        {"kind": "Hilang"},
        {"kind": "AboutService"},
        {"kind": "AboutService", "service": "ktp_el", "nilai": "lama"},
        {"kind": "AboutTicket", "number": "MJU-1", "act": "lama"},
        {"kind": "WordsAwaited", "number": "MJU-1"},
        {"kind": "EraseMyData", "until": "2026-12-01T00:00:00"},
    ],
)
def test_a_button_of_another_version_means_nothing(stored: Any) -> None:
    assert read_press(stored) is None
    assert Button.from_json({"label": "Lama", "press": stored}) == Button("Lama", None)


def test_a_button_is_stored_with_the_name_of_its_class() -> None:
    press: Press = AboutService("ktp_el")
    assert press_to_json(press) == {"kind": "AboutService", "service": "ktp_el"}
    assert press_to_json(Means("batal")) == {"kind": "Means", "intent": "batal"}
    asked = WordsAwaited(TicketNumber("MJU-1"))
    assert pending_to_json(asked) == {"kind": "WordsAwaited", "number": "MJU-1"}
