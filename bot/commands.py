"""Shows officers their commands: in their groups, and in their private chats with the bot."""

import logging
from dataclasses import dataclass, field
from typing import Final

from telegram import Bot, BotCommand, BotCommandScopeChat
from telegram.error import TelegramError

from bot.audience import Roster
from bot.refusals import trouble_code
from bot.words import COMMANDS
from desk.services.every import every
from desk.services.officers import dispatch as desk
from desk.services.wording import Wording

logger = logging.getLogger(__name__)

#: Seconds between looks for new officers, and for those who have not written to the bot yet.
LOOK_EVERY: Final = 120.0
#: The commands of officers in the order in which they are shown.
OFFICER_COMMANDS: Final = (
    "percakapan",
    "antrean",
    "ambil",
    "jawab",
    "kembalikan",
    "selesai",
    "alihkan",
    "ingatkan",
    "jeda",
    "batal_jeda",
    "tiket",
    "baru",
    "lembar",
    "lapor",
    "pribadi",
    "identitas",
    "bantuan",
)


@dataclass
class OfficerCommands:
    """Keeps the lists of commands where officers see them."""

    bot: Bot
    wording: Wording
    roster: Roster
    _shown: set[str] = field(default_factory=set)

    async def keep(self) -> None:
        """Show the lists to new officers and take them from former ones, until cancelled."""
        await every(LOOK_EVERY, self.update, name="the showing of officers' commands")

    async def update(self) -> None:
        """Show the lists to all who do not see them yet; who cannot be reached is tried later."""
        audience = await self.roster.current()
        everybody = audience.groups | audience.officers
        for chat in sorted(everybody - self._shown):
            commands = self.of_group() if chat in audience.groups else self.of_officer()
            if await self._set(chat, commands):
                self._shown.add(chat)
        for chat in sorted(self._shown - everybody):
            if await self._set(chat, []):
                self._shown.discard(chat)

    def of_group(self) -> list[BotCommand]:
        """Return the commands of officers that the desk knows."""
        return [
            BotCommand(name, self.wording.plain(f"bot.perintah_petugas.{name}"))
            for name in OFFICER_COMMANDS
            if name in desk.COMMANDS
        ]

    def of_officer(self) -> list[BotCommand]:
        """Return what an officer may type in private: an officer is a citizen as well."""
        mine = self.of_group()
        names = {command.command for command in mine}
        return mine + [
            BotCommand(name, self.wording.plain(f"bot.perintah.{name}"))
            for name in COMMANDS
            if name not in names
        ]

    async def _set(self, chat: str, commands: list[BotCommand]) -> bool:
        scope = BotCommandScopeChat(int(chat))
        try:
            if commands:
                await self.bot.set_my_commands(commands, scope=scope)
            else:
                await self.bot.delete_my_commands(scope=scope)
        except TelegramError as error:
            logger.debug("commands were not shown", extra={"code": trouble_code(error)})
            return False
        return True
