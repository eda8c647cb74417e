"""The bot as a whole: checks the token, introduces itself, receives by polling or webhook."""

import asyncio
import contextlib
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from aiohttp import web
from telegram import BotCommand, BotCommandScopeAllPrivateChats
from telegram.error import InvalidToken, TelegramError

from bot.audience import Audience, Roster, officer_groups
from bot.commands import OfficerCommands
from bot.connection import Connection
from bot.files import TelegramFiles
from bot.groups import LOOK_AGAIN, LOOK_EVERY, GroupWatch
from bot.polling import Pause, Poller
from bot.presence import TelegramPresence
from bot.reading import ALLOWED_UPDATES
from bot.refusals import trouble_code
from bot.sending import TelegramMessenger
from bot.taking import Taker
from bot.webhook import PATH, webhook_handler
from bot.words import COMMANDS
from desk.bootstrap import told
from desk.domain.pace import Pace
from desk.services.every import beside, every
from desk.services.ports import Bell, UnitsOfWork
from desk.services.tools import Tools

logger = logging.getLogger(__name__)

POLLING = "polling"
WEBHOOK = "webhook"
WEBHOOK_CONNECTIONS = 40
HELLO_SECONDS = 5.0
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


class TokenRefused(Exception):
    """Telegram does not know the bot's token."""


class WebhookMisconfigured(Exception):
    """Webhook mode needs a public address and a secret of A-Z, a-z, 0-9, _ and -."""


