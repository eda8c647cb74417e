"""Delivers the outbox to browsers, which fetch their messages and say what they have shown."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from desk.domain.conversation import Channel, Conversation, Owner
from desk.domain.outgoing import News, OutboxId, OutboxMessage, OutboxState
from desk.services.outbox.sending import as_update
from desk.services.ports import Contents, UnitOfWork, UnitsOfWork
from desk.services.tools import Tools

BATCH = 50
#: How long the link to a file can be followed.
LINK_LIVES: Final = timedelta(hours=24)
_NOTHING = OutboxId(0)
_UNSENT = frozenset({OutboxState.PENDING, OutboxState.SENDING})
_SHOWN = _UNSENT | {OutboxState.SENT}


@dataclass(frozen=True)
class Delivery:
    """Messages for a browser, oldest first, and who answers in this conversation now."""

    messages: tuple[OutboxMessage, ...] = ()
    owner: Owner = Owner.BOT
    last: OutboxId = _NOTHING  #: go on after this one; it may belong to a void message
    is_complete: bool = True


async def messages_after(
    units: UnitsOfWork, tools: Tools, address: str, after: OutboxId
) -> Delivery:
    """Return the next messages of a web conversation after an id.

    A bot's answer that an officer's arrival made void before it was shown is dropped here.
    """
    async with units() as uow:
        conversation = await uow.conversations.at_address(Channel.WEB, address)
        if conversation is None:
            return Delivery(last=after)
        found = await uow.outbox.since(conversation.id, after, BATCH)
        void = [message for message in found if _is_void(message, conversation)]
        for message in void:
            await uow.outbox.mark(message.id, OutboxState.DROPPED, now=tools.now())
        if void:
            await uow.commit()
    shown = tuple(_as_shown(tools, m) for m in found if m.state in _SHOWN and m not in void)
    last = found[-1].id if found else after
    return Delivery(shown, conversation.owner, last, len(found) < BATCH)


def _as_shown(tools: Tools, message: OutboxMessage) -> OutboxMessage:
    """Return a message as a browser shows it: it keeps what it has, so an edit stands below."""
    if message.body.edits is None:
        return message
    return replace(message, body=as_update(tools, message.body))


def _is_void(message: OutboxMessage, conversation: Conversation) -> bool:
    return (
        message.state in _UNSENT
        and message.owner_version is not None
        and message.owner_version != conversation.version
    )


async def news_of(units: UnitsOfWork, addresses: Collection[str]) -> Mapping[str, News]:
    """Return what is new at many addresses at once; `messages_after` brings it."""
    async with units() as uow:
        return await uow.outbox.news(Channel.WEB, addresses)


async def acknowledge(
    units: UnitsOfWork, tools: Tools, address: str, *, after: OutboxId, upto: OutboxId
) -> None:
    """Mark what a browser has shown as sent; what is to be scrubbed is emptied now."""
    async with units() as uow:
        conversation = await uow.conversations.at_address(Channel.WEB, address)
        if conversation is None:
            return
        if await _mark(uow, tools, conversation, after, upto):
            await uow.commit()


async def _mark(
    uow: UnitOfWork, tools: Tools, conversation: Conversation, after: OutboxId, upto: OutboxId
) -> bool:
    marked = False
    while after < upto:
        found = await uow.outbox.since(conversation.id, after, BATCH)
        for message in found:
            if message.id <= upto and message.state in _UNSENT:
                await uow.outbox.mark(message.id, OutboxState.SENT, now=tools.now())
                marked = True
        if len(found) < BATCH:
            return marked
        after = found[-1].id
    return marked


async def file_of(
    units: UnitsOfWork, tools: Tools, contents: Contents, address: str, outbox_id: OutboxId
) -> tuple[str, bytes] | None:
    """Return name and content of the file of a message of this very conversation."""
    async with units() as uow:
        message = await _message_of(uow, address, outbox_id)
    if message is None or message.body.document is None or is_expired(tools, message):
        return None
    data = await contents(message)
    return None if data is None else (message.body.document, data)


def is_expired(tools: Tools, message: OutboxMessage) -> bool:
    """Tell whether the link to the file of a message can no longer be followed."""
    return tools.now() - message.created_at > LINK_LIVES


async def picture_of(
    units: UnitsOfWork, address: str, outbox_id: OutboxId
) -> tuple[bytes, str] | None:
    """Return the picture that goes with a message of this very conversation."""
    async with units() as uow:
        message = await _message_of(uow, address, outbox_id)
        if message is None or message.body.attachment is None:
            return None
        return await uow.attachments.get(message.body.attachment)


async def _message_of(uow: UnitOfWork, address: str, outbox_id: OutboxId) -> OutboxMessage | None:
    """Return a message of the conversation at this address, None for anybody else's."""
    conversation = await uow.conversations.at_address(Channel.WEB, address)
    if conversation is None:
        return None
    found = await uow.outbox.since(conversation.id, OutboxId(outbox_id - 1), 1)
    return found[0] if found and found[0].id == outbox_id else None
