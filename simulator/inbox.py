"""What people see of the bot's messages, and waiting until they see it."""

# Waiting reads best in a test with its limit in the call.
# ruff: noqa: ASYNC109

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol, overload

from simulator.clock import Signal
from simulator.files import MediaKind

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message or on the reply keyboard."""

    text: str
    callback_data: str | None = None
    url: str | None = None
    wants_location: bool = False
    wants_contact: bool = False

    @classmethod
    def from_wire(cls, wire: Json | str) -> "Button":
        """Read an inline or keyboard button."""
        if isinstance(wire, str):
            return cls(wire)
        return cls(
            text=wire["text"],
            callback_data=wire.get("callback_data"),
            url=wire.get("url"),
            wants_location=bool(wire.get("request_location")),
            wants_contact=bool(wire.get("request_contact")),
        )


Rows = tuple[tuple[Button, ...], ...]


def read_rows(markup: Json | None, key: str) -> Rows:
    """Return the button rows of a markup, none if it is of another kind."""
    rows = (markup or {}).get(key) or []
    return tuple(tuple(Button.from_wire(button) for button in row) for row in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxMessage:
    """One message of the bot, as it looked when it arrived or was edited."""

    message_id: int
    chat_id: int
    date: datetime
    text: str = ""
    html: str = ""
    rows: Rows = ()
    keyboard: Rows = ()
    media: MediaKind | None = None
    file_id: str | None = None
    location: tuple[float, float] | None = None
    media_group_id: str | None = None
    thread_id: int | None = None
    reply_to: int | None = None
    is_edited: bool = False
    wire: Json = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_wire(
        cls, wire: Json, *, source: str | None, keyboard: Json | None, is_edited: bool
    ) -> "InboxMessage":
        """Read a `Message` object; *source* is the text as the bot wrote it, tags included."""
        text: str = wire.get("text") or wire.get("caption") or ""
        media = next((kind for kind in MediaKind if kind.value in wire), None)
        held = wire[media.value] if media else None
        place = wire.get("location")
        quoted = wire.get("reply_to_message", {}).get("message_id")
        thread_id = wire.get("message_thread_id")
        return cls(
            message_id=wire["message_id"],
            chat_id=wire["chat"]["id"],
            date=datetime.fromtimestamp(wire["date"], UTC),
            text=text,
            html=text if source is None else source,
            rows=read_rows(wire.get("reply_markup"), "inline_keyboard"),
            keyboard=read_rows(keyboard, "keyboard"),
            media=media,
            file_id=(held[-1] if isinstance(held, list) else held)["file_id"] if held else None,
            location=(place["latitude"], place["longitude"]) if place else None,
            media_group_id=wire.get("media_group_id"),
            thread_id=thread_id,
            reply_to=None if quoted == thread_id else quoted,
            is_edited=is_edited,
            wire=dict(wire),
        )

    @property
    def buttons(self) -> tuple[Button, ...]:
        """Return the inline buttons, row after row."""
        return tuple(button for row in self.rows for button in row)

    @property
    def button_texts(self) -> list[str]:
        """Return the labels of the inline buttons."""
        return [button.text for button in self.buttons]

    @property
    def keyboard_texts(self) -> list[str]:
        """Return the labels of the reply keyboard."""
        return [button.text for row in self.keyboard for button in row]

    def __str__(self) -> str:
        """Describe the message in one line, for failure reports."""
        labels = " ".join(f"[{label}]" for label in self.button_texts + self.keyboard_texts)
        kind = f"<{self.media}> " if self.media else ""
        place = f" in topic {self.thread_id}" if self.thread_id else ""
        edited = " (edited)" if self.is_edited else ""
        return f"#{self.message_id}{place}{edited}: {kind}{self.text!r} {labels}".rstrip()


Wanted = str | Callable[[InboxMessage], bool]


class ArrivalFeed(Protocol):
    """A chat in which messages of the bot arrive."""

    @property
    def id(self) -> int:
        """Return the id of the chat."""

    @property
    def arrivals(self) -> list[InboxMessage]:
        """Return all that arrived, edits included, in order."""

    @property
    def changed(self) -> Signal:
        """Return what wakes when something arrives."""


def matches(message: InboxMessage, wanted: Wanted) -> bool:
    """Return whether a message has the wanted text (case ignored) or meets the predicate."""
    if callable(wanted):
        return wanted(message)
    return wanted.casefold() in message.text.casefold()


class Mailbox:
    """One reader's place in a chat: everything after it is unread.

    A wait looks at unread arrivals only and moves the place behind what it found, so the same
    answer never satisfies two waits.
    """

    def __init__(self, feed: ArrivalFeed) -> None:
        """Begin with everything unread."""
        self._feed = feed
        self._read = 0

    def unread(self, *, thread: int | None = None) -> list[InboxMessage]:
        """Return what arrived behind the reader's place."""
        return [m for m in self._feed.arrivals[self._read :] if thread in (None, m.thread_id)]

    def mark_read(self) -> None:
        """Move the place to the end."""
        self._read = len(self._feed.arrivals)

    @overload
    async def wait_for(
        self, wanted: int, *, timeout: float = 5.0, thread: int | None = None
    ) -> list[InboxMessage]: ...

    @overload
    async def wait_for(
        self, wanted: Wanted, *, timeout: float = 5.0, thread: int | None = None
    ) -> InboxMessage: ...

    async def wait_for(
        self,
        wanted: Wanted | int,
        *,
        timeout: float = 5.0,
        thread: int | None = None,
    ) -> InboxMessage | list[InboxMessage]:
        """Wait for a text, a predicate, or a number of messages.

        Raises:
            AssertionError: It did not come in time; lists what did.
        """
        deadline = time.monotonic() + timeout
        while True:
            found = self._look_for(wanted, thread)
            if found is not None:
                return found
            left = deadline - time.monotonic()
            if left <= 0:
                raise AssertionError(self._complaint(wanted, timeout, thread))
            await self._feed.changed.wait(left)

    async def expect_silence(self, seconds: float, *, thread: int | None = None) -> None:
        """Wait *seconds* and fail if anything unread is there by then."""
        await asyncio.sleep(seconds)
        arrived = self.unread(thread=thread)
        if arrived:
            raise AssertionError(f"expected silence, but arrived:\n{_list(arrived)}")

    def _look_for(
        self, wanted: Wanted | int, thread: int | None
    ) -> InboxMessage | list[InboxMessage] | None:
        found: list[InboxMessage] = []
        for position in range(self._read, len(self._feed.arrivals)):
            message = self._feed.arrivals[position]
            if thread not in (None, message.thread_id):
                continue
            found.append(message)
            if isinstance(wanted, int):
                if len(found) < wanted:
                    continue
                self._read = position + 1
                return found
            if matches(message, wanted):
                self._read = position + 1
                return message
        return None

    def _complaint(self, wanted: Wanted | int, seconds: float, thread: int | None) -> str:
        what = {int: f"{wanted} messages", str: f"a message with {wanted!r}"}.get(
            type(wanted), "a message that meets the predicate"
        )
        where = f"chat {self._feed.id}" + (f", topic {thread}" if thread else "")
        earlier = self._feed.arrivals[: self._read][-5:]
        return (
            f"{what} did not arrive in {where} within {seconds:g} s\n"
            f"unread:\n{_list(self.unread())}\nlast read before:\n{_list(earlier)}"
        )


def _list(messages: Sequence[InboxMessage]) -> str:
    return "\n".join(f"  {message}" for message in messages) or "  (nothing)"
