"""Updates come in by polling and by webhook: stored before acknowledged, once, none in the way."""

import asyncio
import contextlib
import io
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from sqlalchemy import select

from bot.audience import FRESH, Audience, Roster
from bot.connection import Connection
from bot.groups import GroupWatch
from bot.polling import Pause, Poller
from bot.presence import TelegramPresence
from bot.taking import PATIENCE, Taker
from bot.webhook import KEPT_OF_UNREADABLE, MAX_BODY, PATH, SECRET_HEADER, webhook_handler
from desk.domain.conversation import Channel
from desk.domain.inbound import InboundKind
from desk.domain.officer import Officer, OfficerId
from desk.domain.turn import InboxState
from desk.services.tools import Tools
from desk.storage.open import Storage
from desk.storage.tables import ConversationRow, InboxRow
from simulator import BotApiServer, FaultKind, Person, Press
from tests.waiting import until

SECRET = "rahasia_123"
PICTURE = b"\x89PNG\r\n\x1a\n" + b"pixels" * 20


class Unwilling(Exception):
    """Stands for whatever a database may raise."""


@dataclass
class Gate:
    """A storage that refuses to commit while `is_shut`, and any update with the word *poison*."""

    storage: Storage
    is_shut: bool = False
    poison: str | None = None
    kills_after_commit: bool = False

    def units(self) -> Any:
        return GuardedUnit(self.storage.units(), self)


class GuardedUnit:
    def __init__(self, inner: Any, gate: Gate) -> None:
        self._inner = inner
        self._gate = gate
        self._has_poison = False

    async def __aenter__(self) -> "GuardedUnit":
        await self._inner.__aenter__()
        return self

    async def __aexit__(self, *args: Any) -> None:
        await self._inner.__aexit__(*args)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    @property
    def inbox(self) -> "GuardedUnit":
        return self

    async def count_since(self, *args: Any) -> int:
        return await self._inner.inbox.count_since(*args)

    async def add(self, *args: Any, inbound: Any, **kwargs: Any) -> bool:
        if self._gate.poison and inbound and self._gate.poison in (inbound.text or ""):
            raise Unwilling
        return await self._inner.inbox.add(*args, inbound=inbound, **kwargs)

    async def commit(self) -> None:
        if self._gate.is_shut:
            raise Unwilling
        await self._inner.commit()
        if self._gate.kills_after_commit:
            raise asyncio.CancelledError


@pytest.fixture
def citizen(server: BotApiServer) -> Person:
    return server.sim.user(first_name="Ani")


@pytest.fixture
def gate(storage: Storage) -> Gate:
    return Gate(storage)


@pytest.fixture
async def taker(gate: Gate, tools: Tools, connection: Connection) -> AsyncIterator[Taker]:
    presence = TelegramPresence(connection.bot)
    bell = gate.storage.bell
    watch = GroupWatch(connection.bot, (), gate.units, tools, bell)
    roster = Roster(gate.units, Audience())
    yield Taker(gate.units, tools, bell, presence, roster, watch)
    await presence.close()


@asynccontextmanager
async def polling(connection: Connection, taker: Taker) -> AsyncIterator[Poller]:
    poller = Poller(connection, taker, Pause(first=0.02, most=0.05))
    task = asyncio.create_task(poller.run())
    try:
        yield poller
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait_for(task, 1)


async def stored(storage: Storage) -> list[tuple[str | None, str | None, str]]:
    """Return kind, text and state of everything in the inbox, oldest first."""
    async with storage.engine.connect() as rows:
        found = await rows.execute(
            select(InboxRow.kind, InboxRow.inbound, InboxRow.state).order_by(InboxRow.id)
        )
        return [(kind, (inbound or {}).get("text"), state) for kind, inbound, state in found]


async def stored_texts(storage: Storage) -> list[str | None]:
    return [text for _, text, _ in await stored(storage)]


# --- polling ----------------------------------------------------------------------------------


async def test_polled_messages_are_stored_in_order_and_then_acknowledged(
    server, citizen, storage, connection, taker
):
    async with polling(connection, taker):
        await citizen.start()
        await citizen.send_text("lampu jalan mati")
        await until(lambda: server.sim.pending_updates == 0)

    assert await stored(storage) == [
        (InboundKind.COMMAND, None, InboxState.WAITING),
        (InboundKind.TEXT, "lampu jalan mati", InboxState.WAITING),
    ]


