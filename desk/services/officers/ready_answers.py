"""Ready answers: an officer picks one, the citizen gets it with the facts filled in."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from desk.domain.conversation import Conversation
from desk.domain.facts import Topic
from desk.domain.handoff import Handoff
from desk.domain.outgoing import Outgoing
from desk.domain.presses.officers import SendGuidance, SendReadyAnswer
from desk.domain.reply import Button, Reply
from desk.domain.topic_facts import depends_on_variant
from desk.services.handoffs import course
from desk.services.officers.answering import signed
from desk.services.officers.meant import change
from desk.services.officers.post import Handler, Post
from desk.services.tools import opaque
from desk.services.words.buttons import rows_of
from desk.services.words.guidance import Context, guidance
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
            Button(
                wording.plain(f"panduan_topik_{topic}"),
                press=SendGuidance(handoff.conversation_id, handoff.id, topic, service),
            )
            for topic in Topic
        ]
    buttons += [
        Button(
            wording.plain(f"{LABEL}{name}"),
            press=SendReadyAnswer(handoff.conversation_id, handoff.id, name),
        )
        for name in names
    ]
    short = post.tools.catalogue.service(service).singkat if service else None
    text = post.tools.say("petugas.pilih_jawaban", layanan=short)
    await post.answer(Reply(text, rows_of(buttons)))


async def send(post: Post) -> None:
    """Send the ready answer that was picked, and show the officer what was sent."""
    await change(post, _send, while_waiting=False)


async def _send(post: Post, conversation: Conversation, handoff: Handoff) -> None:
    press = post.pressed
    body = None
    if isinstance(press, SendGuidance):
        body = await _from_guidance(post, conversation, press)
    elif isinstance(press, SendReadyAnswer) and f"{TEXT}{press.name}" in post.tools.wording.keys:
        body = _from_template(post, conversation, handoff, f"{TEXT}{press.name}")
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
    post: Post, conversation: Conversation, press: SendGuidance
) -> str | None:
    """Return what the catalogue says; where it depends on the case, the officer is asked which."""
    service = post.tools.catalogue.service(press.service)
    variant = press.variant or conversation.context.variant
    answer = guidance(post.tools).answer(
        press.topic, (service.id,), Context(service.id, variant), by_officer=True
    )
    agency = post.tools.catalogue.agency(service.instansi)
    is_open = answer.context.variant is None and depends_on_variant(service, agency, press.topic)
    if not is_open:
        return "\n\n".join(reply.text for reply in answer.replies)
    buttons = [Button(each.nama, press=replace(press, variant=each.id)) for each in service.varian]
    await post.answer(Reply(answer.replies[0].text, rows_of(buttons)))
    return None


COMMANDS: Final[Mapping[str, Handler]] = {"jawab": offer}
PRESSES: Final[Mapping[type, Handler]] = {SendReadyAnswer: send, SendGuidance: send}
