"""Counts how often somebody does something, and says how long to wait for the next time."""

import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: Whoever was quiet longest is forgotten first when so many are known.
MAX_KEYS = 20_000


class Allowance:
    """So many times within so many seconds, per key."""

    def __init__(
        self, times: int, seconds: float, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Start with nothing used."""
        self._times = times
        self._seconds = seconds
        self._clock = clock
        self._used: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, key: str) -> float:
        """Return the seconds until *key* may go on, 0 when it may now."""
        used = self._used.get(key)
        if used is None:
            return 0.0
        self._forget_old(used)
        if len(used) < self._times:
            return 0.0
        return max(0.0, used[0] + self._seconds - self._clock())

    def note(self, key: str) -> None:
        """Count one time."""
        used = self._used.setdefault(key, deque(maxlen=self._times))
        used.append(self._clock())
        self._used.move_to_end(key)
        while len(self._used) > MAX_KEYS:
            self._used.popitem(last=False)

    def take(self, key: str) -> float:
        """Count one time if it is allowed and return 0, else the seconds to wait."""
        wait = self.wait(key)
        if wait == 0.0:
            self.note(key)
        return wait

    def _forget_old(self, used: deque[float]) -> None:
        oldest = self._clock() - self._seconds
        while used and used[0] <= oldest:
            used.popleft()


class Places:
    """How many things one visitor, and all at one network address, may hold open at once."""

    def __init__(self, *, own: int, of_address: int) -> None:
        """Start with all places free."""
        self._own = own
        self._of_address = of_address
        self._taken: Counter[str] = Counter()

    @contextmanager
    def place(self, visitor: str, address: str) -> Iterator[bool]:
        """Hold a place; False when none is free."""
        if self._taken[visitor] >= self._own or self._taken[address] >= self._of_address:
            yield False
            return
        self._taken.update((visitor, address))
        try:
            yield True
        finally:
            self._taken.subtract((visitor, address))
            for key in (visitor, address):
                if not self._taken[key]:
                    del self._taken[key]
