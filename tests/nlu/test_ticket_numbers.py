"""Ticket numbers are read in any case, spacing and confusion of letters with digits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.ticket_numbers import find_ticket_numbers

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def numbers(text: str) -> list[str]:
    return [ticket.number for ticket in find_ticket_numbers(text)]


@pytest.mark.parametrize(
    "typed",
    [
        "MJU-7K3M-2QXA",
        "mju 7k3m 2qxa",
        "mju7k3m2qxa",
        "nomor:mju-7k3m-2qxa, tolong",
        "M J U - 7 K 3 M - 2 Q X A",
        "MJU–7K3M–2QXA",
        "7k3m-2qxa sudah sampai mana",
    ],
)
def test_a_number_is_found_however_it_is_typed(typed: str) -> None:
    assert numbers(typed) == ["MJU-7K3M-2QXA"]


def test_letters_that_look_like_digits_are_folded() -> None:
    assert numbers("mju-oil7-abcd") == ["MJU-0117-ABCD"]


@pytest.mark.parametrize(
    "text",
    [
        "mju itu apa",
        "mju mati lagi",
        "MJU-7K3",
        "MJU-7K3M-2QXAB",
        "0812-3456",
        "sapa-2024",
        "DC 1234 XX",
        "F-1.02",
        "nik 7602010101010001",
        "",
    ],
)
def test_other_numbers_and_words_are_not_taken_for_one(text: str) -> None:
    assert numbers(text) == []


def test_each_number_is_given_once_in_order() -> None:
    text = "MJU-7K3M-2QXA dan mju 4f9t 8wzc, lalu MJU7K3M2QXA"
    assert numbers(text) == ["MJU-7K3M-2QXA", "MJU-4F9T-8WZC"]


@given(st.text(ALPHABET, min_size=8, max_size=8), st.sampled_from(["-", "", " - "]))
def test_every_number_that_can_be_issued_is_found(characters: str, gap: str) -> None:
    typed = f"tiket mju{gap}{characters[:4].lower()}{gap}{characters[4:]} ya"
    assert numbers(typed) == [f"MJU-{characters[:4]}-{characters[4:]}"]
