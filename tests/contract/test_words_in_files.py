"""What people read in Bahasa Indonesia stands in files of words, not in code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("desk", "bot", "web", "sapa", "actions")

#: Indonesian on purpose; CONTRIBUTING.md says why for each.
ON_PURPOSE = {
    "desk/domain/catalogue_rules.py",
    "desk/domain/draft_answers.py",
    "desk/domain/draft_phrases.py",
    "desk/domain/retention.py",
    "desk/domain/roles.py",
    "desk/domain/typed_date.py",
    "desk/services/privacy/my_data.py",
    "desk/services/talk/rights.py",
    "desk/services/wording.py",
    "desk/storage/catalogue_files.py",
}
INDONESIAN = re.compile(
    r"\b(yang|anda|tidak|dan|untuk|dengan|belum|sudah|harus|kami|saya|ini|itu|dari|ke|atau|bukan"
    r"|pada|akan|oleh|ada|dapat|bisa|juga|hanya|sebelum|kepada|lagi|laporan|petugas|warga|pesan"
    r"|nomor|lokasi|foto|huruf|hari|kirim|tulis|silakan|menit|terima)\b",
    re.IGNORECASE,
)
#: A sentence for operators may name a domain value.
ENGLISH = re.compile(r"\b(the|a|an|and|or|of|to|is|in|as|each|one|with|for)\b", re.IGNORECASE)


def is_sentence(text: str) -> bool:
    """Tell whether a text is several Indonesian words that somebody may read."""
    several = re.search(r"[a-z]\W+[a-z]", text.strip(), re.IGNORECASE) and " " in text
    return bool(several and INDONESIAN.search(text) and not ENGLISH.search(text))


def in_python(path: Path) -> Iterator[str]:
    """Return the strings of a module that are no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and node not in docstrings:
            yield node.value


def test_no_module_says_an_indonesian_sentence_but_those_that_contributing_names() -> None:
    found = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if any(is_sentence(text) for text in in_python(path))
    }
    assert found <= ON_PURPOSE
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert {path for path in ON_PURPOSE if f"`{path}`" not in text} == set()


def test_the_pages_scripts_say_nothing_by_themselves() -> None:
    scripts = [path.read_text(encoding="utf-8") for path in (ROOT / "web/static").rglob("*.js")]
    silent = re.compile(r"//.*|/\*.*?\*/|className: \"[^\"]*\"|kata\(\"[^\"]*\"")
    said = re.findall(r"\"[^\"\n]+\"|`[^`\n]+`", silent.sub("", "\n".join(scripts)))
    assert said
    assert [text for text in said if is_sentence(text)] == []


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("Belum terkirim, mencoba lagi…", True),
        ("Titik lokasi: ", True),
        (" huruf, tersimpan lengkap)", True),
        ("lokasi: exactly the places named", False),
        ("draf.lokasi", False),
        ("petugas", False),
    ],
)
def test_a_sentence_is_told_from_a_name_or_an_english_one(text: str, is_one: bool) -> None:
    assert is_sentence(text) is is_one
