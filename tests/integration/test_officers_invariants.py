"""Whatever citizens, bot, officers, crashes and clocks do in whatever order, some things hold.

Never two owners; nobody but the owner reaches the citizen; the bot never talks over a human; no
word of the citizen is lost; what officers are shown keeps its order.
"""

import asyncio
import json
import re
import shutil
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from desk.domain.conversation import ConversationId, Owner
from desk.domain.handoff import HandoffState
from desk.domain.inbound import Inbound, InboundKind
from desk.domain.reply import Button
from desk.services.officers import watch
from desk.services.officers.handoffs import QUEUE
from desk.services.ports import TurnAnswer, TurnRequest
from desk.services.turns import LEASE, work_on
from desk.storage.open import Storage, open_storage
from tests.integration.crashing import Crash, Crashing
from tests.integration.officer_scenes import Clerk, register
from tests.integration.scenes import Sense, Stage

T = TypeVar("T")
NAMES = {8: "Budi Uji", 9: "Cici Uji"}
#: The card shows so many of the last words; the sender never lags behind that far.
MOST_UNDELIVERED = 4


@dataclass
class World:
    """One database and one loop for all examples; each has its own citizen and group."""

    runner: asyncio.Runner
    storage: Storage
    days: int = 0

    def run(self, what: Awaitable[T]) -> T:
        async def awaited() -> T:
            return await what

        return self.runner.run(awaited())


@pytest.fixture(scope="module")
def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    path = tmp_path_factory.mktemp("officers") / "sapa.db"
    shutil.copy(sqlite_template, path)
    with asyncio.Runner() as runner:
        storage = open_storage(f"sqlite+aiosqlite:///{path}")
        runner.run(storage.start())
        yield World(runner, storage)
        runner.run(storage.close())


@dataclass
class Interrupted:
    """Rasa, while whose answer is under way something else happens."""

    stage: Stage
    meanwhile: Callable[[], Awaitable[None]]

    async def take_turn(self, request: TurnRequest) -> TurnAnswer:
        answer = await self.stage.rasa.take_turn(request)
        await self.meanwhile()
        return answer


