"""`sapa doctor`: looks at everything Sapa needs, and says for each fault what to do."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from pydantic import SecretStr
from sqlalchemy.exc import SQLAlchemyError
from telegram import Bot
from telegram.error import TelegramError

from bot.audience import officer_groups
from bot.connection import Connection
from bot.groups import GroupTrouble, look_at
from desk.bootstrap import CATALOGUE_FOLDER
from desk.settings import Settings
from desk.storage.catalogue_files import load_catalogue
from desk.storage.migrate import is_current
from sapa.asking import status_of
from sapa.errors import OperatorError
from sapa.rasa_program import PYTHON
from sapa.telegram_token import TelegramState, check_token
from sapa.understanding import find_rasa

_LEAST_FREE_BYTES: Final = 1_000_000_000


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; *advice* is there when something is wrong."""

    what: str
    state: str
    advice: str | None = None


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Yield a finding for each thing, the quick ones first."""
    yield _disk(settings)
    yield _rasa_environment()
    yield await _database(settings)
    for url in settings.rasa_urls:
        yield await _rasa(settings, url)
    yield await _gateway(settings)
    telegram, *private_chats = await _telegram(settings)
    for finding in (telegram, *private_chats):
        yield finding
    if settings.telegram_token is not None and telegram.advice is None:
        async for finding in _officer_groups(settings, settings.telegram_token):
            yield finding


def _disk(settings: Settings) -> Finding:
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.var_dir).free
    advice = None if free > _LEAST_FREE_BYTES else f"free some space for {settings.var_dir}"
    return Finding("disk", f"{free / 1e9:.1f} GB free", advice)


def _rasa_environment() -> Finding:
    there = PYTHON.exists()
    state = "there" if there else "missing"
    return Finding("Rasa's environment", state, None if there else "run `make train`")


async def _database(settings: Settings) -> Finding:
    try:
        current = await is_current(settings.database_url)
    except (OSError, SQLAlchemyError) as error:
        state = f"does not answer ({type(error).__name__})"
        return Finding("database", state, "start it, or correct SAPA_DATABASE_URL")
    state = "newest schema" if current else "old schema or none"
    return Finding("database", state, None if current else "run `sapa db upgrade`")


async def _rasa(settings: Settings, url: str) -> Finding:
    what = f"Rasa at {url}"
    try:
        found = await find_rasa([url], settings.rasa_token.get_secret_value())
    except OperatorError as error:
        return Finding(what, "refuses the token", str(error))
    if found:
        return Finding(what, "ready")
    return Finding(what, "does not answer", "start it (`make run` does), or see var/log/rasa.log")


async def _gateway(settings: Settings) -> Finding:
    what = f"gateway at {settings.monitor_url}"
    status = await status_of(f"{settings.monitor_url}/readyz")
    if status is None:
        return Finding(what, "does not answer", "start it (`make run`, or `sapa serve`)")
    if status == HTTPStatus.OK:
        return Finding(what, "ready")
    return Finding(what, f"not ready ({status})", "see the lines above and var/log")


async def _telegram(settings: Settings) -> list[Finding]:
    if settings.telegram_token is None:
        return [Finding("Telegram", "off, SAPA_TELEGRAM_TOKEN is empty")]
    try:
        return told_of(await check_token(settings))
    except OperatorError as error:
        return [Finding("Telegram", "refuses the token", str(error))]


def told_of(state: TelegramState) -> list[Finding]:
    """Return what is to be said of the bot itself, first whether it is there.

    Topics in private are one switch for all chats of a bot. Officers gain by them, and citizens
    notice nothing, unless users may open topics as well: then a citizen's words stand in topics
    and the answers outside of them.
    """
    if state.warning:
        return [Finding("Telegram", "does not answer", state.warning)]
    found = [Finding("Telegram", f"@{state.username}")]
    if state.has_topics:
        advice = (
            "disallow users to create topics in @BotFather (Threads Settings): citizens' chats are"
            " split as well, and answers stand outside of their topics"
        )
        of_citizens = advice if state.users_open_topics else None
        found.append(Finding("officers' private chats", "in topics", of_citizens))
    return found


_RIGHTS: Final = "with the rights to manage topics and to delete messages"
_GROUP_ADVICE: Final = {
    GroupTrouble.MISSING: "correct SAPA_OFFICER_GROUP_ID (or telegram_group in instansi.yml)",
    GroupTrouble.OUTSIDE: f"add the bot to the group, as an admin {_RIGHTS}",
    GroupTrouble.MOVED: "set SAPA_OFFICER_GROUP_ID (or telegram_group in instansi.yml) to {}",
    GroupTrouble.NOT_ADMIN: f"make the bot an admin {_RIGHTS}",
    GroupTrouble.NO_TOPICS: "turn on topics in the group's settings",
    GroupTrouble.NO_RIGHT: "give the bot the right to manage topics",
    GroupTrouble.NO_DELETE: "give the bot the right to delete messages",
}


async def _officer_groups(settings: Settings, token: SecretStr) -> AsyncIterator[Finding]:
    groups = officer_groups(settings.officer_group_id, load_catalogue(CATALOGUE_FOLDER))
    if not groups:
        yield Finding("officers' groups", "none, SAPA_OFFICER_GROUP_ID is empty")
    connection = Connection(token.get_secret_value(), settings.telegram_api_url)
    try:
        for chat in sorted(groups):
            yield await _officer_group(connection.bot, chat)
    finally:
        await connection.close()


async def _officer_group(bot: Bot, chat: str) -> Finding:
    what = f"officers' group {chat}"
    try:
        look = await look_at(bot, chat, (await bot.get_me()).id)
    except TelegramError as error:
        return Finding(what, f"not seen ({type(error).__name__})", "ask again later")
    if look.trouble is None:
        return Finding(what, f"ready: {look.title}")
    return Finding(what, look.trouble, _GROUP_ADVICE[look.trouble].format(look.new_id))
