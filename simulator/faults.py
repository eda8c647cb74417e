"""Faults that tests order: the next calls fail, hang or lose their connection."""

from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    """What goes wrong; ``*_after`` means the call took effect before it went wrong."""

    FLOOD = "flood"  #: 429 with ``retry_after``
    FORBIDDEN = "forbidden"  #: 403
    BAD_REQUEST = "bad_request"  #: 400
    SERVER_ERROR = "server_error"  #: 500
    BAD_GATEWAY = "bad_gateway"  #: 502 with an HTML page, as Telegram's front servers send
    BAD_GATEWAY_AFTER = "bad_gateway_after"
    HANG_BEFORE = "hang_before"  #: no answer for `hang_seconds`, then a closed connection
    HANG_AFTER = "hang_after"
    DROP_BEFORE = "drop_before"  #: the connection breaks
    DROP_AFTER = "drop_after"

    @property
    def takes_effect(self) -> bool:
        """Return whether the call is carried out although the client sees a failure."""
        return self.value.endswith("_after")


@dataclass(slots=True, kw_only=True)
class Fault:
    """One order: what goes wrong, for which calls, how often."""

    kind: FaultKind
    times: int | None = 1
    method: str | None = None
    chat_id: int | None = None
    retry_after: int = 1
    description: str = "fault ordered by the test"
    hang_seconds: float = 60.0
    hits: int = 0

    @property
    def is_spent(self) -> bool:
        """Return whether all ordered times have happened."""
        return self.times is not None and self.hits >= self.times

    def matches(self, method: str, chat_id: int | None) -> bool:
        """Return whether a call falls under this order.

        An order without a method leaves getUpdates alone: a polling bot would use it up at once.
        """
        if self.is_spent or (self.chat_id is not None and self.chat_id != chat_id):
            return False
        if self.method is None:
            return method != "getUpdates"
        return self.method.lower() == method.lower()


class FaultPlan:
    """All standing orders, and the delay put before every call."""

    def __init__(self) -> None:
        """Begin without faults."""
        self.orders: list[Fault] = []
        self.latency: float = 0.0

    def add(
        self,
        kind: FaultKind | str,
        *,
        times: int | None = 1,
        method: str | None = None,
        chat_id: int | None = None,
        retry_after: int = 1,
        description: str = "fault ordered by the test",
        hang_seconds: float = 60.0,
    ) -> Fault:
        """Order a fault for the next *times* matching calls (None: until cleared)."""
        fault = Fault(
            kind=FaultKind(kind),
            times=times,
            method=method,
            chat_id=chat_id,
            retry_after=retry_after,
            description=description,
            hang_seconds=hang_seconds,
        )
        self.orders.append(fault)
        return fault

    def clear(self) -> None:
        """Take back every order and the latency."""
        self.orders.clear()
        self.latency = 0.0

    def take(self, method: str, chat_id: int | None) -> Fault | None:
        """Return the first order that falls on this call, and count it."""
        for fault in self.orders:
            if fault.matches(method, chat_id):
                fault.hits += 1
                return fault
        return None
