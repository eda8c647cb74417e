"""What the bot says about itself: commands, descriptions, menu button."""

from dataclasses import dataclass, field
from typing import Any

Scope = tuple[str, int | None, int | None]


@dataclass(slots=True)
class Profile:
    """Commands by scope and language, texts by language."""

    commands: dict[tuple[Scope, str], list[dict[str, Any]]] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    short_descriptions: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    menu_button: dict[str, Any] = field(default_factory=lambda: {"type": "commands"})
