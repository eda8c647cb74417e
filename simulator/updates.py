"""The queue of updates waiting for the bot, and the one poller that may read it."""

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from simulator.clock import Clock, Signal

DAY_SECONDS = 86400.0
#: Telegram's own server throws a button press away after this many seconds.
PRESS_SECONDS = 150.0
#: Sent only when asked for by name.
_ON_REQUEST = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
_KINDS = frozenset(
    {
        "message",
        "edited_message",
        "callback_query",
        "my_chat_member",
        "poll",
        "poll_answer",
        *_ON_REQUEST,
    }
)
DEFAULT_KINDS = _KINDS - _ON_REQUEST

QueueKey = tuple[str, int]


@dataclass(frozen=True, slots=True)
class PendingUpdate:
    """An update the bot has not confirmed."""

    update_id: int
    kind: str
    payload: dict[str, Any]
    queue: QueueKey
    expires_at: float

    def wire(self) -> dict[str, Any]:
        """Return the update as the bot receives it."""
        return {"update_id": self.update_id, self.kind: self.payload}


class UpdateQueue:
    """Updates in order; those of one `QueueKey` must reach a webhook one after the other."""

    def __init__(self, clock: Clock, *, first_id: int = 500_000_001) -> None:
        """Begin empty, with Telegram's default choice of kinds."""
        self._clock = clock
        self._next_id = first_id
        self._pending: dict[int, PendingUpdate] = {}
        self._by_queue: dict[QueueKey, dict[int, PendingUpdate]] = {}
        self._next_expiry = math.inf
        self.kinds: frozenset[str] = DEFAULT_KINDS
        self.changed = Signal()

    def choose_kinds(self, names: Iterable[str] | None) -> None:
        """Apply ``allowed_updates``: None keeps the choice, empty restores the default."""
        if names is not None:
            chosen = frozenset(names)
            self.kinds = chosen or DEFAULT_KINDS

    @property
    def has_custom_kinds(self) -> bool:
        """Return whether the bot chose kinds by itself."""
        return self.kinds != DEFAULT_KINDS

    def push(
        self, kind: str, payload: dict[str, Any], *, queue: QueueKey, ttl: float = DAY_SECONDS
    ) -> int | None:
        """Queue an update and return its id; None when the bot does not want this kind."""
        if kind not in self.kinds:
            return None
        update_id = self._next_id
        self._next_id += 1
        expires_at = self._clock.seconds() + ttl
        update = PendingUpdate(update_id, kind, payload, queue, expires_at)
        self._pending[update_id] = update
        self._by_queue.setdefault(queue, {})[update_id] = update
        self._next_expiry = min(self._next_expiry, expires_at)
        self.changed.notify()
        return update_id

    def pending(self) -> list[PendingUpdate]:
        """Return what waits, oldest first, without what has expired."""
        self._drop_expired()
        return list(self._pending.values())

    def queues(self) -> list[QueueKey]:
        """Return the queues in which something waits."""
        self._drop_expired()
        return list(self._by_queue)

    def head(self, queue: QueueKey) -> PendingUpdate | None:
        """Return the oldest waiting update of one queue."""
        self._drop_expired()
        return next(iter(self._by_queue.get(queue, {}).values()), None)

    def _drop_expired(self) -> None:
        now = self._clock.seconds()
        if now < self._next_expiry:
            return
        for update in list(self._pending.values()):
            if update.expires_at <= now:
                self.forget(update.update_id)
        self._next_expiry = min((u.expires_at for u in self._pending.values()), default=math.inf)

    def read(self, *, offset: int, limit: int) -> list[PendingUpdate]:
        """Confirm everything below *offset* and return the next updates.

        A negative offset counts from the end and forgets everything before it.
        """
        waiting = self.pending()
        if offset < 0:
            offset = waiting[offset].update_id if -offset <= len(waiting) else 0
        for update in waiting:
            if update.update_id >= offset:
                break
            self.forget(update.update_id)
        return list(itertools.islice(self._pending.values(), limit))

    def forget(self, update_id: int) -> None:
        """Drop an update that was delivered."""
        update = self._pending.pop(update_id, None)
        if update is not None:
            siblings = self._by_queue[update.queue]
            del siblings[update_id]
            if not siblings:
                del self._by_queue[update.queue]

    def clear(self) -> None:
        """Drop everything that waits."""
        self._pending.clear()
        self._by_queue.clear()


class PollSlot:
    """Only the newest reader may wait for updates; an older one is told why it lost."""

    def __init__(self, queue: UpdateQueue) -> None:
        """Begin without a reader."""
        self._queue = queue
        self._turn = 0
        self._reason = ""

    def claim(self) -> int:
        """Become the reader; whoever waited before loses."""
        self.interrupt(
            "terminated by other getUpdates request; make sure that only one bot instance "
            "is running"
        )
        return self._turn

    def interrupt(self, reason: str) -> None:
        """Send the present reader away."""
        self._turn += 1
        self._reason = reason
        self._queue.changed.notify()

    def lost(self, turn: int) -> str | None:
        """Return why the reader of *turn* has to go, or None."""
        return None if turn == self._turn else self._reason
