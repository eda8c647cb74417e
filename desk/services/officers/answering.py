"""Passes on what an officer writes: to the citizen, signed; or into the notes."""

from typing import Final

from desk.domain.conversation import Channel, Conversation
from desk.domain.handoff import EventKind, Handoff, HandoffEvent, HandoffState
from desk.domain.inbound import Inbound, InboundKind
from desk.domain.outgoing import CopyOf, Outgoing, SaidIn
from desk.domain.reply import Reply
from desk.domain.turn import LOST
from desk.services.handoffs import course
from desk.services.handoffs.chats import reference
from desk.services.officers.post import Post
from desk.services.outbox.posting import ToOfficers, post_to_officers
from desk.services.tools import new_id, opaque
from desk.services.words.pins import CAPTIONED, LONGEST_CAPTION, place_in_words
from desk.services.words.waiting import office_of

#: What begins a note that no citizen reads.
NOTE_MARK: Final = "//"
#: What can be passed on at all.
_PASSED_ON: Final = frozenset(
    {
        InboundKind.TEXT,
        InboundKind.PHOTO,
        InboundKind.LOCATION,
        InboundKind.CONTACT,
        InboundKind.DOCUMENT,
        InboundKind.VOICE,
        InboundKind.VIDEO,
        InboundKind.STICKER,
        InboundKind.EDITED,
    }
)


def _said_in(chat: str, inbound: Inbound) -> SaidIn:
    return SaidIn(chat, inbound.external_message_id or "")


async def pass_on(post: Post) -> None:
    """Send what an officer wrote about a conversation to its citizen, if it is his to answer."""
    if post.about is None:
        await _say_where(post)
        return
    conversation = await post.uow.conversations.lock(post.about)
    handoff = await post.uow.handoffs.open_of(conversation.id)
    if post.words.startswith(NOTE_MARK):
        await _note(post, conversation, handoff)
    elif handoff is None or handoff.officer_id != post.officer.id:
        await _not_sent(post, conversation, handoff)
    elif post.inbound.kind not in _PASSED_ON:
        await post.say("petugas.jenis_tidak_bisa")
    elif post.inbound.kind is InboundKind.EDITED:
        await _pass_on_edit(post, conversation, handoff)
    else:
        await _send(post, conversation, handoff)


async def _send(post: Post, conversation: Conversation, handoff: Handoff) -> None:
    bodies = _bodies(post, conversation, handoff)
    if bodies is None:
        await post.say("petugas.web_tidak_bisa", foto=post.inbound.kind is InboundKind.PHOTO)
        return
    said_in = _said_in(post.chat, post.inbound)
    for body in bodies:
        await post.uow.outbox.add(conversation, body, key=new_id(), now=post.now, said_in=said_in)
    await course.note_answer(post.uow, post.tools, conversation, handoff)


def _bodies(post: Post, conversation: Conversation, handoff: Handoff) -> list[Outgoing] | None:
    """Return what the citizen gets; None when the citizen's channel cannot carry it."""
    inbound = post.inbound
    if inbound.kind is InboundKind.TEXT:
        return [Outgoing(signed(post, handoff, inbound.text))]
    if conversation.channel is Channel.WEB:
        return _web_bodies(post, handoff)
    copy = CopyOf(post.chat, inbound.external_message_id or "")
    if inbound.kind in CAPTIONED and len(inbound.text or "") <= LONGEST_CAPTION:
        return [Outgoing(signed(post, handoff, inbound.text), copies=copy)]
    return [Outgoing(signed(post, handoff, None)), Outgoing("", copies=copy)]


def _web_bodies(post: Post, handoff: Handoff) -> list[Outgoing] | None:
    inbound = post.inbound
    if inbound.kind is InboundKind.LOCATION:
        return [Outgoing(signed(post, handoff, place_in_words(inbound)))]
    picture = post.pictures.get(inbound.file.file_id, LOST) if inbound.file else LOST
    if inbound.kind is not InboundKind.PHOTO or picture == LOST:
        return None
    return [Outgoing(signed(post, handoff, inbound.text), attachment=picture)]


