"""Joins tickets of the web chat to a citizen's Telegram, by a link that works once."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

from desk.domain.conversation import ConversationId
from desk.domain.presses.citizens import OpenLink
from desk.domain.reply import Reply
from desk.domain.ticket_number import TicketNumber
from desk.services.ports import UnitOfWork
from desk.services.talk.scene import Scene
from desk.services.tools import Tools, new_token

LINK_LIVES = timedelta(hours=24)
START_PREFIX = "hubungkan_"
_NAMES = "tautan:"


def _name(token: str) -> str:
    """Return the name under which a link is kept; the token itself is not stored."""
    return _NAMES + hashlib.sha256(token.encode()).hexdigest()


async def make_link(
    uow: UnitOfWork,
    tools: Tools,
    conversation_id: ConversationId,
    number: TicketNumber,
) -> str | None:
    """Return a deep link that brings a ticket of this conversation to Telegram.

    None when there is no bot, or the ticket is not this conversation's.
    """
    ticket = await uow.tickets.get(number)
    bot_name = tools.bot_name()
    if bot_name is None or ticket is None or not ticket.belongs_to(conversation_id):
        return None
    token = new_token()
    expires = (tools.now() + LINK_LIVES).isoformat()
    await uow.values.put(_name(token), {"nomor": number, "sampai": expires})
    return f"https://t.me/{bot_name}?start={START_PREFIX}{token}"


async def press(scene: Scene) -> list[Reply]:
    """Take a followed link: the ticket is this conversation's from now on."""
    pressed = scene.heard.press
    name = _name(pressed.token if isinstance(pressed, OpenLink) else "")
    link = await scene.uow.values.get(name)
    if link is None or _is_over(link, scene.now):
        return [scene.say("tautan_kedaluwarsa")]
    await scene.uow.values.delete(name)
    number = TicketNumber(link["nomor"])
    await scene.uow.tickets.move_to_conversation(number, scene.conversation.id)
    scene.remember(ticket=number)
    return [scene.say("tiket.terhubung", nomor=number)]


async def delete_expired(uow: UnitOfWork, now: datetime) -> int:
    """Remove links that nobody can follow any more; return how many."""
    links = await uow.values.starting_with(_NAMES)
    over = [name for name, link in links.items() if link is None or _is_over(link, now)]
    for name in over:
        await uow.values.delete(name)
    return len(over)


def _is_over(link: Mapping[str, str], now: datetime) -> bool:
    return datetime.fromisoformat(link["sampai"]) < now
