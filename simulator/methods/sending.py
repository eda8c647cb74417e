"""Methods that send text, places and small signs of life."""

from typing import Any

from simulator.backend import Backend
from simulator.callbacks import PressAnswer
from simulator.errors import BadRequest
from simulator.params import Params
from simulator.posting import message_text, post, target

_ACTIONS = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    }
)


async def send_message(backend: Backend, params: Params) -> Any:
    """Send a text."""
    chat = target(backend, params)
    source, content = message_text(backend, params)
    return post(backend, chat, params, content, source=source).wire


async def send_location(backend: Backend, params: Params) -> Any:
    """Send a place on the map."""
    chat = target(backend, params)
    latitude, longitude = params.number("latitude"), params.number("longitude")
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise BadRequest("wrong location specified")
    place = {"latitude": latitude, "longitude": longitude}
    return post(backend, chat, params, {"location": place}).wire


async def send_contact(backend: Backend, params: Params) -> Any:
    """Send a phone contact."""
    chat = target(backend, params)
    phone, name = params.text("phone_number"), params.text("first_name")
    if not phone or not name:
        raise BadRequest("phone number and first name must be non-empty")
    contact = {"phone_number": phone, "first_name": name}
    return post(backend, chat, params, {"contact": contact}).wire


async def send_chat_action(backend: Backend, params: Params) -> Any:
    """Show "is typing…"; does not count against the flood limits."""
    chat = target(backend, params)
    action = params.text("action")
    if action not in _ACTIONS:
        raise BadRequest("wrong parameter action in request")
    chat.actions.append(action)
    return True


async def answer_callback_query(backend: Backend, params: Params) -> Any:
    """Answer a press of a button."""
    text = params.text("text")
    if len(text) > backend.limits.callback_answer_length:
        raise BadRequest("MESSAGE_TOO_LONG")
    answer = PressAnswer(text, params.flag("show_alert"), params.text("url") or None)
    query_id = params.text("callback_query_id")
    backend.presses.answer(query_id, answer, lifetime=backend.limits.callback_seconds)
    return True
