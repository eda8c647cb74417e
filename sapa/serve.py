"""Runs the gateway: the roles web, bot, worker and actions in one process, or some of them."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from aiohttp import web

from actions.desk_action import all_actions
from actions.server import create_app
from bot.setup import TelegramBot
from desk.bootstrap import Desk, open_desk, re_encode_picture
from desk.domain.conversation import Channel
from desk.services.every import beside
from desk.services.handoffs import watch as handoff_watch
from desk.services.outbox.sending import Sender
from desk.services.tickets import watch as ticket_watch
from desk.services.turns import loops
from desk.services.turns.workshop import Workshop
from desk.settings import Settings
from desk.storage import migrate
from nlu.emergency import is_urgent
from sapa import backups
from sapa.bot_name import BotName
from sapa.errors import OperatorError
from sapa.health import Vitals, healthz, monitor_app
from sapa.ports import Demand, actions_port, citizens_port, monitor_port, refusal
from sapa.rasa_client import RasaClient
from sapa.roles import Role
from sapa.ways import NoFiles, NoPresence
from web.app import add_web

logger = logging.getLogger(__name__)


async def serve(settings: Settings, roles: frozenset[Role]) -> None:
    """Serve until SIGINT or SIGTERM; what is under way is finished or left for the next start.

    Raises:
        OperatorError: A port cannot be listened on; the sentence names its setting.
    """
    await migrate.upgrade(settings.database_url)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        desk = open_desk(settings)
        await desk.start()
        stack.push_async_callback(desk.close)
        await _start_roles(stack, settings, roles, desk)
        # What was loaded stays: it need not be looked through for garbage again and again.
        gc.freeze()
        logger.info("ready", extra={"roles": ",".join(sorted(roles))})
        await stop.wait()


async def _start_roles(
    stack: contextlib.AsyncExitStack, settings: Settings, roles: frozenset[Role], desk: Desk
) -> None:
    rasa = await stack.enter_async_context(
        RasaClient(
            settings.rasa_urls, settings.rasa_token.get_secret_value(), settings.rasa_timeout
        )
    )
    bot = await _bot(stack, settings, roles, desk)
    name = BotName(desk.units, bot, writes=Role.BOT in roles)
    await _beside(stack, name.keep(), "the exchange of the bot's name", is_needed=False)
    tools = bot.tools if bot else desk.tools
    desk = replace(desk, tools=replace(tools, bot_name=name))
    if Role.ACTIONS in roles:
        token = settings.actions_token.get_secret_value()
        actions = create_app(all_actions(desk.units, desk.tools), token)
        await _listen(stack, actions, actions_port(settings))
    if Role.WORKER in roles:
        await _work(stack, desk, rasa, bot)
        await _beside(stack, backups.watch(settings), "the watch over backups", is_needed=False)
    vitals = Vitals(desk.units, rasa)
    if Role.BOT in roles and bot is not None:
        sender = await _send_to_telegram(stack, desk, bot)
        vitals = replace(vitals, telegram=bot, sent=sender.counts)
        await _beside(stack, bot.receive(), "the receiving from Telegram")
    if roles & {Role.WEB, Role.BOT}:
        await _gateway(stack, settings, roles, desk, bot)
    # Last: whoever hears "ready" finds all the rest.
    await _listen(stack, monitor_app(vitals), monitor_port(settings))


async def _bot(
    stack: contextlib.AsyncExitStack, settings: Settings, roles: frozenset[Role], desk: Desk
) -> TelegramBot | None:
    if settings.telegram_token is None or not roles & {Role.BOT, Role.WORKER}:
        return None
    bot = TelegramBot(
        token=settings.telegram_token.get_secret_value(),
        api_url=settings.telegram_api_url,
        mode=settings.telegram_mode,
        webhook_secret=settings.telegram_webhook_secret.get_secret_value(),
        public_url=settings.public_url,
        units=desk.units,
        tools=desk.tools,
        bell=desk.storage.bell,
    )
    await bot.start()
    stack.push_async_callback(bot.stop)
    await _beside(stack, bot.look_at_itself(), "the bot's look at itself", is_needed=False)
    return bot


async def _work(
    stack: contextlib.AsyncExitStack, desk: Desk, rasa: RasaClient, bot: TelegramBot | None
) -> None:
    shop = Workshop(
        units=desk.units,
        tools=desk.tools,
        rasa=rasa,
        files=bot.files if bot else NoFiles(),
        presence=bot.presence if bot else NoPresence(),
        bell=desk.storage.bell,
        re_encode=re_encode_picture,
        is_urgent=is_urgent,
        name=process_name(),
    )
    await _beside(stack, loops.work(shop), "the worker")
    keeping = loops.keep_house(desk.units, desk.tools, holder=process_name())
    await _beside(stack, keeping, "housekeeping")
    for watch in (ticket_watch.watch, handoff_watch.watch):
        watching = watch(desk.units, desk.tools, desk.storage.bell, holder=process_name())
        await _beside(stack, watching, watch.__module__)


async def _send_to_telegram(
    stack: contextlib.AsyncExitStack, desk: Desk, bot: TelegramBot
) -> Sender:
    sender = Sender(
        units=desk.units,
        tools=desk.tools,
        channel=Channel.TELEGRAM,
        messenger=bot.messenger,
        pace=bot.pace,
        holder=process_name(),
        contents=desk.contents,
    )
    stack.push_async_callback(sender.right.give_up)
    await _beside(stack, loops.send(sender, desk.storage.bell), "the sender")
    return sender


async def _gateway(
    stack: contextlib.AsyncExitStack,
    settings: Settings,
    roles: frozenset[Role],
    desk: Desk,
    bot: TelegramBot | None,
) -> None:
    app = web.Application()
    app.router.add_get("/healthz", healthz)
    if Role.WEB in roles:
        add_web(
            app,
            units=desk.units,
            tools=desk.tools,
            bell=desk.storage.bell,
            secret=settings.derive("sesi-web").encode(),
            re_encode=re_encode_picture,
            contents=desk.contents,
            public_url=settings.public_url,
            trusted_proxies=settings.trusted_networks,
        )
    if Role.BOT in roles and bot is not None:
        bot.add_webhook(app)
    await _listen(stack, app, citizens_port(settings))


async def _listen(stack: contextlib.AsyncExitStack, app: web.Application, where: Demand) -> None:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    try:
        await web.TCPSite(runner, where.host, where.port).start()
    except OSError as error:
        raise OperatorError(refusal(where, error)) from None


async def _beside(
    stack: contextlib.AsyncExitStack,
    work: Coroutine[Any, Any, object],
    name: str,
    *,
    is_needed: bool = True,
) -> None:
    """Have a task run until the stack unwinds; one that is needed ends the process if it breaks.

    Half a gateway helps nobody: whoever started this one starts it again.
    """
    when_broken = _stop if is_needed else None
    await stack.enter_async_context(beside(work, name=name, when_broken=when_broken))


def _stop() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def process_name() -> str:
    """Return a name for this process that no other one has."""
    return f"{socket.gethostname()}:{os.getpid()}"