async def test_nothing_is_acknowledged_while_the_database_refuses(
    server, citizen, storage, gate, connection, taker
):
    gate.is_shut = True
    async with polling(connection, taker) as poller:
        await citizen.start()
        await until(lambda: poller.trouble == "database")
        assert server.sim.pending_updates == 1

        gate.is_shut = False
        await until(lambda: server.sim.pending_updates == 0)

    assert [kind for kind, _, _ in await stored(storage)] == [InboundKind.COMMAND]
    assert poller.trouble is None


async def test_what_was_stored_but_not_acknowledged_before_a_kill_is_not_stored_twice(
    server, citizen, storage, gate, connection, taker
):
    await citizen.start()
    await citizen.send_text("lampu jalan mati")
    gate.kills_after_commit = True
    with pytest.raises(asyncio.CancelledError):
        await Poller(connection, taker).run()
    gate.kills_after_commit = False
    assert len(await stored(storage)) == 2
    assert server.sim.pending_updates == 2

    async with polling(connection, taker):
        await citizen.send_text("sudah seminggu")
        await until(lambda: server.sim.pending_updates == 0)

    assert await stored_texts(storage) == [None, "lampu jalan mati", "sudah seminggu"]


async def test_an_update_the_database_cannot_take_is_set_aside_in_its_place(
    server, citizen, storage, gate, connection, taker
):
    gate.poison = "racun"
    await citizen.start()
    await citizen.send_text("racun")
    await citizen.send_text("sesudahnya")
    await server.sim.user(first_name="Budi").send_text("saya tidak perlu menunggu")
    async with polling(connection, taker):
        await until(lambda: server.sim.pending_updates == 0)

    assert await stored(storage) == [
        (InboundKind.COMMAND, None, InboxState.WAITING),
        (InboundKind.TEXT, "saya tidak perlu menunggu", InboxState.WAITING),
        (None, None, InboxState.QUARANTINED),
        (InboundKind.TEXT, "sesudahnya", InboxState.WAITING),
    ]


async def test_an_unreadable_update_is_kept_and_the_next_one_comes_in(
    server, citizen, storage, connection, taker
):
    server.backend.queue.push("message", {"text": "tanpa chat"}, queue=("message", 1))
    async with polling(connection, taker):
        await citizen.start()
        await until(lambda: server.sim.pending_updates == 0)

    assert [state for _, _, state in await stored(storage)] == [
        InboxState.QUARANTINED,
        InboxState.WAITING,
    ]


async def test_every_kind_of_message_is_taken_in(server, citizen, storage, connection, taker):
    group = server.sim.group(members=[citizen])
    async with polling(connection, taker):
        await citizen.start()
        await citizen.send_album([PICTURE, PICTURE], "dua foto")
        await citizen.send_document(b"%PDF-")
        await citizen.send_location(-2.67, 118.88)
        await citizen.send_contact("+6281200000000")
        await citizen.send_voice()
        await citizen.send_video()
        await citizen.send_sticker()
        await citizen.send_poll("apa?", ["a", "b"])
        first = await citizen.send_text("salah")
        await citizen.edit(first.message_id, "benar")
        await citizen.forward_text("kata tetangga")
        await citizen.send_text("/lacak di grup", chat=group)
        await citizen.block()
        await until(lambda: server.sim.pending_updates == 0)

    kinds = InboundKind
    found = await stored(storage)
    found.remove((None, None, InboxState.IGNORED))  # another chat's: their order is no promise
    assert found == [
        (kind, text, InboxState.WAITING)
        for kind, text in [
            (kinds.COMMAND, None),
            (kinds.PHOTO, "dua foto"),
            (kinds.PHOTO, None),
            (kinds.DOCUMENT, None),
            (kinds.LOCATION, None),
            (kinds.CONTACT, None),
            (kinds.VOICE, None),
            (kinds.VIDEO, None),
            (kinds.STICKER, None),
            (kinds.POLL, None),
            (kinds.TEXT, "salah"),
            (kinds.EDITED, None),
            (kinds.TEXT, "kata tetangga"),
        ]
    ] + [(kinds.BLOCKED, None, InboxState.WAITING)]
    async with storage.engine.connect() as rows:
        found = (await rows.execute(select(ConversationRow))).one()
    assert (found.address, found.profile_name) == (str(citizen.id), "Ani")
    assert found.blocked_at is not None


