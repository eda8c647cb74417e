"""Sends the desk's messages to Telegram: split, in HTML, never twice what did arrive."""

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    LinkPreviewOptions,
    Message,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, TelegramError

from bot.markup import CAPTION_LIMIT, split_html, to_plain, visible_length
from bot.reading import PRESS_PREFIX
from bot.refusals import delivery_error, is_markup_refused, trouble_code
from desk.domain.outgoing import Outgoing
from desk.services.errors import DeliveryRefused
from desk.services.tools import Tools

logger = logging.getLogger(__name__)

Keyboard = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
#: Unfinished messages remembered; the desk keeps the order within a chat, so one per chat.
_REMEMBERED = 1000


@dataclass(frozen=True)
class _Part:
    """One message for Telegram; *picture* makes *html* its caption."""

    html: str
    keyboard: Keyboard | None = None
    picture: bytes | None = None


class TelegramMessenger:
    """Telegram's way out; implements `desk.services.ports.Messenger`.

    How a place is asked for: the message keeps its buttons and says how to send a place from
    the attachment menu. There a citizen can move the pin to the broken road, while a keyboard
    button could only send where they are now, and it is missing on computers. Only a message
    without buttons brings such a keyboard, since Telegram allows no message to have both.
    """

    def __init__(self, bot: Bot, tools: Tools) -> None:
        """Send through *bot*."""
        self._bot = bot
        self._tools = tools
        self._unfinished: OrderedDict[str, tuple[Outgoing, int]] = OrderedDict()
        self._with_keyboard: set[str] = set()
        self._moved: dict[str, str] = {}

    async def send(self, address: str, body: Outgoing, picture: bytes | None) -> str:
        """Deliver one message and return Telegram's id of its last part.

        When a part fails, a later call with the same message goes on with that part.

        Raises:
            RetryLater: Telegram asks for patience or cannot be reached.
            OutcomeUnknown: The connection broke after sending.
            AddresseeGone: The citizen blocked the bot or the chat is no more.
            DeliveryRefused: Telegram will never take this message.
        """
        parts = self._parts(address, body, picture)
        if not parts:
            raise DeliveryRefused
        message_id = ""
        for index in range(self._delivered(address, body), len(parts)):
            message_id = await self._deliver(address, parts[index])
            self._remember(address, body, index + 1)
        self._unfinished.pop(address, None)
        self._note_keyboard(address, parts[-1].keyboard)
        return message_id

    # --- what is sent -----------------------------------------------------------------------

    def _parts(self, address: str, body: Outgoing, picture: bytes | None) -> list[_Part]:
        html = body.text
        if body.ask_location and body.buttons:
            html = f"{html}\n\n{self._tools.say('bot.petunjuk_lokasi')}"
        if picture is not None and visible_length(html) <= CAPTION_LIMIT:
            caption = "".join(split_html(html, limit=CAPTION_LIMIT))
            parts = [_Part(caption, picture=picture)]
        else:
            pictures = [_Part("", picture=picture)] if picture is not None else []
            parts = pictures + [_Part(part) for part in split_html(html)]
        if parts:
            parts[-1] = replace(parts[-1], keyboard=self._keyboard(address, body))
        return parts

    def _keyboard(self, address: str, body: Outgoing) -> Keyboard | None:
        if body.buttons:
            return InlineKeyboardMarkup(
                [
                    [
                        InlineKeyboardButton(b.label, callback_data=PRESS_PREFIX + b.token)
                        for b in row
                    ]
                    for row in body.buttons
                ]
            )
        if body.ask_location:
            label = self._tools.wording.plain("bot.tombol_lokasi")
            button = KeyboardButton(label, request_location=True)
            return ReplyKeyboardMarkup([[button]], resize_keyboard=True, one_time_keyboard=True)
        return ReplyKeyboardRemove() if address in self._with_keyboard else None

    def _note_keyboard(self, address: str, keyboard: Keyboard | None) -> None:
        if isinstance(keyboard, ReplyKeyboardMarkup):
            self._with_keyboard.add(address)
        elif isinstance(keyboard, ReplyKeyboardRemove):
            self._with_keyboard.discard(address)

    # --- what has arrived already -----------------------------------------------------------

    def _delivered(self, address: str, body: Outgoing) -> int:
        """Return how many parts arrived before; another message means the old one was dropped."""
        known, count = self._unfinished.get(address, (body, 0))
        return count if known == body else 0

    def _remember(self, address: str, body: Outgoing, count: int) -> None:
        self._unfinished[address] = (body, count)
        self._unfinished.move_to_end(address)
        if len(self._unfinished) > _REMEMBERED:
            self._unfinished.popitem(last=False)

    # --- sending ----------------------------------------------------------------------------

    async def _deliver(self, address: str, part: _Part) -> str:
        try:
            message = await self._following(address, lambda chat: self._in_html(chat, part))
        except TelegramError as error:
            failure = delivery_error(error)
            logger.info(
                "telegram did not take a message",
                extra={"failure": type(failure).__name__, "code": trouble_code(error)},
            )
            # The library's messages may quote what was sent.
            raise failure from None
        return str(message.message_id)

    async def _following(self, address: str, send: Callable[[str], Awaitable[Message]]) -> Message:
        """Send to an address, or to where its group has moved."""
        try:
            return await send(self._moved.get(address, address))
        except ChatMigrated as moved:
            self._moved[address] = str(moved.new_chat_id)
            logger.warning("group %s is now %s: change the setting", address, self._moved[address])
            return await send(self._moved[address])

    async def _in_html(self, chat: str, part: _Part) -> Message:
        """Send a part; once more as plain text when Telegram cannot read its HTML."""
        try:
            return await self._send(chat, part, ParseMode.HTML)
        except BadRequest as error:
            if not is_markup_refused(error):
                raise
        logger.warning("telegram cannot read the HTML of a message; sent as plain text")
        return await self._send(chat, replace(part, html=to_plain(part.html)), None)

    async def _send(self, chat: str, part: _Part, mode: ParseMode | None) -> Message:
        if part.picture is not None:
            return await self._bot.send_photo(
                chat,
                part.picture,
                caption=part.html or None,
                parse_mode=mode,
                reply_markup=part.keyboard,
            )
        return await self._bot.send_message(
            chat,
            part.html,
            parse_mode=mode,
            reply_markup=part.keyboard,
            link_preview_options=_NO_PREVIEW,
        )