def signed(post: Post, handoff: Handoff, words: str | None, *, edited: bool = False) -> str:
    """Return words under the name and the office of who wrote them."""
    return post.tools.say(
        "antrean.jawaban",
        nama=post.officer.name,
        instansi=office_of(post.tools, post.officer, handoff),
        teks=words,
        diubah=edited,
    )


async def _pass_on_edit(post: Post, conversation: Conversation, handoff: Handoff) -> None:
    """Change what was sent; a browser shows the new words as a message of their own."""
    if not post.words:
        return
    sent = await post.uow.outbox.passed_on(_said_in(post.chat, post.inbound))
    if sent is None or sent.conversation_id != conversation.id:
        await post.say("petugas.suntingan_tidak_bisa")
        return
    is_web = conversation.channel is Channel.WEB
    text = signed(post, handoff, post.inbound.text, edited=is_web)
    body = Outgoing(text, edits=None if is_web else sent.key)
    await post.uow.outbox.add(conversation, body, now=post.now)


async def _note(post: Post, conversation: Conversation, handoff: Handoff | None) -> None:
    """Write a note down; its writer is told once a stretch that nobody else reads it."""
    latest = handoff or next(iter(await post.uow.handoffs.of_conversation(conversation.id)), None)
    if latest is None:
        return
    words = post.words.removeprefix(NOTE_MARK).strip()
    event = HandoffEvent(post.now, EventKind.NOTE, post.officer.id, words)
    await post.uow.handoffs.note(latest.id, event)
    await _tell_once(post, "petugas.catatan_tersimpan", of=f"catatan:{latest.id}")


async def _not_sent(post: Post, conversation: Conversation, handoff: Handoff | None) -> None:
    """Tell an officer, once a stretch, that the citizen did not get this."""
    holder = None
    stretch = "tiada"
    if handoff is not None:
        moment = handoff.taken_at or handoff.waiting_since
        stretch = f"{handoff.id}:{moment.timestamp():.3f}"
        if handoff.state is HandoffState.SERVED and handoff.officer_id:
            officer = await post.uow.officers.get(handoff.officer_id)
            holder = officer.name if officer else None
    await _tell_once(
        post,
        "petugas.tidak_terkirim",
        of=f"bukan:{conversation.id}:{stretch}",
        petugas=holder,
        menunggu=handoff is not None and holder is None,
        rujukan=reference(conversation.id),
    )


async def _say_where(post: Post) -> None:
    """Tell an officer who serves somebody in this group, once a stretch, where to write.

    Colleagues talk in the group as well, so whoever serves nobody here is left alone.
    """
    served = await post.uow.handoffs.of_officer(post.officer.id)
    here = [handoff for handoff in served if handoff.chat == post.chat]
    is_for_citizen = post.inbound.kind in _PASSED_ON - {InboundKind.EDITED}
    if here and is_for_citizen and not post.words.startswith(NOTE_MARK):
        moment = here[-1].taken_at or here[-1].asked_at
        stretch = f"{here[-1].id}:{moment.timestamp():.3f}"
        await _tell_once(post, "petugas.di_luar_topik", of=f"luar:{stretch}")


async def _tell_once(post: Post, key: str, *, of: str, **values: object) -> None:
    await post_to_officers(
        post.uow,
        post.tools,
        post.lane,
        ToOfficers(
            Reply(post.tools.say(key, **values)),
            opaque(of, post.officer.id, post.chat),
            topic=post.topic,
            about=post.about,
            leaves_topic=await post.topic_afterwards(),
        ),
    )


def edited_in(inbound: Inbound, chat: str) -> SaidIn | None:
    """Return the message that an edit changes, None when it is no edit."""
    return _said_in(chat, inbound) if inbound.kind is InboundKind.EDITED else None
