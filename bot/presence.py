"""Small signs of life that need not arrive: typing, and answers to pressed buttons."""

import asyncio
import contextlib
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any

from telegram import Bot
from telegram.constants import ChatAction
from telegram.error import TelegramError

from bot.reading import press_id_of
from bot.refusals import trouble_code
from desk.domain.conversation import Channel
from desk.services.every import start
from desk.services.turns.intake import Arrival

logger = logging.getLogger(__name__)

#: Most answers are there sooner than a sign of them would be of use.
TYPING_AFTER = 0.5
#: Telegram shows "typing" for five seconds.
TYPING_LASTS = 4.0
_CHATS_REMEMBERED = 5000
_AT_ONCE = 16


class TelegramPresence:
    """Sends signs of life in the background; implements `desk.services.ports.Presence`.

    No turn waits for them, and when too many are under way new ones are left out.
    """

    def __init__(
        self,
        bot: Bot,
        *,
        clock: Callable[[], float] = time.monotonic,
        typing_after: float = TYPING_AFTER,
    ) -> None:
        """Show signs through *bot*; work must take *typing_after* seconds to be shown."""
        self._bot = bot
        self._typing_after = typing_after
        self._clock = clock
        self._typing_since: OrderedDict[str, float] = OrderedDict()
        self._under_way: set[asyncio.Task[object]] = set()

    @contextlib.contextmanager
    def typing(self, channel: Channel, address: str) -> Iterator[None]:
        """Show that an answer is being written when the work inside takes a moment."""
        if channel is not Channel.TELEGRAM:
            yield
            return
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self._typing_after, self._type, address)
        try:
            yield
        finally:
            timer.cancel()

    def _type(self, address: str) -> None:
        """Show "typing", at most once in four seconds per chat."""
        now = self._clock()
        last = self._typing_since.get(address)
        if last is not None and now - last < TYPING_LASTS:
            return
        self._typing_since[address] = now
        self._typing_since.move_to_end(address)
        if len(self._typing_since) > _CHATS_REMEMBERED:
            self._typing_since.popitem(last=False)
        self._start(self._bot.send_chat_action(address, ChatAction.TYPING))

    def answer_presses(self, arrivals: Sequence[Arrival]) -> None:
        """Stop the spinning of buttons whose presses are stored now."""
        for press_id in filter(None, map(press_id_of, arrivals)):
            self._start(self._bot.answer_callback_query(press_id))

    async def settled(self) -> None:
        """Wait until nothing is under way."""
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def close(self) -> None:
        """Give up what is still under way."""
        for task in self._under_way:
            task.cancel()
        await self.settled()

    def _start(self, call: Coroutine[Any, Any, bool]) -> None:
        if len(self._under_way) >= _AT_ONCE:
            call.close()
            return
        task = start(_quietly(call), name="a sign of life")
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)


async def _quietly(call: Coroutine[Any, Any, bool]) -> None:
    try:
        await call
    except TelegramError as error:
        logger.debug("a sign of life did not arrive", extra={"code": trouble_code(error)})
