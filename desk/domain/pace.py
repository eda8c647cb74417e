"""How often something may happen, and how fast messages may leave: as Telegram allows."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from desk.domain.conversation import is_group


@dataclass(frozen=True)
class Limit:
    """At most *count* times within *window*."""

    count: int
    window: timedelta


@dataclass
class Window:
    """What happened lately, so that it never happens more often than a limit allows."""

    limit: Limit
    times: deque[datetime] = field(default_factory=deque)

    def note(self, now: datetime) -> None:
        """Count one time."""
        self._forget_old(now)
        self.times.append(now)

    def wait(self, now: datetime, weight: int = 1) -> float:
        """Return the seconds until *weight* more are allowed, 0 or less when it is now.

        What weighs more than the whole limit waits until nothing else counts.
        """
        self._forget_old(now)
        surplus = len(self.times) + min(weight, self.limit.count) - self.limit.count
        if surplus <= 0:
            return 0.0
        return (self.times[surplus - 1] + self.limit.window - now).total_seconds()

    def is_quiet(self, now: datetime) -> bool:
        """Tell whether nothing counts any more."""
        self._forget_old(now)
        return not self.times

    def _forget_old(self, now: datetime) -> None:
        while self.times and now - self.times[0] >= self.limit.window:
            self.times.popleft()


@dataclass
class Pace:
    """Counts what left, so that the next message can be held back just long enough.

    A group's address begins with "-", as Telegram writes it. Telegram counts whatever shows in
    a group: edits and the making and closing of topics as well.
    """

    per_chat: Limit = Limit(1, timedelta(seconds=1))
    per_group: Limit = Limit(20, timedelta(minutes=1))
    overall: Limit = Limit(30, timedelta(seconds=1))
    _all: Window = field(init=False)
    _chats: dict[str, tuple[Window, ...]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Begin with nothing sent."""
        self._all = Window(self.overall)

    def wait(self, address: str, now: datetime, weight: int = 1) -> float:
        """Return the seconds until a message to *address* may leave, 0 or less when it is now.

        *weight* is the number of calls that it takes.
        """
        windows = (self._all, *self._chats.get(address, ()))
        return max(window.wait(now, weight) for window in windows)

    def wait_for_any(self, now: datetime) -> float:
        """Return the seconds until any message may leave, 0 or less when one may now."""
        return self._all.wait(now)

    def note(self, address: str, now: datetime) -> None:
        """Count a call to *address* that leaves now."""
        windows = self._chats.get(address) or self._begin(address, now)
        for window in (self._all, *windows):
            window.note(now)

    def _begin(self, address: str, now: datetime) -> tuple[Window, ...]:
        if len(self._chats) >= 10_000:
            self._forget_quiet(now)
        limits = (self.per_chat, self.per_group) if is_group(address) else (self.per_chat,)
        self._chats[address] = tuple(Window(limit) for limit in limits)
        return self._chats[address]

    def _forget_quiet(self, now: datetime) -> None:
        self._chats = {
            address: windows
            for address, windows in self._chats.items()
            if not all(window.is_quiet(now) for window in windows)
        }
