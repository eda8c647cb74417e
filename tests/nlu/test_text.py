"""Everyday spelling becomes one spelling, and nothing that means something is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.text import normalise, protected_words, respell, split_particle, squeeze


@pytest.mark.parametrize("word", ["kk", "ktp", "kia", "nik", "nib", "rt", "rw", "pi", "mi", "ji"])
def test_documents_and_particles_are_never_respelled(word: str) -> None:
    assert word in protected_words()
    assert respell(word) == word


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("gmn caranya ngurus yg ini", "bagaimana caranya urus yang ini"),
        ("HALOOOO", "halo"),
        ("lubang2 di jln", "lubang lubang di jalan"),
        ("ndak bisa", "tidak bisa"),
        ("<b>jalan</b> rusak &amp; gelap", "jalan rusak gelap"),
    ],
)
def test_chat_spelling_is_written_out(typed: str, read: str) -> None:
    assert normalise(typed) == read


@pytest.mark.parametrize(
    ("word", "parts"),
    [("adami", ["ada", "mi"]), ("belumpi", ["belum", "pi"]), ("rusakki'", ["rusak", "ki"])],
)
def test_makassar_particles_are_split_off_known_words(word: str, parts: list[str]) -> None:
    assert split_particle(word) == parts


@pytest.mark.parametrize("word", ["kami", "bumi", "kopi", "gaji", "resmi", "suami", "langkah"])
def test_words_that_only_end_like_a_particle_stay_whole(word: str) -> None:
    assert split_particle(word) == [word]


@given(st.text(max_size=300))
def test_any_text_can_be_read_and_reading_twice_changes_no_spacing(text: str) -> None:
    assert normalise(text) == " ".join(normalise(text).split())
    assert squeeze(text) == squeeze(text).lower()
