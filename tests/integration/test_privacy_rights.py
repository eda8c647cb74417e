"""What citizens may ask of their own data: all of it in a file, and all of it gone."""

import asyncio
import io
import json
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from desk.domain.conversation import Channel, Conversation, ConversationId, Owner
from desk.domain.handoff import EventKind, Handoff, HandoffEvent, HandoffId, Trigger
from desk.domain.inbound import Inbound, InboundKind
from desk.domain.lifecycle import Identity
from desk.domain.officer import Officer, OfficerId
from desk.domain.outgoing import CopyOf, Outgoing, Topic, TopicState
from desk.domain.presses.pending import ReasonAsked
from desk.domain.privacy import IdentityOpening
from desk.domain.roles import Grant, Role
from desk.domain.ticket import Follower, Reporter
from desk.services.handoffs.chats import chat_at
from desk.services.ports import UnitOfWork
from desk.services.privacy import erasing, my_data, retention
from desk.services.talk.linking import make_link
from desk.services.turns import intake
from desk.services.turns.working import LEASE
from desk.storage.open import Storage
from desk.storage.tables import Base, InboxRow, PrivacyRequestRow
from tests.integration.crashing import Crash, Crashing
from tests.integration.officer_scenes import GROUP
from tests.integration.scenes import LAMP, LAMP_SENSE, Citizen, Sense, Silence, Stage

NAME = "Nama Warga Sekali"
ADDRESS = "808080123"
REPORTER = "Siti Pelapor Contoh"
PHONE = "081200000001"
OFFICER_CHAT = "7001"
LAT = -2.671234


@pytest.fixture
def officer_group() -> str:
    return GROUP


@pytest.fixture
def citizen(stage: Stage) -> Citizen:
    return stage.citizen(ADDRESS, NAME)


async def rows(storage: Storage) -> list[tuple[str, str]]:
    """Return every row of every table as its table's name and all its contents."""
    found = []
    async with storage.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for row in (await connection.execute(select(table))).mappings():
                text = json.dumps(dict(row), default=repr, ensure_ascii=False)
                found.append((table.name, text))
    return found


async def live(citizen: Citizen) -> ConversationId:
    """Leave a trace of a citizen in every table that can hold one; return the conversation."""
    stage = citizen.stage
    await citizen.say("halo, ini kata-kata rahasiaku", "salam")
    await citizen.say(LAMP, **LAMP_SENSE)
    await citizen.press("Saya setuju", "Tanpa foto", "Rahasia", "Kirim")
    conversation = await citizen.conversation()
    (ticket,) = await citizen.tickets()
    async with stage.units() as uow:
        reporter = Reporter(conversation.id, REPORTER, PHONE)
        await uow.tickets.save(replace(ticket, reporter=reporter, rating_words="ulasan rahasiaku"))
        await uow.commit()
    await citizen.say("jalan di Rimuku berlubang isian kedua", categories=())
    await citizen.photos("foto-pribadi")
    await citizen.pin(lat=LAT)
    await citizen.send(Inbound(InboundKind.CONTACT, phone=PHONE))
    await citizen.hear()
    await serve(stage, conversation.id)
    tools = replace(stage.tools, bot_name=lambda: "sapa_uji_bot")
    async with stage.units() as uow:
        await make_link(uow, tools, conversation.id, ticket.number)
        await uow.tickets.follow(ticket.id, Follower(conversation.id, stage.clock(), "draf-lain"))
        opening = IdentityOpening(
            "b1", ticket.id, OfficerId("o"), stage.clock(), "perlu dihubungi"
        )
        await uow.privacy.note_opening(opening)
        await uow.commit()
    return conversation.id


