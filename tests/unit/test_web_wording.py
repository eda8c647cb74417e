"""What the web side says is written down, and nothing is written down that it never says."""

import re

from desk.bootstrap import REPLIES_FOLDER
from desk.domain.lifecycle import Kind
from desk.services.wording import Wording
from desk.settings import ROOT

SOURCES = [
    *(ROOT / "web").glob("*.py"),
    *(ROOT / "web" / "templates").glob("*.html"),
    ROOT / "desk" / "services" / "portal" / "tracking.py",
]
COMPOSED = {
    *(f"web.jenis.{kind}" for kind in Kind),
    *(f"web.kabar.{step}" for step in ("tambah", "tarik", "tutup", "buka", "nilai")),
}


def test_every_key_of_the_web_side_has_words_and_all_words_are_used() -> None:
    used = {
        key
        for path in SOURCES
        for key in re.findall(r'"(web\.[a-z_.]+[a-z])"', path.read_text(encoding="utf-8"))
    }
    written = {key for key in Wording(REPLIES_FOLDER).keys if key.startswith("web.")}
    assert used | COMPOSED == written
