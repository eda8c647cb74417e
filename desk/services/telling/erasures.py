"""Tells officers that a citizen had their data erased, and takes the topics away."""

from desk.domain.conversation import Channel
from desk.domain.outgoing import Outgoing
from desk.services.events import PersonErased
from desk.services.handoffs.chats import reference
from desk.services.outbox.posting import delete_topic
from desk.services.ports import UnitOfWork
from desk.services.tools import Tools


async def tell_of_erasure(uow: UnitOfWork, tools: Tools, event: PersonErased) -> None:
    """Tell whoever served or awaited the citizen, and have Telegram delete the topics."""
    chat = event.handoff.chat if event.handoff else None
    if chat is not None:
        text = tools.say("privasi.untuk_petugas", percakapan=reference(event.conversation_id))
        await uow.outbox.add_to(Channel.TELEGRAM, chat, Outgoing(text), now=tools.now())
    for each in event.chats:
        await delete_topic(uow, tools, each, event.conversation_id)
