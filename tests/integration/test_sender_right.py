"""One process sends: nothing goes out twice while it has the right to, and nothing is lost."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from bot.connection import POOL
from desk.domain.conversation import Channel
from desk.domain.outgoing import OutboxMessage, Outgoing
from desk.domain.pace import Limit, Pace
from desk.domain.parcels import Parcel
from desk.services.errors import OutcomeUnknown, RightLost
from desk.services.every import beside
from desk.services.outbox.sending import BATCH, MOST_TRIED_AGAIN, MOST_UNDER_WAY, Sender
from desk.services.ports import UnitsOfWork
from desk.services.tools import utc_now
from desk.services.turns.loops import send
from desk.storage.bell import LocalBell
from tests.integration.scenes import Messenger, Stage
from tests.integration.test_sending_outbox import queue
from tests.waiting import until

#: The right of these senders lasts so many seconds of the real clock.
LASTS = 1.2
QUICK = Limit(10_000, timedelta(seconds=1))


@dataclass
class Stalling(Messenger):
    """A channel that does not answer for some chats until it is told to."""

    stalled: set[str] = field(default_factory=set)
    answers: asyncio.Event = field(default_factory=asyncio.Event)
    begun: list[str] = field(default_factory=list)
    broken_off: list[str] = field(default_factory=list)

    async def send(self, address: str, body: Outgoing, picture: bytes | None) -> str:
        self.begun.append(address)
        if address in self.stalled:
            try:
                await self.answers.wait()
            except asyncio.CancelledError:
                self.broken_off.append(address)
                raise
        return await super().send(address, body, picture)

    @property
    def texts(self) -> Counter[str]:
        return Counter(body.text for _, body in self.delivered)


async def no_files(message: OutboxMessage) -> bytes | None:
    """Make no file."""


@pytest.fixture
def make(stage: Stage) -> Callable[..., Sender]:
    """Make a sender whose clock runs."""
    tools = replace(stage.tools, now=utc_now)

    def make(holder: str, messenger: Messenger, units: UnitsOfWork | None = None) -> Sender:
        return Sender(
            units or stage.units,
            tools,
            Channel.TELEGRAM,
            messenger,
            Pace(overall=QUICK),
            holder,
            no_files,
            timedelta(seconds=LASTS),
        )

    return make


@pytest.fixture
async def running(stage: Stage) -> Any:
    async with AsyncExitStack() as stack:

        async def run(sender: Sender) -> None:
            loop = send(sender, LocalBell())
            await stack.enter_async_context(beside(loop, name=sender.holder))

        yield run


async def test_a_second_process_waits_however_long_the_channel_takes(stage, make, running):
    chats = {f"{number}" for number in range(40)}
    for chat in chats:
        await queue(stage, chat, chat)
    first, second = Stalling(stalled=chats), Stalling()
    await running(make("a", first))
    await until(lambda: len(first.begun) == 40)
    await running(make("b", second))
    await asyncio.sleep(2 * LASTS)
    first.answers.set()
    await until(lambda: len(first.delivered) == 40)
    await asyncio.sleep(0.3)

    assert first.texts == Counter(chats)
    assert second.begun == []


async def test_chats_that_stall_hold_up_nobody_else(stage, make, running):
    chats = {f"{number}" for number in range(60)}
    for chat in chats:
        await queue(stage, chat, "halo")
    messenger = Stalling(stalled=chats)
    await running(make("a", messenger))
    await until(lambda: len(messenger.begun) == 60)
    await queue(stage, "baru", "giliran saya")
    await until(lambda: bool(messenger.delivered), seconds=3)

    assert messenger.texts == Counter({"giliran saya": 1})


@dataclass
class CutOff:
    """Units of work of a process that reaches the leases no more, but all else."""

    units: UnitsOfWork
    is_cut_off: bool = False

    def __call__(self) -> Any:
        return _Unit(self.units(), self)


class _Unit:
    def __init__(self, unit: Any, cut_off: CutOff) -> None:
        self._unit = unit
        self._cut_off = cut_off

    async def __aenter__(self) -> Any:
        if self._cut_off.is_cut_off:
            raise OSError
        return await self._unit.__aenter__()

    async def __aexit__(self, *error: Any) -> None:
        await self._unit.__aexit__(*error)


async def test_who_cannot_renew_the_right_breaks_off_before_another_sends(stage, make, running):
    await queue(stage, "1", "halo")
    await queue(stage, "2", "hai")
    first, second = Stalling(stalled={"1"}), Stalling()
    units = CutOff(stage.units)
    await running(make("a", first, units))
    await until(lambda: first.begun == ["1", "2"] and len(first.delivered) == 1)
    units.is_cut_off = True
    await running(make("b", second))
    await until(lambda: bool(first.broken_off))
    early = list(second.begun)
    await until(lambda: bool(second.delivered))
    first.answers.set()
    await asyncio.sleep(0.3)

    assert early == []
    assert first.texts + second.texts == Counter(["halo", "hai"])


async def test_a_parcel_is_not_sent_once_the_right_may_be_another_ones(stage: Stage) -> None:
    await queue(stage, "1", "a")
    (parcel,), _ = await stage.sender.take_due()
    stage.clock.advance(seconds=10)
    with pytest.raises(RightLost):
        await stage.sender.send(parcel)
    other = Sender(
        stage.units, stage.tools, Channel.TELEGRAM, stage.messenger, Pace(), "lain", no_files
    )
    early = await other.right.take()
    stage.clock.advance(seconds=2)
    assert await other.right.take()
    await other.recover()
    (again,), _ = await other.take_due()
    await other.send(again)

    assert not early
    assert [body.text for _, body in stage.messenger.delivered] == ["a"]


async def test_the_right_counts_when_a_message_leaves_not_when_its_file_is_begun(
    stage: Stage,
) -> None:
    async def make_slowly(message: OutboxMessage) -> bytes | None:
        stage.clock.advance(seconds=11)
        return b"berkas"

    citizen = await queue(stage, "1")
    async with stage.units() as uow:
        body = Outgoing("data", document="data-saya.zip")
        await uow.outbox.add(citizen, body, key="data", now=stage.clock())
        await uow.commit()
    sender = replace(stage.sender, contents=make_slowly)
    (parcel,), _ = await sender.take_due()

    with pytest.raises(RightLost):
        await sender.send(parcel)
    assert stage.messenger.delivered == []


async def test_a_process_without_the_right_takes_nothing(stage: Stage) -> None:
    await queue(stage, "1", "a")
    other = replace(stage.sender, pace=Pace(), holder="lain")
    assert await stage.sender.right.take()

    with pytest.raises(RightLost):
        await other.take_due()
    (parcel,), _ = await stage.sender.take_due()
    assert parcel.body.text == "a"


async def test_chats_that_did_not_answer_before_leave_room_for_new_ones(stage: Stage) -> None:
    pace = Pace(overall=QUICK)
    sender = replace(stage.sender, pace=pace)
    for number in range(MOST_UNDER_WAY):
        stage.messenger.troubles[f"{number}"] = [OutcomeUnknown()]
        await queue(stage, f"{number}", "halo")
    taken, _ = await sender.take_due()
    for parcel in taken:
        await sender.send(parcel)
    stage.clock.advance(seconds=5)
    again, _ = await sender.take_due()
    await queue(stage, "baru", "giliran saya")
    stage.clock.advance(seconds=1)
    new, _ = await sender.take_due()

    assert len(taken) == MOST_UNDER_WAY
    assert len(again) == MOST_TRIED_AGAIN
    assert [parcel.body.text for parcel in new] == ["giliran saya"]


async def test_chats_that_wait_for_their_pace_hide_nobody_behind_them(stage: Stage) -> None:
    sender = replace(stage.sender, pace=Pace(overall=QUICK))
    for number in range(BATCH + 10):
        await queue(stage, f"{number}", "halo")
        sender.pace.note(f"{number}", stage.clock())
    await queue(stage, "baru", "giliran saya")

    taken, held = await sender.take_due()

    assert [parcel.body.text for parcel in taken] == ["giliran saya"]
    assert held == 1.0


def test_there_are_more_connections_than_parcels_under_way() -> None:
    """One that waits for a connection would be taken for one that the channel keeps waiting."""
    assert MOST_TRIED_AGAIN < MOST_UNDER_WAY < POOL


# --- whatever two processes do -------------------------------------------------------------------


@dataclass
class Process:
    """One of two processes, taking the steps of the loop in whatever order chance has it."""

    sender: Sender
    parcels: list[Parcel] = field(default_factory=list)

    async def step(self, chance: random.Random) -> None:
        right = self.sender.right
        try:
            if self.parcels and chance.random() < 0.5:
                # Perhaps long after it was taken: a process may have stood still.
                await self.sender.send(self.parcels.pop(chance.randrange(len(self.parcels))))
            elif not right.seconds_left:
                self.parcels.clear()
                if await right.take():
                    await self.sender.recover()
            elif chance.random() < 0.3:
                await right.take()
            else:
                leaving, _ = await self.sender.take_due()
                self.parcels += leaving
        except RightLost:
            self.parcels.clear()  # its loop begins anew


@dataclass
class Interrupted(Messenger):
    """A channel that takes its time, in which the other process does something."""

    happens: Callable[[], Any] | None = None

    async def send(self, address: str, body: Outgoing, picture: bytes | None) -> str:
        if self.happens is not None:
            await self.happens()
        return await super().send(address, body, picture)


@pytest.mark.parametrize("seed", range(8))
async def test_two_processes_send_each_message_once_whatever_they_do_when(
    stage: Stage, seed: int
) -> None:
    chance = random.Random(seed)
    wanted = [f"{chat}-{number}" for chat in range(6) for number in range(4)]
    for text in wanted:
        await queue(stage, text.partition("-")[0], text)
    messengers = Interrupted(), Interrupted()
    pair = [
        Process(replace(stage.sender, messenger=messenger, pace=Pace(), holder=name))
        for messenger, name in zip(messengers, "ab", strict=True)
    ]
    for messenger, own, other in zip(messengers, pair, reversed(pair), strict=True):

        async def interrupt(own: Process = own, other: Process = other) -> None:
            # The loop breaks a send off when the right ends; none goes on for longer.
            stage.clock.advance(seconds=chance.uniform(0, own.sender.right.seconds_left))
            if other.sender.right.seconds_left == 0 and await other.sender.right.take():
                await other.sender.recover()

        messenger.happens = interrupt
    for _ in range(150):
        await chance.choice(pair).step(chance)
        stage.clock.advance(seconds=chance.choice([0, 0.1, 0.5, 1, 1, 3, 13]))
    calm = random.Random(seed)
    for messenger in messengers:
        messenger.happens = None
    for _ in range(200):
        await pair[0].step(calm)
        stage.clock.advance(seconds=2)

    delivered = Counter(body.text for each in messengers for _, body in each.delivered)
    assert delivered == Counter(wanted)
