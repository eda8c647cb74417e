"""Asks Telegram before the start whether the token is right."""

import json
from dataclasses import dataclass

from telegram.error import NetworkError

from bot.request import AiohttpRequest
from desk.settings import Settings
from sapa.errors import OperatorError

_REFUSED = frozenset({401, 404})
_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class TelegramState:
    """What is known of the bot: its name, or why nothing is known.

    *has_topics*: its private chats may have topics (*Threaded Mode* in @BotFather), which not
    only the bot opens if *users_open_topics*.
    """

    username: str | None = None
    has_topics: bool = False
    users_open_topics: bool = False
    warning: str | None = None


async def check_token(settings: Settings) -> TelegramState:
    """Ask who the bot is; an address that does not answer is a warning, since it may come back.

    Raises:
        OperatorError: Telegram refuses the token.
    """
    if settings.telegram_token is None:
        return TelegramState()
    url = f"{settings.telegram_api_url}/bot{settings.telegram_token.get_secret_value()}/getMe"
    # As the bot itself asks: through the same proxy, and with the same certificates.
    request = AiohttpRequest(
        settings.telegram_api_url, pool=1, answer_seconds=_TIMEOUT_S, upload_seconds=_TIMEOUT_S
    )
    try:
        status, answer = await request.do_request(url, "GET")
    except NetworkError as error:
        return _unreachable(settings, type(error.__cause__).__name__)
    finally:
        await request.shutdown()
    if status in _REFUSED:
        raise OperatorError(
            f"Telegram refuses the token in SAPA_TELEGRAM_TOKEN ({status}): copy it "
            "again from @BotFather into .env, or leave it empty to serve the web chat only."
        )
    try:
        bot = json.loads(answer)["result"]
        return TelegramState(
            str(bot["username"]),
            has_topics=bot.get("has_topics_enabled") is True,
            users_open_topics=bot.get("allows_users_to_create_topics") is True,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return _unreachable(settings, f"status {status}")


def _unreachable(settings: Settings, reason: str) -> TelegramState:
    return TelegramState(
        warning=f"{settings.telegram_api_url} does not answer as a Bot API ({reason}): Telegram "
        "messages come in as soon as it does; the web chat serves meanwhile."
    )