async def test_a_stored_press_is_answered_so_that_the_button_stops_spinning(
    server, citizen, connection, taker
):
    await citizen.start()
    sent = await connection.bot.send_message(
        citizen.id,
        "Setuju?",
        reply_markup={"inline_keyboard": [[{"text": "Ya", "callback_data": "t:abc"}]]},
    )
    async with polling(connection, taker):
        press = await citizen.press("Ya", sent.message_id)
        assert isinstance(press, Press)
        await until(lambda: press.answer is not None)


@pytest.mark.parametrize(
    ("kind", "trouble"),
    [
        (FaultKind.BAD_GATEWAY, "http_502"),
        (FaultKind.SERVER_ERROR, "http_500"),
        (FaultKind.FLOOD, "flood"),
        (FaultKind.DROP_BEFORE, "ServerDisconnectedError"),
    ],
)
async def test_polling_survives_troubles_and_logs_them_once_without_the_token(
    server, citizen, storage, connection, taker, caplog, kind, trouble
):
    caplog.set_level(logging.DEBUG)
    server.sim.faults.add(kind, method="getUpdates", times=3, retry_after=0)
    async with polling(connection, taker) as poller:
        await until(lambda: poller.trouble == trouble)
        await citizen.start()
        await until(lambda: server.sim.pending_updates == 0)

    lines = [r for r in caplog.records if r.name == "bot.polling"]
    assert [record.code for record in lines] == [trouble]  # type: ignore[attr-defined]
    assert server.token not in caplog.text
    assert len(await stored(storage)) == 1


async def test_polling_beside_another_program_says_so(server, connection, taker, caplog):
    other = Connection(server.token, server.url)
    async with polling(connection, taker) as poller:
        await until(lambda: server.sim.pending_updates == 0)
        await asyncio.sleep(0.05)
        await other.bot.get_updates()
        await until(lambda: poller.trouble == "conflict")
    await other.close()

    assert "only one may" in caplog.text


async def test_polling_with_a_revoked_token_waits_and_says_so(server, taker, caplog):
    wrong = Connection("7000001:dicabut", server.url)
    async with polling(wrong, taker) as poller:
        await until(lambda: poller.trouble == "token")
    await wrong.close()

    assert "refuses the bot's token" in caplog.text
    assert "dicabut" not in caplog.text


# --- officers ---------------------------------------------------------------------------------


async def lanes(storage: Storage) -> set[tuple[str, str]]:
    async with storage.engine.connect() as rows:
        found = await rows.execute(select(ConversationRow.channel, ConversationRow.address))
        return {(channel, address) for channel, address in found}


async def test_officers_groups_become_lanes_and_other_groups_are_left_alone(
    server, citizen, storage, connection, taker
):
    group = server.sim.group(forum=True, members=[citizen])
    other = server.sim.group(forum=True, members=[citizen])
    taker.roster = Roster(storage.units, Audience(frozenset({str(group.id)})))
    topic = await group.create_topic(citizen, "Ani")
    async with polling(connection, taker):
        await citizen.send_text("// catatan", chat=group, thread=topic.thread_id)
        await citizen.send_text("bukan urusan kami", chat=other)
        await until(lambda: server.sim.pending_updates == 0)

    assert (InboundKind.TEXT, "// catatan", InboxState.WAITING) in await stored(storage)
    assert [state for _, _, state in await stored(storage)].count(InboxState.WAITING) == 1
    assert await lanes(storage) == {(Channel.OFFICERS, str(group.id))}


async def test_a_new_officer_is_known_soon_and_a_suspended_one_no_longer(storage, now):
    moment = [0.0]
    roster = Roster(storage.units, Audience(), clock=lambda: moment[0])
    before = (await roster.current()).officers
    budi = Officer(OfficerId("budi"), 720, "Budi", now)
    async with storage.units() as uow:
        await uow.officers.add(budi)
        await uow.commit()
    at_once = (await roster.current()).officers
    moment[0] += FRESH + 1
    soon = (await roster.current()).officers
    async with storage.units() as uow:
        await uow.officers.save(replace(budi, suspended_at=now))
        await uow.commit()
    moment[0] += FRESH + 1

    assert (before, at_once, soon) == (frozenset(), frozenset(), frozenset({"720"}))
    assert (await roster.current()).officers == frozenset()


