"""The one loop and the one way to have something run beside: no error ends more than it has to."""

import asyncio
import contextlib
import logging

import pytest

from desk.services.every import beside, end, every, start


class Broken(Exception):
    """Something that nobody foresaw."""


async def broken() -> None:
    raise Broken


async def test_a_loop_goes_on_after_an_error_and_names_itself_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    times = 0

    async def act() -> None:
        nonlocal times
        times += 1
        if times < 3:
            raise Broken

    async with beside(every(0.01, act, name="the look at the sea"), name="uji"):
        async with asyncio.timeout(5):
            while times < 5:  # noqa: ASYNC110 - there is no event
                await asyncio.sleep(0.01)

    failures = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [record.getMessage() for record in failures] == ["the look at the sea failed"] * 2


async def test_a_loop_pauses_as_long_as_it_is_told_each_time() -> None:
    loop, times = asyncio.get_running_loop(), list[float]()

    async def act() -> None:
        times.append(loop.time())

    def pause() -> float:
        return 0.01 if len(times) < 3 else 60.0

    async with beside(every(pause, act, name="uji", first_after=0.2), name="uji"):
        before = loop.time()
        await asyncio.sleep(0.6)

    assert len(times) == 3
    assert times[0] - before >= 0.2


async def test_a_loop_may_pause_otherwise_after_an_error() -> None:
    times = 0

    async def act() -> None:
        nonlocal times
        times += 1
        raise Broken

    async with beside(every(0.0, act, name="uji", after_error=60.0), name="uji"):
        await asyncio.sleep(0.2)

    assert times == 1


async def test_what_breaks_in_the_background_is_told_and_ends_nothing_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ends = []
    async with beside(asyncio.sleep(60), name="what goes on"):
        async with beside(broken(), name="the optional part"):
            await asyncio.sleep(0.05)
        async with beside(broken(), name="the needed part", when_broken=lambda: ends.append(1)):
            await asyncio.sleep(0.05)
        going_on = [task.get_name() for task in asyncio.all_tasks()]

    told = [record.getMessage() for record in caplog.records]
    assert told == ["the optional part broke", "the needed part broke"]
    assert ends == [1]
    assert "what goes on" in going_on


async def test_a_loop_ends_though_its_act_keeps_the_cancelling_to_itself() -> None:
    async def act() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)

    task = start(every(0.0, act, name="uji"), name="uji")
    await asyncio.sleep(0.05)
    async with asyncio.timeout(5):
        await end(task)


async def test_what_is_ended_is_over_and_no_trouble(caplog: pytest.LogCaptureFixture) -> None:
    steps = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.05)
            steps.append("tidied up")

    task = start(work(), name="uji", when_broken=lambda: steps.append("broken"))
    await asyncio.sleep(0)
    await end(task)

    assert steps == ["tidied up"]
    assert caplog.records == []
