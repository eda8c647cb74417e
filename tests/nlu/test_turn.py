"""A turn is read strictly, and typed text can never act as a command."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.turn import BadTurn, DoneTurns, clean_text, describe_understanding, read_turn


def body(**changes: Any) -> dict[str, Any]:
    return {"sender": "s1", "turn_id": "t1", "text": "halo", **changes}


@pytest.mark.parametrize(
    "typed",
    [
        "/restart",
        "  /restart",
        "\n/\u200b /restart",
        "\u2060//restart\u200b",
        "\x00/\u00a0/restart ",
    ],
)
def test_typed_slashes_never_reach_rasa(typed: str) -> None:
    assert clean_text(typed) == "restart"


@given(st.text(max_size=50))
def test_no_text_is_a_command_after_rasa_strips_it(text: str) -> None:
    assert not clean_text(text).strip().startswith("/")


def test_text_within_the_message_is_kept_as_typed() -> None:
    assert clean_text("jl. 12/3\n\nRT 4 \U0001f468\u200d\U0001f469") == (
        "jl. 12/3\n\nRT 4 \U0001f468\u200d\U0001f469"
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"sender": ""}, "bad_sender"),
        ({"turn_id": None}, "bad_turn_id"),
        ({"turn_id": "x" * 201}, "bad_turn_id"),
        ({"text": 5}, "bad_text"),
        ({"metadata": []}, None),
        ({"metadata": "x"}, "bad_metadata"),
        ({"text": None}, "bad_text"),
        ({"text": None, "press": {"intent": "salam"}}, "bad_text"),
    ],
)
def test_a_malformed_turn_is_refused_with_a_code(
    changes: dict[str, Any], code: str | None
) -> None:
    if code is None:
        assert read_turn(body(**changes)).metadata == {}
        return
    with pytest.raises(BadTurn, match=f"^{code}$"):
        read_turn(body(**changes))


@pytest.mark.parametrize("content", [None, [], "halo", 3])
def test_a_body_that_is_no_object_is_refused(content: object) -> None:
    with pytest.raises(BadTurn, match=r"^bad_body$"):
        read_turn(content)


def test_actions_see_the_metadata_with_the_turn_id() -> None:
    turn = read_turn(body(metadata={"bahasa": "id"}))
    assert turn.seen_by_actions() == {"bahasa": "id", "turn_id": "t1"}


def test_understanding_tells_the_best_reading_beside_the_final_one() -> None:
    ranking = [{"name": f"i{n}", "confidence": 0.3 - n / 100} for n in range(8)]
    seen = describe_understanding({"intent": {"name": "nlu_fallback"}, "intent_ranking": ranking})
    assert (seen["intent"], seen["final"]) == ("i0", "nlu_fallback")
    assert [entry["name"] for entry in seen["ranking"]] == ["i0", "i1", "i2", "i3", "i4"]


def test_only_the_last_answers_are_remembered() -> None:
    done = DoneTurns(limit=2)
    turns = [read_turn(body(turn_id=str(n))) for n in range(3)]
    for turn in turns:
        done.keep(turn, {"turn_id": turn.turn_id})
    assert [done.find(turn) for turn in turns] == [None, {"turn_id": "1"}, {"turn_id": "2"}]
