"""Whatever citizens, bot, officers, crashes and clocks do in whatever order, some things hold.

Never two owners; nobody but the owner reaches the citizen; the bot never talks over a human; no
word of the citizen is lost, none is shown twice, and their order is kept. All of it is looked at
after every single transaction.
"""

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from sqlalchemy import delete

from desk.domain.conversation import ConversationId, Owner
from desk.domain.handoff import HandoffId, HandoffState
from desk.domain.inbound import Inbound, InboundKind
from desk.domain.presses.citizens import AboutWait, WaitAct, WaitForOfficer
from desk.domain.presses.officers import ForwardConversation
from desk.domain.reply import Button
from desk.domain.roles import Role
from desk.domain.turn import InboxState
from desk.services.errors import RasaUnavailable, TurnFailed
from desk.services.handoffs import watch
from desk.services.handoffs.chats import chat_at
from desk.services.ports import TurnAnswer, TurnRequest, UnitOfWork, UnitsOfWork
from desk.services.turns.working import LEASE, work_on
from desk.services.turns.workshop import Workshop
from desk.storage.open import Storage, open_storage
from desk.storage.tables import Base
from tests.integration.crashing import Crash, Crashing
from tests.integration.officer_scenes import GROUP, register
from tests.integration.scenes import Rasa, Sense, Stage

T = TypeVar("T")
OFFICE = "disdukcapil"
BUDI, CICI, ANI = 8, 9, 7
GREETING = re.compile(r"Anda sekarang dilayani oleh <b>(.*?)</b>")
ANSWER = re.compile(r"<b>(.*?)</b>.*\njawaban (\S+) (\d+)", re.DOTALL)
#: What the bot says by itself: answers, and what an officer's arrival makes void.
BOT = "(answers IS NOT NULL OR owner_version IS NOT NULL)"


@dataclass
class World:
    """One database and one loop for all examples; each begins with empty tables."""

    runner: asyncio.Runner
    storage: Storage

    def run(self, what: Awaitable[T]) -> T:
        async def awaited() -> T:
            return await what

        return self.runner.run(awaited())

    async def empty(self) -> None:
        async with self.storage.engine.begin() as connection:
            for table in reversed(Base.metadata.sorted_tables):
                await connection.execute(delete(table))


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with asyncio.Runner() as runner:
        storage = open_storage(database_url)
        runner.run(storage.start())
        yield World(runner, storage)
        runner.run(storage.close())


Step = Callable[[], Awaitable[None]]


@dataclass
class Watched:
    """Units of work before which something else may happen, and after which somebody looks."""

    units: UnitsOfWork
    before: Step
    after: Step

    def __call__(self) -> Any:
        return _WatchedUnit(self.units(), self)


class _WatchedUnit:
    def __init__(self, unit: UnitOfWork, watched: Watched) -> None:
        self._unit = unit
        self._watched = watched

    async def __aenter__(self) -> "_WatchedUnit":
        await self._watched.before()
        await self._unit.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self._unit.__aexit__(*error)

    async def commit(self) -> None:
        await self._unit.commit()
        await self._watched.after()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._unit, name)


@dataclass
class Moody:
    """Rasa, which may be away and breaks over some words."""

    rasa: Rasa
    is_away: bool

    async def take_turn(self, request: TurnRequest) -> TurnAnswer:
        if self.is_away:
            raise RasaUnavailable
        if "racun" in (request.text or ""):
            raise TurnFailed
        return await self.rasa.take_turn(request)

    async def intent_of(self, text: str) -> str:
        if self.is_away:
            raise RasaUnavailable
        return await self.rasa.intent_of(text)


