"""How many running conversations officers can serve, with Telegram's limits enforced.

Everybody writes one message in about 30 seconds: each citizen, and each officer to each of
their citizens. Nothing asks Rasa: an officer has the word in every conversation.
"""

import asyncio
import itertools
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.figures import Report, percentile
from desk.domain.conversation import Channel, Conversation, ConversationId, Owner, Session
from desk.domain.handoff import Handoff, HandoffId, HandoffState, Trigger
from desk.domain.officer import Officer, OfficerId
from desk.domain.outgoing import TopicState
from desk.domain.roles import Grant, Role
from desk.services.ports import UnitOfWork
from desk.services.tools import new_id
from desk.storage.migrate import upgrade
from desk.storage.open import open_storage
from simulator import BotApiServer
from simulator.groups import Group
from simulator.inbox import ArrivalFeed, InboxMessage, Mailbox
from simulator.people import Person
from simulator.system import Rasa, gateway_on

EVERY = (20.0, 40.0)  #: seconds between the messages of one writer, evenly spread
GROUPS = (8, 10, 12)  #: running conversations of the groups that are measured at once
PRIVATE_OFFICERS = 10
PRIVATE_EACH = 5
#: The first minute is easier, since nothing was sent in the minute before it.
GROUP_WARM, GROUP_SECONDS = 60.0, 120.0
PRIVATE_WARM, PRIVATE_SECONDS = 20.0, 60.0
GROUP_GOAL = 10.0
PATIENCE = 120.0


@dataclass
class Running:
    """One conversation that an officer serves, and where."""

    citizen: Person
    officer: Person
    group: Group | None = None
    thread: int | None = None
    shown: InboxMessage | None = None  #: what the officer saw last of the citizen

    @property
    def desk(self) -> ArrivalFeed:
        """Return the chat in which the officer reads."""
        return self.group.chat if self.group else self.officer.private


@dataclass
class Delays:
    """Seconds from writing to reading, by direction."""

    to_officers: list[float] = field(default_factory=list)
    to_citizens: list[float] = field(default_factory=list)


async def measure(report: Report, folder: Path) -> None:
    """Measure groups of several sizes at once, then private chats."""
    async with asyncio.TaskGroup() as tasks:
        groups = {
            size: tasks.create_task(_in_group(folder / f"grup-{size}", size)) for size in GROUPS
        }
    carried = 0
    for size, task in groups.items():
        delays = task.result()
        report.add(f"officers' group, {size} conversations", **_figures(delays))
        if percentile(delays.to_officers, 0.95) <= GROUP_GOAL:
            carried = size
    report.add("officers' groups", conversations_with_p95_below_10_s=carried)
    delays = await _in_private(folder / "pribadi")
    count = PRIVATE_OFFICERS * PRIVATE_EACH
    report.add(f"officers in private, {count} conversations", **_figures(delays))


def _figures(delays: Delays) -> dict[str, float]:
    return {
        "to_officers_p50_s": round(percentile(delays.to_officers, 0.50), 2),
        "to_officers_p95_s": round(percentile(delays.to_officers, 0.95), 2),
        "to_citizens_p95_s": round(percentile(delays.to_citizens, 0.95), 2),
        "n": len(delays.to_officers) + len(delays.to_citizens),
    }


