"""Backup and restore, between all pairs of databases."""

import asyncio
import hashlib
import json
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from secrets import token_hex

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.exc import IntegrityError

from desk.domain.conversation import Channel, Conversation, ConversationId, Session
from desk.domain.draft import Draft
from desk.domain.handoff import EventKind, Handoff, HandoffEvent, HandoffId, Trigger
from desk.domain.inbound import Inbound, InboundKind
from desk.domain.lifecycle import Actor, HistoryEntry, Identity, Kind, Status
from desk.domain.officer import Officer, OfficerId
from desk.domain.outgoing import OutboxId, Outgoing, TopicState
from desk.domain.presses.citizens import Means
from desk.domain.presses.pending import ReasonAsked
from desk.domain.privacy import IdentityOpening, PrivacyRequest, RequestKind
from desk.domain.reply import Button, Reply
from desk.domain.roles import Grant, Role
from desk.domain.ticket import Addition, AdditionKind, Follower, Ticket, TicketId
from desk.domain.ticket_number import new_ticket_number
from desk.domain.turn import Turn, TurnId, TurnState, Understanding
from desk.services.ports import UnitsOfWork
from desk.storage.backup import backup, restore
from desk.storage.errors import BackupBroken, SchemaOutdated, TargetNotEmpty
from desk.storage.migrate import is_current
from desk.storage.open import Storage, open_storage
from desk.storage.tables import Base

Rows = dict[str, list[tuple[object, ...]]]


