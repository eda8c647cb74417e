"""Telegram's HTML: parsed as strictly as Telegram does, into plain text and entities."""

import re
from dataclasses import dataclass, field
from typing import Any

from simulator.errors import BadRequest

Entity = dict[str, Any]

_STYLES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_TAG = re.compile(r"<(/?)([a-zA-Z0-9-]*)((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>")
_ATTRIBUTE = re.compile(r"([a-zA-Z0-9-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+)))?")
_REFERENCE = re.compile(r"&(?:#(\d{1,8})|#[xX]([0-9a-fA-F]{1,8})|([a-z]+));?")

_DETECTED = (
    ("bot_command", re.compile(r"(?<![\w/@])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?(?![\w/])")),
    ("url", re.compile(r"(?<![\w@])(?:https?://[^\s<>]+[^\s<>.,;:!?)])")),
    ("email", re.compile(r"(?<![\w.])[\w.+-]+@[\w-]+\.[\w.-]*\w")),
    ("mention", re.compile(r"(?<![\w@])@\w{4,32}(?!\w)")),
    ("hashtag", re.compile(r"(?<![\w#])#(?=\w*[^\W\d])\w{1,255}")),
)


def utf16_length(text: str) -> int:
    """Return the length of *text* in the units entities are counted in."""
    return len(text.encode("utf-16-le")) // 2


def detect_entities(text: str) -> list[Entity]:
    """Find what Telegram marks by itself: commands, links, mail addresses, mentions, hashtags."""
    found: list[tuple[int, int, str]] = []
    for kind, pattern in _DETECTED:
        for match in pattern.finditer(text):
            if not any(start < match.end() and match.start() < end for start, end, _ in found):
                found.append((match.start(), match.end(), kind))
    return [
        {
            "type": kind,
            "offset": utf16_length(text[:start]),
            "length": utf16_length(text[start:end]),
        }
        for start, end, kind in sorted(found)
    ]


@dataclass(slots=True)
class _OpenTag:
    name: str
    offset: int
    position: int
    attributes: dict[str, str]


@dataclass(slots=True)
class _Parser:
    source: str
    position: int = 0
    text: str = ""
    open_tags: list[_OpenTag] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)

    def fail(self, message: str) -> BadRequest:
        """Return the error Telegram gives at the present place."""
        place = len(self.source[: self.position].encode())
        return BadRequest(f"can't parse entities: {message.format(place=place)}")

    def run(self) -> None:
        """Read the whole source."""
        while self.position < len(self.source):
            character = self.source[self.position]
            if character == "<":
                self._read_tag()
            elif character == "&":
                self._read_reference()
            else:
                self.text += character
                self.position += 1
        if self.open_tags:
            name = self.open_tags[-1].name
            raise self.fail(f"""Can't find end tag corresponding to start tag "{name}\"""")

    def _read_reference(self) -> None:
        match = _REFERENCE.match(self.source, self.position)
        character = _dereference(match) if match else None
        if match is None or character is None:
            self.text += "&"  # Telegram keeps what it does not know as it stands
            self.position += 1
            return
        self.text += character
        self.position = match.end()

    def _read_tag(self) -> None:
        match = _TAG.match(self.source, self.position)
        if match is None:
            if self.source.startswith("</", self.position):
                raise self.fail("Unclosed end tag at byte offset {place}")
            name = re.match(r"<([a-zA-Z0-9-]*)", self.source[self.position :])
            if name is not None and name.group(1).lower() in _STYLES:
                raise self.fail("Unclosed start tag at byte offset {place}")
            wrong = name.group(1).lower() if name else ""
            raise self.fail(f'Unsupported start tag "{wrong}" at byte offset {{place}}')
        closing, name_text, rest = match.groups()
        name_text = name_text.lower()
        if closing:
            self._close(name_text)
        else:
            self._open(name_text, rest)
        self.position = match.end()

    def _open(self, name: str, rest: str) -> None:
        if name not in _STYLES:
            raise self.fail(f'Unsupported start tag "{name}" at byte offset {{place}}')
        attributes = {
            found.group(1).lower(): found.group(2) or found.group(3) or found.group(4) or ""
            for found in _ATTRIBUTE.finditer(rest)
        }
        if name == "span" and attributes.get("class") != "tg-spoiler":
            raise self.fail('Tag "span" must have class "tg-spoiler" at byte offset {place}')
        self.open_tags.append(_OpenTag(name, len(self.text), self.position, attributes))

    def _close(self, name: str) -> None:
        if not self.open_tags:
            raise self.fail("Unexpected end tag at byte offset {place}")
        tag = self.open_tags[-1]
        if name and name != tag.name:
            raise self.fail(
                f'Unmatched end tag at byte offset {{place}}, expected "</{tag.name}>", '
                f'found "</{name}>"'
            )
        self.open_tags.pop()
        covered = self.text[tag.offset :]
        entity = _entity(tag, covered, inside=self.open_tags)
        if entity is not None:
            entity["offset"] = utf16_length(self.text[: tag.offset])
            entity["length"] = utf16_length(covered)
            self.entities.append(entity)


def _dereference(match: re.Match[str]) -> str | None:
    decimal, hexadecimal, name = match.groups()
    if name is not None:
        return _NAMED.get(name)
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else None


def _entity(tag: _OpenTag, covered: str, *, inside: list[_OpenTag]) -> Entity | None:
    if not covered:
        return None
    kind = _STYLES[tag.name]
    if tag.name == "a":
        url = tag.attributes.get("href") or covered
        # A link without a host is dropped silently, its text stays.
        return {"type": kind, "url": url} if re.match(r"(https?|tg)://", url) else None
    if tag.name == "blockquote" and "expandable" in tag.attributes:
        return {"type": "expandable_blockquote"}
    if tag.name == "tg-emoji":
        return {"type": kind, "custom_emoji_id": tag.attributes.get("emoji-id", "")}
    language = tag.attributes.get("class", "").removeprefix("language-")
    if tag.name == "code" and inside and inside[-1].name == "pre":
        inside[-1].attributes["class"] = f"language-{language}" if language else ""
        return None
    if tag.name == "pre" and language:
        return {"type": "pre", "language": language}
    return {"type": kind}


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """Return the plain text of *source* and its entities.

    Raises:
        BadRequest: "can't parse entities: …", worded as Telegram does.
    """
    parser = _Parser(source)
    parser.run()
    return trim(parser.text, parser.entities)


def trim(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Cut the white space around a text, as Telegram does, and move its entities along."""
    start = utf16_length(text) - utf16_length(text.lstrip())
    trimmed = text.strip()
    end = utf16_length(trimmed)
    moved: list[Entity] = []
    for entity in sorted(entities, key=lambda item: (item["offset"], -item["length"])):
        first = max(0, entity["offset"] - start)
        last = min(end, entity["offset"] + entity["length"] - start)
        if last > first:
            moved.append({**entity, "offset": first, "length": last - first})
    return trimmed, moved
