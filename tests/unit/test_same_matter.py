"""Which complaints are offered as the same matter; the limit is measured on sample pairs."""

import pytest

from desk.domain.same_matter import ALIKE, is_same_matter, is_same_place, likeness
from tests.unit.same_matter_pairs import DIFFERENT, SAME


def test_all_pairs_about_one_matter_are_found_and_hardly_any_others():
    assert [pair for pair in SAME if not is_same_matter(*pair)] == []
    taken_for_one = [pair for pair in DIFFERENT if is_same_matter(*pair)]
    # Lamps at two landmarks: category and place cannot tell them apart, the citizen can.
    assert len(taken_for_one) <= 1


def test_the_limit_lies_in_a_gap_with_room_on_both_sides():
    lowest = min(likeness(*pair) for pair in SAME)
    others = sorted(likeness(*pair) for pair in DIFFERENT)
    assert others[-2] + 5 <= ALIKE <= lowest - 5


@pytest.mark.parametrize("text", ["", "rusak", "pak tolong", "🙏🙏"])
def test_too_few_words_are_like_nothing(text):
    assert likeness(text, "jalan rusak di depan pasar") == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("76.02.01.1012", "76.02.01.1012", True),
        ("76.02.01", "76.02.01.1012", True),
        ("76.02.01.1012", "76.02.01", True),
        ("76.02.01.1012", "76.02.01.1013", False),
        ("76.02.01", "76.02.02", False),
        ("76.02.0", "76.02.01", False),
    ],
)
def test_a_village_lies_in_its_district(one, other, same):
    assert is_same_place(one, other) is same
