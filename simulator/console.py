"""Talking to the bot from a terminal as one simulated person."""

import asyncio
import sys
from collections.abc import AsyncIterator

from simulator.authoring import NotPossible
from simulator.inbox import InboxMessage
from simulator.people import Person

HELP = """Type a message and press Enter. Lines that begin with a colon do more:
  :start [payload]      press START
  :press LABEL          press a button
  :location LAT LON     send a place
  :photo FILE           send a picture
  :block  :unblock      block the bot, or let it write again
  :help                 show this"""


async def _lines() -> AsyncIterator[str]:
    while line := await asyncio.to_thread(sys.stdin.readline):
        yield line.strip()


def show(message: InboxMessage) -> str:
    """Return a bot's message as the terminal shows it."""
    buttons = [" ".join(f"[{button.text}]" for button in row) for row in message.rows]
    keyboard = [" ".join(f"({button.text})" for button in row) for row in message.keyboard]
    head = f"<{message.media}> " if message.media else ""
    return "\n".join([f"\nbot: {head}{message.text}", *buttons, *keyboard])


async def print_arrivals(person: Person) -> None:
    """Print what the bot sends, as it comes."""
    while True:
        message = await person.wait_for(lambda _: True, timeout=float("inf"))
        sys.stdout.write(f"{show(message)}\n")
        sys.stdout.flush()


async def obey(person: Person, line: str) -> str:
    """Carry out one typed line and return what to print."""
    command, _, rest = line.partition(" ")
    match command:
        case ":start":
            await person.start(rest)
        case ":press":
            await person.press(rest, location=(-2.6786, 118.8933))
        case ":location":
            latitude, longitude = rest.split()
            await person.send_location(float(latitude), float(longitude))
        case ":photo":
            await person.send_photo(await asyncio.to_thread(_read, rest))
        case ":block":
            await person.block()
        case ":unblock":
            await person.unblock()
        case _ if command.startswith(":"):
            return HELP
        case _ if line:
            await person.send_text(line)
    return ""


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


async def talk(person: Person) -> None:
    """Read lines until the input ends."""
    printer = asyncio.create_task(print_arrivals(person))
    try:
        async for line in _lines():
            try:
                answer = await obey(person, line)
            except (AssertionError, NotPossible, ValueError, OSError) as error:
                answer = str(error)
            if answer:
                sys.stdout.write(f"{answer}\n")
                sys.stdout.flush()
    finally:
        printer.cancel()