async def _in_group(folder: Path, size: int) -> Delays:
    async with BotApiServer() as telegram:
        officers = [_person(telegram, 2000 + number) for number in range(size // 2)]
        group = telegram.sim.group(forum=True, members=officers)
        running = []
        for number in range(size):
            officer = officers[number % len(officers)]
            topic = await group.create_topic(officer, f"Warga {number}")
            citizen = _person(telegram, 1000 + number)
            running.append(Running(citizen, officer, group, topic.thread_id))
        settings = {"SAPA_OFFICER_GROUP_ID": str(group.id)}
        async with _serving(telegram, folder, running, settings):
            return await _talk(running, GROUP_WARM, GROUP_SECONDS)


async def _in_private(folder: Path) -> Delays:
    async with BotApiServer() as telegram:
        officers = [_person(telegram, 2000 + number) for number in range(PRIVATE_OFFICERS)]
        running = [
            Running(_person(telegram, 1000 + number), officer)
            for number, officer in enumerate(officers * PRIVATE_EACH)
        ]
        async with _serving(telegram, folder, running, {}):
            return await _talk(running, PRIVATE_WARM, PRIVATE_SECONDS)


def _person(telegram: BotApiServer, number: int) -> Person:
    person = telegram.sim.user(number, "Orang")
    person.private.has_started = True
    return person


# --- a desk in the middle of its work -----------------------------------------------------------


@asynccontextmanager
async def _serving(
    telegram: BotApiServer, folder: Path, running: list[Running], settings: dict[str, str]
) -> AsyncIterator[None]:
    """Run a gateway on a database in which the conversations are being served already."""
    await asyncio.to_thread(folder.mkdir)
    await _begin(f"sqlite+aiosqlite:///{folder / 'sapa.db'}", running)
    nobody = Rasa(folder, folder)  # only its address: it is never started
    async with gateway_on(telegram, nobody, folder, extra_env=settings):
        yield


async def _begin(database: str, running: list[Running]) -> None:
    await upgrade(database)
    storage = open_storage(database)
    async with storage.units() as uow:
        for each in running:
            await _store(uow, each)
        await uow.commit()
    await storage.close()


async def _store(uow: UnitOfWork, each: Running) -> None:
    now = datetime.now(UTC)
    officer = await uow.officers.add(
        Officer(
            OfficerId(new_id()),
            each.officer.id,
            "Petugas",
            now,
            (Grant(Role.KOORDINATOR),),
            serves_privately=each.group is None,
        )
    )
    conversation = Conversation(
        ConversationId(new_id()),
        Channel.TELEGRAM,
        str(each.citizen.id),
        now,
        Session(new_id()),
    ).handed_to(Owner.OFFICER)
    await uow.conversations.add(conversation)
    chat = str(each.group.id) if each.group else officer.private_chat
    waiting = Handoff(
        id=HandoffId(new_id()),
        conversation_id=conversation.id,
        trigger=Trigger.ASKED,
        asked_at=now,
        waiting_since=now,
        chat=chat,
    )
    served = replace(
        waiting,
        state=HandoffState.SERVED,
        officer_id=officer.id,
        taken_at=now,
        last_officer_at=now,
    )
    await uow.handoffs.add(served)
    if each.thread is not None:
        await uow.topics.put(chat, conversation.id, str(each.thread), TopicState.OPEN)


# --- talking ------------------------------------------------------------------------------------


async def _talk(running: list[Running], warm: float, seconds: float) -> Delays:
    """Let all write for a time; return the delays of what was written after the warm-up."""
    delays = Delays()
    begin = time.perf_counter() + warm
    end = begin + seconds
    async with asyncio.TaskGroup() as tasks:
        for number, each in enumerate(running):
            for writes in (_citizen_writes, _officer_writes):
                tasks.create_task(writes(each, number, begin, end, delays, tasks))
    return delays


async def _citizen_writes(
    each: Running,
    number: int,
    begin: float,
    end: float,
    delays: Delays,
    tasks: asyncio.TaskGroup,
) -> None:
    async for count in _moments(end):
        text = f"warga-{number:03}-{count:03}"
        written = time.perf_counter()
        await each.citizen.send_text(text)
        kept = delays.to_officers if written >= begin else []
        tasks.create_task(_read(each.desk, text, written, kept, each))


async def _officer_writes(
    each: Running,
    number: int,
    begin: float,
    end: float,
    delays: Delays,
    tasks: asyncio.TaskGroup,
) -> None:
    async for count in _moments(end):
        text = f"petugas-{number:03}-{count:03}"
        written = time.perf_counter()
        if each.group is not None:
            await each.officer.send_text(text, chat=each.group, thread=each.thread)
        elif each.shown is not None:
            await each.officer.send_text(text, reply_to=each.shown.message_id)
        else:
            continue
        kept = delays.to_citizens if written >= begin else []
        tasks.create_task(_read(each.citizen.private, text, written, kept))


async def _moments(end: float) -> AsyncIterator[int]:
    """Yield at the moments at which somebody writes."""
    at = time.perf_counter() + random.uniform(0, EVERY[1])
    for count in itertools.count():
        if at >= end:
            return
        await asyncio.sleep(at - time.perf_counter())
        yield count
        at += random.uniform(*EVERY)


async def _read(
    feed: ArrivalFeed,
    text: str,
    written: float,
    kept: list[float],
    each: Running | None = None,
) -> None:
    shown = await Mailbox(feed).wait_for(text, timeout=PATIENCE)
    kept.append(time.perf_counter() - written)
    if each is not None:
        each.shown = shown