class OfficersDay(RuleBasedStateMachine):
    """One citizen and two officers of one group, and everything that may happen to them."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.world.days += 1
        group = f"-{self.world.days}"
        self.stage = Stage(self.world.storage.units, officer_group=group)
        self.citizen = self.stage.citizen(f"{self.world.days}000")
        self.clerks: dict[int, Clerk] = {}
        for telegram_id, name in NAMES.items():
            clerk = self.world.run(register(self.stage, telegram_id, name))
            self.clerks[telegram_id] = replace(clerk, group=group, message_ids=[])
        self.words = self.answers = self.undelivered = 0
        self.seen_answers: set[str] = set()
        self._say(asks=False)
        self._work(crash_at=None, meanwhile=False)

    # --- what may happen ---------------------------------------------------------------------

    @precondition(lambda self: self.undelivered < MOST_UNDELIVERED)
    @rule(asks=st.booleans())
    def citizen_writes(self, asks: bool) -> None:
        self._say(asks=asks)

    @rule(what=st.sampled_from(["bot", "batal", "tunggu"]))
    def citizen_presses(self, what: str) -> None:
        self.world.run(self._press(what))

    @rule(who=st.sampled_from(sorted(NAMES)))
    def officer_takes(self, who: int) -> None:
        async def take() -> None:
            name = (await self.citizen.conversation()).id[:8]
            await self.clerks[who].send(
                Inbound(InboundKind.COMMAND, command="ambil", text=name), topic=self.citizen
            )

        self.world.run(take())

    @rule(who=st.sampled_from(sorted(NAMES)))
    def officer_writes(self, who: int) -> None:
        self.answers += 1
        inbound = Inbound(InboundKind.TEXT, text=f"jawaban {self.answers}")
        self.world.run(self.clerks[who].send(inbound, topic=self.citizen))

    @rule(
        who=st.sampled_from(sorted(NAMES)),
        how=st.sampled_from(["kembalikan", "selesai", "alihkan", "jawab"]),
    )
    def officer_commands(self, who: int, how: str) -> None:
        inbound = Inbound(InboundKind.COMMAND, command=how)
        self.world.run(self.clerks[who].send(inbound, topic=self.citizen))

    @rule(minutes=st.sampled_from([1, 6, 11, 25, 90]))
    def time_passes(self, minutes: int) -> None:
        self.stage.clock.advance(minutes=minutes)
        self.world.run(watch.look(self.stage.units, self.stage.tools))

    @rule(crash_at=st.one_of(st.none(), st.integers(1, 60)), meanwhile=st.booleans())
    def worker_works(self, crash_at: int | None, meanwhile: bool) -> None:
        self._work(crash_at=crash_at, meanwhile=meanwhile)

    @rule(crash_at=st.one_of(st.none(), st.integers(1, 60)), meanwhile=st.booleans())
    def worker_works_again(self, crash_at: int | None, meanwhile: bool) -> None:
        self._work(crash_at=crash_at, meanwhile=meanwhile)

    @rule()
    def sender_sends(self) -> None:
        self.world.run(self._deliver())

    # --- how it happens ----------------------------------------------------------------------

    def _say(self, *, asks: bool) -> None:
        self.words += 1
        text = f"kata {self.words:03}"
        self.stage.rasa.senses[text] = Sense("minta_petugas" if asks else "salam")
        self.world.run(self.citizen.send(Inbound(InboundKind.TEXT, text=text)))
        self.undelivered += 1

    async def _press(self, what: str) -> None:
        conversation = await self.citizen.conversation()
        token = f"tekan-{self.stage.next_id()}-{self.world.days}"
        button = Button(what, "pilih", {"bidang": QUEUE, "nilai": what})
        async with self.stage.units() as uow:
            await uow.buttons.add({token: button}, conversation.id, self.stage.clock())
            await uow.commit()
        await self.citizen.send(Inbound(InboundKind.PRESS, token=token))

    def _work(self, *, crash_at: int | None, meanwhile: bool) -> None:
        self.stage.clock.advance(seconds=1)
        self.world.run(self._work_one(crash_at, meanwhile=meanwhile))

    async def _work_one(self, crash_at: int | None, *, meanwhile: bool) -> bool:
        """Work one turn; its worker may die, and another one may work during the bot's answer."""
        async with self.stage.units() as uow:
            found = await uow.conversations.lease_next("uji", self.stage.clock(), LEASE)
            await uow.commit()
        if found is None:
            return False
        owner = await self._officer()
        units = self.stage.units if crash_at is None else Crashing(self.stage.units, crash_at)
        shop = self.stage.shop(units)

        async def work_another() -> None:
            await self._work_one(None, meanwhile=False)

        if meanwhile:
            shop = replace(shop, rasa=Interrupted(self.stage, work_another))
        try:
            await work_on(shop, found)
        except Crash:
            self.stage.clock.advance(seconds=LEASE.total_seconds() + 1)
        if not meanwhile:
            await self._check_new_answers(owner)
        else:
            self.seen_answers |= {key for key, _ in await self._answers()}
        return True

    async def _deliver(self) -> None:
        """Send what is due; what the bot said before a human came must not go out."""
        conversation = await self.citizen.conversation()
        void = await self._rows(
            "key",
            f"state = 'menunggu' AND owner_version IS NOT NULL "
            f"AND owner_version <> {conversation.version}",
        )
        await self.stage.deliver()
        sent = {key for (key,) in await self._rows("key", "state = 'terkirim'")}
        assert not sent & {key for (key,) in void}, "the bot talked over a human"
        self.undelivered = 0

    # --- what always holds -------------------------------------------------------------------

    @invariant()
    def the_conversation_has_the_owner_that_its_handoff_says(self) -> None:
        async def look() -> None:
            conversation = await self.citizen.conversation()
            async with self.stage.units() as uow:
                all_of_it = await uow.handoffs.of_conversation(conversation.id)
            still_open = [handoff for handoff in all_of_it if handoff.is_open]
            assert len(still_open) <= 1
            expected = still_open[0].owner if still_open else Owner.BOT
            assert conversation.owner is expected
            served = still_open and still_open[0].state is HandoffState.SERVED
            assert not served or still_open[0].officer_id is not None

        self.world.run(look())

    async def _check_new_answers(self, owner: str | None) -> None:
        """Compare what an officer's turn sends to the citizen with who had the word before it."""
        for key, name in await self._answers():
            if key not in self.seen_answers:
                assert name == owner, "somebody else reached the citizen"
                self.seen_answers.add(key)

    async def _officer(self) -> str | None:
        conversation = await self.citizen.conversation()
        async with self.stage.units() as uow:
            handoff = await uow.handoffs.open_of(conversation.id)
            officer_id = handoff.officer_id if handoff else None
            officer = await uow.officers.get(officer_id) if officer_id else None
        return officer.name if officer else None

    async def _answers(self) -> list[tuple[str, str]]:
        rows = await self._rows("key, body", "key LIKE 'jawab:%'")
        found = []
        for key, body in rows:
            match = re.match(r"<b>(.*?)</b>", json.loads(body)["text"])
            assert match is not None
            found.append((key, match[1]))
        return found

    async def _rows(self, what: str, which: str) -> list[Any]:
        """Return rows of the outbox that go to the citizen, in order."""
        conversation = await self.citizen.conversation()
        sql = (
            f"SELECT {what} FROM outbox WHERE conversation_id = '{conversation.id}' "
            f"AND {which} ORDER BY id"
        )
        return await self._query(sql)

    async def _query(self, sql: str) -> list[Any]:
        async with self.stage.units() as uow:
            session: Any = uow
            connection = await session._session.connection()
            return list((await connection.exec_driver_sql(sql)).all())

    # --- at the end of the day ---------------------------------------------------------------

    def teardown(self) -> None:
        self.world.run(self._end_of_day())

    async def _end_of_day(self) -> None:
        for _ in range(200):
            self.stage.clock.advance(seconds=LEASE.total_seconds() + 1)
            if not await self._work_one(None, meanwhile=False):
                break
        await self._deliver()
        conversation = await self.citizen.conversation()
        await self._nothing_is_lost(conversation.id)
        await self._order_is_kept(conversation.id)
        await self._leave_nobody_waiting()

    async def _nothing_is_lost(self, conversation_id: ConversationId) -> None:
        """Every word was answered by the bot, and the answer sent, or shown to officers."""
        shown = await self._query(
            f"SELECT body FROM outbox WHERE about = '{conversation_id}' AND body IS NOT NULL"
        )
        to_officers = "\n".join(body for (body,) in shown)
        rows = await self._query(
            "SELECT inbox.inbound, inbox.turn_id, inbox.state FROM inbox "
            f"WHERE conversation_id = '{conversation_id}' ORDER BY id"
        )
        words = 0
        for inbound, turn_id, state in rows:
            said = json.loads(inbound)
            if said["kind"] != InboundKind.TEXT:
                continue
            words += 1
            assert state == "selesai"
            answered = await self._query(
                f"SELECT id FROM outbox WHERE key LIKE '{turn_id}:%' AND state = 'terkirim'"
            )
            assert answered or said["text"] in to_officers, f"{said['text']} was lost"
        assert words == self.words

    async def _order_is_kept(self, conversation_id: ConversationId) -> None:
        relayed = await self._query(
            f"SELECT body FROM outbox WHERE about = '{conversation_id}' "
            "AND key LIKE 'terus:%' ORDER BY id"
        )
        order = [word for (body,) in relayed for word in re.findall(r"kata \d+", body)]
        assert order == sorted(set(order))

    async def _leave_nobody_waiting(self) -> None:
        """End what is open, so that the next example's clock finds nothing of this one."""
        name = (await self.citizen.conversation()).id[:8]
        clerk = self.clerks[8]
        for command, text in (("ambil", name), ("selesai", None)):
            for each in (clerk, self.clerks[9]):
                inbound = Inbound(InboundKind.COMMAND, command=command, text=text)
                await each.send(inbound, topic=self.citizen)
                await self.stage.work()
        await self.stage.deliver()
        assert (await self.citizen.conversation()).owner is Owner.BOT


def test_no_order_of_events_breaks_a_handoff(world: World) -> None:
    machine = type("Day", (OfficersDay,), {"world": world})
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine, settings=settings(max_examples=80, stateful_step_count=35, deadline=None)
    )
