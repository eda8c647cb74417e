"""Ticket numbers: no slip of the finger goes unnoticed, and everyday spellings are read."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.domain.ticket_number import (
    ALPHABET,
    MistypedNumber,
    TicketNumber,
    check_character,
    is_valid,
    new_ticket_number,
    read_ticket_number,
)

bodies = st.text(ALPHABET, min_size=7, max_size=7)
numbers = bodies.map(lambda body: body + check_character(body)).map(
    lambda characters: TicketNumber(f"MJU-{characters[:4]}-{characters[4:]}")
)


def characters_of(number: str) -> str:
    return number.removeprefix("MJU-").replace("-", "")


def test_new_number_is_made_of_the_chosen_characters_and_one_check_character():
    chosen = iter([0, 1, 2, 3, 4, 5, 6])
    number = new_ticket_number(lambda n: next(chosen))
    assert number[:-1] == "MJU-0123-456"
    assert is_valid(characters_of(number))


def test_new_numbers_differ():
    assert len({new_ticket_number() for _ in range(200)}) == 200


def test_alphabet_is_crockfords():
    assert len(ALPHABET) == len(set(ALPHABET)) == 32
    assert set("ILOU").isdisjoint(ALPHABET)


@given(bodies)
def test_every_single_wrong_character_is_caught(body):
    right = body + check_character(body)
    slips = [
        right[:place] + wrong + right[place + 1 :]
        for place in range(8)
        for wrong in ALPHABET
        if wrong != right[place]
    ]
    assert [slip for slip in slips if is_valid(slip)] == []


@given(bodies)
def test_every_swap_of_two_unlike_characters_is_caught(body):
    right = body + check_character(body)
    for first, second in combinations(range(8), 2):
        swapped = list(right)
        swapped[first], swapped[second] = swapped[second], swapped[first]
        assert is_valid("".join(swapped)) == (right[first] == right[second])


@given(bodies)
def test_exactly_one_check_character_fits(body):
    assert [c for c in ALPHABET if is_valid(body + c)] == [check_character(body)]


@given(numbers)
def test_a_number_is_read_back_as_itself(number):
    assert read_ticket_number(number) == number


@given(
    numbers,
    st.sampled_from(["", " ", "-", " - ", "\u2013", ". "]),
    st.sampled_from(["", " ", "-", "\u2011"]),
    st.sampled_from([str.lower, str.upper, str.title]),
)
def test_case_and_separators_do_not_matter(number, after_prefix, between, cased):
    c = characters_of(number)
    assert read_ticket_number(cased(f"MJU{after_prefix}{c[:4]}{between}{c[4:]}")) == number


@given(numbers)
def test_look_alikes_are_read_as_digits(number):
    c = characters_of(number).replace("0", "O").replace("1", "l")
    assert read_ticket_number(f"mju-{c[:4]}-{c[4:]}") == number


@given(numbers)
def test_single_letters_spelled_out_are_read(number):
    assert read_ticket_number(" ".join(number.replace("-", ""))) == number


@given(
    numbers,
    st.sampled_from(
        ["Pak, laporan {} bagaimana kabarnya?", "({})", "nomor:{}.", "cek {}, makasih", "#{}"]
    ),
)
def test_a_number_is_found_within_a_sentence(number, sentence):
    assert read_ticket_number(sentence.format(number)) == number


@given(numbers, st.integers(0, 7), st.sampled_from(ALPHABET))
def test_a_wrong_character_is_told_as_mistyped(number, place, wrong):
    c = characters_of(number)
    slip = c[:place] + wrong + c[place + 1 :]
    written = f"MJU-{slip[:4]}-{slip[4:]}"
    expected = number if slip == c else MistypedNumber(written)
    assert read_ticket_number(f"tiket {written} ya") == expected


def test_a_letter_outside_the_alphabet_is_told_as_mistyped():
    assert read_ticket_number("MJU-7K3U-9XWZ") == MistypedNumber("MJU-7K3U-9XWZ")


@given(numbers)
def test_a_right_number_wins_over_an_earlier_mistyped_one(number):
    c = characters_of(number)
    wrong = c[:7] + next(x for x in ALPHABET if x != c[7])
    slip = f"MJU-{wrong[:4]}-{wrong[4:]}"
    assert read_ticket_number(f"bukan {slip} tetapi {number}") == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "MJU",
        "MJU-1234",
        "MJU-12345-6789A",
        "saya orang mamuju, mau lapor",
        "mju kita sama lama sekali",
        "7K3Q-9XWZ",
        "0811 4169 614",
        "XMJU-7K3Q-9XWZ",
        "MJU-7K3Q-9XWZ1",
    ],
)
def test_other_texts_hold_no_number(text):
    assert read_ticket_number(text) is None


@given(st.text(max_size=60))
def test_any_text_is_read_without_error(text):
    found = read_ticket_number(text)
    assert found is None or isinstance(found, str | MistypedNumber)