@pytest.fixture
def empty_place(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[str], str]:
    def make(kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite+aiosqlite:///{tmp_path / token_hex(4)}.db"
        url: str = request.getfixturevalue("postgres").create_database()
        return url

    return make


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "asal" / "kunci"
    path.parent.mkdir()
    path.write_text("rahasia sekali")
    return path


@pytest.fixture
async def filled(units: UnitsOfWork, conversation: Conversation, now: datetime) -> None:
    """Put a row into every table."""
    ticket = Ticket(
        id=TicketId("tiket"),
        number=new_ticket_number(),
        kind=Kind.ADUAN,
        status=Status.NEW,
        identity=Identity.TERBUKA,
        filed_at=now,
        description='Jalan berlubang\nparah 🚧 \u2028 \\ "',
        history=(HistoryEntry(now, None, Status.NEW, Actor.CITIZEN),),
        additions=(Addition(now, AdditionKind.WORDS, text="lagi"),),
        field_checks=(now,),
    )
    async with units() as uow:
        await uow.inbox.add(
            Channel.WEB,
            "1",
            conversation_id=conversation.id,
            inbound=Inbound(InboundKind.TEXT, text="halo"),
            raw={"a": [1, 2.5, None, True, "é"]},
            received_at=now,
        )
        turn = Turn(TurnId("t"), conversation.id, await uow.inbox.waiting(conversation.id), now)
        await uow.turns.start(turn)
        await uow.turns.record(turn.id, "s", [Reply("hai")])
        await uow.turns.finish(turn.id, TurnState.DONE, Understanding("a", "b", 0.25, {"x": 1}))
        await uow.outbox.add(conversation, Outgoing("hai"), key="k", now=now)
        await uow.buttons.add({"tok": Button("Ya", press=Means("setuju"))}, conversation.id, now)
        await uow.drafts.save(Draft("d", conversation.id, Kind.ADUAN, now, now))
        await uow.tickets.add(ticket)
        await uow.tickets.follow(ticket.id, Follower(conversation.id, now, "d"))
        await uow.attachments.add("f", conversation.id, bytes(range(256)) * 40, "image/jpeg", now)
        await uow.attachments.belong_to_ticket(["f"], ticket.id, at=now)
        ani = Officer(OfficerId("o"), 7, "Ani", now, (Grant(Role.PETUGAS, "disdukcapil"),))
        await uow.officers.add(ani)
        await uow.officers.ask(ani, conversation.id, None, ReasonAsked(ticket.number))
        await uow.handoffs.add(
            Handoff(
                id=HandoffId("h"),
                conversation_id=conversation.id,
                trigger=Trigger.ASKED,
                asked_at=now,
                waiting_since=now,
                chat="-100",
            )
        )
        await uow.handoffs.note(HandoffId("h"), HandoffEvent(now, EventKind.ASKED), key="h:1")
        shown = await uow.handoffs.get(HandoffId("h"))
        assert shown is not None
        await uow.handoffs.note_card(shown, "-100", "k")
        await uow.tickets.note_reminder(ticket.id, "mulai")
        await uow.topics.put("-100", conversation.id, "5", TopicState.OPEN)
        request = PrivacyRequest("p", conversation.id, Channel.WEB, RequestKind.ACCESS, now)
        await uow.privacy.add(request)
        opening = IdentityOpening("b", ticket.id, OfficerId("o"), now, "perlu dihubungi")
        await uow.privacy.note_opening(opening)
        await uow.leases.acquire("pengirim", "a", now, now - now)
        await uow.values.put("kosong", None)
        await uow.values.put("ada", {"b": [1]})
        await uow.commit()


async def rows_of(url: str) -> Rows:
    storage = open_storage(url)
    async with storage.engine.connect() as connection:
        rows = {
            table.name: [
                tuple(row)
                for row in await connection.execute(select(table).order_by(*table.primary_key))
            ]
            for table in Base.metadata.sorted_tables
        }
    await storage.close()
    return rows


@pytest.mark.parametrize("target_kind", ["sqlite", "postgresql"])
@pytest.mark.usefixtures("filled")
async def test_everything_comes_back_in_another_place(
    database_url: str,
    tmp_path: Path,
    key_file: Path,
    empty_place: Callable[[str], str],
    target_kind: str,
    now: datetime,
) -> None:
    archive, target = tmp_path / "cadangan.zip", await asyncio.to_thread(empty_place, target_kind)
    await backup(database_url, archive, [key_file])
    await restore(archive, target, tmp_path / "tujuan")
    restored = await rows_of(target)
    assert restored == await rows_of(database_url)
    assert all(restored.values())
    assert (tmp_path / "tujuan" / "kunci").read_text() == "rahasia sekali"
    assert (tmp_path / "tujuan" / "kunci").stat().st_mode & 0o777 == 0o600
    assert await is_current(target)
    await _keys_count_on(target, now)


async def _keys_count_on(url: str, now: datetime) -> None:
    storage = open_storage(url)
    async with storage.units() as uow:
        new = Conversation(ConversationId("c2"), Channel.WEB, "lain", now, Session("s"))
        added = await uow.conversations.add(new)
        await uow.outbox.add(added, Outgoing("x"), key="k2", now=now)
        (message,) = await uow.outbox.since(added.id, OutboxId(0), 5)
    await storage.close()
    assert message.id > 1


@pytest.mark.usefixtures("filled")
async def test_archive_is_its_owners_secret_and_leaves_no_draft_behind(
    database_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "cadangan"
    folder.mkdir()
    for _ in range(2):
        await backup(database_url, folder / "a.zip", [])
    assert [path.name for path in folder.iterdir()] == ["a.zip"]
    assert (folder / "a.zip").stat().st_mode & 0o777 == 0o600


@pytest.mark.usefixtures("filled")
async def test_listing_an_archive_names_tables_and_files_only(
    database_url: str, tmp_path: Path, key_file: Path
) -> None:
    await backup(database_url, tmp_path / "a.zip", [key_file])
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        stems = {Path(name).name.partition(".")[0] for name in archive.namelist()}
        comments = {archive.comment, *(member.comment for member in archive.infolist())}
    assert stems - set(Base.metadata.tables) <= {"manifest", key_file.name}
    assert comments == {b""}


async def test_failed_backup_leaves_the_last_one_alone(
    database_url: str, storage: Storage, tmp_path: Path
) -> None:
    folder = tmp_path / "cadangan"
    folder.mkdir()
    (folder / "a.zip").write_bytes(b"yang lama")
    with pytest.raises(FileNotFoundError):
        await backup(database_url, folder / "a.zip", [tmp_path / "tiada"])
    assert [path.name for path in folder.iterdir()] == ["a.zip"]
    assert (folder / "a.zip").read_bytes() == b"yang lama"


async def test_database_without_tables_is_not_backed_up(
    tmp_path: Path, empty_place: Callable[[str], str]
) -> None:
    with pytest.raises(SchemaOutdated):
        await backup(empty_place("sqlite"), tmp_path / "a.zip", [])


async def test_backup_shows_one_moment_although_the_desk_works_on(
    database_url: str,
    units: UnitsOfWork,
    conversation: Conversation,
    tmp_path: Path,
    now: datetime,
) -> None:
    """While pairs of rows are written, no archive may hold half a pair."""
    stop = asyncio.Event()

    async def write_pairs() -> int:
        pairs = 0
        while not stop.is_set():
            pairs += 1
            async with units() as uow:
                await uow.outbox.add(conversation, Outgoing("x"), key=f"k{pairs}", now=now)
                await uow.values.put(f"v{pairs}", pairs)
                await uow.commit()
        return pairs

    writing = asyncio.create_task(write_pairs())
    counts = []
    for index in range(3):
        await asyncio.sleep(0.02)
        await backup(database_url, tmp_path / f"{index}.zip", [])
        with zipfile.ZipFile(tmp_path / f"{index}.zip") as archive:
            tables = json.loads(archive.read("manifest.json"))["tables"]
        counts.append((tables["outbox"]["rows"], tables["named_values"]["rows"]))
    stop.set()
    assert await writing > 0
    assert [outbox - values for outbox, values in counts] == [0, 0, 0]


@pytest.mark.usefixtures("filled")
async def test_restore_refuses_a_place_that_is_not_empty(
    database_url: str, tmp_path: Path, key_file: Path, empty_place: Callable[[str], str]
) -> None:
    archive = tmp_path / "a.zip"
    await backup(database_url, archive, [key_file])
    before = await rows_of(database_url)
    with pytest.raises(TargetNotEmpty):
        await restore(archive, database_url, tmp_path / "tujuan")
    assert await rows_of(database_url) == before
    assert list((tmp_path / "tujuan").iterdir()) == []


@pytest.mark.usefixtures("filled")
async def test_restore_does_not_overwrite_another_key(
    database_url: str, tmp_path: Path, key_file: Path, empty_place: Callable[[str], str]
) -> None:
    archive, folder, target = tmp_path / "a.zip", tmp_path / "tujuan", empty_place("sqlite")
    await backup(database_url, archive, [key_file])
    folder.mkdir()
    (folder / "kunci").write_text("kunci lain")
    with pytest.raises(TargetNotEmpty):
        await restore(archive, target, folder)
    (folder / "kunci").write_text("rahasia sekali")
    await restore(archive, target, folder)
    assert (await rows_of(target))["tickets"]


def sqlite_exists(url: str) -> bool:
    return Path(url.removeprefix("sqlite+aiosqlite:///")).exists()


def _rewrite(archive: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    with zipfile.ZipFile(archive) as old:
        entries = {name: old.read(name) for name in old.namelist()}
    change(entries)
    with zipfile.ZipFile(archive, "w") as new:
        for name, data in entries.items():
            new.writestr(name, data)


def _without_manifest(entries: dict[str, bytes]) -> None:
    del entries["manifest.json"]


def _without_table(entries: dict[str, bytes]) -> None:
    del entries["tables/tickets.jsonl"]


def _with_changed_row(entries: dict[str, bytes]) -> None:
    entries["tables/tickets.jsonl"] = entries["tables/tickets.jsonl"].replace(b"baru", b"tutu")


def _with_changed_file(entries: dict[str, bytes]) -> None:
    entries["files/kunci"] = b"kunci lain"


def _manifest(**changes: object) -> Callable[[dict[str, bytes]], None]:
    def change(entries: dict[str, bytes]) -> None:
        manifest = json.loads(entries["manifest.json"])
        entries["manifest.json"] = json.dumps({**manifest, **changes}).encode()

    return change


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "change",
    [
        _without_manifest,
        _without_table,
        _with_changed_row,
        _with_changed_file,
        _manifest(format="sapa-backup-9"),
        _manifest(revision="9999"),
        _manifest(files={"../kunci": {"sha256": ""}}),
        _manifest(tables={}, files=3),
        _manifest(tables={"entah": {"rows": 0, "sha256": ""}}),
    ],
)
@pytest.mark.usefixtures("filled")
async def test_broken_archive_is_refused_and_touches_nothing(
    database_url: str,
    tmp_path: Path,
    key_file: Path,
    change: Callable[[dict[str, bytes]], None],
    empty_place: Callable[[str], str],
) -> None:
    archive, target = tmp_path / "a.zip", empty_place("sqlite")
    await backup(database_url, archive, [key_file])
    _rewrite(archive, change)
    with pytest.raises(BackupBroken):
        await restore(archive, target, tmp_path / "tujuan")
    assert not (tmp_path / "tujuan").exists()
    assert not sqlite_exists(target)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("filled")
async def test_archive_cut_short_or_with_a_flipped_byte_is_refused(
    database_url: str, tmp_path: Path, empty_place: Callable[[str], str]
) -> None:
    archive = tmp_path / "a.zip"
    await backup(database_url, archive, [])
    whole = archive.read_bytes()
    flipped = bytearray(whole)
    with zipfile.ZipFile(archive) as entries:
        largest = max(entries.infolist(), key=lambda entry: entry.compress_size)
    content = largest.header_offset + 30 + len(largest.filename)  # behind the entry's header
    flipped[content + largest.compress_size // 2] ^= 0xFF
    for broken in (whole[: len(whole) // 2], bytes(flipped), b""):
        archive.write_bytes(broken)
        with pytest.raises(BackupBroken):
            await restore(archive, empty_place("sqlite"), tmp_path / "tujuan")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("target_kind", ["sqlite", "postgresql"])
@pytest.mark.usefixtures("filled")
async def test_restore_that_fails_half_way_leaves_the_place_empty(
    database_url: str,
    tmp_path: Path,
    target_kind: str,
    empty_place: Callable[[str], str],
) -> None:
    """An archive that is whole, but whose last rows the database refuses."""
    archive, target = tmp_path / "a.zip", await asyncio.to_thread(empty_place, target_kind)
    await backup(database_url, archive, [])
    _rewrite(archive, _with_orphan)
    with pytest.raises(IntegrityError):
        await restore(archive, target, tmp_path / "tujuan")
    storage = open_storage(target)
    async with storage.engine.connect() as connection:
        assert await connection.run_sync(lambda sync: inspect(sync).get_table_names()) == []
    await storage.close()


def _with_orphan(entries: dict[str, bytes]) -> None:
    name = "tables/ticket_history.jsonl"
    entries[name] = entries[name].replace(b'"ticket_id":"tiket"', b'"ticket_id":"entah"')
    manifest = json.loads(entries["manifest.json"])
    told = manifest["tables"]["ticket_history"]
    told["sha256"] = hashlib.sha256(entries[name]).hexdigest()
    entries["manifest.json"] = json.dumps(manifest).encode()
