"""Steps that several end-to-end tests share: a citizen who files a complaint."""

import sqlite3
from pathlib import Path

from simulator.inbox import InboxMessage
from simulator.people import Person

COMPLAINT = "lampu jalan di Karema mati sudah 3 hari, gelap sekali kalau malam"


async def any_message(citizen: Person, *, seconds: float = 10) -> InboxMessage:
    """Wait for the next message, whatever it says."""
    message = await citizen.wait_for(lambda _: True, timeout=seconds)
    assert isinstance(message, InboxMessage)
    return message


async def file_complaint(citizen: Person, text: str = COMPLAINT) -> str:
    """Walk through a complaint and return the ticket's number."""
    await citizen.send_text(text)
    await walk_to_summary(citizen)
    await citizen.press("Kirim")
    receipt = await citizen.wait_for("Nomor:", timeout=10)
    return number_in(receipt.text)


async def walk_to_summary(citizen: Person) -> None:
    """Answer whatever is asked until the summary stands there."""
    presses = ("Saya setuju", "Tanpa foto", "Terbuka")
    while True:
        message = await any_message(citizen, seconds=10)
        if "Kirim" in message.button_texts:
            return
        await citizen.press(next(label for label in presses if label in message.button_texts))


def number_in(text: str) -> str:
    """Return the first ticket number in a text."""
    return next(word for word in text.split() if word.startswith("MJU-"))


def rows(folder: Path, query: str) -> list[tuple[object, ...]]:
    """Read the gateway's database from outside."""
    with sqlite3.connect(f"file:{folder / 'sapa.db'}?mode=ro", uri=True) as database:
        return database.execute(query).fetchall()
