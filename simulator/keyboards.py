"""Checks of keyboards as Telegram makes them."""

from typing import Any

from simulator.errors import BadRequest
from simulator.limits import Limits
from simulator.world import Chat

Json = dict[str, Any]

_ACTIONS = (
    "callback_data",
    "url",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)
_MOST_BUTTONS = 100


def check_markup(markup: Any, chat: Chat, limits: Limits) -> Json | None:
    """Return a valid reply markup.

    Raises:
        BadRequest: Telegram would refuse it.
    """
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise BadRequest("object expected as reply markup")
    if "inline_keyboard" in markup:
        rows = _rows(markup["inline_keyboard"])
        for button in (button for row in rows for button in row):
            _check_inline(button, limits)
        # An empty keyboard is the same as none.
        return {"inline_keyboard": [row for row in rows if row]} if any(rows) else None
    if "keyboard" in markup:
        for button in (button for row in _rows(markup["keyboard"]) for button in row):
            _check_reply(button, chat)
    return markup


def _rows(rows: Any) -> list[list[Any]]:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise BadRequest("can't parse keyboard: field must be of type Array of Arrays")
    if sum(len(row) for row in rows) > _MOST_BUTTONS:
        raise BadRequest("REPLY_MARKUP_TOO_LONG")
    return rows


def _check_inline(button: Any, limits: Limits) -> None:
    if not isinstance(button, dict) or not str(button.get("text") or "").strip():
        raise BadRequest("can't parse inline keyboard button: text is empty")
    actions = [name for name in _ACTIONS if button.get(name) is not None]
    if len(actions) != 1:
        raise BadRequest("Text buttons are unallowed in the inline keyboard")
    if "callback_data" in button:
        size = len(str(button["callback_data"]).encode())
        if not 1 <= size <= limits.callback_data_bytes:
            raise BadRequest("BUTTON_DATA_INVALID")
    if "url" in button and not str(button["url"]).startswith(("http://", "https://", "tg://")):
        raise BadRequest(
            f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL"
        )


def _check_reply(button: Any, chat: Chat) -> None:
    if isinstance(button, str):
        return
    if not isinstance(button, dict) or not button.get("text"):
        raise BadRequest('can\'t parse keyboard button: field "text" must be of type String')
    if chat.is_group and button.get("request_location"):
        raise BadRequest("location can be requested in private chats only")
    if chat.is_group and button.get("request_contact"):
        raise BadRequest("phone number can be requested in private chats only")
