"""Messages that people write: into which chat, in whose name, and the update they cause."""

from dataclasses import dataclass
from typing import Any

from simulator.backend import Backend
from simulator.markup import detect_entities
from simulator.posting import without_reply
from simulator.world import ANONYMOUS, Account, Chat, MemberStatus, StoredMessage

Json = dict[str, Any]


class NotPossible(Exception):
    """A simulated person tried what the Telegram app would not let them do."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person writes."""

    chat: Chat
    thread_id: int | None = None
    reply_to: int | None = None


def sender_fields(chat: Chat, author: Account) -> Json:
    """Return in whose name *author* writes here."""
    member = chat.members.get(author.id)
    if chat.is_group and member is not None and member.is_anonymous:
        return {"from": ANONYMOUS, "sender_chat": chat.wire()}
    return {"from": author.wire()}


def write(backend: Backend, author: Account, place: Place, content: Json) -> StoredMessage:
    """Write a person's message and send the bot its update."""
    chat = place.chat
    _check_allowed(chat, author, place.thread_id)
    message = backend.world.post(
        chat,
        _reply(place) | content,
        sender=sender_fields(chat, author),
        from_bot=False,
        thread_id=place.thread_id,
    )
    if not chat.is_group:
        chat.has_started = True
    announce(backend, chat, message, "message")
    kinds = " ".join(key for key in content if key not in ("entities", "caption_entities"))
    backend.calls.note(f"user {author.id}", "sent", chat_id=chat.id, detail=kinds)
    return message


def announce(backend: Backend, chat: Chat, message: StoredMessage, kind: str) -> None:
    """Queue the update about a person's message, unless privacy mode hides it from the bot."""
    if chat.is_group:
        if not chat.bot_status.is_inside:
            return
        if backend.privacy_mode and not (
            chat.bot_status.is_admin or _is_for_bot(backend, message)
        ):
            return
    backend.queue.push(kind, message.wire, queue=("message", chat.id))


def text_fields(text: str) -> Json:
    """Return the fields of a typed text."""
    entities = detect_entities(text)
    return {"text": text} | ({"entities": entities} if entities else {})


def caption_fields(caption: str | None) -> Json:
    """Return the fields of a caption, nothing without one."""
    if not caption:
        return {}
    entities = detect_entities(caption)
    return {"caption": caption} | ({"caption_entities": entities} if entities else {})


def _reply(place: Place) -> Json:
    if place.reply_to is None:
        return {}
    quoted = place.chat.messages.get(place.reply_to)
    if quoted is None:
        raise NotPossible(f"no message {place.reply_to} to reply to")
    return {"reply_to_message": without_reply(quoted.wire)}


def _check_allowed(chat: Chat, author: Account, thread_id: int | None) -> None:
    if author.is_deactivated:
        raise NotPossible(f"account {author.id} is deactivated")
    if not chat.is_group:
        if chat.bot_status is MemberStatus.KICKED:
            raise NotPossible(f"user {author.id} blocked the bot; unblock() first")
        if thread_id is not None and thread_id not in chat.topics:
            raise NotPossible(f"no topic {thread_id} in the private chat of {author.id}")
        return
    member = chat.member(author)
    if not member.status.is_inside:
        raise NotPossible(f"user {author.id} is not in group {chat.id}")
    if thread_id is None:
        return
    topic = chat.topics.get(thread_id)
    if topic is None:
        raise NotPossible(f"no topic {thread_id} in group {chat.id}")
    if topic.is_closed and not member.status.is_admin:
        raise NotPossible(f"topic {thread_id} is closed")


def _is_for_bot(backend: Backend, message: StoredMessage) -> bool:
    wire, bot = message.wire, backend.world.bot
    text: str = wire.get("text") or wire.get("caption") or ""
    replied = wire.get("reply_to_message", {}).get("from", {}).get("id") == bot.id
    return replied or text.startswith("/") or f"@{bot.username}" in text
