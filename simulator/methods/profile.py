"""Methods about the bot itself."""

import re
from typing import Any

from simulator.backend import Backend
from simulator.errors import BadRequest
from simulator.params import Params
from simulator.posting import target
from simulator.profile import Scope

_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_MOST_COMMANDS = 100
_DESCRIPTION_LENGTH = 512
_SHORT_DESCRIPTION_LENGTH = 120
_NAME_LENGTH = 64


async def get_me(backend: Backend, params: Params) -> Any:
    """Return the bot's own account."""
    return backend.world.bot.wire() | {
        "can_join_groups": True,
        "can_read_all_group_messages": not backend.privacy_mode,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
        "has_topics_enabled": backend.private_topics,
        "allows_users_to_create_topics": False,
    }


def _scope(backend: Backend, params: Params) -> tuple[Scope, str]:
    wanted = params.json("scope") or {"type": "default"}
    scope = (wanted["type"], wanted.get("chat_id"), wanted.get("user_id"))
    if wanted["type"].startswith("chat"):
        target(backend, Params({"chat_id": wanted.get("chat_id")}))
    return scope, params.text("language_code")


async def set_my_commands(backend: Backend, params: Params) -> Any:
    """Store the commands of one scope and language."""
    commands = params.json("commands") or []
    if len(commands) > _MOST_COMMANDS:
        raise BadRequest("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not _COMMAND.fullmatch(command.get("command", "").removeprefix("/")):
            raise BadRequest("BOT_COMMAND_INVALID")
        if not 1 <= len(command.get("description", "")) <= 256:
            raise BadRequest("BOT_COMMAND_DESCRIPTION_INVALID")
    backend.profile.commands[_scope(backend, params)] = commands
    return True


async def get_my_commands(backend: Backend, params: Params) -> Any:
    """Return the commands of one scope and language."""
    return backend.profile.commands.get(_scope(backend, params), [])


async def delete_my_commands(backend: Backend, params: Params) -> Any:
    """Forget the commands of one scope and language."""
    backend.profile.commands.pop(_scope(backend, params), None)
    return True


def _store(texts: dict[str, str], params: Params, name: str, longest: int) -> bool:
    text = params.text(name)
    if len(text) > longest:
        raise BadRequest(f"bot {name.replace('_', ' ')} is too long")
    texts[params.text("language_code")] = text
    return True


def _load(texts: dict[str, str], params: Params, name: str) -> dict[str, str]:
    return {name: texts.get(params.text("language_code"), texts.get("", ""))}


async def set_my_description(backend: Backend, params: Params) -> Any:
    """Store the text of the empty chat."""
    texts = backend.profile.descriptions
    return _store(texts, params, "description", _DESCRIPTION_LENGTH)


async def get_my_description(backend: Backend, params: Params) -> Any:
    """Return the text of the empty chat."""
    return _load(backend.profile.descriptions, params, "description")


async def set_my_short_description(backend: Backend, params: Params) -> Any:
    """Store the text of the profile page."""
    texts = backend.profile.short_descriptions
    return _store(texts, params, "short_description", _SHORT_DESCRIPTION_LENGTH)


async def get_my_short_description(backend: Backend, params: Params) -> Any:
    """Return the text of the profile page."""
    return _load(backend.profile.short_descriptions, params, "short_description")


async def set_my_name(backend: Backend, params: Params) -> Any:
    """Store the bot's name."""
    return _store(backend.profile.names, params, "name", _NAME_LENGTH)


async def get_my_name(backend: Backend, params: Params) -> Any:
    """Return the bot's name."""
    name = _load(backend.profile.names, params, "name")
    return name if name["name"] else {"name": backend.world.bot.first_name}


async def set_chat_menu_button(backend: Backend, params: Params) -> Any:
    """Store the menu button."""
    backend.profile.menu_button = params.json("menu_button") or {"type": "default"}
    return True


async def get_chat_menu_button(backend: Backend, params: Params) -> Any:
    """Return the menu button."""
    return backend.profile.menu_button
