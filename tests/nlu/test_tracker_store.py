"""The tracker store keeps the last sessions whole and forgets the rest."""

import asyncio

import pytest

pytest.importorskip("rasa")

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from nlu.tracker_store import BoundedTrackerStore


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def store_of(clock: Clock, *, max_trackers: int = 2) -> BoundedTrackerStore:
    return BoundedTrackerStore(
        Domain.empty(), max_trackers=max_trackers, max_age_s=100, clock=clock
    )


def tracker_of(sender: str, *texts: str) -> DialogueStateTracker:
    events = [
        event for text in texts for event in (ActionExecuted("action_listen"), UserUttered(text))
    ]
    return DialogueStateTracker.from_events(sender, events)


def kept(store: BoundedTrackerStore) -> list[str]:
    return list(asyncio.run(store.keys()))


def test_a_tracker_comes_back_with_all_its_events() -> None:
    store = store_of(Clock())
    asyncio.run(store.save(tracker_of("a", "halo", "terima kasih")))
    found = asyncio.run(store.retrieve("a"))
    assert found is not None
    assert [e.text for e in found.events if isinstance(e, UserUttered)] == ["halo", "terima kasih"]


def test_changing_a_retrieved_tracker_changes_nothing_until_it_is_saved() -> None:
    store = store_of(Clock())
    asyncio.run(store.save(tracker_of("a", "halo")))
    found = asyncio.run(store.retrieve("a"))
    assert found is not None
    found.update(UserUttered("lagi"))
    again = asyncio.run(store.retrieve("a"))
    assert again is not None
    assert len(again.events) == 2


def test_the_session_used_longest_ago_leaves_first() -> None:
    store = store_of(Clock())
    for sender in ("a", "b", "a", "c"):
        asyncio.run(store.save(tracker_of(sender, "halo")))
    assert kept(store) == ["a", "c"]


def test_an_old_session_is_forgotten() -> None:
    clock = Clock()
    store = store_of(clock)
    asyncio.run(store.save(tracker_of("a", "halo")))
    clock.now = 101
    assert asyncio.run(store.retrieve("a")) is None
    asyncio.run(store.save(tracker_of("b", "halo")))
    assert kept(store) == ["b"]


def test_an_empty_tracker_takes_no_place() -> None:
    store = store_of(Clock())
    asyncio.run(store.save(tracker_of("a")))
    assert kept(store) == []
