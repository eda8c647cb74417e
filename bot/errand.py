"""One delivery to a chat: follows a group that moved, and counts what it costs."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from telegram.error import ChatMigrated

logger = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass
class Roads:
    """Where groups are now, and whom to tell that a delivery took one more call."""

    spend: Callable[[str], None]  #: told the address of every call behind a delivery's first
    moved: dict[str, str] = field(default_factory=dict)

    def errand(self, address: str) -> "Errand":
        """Begin a delivery; its first call is counted by whoever sends it."""
        return Errand(self, address)


@dataclass
class Errand:
    """The calls of one delivery, all to one chat."""

    roads: Roads
    address: str
    calls: int = 0

    @property
    def chat(self) -> str:
        """Return the chat's present id."""
        return self.roads.moved.get(self.address, self.address)

    async def call(self, make: Callable[[str], Awaitable[T]]) -> T:
        """Make a call that shows something in the chat; refused calls do not count."""
        try:
            result = await make(self.chat)
        except ChatMigrated as moved:
            self.roads.moved[self.address] = str(moved.new_chat_id)
            logger.warning("group %s is now %s: change the setting", self.address, self.chat)
            result = await make(self.chat)
        if self.calls:
            self.roads.spend(self.address)
        self.calls += 1
        return result
