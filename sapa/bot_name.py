"""The bot's Telegram name, known in every process as soon as Telegram told it to one."""

from dataclasses import dataclass
from typing import Final, Protocol

from desk.services.every import every
from desk.services.ports import UnitsOfWork

_NAME: Final = "bot:nama"
UNTIL_KNOWN: Final = 5.0
ONCE_KNOWN: Final = 300.0


class Named(Protocol):
    """A bot, which does not know its own name before Telegram was reached."""

    @property
    def username(self) -> str | None:
        """Return the name, None while it is not known."""


@dataclass
class BotName:
    """Returns the bot's name when it is called; None as long as nobody knows it.

    The process with the role `bot` writes the name down for those that never speak to Telegram.
    """

    units: UnitsOfWork
    bot: Named | None
    writes: bool
    _read: str | None = None

    def __call__(self) -> str | None:
        """Return the name as known now."""
        return (self.bot.username if self.bot else None) or self._read

    async def keep(self) -> None:
        """Tell the other processes, or ask what they told, until cancelled."""
        await every(
            lambda: ONCE_KNOWN if self() else UNTIL_KNOWN,
            self.exchange,
            name="the exchange of the bot's name",
        )

    async def exchange(self) -> None:
        """Write the name down, or read it."""
        async with self.units() as uow:
            written: str | None = await uow.values.get(_NAME)
            if not self.writes:
                self._read = written
                return
            name = self.bot.username if self.bot else None
            is_unknown_yet = self.bot is not None and name is None
            if name != written and not is_unknown_yet:
                await uow.values.put(_NAME, name)
                await uow.commit()