async def serve(stage: Stage, conversation_id: ConversationId) -> None:
    """Have an officer serve the citizen in a topic and answer by copies."""
    now = stage.clock()
    officer = Officer(
        OfficerId("o"), int(OFFICER_CHAT), "Ibu Petugas", now, (Grant(Role.INTEGRITAS, None),)
    )
    said = {
        "10": "jawaban petugas untuk warga",
        "11": "// catatan tentang warga itu",
    }
    handoff = Handoff(
        id=HandoffId("h"),
        conversation_id=conversation_id,
        trigger=Trigger.ASKED,
        asked_at=now,
        waiting_since=now,
        chat=GROUP,
    ).taken_by(officer.id, now, chat=GROUP)
    async with stage.units() as uow:
        await uow.officers.add(officer)
        conversation = await uow.conversations.lock(conversation_id)
        await uow.conversations.save(conversation.handed_to(Owner.OFFICER))
        await uow.handoffs.add(handoff)
        note = HandoffEvent(now, EventKind.NOTE, officer.id, "catatan tentang warga itu")
        await uow.handoffs.note(handoff.id, note, key="h:1")
        await uow.topics.put(GROUP, conversation_id, "55", TopicState.OPEN)
        copy = Outgoing("", copies=CopyOf(GROUP, "10"))
        await uow.outbox.add(conversation, copy, key="salinan", now=now)
        card = Outgoing(f"Kartu {NAME}", topic=Topic(conversation_id, "AB12"))
        await uow.outbox.add_to(
            Channel.TELEGRAM, GROUP, card, key="kartu", now=now, about=conversation_id
        )
        alone = Outgoing(f"Pribadi {NAME}")
        await uow.outbox.add_to(
            Channel.TELEGRAM, OFFICER_CHAT, alone, key="pribadi", now=now, about=conversation_id
        )
        await uow.commit()
    for message_id, words in said.items():
        inbound = Inbound(
            InboundKind.TEXT,
            text=words,
            sender=OFFICER_CHAT,
            thread="55",
            external_message_id=message_id,
        )
        arrival = intake.Arrival(
            Channel.OFFICERS,
            f"g{message_id}",
            {"message": {"text": words}},
            address=GROUP,
            inbound=inbound,
        )
        await intake.receive(stage.units, stage.tools, Silence(), [arrival])
    await stage.work()
    await stage.deliver()


#: What must not be found after an erasure, beyond the matter of the ticket.
TRACES = (
    NAME,
    ADDRESS,
    REPORTER,
    PHONE,
    "rahasiaku",
    "isian kedua",
    str(LAT),
    "jawaban petugas",
    "catatan tentang",
    "foto-pribadi",
)


async def test_a_citizen_gets_a_file_with_everything_that_is_stored(
    citizen: Citizen, storage: Storage
) -> None:
    conversation_id = await live(citizen)
    assert (await citizen.conversation()).owner is Owner.OFFICER
    answer = await citizen.command("datasaya")
    assert "1 laporan" in answer

    body = citizen.heard[-1]
    assert body.document == "data-saya.zip"
    packed = await my_data.pack(citizen.stage.units, conversation_id, citizen.stage.clock())
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        written = archive.read("data-saya.json").decode()
        pictures = [name for name in archive.namelist() if name.startswith("foto/")]
    data = json.loads(written)

    stored = await rows(storage)
    for trace in (*TRACES, LAMP):
        assert any(trace in content for _, content in stored), trace
        assert trace in written, trace
    assert len(pictures) == 1
    (report,) = data["laporan"]
    (opened,) = report["identitas_dibuka"]
    assert (opened["petugas"], opened["alasan"]) == ("Ibu Petugas", "perlu dihubungi")
    assert data["percakapan_dengan_petugas"][0]["petugas"] == "Ibu Petugas"
    assert data["permintaan_data"][0]["jenis"] == "akses"


async def test_the_file_is_not_sent_twice_within_minutes(citizen: Citizen) -> None:
    await citizen.command("datasaya")
    assert "baru saja" in await citizen.command("datasaya")
    citizen.stage.clock.advance(minutes=6)
    assert "semua data Anda" in await citizen.say("Data saya.", "di_luar_topik")


