"""Makes a ticket of a conversation: the officer begins it, the citizen confirms it."""

from collections.abc import Mapping
from typing import Final

from desk.domain.conversation import Conversation
from desk.domain.handoff import Ending, Handoff
from desk.domain.heard import Heard
from desk.domain.inbound import WORDED
from desk.domain.lifecycle import Kind
from desk.domain.reply import Reply
from desk.domain.turn import TurnId
from desk.services.handoffs import course as handoffs
from desk.services.handoffs.places import reference
from desk.services.officers.current import say_current
from desk.services.officers.meant import change
from desk.services.officers.post import Handler, Post
from desk.services.outbox.posting import joined
from desk.services.outbox.posting import post as post_to
from desk.services.talk import drafting
from desk.services.talk.scene import Scene
from desk.services.words.buttons import button

#: What an officer may make of a conversation, and what it is called.
KINDS: Final = {Kind.ADUAN: "petugas.tombol.aduan", Kind.INFORMASI: "petugas.tombol.informasi"}
#: So many of the citizen's messages become the description.
TAKEN_OVER: Final = 50


async def ask_kind(post: Post) -> None:
    """Ask what the ticket is: a complaint or a question."""
    await change(post, _ask_kind)


async def _ask_kind(post: Post, conversation: Conversation, handoff: Handoff) -> None:
    if await post.uow.drafts.active(conversation.id) is not None:
        await post.say("petugas.draf_terbuka")
        return
    buttons = tuple(
        button(
            post.tools.wording.plain(label),
            "buat_tiket_jenis",
            percakapan=conversation.id,
            serah=handoff.id,
            jenis=kind,
        )
        for kind, label in KINDS.items()
    )
    text = post.tools.say("petugas.jenis_tiket", rujukan=reference(conversation.id))
    await post.answer(Reply(text, (buttons,)))


async def begin(post: Post) -> None:
    """Begin a ticket with the citizen's own words; the bot asks the citizen for the rest."""
    await change(post, _begin)


async def _begin(post: Post, conversation: Conversation, handoff: Handoff) -> None:
    if await post.uow.drafts.active(conversation.id) is not None:
        await post.say("petugas.draf_terbuka")
        return
    said = await post.uow.inbox.latest(conversation.id, handoff.asked_at, TAKEN_OVER)
    words = [m.inbound.text for m in said if m.inbound.kind in WORDED and m.inbound.text]
    conversation = await handoffs.end(
        post.uow,
        post.tools,
        conversation,
        handoff,
        Ending.BECAME_TICKET,
        key=post.key,
        told=None,
        by=post.officer,
    )
    kind = Kind(post.pressed.get("jenis", Kind.INFORMASI))
    scene = Scene(
        uow=post.uow,
        tools=post.tools,
        conversation=conversation,
        heard=Heard("lapor_aduan", text="\n".join(words)),
        turn_id=TurnId(post.key),
        now=post.now,
        # An anonymous ticket makes the desk forget all that was said since its first words.
        began_at=min([handoff.asked_at, *(message.received_at for message in said)]),
    )
    answers = await drafting.begin(scene, kind)
    await post.uow.conversations.save(scene.conversation)
    text = post.tools.say("antrean.jadi_tiket", nama=post.officer.name)
    replies = [Reply(text), *(answer for answer in answers if isinstance(answer, Reply))]
    for position, reply in enumerate(joined(replies)):
        key = f"{post.key}:draf:{position}"
        await post_to(post.uow, post.tools, scene.conversation, reply, key=key)
    await post.say("petugas.tiket_dimulai", rujukan=reference(conversation.id))
    await say_current(post)


PRESSES: Final[Mapping[str, Handler]] = {"buat_tiket": ask_kind, "buat_tiket_jenis": begin}
