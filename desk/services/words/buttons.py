"""How buttons are laid out in rows."""

from collections.abc import Iterable

from desk.domain.reply import Button

Rows = tuple[tuple[Button, ...], ...]


def rows_of(buttons: Iterable[Button], per_row: int = 2) -> Rows:
    """Lay buttons out in rows."""
    flat = list(buttons)
    return tuple(tuple(flat[i : i + per_row]) for i in range(0, len(flat), per_row))


#: The intent of every button that officers press; `bidang` in its data says what it does.
OFFICER_BUTTON = "petugas"


def button(label: str, what: str, **data: str) -> Button:
    """Return a button for officers; pressing it calls the handler of *what*."""
    return Button(label, OFFICER_BUTTON, {"bidang": what, **data})
