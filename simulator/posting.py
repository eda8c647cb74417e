"""Putting a bot's message into a chat: permission, limits, text, keyboard, reply."""

from typing import Any

from simulator.backend import Backend
from simulator.errors import BadRequest, Forbidden
from simulator.keyboards import check_markup
from simulator.markup import Entity, detect_entities, parse_html, trim
from simulator.params import Params
from simulator.world import Chat, StoredMessage

Json = dict[str, Any]


def target(backend: Backend, params: Params) -> Chat:
    """Return the addressed chat if the bot may write there.

    Raises:
        BadRequest: No such chat.
        Forbidden: The person or group does not let the bot in.
    """
    chat = addressed_chat(backend, params)
    if chat.is_group:
        if not chat.bot_status.is_inside:
            was = "was kicked from" if chat.bot_status == "kicked" else "is not a member of"
            raise Forbidden(f"bot {was} the supergroup chat")
        return chat
    if chat.person is not None and chat.person.is_deactivated:
        raise Forbidden("user is deactivated")
    if chat.bot_status == "kicked":
        raise Forbidden("bot was blocked by the user")
    if not chat.has_started:
        raise Forbidden("bot can't initiate conversation with a user")
    return chat


def addressed_chat(backend: Backend, params: Params, name: str = "chat_id") -> Chat:
    """Return the chat a parameter names, whatever the bot may do there."""
    chat_id = Params({"chat_id": params.values.get(name)}).chat_id
    if chat_id is None:
        raise BadRequest("chat_id is empty")
    chat = backend.world.chat(chat_id)
    if chat.moved_to is not None:
        parameters = {"migrate_to_chat_id": chat.moved_to}
        words = "group chat was upgraded to a supergroup chat"
        raise BadRequest(words, parameters=parameters)
    return chat


def read_text(params: Params, name: str, *, longest: int, too_long: str) -> tuple[str, Json]:
    """Return the source of a text and its plain form with entities, as message fields.

    *name* is ``text`` or ``caption``; the fields are keyed accordingly.
    """
    source = params.text(name)
    mode = params.text("parse_mode").lower()
    entities_key = "entities" if name == "text" else "caption_entities"
    given = params.json(entities_key) or []
    if mode == "html":
        text, entities = parse_html(source)
    elif mode:
        # Sapa writes HTML only; a half-true Markdown parser would hide mistakes.
        raise BadRequest("unsupported parse_mode (the simulator knows HTML only)")
    else:
        text, entities = trim(source, given)
    if len(text) > longest:
        raise BadRequest(too_long)
    return source, {name: text, **_entity_field(entities_key, text, entities)} if text else {}


def _entity_field(key: str, text: str, entities: list[Entity]) -> Json:
    taken = [(e["offset"], e["offset"] + e["length"]) for e in entities]
    detected = [
        e
        for e in detect_entities(text)
        if not any(a < e["offset"] + e["length"] and e["offset"] < b for a, b in taken)
    ]
    found = sorted([*entities, *detected], key=lambda e: (e["offset"], -e["length"]))
    return {key: found} if found else {}


def message_text(backend: Backend, params: Params) -> tuple[str, Json]:
    """Return source and fields of a text message.

    Raises:
        BadRequest: Empty, too long, or wrong HTML.
    """
    source, fields = read_text(
        params, "text", longest=backend.limits.text_length, too_long="message is too long"
    )
    if not fields:
        raise BadRequest("message text is empty")
    return source, fields


def caption_text(backend: Backend, params: Params) -> tuple[str | None, Json]:
    """Return source and fields of a caption; no caption is fine."""
    source, fields = read_text(
        params,
        "caption",
        longest=backend.limits.caption_length,
        too_long="message caption is too long",
    )
    return (source if fields else None), fields


def thread_of(chat: Chat, params: Params, *, has_private: bool) -> int | None:
    """Return the addressed topic; *has_private*: private chats have topics, too.

    Raises:
        BadRequest: There is no such topic; the general topic has no id of its own here.
    """
    thread_id = params.integer("message_thread_id")
    if thread_id is None:
        return None
    topic = chat.topics.get(thread_id) if chat.is_group or has_private else None
    if topic is None:
        raise BadRequest("message thread not found")
    if topic.is_closed and not chat.bot_status.is_admin:
        raise BadRequest("TOPIC_CLOSED")
    return thread_id


def reply_fields(chat: Chat, params: Params) -> Json:
    """Return the quoted message of a reply.

    Raises:
        BadRequest: The message to reply to is gone, and the bot did not allow for that.
    """
    wanted = params.json("reply_parameters") or {}
    message_id = wanted.get("message_id") or params.integer("reply_to_message_id")
    if message_id is None:
        return {}
    quoted = chat.messages.get(int(message_id))
    if quoted is None:
        lenient = wanted.get("allow_sending_without_reply") or params.flag(
            "allow_sending_without_reply"
        )
        if lenient:
            return {}
        raise BadRequest("message to be replied not found")
    return {"reply_to_message": without_reply(quoted.wire)}


def without_reply(wire: Json) -> Json:
    """Return a message as it looks inside another one: replies do not nest."""
    return {key: value for key, value in wire.items() if key != "reply_to_message"}


def post(
    backend: Backend,
    chat: Chat,
    params: Params,
    content: Json,
    *,
    source: str | None = None,
    spend: bool = True,
) -> StoredMessage:
    """Write a bot's message with everything the common parameters ask for."""
    thread_id = thread_of(chat, params, has_private=backend.private_topics)
    reply = reply_fields(chat, params)
    if thread_id is None and "message_thread_id" in reply.get("reply_to_message", {}):
        thread_id = reply["reply_to_message"]["message_thread_id"]
    markup = check_markup(params.json("reply_markup"), chat, backend.limits)
    if spend:
        backend.spend(chat)
    keyboard = markup if markup and "inline_keyboard" not in markup else None
    if keyboard is not None and not chat.is_group:
        chat.keyboard = keyboard if "keyboard" in keyboard else None
    inline = {"reply_markup": markup} if markup and keyboard is None else {}
    protected = {"has_protected_content": True} if params.flag("protect_content") else {}
    message = backend.world.post(
        chat,
        reply | content | inline | protected,
        sender={"from": backend.world.bot.wire()},
        from_bot=True,
        thread_id=thread_id,
        source=source,
        keyboard=keyboard,
    )
    chat.arrive(message)
    return message
