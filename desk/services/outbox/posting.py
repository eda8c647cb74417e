"""Puts replies into the outbox, with a token for every button."""

from collections.abc import Sequence
from datetime import datetime

from desk.domain.conversation import Channel, Conversation
from desk.domain.outgoing import Outgoing, OutgoingButton
from desk.domain.reply import Button, Reply
from desk.services.ports import Bell, UnitOfWork
from desk.services.tools import Tools, new_token

#: Telegram's limit is 4096; joined replies stay well below it.
MAX_JOINED = 3000


def joined(replies: Sequence[Reply]) -> list[Reply]:
    """Join plain texts with what follows them, so that a turn is answered by one message.

    A chat takes one message a second: two short ones would come a second apart.
    """
    result: list[Reply] = []
    for reply in replies:
        last = result[-1] if result else None
        if last and not last.buttons and len(last.text) + len(reply.text) < MAX_JOINED:
            text = f"{last.text}\n\n{reply.text}"
            result[-1] = Reply(
                text,
                reply.buttons,
                ask_location=reply.ask_location or last.ask_location,
                stands=reply.stands or last.stands,
            )
        else:
            result.append(reply)
    return result


async def post(
    uow: UnitOfWork,
    tools: Tools,
    conversation: Conversation,
    reply: Reply,
    *,
    key: str,
    owner_version: int | None = None,
    attachment: str | None = None,
    asks: str | None = None,
) -> None:
    """Queue one reply to a citizen; the same *key* again queues nothing.

    *attachment* is the id of a stored picture that goes with it, *asks* the question that a
    reply to it answers.
    """
    now = tools.now()
    rows = await keep_buttons(uow, conversation, reply, now)
    body = Outgoing(reply.text, rows, reply.ask_location, attachment, asks=asks)
    await uow.outbox.add(conversation, body, key=key, now=now, owner_version=owner_version)


async def keep_buttons(
    uow: UnitOfWork, conversation: Conversation, reply: Reply, now: datetime
) -> tuple[tuple[OutgoingButton, ...], ...]:
    """Give each button a token that means something in this conversation only."""
    meanings: dict[str, Button] = {}
    rows = []
    for row in reply.buttons:
        tokens = {new_token(): button for button in row}
        meanings.update(tokens)
        rows.append(tuple(OutgoingButton(b.label, token) for token, b in tokens.items()))
    await uow.buttons.add(meanings, conversation.id, now)
    return tuple(rows)


def ring_all(bell: Bell) -> None:
    """Wake the senders of all channels that citizens and officers read."""
    for channel in (Channel.TELEGRAM, Channel.WEB):
        bell.ring(f"outbox:{channel}")
