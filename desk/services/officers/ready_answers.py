"""Ready answers: an officer picks one, the citizen gets it with the facts filled in."""

from collections.abc import Mapping
from typing import Final

from desk.domain.conversation import Conversation
from desk.domain.facts import Topic
from desk.domain.handoff import Handoff
from desk.domain.outgoing import Outgoing
from desk.domain.reply import Button, Reply
from desk.services.handoffs import course
from desk.services.officers.answering import signed
from desk.services.officers.meant import change
from desk.services.officers.post import Handler, Post
from desk.services.tools import opaque
from desk.services.words.buttons import button, rows_of
from desk.services.words.guidance import Context
from desk.services.words.waiting import office_of

#: Keys of the reply files: a text, and the label of its button.
TEXT: Final = "petugas.baku."
LABEL: Final = "petugas.baku_nama."


async def offer(post: Post) -> None:
    """Show the ready answers that fit the conversation."""
    await change(post, _offer, while_waiting=False)


async def _offer(post: Post, conversation: Conversation, handoff: Handoff) -> None:
    wording = post.tools.wording
    names = sorted(key.removeprefix(LABEL) for key in wording.keys if key.startswith(LABEL))
    service = handoff.service or conversation.context.service
    buttons = []
    if service is not None:
        buttons = [
            _button(handoff, wording.plain(f"panduan_topik_{topic}"), topik=topic, layanan=service)
            for topic in Topic
        ]
    buttons += [_button(handoff, wording.plain(f"{LABEL}{name}"), baku=name) for name in names]
    short = post.tools.catalogue.service(service).singkat if service else None
    text = post.tools.say("petugas.pilih_jawaban", layanan=short)
    await post.answer(Reply(text, rows_of(buttons)))


def _button(handoff: Handoff, label: str, **data: str) -> Button:
    return button(label, "jawab", percakapan=handoff.conversation_id, serah=handoff.id, **data)


async def send(post: Post) -> None:
    """Send the ready answer that was picked, and show the officer what was sent."""
    await change(post, _send, while_waiting=False)


async def _send(post: Post, conversation: Conversation, handoff: Handoff) -> None:
    name, topic = post.pressed.get("baku"), post.pressed.get("topik")
    if topic is not None:
        body = await _from_guidance(post, conversation, handoff, Topic(topic))
    elif f"{TEXT}{name}" in post.tools.wording.keys:
        body = _from_template(post, conversation, handoff, f"{TEXT}{name}")
    else:
        body = None
    if body is None:
        return
    # An impatient finger presses twice: the button sends once.
    key = opaque("jawab", post.inbound.token or "")
    if await post.uow.outbox.with_key(key) is not None:
        await post.say("petugas.jawaban_sudah_terkirim")
        return
    text = f"{signed(post, handoff, None)}\n{body}"
    await post.uow.outbox.add(conversation, Outgoing(text), key=key, now=post.now)
    await course.note_answer(post.uow, post.tools, conversation, handoff)
    await post.answer(Reply(f"{post.tools.say('petugas.jawaban_terkirim')}\n{body}"))


def _from_template(post: Post, conversation: Conversation, handoff: Handoff, key: str) -> str:
    service = handoff.service or conversation.context.service
    return post.tools.say(
        key,
        nama=post.officer.name,
        instansi=office_of(post.tools, post.officer, handoff),
        layanan=post.tools.catalogue.service(service).singkat if service else None,
    )


async def _from_guidance(
    post: Post, conversation: Conversation, handoff: Handoff, topic: Topic
) -> str | None:
    """Return what the catalogue says; where it depends on the case, the officer is asked which."""
    service = post.pressed.get("layanan", "")
    variant = post.pressed.get("varian") or conversation.context.variant
    answer = post.tools.guidance.answer(
        topic, (service,), Context(service, variant), by_officer=True
    )
    variants = {
        found: each.label
        for reply in answer.replies
        for row in reply.buttons
        for each in row
        if (found := each.data.get("varian")) is not None
    }
    if answer.context.variant is None and variants:
        buttons = [
            _button(handoff, label, topik=topic, layanan=service, varian=found)
            for found, label in variants.items()
        ]
        await post.answer(Reply(answer.replies[0].text, rows_of(buttons)))
        return None
    return "\n\n".join(reply.text for reply in answer.replies)


COMMANDS: Final[Mapping[str, Handler]] = {"jawab": offer}
PRESSES: Final[Mapping[str, Handler]] = {"jawab": send}