class TelegramBot:
    """Telegram, wired to the desk.

    `start` makes sending possible. `look_at_itself` and `receive` run beside everything else, the
    one in every process that sends, the other where updates are taken in. Neither gives up on a
    Telegram that cannot be reached.
    """

    def __init__(
        self,
        *,
        token: str,
        api_url: str,
        mode: str,
        webhook_secret: str,
        public_url: str,
        units: UnitsOfWork,
        tools: Tools,
        bell: Bell,
        look_every: float = LOOK_EVERY,
    ) -> None:
        """Prepare; nothing is sent yet. *look_every*: seconds until the bot looks at itself again.

        Raises:
            WebhookMisconfigured: Webhook mode without a usable secret or address.
        """
        if mode == WEBHOOK and not (public_url and _SECRET.fullmatch(webhook_secret)):
            raise WebhookMisconfigured
        self._mode = mode
        self._secret = webhook_secret
        self._public_url = public_url.rstrip("/")
        tools = replace(tools, has_private_topics=lambda: self.has_private_topics)
        self.tools = tools  #: the desk's, with what only Telegram tells
        units = told(units, tools)
        self._connection = Connection(token, api_url)
        self._bot = self._connection.bot
        self._id: int | None = None
        self.username: str | None = None
        self.has_private_topics = False  #: whether the bot's private chats have topics
        self.presence = TelegramPresence(self._bot)
        self.pace = Pace()
        groups = officer_groups(tools.officer_group, tools.catalogue)
        self._watch = GroupWatch(self._bot, groups, units, tools, bell)
        self.messenger = TelegramMessenger(self._bot, tools, units, self._watch, self._spend)
        self.files = TelegramFiles(self._bot)
        self._roster = Roster(units, Audience(groups))
        self._taker = Taker(units, tools, bell, self.presence, self._roster, self._watch)
        self._commands = OfficerCommands(self._bot, tools.wording, self._roster)
        self._poller = Poller(self._connection, self._taker)
        self._trouble: str | None = None
        self._look_every = look_every

    def _spend(self, address: str) -> None:
        """Count one more call of a delivery that the sender counted as one."""
        self.pace.note(address, self.tools.now())

    @property
    def group_troubles(self) -> Mapping[str, str]:
        """Return what keeps officers' groups from being used as they should, by chat."""
        return self._watch.troubles

    @property
    def trouble(self) -> str | None:
        """Return a short code of what keeps updates from coming, None when all is well."""
        return self._trouble or self._poller.trouble

    async def start(self) -> None:
        """Ask Telegram who this bot is.

        Raises:
            TokenRefused: Telegram does not know the token.
        """
        try:
            await self._learn_name()
        except InvalidToken:
            await self._connection.close()
            # The library's own error quotes the token.
            raise TokenRefused from None
        except TelegramError as error:
            extra = {"code": trouble_code(error)}
            logger.warning("telegram cannot be reached yet", extra=extra)

    async def stop(self) -> None:
        """Close every connection."""
        await self.presence.close()
        await self._connection.close()

    def add_webhook(self, app: web.Application) -> None:
        """Register the webhook's route; in polling mode there is none."""
        if self._mode == WEBHOOK:
            app.router.add_post(PATH, webhook_handler(self._taker, self._secret))

    # --- receiving --------------------------------------------------------------------------

    async def receive(self) -> None:
        """Take updates in until cancelled; what was not acknowledged then comes again.

        What makes the bot look well goes on beside that: no citizen waits for it.
        """
        arrange = self._set_webhook if self._mode == WEBHOOK else self._delete_webhook
        await self._until_done(arrange)
        async with beside(self._look_after(), name="the bot's introduction"):
            if self._mode == POLLING:
                await self._poller.run()
            await asyncio.Event().wait()  # the webhook's requests come by themselves

    async def _look_after(self) -> None:
        """Introduce the bot, and then look after officers' groups and commands for good."""
        me = await self._introduce()
        async with beside(self._commands.keep(), name="the keeping of officers' commands"):
            await self._watch.watch(me)

    async def _until_done(self, step: Callable[[], Awaitable[object]]) -> None:
        """Try a step until Telegram takes it."""
        pause = Pause()
        while (code := await self._trouble_with(step)) is not None:
            if code != self._trouble:
                logger.warning("telegram cannot be set up yet", extra={"code": code})
            self._trouble = code
            await pause.after_failure()
        self._trouble = None

    async def _trouble_with(self, step: Callable[[], Awaitable[object]]) -> str | None:
        """Take a step; return a short code of what went wrong, None when nothing did."""
        try:
            await step()
        except TelegramError as error:
            return trouble_code(error)
        except Exception as error:
            # An edge: an answer that nobody foresaw may be another one the next time.
            logger.exception("a call to telegram broke")
            return type(error).__name__
        return None

    async def _set_webhook(self) -> None:
        await self._bot.set_webhook(
            f"{self._public_url}{PATH}",
            secret_token=self._secret,
            allowed_updates=ALLOWED_UPDATES,
            max_connections=WEBHOOK_CONNECTIONS,
            drop_pending_updates=False,
        )

    async def _delete_webhook(self) -> None:
        # While a webhook is set, Telegram refuses polling.
        await self._bot.delete_webhook(drop_pending_updates=False)

    # --- introduction -----------------------------------------------------------------------

    async def _learn_name(self) -> None:
        me = await self._bot.get_me(read_timeout=HELLO_SECONDS)
        self._id = me.id
        self.username = me.username
        self.has_private_topics = bool(me.has_topics_enabled)
        self._roster.know_name(me.username)

    async def look_at_itself(self) -> None:
        """Learn, now and then, what the bot's owner changed: its name, topics in private."""

        def pause() -> float:
            return self._look_every if self._id else LOOK_AGAIN

        async def look() -> None:
            with contextlib.suppress(TelegramError):
                await self._learn_name()

        await every(pause, look, name="the bot's look at itself", first_after=pause())

    async def _introduce(self) -> int:
        """Learn the bot's name, tell Telegram its commands and descriptions; return its id.

        Links to the bot wait for its name, but no citizen waits for the rest.
        """
        if self._id is None:
            await self._until_done(self._learn_name)
        steps: Mapping[str, Callable[[], Awaitable[object]]] = {
            "commands": self._set_commands,
            "description": self._describe,
            "short_description": self._describe_shortly,
        }
        for name, step in steps.items():
            if code := await self._trouble_with(step):
                extra = {"step": name, "code": code}
                logger.warning("introduction to telegram incomplete", extra=extra)
        return self._id or 0

    async def _set_commands(self) -> None:
        say = self.tools.wording.plain
        commands = [BotCommand(name, say(f"bot.perintah.{name}")) for name in COMMANDS]
        await self._bot.set_my_commands(commands, scope=BotCommandScopeAllPrivateChats())

    async def _describe(self) -> None:
        wanted = self.tools.wording.plain("bot.deskripsi")
        # Asked first: Telegram lets a bot change this only now and then.
        if (await self._bot.get_my_description()).description != wanted:
            await self._bot.set_my_description(wanted)

    async def _describe_shortly(self) -> None:
        wanted = self.tools.wording.plain("bot.deskripsi_singkat")
        if (await self._bot.get_my_short_description()).short_description != wanted:
            await self._bot.set_my_short_description(wanted)