async def erase(citizen: Citizen) -> str:
    await citizen.command("hapusdata")
    return await citizen.press("Ya, hapus data saya")


async def assert_erased(storage: Storage, conversation_id: str) -> None:
    for table, content in await rows(storage):
        for trace in TRACES:
            assert trace not in content, (table, trace, content)
        if LAMP in content:
            assert table == "tickets", content
            assert conversation_id not in content


async def settle(stage: Stage) -> None:
    """Let the watch over an erasure end, and the empty new conversation go."""
    stage.clock.advance(hours=25)
    await erasing.complete(stage.units, stage.tools)
    await retention.apply(stage.units, stage.tools)


async def test_after_an_erasure_nothing_of_the_citizen_is_found_but_the_matter(
    citizen: Citizen, storage: Storage
) -> None:
    conversation_id = await live(citizen)
    (ticket,) = await citizen.tickets()
    answer = await erase(citizen)

    assert "Data Anda sudah dihapus" in answer
    assert ticket.number in answer
    async with citizen.stage.units() as uow:
        found = await uow.tickets.get(ticket.number)
    assert found is not None
    heir = await citizen.conversation()
    assert heir.id != conversation_id
    assert found.description == ticket.description
    assert found.code_hash is not None
    assert (found.identity, found.reporter.name) == (Identity.RAHASIA, None)
    await settle(citizen.stage)
    await assert_erased(storage, conversation_id)


async def test_officers_are_told_and_their_topic_is_deleted(citizen: Citizen) -> None:
    conversation_id = await live(citizen)
    await erase(citizen)
    news, removal = citizen.stage.messenger.to(GROUP)[-2:]
    assert "meminta datanya dihapus" in news.text
    assert (removal.topic, removal.leaves_topic) == (
        Topic(conversation_id, ""),
        TopicState.DELETED,
    )
    async with citizen.stage.units() as uow:
        assert await uow.handoffs.open_of(conversation_id) is None


async def test_what_officers_were_at_leads_to_nobody(citizen: Citizen) -> None:
    conversation_id = await live(citizen)
    async with citizen.stage.units() as uow:
        (officer,) = await uow.officers.all()
        (ticket, *_) = await uow.tickets.of_conversation(conversation_id)
        group = await chat_at(uow, citizen.stage.tools, GROUP)
        await uow.officers.serve(officer, conversation_id)
        for thread in ("55", "56"):
            await uow.officers.ask(officer, group.id, thread, ReasonAsked(ticket.number))
        await uow.commit()

    await erase(citizen)

    async with citizen.stage.units() as uow:
        assert await uow.officers.serving(officer) is None
        assert await uow.officers.asked(officer, group.id, "55") is None  # in the citizen's topic
        assert await uow.officers.asked(officer, group.id, "56") is not None


async def test_an_erasure_is_recorded_with_counts_and_then_leads_to_nobody(
    citizen: Citizen, storage: Storage
) -> None:
    await live(citizen)
    await erase(citizen)
    await settle(citizen.stage)
    async with storage.engine.connect() as connection:
        table = PrivacyRequestRow.__table__
        (request,) = (await connection.execute(select(table))).mappings().all()
    assert request["kind"] == "hapus"
    assert request["done_at"] <= request["due_at"]
    assert request["conversation_id"] is None
    counts = request["counts"]
    assert counts["laporan"] == counts["serah_terima"] == counts["topik"] == 1
    assert counts["tersisa_pada_petugas"] == 1  # what was sent to the officer in private
    assert min(counts["pesan_masuk"], counts["pesan_keluar"], counts["pesan_petugas"]) >= 1


