"""Fetches updates by long polling: stored first, then acknowledged by the next offset."""

import asyncio
import json
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from telegram.error import Conflict, InvalidToken, TelegramError

from bot.connection import Connection, FloodWait
from bot.reading import ALLOWED_UPDATES, update_id_of
from bot.refusals import TOKEN_PAUSE, trouble_code
from bot.taking import NotStored, Taker

logger = logging.getLogger(__name__)

POLL_SECONDS = 25
#: The answer may take this much longer than the wait that was asked for.
GRACE_SECONDS = 10.0
BATCH = 100
CONFLICT_PAUSE = 5.0


@dataclass
class Pause:
    """How long to wait after failures in a row: 1, 2, 4 … 30 seconds, each a little random."""

    first: float = 1.0
    most: float = 30.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    failures: int = 0

    async def after_failure(self, seconds: float | None = None) -> None:
        """Wait *seconds*, or longer with every failure in a row."""
        step = min(self.first * 2 ** min(self.failures, 10), self.most)
        self.failures += 1
        # Several programs that failed together should not come back together.
        spread = step * random.uniform(0.75, 1.25)  # noqa: S311 - no secret
        await self.sleep(spread if seconds is None else seconds)

    def reset(self) -> None:
        """Begin anew after a success."""
        self.failures = 0


@dataclass
class Poller:
    """The polling loop.

    The offset lives in memory only: after a restart Telegram sends again what was not
    acknowledged, and what was stored before is recognised.
    """

    connection: Connection
    taker: Taker
    pause: Pause = field(default_factory=Pause)
    offset: int = 0
    trouble: str | None = None  #: short code of what keeps updates from coming, None when well

    async def run(self) -> None:
        """Fetch and store updates until cancelled."""
        while True:
            try:
                await self._once()
            except TelegramError as error:
                await self._after_refusal(error)
            except NotStored:
                self._note("database", "updates wait: the database does not take them")
                await self.pause.after_failure()
            except Exception as error:
                # Reading never raises; this is the edge that keeps the loop alive if it did.
                logger.exception("polling broke")
                self.trouble = type(error).__name__
                await self.pause.after_failure()
            else:
                self.trouble = None
                self.pause.reset()

    async def _once(self) -> None:
        updates = await self._fetch()
        await self.taker.take(updates)
        ids = [found for update in updates if (found := update_id_of(update)) is not None]
        self.offset = max([self.offset, *(number + 1 for number in ids)])
        if updates and not ids:
            logger.error("updates without ids cannot be acknowledged")
            await self.pause.after_failure()

    async def _fetch(self) -> list[Any]:
        """Return raw updates: the library's own parsing would lose a whole batch over one."""
        asked: dict[str, Any] = {
            "timeout": POLL_SECONDS,
            "limit": BATCH,
            "allowed_updates": json.dumps(ALLOWED_UPDATES),
        }
        if self.offset:
            asked["offset"] = self.offset
        found: Any = await self.connection.updates.post(
            f"{self.connection.bot.base_url}/getUpdates?{urlencode(asked)}",
            read_timeout=POLL_SECONDS + GRACE_SECONDS,
        )
        return found if isinstance(found, list) else []

    async def _after_refusal(self, error: TelegramError) -> None:
        match error:
            case Conflict():
                self._note(
                    "conflict",
                    "another program fetches this bot's updates, or a webhook is set; "
                    "only one may",
                )
                await self.pause.after_failure(CONFLICT_PAUSE)
            case InvalidToken():
                self._note("token", "Telegram refuses the bot's token")
                await self.pause.after_failure(TOKEN_PAUSE)
            case FloodWait():
                self._note("flood", "Telegram asks to fetch updates more slowly")
                await self.pause.after_failure(error.seconds)
            case _:
                self._note(trouble_code(error), "Telegram cannot be reached")
                await self.pause.after_failure()

    def _note(self, code: str, words: str) -> None:
        """Log a trouble once, when it begins, and keep it for the health page."""
        if self.trouble != code:
            logger.warning("polling: %s", words, extra={"code": code})
        self.trouble = code
