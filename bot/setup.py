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

    `start` makes sending possible; `start_receiving` begins to take updates in. Neither waits
    for a Telegram that cannot be reached: the bot keeps trying in the background.
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
        self._receiving: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None
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
        self._looking = asyncio.create_task(self._look_at_itself())

    async def stop(self) -> None:
        """End everything; what was not acknowledged comes again."""
        await self.stop_receiving()
        await _end(self._looking)
        await self.presence.close()
        await self._connection.close()

    async def start_receiving(self) -> None:
        """Begin to take updates in, in the background."""
        self._receiving = asyncio.create_task(self._receive())

    async def stop_receiving(self) -> None:
        """Take no more updates; returns at once, a long poll is broken off."""
        await _end(self._receiving)
        self._receiving = None

    def add_webhook(self, app: web.Application) -> None:
        """Register the webhook's route; in polling mode there is none."""
        if self._mode == WEBHOOK:
            app.router.add_post(PATH, webhook_handler(self._taker, self._secret))

    # --- receiving --------------------------------------------------------------------------

    async def _receive(self) -> None:
        arrange = self._set_webhook if self._mode == WEBHOOK else self._delete_webhook
        await self._until_done(arrange)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._look_after())
            if self._mode == POLLING:
                tasks.create_task(self._poller.run())

    async def _look_after(self) -> None:
        """Introduce the bot, and then look after officers' groups and commands for good."""
        me = await self._introduce()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch.watch(me))
            tasks.create_task(self._commands.keep())

    async def _until_done(self, step: Callable[[], Awaitable[object]]) -> None:
        """Try a step until Telegram takes it."""
        pause = Pause()
        while True:
            try:
                await step()
            except TelegramError as error:
                code = trouble_code(error)
                if code != self._trouble:
                    logger.warning("telegram cannot be set up yet", extra={"code": code})
                self._trouble = code
                await pause.after_failure()
            else:
                self._trouble = None
                return

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

    async def _look_at_itself(self) -> None:
        """Learn, now and then, what the bot's owner changed: its name, topics in private.

        Where updates are received is not the only process that has to know.
        """
        while True:
            await asyncio.sleep(self._look_every if self._id else LOOK_AGAIN)
            with contextlib.suppress(TelegramError):
                await self._learn_name()

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
            try:
                await step()
            except TelegramError as error:
                extra = {"step": name, "code": trouble_code(error)}
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


async def _end(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
