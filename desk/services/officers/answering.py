"""Passes on what an officer writes: to the citizen, signed; ready answers; or into the notes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from desk.domain.conversation import Channel, Conversation
from desk.domain.facts import Topic
from desk.domain.handoff import EventKind, Handoff, HandoffEvent, HandoffState
from desk.domain.inbound import InboundKind
from desk.domain.outgoing import CopyOf, Outgoing
from desk.domain.presses.officers import SendGuidance, SendReadyAnswer
from desk.domain.reply import Button, Reply
from desk.domain.topic_facts import depends_on_variant
from desk.domain.turn import LOST
from desk.services.handoffs import course
from desk.services.handoffs.chats import reference
from desk.services.officers.meaning import SAID, said_in
from desk.services.officers.said import Handler, Said
from desk.services.officers.serving import on_served
from desk.services.outbox.posting import ToOfficers
from desk.services.tools import new_id, opaque
from desk.services.words.buttons import rows_of
from desk.services.words.guidance import Context, guidance
from desk.services.words.pins import CAPTIONED, LONGEST_CAPTION, place_in_words
from desk.services.words.waiting import office_of

#: What begins a note that no citizen reads.
NOTE_MARK: Final = "//"
#: What can be passed on at all.
_PASSED_ON: Final = SAID | {InboundKind.EDITED}


async def pass_on(said: Said) -> None:
    """Send what an officer wrote about a conversation to its citizen, if it is his to answer."""
    if said.about is None:
        await _say_where(said)
        return
    conversation = await said.uow.conversations.lock(said.about)
    handoff = await said.uow.handoffs.open_of(conversation.id)
    if said.words.startswith(NOTE_MARK):
        await _note(said, conversation, handoff)
    elif handoff is None or handoff.officer_id != said.officer.id:
        await _not_sent(said, conversation, handoff)
    elif said.inbound.kind not in _PASSED_ON:
        await said.say("petugas.jenis_tidak_bisa")
    elif said.inbound.kind is InboundKind.EDITED:
        await _pass_on_edit(said, conversation, handoff)
    else:
        await _send(said, conversation, handoff)


async def _send(said: Said, conversation: Conversation, handoff: Handoff) -> None:
    bodies = _bodies(said, conversation, handoff)
    if bodies is None:
        await said.say("petugas.web_tidak_bisa", foto=said.inbound.kind is InboundKind.PHOTO)
        return
    where = said_in(said.chat, said.inbound)
    for body in bodies:
        await said.uow.outbox.add(conversation, body, key=new_id(), now=said.now, said_in=where)
    await course.note_answer(said.uow, said.tools, conversation, handoff)


def _bodies(said: Said, conversation: Conversation, handoff: Handoff) -> list[Outgoing] | None:
    """Return what the citizen gets; None when the citizen's channel cannot carry it."""
    inbound = said.inbound
    if inbound.kind is InboundKind.TEXT:
        return [Outgoing(signed(said, handoff, inbound.text))]
    if conversation.channel is Channel.WEB:
        return _web_bodies(said, handoff)
    copy = CopyOf(said.chat.address, inbound.external_message_id or "")
    if inbound.kind in CAPTIONED and len(inbound.text or "") <= LONGEST_CAPTION:
        return [Outgoing(signed(said, handoff, inbound.text), copies=copy)]
    return [Outgoing(signed(said, handoff, None)), Outgoing("", copies=copy)]


def _web_bodies(said: Said, handoff: Handoff) -> list[Outgoing] | None:
    inbound = said.inbound
    if inbound.kind is InboundKind.LOCATION:
        return [Outgoing(signed(said, handoff, place_in_words(inbound)))]
    picture = said.pictures.get(inbound.file.file_id, LOST) if inbound.file else LOST
    if inbound.kind is not InboundKind.PHOTO or picture == LOST:
        return None
    return [Outgoing(signed(said, handoff, inbound.text), attachment=picture)]


def signed(said: Said, handoff: Handoff, words: str | None, *, edited: bool = False) -> str:
    """Return words under the name and the office of who wrote them."""
    return said.tools.say(
        "antrean.jawaban",
        nama=said.officer.name,
        instansi=office_of(said.tools, said.officer, handoff),
        teks=words,
        diubah=edited,
    )


async def _pass_on_edit(said: Said, conversation: Conversation, handoff: Handoff) -> None:
    """Change what was sent; a browser shows the new words as a message of their own."""
    if not said.words:
        return
    sent = await said.uow.outbox.passed_on(said_in(said.chat, said.inbound))
    if sent is None or sent.conversation_id != conversation.id:
        await said.say("petugas.suntingan_tidak_bisa")
        return
    is_web = conversation.channel is Channel.WEB
    text = signed(said, handoff, said.inbound.text, edited=is_web)
    body = Outgoing(text, edits=None if is_web else sent.key)
    await said.uow.outbox.add(conversation, body, now=said.now)


