"""What the desk says back: text with buttons, independent of any channel."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from desk.domain.presses.codec import Press, press_to_json, read_press


@dataclass(frozen=True)
class Button:
    """A choice that is offered; *press* is what pressing it means.

    The channel only ever carries a short random token; the meaning stays in the database. None:
    it was stored by another version, and cannot be read any more.
    """

    label: str
    press: Press | None

    def to_json(self) -> dict[str, Any]:
        """Return the button as plain JSON values."""
        return {"label": self.label, "press": self.press and press_to_json(self.press)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read back what `to_json` wrote."""
        return cls(label=value["label"], press=read_press(value.get("press")))


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
