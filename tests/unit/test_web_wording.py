"""What the web side says is written down, and nothing is written down that it never says."""

import re

from desk.bootstrap import REPLIES_FOLDER
from desk.domain.lifecycle import Kind
from desk.services.wording import Wording
from desk.settings import ROOT
from web.pages import EXPLAINED

SOURCES = [
    *(ROOT / "web").glob("*.py"),
    *(ROOT / "web" / "templates").glob("*.html"),
    ROOT / "desk" / "services" / "portal" / "tracking.py",
]
COMPOSED = {
    *(f"web.jenis.{kind}" for kind in Kind),
    *(f"web.galat.{status}{part}" for status in (*EXPLAINED, "lain") for part in ("", ".saran")),
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


SCRIPTS = ROOT / "web" / "static" / "chat"
CHOSEN = {
    *("lawan.bot", "lawan.menunggu", "lawan.petugas"),
    *("disalin", "tidak_disalin", "lokasi_izin", "lokasi_hilang"),
}


def test_the_chats_page_has_words_for_all_that_its_script_says_and_no_other() -> None:
    said = "".join(path.read_text(encoding="utf-8") for path in SCRIPTS.glob("*.js"))
    named = set(re.findall(r'kata\("([a-z_.]+)"', said)) | CHOSEN
    written = {key for key in Wording(REPLIES_FOLDER).keys if key.startswith("chat.")}
    assert written == {f"chat.{key}" for key in named}
    assert all(key.rpartition(".")[2] in said for key in CHOSEN)
