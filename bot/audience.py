"""Whom the bot listens to besides citizens: officers, and the groups they work in."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from desk.domain.catalogue import Catalogue
from desk.services.ports import UnitsOfWork

logger = logging.getLogger(__name__)

#: Seconds for which the list of officers is trusted; a new officer waits no longer than that.
FRESH = 1.0


@dataclass(frozen=True)
class Audience:
    """What the reader knows: officers' groups and private chats, and the bot's own name."""

    groups: frozenset[str] = frozenset()
    officers: frozenset[str] = frozenset()
    bot_name: str | None = None  #: None while Telegram has not told it


CITIZENS_ONLY = Audience()


def officer_groups(coordinators: int | str | None, catalogue: Catalogue) -> frozenset[str]:
    """Return the chats of the coordinators' group and of the offices' own groups."""
    offices = [office.telegram_group for office in catalogue.agencies]
    return frozenset(str(group) for group in (coordinators, *offices) if group)


@dataclass
class Roster:
    """Keeps the audience up to date with the database."""

    units: UnitsOfWork
    audience: Audience
    clock: Callable[[], float] = time.monotonic
    _read_at: float | None = field(default=None, init=False)

    def know_name(self, bot_name: str | None) -> None:
        """Remember what the bot is called."""
        self.audience = replace(self.audience, bot_name=bot_name)

    async def current(self) -> Audience:
        """Return the audience; an older one when the database does not answer."""
        if self._read_at is None or self.clock() - self._read_at > FRESH:
            try:
                async with self.units() as uow:
                    ids = await uow.officers.active_telegram_ids()
            except Exception as error:
                # An edge of the process: the updates come again if they cannot be stored.
                logger.warning("officers not read", extra={"error": type(error).__name__})
            else:
                self.audience = replace(self.audience, officers=frozenset(map(str, ids)))
                self._read_at = self.clock()
        return self.audience