# --- webhook ----------------------------------------------------------------------------------


@pytest.fixture
async def webhook_url(taker: Taker) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post(PATH, webhook_handler(taker, SECRET))
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}{PATH}"
    await runner.cleanup()


async def post(url: str, body: Any, *, secret: str | None = SECRET) -> int:
    headers = {} if secret is None else {SECRET_HEADER: secret}
    data = io.BytesIO(body) if isinstance(body, bytes) else None
    async with aiohttp.ClientSession() as session:
        sending = session.post(
            url, data=data, json=None if data is not None else body, headers=headers
        )
        async with sending as response:
            await response.read()
            return response.status


def update_of(number: int, text: str = "halo") -> dict[str, Any]:
    chat = {"id": 710, "type": "private"}
    message = {"message_id": number, "chat": chat, "from": {"id": 710}, "text": text}
    return {"update_id": number, "message": message}


async def test_an_update_is_stored_when_the_webhook_says_ok(storage, webhook_url):
    assert await post(webhook_url, update_of(1)) == 200
    assert await stored(storage) == [(InboundKind.TEXT, "halo", InboxState.WAITING)]


async def test_the_same_update_again_is_fine_and_changes_nothing(storage, webhook_url):
    assert [await post(webhook_url, update_of(1)) for _ in range(3)] == [200, 200, 200]
    assert len(await stored(storage)) == 1


@pytest.mark.parametrize(("secret", "status"), [(None, 401), ("", 403), ("rahasia_12", 403)])
async def test_without_the_secret_nothing_comes_in(storage, webhook_url, secret, status):
    assert await post(webhook_url, update_of(1), secret=secret) == status
    assert await stored(storage) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"update_id": 1, "message": 5}',
        b"[" * 100_000,
        b'{"update_id": ' + b"9" * 5000 + b"}",
        b'{"text": "' + b"x" * MAX_BODY + b'"}',
    ],
    ids=["empty", "cut", "no text", "list", "null", "no message", "deep", "huge", "long"],
)
async def test_a_poison_is_stored_as_unreadable_and_accepted(storage, webhook_url, body):
    assert await post(webhook_url, body) == 200
    assert await stored(storage) == [(None, None, InboxState.QUARANTINED)]


async def test_of_a_body_that_is_no_update_only_the_beginning_is_kept(storage, webhook_url):
    await post(webhook_url, b"{" + b"x" * 100_000)
    async with storage.engine.connect() as connection:
        (raw,) = (await connection.scalars(select(InboxRow.raw))).all()
    assert (len(raw["rusak"]), raw["byte"]) == (KEPT_OF_UNREADABLE, 100_001)


async def test_only_a_refusing_database_gives_5xx(storage, gate, webhook_url):
    gate.is_shut = True
    assert [await post(webhook_url, update_of(1)) for _ in range(PATIENCE + 1)] == [503] * 6

    gate.is_shut = False
    assert await post(webhook_url, update_of(1)) == 200
    assert await stored_texts(storage) == ["halo"]


async def test_an_update_the_database_never_takes_is_set_aside_in_the_end(
    storage, gate, webhook_url
):
    gate.poison = "racun"
    answers = [await post(webhook_url, update_of(1, "racun")) for _ in range(PATIENCE)]

    assert answers == [503] * (PATIENCE - 1) + [200]
    assert await stored(storage) == [(None, None, InboxState.QUARANTINED)]


async def test_deliveries_of_the_platform_arrive_once_and_in_order(
    server, citizen, storage, connection, webhook_url
):
    server.sim.delivery.deliver_twice = True
    await connection.bot.set_webhook(webhook_url, secret_token=SECRET)
    await citizen.start()
    for number in range(5):
        await citizen.send_text(f"pesan {number}")
    await until(lambda: server.sim.pending_updates == 0)

    assert await stored_texts(storage) == [None, *[f"pesan {number}" for number in range(5)]]
