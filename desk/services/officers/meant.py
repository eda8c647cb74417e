"""Which conversation an officer means, and whether it is his to change."""

from collections.abc import Awaitable, Callable

from desk.domain.conversation import Conversation, ConversationId
from desk.domain.errors import ConversationNotFound
from desk.domain.handoff import Handoff, HandoffState
from desk.domain.officer import OfficerId
from desk.domain.presses.officers import OF_CONVERSATIONS, OF_HANDOFFS
from desk.services.handoffs.course import may_serve
from desk.services.officers.post import Post

Change = Callable[[Post, Conversation, Handoff], Awaitable[None]]


def named(post: Post) -> ConversationId | None:
    """Return the conversation that a button names, or else that of the topic or the reply."""
    press = post.pressed
    return press.conversation if isinstance(press, OF_CONVERSATIONS) else post.about


async def locked(post: Post, conversation_id: ConversationId | None) -> Conversation | None:
    """Return a conversation, locked; None when there is none."""
    if conversation_id is None:
        return None
    try:
        return await post.uow.conversations.lock(conversation_id)
    except ConversationNotFound:
        return None


async def say_who(post: Post, officer_id: str | None) -> None:
    """Say who has the word in a conversation."""
    officer = await post.uow.officers.get(OfficerId(officer_id)) if officer_id else None
    await post.say("petugas.sudah_diambil", petugas=officer.name if officer else None)


async def change(post: Post, act: Change, *, while_waiting: bool = True) -> None:
    """Do something to the conversation that is meant, if it is this officer's to do; else say why.

    *while_waiting*: while it waits, whoever may serve it may do this, too. Once it is served,
    only who serves it may.
    """
    conversation = await locked(post, named(post))
    handoff = await post.uow.handoffs.open_of(conversation.id) if conversation else None
    press = post.pressed
    asked_for = press.handoff if isinstance(press, OF_HANDOFFS) else None
    if conversation is None or handoff is None or asked_for not in {None, handoff.id}:
        await post.say("petugas.tidak_ada_yang_dilayani", pribadi=post.is_private)
    elif not may_serve(post.officer, handoff):
        await post.say("petugas.bukan_wewenang")
    elif handoff.state is HandoffState.SERVED and handoff.officer_id != post.officer.id:
        await say_who(post, handoff.officer_id)
    elif handoff.state is HandoffState.WAITING and not while_waiting:
        await post.say("petugas.ambil_dulu")
    else:
        await act(post, conversation, handoff)
