"""How buttons are laid out in rows."""

from collections.abc import Iterable

from desk.domain.reply import Button

Rows = tuple[tuple[Button, ...], ...]


def rows_of(buttons: Iterable[Button], per_row: int = 2) -> Rows:
    """Lay buttons out in rows."""
    flat = list(buttons)
    return tuple(tuple(flat[i : i + per_row]) for i in range(0, len(flat), per_row))
