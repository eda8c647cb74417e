"""Telegram's HTML, cut into parts that Telegram takes, each with balanced tags."""

import html
import re
from dataclasses import dataclass, field

#: Telegram counts after its tags are read. We count in UTF-16 units, never fewer than it does.
MESSAGE_LIMIT = 4096
CAPTION_LIMIT = 1024

_TOKEN = re.compile(
    r"<(?P<closing>/?)(?P<name>[a-z][a-z-]*)(?P<attributes>(?:\s+[a-z-]+(?:=\"[^\"<>]*\")?)*)\s*>"
    r"|(?P<reference>&(?:lt|gt|amp|quot|#\d{1,7}|#x[0-9a-f]{1,6});)"
    r"|(?P<character>.)",
    re.IGNORECASE | re.DOTALL,
)
_STYLES = "b|strong|i|em|u|ins|s|strike|del|code|pre|a|blockquote|tg-spoiler|tg-emoji"
_TAGS = frozenset(_STYLES.split("|"))
_UNSENDABLE = re.compile("[\x00\ud800-\udfff]")
_JOINERS = "\u200d\ufe0f\u20e3"

#: Where to cut, best first; a border too early in a part would waste most of it.
_BORDERS = (
    (re.compile(r"\n\s*\n"), 1 / 3),
    (re.compile(r"\n"), 1 / 3),
    (re.compile(r"(?<=[.!?…])\s"), 1 / 3),
    (re.compile(r"\s"), 0.0),
)


@dataclass(frozen=True, eq=False)
class _Tag:
    """An opening tag; equal to itself only, so that neighbours are not taken for one."""

    name: str
    source: str


@dataclass
class _Text:
    """Visible characters, and for each the tags that are open around it."""

    plain: str
    tags: list[tuple[_Tag, ...]]
    widths: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.widths = [2 if ord(char) > 0xFFFF else 1 for char in self.plain]


def _read(source: str) -> _Text:
    """Read HTML leniently: what Telegram would not know as a tag is text."""
    plain: list[str] = []
    tags: list[tuple[_Tag, ...]] = []
    stack: tuple[_Tag, ...] = ()
    for token in _TOKEN.finditer(_UNSENDABLE.sub("", source)):
        name = (token["name"] or "").lower()
        if name in _TAGS:
            stack = _close(stack, name) if token["closing"] else (*stack, _Tag(name, token[0]))
            continue
        shown = _dereference(token["reference"]) if token["reference"] else token[0]
        plain.append(shown)
        tags.extend([stack] * len(shown))
    return _Text("".join(plain), tags)


def _close(stack: tuple[_Tag, ...], name: str) -> tuple[_Tag, ...]:
    for depth in range(len(stack) - 1, -1, -1):
        if stack[depth].name == name:
            return stack[:depth]
    return stack


def _dereference(reference: str) -> str:
    """Return the character meant; Telegram shows references to no character as they stand."""
    shown = html.unescape(reference)
    return reference if not shown or _UNSENDABLE.search(shown) else shown


def _write(text: _Text, start: int, end: int) -> str:
    """Write a stretch of text as HTML; tags open and close only around what is visible."""
    written: list[str] = []
    opened: tuple[_Tag, ...] = ()
    for index in range(start, end):
        wanted = text.tags[index]
        if wanted != opened:
            written.append(_change(opened, wanted))
            opened = wanted
        written.append(html.escape(text.plain[index], quote=False))
    written.append(_change(opened, ()))
    return "".join(written)


def _change(opened: tuple[_Tag, ...], wanted: tuple[_Tag, ...]) -> str:
    same = 0
    while same < min(len(opened), len(wanted)) and opened[same] is wanted[same]:
        same += 1
    closing = [f"</{tag.name}>" for tag in reversed(opened[same:])]
    return "".join([*closing, *(tag.source for tag in wanted[same:])])


def split_html(source: str, *, limit: int = MESSAGE_LIMIT) -> list[str]:
    """Return *source* in parts of at most *limit* visible characters, none of them blank.

    Cuts between paragraphs if possible, else between lines, sentences, words; only a word
    longer than a part is broken. Wrong HTML comes out as text.
    """
    text = _read(source)
    parts: list[str] = []
    start = _skip_blanks(text.plain, 0)
    while start < len(text.plain):
        end = _cut(text, start, limit)
        filled = len(text.plain[start:end].rstrip())
        parts.append(_write(text, start, start + filled))
        start = _skip_blanks(text.plain, end)
    return parts


def _skip_blanks(plain: str, index: int) -> int:
    while index < len(plain) and plain[index].isspace():
        index += 1
    return index


def _cut(text: _Text, start: int, limit: int) -> int:
    end, width = start, 0
    while end < len(text.plain) and width + text.widths[end] <= limit:
        width += text.widths[end]
        end += 1
    if end == len(text.plain):
        return end
    # One character more: a border right behind the limit is as good as one before it.
    window = text.plain[start : end + 1]
    for border, least in _BORDERS:
        found = [m.start() for m in border.finditer(window) if m.start() > least * len(window)]
        if found:
            return start + found[-1]
    return _within_word(text.plain, start, end)


def _within_word(plain: str, start: int, end: int) -> int:
    """Step back so that no emoji is torn from what is joined to it."""
    cut = end
    while (
        cut > start + 1
        and end - cut < 20
        and (plain[cut] in _JOINERS or plain[cut - 1] == "\u200d")
    ):
        cut -= 1
    return cut


def visible_length(source: str) -> int:
    """Return how long Telegram's readers see *source*, in UTF-16 units."""
    return sum(_read(source).widths)


_LINK = re.compile(r'<a\s+href="([^"]*)"\s*>(.*?)</a\s*>', re.IGNORECASE | re.DOTALL)


def to_plain(source: str) -> str:
    """Return *source* without tags, links spelled out behind their words if there is room."""
    spelled = _LINK.sub(r"\2 (\1)", source)
    plain = _read(spelled).plain
    return plain if len(plain) <= MESSAGE_LIMIT else _read(source).plain
