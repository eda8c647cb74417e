"""How open streams wait: eager while an answer is expected, frugal in a forgotten tab."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from desk.storage.bell import LocalBell
from web.wakeups import EXPECTING, QUIET, RECENT, RECENT_SECONDS, TOPIC, Wakeups


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def bell() -> LocalBell:
    return LocalBell()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def wakeups(bell: LocalBell, clock: Clock) -> AsyncIterator[Wakeups]:
    made = Wakeups(bell, clock=clock)
    listening = asyncio.create_task(made.listen())
    await asyncio.sleep(0)
    yield made
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


async def returns_within(seconds: float, waiting: asyncio.Task[None]) -> bool:
    done, _ = await asyncio.wait({waiting}, timeout=seconds)
    return bool(done)


async def wait(wakeups: Wakeups, address: str) -> asyncio.Task[None]:
    waiting = asyncio.create_task(wakeups.after(wakeups.mark(), address))
    await asyncio.sleep(0)
    return waiting


async def test_patience_follows_what_was_last_sent_and_received(
    wakeups: Wakeups, clock: Clock
) -> None:
    assert wakeups.patience("a") is QUIET
    wakeups.expect("a")
    assert wakeups.patience("a") is EXPECTING
    wakeups.answered("a")
    assert wakeups.patience("a") is RECENT
    clock.now += RECENT_SECONDS + 1
    assert wakeups.patience("a") is QUIET


async def test_the_bell_wakes_whoever_expects_an_answer(wakeups: Wakeups, bell: LocalBell) -> None:
    wakeups.expect("a")
    waiting = await wait(wakeups, "a")
    bell.ring(TOPIC)
    assert await returns_within(0.7, waiting)


async def test_a_ring_between_the_look_and_the_wait_is_not_missed(
    wakeups: Wakeups, bell: LocalBell
) -> None:
    wakeups.expect("a")
    mark = wakeups.mark()
    bell.ring(TOPIC)
    await asyncio.sleep(0.01)
    assert await returns_within(0.7, asyncio.create_task(wakeups.after(mark, "a")))


async def test_without_a_bell_an_expected_answer_is_looked_for_every_second(
    wakeups: Wakeups,
) -> None:
    wakeups.expect("a")
    assert await returns_within(2, await wait(wakeups, "a"))


async def test_a_forgotten_tab_does_not_stir_at_everybody_elses_messages(
    wakeups: Wakeups, bell: LocalBell
) -> None:
    waiting = await wait(wakeups, "a")
    for _ in range(3):
        bell.ring(TOPIC)
        await asyncio.sleep(0.01)
    assert not await returns_within(0.3, waiting)
    waiting.cancel()


async def test_writing_something_makes_a_forgotten_tab_attentive(wakeups: Wakeups) -> None:
    waiting = await wait(wakeups, "a")
    wakeups.expect("a")
    assert await returns_within(0.5, waiting)


async def test_closing_ends_every_wait_at_once(wakeups: Wakeups) -> None:
    wakeups.expect("eager")
    waiting = [await wait(wakeups, "eager"), await wait(wakeups, "quiet")]
    wakeups.close()
    assert [await returns_within(0.5, one) for one in waiting] == [True, True]
    assert wakeups.closing