async def _note(said: Said, conversation: Conversation, handoff: Handoff | None) -> None:
    """Write a note down; its writer is told once a stretch that nobody else reads it."""
    latest = handoff or next(iter(await said.uow.handoffs.of_conversation(conversation.id)), None)
    if latest is None:
        return
    words = said.words.removeprefix(NOTE_MARK).strip()
    event = HandoffEvent(said.now, EventKind.NOTE, said.officer.id, words)
    await said.uow.handoffs.note(latest.id, event)
    await _tell_once(said, "petugas.catatan_tersimpan", of=f"catatan:{latest.id}")


async def _not_sent(said: Said, conversation: Conversation, handoff: Handoff | None) -> None:
    """Tell an officer, once a stretch, that the citizen did not get this."""
    holder = None
    stretch = "tiada"
    if handoff is not None:
        moment = handoff.taken_at or handoff.waiting_since
        stretch = f"{handoff.id}:{moment.timestamp():.3f}"
        if handoff.state is HandoffState.SERVED and handoff.officer_id:
            officer = await said.uow.officers.get(handoff.officer_id)
            holder = officer.name if officer else None
    await _tell_once(
        said,
        "petugas.tidak_terkirim",
        of=f"bukan:{conversation.id}:{stretch}",
        petugas=holder,
        menunggu=handoff is not None and holder is None,
        rujukan=reference(conversation.id),
    )


async def _say_where(said: Said) -> None:
    """Tell an officer who serves somebody in this group, once a stretch, where to write.

    Colleagues talk in the group as well, so whoever serves nobody here is left alone.
    """
    served = await said.uow.handoffs.of_officer(said.officer.id)
    here = [handoff for handoff in served if handoff.chat == said.chat.address]
    is_for_citizen = said.inbound.kind in SAID
    if here and is_for_citizen and not said.words.startswith(NOTE_MARK):
        moment = here[-1].taken_at or here[-1].asked_at
        stretch = f"{here[-1].id}:{moment.timestamp():.3f}"
        await _tell_once(said, "petugas.di_luar_topik", of=f"luar:{stretch}")


async def _tell_once(said: Said, key: str, *, of: str, **values: object) -> None:
    once = opaque(of, said.officer.id, said.chat.address)
    reply = Reply(said.tools.say(key, **values))
    await said.send(ToOfficers(reply, once, leaves_topic=await said.topic_afterwards()))


# --- ready answers -----------------------------------------------------------------------------

#: Keys of the reply files: a text, and the label of its button.
TEXT: Final = "petugas.baku."
LABEL: Final = "petugas.baku_nama."


@on_served
async def offer(said: Said, conversation: Conversation, handoff: Handoff) -> None:
    """Show the ready answers that fit the conversation."""
    wording = said.tools.wording
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
    short = said.tools.catalogue.service(service).singkat if service else None
    text = said.tools.say("petugas.pilih_jawaban", layanan=short)
    await said.answer(Reply(text, rows_of(buttons)))


@on_served
async def send_ready_answer(said: Said, conversation: Conversation, handoff: Handoff) -> None:
    """Send the ready answer that was picked, and show the officer what was sent."""
    press = said.meaning.pressed
    body = None
    if isinstance(press, SendGuidance):
        body = await _from_guidance(said, conversation, press)
    elif isinstance(press, SendReadyAnswer) and f"{TEXT}{press.name}" in said.tools.wording.keys:
        body = _from_template(said, conversation, handoff, f"{TEXT}{press.name}")
    if body is None:
        return
    # An impatient finger presses twice: the button sends once.
    key = opaque("jawab", said.inbound.token or "")
    if await said.uow.outbox.with_key(key) is not None:
        await said.say("petugas.jawaban_sudah_terkirim")
        return
    text = f"{signed(said, handoff, None)}\n{body}"
    await said.uow.outbox.add(conversation, Outgoing(text), key=key, now=said.now)
    await course.note_answer(said.uow, said.tools, conversation, handoff)
    await said.answer(Reply(f"{said.tools.say('petugas.jawaban_terkirim')}\n{body}"))


def _from_template(said: Said, conversation: Conversation, handoff: Handoff, key: str) -> str:
    service = handoff.service or conversation.context.service
    return said.tools.say(
        key,
        nama=said.officer.name,
        instansi=office_of(said.tools, said.officer, handoff),
        layanan=said.tools.catalogue.service(service).singkat if service else None,
    )


async def _from_guidance(
    said: Said, conversation: Conversation, press: SendGuidance
) -> str | None:
    """Return what the catalogue says; where it depends on the case, the officer is asked which."""
    service = said.tools.catalogue.service(press.service)
    variant = press.variant or conversation.context.variant
    answer = guidance(said.tools).answer(
        press.topic, (service.id,), Context(service.id, variant), by_officer=True
    )
    agency = said.tools.catalogue.agency(service.instansi)
    is_open = answer.context.variant is None and depends_on_variant(service, agency, press.topic)
    if not is_open:
        return "\n\n".join(reply.text for reply in answer.replies)
    buttons = [Button(each.nama, press=replace(press, variant=each.id)) for each in service.varian]
    await said.answer(Reply(answer.replies[0].text, rows_of(buttons)))
    return None


COMMANDS: Final[Mapping[str, Handler]] = {"jawab": offer}
PRESSES: Final[Mapping[type, Handler]] = {
    SendReadyAnswer: send_ready_answer,
    SendGuidance: send_ready_answer,
}
