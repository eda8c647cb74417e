"""The bell wakes whoever waits, in this process and over PostgreSQL in others."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from desk.storage.bell import LocalBell, PostgresBell
from desk.storage.open import Storage, open_storage

SOON = 5.0
#: Long enough to notice a wait that should not have ended.
A_MOMENT = 0.05


async def rings_within(bell: LocalBell, topic: str, seconds: float) -> bool:
    loop = asyncio.get_running_loop()
    started = loop.time()
    await bell.wait(topic, seconds)
    return loop.time() - started < seconds


async def test_ring_wakes_everyone_who_waits_for_the_topic(storage: Storage) -> None:
    waiting = [asyncio.create_task(rings_within(storage.bell, "inbox", SOON)) for _ in range(3)]
    other = asyncio.create_task(rings_within(storage.bell, "outbox:web", A_MOMENT))
    await asyncio.sleep(0)
    storage.bell.ring("inbox")
    assert await asyncio.gather(*waiting) == [True] * 3
    assert await other is False


async def test_silence_ends_with_the_time_out(storage: Storage) -> None:
    assert await rings_within(storage.bell, "inbox", A_MOMENT) is False


async def test_ring_while_nobody_waited_is_heard_once() -> None:
    bell = LocalBell()
    bell.ring("inbox")
    bell.ring("inbox")
    assert await rings_within(bell, "inbox", SOON) is True
    assert await rings_within(bell, "inbox", A_MOMENT) is False


async def test_busy_loop_does_not_miss_a_ring_that_another_loop_heard() -> None:
    bell = LocalBell()
    busy, heard = asyncio.Event(), []

    async def loop_that_is_busy() -> None:
        await bell.wait("inbox", SOON)
        await busy.wait()
        heard.append(await rings_within(bell, "inbox", A_MOMENT))

    async def loop_that_listens() -> None:
        await bell.wait("inbox", SOON)
        heard.append(await rings_within(bell, "inbox", SOON))

    tasks = [asyncio.create_task(loop_that_is_busy()), asyncio.create_task(loop_that_listens())]
    for _ in range(2):
        await asyncio.sleep(0.01)
        bell.ring("inbox")
    await asyncio.sleep(0.01)
    busy.set()
    await asyncio.gather(*tasks)
    assert heard == [True, True]


async def test_waiting_in_tasks_of_their_own_does_not_spin_after_a_ring() -> None:
    bell = LocalBell()
    bell.ring("inbox")
    heard = [await asyncio.create_task(rings_within(bell, "inbox", A_MOMENT)) for _ in range(3)]
    assert heard == [True, False, False]


@asynccontextmanager
async def another_process(url: str) -> AsyncIterator[Storage]:
    other = await open_storage(url).start()
    try:
        yield other
    finally:
        await other.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_ring_is_heard_over_another_connection(database_url: str, storage: Storage) -> None:
    async with another_process(database_url) as other:
        await storage.bell.wait("inbox", A_MOMENT)
        waiting = asyncio.create_task(rings_within(storage.bell, "inbox", SOON))
        await asyncio.sleep(0)
        other.bell.ring("inbox")
        assert await waiting is True


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_own_ring_does_not_come_back_as_an_echo(database_url: str, storage: Storage) -> None:
    async with another_process(database_url) as other:
        waiting = asyncio.create_task(rings_within(other.bell, "inbox", SOON))
        await asyncio.sleep(0)
        storage.bell.ring("inbox")
        assert await waiting is True
        assert await rings_within(storage.bell, "inbox", SOON) is True
        assert await rings_within(storage.bell, "inbox", A_MOMENT) is False


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_bell_comes_back_after_its_connection_was_cut(
    database_url: str, storage: Storage
) -> None:
    async with another_process(database_url) as other:
        async with storage.engine.begin() as connection:
            await connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    " AND query ILIKE 'LISTEN%'"
                )
            )
        await asyncio.sleep(A_MOMENT)
        await storage.bell.wait("inbox", 2 * SOON)  # reconnected: rings for what it missed
        waiting = asyncio.create_task(rings_within(storage.bell, "inbox", SOON))
        while not waiting.done():
            other.bell.ring("inbox")
            await asyncio.sleep(A_MOMENT)
        assert await waiting is True


async def test_bell_without_a_database_still_rings_at_home() -> None:
    bell = PostgresBell("postgresql+asyncpg://nobody@127.0.0.1:1/none")
    await bell.start()
    bell.ring("inbox")
    assert await rings_within(bell, "inbox", SOON) is True
    await bell.stop()
