"""Sends the desk's messages to Telegram: split, in HTML, never twice what did arrive."""

import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

from telegram import (
    Bot,
    InlineKeyboardMarkup,
    KeyboardButton,
    LinkPreviewOptions,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest, TelegramError

from bot.errand import Errand, Roads
from bot.groups import GroupWatch
from bot.markup import CAPTION_LIMIT, split_html, to_plain, visible_length
from bot.parts import Part, headed, inline_keyboard, parts_of
from bot.refusals import (
    delivery_error,
    has_no_text,
    is_beyond_editing,
    is_markup_refused,
    is_shut_out,
    is_topic_closed,
    is_topic_gone,
    is_unchanged,
    trouble_code,
)
from bot.topics import Topics
from desk.domain.conversation import is_group
from desk.domain.outgoing import Outgoing, Topic, TopicState
from desk.services.errors import (
    AddresseeGone,
    DeliveryRefused,
    OutcomeUnknown,
    RetryLater,
)
from desk.services.ports import UnitsOfWork
from desk.services.tools import Tools

logger = logging.getLogger(__name__)

Keyboard = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
#: Unfinished messages remembered; the desk keeps the order within a chat, so one per chat.
_REMEMBERED = 1000
#: Seconds until a group that does not let the bot write is tried again.
SHUT_OUT_PAUSE = 60.0


@dataclass(frozen=True)
class _Begun:
    """A message of which some parts have arrived, the last of them as *message_id*."""

    body: Outgoing
    count: int = 0
    message_id: str = ""


class TelegramMessenger:
    """Telegram's way out; implements `desk.services.ports.Messenger`.

    How a place is asked for: the message keeps its buttons and says how to send a place from
    the attachment menu. There a citizen can move the pin to the broken road, while a keyboard
    button could only send where they are now, and it is missing on computers. Only a message
    without buttons brings such a keyboard, since Telegram allows no message to have both.
    """

    def __init__(
        self,
        bot: Bot,
        tools: Tools,
        units: UnitsOfWork,
        watch: GroupWatch,
        spend: Callable[[str], None],
    ) -> None:
        """Send through *bot*; *spend* is told the address of calls behind a delivery's first."""
        self._bot = bot
        self._tools = tools
        self._watch = watch
        self._topics = Topics(bot, tools, units, watch)
        self._roads = Roads(spend)
        self._unfinished: OrderedDict[str, _Begun] = OrderedDict()
        self._with_keyboard: set[str] = set()

    async def send(self, address: str, body: Outgoing, content: bytes | None) -> str:
        """Deliver one message and return Telegram's id of its last part.

        A message that deletes its topic is nothing but that, and has no id.

        When a part fails, a later call with the same message goes on with that part.

        Raises:
            RetryLater: Telegram asks for patience or cannot be reached.
            OutcomeUnknown: The connection broke after sending.
            AddresseeGone: The citizen blocked the bot or the chat is no more.
            DeliveryRefused: Telegram will never take this message.
        """
        errand = self._roads.errand(address)
        try:
            if body.topic is not None and body.leaves_topic is TopicState.DELETED:
                await self._topics.delete(errand, body.topic)
                return ""
            return await self._send_all(errand, body, content)
        except TelegramError as error:
            # The library's messages may quote what was sent.
            raise self._failure(address, error) from None

    async def edit(self, address: str, message_id: str, body: Outgoing) -> bool:
        """Put *body* in the place of a message; False when it has to be sent anew.

        Its buttons are replaced as well, and go when there are none.
        """
        errand = self._roads.errand(address)
        try:
            if not await self._edit(errand, int(message_id), body):
                return False
            await self._leave(errand, body)
        except TelegramError as error:
            raise self._failure(address, error) from None
        return True

    # --- sending ----------------------------------------------------------------------------

    async def _send_all(self, errand: Errand, body: Outgoing, content: bytes | None) -> str:
        thread = await self._thread(errand, body)
        parts = self._parts(body, content)
        if not parts:
            raise DeliveryRefused
        if body.topic is not None and thread is None:
            parts = headed(body.topic.title, parts)
        keyboard = self._keyboard(errand.address, body)
        begun = self._begun(errand.address, body)
        for index in range(begun.count, len(parts)):
            under_last = keyboard if index == len(parts) - 1 else None
            thread, message_id = await self._send_part(
                errand, body.topic, thread, parts[index], under_last
            )
            begun = _Begun(body, index + 1, message_id)
            self._remember(errand.address, begun)
        self._note_keyboard(errand.address, keyboard)
        await self._leave(errand, body)
        self._unfinished.pop(errand.address, None)
        return begun.message_id

    async def _thread(self, errand: Errand, body: Outgoing) -> int | None:
        if body.topic is None:
            return None
        ends = body.leaves_topic is TopicState.CLOSED
        return await self._topics.find(errand, body.topic, may_be_closed=ends)

    async def _send_part(
        self,
        errand: Errand,
        topic: Topic | None,
        thread: int | None,
        part: Part,
        keyboard: Keyboard | None,
    ) -> tuple[int | None, str]:
        """Send a part, into a topic that is made again or reopened if need be."""
        try:
            return thread, await self._in_html(errand, thread, part, keyboard)
        except BadRequest as error:
            if topic is None or thread is None:
                raise
            if is_topic_gone(error):
                thread = await self._topics.make(errand, topic, again=True)
            elif is_topic_closed(error):
                thread = await self._topics.reopen(errand, topic, thread)
            else:
                raise
        *before, last = [part] if thread is not None else headed(topic.title, [part])
        for piece in before:
            await self._in_html(errand, thread, piece, None)
        return thread, await self._in_html(errand, thread, last, keyboard)

    async def _in_html(
        self, errand: Errand, thread: int | None, part: Part, keyboard: Keyboard | None
    ) -> str:
        """Send a part; once more as plain text when Telegram cannot read its HTML."""
        try:
            return await self._send(errand, thread, part, keyboard, ParseMode.HTML)
        except BadRequest as error:
            if not is_markup_refused(error):
                raise
        logger.warning("telegram cannot read the HTML of a message; sent as plain text")
        plain = replace(part, html=to_plain(part.html or ""))
        return await self._send(errand, thread, plain, keyboard, None)

    async def _send(
        self,
        errand: Errand,
        thread: int | None,
        part: Part,
        keyboard: Keyboard | None,
        mode: ParseMode | None,
    ) -> str:
        bot, copied, picture, file_name = self._bot, part.copies, part.picture, part.file_name
        if copied is not None:
            copy = await errand.call(
                lambda chat: bot.copy_message(
                    chat,
                    copied.chat,
                    int(copied.message_id),
                    caption=part.html,
                    parse_mode=mode,
                    reply_markup=keyboard,
                    message_thread_id=thread,
                )
            )
            return str(copy.message_id)
        if picture is not None and file_name is not None:
            filed = await errand.call(
                lambda chat: bot.send_document(
                    chat,
                    picture,
                    filename=file_name,
                    caption=part.html or None,
                    parse_mode=mode,
                    reply_markup=keyboard,
                    disable_content_type_detection=True,
                    message_thread_id=thread,
                )
            )
            return str(filed.message_id)
        if picture is not None:
            shown = await errand.call(
                lambda chat: bot.send_photo(
                    chat,
                    picture,
                    caption=part.html or None,
                    parse_mode=mode,
                    reply_markup=keyboard,
                    message_thread_id=thread,
                )
            )
            return str(shown.message_id)
        sent = await errand.call(
            lambda chat: bot.send_message(
                chat,
                part.html or "",
                parse_mode=mode,
                reply_markup=keyboard,
                link_preview_options=_NO_PREVIEW,
                message_thread_id=thread,
            )
        )
        return str(sent.message_id)

    async def _leave(self, errand: Errand, body: Outgoing) -> None:
        """Leave the topic as the message wants it."""
        if body.topic is not None and body.leaves_topic is TopicState.CLOSED:
            await self._topics.close(errand, body.topic)

    # --- editing ----------------------------------------------------------------------------

    async def _edit(self, errand: Errand, message_id: int, body: Outgoing) -> bool:
        """Edit a text or, if the message turns out to have none, its caption."""
        if len(split_html(body.text)) != 1:
            return False
        for edit in (self._edit_text, self._edit_caption):
            try:
                await edit(errand, message_id, body, ParseMode.HTML)
            except BadRequest as error:
                if is_markup_refused(error):
                    await edit(errand, message_id, replace(body, text=to_plain(body.text)), None)
                    return True
                if is_unchanged(error):
                    return True
                if is_beyond_editing(error):
                    return False
                if not has_no_text(error):
                    raise
            else:
                return True
            if visible_length(body.text) > CAPTION_LIMIT:
                return False
        return False

    async def _edit_text(
        self, errand: Errand, message_id: int, body: Outgoing, mode: ParseMode | None
    ) -> None:
        await errand.call(
            lambda chat: self._bot.edit_message_text(
                "".join(split_html(body.text)) if mode else body.text,
                chat,
                message_id,
                parse_mode=mode,
                reply_markup=inline_keyboard(body),
                link_preview_options=_NO_PREVIEW,
            )
        )

    async def _edit_caption(
        self, errand: Errand, message_id: int, body: Outgoing, mode: ParseMode | None
    ) -> None:
        await errand.call(
            lambda chat: self._bot.edit_message_caption(
                chat,
                message_id,
                caption="".join(split_html(body.text)) if mode else body.text,
                parse_mode=mode,
                reply_markup=inline_keyboard(body),
            )
        )

    # --- what is sent -----------------------------------------------------------------------

    def _parts(self, body: Outgoing, content: bytes | None) -> list[Part]:
        html = body.text
        if body.ask_location and body.buttons:
            html = f"{html}\n\n{self._tools.say('bot.petunjuk_lokasi')}"
        return parts_of(body, html, content)

    def _keyboard(self, address: str, body: Outgoing) -> Keyboard | None:
        if body.buttons:
            return inline_keyboard(body)
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

    def _begun(self, address: str, body: Outgoing) -> _Begun:
        """Return what arrived before; another message means the old one was dropped."""
        begun = self._unfinished.get(address)
        return begun if begun and begun.body == body else _Begun(body)

    def _remember(self, address: str, begun: _Begun) -> None:
        self._unfinished[address] = begun
        self._unfinished.move_to_end(address)
        if len(self._unfinished) > _REMEMBERED:
            self._unfinished.popitem(last=False)

    # --- failures ---------------------------------------------------------------------------

    def _failure(
        self, address: str, error: TelegramError
    ) -> RetryLater | OutcomeUnknown | AddresseeGone | DeliveryRefused:
        """Return what a failure means; a group that shuts the bot out waits for its admins."""
        failure: RetryLater | OutcomeUnknown | AddresseeGone | DeliveryRefused
        if is_group(address) and is_shut_out(error):
            self._watch.doubt(address)
            failure = RetryLater(SHUT_OUT_PAUSE, code="shut_out")
        else:
            failure = delivery_error(error)
        logger.info(
            "telegram did not take a message",
            extra={"failure": type(failure).__name__, "code": trouble_code(error)},
        )
        return failure
