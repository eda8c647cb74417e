"""Fetches the pictures of a turn from their channel and keeps them re-encoded."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from desk.domain.conversation import Conversation
from desk.domain.inbound import InboundKind
from desk.domain.turn import LOST, Turn
from desk.services.errors import FileGone, FileTooLarge, RetryLater
from desk.services.ports import Files, UnitsOfWork
from desk.services.tools import Tools

#: Re-encodes a picture without metadata; raises ValueError when it is none.
ReEncode = Callable[[bytes], Awaitable[bytes]]

MAX_TRIES = 4
RETRY = timedelta(seconds=3)


@dataclass(frozen=True)
class Fetched:
    """The turn with its pictures, or when to try again."""

    turn: Turn
    retry_in: timedelta | None = None


def keys(turn: Turn) -> list[str]:
    """Return a name for each picture of the turn, in order."""
    pictures = [m.inbound for m in turn.messages if m.inbound.kind is InboundKind.PHOTO]
    names = (p.attachment or (p.file.file_id if p.file else None) for p in pictures)
    return [name for name in names if name is not None]


async def fetch(
    units: UnitsOfWork,
    files: Files,
    re_encode: ReEncode,
    tools: Tools,
    turn: Turn,
    conversation: Conversation,
) -> Fetched:
    """Store every picture of the turn that is not stored yet; what is lost is left out."""
    stored = dict(turn.attachments)
    for message in turn.messages:
        inbound = message.inbound
        if inbound.kind is not InboundKind.PHOTO:
            continue
        if inbound.attachment is not None:
            stored[inbound.attachment] = inbound.attachment
            continue
        if inbound.file is None or inbound.file.file_id in stored:
            continue
        try:
            data = await re_encode(await files.fetch(conversation.channel, inbound.file))
        except RetryLater as later:
            if turn.attempts >= MAX_TRIES:
                stored[inbound.file.file_id] = LOST
                continue
            return await _later(units, turn, later)
        except (FileTooLarge, FileGone, ValueError):
            stored[inbound.file.file_id] = LOST
            continue
        name = _name(turn, inbound.file.file_id)
        await _keep(units, tools, conversation, name, data)
        stored[inbound.file.file_id] = name
    return await _save(units, replace(turn, attachments=stored), turn)


def _name(turn: Turn, file_id: str) -> str:
    """Name a picture after its turn, whose id is random: fetched again, it is stored once."""
    return hashlib.sha256(f"{turn.id}:{file_id}".encode()).hexdigest()[:32]


async def _keep(
    units: UnitsOfWork, tools: Tools, conversation: Conversation, name: str, data: bytes
) -> None:
    async with units() as uow:
        await uow.attachments.add(name, conversation.id, data, "image/jpeg", tools.now())
        await uow.commit()


async def _later(units: UnitsOfWork, turn: Turn, later: RetryLater) -> Fetched:
    tried = replace(turn, attempts=turn.attempts + 1)
    async with units() as uow:
        await uow.turns.save(tried)
        await uow.commit()
    return Fetched(tried, timedelta(seconds=later.seconds) if later.seconds else RETRY)


async def _save(units: UnitsOfWork, fetched: Turn, before: Turn) -> Fetched:
    if fetched.attachments != before.attachments:
        async with units() as uow:
            await uow.turns.save(fetched)
            await uow.commit()
    return Fetched(fetched)
