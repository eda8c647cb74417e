"""What goes when its time has come, and what must stay, on both databases."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from desk.domain.conversation import Channel
from desk.domain.inbound import Inbound, InboundKind
from desk.domain.lifecycle import Actor, HistoryEntry, Identity, Status
from desk.domain.outgoing import TopicState
from desk.domain.retention import GONE, Retention, Rule
from desk.domain.roles import Role
from desk.domain.ticket import Follower, Reporter, Ticket
from desk.domain.turn import InboxState
from desk.services.ports import UnitsOfWork
from desk.services.privacy import retention
from desk.services.turns.intake import Arrival, receive
from desk.storage.open import Storage
from desk.storage.tables import (
    Base,
    ConversationRow,
    HandoffEventRow,
    InboxRow,
    OutboxRow,
    TurnRow,
    TurnStepRow,
)
from tests.integration.officer_scenes import GROUP, Clerk, register
from tests.integration.scenes import LAMP, Citizen, Sense, Silence, Stage, file_lamp
from tests.integration.test_privacy_rights import live

KEEP = Retention()
DAY = timedelta(days=1)


@pytest.fixture
def officer_group() -> str:
    return GROUP


@pytest.fixture
def citizen(stage: Stage) -> Citizen:
    return stage.citizen("808080123", "Nama Warga Sekali")


async def everything(storage: Storage) -> list[str]:
    async with storage.engine.connect() as connection:
        return [
            json.dumps(dict(row), default=repr)
            for table in Base.metadata.sorted_tables
            for row in (await connection.execute(select(table))).mappings()
        ]


async def count(storage: Storage, table: type[Base], *which: Any) -> int:
    async with storage.engine.connect() as connection:
        found = await connection.scalar(select(func.count()).select_from(table).where(*which))
    return found or 0


async def close(stage: Stage, ticket: Ticket) -> None:
    """End a ticket now."""
    entry = HistoryEntry(stage.clock(), ticket.status, Status.CLOSED, Actor.SYSTEM)
    async with stage.units() as uow:
        found = await uow.tickets.lock(ticket.number)
        assert found is not None
        closed = replace(found, status=Status.CLOSED, history=(*found.history, entry))
        await uow.tickets.save(closed)
        await uow.commit()


async def test_what_is_young_stays(citizen: Citizen, storage: Storage) -> None:
    await live(citizen)
    before = await everything(storage)
    assert set((await retention.apply(citizen.stage.units, citizen.stage.tools)).values()) == {0}
    assert await everything(storage) == before


async def test_a_dry_run_counts_what_would_go_and_changes_nothing(
    citizen: Citizen, storage: Storage
) -> None:
    await live(citizen)
    citizen.stage.clock.advance(days=300)
    before = await everything(storage)
    due = await retention.due(citizen.stage.units, citizen.stage.tools)
    assert await everything(storage) == before
    told = [Rule.RAW, Rule.MESSAGES_IN, Rule.MESSAGES_OUT, Rule.OFFICERS, Rule.ANSWERS]
    assert all(due[rule] > 0 for rule in told)
    removed = await retention.apply(citizen.stage.units, citizen.stage.tools)
    # What one rule empties is no longer there for a later one.
    assert {rule: count for rule, count in removed.items() if count > due[rule]} == {}


async def test_words_go_and_the_open_ticket_keeps_its_citizen(
    citizen: Citizen, storage: Storage
) -> None:
    conversation_id = await live(citizen)
    stage = citizen.stage
    stage.clock.advance(days=300)
    await retention.apply(stage.units, stage.tools)
    assert await count(storage, InboxRow, InboxRow.inbound.is_not(None)) == 0
    assert await count(storage, OutboxRow, OutboxRow.body.is_not(None)) == 0
    to_officers = OutboxRow.conversation_id.is_(None)
    assert await count(storage, OutboxRow, to_officers) > 0
    assert await count(storage, OutboxRow, to_officers, OutboxRow.address != GONE) == 0
    assert await count(storage, TurnRow, TurnRow.understanding.is_not(None)) == 0
    assert await count(storage, TurnStepRow) == 0
    # The hand-off has not ended, so its notes are still needed.
    assert await count(storage, HandoffEventRow, HandoffEventRow.words.is_not(None)) > 0
    (ticket,) = await citizen.tickets()
    assert ticket.reporter.conversation_id == conversation_id
    assert ticket.description == LAMP
    assert (await citizen.conversation()).id == conversation_id
    again = await retention.apply(stage.units, stage.tools)
    assert set(again.values()) == {0}


@pytest.mark.parametrize(
    ("identity", "afterwards"),
    [(Identity.TERBUKA, Identity.ANONIM), (Identity.RAHASIA, Identity.RAHASIA)],
)
async def test_a_closed_ticket_loses_its_citizen_in_time_and_keeps_its_matter(
    citizen: Citizen, storage: Storage, identity: Identity, afterwards: Identity
) -> None:
    stage = citizen.stage
    ticket = await file_lamp(citizen)
    reporter = Reporter(ticket.reporter.conversation_id, "Siti Contoh", "081200000001")
    other = stage.citizen("999")
    await other.say("halo", "salam")
    follower = Follower((await other.conversation()).id, stage.clock(), "draf")
    async with stage.units() as uow:
        await uow.tickets.save(replace(ticket, identity=identity, reporter=reporter))
        await uow.tickets.follow(ticket.id, follower)
        await uow.commit()
    await close(stage, ticket)
    stage.clock.advance(days=365)
    await retention.apply(stage.units, stage.tools)
    async with stage.units() as uow:
        kept = await uow.tickets.get(ticket.number)
    assert kept is not None
    assert kept.reporter == reporter

    stage.clock.advance(days=1)
    await retention.apply(stage.units, stage.tools)
    async with stage.units() as uow:
        cut = await uow.tickets.get(ticket.number)
        assert await uow.tickets.followers(ticket.id) == []
    assert cut is not None
    assert (cut.reporter, cut.identity, cut.draft_id) == (Reporter(), afterwards, None)
    assert (cut.description, len(cut.history)) == (LAMP, 2)


async def test_an_idle_conversation_loses_its_address_and_who_writes_again_begins_anew(
    citizen: Citizen, storage: Storage
) -> None:
    stage = citizen.stage
    await citizen.say("halo", "salam")
    before = await citizen.conversation()
    stage.clock.advance(days=364)
    await retention.apply(stage.units, stage.tools)
    assert (await citizen.conversation()).id == before.id
    stage.clock.advance(days=2)
    removed = await retention.apply(stage.units, stage.tools)
    assert removed[Rule.IDLE] == 1
    assert not any("808080123" in row for row in await everything(storage))
    await citizen.say("halo", "salam")
    assert (await citizen.conversation()).id != before.id


async def test_emptied_rows_of_who_goes_on_talking_are_deleted_after_a_year(
    citizen: Citizen, storage: Storage
) -> None:
    await live(citizen)
    stage = citizen.stage
    began = stage.clock()
    old = {
        InboxRow: InboxRow.received_at <= began,
        OutboxRow: OutboxRow.created_at <= began,
        TurnRow: TurnRow.created_at <= began,
    }
    stage.clock.advance(days=364)
    await citizen.say("halo, saya masih di sini", "salam")
    await retention.apply(stage.units, stage.tools)
    emptied = {table: await count(storage, table, which) for table, which in old.items()}
    assert all(emptied.values())

    stage.clock.advance(days=2)
    removed = await retention.apply(stage.units, stage.tools)
    assert [await count(storage, table, which) for table, which in old.items()] == [0, 0, 0]
    assert [removed[rule] for rule in (Rule.UPDATES, Rule.SENT, Rule.TURNS)] == [
        emptied[table] for table in (InboxRow, OutboxRow, TurnRow)
    ]
    assert removed[Rule.IDLE] == removed[Rule.EMPTY] == 0
    again = await citizen.conversation()
    (ticket,) = await citizen.tickets()
    assert ticket.belongs_to(again.id)


async def test_an_update_of_the_last_month_is_known_again_though_it_was_emptied(
    citizen: Citizen, storage: Storage
) -> None:
    stage = citizen.stage
    stage.use(
        replace(stage.tools, retention=Retention(messages=DAY, raw=DAY, officers=DAY, idle=DAY))
    )
    inbound = Inbound(InboundKind.TEXT, text="halo selamat pagi semua")
    arrival = Arrival(Channel.TELEGRAM, "u1", {"a": 1}, address=citizen.address, inbound=inbound)
    assert await receive(stage.units, stage.tools, Silence(), [arrival]) == 1
    await stage.work()
    stage.clock.advance(days=29)
    await citizen.say("saya masih di sini", "salam")
    await retention.apply(stage.units, stage.tools)
    assert await receive(stage.units, stage.tools, Silence(), [arrival]) == 0

    stage.clock.advance(days=2)
    await citizen.say("saya masih di sini", "salam")
    await retention.apply(stage.units, stage.tools)
    assert await count(storage, InboxRow, InboxRow.external_id == "u1") == 0


async def test_officers_keep_their_chats(citizen: Citizen, storage: Storage) -> None:
    await live(citizen)
    officer = citizen.stage.citizen("7001", "Ibu Petugas")
    await officer.say("halo", "salam")
    citizen.stage.clock.advance(days=500)
    await retention.apply(citizen.stage.units, citizen.stage.tools)
    addresses = ConversationRow.address.in_(["7001", GROUP])
    assert await count(storage, ConversationRow, addresses) == 2


async def test_what_could_not_be_read_goes_too(
    stage: Stage, storage: Storage, units: UnitsOfWork
) -> None:
    async with units() as uow:
        await uow.inbox.add(
            Channel.TELEGRAM,
            "1",
            conversation_id=None,
            inbound=None,
            raw={"rusak": "kata-kata"},
            received_at=stage.clock(),
            state=InboxState.QUARANTINED,
        )
        await uow.commit()
    stage.clock.advance(days=29)
    await retention.apply(stage.units, stage.tools)
    assert any("kata-kata" in row for row in await everything(storage))
    stage.clock.advance(days=2)
    await retention.apply(stage.units, stage.tools)
    assert await count(storage, InboxRow) == 0


async def test_what_still_waits_or_runs_is_never_removed(
    citizen: Citizen, storage: Storage
) -> None:
    await citizen.send(Inbound(InboundKind.TEXT, text="pesan yang menunggu lama"))
    citizen.stage.clock.advance(days=4000)
    await retention.apply(citizen.stage.units, citizen.stage.tools)
    citizen.stage.rasa.senses["pesan yang menunggu lama"] = Sense("salam")
    assert await citizen.hear() == citizen.stage.tools.say("basa_basi.salam")


async def test_more_than_a_batch_is_removed_batch_by_batch(
    citizen: Citizen, storage: Storage
) -> None:
    stage = citizen.stage
    async with stage.units() as uow:
        for number in range(retention.BATCH + 7):
            await uow.inbox.add(
                Channel.TELEGRAM,
                f"lain-{number}",
                conversation_id=None,
                inbound=None,
                raw={"isi": number},
                received_at=stage.clock(),
                state=InboxState.IGNORED,
            )
        await uow.commit()
    stage.clock.advance(days=15)
    told: list[tuple[Rule, int]] = []
    await retention.apply(stage.units, stage.tools, lambda rule, n: told.append((rule, n)))
    assert [n for rule, n in told if rule is Rule.RAW] == [retention.BATCH, retention.BATCH + 7]


async def serve_once(citizen: Citizen, budi: Clerk) -> None:
    """Have an officer serve a citizen in the topic of the conversation, from card to end."""
    await citizen.say("mau bicara petugas", "minta_petugas")
    await budi.press("Ambil", topic=citizen)
    await budi.command("selesai", topic=citizen)


async def topics_in_group(stage: Stage, *citizens: Citizen) -> list[bool]:
    """Return for each citizen whether the desk has not had their topic deleted."""
    gone = {
        body.topic.conversation_id
        for body in stage.messenger.to(GROUP)
        if body.topic and body.leaves_topic is TopicState.DELETED
    }
    return [(await each.conversation()).id not in gone for each in citizens]


async def test_the_topic_of_a_conversation_goes_after_its_time_unless_it_is_served_again(
    stage: Stage,
) -> None:
    budi = await register(stage, 8, "Budi Uji", Role.KOORDINATOR)
    once, again, lately = (stage.citizen(str(number)) for number in (1, 2, 3))
    for citizen in (once, again):
        await serve_once(citizen, budi)
    stage.clock.advance(days=50)
    await serve_once(lately, budi)
    stage.clock.advance(days=41)
    await again.say("mau bicara petugas", "minta_petugas")
    due = await retention.due(stage.units, stage.tools)
    for _ in range(2):
        await retention.retire_some_topics(stage.units, stage.tools)
        await budi.hear(GROUP)

    assert due[Rule.TOPICS] == 1
    assert await topics_in_group(stage, once, again, lately) == [False, True, True]
    assert (await retention.due(stage.units, stage.tools))[Rule.TOPICS] == 0


async def test_all_topics_that_are_due_go_when_an_admin_asks(stage: Stage) -> None:
    budi = await register(stage, 8, "Budi Uji", Role.KOORDINATOR)
    citizens = [stage.citizen(str(number)) for number in range(retention.TOPICS_AT_ONCE + 1)]
    for citizen in citizens:
        await serve_once(citizen, budi)
    stage.clock.advance(days=91)
    removed = await retention.apply(stage.units, stage.tools)
    await budi.hear(GROUP)

    assert removed[Rule.TOPICS] == len(citizens)
    assert not any(await topics_in_group(stage, *citizens))


async def test_the_daily_run_happens_once_a_day(citizen: Citizen, storage: Storage) -> None:
    stage = citizen.stage
    await retention.daily(stage.units, stage.tools)
    await citizen.say("halo", "salam")
    stage.use(replace(stage.tools, retention=replace(KEEP, raw=timedelta(minutes=1))))
    stage.clock.advance(hours=23)
    await retention.daily(stage.units, stage.tools)
    assert await count(storage, InboxRow, InboxRow.raw != {}) == 1
    stage.clock.advance(hours=2)
    await retention.daily(stage.units, stage.tools)
    assert not any("update_id" in row for row in await everything(storage))
