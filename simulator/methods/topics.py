"""Methods for forum topics."""

from typing import Any

from simulator.backend import Backend
from simulator.errors import BadRequest
from simulator.params import Params
from simulator.posting import target
from simulator.world import Chat, Topic

_DEFAULT_COLOR = 0x6FB9F0


def _forum(backend: Backend, params: Params, refusal: str) -> Chat:
    chat = target(backend, params)
    if not chat.is_group and backend.private_topics:
        return chat
    if not chat.is_forum:
        raise BadRequest("the chat is not a forum")
    if not (chat.bot_status.is_admin and chat.member(backend.world.bot).can_manage_topics):
        raise BadRequest(refusal)
    return chat


def _topic(backend: Backend, params: Params) -> tuple[Chat, Topic]:
    chat = _forum(backend, params, "not enough rights to manage topics in the chat")
    topic = chat.topics.get(params.need_integer("message_thread_id", "TOPIC_ID_INVALID"))
    if topic is None:
        raise BadRequest("TOPIC_ID_INVALID")
    return chat, topic


def _check_name(backend: Backend, name: str) -> str:
    if not name:
        raise BadRequest("title must be non-empty")
    if len(name) > backend.limits.topic_name_length:
        raise BadRequest("topic name is too long")
    return name


def _announce(backend: Backend, chat: Chat, topic: Topic, content: dict[str, Any]) -> None:
    backend.world.post(
        chat,
        content,
        sender={"from": backend.world.bot.wire()},
        from_bot=True,
        thread_id=topic.thread_id,
        is_service=True,
    )


async def create_forum_topic(backend: Backend, params: Params) -> Any:
    """Open a topic; counts against the group's limit like a message."""
    chat = _forum(backend, params, "not enough rights to create a topic")
    name = _check_name(backend, params.text("name").strip())
    backend.spend(chat)
    color = params.integer("icon_color") or _DEFAULT_COLOR
    sender = {"from": backend.world.bot.wire()}
    topic, _ = backend.world.open_topic(chat, name, color, sender=sender, from_bot=True)
    return {"message_thread_id": topic.thread_id, "name": name, "icon_color": color}


async def edit_forum_topic(backend: Backend, params: Params) -> Any:
    """Rename a topic."""
    chat, topic = _topic(backend, params)
    name = params.text("name").strip() or topic.name
    _check_name(backend, name)
    if name == topic.name:
        raise BadRequest("TOPIC_NOT_MODIFIED")
    backend.spend(chat)
    topic.name = name
    _announce(backend, chat, topic, {"forum_topic_edited": {"name": name}})
    return True


async def _set_closed(backend: Backend, params: Params, *, closed: bool) -> Any:
    chat, topic = _topic(backend, params)
    if not chat.is_group:
        raise BadRequest("the chat is not a supergroup forum")
    if topic.is_closed is closed:
        raise BadRequest("TOPIC_NOT_MODIFIED")
    backend.spend(chat)
    topic.is_closed = closed
    event = "forum_topic_closed" if closed else "forum_topic_reopened"
    _announce(backend, chat, topic, {event: {}})
    return True


async def close_forum_topic(backend: Backend, params: Params) -> Any:
    """Close a topic."""
    return await _set_closed(backend, params, closed=True)


async def reopen_forum_topic(backend: Backend, params: Params) -> Any:
    """Open a closed topic again."""
    return await _set_closed(backend, params, closed=False)


async def delete_forum_topic(backend: Backend, params: Params) -> Any:
    """Delete a topic with all its messages."""
    chat, topic = _topic(backend, params)
    if chat.is_group and not chat.member(backend.world.bot).can_delete_messages:
        raise BadRequest("not enough rights to delete the topic")
    backend.spend(chat)
    chat.drop_topic(topic.thread_id)
    return True
