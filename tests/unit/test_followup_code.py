"""Follow-up codes: easy to type, hard to guess, never stored in the clear."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.domain.followup_code import hash_code, matches, new_code, read_code
from desk.domain.ticket_number import ALPHABET

KEY = b"a secret of the installation"
codes = st.text(ALPHABET, min_size=8, max_size=8).map(lambda c: f"{c[:4]}-{c[4:]}")


def test_new_code_is_made_of_the_chosen_characters():
    chosen = iter(range(8))
    assert new_code(lambda n: next(chosen)) == "0123-4567"


def test_new_codes_differ():
    assert len({new_code() for _ in range(200)}) == 200


@given(codes)
def test_a_code_is_read_however_it_is_typed(code):
    typed = f"  {code.lower().replace('-', ' ').replace('0', 'o').replace('1', 'L')} "
    assert read_code(typed) == code


@pytest.mark.parametrize("text", ["", "1234", "1234-567U", "1234-56789", "kode saya hilang"])
def test_other_texts_are_no_code(text):
    assert read_code(text) is None


@given(codes)
def test_a_code_matches_its_own_hash(code):
    assert matches(code.lower(), hash_code(code, KEY), KEY)


@given(codes, codes)
def test_another_code_does_not_match(code, other):
    assert matches(other, hash_code(code, KEY), KEY) == (other == code)


def test_another_key_does_not_match():
    stored = hash_code("1234-ABCD", KEY)
    assert not matches("1234-ABCD", stored, b"another secret")


def test_the_same_code_is_stored_differently_each_time():
    assert hash_code("1234-ABCD", KEY) != hash_code("1234-ABCD", KEY)


def test_what_is_stored_is_only_a_salt_and_a_digest():
    salt, digest = hash_code("1234-ABCD", KEY).split(":")
    assert (len(bytes.fromhex(salt)), len(bytes.fromhex(digest))) == (16, 32)


@pytest.mark.parametrize("text", ["", "12", "bukan kode"])
def test_an_unreadable_code_matches_nothing(text):
    assert not matches(text, hash_code("1234-ABCD", KEY), KEY)


def test_a_key_of_any_length_serves():
    stored = hash_code("1234-ABCD", b"k" * 500)
    assert matches("1234-ABCD", stored, b"k" * 500)
    assert not matches("1234-ABCD", stored, b"k" * 64)


def test_an_empty_key_is_refused():
    with pytest.raises(ValueError, match="key"):
        hash_code("1234-ABCD", b"")


def test_what_is_no_code_is_not_hashed():
    with pytest.raises(ValueError, match="code"):
        hash_code("bukan kode", KEY)