async def test_a_no_and_a_late_yes_erase_nothing(citizen: Citizen) -> None:
    await citizen.say("halo", "salam")
    before = await citizen.conversation()
    await citizen.command("hapusdata")
    assert "tidak dihapus" in await citizen.press("Tidak jadi")
    citizen.stage.clock.advance(hours=2)
    assert "tidak berlaku" in await citizen.press("Ya, hapus data saya")
    assert (await citizen.conversation()).id == before.id


async def test_who_writes_again_begins_anew_and_what_waited_is_answered(citizen: Citizen) -> None:
    await citizen.say("halo", "salam")
    before = await citizen.conversation()
    await citizen.command("hapusdata")
    await citizen.send(Inbound(InboundKind.PRESS, token=citizen.token("Ya, hapus data saya")))
    citizen.stage.rasa.senses["halo lagi sesudahnya"] = Sense("salam")
    await citizen.send(Inbound(InboundKind.TEXT, text="halo lagi sesudahnya"))
    answer = await citizen.hear()
    now = await citizen.conversation()
    assert "sudah dihapus" in answer
    assert answer.endswith(citizen.stage.tools.say("basa_basi.salam"))
    assert now.id != before.id
    assert now.consented_at is None


async def test_a_pause_after_abuse_outlives_the_erasure(citizen: Citizen) -> None:
    await citizen.say("halo", "salam")
    until = citizen.stage.clock() + timedelta(hours=5)
    async with citizen.stage.units() as uow:
        conversation = await citizen_of(uow, citizen)
        await uow.conversations.save(replace(conversation, muted_until=until))
        await uow.commit()
    await erase(citizen)
    assert (await citizen.conversation()).muted_until == until


async def citizen_of(uow: UnitOfWork, citizen: Citizen) -> Conversation:
    found = await uow.conversations.at_address(citizen.stage.channel, citizen.address)
    assert found is not None
    return found


async def test_a_worker_that_dies_anywhere_is_followed_by_one_that_erases_once(
    citizen: Citizen, storage: Storage
) -> None:
    conversation_id = await live(citizen)
    await citizen.command("hapusdata")
    await citizen.send(Inbound(InboundKind.PRESS, token=citizen.token("Ya, hapus data saya")))
    stage = citizen.stage
    # Once for the turn that writes the wish down, once for the erasure itself.
    for is_written in (False, True):
        at = 1
        while (await citizen.conversation()).context.erasing is None or is_written:
            try:
                await stage.work(stage.shop(Crashing(stage.units, at=at)), turns=1)
            except Crash:
                at += 1
                stage.clock.advance(seconds=LEASE.total_seconds() + 1)
            else:
                break
        assert at > 8
    await stage.work()
    await stage.deliver()
    answers = [body for body in citizen.heard if "Data Anda sudah dihapus" in body.text]
    assert len(answers) == 1
    await settle(stage)
    await assert_erased(storage, conversation_id)


async def test_a_message_stored_at_that_very_moment_is_neither_lost_nor_kept_behind(
    citizen: Citizen, storage: Storage
) -> None:
    """Citizens write on while their data is erased; each word is answered in the new one."""
    await citizen.say("halo", "salam")
    await citizen.command("hapusdata")
    await citizen.send(Inbound(InboundKind.PRESS, token=citizen.token("Ya, hapus data saya")))
    for number in range(12):
        citizen.stage.rasa.senses[f"pesan ke {number} dari warga"] = Sense("salam")

    async def write() -> None:
        for number in range(12):
            text = f"pesan ke {number} dari warga"
            await citizen.send(Inbound(InboundKind.TEXT, text=text), twice=False)

    await asyncio.gather(write(), citizen.stage.work())
    await citizen.hear()
    heir = await citizen.conversation()
    async with storage.engine.connect() as connection:
        owners = await connection.execute(
            select(InboxRow.conversation_id, InboxRow.state).where(InboxRow.inbound.is_not(None))
        )
        found = owners.all()
    assert {row.conversation_id for row in found} <= {heir.id}
    assert {row.state for row in found} <= {"selesai"}
    assert len(found) == 12
