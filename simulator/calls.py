"""Everything that happened: the bot's API calls, and the timeline with people's acts in it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from simulator.clock import Clock


@dataclass(slots=True, kw_only=True)
class ApiCall:
    """One request of the bot; files appear as name and size only."""

    method: str
    at: datetime
    params: dict[str, Any] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)
    chat_id: int | str | None = None
    status: int | None = None
    description: str = ""
    fault: str | None = None

    @property
    def ok(self) -> bool:
        """Return whether the client got a success."""
        return self.status == 200 and self.fault is None


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the timeline."""

    at: datetime
    who: str
    what: str
    chat_id: int | str | None = None
    detail: str = ""

    def __str__(self) -> str:
        """Describe the event in one line."""
        place = f" in {self.chat_id}" if self.chat_id is not None else ""
        return f"{self.at:%H:%M:%S.%f} {self.who} {self.what}{place} {self.detail}".rstrip()


class CallLog:
    """The calls in order, and the timeline."""

    def __init__(self, clock: Clock) -> None:
        """Begin empty."""
        self._clock = clock
        self._calls: list[ApiCall] = []
        self.timeline: list[Event] = []

    def __iter__(self) -> Iterator[ApiCall]:
        """Iterate over all calls, oldest first."""
        return iter(self._calls)

    def __len__(self) -> int:
        """Return the number of calls."""
        return len(self._calls)

    def of(
        self, method: str, *, chat_id: int | str | None = None, ok: bool | None = None
    ) -> list[ApiCall]:
        """Return the calls of one method, of one chat or one outcome if asked."""
        return [
            call
            for call in self._calls
            if call.method.lower() == method.lower()
            and chat_id in (None, call.chat_id)
            and ok in (None, call.ok)
        ]

    def clear(self) -> None:
        """Forget the calls and the timeline."""
        self._calls.clear()
        self.timeline.clear()

    def add(self, call: ApiCall) -> None:
        """Record a call that has just been answered."""
        self._calls.append(call)
        outcome = call.fault or (f"{call.status} {call.description}" if call.status != 200 else "")
        self.note("bot", call.method, chat_id=call.chat_id, detail=outcome)

    def note(
        self, who: str, what: str, *, chat_id: int | str | None = None, detail: str = ""
    ) -> None:
        """Add a line to the timeline."""
        self.timeline.append(Event(self._clock.now(), who, what, chat_id, detail))
