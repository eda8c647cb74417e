"""A whole model, trained small: with and without vectors, stock and mended, on hostile input."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rasa")

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasa.core.agent import load_agent

from nlu.vectors import why_unavailable
from tests.nlu.small_model import ROOT, train_small_model

SCRIPT = Path(__file__).with_name("every_rule.py")
#: What the most hostile text may cost of an ordinary long message; it takes about twice as much.
MOST_TIMES = 10
NEW = count()  # what was read before is remembered
HOSTILE = {
    "empty": "",
    "spaces": " \n\t ",
    "emoji": "😀😭🙏" * 3000,
    "control characters": "\x00\x01\x07\x1b[31m\u202e\ufeff" * 1000,
    "arabic": "السلام عليكم ورحمة الله وبركاته " * 300,
    "javanese": "ꦱꦸꦒꦼꦁꦫꦮꦸꦃ " * 900,
    "html": "<script>alert(1)</script><b onclick='x'>" * 250,
    "open tags": "<" * 10_000,
    "links": "https://" + "a" * 9_992,
    "nik": "7602012345678901",
    "digits": "7602012345678901" * 625,
    "one word": "a" * 10_000,
    "prose": "saya mau urus ktp di kantor desa karema kalukku karena kebakaran kemarin " * 137,
    "all different": " ".join(f"kata{n}x" for n in range(1200)),
    "dots": "." * 10_000,
    "particles": "ji ki' mi pi " * 770,
    "numbers of tickets": "MJU-7K3M-2QXA " * 714,
}


class Model:
    """A loaded model and what its training said."""

    def __init__(self, folder: Path) -> None:
        self.path, self.told = train_small_model(folder)
        self._loop = asyncio.new_event_loop()
        self._agent = self._loop.run_until_complete(load_agent(str(self.path)))

    def parse(self, text: str) -> dict[str, Any]:
        parsed: dict[str, Any] = self._loop.run_until_complete(self._agent.parse_message(text))
        return parsed

    def seconds(self, texts: list[str]) -> float:
        """Return the processor time of the text that was read fastest, each read but once."""
        took = []
        for text in texts:
            started = time.process_time()
            self.parse(text)
            took.append(time.process_time() - started)
        return min(took)

    def close(self) -> None:
        self._loop.close()


@pytest.fixture(scope="module")
def words_only(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAPA_NLU_VECTORS", "off")
        model = Model(tmp_path_factory.mktemp("words"))
    yield model
    model.close()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    if reason := why_unavailable():
        pytest.skip(f"no sentence vectors: {reason}")
    model = Model(tmp_path_factory.mktemp("vectors"))
    yield model
    model.close()


def test_without_vectors_it_trains_says_so_and_still_understands(words_only: Model) -> None:
    assert "without sentence vectors: SAPA_NLU_VECTORS=off" in words_only.told
    parsed = words_only.parse("berapa biaya bikin skck? kirim ke kecamatan kalukku")
    found = {entity["entity"]: entity["value"] for entity in parsed["entities"]}
    assert parsed["intent_ranking"][0]["name"] == "tanya_biaya"
    assert (found["layanan"], found["lokasi"]) == ("skck", "76.02.03")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_costs_little_more_than_an_ordinary_long_message(
    whole: Model, text: str
) -> None:
    """Seconds belong to `make bench`; here nothing may grow with the square of the length."""
    ordinary = [
        f"selamat pagi {n} saya mau bertanya bagaimana cara mengurus surat pindah ke kota lain "
        "karena suami saya dipindah tugas dan anak anak harus segera masuk sekolah di sana apakah "
        "saya harus datang sendiri ke kantor atau boleh diwakilkan kepada saudara terima kasih"
        for n in islice(NEW, 3)
    ]
    hostile = [f"{n} {text}"[:10_000] for n in islice(NEW, 2)]
    assert whole.seconds(hostile) <= MOST_TIMES * whole.seconds(ordinary)
    assert whole.parse(text[:10_000])["intent"]["name"]


@pytest.mark.parametrize("text", ["", " ", "😀😭", "السلام عليكم", "\x00\x1b", "...", "<b></b>"])
def test_text_without_a_word_is_asked_back_about(whole: Model, text: str) -> None:
    parsed = whole.parse(text)
    assert parsed["intent"]["name"] in ("nlu_fallback", None)
    assert parsed["entities"] == []


@given(st.text(max_size=400))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_has_a_reading_with_chances(words_only: Model, text: str) -> None:
    parsed = words_only.parse(text)
    if not text.strip().startswith("/"):
        assert 0.0 <= parsed["intent"]["confidence"] <= 1.0
        assert all(0.0 <= entry["confidence"] <= 1.0 for entry in parsed["intent_ranking"])


def test_stock_and_mended_rasa_give_the_same_answers_on_every_rule(words_only: Model) -> None:
    running = {
        kind: subprocess.Popen(
            [sys.executable, "-W", "ignore", str(SCRIPT), str(words_only.path), kind],
            cwd=ROOT,
            env={**os.environ, "SAPA_NLU_VECTORS": "off", "RASA_TELEMETRY_ENABLED": "false"},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for kind in ("stock", "mended")
    }
    printed = {kind: process.communicate(timeout=300)[0] for kind, process in running.items()}
    stock, mended = (
        json.loads(printed[kind].split("RESULT", 1)[1]) for kind in ("stock", "mended")
    )
    assert stock == mended
    silent = [name for name, talk in stock["alone"].items() if not talk["said"][0][1]]
    assert silent == ["back", "restart", "session_start"]  # Rasa's own, of which we have no rule
