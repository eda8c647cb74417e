"""Puts replies into the outbox, with a token for every button."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from desk.domain.conversation import Channel, Conversation, ConversationId
from desk.domain.outgoing import Outgoing, OutgoingButton, Topic, TopicState
from desk.domain.presses.pending import Pending
from desk.domain.reply import Button, Reply
from desk.domain.ticket_number import TicketNumber
from desk.domain.turn import TurnId
from desk.services.ports import UnitOfWork
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
    owner_version: int | None = None,
    answers: TurnId | None = None,
    attachment: str | None = None,
    asks: Pending | None = None,
) -> None:
    """Queue one reply to a citizen.

    *owner_version*: an officer's arrival since then makes it void. *answers*: the turn that it
    answers. *attachment* is the id of a stored picture that goes with it, *asks* the question
    that a reply to it answers.
    """
    now = tools.now()
    rows = await keep_buttons(uow, conversation, reply, now)
    body = Outgoing(reply.text, rows, reply.ask_location, attachment, asks=asks)
    await uow.outbox.add(conversation, body, now=now, owner_version=owner_version, answers=answers)


@dataclass(frozen=True)
class ToOfficers:
    """A message to officers; with a *key*, the same again is queued once.

    *topic*: in which topic of a chat; None: the chat itself. *about*: the citizen's conversation
    it concerns. *edits*: the key of a message that it replaces. *joins*: whether it may be joined
    with others that wait for the same topic. *leaves_topic*: the state of the topic afterwards.
    *attachment*: the id of a stored picture, *sheet_of*: the ticket whose hand-over sheet goes
    with it as a file.
    """

    reply: Reply
    key: str | None = None
    topic: Topic | None = None
    about: ConversationId | None = None
    edits: str | None = None
    joins: bool = False
    leaves_topic: TopicState | None = None
    attachment: str | None = None
    sheet_of: TicketNumber | None = None


async def post_to_officers(
    uow: UnitOfWork, tools: Tools, chat: Conversation, message: ToOfficers
) -> None:
    """Queue a message to officers; its buttons belong to the chat it goes to."""
    now = tools.now()
    sheet = message.sheet_of
    body = Outgoing(
        message.reply.text,
        await keep_buttons(uow, chat, message.reply, now),
        attachment=message.attachment,
        topic=message.topic,
        edits=message.edits,
        joins=message.joins,
        leaves_topic=message.leaves_topic,
        document=f"lembar-{sheet}.csv" if sheet else None,
        sheet_of=sheet,
    )
    await uow.outbox.add_to(
        Channel.TELEGRAM, chat.address, body, key=message.key, now=now, about=message.about
    )


async def delete_topic(
    uow: UnitOfWork, tools: Tools, chat: str, conversation_id: ConversationId
) -> None:
    """Have Telegram delete a topic with all that was said in it; its title says nothing more."""
    body = Outgoing("", topic=Topic(conversation_id, ""), leaves_topic=TopicState.DELETED)
    await uow.outbox.add_to(Channel.TELEGRAM, chat, body, now=tools.now())


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
