"""Which conversation an officer's plain words in private belong to."""

from desk.domain.conversation import Conversation, ConversationId
from desk.domain.handoff import Handoff
from desk.domain.officer import Officer
from desk.services.officers.post import Post
from desk.services.ports import UnitOfWork


async def served_privately(uow: UnitOfWork, officer: Officer) -> list[Handoff]:
    """Return what an officer serves in the private chat, oldest first."""
    served = await uow.handoffs.of_officer(officer.id)
    return [handoff for handoff in served if handoff.chat == officer.private_chat]


async def current_of(uow: UnitOfWork, officer: Officer) -> ConversationId | None:
    """Return the conversation that plain words in private go to: the chosen one, or the newest."""
    served = await served_privately(uow, officer)
    chosen = await uow.values.get(_name(officer))
    for handoff in served:
        if handoff.conversation_id == chosen:
            return handoff.conversation_id
    return served[-1].conversation_id if served else None


async def serve_now(post: Post, conversation: Conversation, chat: str) -> None:
    """Make a conversation the current one when it is served in private."""
    if chat == post.officer.private_chat:
        await post.uow.values.put(_name(post.officer), conversation.id)


def _name(officer: Officer) -> str:
    return f"sedang:{officer.id}"
