"""What citizens type, cleaned: no invisible characters, no leading slash, our commands known."""

import re
import unicodedata

MAX_TEXT = 10_000
MAX_NAME = 60
MAX_ARGUMENT = 1_000

#: The commands the desk answers, and other names they go by.
COMMANDS = ("start", "bantuan", "lacak", "batal", "lapor", "petugas", "datasaya", "hapusdata")
_ALIASES = {"help": "bantuan"}

_COMMAND = re.compile(
    r"/(?P<name>\w{1,64})(?:@(?P<bot>\w{1,64}))?(?:\s+(?P<argument>.*))?", re.DOTALL
)
_LEADING_SLASHES = re.compile(r"[\s/\u2044\u2215\uff0f]+")
_LINE_BREAKS = re.compile(r"\r\n?|[\u2028\u2029\x0b\x0c\x85]")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs"})


def clean_text(text: str, *, longest: int = MAX_TEXT) -> str:
    """Return *text* without control and zero-width characters, at most *longest* long."""
    lines = _LINE_BREAKS.sub("\n", text[: 4 * longest]).replace("\t", " ")
    visible = (
        char for char in lines if char == "\n" or unicodedata.category(char) not in _INVISIBLE
    )
    return "".join(visible).strip()[:longest].rstrip()


def clean_line(text: str, *, longest: int) -> str:
    """Return *text* cleaned and on one line, for names and labels."""
    return " ".join(clean_text(text, longest=4 * longest).split())[:longest].rstrip()


def without_slash(text: str) -> str:
    """Return *text* without leading slashes of any script: Rasa would take them for commands."""
    found = _LEADING_SLASHES.match(text)
    return text[found.end() :] if found else text


def command_in(text: str) -> tuple[str, str] | None:
    """Return a command of ours and its argument; None when the cleaned *text* is none."""
    found = _COMMAND.fullmatch(text)
    if found is None:
        return None
    name = _known_as(found["name"])
    if name not in COMMANDS:
        return None
    argument = without_slash((found["argument"] or "").strip())
    return name, argument[:MAX_ARGUMENT]


def officer_command_in(text: str) -> tuple[str, str, str | None] | None:
    """Return an officer's command, its argument, and the bot it is addressed to, if it says one.

    Any name counts: whoever mistypes a command is told so, and it is never sent to a citizen.
    """
    found = _COMMAND.fullmatch(text)
    if found is None:
        return None
    return _known_as(found["name"]), (found["argument"] or "").strip(), found["bot"]


def _known_as(name: str) -> str:
    name = name.lower()
    return _ALIASES.get(name, name)
