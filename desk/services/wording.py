"""The desk's words: reply templates from files, filled in safely."""

import html
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, StrictUndefined, Template, TemplateError

from desk.domain.working_time import WITA

DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
MONTHS = (
    *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
    *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
)
_TAG = re.compile(r"<(?!/?(?:b|i|u|code)>|a href=\"[^\"]*\">|/a>)[/a-zA-Z][^>]*>")
_BLANK_LINES = re.compile(r"\n{3,}")


class WordingInvalid(Exception):
    """A file of replies cannot be used; the message names the file and the key."""


class UnknownWording(LookupError):
    """No file of replies has this key."""


class Wording:
    """All reply templates of a folder.

    A template is Jinja2; what is filled in is escaped, so that a citizen's "<" stays a
    character. The text itself may use Telegram's tags b, i, u, code and a.
    """

    def __init__(self, folder: Path) -> None:
        """Read all `*.yml` files of *folder*; raise `WordingInvalid` at the first fault."""
        environment = Environment(
            autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        environment.filters.update(tanggal=tanggal, jam=jam, rupiah=rupiah)
        self._templates: dict[str, Template] = {}
        for path in sorted(folder.glob("*.yml")):
            for key, text in _entries(path):
                if key in self._templates:
                    raise WordingInvalid(f"{path.name}: {key}: kunci sudah dipakai berkas lain")
                self._templates[key] = _compile(environment, path.name, key, text)

    @property
    def keys(self) -> frozenset[str]:
        """Return all known keys."""
        return frozenset(self._templates)

    def say(self, key: str, **values: Any) -> str:
        """Return the text of *key* as HTML in Telegram's subset, values escaped.

        Raises:
            UnknownWording: There is no such key.
        """
        try:
            template = self._templates[key]
        except KeyError:
            raise UnknownWording(key) from None
        return _BLANK_LINES.sub("\n\n", template.render(values)).strip()

    def plain(self, key: str, **values: Any) -> str:
        """Return the text of *key* without HTML, for button labels and titles."""
        return without_html(self.say(key, **values))


def without_html(text: str) -> str:
    """Return what a reader sees of a text in HTML."""
    return html.unescape(re.sub(r"<[^>]+>", "", text))


def tanggal(moment: date, hari: bool = True) -> str:
    """Write a date, or the date of an aware moment in WITA: "Jumat, 27 November 2026"."""
    day = _local(moment).date() if isinstance(moment, datetime) else moment
    written = f"{day.day} {MONTHS[day.month - 1]} {day.year}"
    return f"{DAYS[day.weekday()]}, {written}" if hari else written


def jam(moment: datetime) -> str:
    """Write the time of an aware moment: "16.30 WITA"."""
    return f"{_local(moment):%H.%M} WITA"


def rupiah(amount: int) -> str:
    """Write an amount of money: "Rp120.000"."""
    return f"{'-' if amount < 0 else ''}Rp{abs(amount):,}".replace(",", ".")


def _local(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(WITA)


def _entries(path: Path) -> Iterator[tuple[str, str]]:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise WordingInvalid(f"{path.name}: bukan YAML yang sah: {error}") from error
    if not isinstance(found, dict):
        raise WordingInvalid(f"{path.name}: harus berisi kunci dan teks")
    for key, text in found.items():
        if not isinstance(key, str) or not isinstance(text, str):
            raise WordingInvalid(f"{path.name}: {key}: kunci dan isinya harus berupa teks")
        yield key, text


def _compile(environment: Environment, file: str, key: str, text: str) -> Template:
    if wrong := _TAG.search(text):
        raise WordingInvalid(f"{file}: {key}: tanda {wrong.group()} tidak boleh dipakai")
    try:
        return environment.from_string(text)
    except TemplateError as error:
        raise WordingInvalid(f"{file}: {key}: {error}") from error
