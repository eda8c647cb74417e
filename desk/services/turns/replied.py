"""Which question of the desk a citizen answers by replying to its message in Telegram."""

from __future__ import annotations

from desk.domain.conversation import Channel, Conversation
from desk.domain.presses.pending import Pending
from desk.domain.turn import Turn
from desk.services.ports import UnitsOfWork


async def answered_question(
    units: UnitsOfWork, turn: Turn, conversation: Conversation
) -> Pending | None:
    """Return the question; None when the turn replies to none."""
    replied_to = next((m.inbound.reply_to for m in turn.messages if m.inbound.reply_to), None)
    if replied_to is None or conversation.channel is not Channel.TELEGRAM:
        return None
    async with units() as uow:
        sent = await uow.outbox.sent_as(conversation.channel, conversation.address, replied_to)
    is_own = sent is not None and sent.conversation_id == conversation.id
    return sent.body.asks if sent is not None and is_own else None
