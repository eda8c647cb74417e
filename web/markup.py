"""Makes safe HTML of the small subset in which replies are written."""

import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

from desk.domain.followup_code import read_code
from desk.domain.ticket_number import MistypedNumber, TicketNumber, read_ticket_number

_PLAIN_TAGS = {
    "b": "b", "strong": "b", "i": "i", "em": "i", "u": "u", "s": "s", "code": "code",
    "pre": "pre", "blockquote": "blockquote",
}  # fmt: skip
_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
#: An address that stands in the words, without the full stop that ends its sentence.
_BARE_LINK = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]]")


@dataclass(frozen=True)
class Marked:
    """A text ready for the page, and the words that it sets off as `code`."""

    html: str
    plain: str
    codes: tuple[str, ...] = ()

    @property
    def ticket_number(self) -> TicketNumber | None:
        """Return the first ticket number among the set-off words."""
        for code in self.codes:
            number = read_ticket_number(code)
            if number is not None and not isinstance(number, MistypedNumber):
                return number
        return None

    @property
    def followup_code(self) -> str | None:
        """Return the follow-up code among the set-off words."""
        for code in self.codes:
            if len(code) <= 9 and (found := read_code(code)):
                return found
        return None


def marked(text: str) -> Marked:
    """Return *text* with allowed tags only, all closed, everything else escaped."""
    cleaner = _Cleaner()
    cleaner.feed(text)
    cleaner.close()
    cleaner.close_all()
    return Marked("".join(cleaner.out), "".join(cleaner.words), tuple(cleaner.codes))


@dataclass
class _Cleaner(HTMLParser):
    out: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.handle_data("\n")
        elif tag == "a":
            self._open_link(dict(attrs).get("href") or "")
        elif tag in _PLAIN_TAGS:
            self._open(_PLAIN_TAGS[tag], "")
            if tag == "code":
                self.codes.append("")

    def handle_endtag(self, tag: str) -> None:
        wanted = _PLAIN_TAGS.get(tag, tag)
        if wanted not in self.open:
            return
        while self.open:
            closed = self.open.pop()
            self.out.append(f"</{closed}>")
            if closed == wanted:
                return

    def handle_data(self, data: str) -> None:
        self.out.append(html.escape(data) if "a" in self.open else _with_links(data))
        self.words.append(data)
        if "code" in self.open:
            self.codes[-1] += data

    def close_all(self) -> None:
        while self.open:
            self.out.append(f"</{self.open.pop()}>")

    def _open(self, tag: str, attributes: str) -> None:
        self.open.append(tag)
        self.out.append(f"<{tag}{attributes}>")

    def _open_link(self, target: str) -> None:
        if "a" not in self.open and _is_safe_link(target):
            self._open("a", _link_attributes(target))


def _link_attributes(target: str) -> str:
    return f' href="{html.escape(target)}" rel="noopener noreferrer"'


def _with_links(words: str) -> str:
    out, done = [], 0
    for found in _BARE_LINK.finditer(words):
        target = found[0]
        out.append(html.escape(words[done : found.start()]))
        out.append(f"<a{_link_attributes(target)}>{html.escape(target)}</a>")
        done = found.end()
    return "".join(out) + html.escape(words[done:])


def _is_safe_link(target: str) -> bool:
    try:
        parts = urlsplit(target.strip())
    except ValueError:
        return False
    if parts.scheme:
        return parts.scheme.lower() in _SCHEMES
    return target.startswith("/") and not target.startswith(("//", "/\\"))
