"""Flood control: who has to wait, and for how long."""

import math
from collections import deque
from dataclasses import dataclass, field

from simulator.clock import Clock
from simulator.limits import Limits

GROUP_WINDOW_SECONDS = 60.0


@dataclass(slots=True)
class _Bucket:
    """A token bucket that starts full."""

    tokens: float
    updated: float

    def wait(self, *, now: float, cost: int, rate: float, size: float) -> float:
        """Return the seconds until *cost* tokens are there; 0.0 means now."""
        self.tokens = min(size, self.tokens + (now - self.updated) * rate)
        self.updated = now
        # An album larger than the whole bucket must still pass a full one.
        missing = min(cost, size) - self.tokens
        return max(0.0, missing / rate)


@dataclass(slots=True)
class _Group:
    """What was sent to one group in the last minute."""

    sent: deque[float] = field(default_factory=deque)

    def wait(self, *, now: float, cost: int, allowed: int) -> float:
        """Return the seconds until the group takes *cost* more."""
        while self.sent and self.sent[0] <= now - GROUP_WINDOW_SECONDS:
            self.sent.popleft()
        surplus = len(self.sent) + min(cost, allowed) - allowed
        return 0.0 if surplus <= 0 else self.sent[surplus - 1] + GROUP_WINDOW_SECONDS - now


class RateLimiter:
    """Counts what the bot sends, by chat and overall."""

    def __init__(self, clock: Clock) -> None:
        """Begin with nothing sent."""
        self._clock = clock
        self._chats: dict[int, _Bucket] = {}
        self._groups: dict[int, _Group] = {}
        self._overall: _Bucket | None = None

    def seconds_to_wait(self, limits: Limits, chat_id: int, *, cost: int = 1) -> int:
        """Count *cost* messages to a chat and return 0, or count nothing and return the wait."""
        if not limits.rates:
            return 0
        now = self._clock.seconds()
        chat = self._chats.setdefault(chat_id, _Bucket(limits.chat_burst, now))
        overall = self._overall or _Bucket(limits.overall_per_second, now)
        self._overall = overall
        waits = [
            chat.wait(now=now, cost=cost, rate=limits.chat_per_second, size=limits.chat_burst),
            overall.wait(
                now=now,
                cost=cost,
                rate=limits.overall_per_second,
                size=limits.overall_per_second,
            ),
        ]
        group = self._groups.setdefault(chat_id, _Group()) if chat_id < 0 else None
        if group is not None:
            waits.append(group.wait(now=now, cost=cost, allowed=limits.group_per_minute))
        if max(waits) > 0:
            return math.ceil(max(waits))
        chat.tokens -= cost
        overall.tokens -= cost
        if group is not None:
            group.sent.extend([now] * cost)
        return 0