class OfficersDay(RuleBasedStateMachine):
    """One citizen, three officers and their group, and everything that may happen to them."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.words = self.answers = 0
        self.seen_to_citizen = self.seen_to_officers = 0
        self.served: tuple[str, str] | None = None  #: hand-off and officer at the last look
        self.void: set[int] = set()  #: what the bot had not sent when an officer came
        self.shown: dict[int, set[tuple[str, str]]] = defaultdict(set)  #: word → hand-off, chat
        self.last_in: dict[str, int] = {}  #: chat → the last word shown there
        self.stage = Stage(self.world.storage.units, officer_group=GROUP)
        self.citizen = self.stage.citizen()
        self.world.run(self._begin())

    async def _begin(self) -> None:
        await self.world.empty()
        self.clerks = {
            BUDI: await register(self.stage, BUDI, "Budi Uji"),
            CICI: await register(self.stage, CICI, "Cici Uji"),
            ANI: await register(self.stage, ANI, "Ani Uji", Role.PETUGAS, OFFICE),
        }
        await self._say("salam")
        self.conversation_id = (await self.citizen.conversation()).id

    # --- what may happen ---------------------------------------------------------------------

    @rule(what=st.sampled_from(["salam", "salam", "minta_petugas", "darurat", "racun"]))
    def citizen_writes(self, what: str) -> None:
        self.world.run(self._say(what))

    @rule(press=st.sampled_from([*map(AboutWait, WaitAct), WaitForOfficer()]))
    def citizen_presses(self, press: AboutWait | WaitForOfficer) -> None:
        self.world.run(self._press(Button("", press=press)))

    @rule(who=st.sampled_from([BUDI, CICI, ANI]), private=st.booleans())
    def officer_takes(self, who: int, private: bool) -> None:
        self._command(who, "ambil", self.conversation_id[:8], private=private)

    @rule(who=st.sampled_from([BUDI, CICI, ANI]), private=st.booleans())
    def officer_writes(self, who: int, private: bool) -> None:
        self.answers += 1
        lane = "pribadi" if private else "grup"
        inbound = Inbound(InboundKind.TEXT, text=f"jawaban {lane}-{who} {self.answers}")
        self.world.run(self._hand_in(who, inbound, private=private))

    @rule(
        who=st.sampled_from([BUDI, CICI, ANI]),
        how=st.sampled_from(["kembalikan", "selesai"]),
        private=st.booleans(),
    )
    def officer_ends(self, who: int, how: str, private: bool) -> None:
        self._command(who, how, private=private)

    @rule(who=st.sampled_from([BUDI, CICI, ANI]), office=st.sampled_from([OFFICE, ""]))
    def officer_passes_it_on(self, who: int, office: str) -> None:
        self.world.run(self._pass_on(who, office))

    @rule(who=st.sampled_from([BUDI, CICI, ANI]))
    def officer_begins_or_ceases_to_serve_in_private(self, who: int) -> None:
        self._command(who, "pribadi", private=True)

    @rule(minutes=st.sampled_from([1, 6, 11, 25, 90]))
    def time_passes(self, minutes: int) -> None:
        self.stage.clock.advance(minutes=minutes)
        self.world.run(watch.look(self._units(), self.stage.tools))

    @rule(crash_at=st.integers(1, 60))
    def worker_dies(self, crash_at: int) -> None:
        self.stage.clock.advance(seconds=1)
        self.world.run(self._work(crash_at=crash_at))

    @rule(at=st.integers(2, 5), turns=st.integers(1, 3))
    def others_work_between_two_steps_of_a_worker(self, at: int, turns: int) -> None:
        self.stage.clock.advance(seconds=1)
        self.world.run(self._work(others_at=at, others=turns))

    @rule(
        who=st.sampled_from([BUDI, CICI, ANI]),
        at=st.integers(2, 5),
        goes=st.booleans(),
        private=st.booleans(),
    )
    def officer_comes_while_the_bot_answers(
        self, who: int, at: int, goes: bool, private: bool
    ) -> None:
        self.citizen_writes("salam")
        self.officer_takes(who, private)
        if goes:
            self.officer_ends(who, "kembalikan", private)
        self.others_work_between_two_steps_of_a_worker(at, 1 + goes)

    @rule()
    def rasa_is_away(self) -> None:
        self.stage.clock.advance(seconds=1)
        self.world.run(self._work(is_away=True))

    @rule(turns=st.integers(1, 4))
    def a_worker_works(self, turns: int) -> None:
        self.stage.clock.advance(seconds=1)
        for _ in range(turns):
            self.world.run(self._work())

    @rule()
    def sender_sends(self) -> None:
        self.world.run(self._deliver())

    @rule()
    def sender_dies_while_it_sends(self) -> None:
        self.world.run(self.stage.sender.take_due())

    # --- how it happens ----------------------------------------------------------------------

    async def _say(self, what: str) -> None:
        self.words += 1
        text = f"kata {self.words:03}" + (" racun" if what == "racun" else "")
        self.stage.rasa.senses[text] = Sense(what)
        self._tick()
        await self.citizen.send(Inbound(InboundKind.TEXT, text=text))

    async def _press(self, pressed: Button) -> None:
        token = f"tekan-{self.stage.next_id()}"
        async with self.stage.units() as uow:
            await uow.buttons.add({token: pressed}, self.conversation_id, self.stage.clock())
            await uow.commit()
        self._tick()
        await self.citizen.send(Inbound(InboundKind.PRESS, token=token))

    def _command(self, who: int, command: str, words: str | None = None, *, private: bool) -> None:
        inbound = Inbound(InboundKind.COMMAND, command=command, text=words)
        self.world.run(self._hand_in(who, inbound, private=private))

    async def _hand_in(self, who: int, inbound: Inbound, *, private: bool) -> None:
        self._tick()
        topic = None if private else self.citizen
        await self.clerks[who].send(inbound, topic=topic, private=private)

    def _tick(self) -> None:
        """Let no two things happen at the same moment, or chance would decide which is first."""
        self.stage.clock.advance(milliseconds=1)

    async def _pass_on(self, who: int, office: str) -> None:
        token = f"tekan-{self.stage.next_id()}"
        async with self.stage.units() as uow:
            handoff = await uow.handoffs.open_of(self.conversation_id)
            which = handoff.id if handoff else HandoffId("tiada")
            press = ForwardConversation(self.conversation_id, which, office or None)
            pressed = Button("", press=press)
            lane = await chat_at(uow, self.stage.tools, GROUP)
            await uow.buttons.add({token: pressed}, lane.id, self.stage.clock())
            await uow.commit()
        inbound = Inbound(InboundKind.PRESS, token=token)
        await self._hand_in(who, inbound, private=False)

    async def _work(
        self,
        *,
        crash_at: int | None = None,
        others_at: int | None = None,
        others: int = 1,
        is_away: bool = False,
    ) -> bool:
        """Work one turn; its worker may die, and others may work between two of its steps."""
        self._tick()
        found = await self.stage.find_due()
        if found is None:
            return False
        opened = 0

        async def work_others() -> None:
            nonlocal opened
            opened += 1
            if opened == others_at:
                for _ in range(others):
                    await self._work()

        units = self._units(work_others)
        shop = self._shop(units if crash_at is None else Crashing(units, crash_at), is_away)
        try:
            await work_on(shop, found)
        except Crash:
            self.stage.clock.advance(seconds=LEASE.total_seconds() + 1)
        return True

    def _units(self, before: Step | None = None) -> UnitsOfWork:
        async def nothing() -> None:
            pass

        return Watched(self.stage.units, before or nothing, self._look)

    def _shop(self, units: UnitsOfWork, is_away: bool) -> Workshop:
        shop = self.stage.shop(units)
        rasa = replace(self.stage.rasa, units=units)
        return replace(shop, rasa=Moody(rasa, is_away))

    async def _deliver(self) -> None:
        """Send what is due; what the bot said before a human came must not go out."""
        await self.stage.sender.recover()
        await self.stage.deliver()
        sent = await self._query("SELECT id FROM outbox WHERE state = 'terkirim'")
        assert not self.void & {row for (row,) in sent}, "the bot talked over a human"

    # --- what holds after every transaction --------------------------------------------------

    async def _look(self) -> None:
        owner, version = (
            await self._query(
                f"SELECT owner, version FROM conversations WHERE id = '{self.conversation_id}'"
            )
        )[0]
        still_open = await self._query(
            "SELECT h.id, h.state, h.officer_id, h.chat, o.name FROM handoffs h "
            "LEFT JOIN officers o ON o.id = h.officer_id "
            f"WHERE h.conversation_id = '{self.conversation_id}' AND h.state <> 'selesai'"
        )
        assert len(still_open) <= 1, "two hand-offs"
        handoff, state, officer, chat, name = (
            still_open[0] if still_open else (None, HandoffState.ENDED, None, None, None)
        )
        is_served = state == HandoffState.SERVED
        expected = {HandoffState.WAITING: Owner.WAITING, HandoffState.SERVED: Owner.OFFICER}
        assert owner == expected.get(HandoffState(state), Owner.BOT), "two owners"
        assert is_served == (officer is not None)
        served = (handoff, officer) if handoff and officer else None
        if served and self.served and served[0] == self.served[0]:
            assert served == self.served, "taken from an officer who serves"
        if served and served != self.served:
            self.void |= await self._unsent_of_bot()
        self.served = served
        await self._look_at_citizen(name if is_served else None, version)
        await self._look_at_officers(handoff)
        if is_served:
            await self._nothing_is_kept_from(handoff, chat)

    async def _unsent_of_bot(self) -> set[int]:
        rows = await self._query(
            f"SELECT id FROM outbox WHERE conversation_id = '{self.conversation_id}' "
            f"AND state IN ('menunggu', 'dikirim') AND {BOT}"
        )
        return {row for (row,) in rows}

    async def _look_at_citizen(self, officer: str | None, version: int) -> None:
        """Look at what was queued for the citizen, by whom, while who had the word."""
        new = await self._query(
            f"SELECT id, said_chat, {BOT}, owner_version, body FROM outbox "
            f"WHERE conversation_id = '{self.conversation_id}' AND id > {self.seen_to_citizen} "
            "ORDER BY id"
        )
        for row, said_chat, is_bots, owner_version, body in new:
            self.seen_to_citizen = row
            if said_chat is not None:
                value = body if isinstance(body, dict) else json.loads(body)
                answer = ANSWER.match(value["text"])
                assert answer is not None
                assert answer[1] == officer, "somebody else reached the citizen"
            elif is_bots and officer is not None:
                is_void = owner_version is not None and owner_version != version
                assert is_void, "the bot talks over a human"

    async def _look_at_officers(self, handoff: str | None) -> None:
        """Look at which words were shown to officers, where, and in which order."""
        new = await self._query(
            "SELECT id, relays, address FROM outbox "
            f"WHERE about = '{self.conversation_id}' AND id > {self.seen_to_officers} "
            "ORDER BY id"
        )
        for row, word, chat in new:
            self.seen_to_officers = row
            if word is None:
                continue
            assert handoff is not None, "shown without a hand-off"
            assert word > self.last_in.get(chat, 0), "shown out of order"
            self.last_in[chat] = word
            earlier = {where for where, _ in self.shown[word]}
            assert earlier <= {handoff}, "shown to officers of two hand-offs"
            self.shown[word].add((handoff, chat))
        if new:
            answered = await self._query(self._words_with(sent=True))
            shown_now = {word for _, word, _ in new if word is not None}
            assert not shown_now & {word for (word,) in answered}, "shown though answered"

    async def _nothing_is_kept_from(self, handoff: str, chat: str) -> None:
        """Whatever the bot did not answer, who serves sees, unless others were shown it before."""
        for (word,) in await self._query(self._words_with(sent=False)):
            seen = self.shown[word]
            assert (handoff, chat) in seen or any(where != handoff for where, _ in seen), "lost"

    def _words_with(self, *, sent: bool) -> str:
        """Return a query for the words that were worked and whose answer was sent, or not."""
        return (
            f"SELECT i.id FROM inbox i WHERE i.conversation_id = '{self.conversation_id}' "
            f"AND i.kind = 'teks' AND i.state IN ('{InboxState.DONE}', '{InboxState.QUARANTINED}')"
            f" AND {'' if sent else 'NOT'} EXISTS (SELECT 1 FROM outbox o "
            "WHERE o.answers = i.turn_id AND o.state = 'terkirim')"
        )

    async def _query(self, sql: str) -> list[Any]:
        async with self.world.storage.engine.connect() as connection:
            return list((await connection.exec_driver_sql(sql)).all())

    # --- at the end of the day ---------------------------------------------------------------

    def teardown(self) -> None:
        self.world.run(self._end_of_day())

    async def _end_of_day(self) -> None:
        is_work_left = True
        while is_work_left:
            self.stage.clock.advance(minutes=1)  # longer than any pause between two tries
            is_work_left = await self._work()
        while await self._query("SELECT id FROM outbox WHERE state IN ('menunggu', 'dikirim')"):
            await self._deliver()
        await self._look()
        await self._nothing_is_lost(self.conversation_id)
        self._officers_read_in_order()
        self._citizen_reads_in_order()

    async def _nothing_is_lost(self, conversation_id: ConversationId) -> None:
        """Every word was answered by the bot, and the answer sent, or shown to officers."""
        words = await self._query(
            f"SELECT id, turn_id, state FROM inbox WHERE conversation_id = '{conversation_id}' "
            "AND kind = 'teks'"
        )
        answered = {
            turn
            for (turn,) in await self._query(
                f"SELECT answers FROM outbox WHERE conversation_id = '{conversation_id}' "
                "AND state = 'terkirim'"
            )
        }
        apologies = await self._query(
            f"SELECT id FROM outbox WHERE conversation_id = '{conversation_id}' AND "
            "state = 'terkirim' AND answers IS NULL AND owner_version IS NOT NULL"
        )
        assert len(words) == self.words
        for word, turn, state in words:
            assert state in {InboxState.DONE, InboxState.QUARANTINED}
            is_excused = state == InboxState.QUARANTINED and bool(apologies)
            assert self.shown[word] or turn in answered or is_excused, "lost"

    def _officers_read_in_order(self) -> None:
        for chat in (GROUP, *map(str, self.clerks)):
            relays = "".join(
                body.text for body in self.stage.messenger.to(chat) if "<b>Warga" in body.text
            )
            read = re.findall(r"kata \d+", relays)
            assert read == sorted(set(read))
            shown = [word for word, where in self.shown.items() if chat in {c for _, c in where}]
            assert relays.count("<b>Warga") == len(shown)

    def _citizen_reads_in_order(self) -> None:
        """Answers come in the order in which they were written, and from who was announced."""
        read: dict[str, int] = defaultdict(int)
        announced = None
        for body in self.citizen.heard:
            if greeting := GREETING.match(body.text):
                announced = greeting[1]
            elif answer := ANSWER.match(body.text):
                assert answer[1] == announced
                assert int(answer[3]) > read[answer[2]]
                read[answer[2]] = int(answer[3])


def test_no_order_of_events_breaks_a_handoff(world: World) -> None:
    machine = type("Day", (OfficersDay,), {"world": world})
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=15,
            stateful_step_count=40,
            derandomize=True,  # to search on, take this away and more examples
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
