"""Finding the button a person means."""

from simulator.inbox import Button, Rows, read_rows
from simulator.world import Chat, StoredMessage


def find_inline(
    chat: Chat, label: str, *, message_id: int | None = None
) -> tuple[StoredMessage, Button] | None:
    """Return the newest message that has the button, and the button.

    An exact label or callback data wins over a part of a label.
    """
    candidates = [
        message
        for message in reversed(chat.messages.values())
        if message.from_bot and message_id in (None, message.message_id)
    ]
    for is_meant in (_is_exactly, _is_part):
        for message in candidates:
            for button in message.seen().buttons:
                if is_meant(button, label):
                    return message, button
    return None


def find_keyboard(chat: Chat, label: str) -> Button | None:
    """Return a button of the reply keyboard that is open in this chat."""
    buttons = [button for row in _keyboard_rows(chat) for button in row]
    for is_meant in (_is_exactly, _is_part):
        for button in buttons:
            if is_meant(button, label):
                return button
    return None


def describe(chat: Chat) -> str:
    """List the buttons a person sees, for failure reports."""
    seen = [message.seen() for message in chat.messages.values() if message.from_bot]
    lines = [f"  {message}" for message in seen if message.buttons]
    keyboard = [button.text for row in _keyboard_rows(chat) for button in row]
    return "\n".join([*lines[-5:], f"  reply keyboard: {keyboard}"])


def _keyboard_rows(chat: Chat) -> Rows:
    return read_rows(chat.keyboard, "keyboard")


def _is_exactly(button: Button, label: str) -> bool:
    return label in (button.text, button.callback_data)


def _is_part(button: Button, label: str) -> bool:
    return label.casefold() in button.text.casefold()
