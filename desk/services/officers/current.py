"""Which conversation an officer's plain words in private belong to."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from desk.domain.conversation import Conversation, ConversationId
from desk.domain.handoff import Handoff
from desk.domain.officer import Officer
from desk.domain.presses.officers import ServeNow
from desk.domain.reply import Reply
from desk.services.handoffs.chats import chat_at, reference
from desk.services.officers.post import Handler, Post
from desk.services.outbox.posting import ToOfficers, post_to_officers
from desk.services.ports import UnitOfWork
from desk.services.tools import Tools


async def served_privately(uow: UnitOfWork, officer: Officer) -> list[Handoff]:
    """Return what an officer serves in the private chat, oldest first."""
    served = await uow.handoffs.of_officer(officer.id)
    return [handoff for handoff in served if handoff.chat == officer.private_chat]


async def current_of(uow: UnitOfWork, officer: Officer) -> ConversationId | None:
    """Return the conversation that plain words in private go to: the chosen one, or the newest."""
    served = await served_privately(uow, officer)
    chosen = await uow.officers.serving(officer)
    for handoff in served:
        if handoff.conversation_id == chosen:
            return handoff.conversation_id
    return served[-1].conversation_id if served else None


async def serve_now(post: Post, conversation: Conversation, chat: str) -> None:
    """Make a conversation the current one when it is served in private.

    Who serves others there as well is told: a card that changes far above is easily overlooked.
    """
    if chat != post.officer.private_chat:
        return
    await post.uow.officers.serve(post.officer, conversation.id)
    if len(await served_privately(post.uow, post.officer)) > 1:
        await post.uow.tell()  # the card first
        await post_to_officers(
            post.uow,
            post.tools,
            await chat_at(post.uow, post.tools, chat),
            ToOfficers(
                _now_current(post.tools, conversation.id),
                about=conversation.id,
            ),
        )


async def switch(post: Post) -> None:
    """Have plain words in private go to another conversation that this officer serves."""
    chosen = post.press_as(ServeNow).conversation
    for handoff in await served_privately(post.uow, post.officer):
        if handoff.conversation_id == chosen:
            await post.uow.officers.serve(post.officer, chosen)
            await say_current(post)
            return
    await post.say("petugas.tidak_ada_yang_dilayani", pribadi=post.is_private)


async def say_current(post: Post) -> None:
    """Say to whom plain words go now, where that is not plain to see: in private."""
    current = await current_of(post.uow, post.officer) if post.is_private else None
    if current is not None:
        await post.answer(_now_current(post.tools, current))


def _now_current(tools: Tools, conversation_id: ConversationId) -> Reply:
    """Say to whom plain words go; those in a topic are for its citizen whoever is current."""
    return Reply(
        tools.say(
            "petugas.sekarang",
            rujukan=reference(conversation_id),
            bertopik=tools.has_private_topics(),
        )
    )


async def serve_privately(post: Post) -> None:
    """Turn answering in private on or off: "/pribadi on"; without a word it is turned over."""
    turned_over = not post.officer.serves_privately
    private = _SWITCH.get(post.words.lower(), turned_over)
    await post.uow.officers.save(replace(post.officer, serves_privately=private))
    await post.say("petugas.pribadi", nyala=private)


_SWITCH: Final = {
    "on": True,
    "ya": True,
    "nyala": True,
    "off": False,
    "tidak": False,
    "mati": False,
}

COMMANDS: Final[Mapping[str, Handler]] = {"pribadi": serve_privately}
PRESSES: Final[Mapping[type, Handler]] = {ServeNow: switch}
