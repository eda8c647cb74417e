"""How open streams wake: one look serves all, and only those with something new stir."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping

import pytest

from desk.domain.conversation import Owner
from desk.domain.outgoing import News, OutboxId
from desk.storage.bell import LocalBell
from web.wakeups import TOPIC, Wakeups


def news(newest: int, owner: Owner = Owner.BOT) -> News:
    return News(OutboxId(newest), owner)


class Outbox:
    """Plays the desk: says what is new, counts how often it was asked, fails as told."""

    def __init__(self) -> None:
        self.news: dict[str, News] = {}
        self.looks: list[set[str]] = []
        self.troubles: list[Exception] = []

    async def __call__(self, addresses: Collection[str]) -> Mapping[str, News]:
        self.looks.append(set(addresses))
        if self.troubles:
            raise self.troubles.pop()
        return {address: self.news[address] for address in addresses if address in self.news}


@pytest.fixture
def bell() -> LocalBell:
    return LocalBell()


@pytest.fixture
def outbox() -> Outbox:
    return Outbox()


@pytest.fixture
async def wakeups(bell: LocalBell, outbox: Outbox) -> AsyncIterator[Wakeups]:
    made = Wakeups(bell, outbox)
    listening = asyncio.create_task(made.listen())
    await asyncio.sleep(0)
    yield made
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


async def test_a_stream_looks_once_when_it_is_opened(wakeups: Wakeups) -> None:
    with wakeups.watching("a") as watch:
        assert await watch.is_woken(within=0.2)
        assert not await watch.is_woken(within=0.2)


async def test_one_look_serves_all_streams_and_wakes_those_with_something_new(
    wakeups: Wakeups, bell: LocalBell, outbox: Outbox
) -> None:
    outbox.news = {"a": news(1), "b": news(2)}
    with wakeups.watching("a") as a, wakeups.watching("b") as b:
        bell.ring(TOPIC)
        await asyncio.sleep(0.2)
        assert [await a.is_woken(within=0.0), await b.is_woken(within=0.0)] == [True, True]
        outbox.looks.clear()

        outbox.news["b"] = news(3)
        bell.ring(TOPIC)
        assert await b.is_woken(within=0.5)
        assert not await a.is_woken(within=0.1)
        assert outbox.looks == [{"a", "b"}]


async def test_many_rings_at_once_are_few_looks(
    wakeups: Wakeups, bell: LocalBell, outbox: Outbox
) -> None:
    with wakeups.watching("a"):
        for _ in range(40):
            bell.ring(TOPIC)
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.1)
        assert 1 <= len(outbox.looks) <= 5


async def test_an_officer_who_takes_over_wakes_the_stream(
    wakeups: Wakeups, bell: LocalBell, outbox: Outbox
) -> None:
    outbox.news = {"a": news(1)}
    with wakeups.watching("a") as watch:
        bell.ring(TOPIC)
        await asyncio.sleep(0.1)
        assert await watch.is_woken(within=0.0)
        outbox.news = {"a": news(1, Owner.OFFICER)}
        bell.ring(TOPIC)
        assert await watch.is_woken(within=0.5)


async def test_what_came_while_a_stream_was_looking_is_not_missed(
    wakeups: Wakeups, bell: LocalBell, outbox: Outbox
) -> None:
    with wakeups.watching("a") as watch:
        assert await watch.is_woken(within=0.0)
        outbox.news = {"a": news(1)}
        bell.ring(TOPIC)
        await asyncio.sleep(0.1)  # the stream is busy with what it found
        assert await watch.is_woken(within=0.0)


async def test_without_a_bell_there_is_a_look_every_second(
    wakeups: Wakeups, outbox: Outbox
) -> None:
    with wakeups.watching("a") as watch:
        assert await watch.is_woken(within=0.0)
        outbox.news = {"a": news(1)}
        assert await watch.is_woken(within=2.0)


async def test_all_tabs_of_a_visitor_wake(
    wakeups: Wakeups, bell: LocalBell, outbox: Outbox
) -> None:
    with wakeups.watching("a") as one, wakeups.watching("a") as other:
        assert [await tab.is_woken(within=0.0) for tab in (one, other)] == [True, True]
        outbox.news = {"a": news(1)}
        bell.ring(TOPIC)
        assert [await tab.is_woken(within=0.5) for tab in (one, other)] == [True, True]


async def test_nobody_looks_when_no_stream_is_open(
    wakeups: Wakeups, bell: LocalBell, outbox: Outbox
) -> None:
    with wakeups.watching("a"):
        pass
    bell.ring(TOPIC)
    await asyncio.sleep(0.1)
    assert outbox.looks == []


async def test_a_database_that_is_away_for_a_moment_ends_nothing(
    wakeups: Wakeups, bell: LocalBell, outbox: Outbox
) -> None:
    outbox.troubles = [OSError()]
    with wakeups.watching("a") as watch:
        assert await watch.is_woken(within=0.0)
        outbox.news = {"a": news(1)}
        bell.ring(TOPIC)
        assert await watch.is_woken(within=4.0)


async def test_closing_wakes_every_stream_at_once(wakeups: Wakeups) -> None:
    with wakeups.watching("a") as a, wakeups.watching("b") as b:
        for watch in (a, b):
            assert await watch.is_woken(within=0.0)
        wakeups.close()
        assert [await a.is_woken(within=0.0), await b.is_woken(within=0.0)] == [True, True]
        assert wakeups.closing
