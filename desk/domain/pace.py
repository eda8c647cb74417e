"""How fast messages may leave: per chat, per group and in all, as Telegram allows."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Limit:
    """At most *count* messages within *window*."""

    count: int
    window: timedelta


@dataclass
class _Bucket:
    limit: Limit
    times: deque[datetime] = field(default_factory=deque)

    def wait(self, now: datetime) -> float:
        """Return the seconds until one more is allowed, 0 or less when it is now."""
        while self.times and now - self.times[0] >= self.limit.window:
            self.times.popleft()
        if len(self.times) < self.limit.count:
            return 0.0
        return (self.times[0] + self.limit.window - now).total_seconds()


@dataclass
class Pace:
    """Counts what left, so that the next message can be held back just long enough.

    A group's address begins with "-", as Telegram writes it.
    """

    per_chat: Limit = Limit(1, timedelta(seconds=1))
    per_group: Limit = Limit(20, timedelta(minutes=1))
    overall: Limit = Limit(30, timedelta(seconds=1))
    _all: _Bucket = field(init=False)
    _chats: dict[str, _Bucket] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Begin with nothing sent."""
        self._all = _Bucket(self.overall)

    def wait(self, address: str, now: datetime) -> float:
        """Return the seconds until a message to *address* may leave, 0 or less when it is now."""
        chat = self._chats.get(address)
        return max(self._all.wait(now), chat.wait(now) if chat else 0.0)

    def note(self, address: str, now: datetime) -> None:
        """Count a message to *address* that leaves now."""
        limit = self.per_group if address.startswith("-") else self.per_chat
        self._chats.setdefault(address, _Bucket(limit)).times.append(now)
        self._all.times.append(now)
        if len(self._chats) > 10_000:
            self._forget_quiet(now)

    def _forget_quiet(self, now: datetime) -> None:
        quiet = [
            address
            for address, bucket in self._chats.items()
            if not bucket.times or now - bucket.times[-1] >= bucket.limit.window
        ]
        for address in quiet:
            del self._chats[address]
