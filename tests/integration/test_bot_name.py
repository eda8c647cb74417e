"""Links to the bot appear once its name is known, in whichever process."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient

from desk.services.ports import UnitsOfWork
from sapa.bot_name import BotName
from tests.integration.web_desk import make_tools, open_web_desk

MakeClient = Callable[..., Awaitable[TestClient[web.Request, Any]]]
LINK = "https://t.me/sapa_uji_bot"


@dataclass
class Bot:
    """A bot that has not reached Telegram yet."""

    username: str | None = None


async def test_the_portal_links_to_a_bot_that_telegram_named_after_the_start(
    tmp_path: Path, units: UnitsOfWork, aiohttp_client: MakeClient
) -> None:
    bot = Bot()
    tools = replace(make_tools(), bot_name=BotName(units, bot, writes=True))
    async with open_web_desk(tmp_path, tools=tools) as desk:
        client = await aiohttp_client(desk.app)

        async def portal() -> str:
            return await (await client.get("/")).text()

        assert LINK not in await portal()
        bot.username = "sapa_uji_bot"
        assert LINK in await portal()


async def test_a_process_that_never_speaks_to_telegram_reads_the_name(units: UnitsOfWork) -> None:
    bot = Bot()
    speaks, serves = BotName(units, bot, writes=True), BotName(units, None, writes=False)
    for name in (speaks, serves):
        await name.exchange()
    assert [speaks(), serves()] == [None, None]

    bot.username = "sapa_uji_bot"
    for name in (speaks, serves):
        await name.exchange()
    assert [speaks(), serves()] == ["sapa_uji_bot", "sapa_uji_bot"]


async def test_the_name_outlives_a_restart_without_telegram_but_not_one_without_token(
    units: UnitsOfWork,
) -> None:
    await BotName(units, Bot("sapa_uji_bot"), writes=True).exchange()
    serves = BotName(units, None, writes=False)

    await BotName(units, Bot(), writes=True).exchange()
    await serves.exchange()
    assert serves() == "sapa_uji_bot"

    await BotName(units, None, writes=True).exchange()
    await serves.exchange()
    assert serves() is None
