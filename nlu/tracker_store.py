"""A tracker store in memory that cannot grow without end.

Session ids are renewed by the gateway, so old trackers are never asked for again; the stock
in-memory store keeps them all.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.conversation import Dialogue
from rasa.shared.core.trackers import DialogueStateTracker

from nlu.mend import apply_mends

apply_mends()


class BoundedTrackerStore(TrackerStore):
    """Keeps the last *max_trackers* dialogues, each for *max_age_s* seconds after its last turn.

    Dialogues are kept as lists of events, not as JSON: events are never changed once made, so
    a failed turn leaves the kept list as it was.
    """

    def __init__(
        self,
        domain: Any = None,
        event_broker: Any = None,
        max_trackers: int = 5000,
        max_age_s: float = 6 * 3600,
        clock: Callable[[], float] = time.monotonic,
        **kwargs: Any,
    ) -> None:
        """Create an empty store."""
        super().__init__(domain, event_broker)
        self._max_trackers = int(max_trackers)
        self._max_age_s = float(max_age_s)
        self._clock = clock
        self._dialogues: OrderedDict[str, tuple[float, Dialogue]] = OrderedDict()

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep the tracker's events; a tracker without events is not worth a place."""
        if not tracker.events:
            return
        await self.stream_events(tracker)
        now = self._clock()
        self._dialogues[tracker.sender_id] = (now, tracker.as_dialogue())
        self._dialogues.move_to_end(tracker.sender_id)
        self._forget(now)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """Rebuild the tracker of a session, if it is still known."""
        kept = self._dialogues.get(sender_id)
        if kept is None or self._clock() - kept[0] > self._max_age_s:
            return None
        tracker = self.init_tracker(sender_id)
        tracker.recreate_from_dialogue(kept[1])
        return tracker

    async def keys(self) -> Iterable[str]:
        """Return the session ids that are known."""
        return list(self._dialogues)

    def _forget(self, now: float) -> None:
        while self._dialogues:
            saved, _ = next(iter(self._dialogues.values()))
            if len(self._dialogues) <= self._max_trackers and now - saved <= self._max_age_s:
                return
            self._dialogues.popitem(last=False)
