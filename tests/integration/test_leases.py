"""What one process of all does at a time: by lease, on both databases."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from desk.services.every import Lease, beside, every
from desk.services.ports import UnitsOfWork
from desk.services.tools import Tools, utc_now


@pytest.fixture
def make(units: UnitsOfWork, tools: Tools):
    clock = replace(tools, now=utc_now)

    def make(holder: str, *, lasts: float = 0.6) -> Lease:
        return Lease(units, clock, "uji", holder, timedelta(seconds=lasts))

    return make


class Process:
    """Plays a process that has something to do again and again."""

    def __init__(self, *, takes: float = 0.0) -> None:
        self.takes = takes
        self.times = 0
        self.acting = 0

    async def act(self) -> None:
        self.acting += 1
        await asyncio.sleep(self.takes)
        self.acting -= 1
        self.times += 1

    def loop(self, lease: Lease):
        return every(0.05, self.act, name=f"loop of {lease.holder}", lease=lease)


async def test_only_the_process_that_holds_the_lease_acts(make):
    one, other = Process(), Process()
    async with beside(one.loop(make("a")), name="a"):
        await asyncio.sleep(0.2)
        async with beside(other.loop(make("b")), name="b"):
            await asyncio.sleep(0.8)

    assert one.times > 2
    assert other.times == 0


async def test_whoever_ends_in_order_makes_room_at_once(make):
    one, other = Process(), Process()
    async with beside(one.loop(make("a", lasts=60)), name="a"):
        await asyncio.sleep(0.2)
    async with beside(other.loop(make("b", lasts=60)), name="b"):
        await asyncio.sleep(0.2)

    assert other.times > 0


async def test_who_was_killed_is_replaced_when_the_lease_has_run_out(make):
    await make("a").hold()
    other = Process()
    async with beside(other.loop(make("b")), name="b"):
        await asyncio.sleep(0.2)
        early = other.times
        await asyncio.sleep(0.8)

    assert early == 0
    assert other.times > 0


async def test_an_act_that_takes_longer_than_the_lease_is_begun_by_nobody_else(make):
    one, other = Process(takes=2.0), Process()
    async with beside(one.loop(make("a")), name="a"):
        await asyncio.sleep(0.2)
        async with beside(other.loop(make("b")), name="b"):
            await asyncio.sleep(1.4)
            assert (one.acting, other.times) == (1, 0)
