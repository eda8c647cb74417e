"""Cuts an outgoing message into the messages that Telegram takes."""

from dataclasses import dataclass
from html import escape

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.markup import CAPTION_LIMIT, split_html, visible_length
from bot.reading import PRESS_PREFIX
from desk.domain.outgoing import CopyOf, Outgoing


@dataclass(frozen=True)
class Part:
    """One message for Telegram; with a picture or a copy, *html* is its caption.

    *html* None: a copy keeps the caption that it has. *file_name*: the picture is a file.
    """

    html: str | None
    picture: bytes | None = None
    copies: CopyOf | None = None
    file_name: str | None = None


def parts_of(body: Outgoing, html: str, picture: bytes | None) -> list[Part]:
    """Return the parts of a message with the words *html*, in order, none of them blank."""
    if body.copies is not None:
        return _with_copy(html, body.copies)
    if picture is None:
        return [Part(part) for part in split_html(html)]
    if visible_length(html) <= CAPTION_LIMIT:
        return [Part(_caption(html), picture, file_name=body.document)]
    return [Part("", picture, file_name=body.document), *(Part(part) for part in split_html(html))]


def _with_copy(html: str, copied: CopyOf) -> list[Part]:
    """Put words under what is copied, or before it when they are too long for a caption."""
    if not html:
        return [Part(None, copies=copied)]
    if visible_length(html) <= CAPTION_LIMIT:
        return [Part(_caption(html), copies=copied)]
    return [*(Part(part) for part in split_html(html)), Part("", copies=copied)]


def _caption(html: str) -> str:
    return "".join(split_html(html, limit=CAPTION_LIMIT))


def headed(title: str, parts: list[Part]) -> list[Part]:
    """Put the name of its conversation on a message, for a group without topics."""
    name = f"<b>{escape(title, quote=False)}</b>"
    first, *rest = parts
    if first.html and first.copies is None and first.picture is None:
        return [*(Part(part) for part in split_html(f"{name}\n{first.html}")), *rest]
    return [Part(name), *parts]


def inline_keyboard(body: Outgoing) -> InlineKeyboardMarkup | None:
    """Return the buttons under a message, None when it has none."""
    if not body.buttons:
        return None
    return InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(b.label, callback_data=PRESS_PREFIX + b.token) for b in row]
            for row in body.buttons
        ]
    )
