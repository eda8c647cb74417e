"""What measures the model has never taught it: data/eval and data/nlu share no message."""

import json
from functools import cache
from pathlib import Path

import yaml
from rapidfuzz import fuzz, process

from nlu.text import normalise

ROOT = Path(__file__).resolve().parents[2]
# Shorter messages are the same in everybody's mouth ("terima kasih", "cek status").
FEWEST_WORDS = 4
# Two messages this alike (0-100) differ by a typo or a greeting at most.
TOO_ALIKE = 90


def taught_in(path: Path) -> set[str]:
    blocks = yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]
    lines = (line for block in blocks for line in block["examples"].splitlines())
    return {normalise(line.strip().removeprefix("- ")) for line in lines if line.strip()}


@cache
def taught() -> list[str]:
    files = sorted((ROOT / "data" / "nlu").glob("*.yml"))
    return sorted(long_enough(set().union(*map(taught_in, files))))


@cache
def measured() -> list[str]:
    files = sorted((ROOT / "data" / "eval").glob("*.jsonl"))
    lines = (line for path in files for line in path.read_text(encoding="utf-8").splitlines())
    return sorted(long_enough({normalise(json.loads(line)["text"]) for line in lines if line}))


def long_enough(texts: set[str]) -> set[str]:
    return {text for text in texts if len(text.split()) >= FEWEST_WORDS}


def copies(taught: list[str], measured: list[str]) -> list[str]:
    """Return the taught messages that are nearly one that measures: those have to change."""
    best = {
        text: process.extractOne(text, measured, scorer=fuzz.ratio, score_cutoff=TOO_ALIKE)
        for text in taught
    }
    return [text for text, match in best.items() if match]


def test_no_message_that_teaches_is_one_that_measures_or_nearly_so() -> None:
    assert copies(taught(), measured()) == []


def test_there_are_messages_to_compare() -> None:
    assert (len(measured()) > 800, len(taught()) > 3000) == (True, True)


def test_a_typo_or_another_greeting_does_not_hide_a_copy() -> None:
    measured_text = normalise("berapa lama buat akta lahir di kantor capil")
    taught_text = normalise("min berapa lama buat akta lahir di kantor capil")
    assert copies([taught_text], [measured_text]) == [taught_text]
    assert copies([normalise("lampu jalan di depan masjid mati")], [measured_text]) == []
