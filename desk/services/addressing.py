"""Which conversation an address belongs to."""

from desk.domain.conversation import Channel, Conversation, ConversationId, Session
from desk.services.ports import UnitOfWork
from desk.services.tools import Tools, new_id


async def conversation_at(
    uow: UnitOfWork, tools: Tools, channel: Channel, address: str
) -> Conversation:
    """Return the conversation at an address, begun now when it is the first message."""
    known = await uow.conversations.held_at(channel, address)
    if known is not None:
        return known
    return await uow.conversations.add(
        Conversation(
            id=ConversationId(new_id()),
            channel=channel,
            address=address,
            created_at=tools.now(),
            session=Session(new_id()),
        )
    )
