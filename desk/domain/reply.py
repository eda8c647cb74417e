"""What the desk says back: text with buttons, independent of any channel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from desk.domain.presses.codec import Press, press_to_json, read_press


@dataclass(frozen=True)
class Button:
    """A choice offered to the citizen; pressing it means *intent* with *data*.

    The channel only ever carries a short random token; what it means stays in the database.
    """

    label: str
    intent: str = ""
    data: Mapping[str, str] = field(default_factory=dict)
    press: Press | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the button as plain JSON values."""
        value: dict[str, Any] = {"label": self.label}
        if self.press is not None:
            return {**value, "press": press_to_json(self.press)}
        return {**value, "intent": self.intent, "data": dict(self.data)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read back what `to_json` wrote."""
        return cls(
            label=value["label"],
            intent=value.get("intent", ""),
            data=dict(value.get("data", {})),
            press=read_press(value.get("press")),
        )


@dataclass(frozen=True)
class Reply:
    """One message to the citizen.

    *text* is HTML in Telegram's small subset (b, i, u, code, a), already escaped. *stands*: it
    tells what has been done, and is sent even when an officer has come since.
    """

    text: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    ask_location: bool = False
    stands: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the reply as plain JSON values."""
        return {
            "text": self.text,
            "buttons": [[button.to_json() for button in row] for row in self.buttons],
            "ask_location": self.ask_location,
            "stands": self.stands,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read back what `to_json` wrote."""
        return cls(
            text=value["text"],
            buttons=tuple(
                tuple(Button.from_json(button) for button in row)
                for row in value.get("buttons", ())
            ),
            ask_location=bool(value.get("ask_location", False)),
            stands=bool(value.get("stands", False)),
        )
