"""How buttons are laid out in rows."""

from collections.abc import Iterable

from desk.domain.presses.citizens import ListServices, Means
from desk.domain.reply import Button
from desk.services.tools import Tools

Rows = tuple[tuple[Button, ...], ...]


def rows_of(buttons: Iterable[Button], per_row: int = 2) -> Rows:
    """Lay buttons out in rows."""
    flat = list(buttons)
    return tuple(tuple(flat[i : i + per_row]) for i in range(0, len(flat), per_row))


def menu(tools: Tools) -> Rows:
    """Return the buttons that lead into everything the desk does."""
    say = tools.say
    return (
        (
            Button(say("tombol.tanya_layanan"), press=Means("tanya_prosedur")),
            Button(say("tombol.lapor"), press=Means("lapor_aduan")),
        ),
        (
            Button(say("tombol.cek_aduan"), press=Means("cek_status_aduan")),
            Button(say("tombol.usul"), press=Means("sampaikan_aspirasi")),
        ),
        (Button(say("tombol.petugas"), press=Means("minta_petugas")),),
    )


def menu_without_words(tools: Tools) -> Rows:
    """Return the buttons that lead into all that works without Rasa."""
    say = tools.say
    return (
        (
            Button(say("tombol.lapor"), press=Means("lapor_aduan")),
            Button(say("tombol.cek_aduan"), press=Means("cek_status_aduan")),
        ),
        (
            Button(say("tombol.layanan"), press=ListServices()),
            Button(say("tombol.petugas"), press=Means("minta_petugas")),
        ),
    )
