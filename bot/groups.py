"""Watches the officers' groups: is the bot in them, with topics and the rights it needs?"""

import asyncio
import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from telegram import Bot, ChatMember, ChatMemberAdministrator
from telegram.error import BadRequest, ChatMigrated, Forbidden, TelegramError

from bot.raw_json import object_at, text_at, whole_at
from bot.reading import GROUPS
from bot.refusals import trouble_code
from desk.domain.conversation import Channel
from desk.domain.outgoing import Outgoing
from desk.domain.roles import Role
from desk.services.every import every
from desk.services.ports import Bell, UnitOfWork, UnitsOfWork
from desk.services.tools import Tools
from desk.services.turns.intake import Arrival

logger = logging.getLogger(__name__)

#: Seconds between looks; what happens in between is told by updates and by failing calls.
LOOK_EVERY: Final = 600.0
#: Seconds until the next look when Telegram did not answer.
LOOK_AGAIN: Final = 30.0


class GroupTrouble(StrEnum):
    """What keeps a group from being used as officers need it."""

    MISSING = "missing"  #: no such group
    OUTSIDE = "outside"  #: the bot is not in it
    MOVED = "moved"  #: it became a supergroup and has another id now
    NOT_ADMIN = "not_admin"
    NO_TOPICS = "no_topics"
    NO_RIGHT = "no_right"  #: the bot may not manage topics
    NO_DELETE = "no_delete"  #: the bot may not delete topics, as citizens may demand


#: Messages arrive, but not in topics.
_WITHOUT_TOPICS = frozenset(
    {GroupTrouble.NOT_ADMIN, GroupTrouble.NO_TOPICS, GroupTrouble.NO_RIGHT}
)


@dataclass(frozen=True)
class Look:
    """What was seen of a group."""

    trouble: GroupTrouble | None = None
    title: str | None = None
    new_id: str | None = None


async def look_at(bot: Bot, chat: str, bot_id: int) -> Look:
    """Ask Telegram about a group.

    Raises:
        TelegramError: Telegram does not answer.
    """
    try:
        found = await bot.get_chat(chat)
        me = await bot.get_chat_member(chat, bot_id)
    except ChatMigrated as moved:
        return Look(GroupTrouble.MOVED, new_id=str(moved.new_chat_id))
    except Forbidden:
        return Look(GroupTrouble.OUTSIDE)
    except BadRequest:
        return Look(GroupTrouble.MISSING)
    return Look(_trouble_of(me, is_forum=bool(found.is_forum)), found.title)


def _trouble_of(me: ChatMember, *, is_forum: bool) -> GroupTrouble | None:
    if me.status in (ChatMember.LEFT, ChatMember.BANNED):
        return GroupTrouble.OUTSIDE
    if not isinstance(me, ChatMemberAdministrator):
        return GroupTrouble.NOT_ADMIN
    if not is_forum:
        return GroupTrouble.NO_TOPICS
    if not me.can_manage_topics:
        return GroupTrouble.NO_RIGHT
    return None if me.can_delete_messages else GroupTrouble.NO_DELETE


def changed_groups(arrivals: Iterable[Arrival]) -> set[str]:
    """Return the groups in which the bot's standing changed, or which moved."""
    changed = set()
    for arrival in arrivals:
        membership = object_at(arrival.raw, "my_chat_member")
        message = object_at(arrival.raw, "message")
        event = membership or (message if "migrate_to_chat_id" in message else {})
        chat = object_at(event, "chat")
        if text_at(chat, "type") in GROUPS:
            changed.add(str(whole_at(chat, "id")))
    return changed


@dataclass
class GroupWatch:
    """Knows how each officers' group stands, and tells the admins when that changes."""

    bot: Bot
    groups: Collection[str]
    units: UnitsOfWork
    tools: Tools
    bell: Bell
    troubles: dict[str, GroupTrouble] = field(default_factory=dict)
    _doubtful: set[str] = field(default_factory=set)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    def is_without_topics(self, chat: str) -> bool:
        """Tell whether messages go into the group itself, since topics cannot be made."""
        return self.troubles.get(chat) in _WITHOUT_TOPICS

    def heed(self, arrivals: Iterable[Arrival]) -> None:
        """Look again at groups in which something changed; name those that are not known."""
        for chat in changed_groups(arrivals):
            if chat in self.groups:
                self.doubt(chat)
            else:
                logger.info("group %s is none of the officers' groups", chat)

    def doubt(self, chat: str) -> None:
        """Look again at a group: something failed there."""
        if chat in self.groups:
            self._doubtful.add(chat)
            self._woken.set()

    async def watch(self, bot_id: int) -> None:
        """Look at all groups now and then, and at doubtful ones at once, until cancelled."""
        self._doubtful.update(self.groups)
        self._woken.set()

        async def look_when_woken() -> None:
            await self._until_woken(LOOK_AGAIN if self._doubtful else LOOK_EVERY)
            for chat in sorted(self._doubtful):
                await self._look(chat, bot_id)

        await every(0.0, look_when_woken, name="the watch over groups", after_error=LOOK_AGAIN)

    async def _until_woken(self, pause: float) -> None:
        """Wait until a group is doubtful; after a pause all are."""
        try:
            async with asyncio.timeout(pause):
                await self._woken.wait()
        except TimeoutError:
            self._doubtful.update(self.groups)
        self._woken.clear()

    async def _look(self, chat: str, bot_id: int) -> None:
        self._doubtful.discard(chat)
        try:
            look = await look_at(self.bot, chat, bot_id)
            await self._note(chat, look)
        except TelegramError as error:
            logger.info("a group was not seen", extra={"code": trouble_code(error)})
            self._doubtful.add(chat)
        except Exception:
            self._doubtful.add(chat)
            raise

    async def _note(self, chat: str, look: Look) -> None:
        if look.trouble is None:
            self.troubles.pop(chat, None)
        else:
            self.troubles[chat] = look.trouble
        await self._tell_change(chat, look)

    async def _tell_change(self, chat: str, look: Look) -> None:
        """Tell the admins once when a group's state is another than the one last told."""
        name = f"grup:{chat}"
        async with self.units() as uow:
            last = await uow.values.get(name) or {"keadaan": "ok", "kali": 0}
            state = look.trouble or "ok"
            if last["keadaan"] == state:
                return
            times = last["kali"] + 1
            await uow.values.put(name, {"keadaan": state, "kali": times})
            await self._tell_admins(uow, chat, look, key=f"{name}:{times}")
            await uow.commit()
        self.bell.ring(f"outbox:{Channel.TELEGRAM}")
        level = logging.WARNING if look.trouble else logging.INFO
        extra = {"chat": chat, "state": state, "new_id": look.new_id}
        logger.log(level, "an officers' group changed its state", extra=extra)

    async def _tell_admins(self, uow: UnitOfWork, chat: str, look: Look, *, key: str) -> None:
        text = self.tools.say(
            f"bot.grup.{look.trouble or 'ok'}",
            grup=look.title or chat,
            nomor=chat,
            nomor_baru=look.new_id or "",
        )
        for admin in await uow.officers.with_role(Role.ADMIN):
            await uow.outbox.add_to(
                Channel.TELEGRAM,
                admin.private_chat,
                Outgoing(text),
                key=f"{key}:{admin.id}",
                now=self.tools.now(),
            )
