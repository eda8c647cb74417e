"""The bot starts, introduces itself, receives in both modes, and stops quickly."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from time import monotonic
from typing import Any

import pytest
from aiohttp import web

from bot.reading import ALLOWED_UPDATES
from bot.setup import TelegramBot, TokenRefused, WebhookMisconfigured
from bot.words import COMMANDS
from desk.domain.conversation import Channel
from desk.domain.officer import Officer, OfficerId
from desk.domain.roles import Grant, Role
from desk.services.every import beside
from desk.services.officers import dispatch as desk
from desk.services.tools import Tools
from desk.services.wording import Wording
from desk.storage.open import Storage
from simulator import BotApiServer, FaultKind, Group
from tests.waiting import until


@pytest.fixture
def make_bot(server: BotApiServer, storage: Storage, tools: Tools) -> Callable[..., TelegramBot]:
    def make(**changes: Any) -> TelegramBot:
        given = {
            "token": server.token,
            "api_url": server.url,
            "mode": "polling",
            "webhook_secret": "rahasia",
            "public_url": "",
            "units": storage.units,
            "tools": tools,
            "bell": storage.bell,
        }
        return TelegramBot(**(given | changes))

    return make


@asynccontextmanager
async def running(bot: TelegramBot) -> AsyncIterator[TelegramBot]:
    await bot.start()
    try:
        async with (
            beside(bot.look_at_itself(), name="look"),
            beside(bot.receive(), name="receive"),
        ):
            yield bot
    finally:
        await bot.stop()


async def has_conversation(storage: Storage, address: int) -> bool:
    async with storage.units() as uow:
        return await uow.conversations.at_address(Channel.TELEGRAM, str(address)) is not None


async def test_the_bot_introduces_itself_in_indonesian(server, make_bot):
    async with running(make_bot()) as bot:
        await until(lambda: bool(server.sim.profile.short_descriptions))

    assert bot.username == "sapa_simulasi_bot"
    [((scope, _), commands)] = server.sim.profile.commands.items()
    assert scope[0] == "all_private_chats"
    assert [command["command"] for command in commands] == [
        "start",
        "bantuan",
        "lacak",
        "batal",
        "lapor",
        "petugas",
        "datasaya",
        "hapusdata",
    ]
    assert commands[2]["description"] == "Cek perkembangan laporan Anda"
    assert "Mamuju" in server.sim.profile.descriptions[""]
    assert "Mamuju" in server.sim.profile.short_descriptions[""]


async def test_descriptions_that_are_right_already_are_not_set_again(server, make_bot):
    for _ in range(2):
        async with running(make_bot()):
            server.sim.calls.clear()
            await until(lambda: bool(server.sim.calls.of("getMyShortDescription")))

    assert server.sim.calls.of("setMyDescription") == []


async def test_polling_takes_the_place_of_a_webhook_without_loss(server, storage, make_bot):
    citizen = server.sim.user()
    await citizen.start()
    async with running(make_bot(mode="webhook", public_url="http://127.0.0.1:9")):
        await until(lambda: server.sim.webhook_url is not None)
    async with running(make_bot()):
        await until(lambda: server.sim.pending_updates == 0)

    assert server.sim.webhook_url is None
    assert await has_conversation(storage, citizen.id)


async def test_webhook_mode_receives_through_its_route(server, storage, make_bot, unused_tcp_port):
    app = web.Application()
    bot = make_bot(mode="webhook", public_url=f"http://127.0.0.1:{unused_tcp_port}/")
    bot.add_webhook(app)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", unused_tcp_port).start()
    citizen = server.sim.user()
    async with running(bot):
        await until(lambda: server.sim.webhook_url is not None)
        await citizen.start()
        await until(lambda: server.sim.pending_updates == 0)
    await runner.cleanup()

    [call] = server.sim.calls.of("setWebhook")
    assert call.params["secret_token"] == "rahasia"
    assert all(kind in call.params["allowed_updates"] for kind in ALLOWED_UPDATES)
    assert await has_conversation(storage, citizen.id)


async def test_polling_mode_has_no_webhook_route(make_bot):
    app = web.Application()
    bot = make_bot()
    bot.add_webhook(app)

    assert list(app.router.routes()) == []
    await bot.stop()


async def test_a_wrong_token_is_told_at_the_start_without_quoting_it(make_bot):
    bot = make_bot(token="7000001:salah")

    with pytest.raises(TokenRefused) as caught:
        await bot.start()
    assert "salah" not in repr(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "wrong", [{"webhook_secret": ""}, {"webhook_secret": "spasi di sini"}, {"public_url": ""}]
)
def test_webhook_mode_needs_an_address_and_a_secret(make_bot, wrong):
    given = {"mode": "webhook", "public_url": "https://sapa.example.go.id"}

    with pytest.raises(WebhookMisconfigured):
        make_bot(**(given | wrong))


async def test_a_telegram_that_is_down_at_the_start_is_waited_for(server, storage, make_bot):
    server.sim.faults.add(FaultKind.BAD_GATEWAY, times=2)
    citizen = server.sim.user()
    await citizen.start()
    bot = make_bot()
    async with running(bot):
        assert bot.username is None
        await until(lambda: bot.trouble == "http_502")
        await until(lambda: server.sim.pending_updates == 0)
        await until(lambda: bot.username is not None)

    assert bot.trouble is None
    assert await has_conversation(storage, citizen.id)


async def test_stopping_breaks_off_a_long_poll_at_once(server, make_bot):
    async with running(make_bot()):
        await until(lambda: bool(server.sim.profile.short_descriptions))
        began = monotonic()
    assert monotonic() - began < 1


# --- officers -----------------------------------------------------------------------------------


async def add_officer(storage: Storage, officer: Officer) -> None:
    async with storage.units() as uow:
        await uow.officers.add(officer)
        await uow.commit()


async def heard(storage: Storage, address: str, count: int) -> list[str]:
    """Wait until so many messages are on their way to a chat, and return their texts."""
    async with asyncio.timeout(5):
        while True:
            async with storage.units() as uow:
                waiting = await uow.outbox.waiting_at(Channel.TELEGRAM, address, 10)
            if len(waiting) >= count:
                return [message.body.text for message in waiting]
            await asyncio.sleep(0.02)


def serving(tools: Tools, group: Group) -> dict[str, Any]:
    return {"tools": replace(tools, officer_group=str(group.id))}


async def test_officers_see_their_commands_in_the_group_and_in_private(
    server, storage, tools, make_bot, now
):
    budi, new = server.sim.user(), server.sim.user()
    await budi.start()
    group = server.sim.group(forum=True, members=[budi])
    for person in (budi, new):
        await add_officer(storage, Officer(OfficerId(str(person.id)), person.id, "Budi", now))
    async with running(make_bot(**serving(tools, group))):
        await until(lambda: len(server.sim.profile.commands) == 3)

    lists = {scope: commands for (scope, _), commands in server.sim.profile.commands.items()}
    mine = [command["command"] for command in lists["chat", budi.id, None]]
    ours = [command["command"] for command in lists["chat", group.id, None]]
    assert set(COMMANDS) | set(ours) == set(mine)
    assert set(ours) == set(desk.COMMANDS)
    assert len(mine) == len(set(mine))


async def test_admins_hear_at_once_when_the_bot_loses_its_rights(
    server, storage, tools, make_bot, now
):
    admin = Officer(OfficerId("a"), 799, "Admin", now, (Grant(Role.ADMIN),))
    await add_officer(storage, admin)
    budi = server.sim.user()
    group = server.sim.group(forum=True, members=[budi])
    async with running(make_bot(**serving(tools, group))) as bot:
        await until(lambda: bool(server.sim.calls.of("getChatMember")))
        await group.add_bot(budi, can_manage_topics=False)
        await until(lambda: bool(bot.group_troubles))
        lacking = dict(bot.group_troubles)
        await heard(storage, "799", 1)
        await group.move(budi, -100_900)
        told = await heard(storage, "799", 2)
        moved = dict(bot.group_troubles)

    assert lacking == {str(group.id): "no_right"}
    assert moved == {str(group.id): "moved"}
    assert "Kelola Topik" in told[0]
    assert "-100900" in told[1]


async def test_a_group_that_the_bot_joins_is_named_in_the_log(server, make_bot, caplog):
    caplog.set_level(logging.INFO)
    budi = server.sim.user()
    group = server.sim.group(forum=True, members=[budi])
    async with running(make_bot()):
        await group.add_bot(budi)
        await until(lambda: server.sim.pending_updates == 0)

    assert f"group {group.id} is none" in caplog.text


@pytest.mark.parametrize("is_on", [True, False])
async def test_the_bot_says_whether_its_private_chats_have_topics(server, make_bot, is_on):
    server.sim.private_topics = is_on
    async with running(make_bot()) as bot:
        assert bot.has_private_topics is is_on


async def test_the_bot_learns_in_passing_that_its_private_chats_have_topics_now(server, make_bot):
    async with running(make_bot(look_every=0.01)) as bot:
        server.sim.private_topics = True
        await until(lambda: bot.has_private_topics)
        server.sim.private_topics = False
        await until(lambda: not bot.has_private_topics)


# --- what is optional --------------------------------------------------------------------------


async def test_a_look_of_the_bot_that_breaks_unforeseen_keeps_no_citizen_from_being_heard(
    server, storage, tools, make_bot
):
    """Words that a call of the introduction cannot do without are missing."""
    wording = Forgetful(tools.wording, "bot.deskripsi")
    citizen = server.sim.user()
    async with running(make_bot(tools=replace(tools, wording=wording))) as bot:
        await until(lambda: wording.was_asked)
        await until(lambda: bool(server.sim.profile.short_descriptions))
        await citizen.start()
        await until(lambda: server.sim.pending_updates == 0)

    assert bot.trouble is None
    assert await has_conversation(storage, citizen.id)


async def test_officers_commands_that_cannot_be_read_keep_no_citizen_from_being_heard(
    server, storage, tools, make_bot
):
    wording = Forgetful(tools.wording, "bot.perintah_petugas.antrean")
    citizen, budi = server.sim.user(), server.sim.user()
    group = server.sim.group(forum=True, members=[budi])
    given = replace(tools, wording=wording, officer_group=str(group.id))
    async with running(make_bot(tools=given)):
        await until(lambda: wording.was_asked)
        await citizen.start()
        await until(lambda: server.sim.pending_updates == 0)

    assert await has_conversation(storage, citizen.id)


class Forgetful:
    """Words of which one entry is missing, as after a bad edit of the files."""

    def __init__(self, wording: Wording, missing: str) -> None:
        self._wording = wording
        self._missing = missing
        self.was_asked = False

    def plain(self, key: str, **values: object) -> str:
        if key == self._missing:
            self.was_asked = True
            raise LookupError(key)
        return self._wording.plain(key, **values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._wording, name)
