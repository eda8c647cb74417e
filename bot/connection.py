"""The HTTP connection to the Bot API: pools, time-outs, and failures told apart by status."""

import json
import logging
from typing import Any

from telegram import Bot
from telegram.error import BadRequest, NetworkError

from bot.request import AiohttpRequest

#: More than parcels are under way at once: signs of life and downloads need some as well.
POOL = 128
ANSWER_SECONDS = 20.0
UPLOAD_SECONDS = 60.0

#: These would write the token (it is part of every address) or whole messages into the log.
_TALKATIVE = ("aiohttp", "telegram")


class FloodWait(NetworkError):
    """Telegram asks to slow down; python-telegram-bot's own error warns about its future."""

    def __init__(self, seconds: float | None) -> None:
        """Remember how long to wait, None when Telegram did not say."""
        super().__init__("flood control")
        self.seconds = seconds


class ServerTrouble(NetworkError):
    """Telegram's side answered with a 5xx."""

    def __init__(self, status: int) -> None:
        """Remember the status; 502 and 504 come from a server in front of the real one."""
        super().__init__(f"server trouble ({status})")
        self.status = status


class TelegramRequest(AiohttpRequest):
    """Requests whose failures keep the HTTP status, which the library folds into words."""

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """Send one request.

        Raises:
            FloodWait: 429.
            ServerTrouble: 5xx.
            BadRequest: 413, the upload is too large.
        """
        status, payload = await super().do_request(*args, **kwargs)
        if status == 429:
            raise FloodWait(_retry_after(payload))
        if status == 413:
            raise BadRequest("Request Entity Too Large")
        if status >= 500:
            raise ServerTrouble(status)
        return status, payload


def _retry_after(payload: bytes) -> float | None:
    try:
        seconds = json.loads(payload)["parameters"]["retry_after"]
    except (ValueError, LookupError, TypeError):
        return None
    return float(seconds) if isinstance(seconds, int | float) else None


class Connection:
    """A bot's connections: one for waiting for updates, a pool for all else."""

    def __init__(
        self, token: str, api_url: str, *, answer_seconds: float = ANSWER_SECONDS
    ) -> None:
        """Prepare; nothing is sent yet. *api_url* is the address without the `/bot` part."""
        _quieten()
        base = api_url.rstrip("/")
        seconds = {"answer_seconds": answer_seconds, "upload_seconds": UPLOAD_SECONDS}
        self._calls = TelegramRequest(base, pool=POOL, **seconds)
        self.updates = TelegramRequest(base, pool=1, **seconds)
        self.bot = Bot(
            token,
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=self._calls,
            get_updates_request=self.updates,
        )

    async def close(self) -> None:
        """Close every connection; may be called twice."""
        await self._calls.shutdown()
        await self.updates.shutdown()


def _quieten() -> None:
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    # Logs the body of an answer it cannot parse.
    logging.getLogger("telegram.request.BaseRequest").setLevel(logging.CRITICAL)
