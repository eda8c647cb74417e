"""Counts how often somebody does something, and says how long to wait for the next time."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from desk.domain.pace import Limit, Window
from desk.services.tools import utc_now

#: Whoever was quiet longest is forgotten first when so many are known.
MAX_KEYS = 20_000


class Allowance:
    """So many times within so many seconds, per key."""

    def __init__(
        self, times: int, seconds: float, *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        """Start with nothing used."""
        self._limit = Limit(times, timedelta(seconds=seconds))
        self._clock = clock
        self._used: OrderedDict[str, Window] = OrderedDict()

    def wait(self, key: str) -> float:
        """Return the seconds until *key* may go on, 0 when it may now."""
        used = self._used.get(key)
        return 0.0 if used is None else used.wait(self._clock())

    def note(self, key: str) -> None:
        """Count one time."""
        self._used.setdefault(key, Window(self._limit)).note(self._clock())
        self._used.move_to_end(key)
        while len(self._used) > MAX_KEYS:
            self._used.popitem(last=False)

    def take(self, key: str) -> float:
        """Count one time if it is allowed and return 0, else the seconds to wait."""
        wait = self.wait(key)
        if wait == 0.0:
            self.note(key)
        return wait


def take_both(own: Allowance, visitor: str, of_address: Allowance, address: str) -> float:
    """Count one time for a visitor and their network if both may; else return how long to wait."""
    wait = max(own.wait(visitor), of_address.wait(address))
    if wait <= 0:
        own.note(visitor)
        of_address.note(address)
    return wait


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
