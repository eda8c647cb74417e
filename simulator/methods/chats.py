"""Methods about chats and their members."""

from typing import Any

from simulator.backend import Backend
from simulator.errors import BadRequest
from simulator.membership import change_bot_status
from simulator.params import Params
from simulator.posting import addressed_chat, target, without_reply
from simulator.world import Chat, MemberStatus, StoredMessage

_GIFTS = dict.fromkeys(
    (
        "unlimited_gifts",
        "limited_gifts",
        "unique_gifts",
        "premium_subscription",
        "gifts_from_channels",
    ),
    False,
)


async def get_chat(backend: Backend, params: Params) -> Any:
    """Return a chat in full."""
    chat = addressed_chat(backend, params)
    full = chat.wire() | {
        "accent_color_id": 1,
        "max_reaction_count": 11,
        "accepted_gift_types": _GIFTS,
    }
    if chat.pinned:
        full["pinned_message"] = without_reply(chat.messages[chat.pinned[-1]].wire)
    return full


async def get_chat_member(backend: Backend, params: Params) -> Any:
    """Return what somebody is in a group."""
    chat = target(backend, params)
    user_id = params.need_integer("user_id", "invalid user_id specified")
    account = backend.world.accounts.get(user_id)
    if account is None:
        raise BadRequest("member not found")
    if not chat.is_group:
        return {"user": account.wire(), "status": MemberStatus.MEMBER.value}
    return chat.member(account).wire()


async def get_chat_administrators(backend: Backend, params: Params) -> Any:
    """Return the administrators who are people."""
    chat = target(backend, params)
    if not chat.is_group:
        raise BadRequest("there are no administrators in the private chat")
    admins = [member for member in chat.members.values() if member.status.is_admin]
    return [member.wire() for member in admins if not member.account.is_bot]


async def get_chat_member_count(backend: Backend, params: Params) -> Any:
    """Return how many are in a chat."""
    chat = target(backend, params)
    inside = sum(member.status.is_inside for member in chat.members.values())
    return inside if chat.is_group else 2


def _message(chat: Chat, params: Params, missing: str) -> StoredMessage:
    message = chat.messages.get(params.need_integer("message_id", missing))
    if message is None:
        raise BadRequest(missing)
    return message


async def pin_chat_message(backend: Backend, params: Params) -> Any:
    """Pin a message; the service message about it comes back to the bot as an update."""
    chat = target(backend, params)
    if chat.is_group and not chat.bot_status.is_admin:
        raise BadRequest("not enough rights to manage pinned messages in the chat")
    message = _message(chat, params, "message to pin not found")
    chat.pinned.append(message.message_id)
    notice = backend.world.post(
        chat,
        {"pinned_message": without_reply(message.wire)},
        sender={"from": backend.world.bot.wire()},
        from_bot=True,
        thread_id=message.thread_id,
        is_service=True,
    )
    backend.queue.push("message", notice.wire, queue=("message", chat.id))
    return True


async def unpin_chat_message(backend: Backend, params: Params) -> Any:
    """Take a pin off, the latest one if none is named."""
    chat = target(backend, params)
    message_id = params.integer("message_id") or (chat.pinned[-1] if chat.pinned else None)
    if message_id not in chat.pinned:
        raise BadRequest("message to unpin not found")
    chat.pinned.remove(message_id)
    return True


async def set_message_reaction(backend: Backend, params: Params) -> Any:
    """Put a reaction on a message."""
    _message(target(backend, params), params, "message to react not found")
    return True


async def leave_chat(backend: Backend, params: Params) -> Any:
    """Leave a group."""
    chat = target(backend, params)
    if not chat.is_group:
        raise BadRequest("chat member status can't be changed in private chats")
    change_bot_status(backend, chat, MemberStatus.LEFT, by=backend.world.bot)
    return True
