"""Limits of the web side."""

from datetime import UTC, datetime

import pytest

from web.rates import MAX_KEYS, Allowance, Places


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)


def test_after_so_many_times_one_waits_until_the_first_is_old_enough() -> None:
    clock = Clock()
    allowance = Allowance(2, 60, clock=clock)
    assert allowance.take("a") == 0
    clock.now += 10
    assert allowance.take("a") == 0
    assert allowance.take("a") == 50
    clock.now += 50
    assert allowance.take("a") == 0
    assert allowance.take("a") == 10


def test_one_visitors_haste_slows_nobody_else() -> None:
    allowance = Allowance(1, 60, clock=Clock())
    allowance.take("a")
    assert allowance.take("b") == 0


def test_asking_how_long_to_wait_counts_nothing() -> None:
    allowance = Allowance(1, 60, clock=Clock())
    assert [allowance.wait("a") for _ in range(5)] == [0.0] * 5


def test_the_memory_of_visitors_is_bounded() -> None:
    allowance = Allowance(1, 60, clock=Clock())
    allowance.take("first")
    for visitor in range(MAX_KEYS):
        allowance.take(str(visitor))
    assert allowance.wait("first") == 0
    assert allowance.wait(str(MAX_KEYS - 1)) == 60


def test_a_place_is_free_again_when_its_holder_leaves_even_by_an_error() -> None:
    places = Places(own=1, of_address=9)
    with pytest.raises(RuntimeError), places.place("a", "1.2.3.4") as has_place:
        assert has_place
        with places.place("a", "1.2.3.4") as second:
            assert not second
        raise RuntimeError
    with places.place("a", "1.2.3.4") as has_place:
        assert has_place


def test_all_visitors_of_one_address_share_its_places() -> None:
    places = Places(own=9, of_address=1)
    with places.place("a", "1.2.3.4"), places.place("b", "1.2.3.4") as has_place:
        assert not has_place
