"""Sentence vectors: capped, computed once, kept for the next training, and not needed to run."""

import platform
from pathlib import Path

import numpy as np
import pytest

from nlu.vectors import DIMENSIONS, SentenceVectors, cap, fill_cache, why_unavailable

needs_engine = pytest.mark.skipif(why_unavailable() is not None, reason="no sentence vectors here")


class Engine:
    """Gives each text a vector that starts with its length, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts: list[str]) -> np.ndarray:
        self.asked += texts
        vectors = np.ones((len(texts), DIMENSIONS), dtype=np.float32)
        vectors[:, 0] = [len(text) for text in texts]
        return vectors


def test_of_a_long_letter_only_head_and_tail_are_read() -> None:
    letter = " ".join(["awal", *["isi"] * 500, "akhir"])
    words = cap(letter).split()
    assert (words[0], words[-1], len(words)) == ("awal", "akhir", 40)
    assert cap("a" * 10_000) == "a" * 24
    assert cap("apa syarat ktp") == "apa syarat ktp"


@needs_engine
def test_a_repeated_message_skips_the_engine() -> None:
    engine = Engine()
    vectors = SentenceVectors(compute=engine)
    first = vectors.encode(["halo", "halo", "apa syarat ktp"])
    again = vectors.encode(["apa syarat ktp", "halo"])
    assert engine.asked == ["halo", "apa syarat ktp"]
    assert again.tolist() == [first[2].tolist(), first[0].tolist()]


@needs_engine
def test_no_more_texts_are_remembered_than_allowed() -> None:
    engine = Engine()
    vectors = SentenceVectors(limit=2, compute=engine)
    for text in ("satu", "dua", "tiga", "tiga", "satu"):
        vectors.encode([text])
    assert engine.asked == ["satu", "dua", "tiga", "satu"]


@needs_engine
def test_an_empty_text_is_never_computed() -> None:
    engine = Engine()
    assert not SentenceVectors(compute=engine).encode(["", " "]).any()
    assert engine.asked == []


@needs_engine
def test_vectors_of_unchanged_examples_are_kept_between_trainings(tmp_path: Path) -> None:
    fill_cache(tmp_path / "vectors.npz", ["halo", "apa syarat ktp"])
    engine = Engine()
    later = SentenceVectors(compute=engine)
    later.load(tmp_path / "vectors.npz")
    assert later.encode(["halo", "apa syarat ktp", "baru"]).shape == (3, DIMENSIONS)
    assert engine.asked == ["baru"]


@pytest.mark.parametrize("content", [b"", b"PK broken", b"PK\x03\x04 half a file"])
def test_a_broken_file_of_vectors_is_no_obstacle(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "vectors.npz").write_bytes(content)
    SentenceVectors(compute=Engine()).load(tmp_path / "vectors.npz")


def test_switched_off_all_vectors_are_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAPA_NLU_VECTORS", "off")
    engine = Engine()
    vectors = SentenceVectors(compute=engine)
    assert why_unavailable() == "SAPA_NLU_VECTORS=off"
    assert not vectors.is_available
    assert not vectors.encode(["halo"]).any()
    assert engine.asked == []


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="AVX2 is of x86")
def test_a_processor_without_avx2_is_named_as_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SAPA_NLU_VECTORS", raising=False)
    (tmp_path / "cpuinfo").write_text("flags : fpu sse sse2 ssse3 sse4_1 sse4_2 avx\n")
    assert why_unavailable(cpu_info=tmp_path / "cpuinfo") == "this processor has no AVX2"
