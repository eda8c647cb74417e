"""Hand-offs: asked for, taken, put back in line, ended; every change with all it causes.

The conversation is locked before one of these is called, and comes back changed and saved.
"""

from dataclasses import replace
from typing import Final

from desk.domain.conversation import Conversation, Owner
from desk.domain.errors import NotPermitted
from desk.domain.handoff import (
    Ending,
    EventKind,
    Handoff,
    HandoffEvent,
    HandoffId,
    HandoffState,
    Trigger,
)
from desk.domain.officer import Officer
from desk.domain.reply import Button, Reply
from desk.domain.roles import Permission, may
from desk.services.handoffs.places import rooms_for
from desk.services.handoffs.queue import wait_of
from desk.services.handoffs.subjects import Subject
from desk.services.outbox.posting import post
from desk.services.ports import UnitOfWork
from desk.services.telling import cards
from desk.services.telling import relays as relaying
from desk.services.tools import Tools, new_id


async def ask(
    uow: UnitOfWork,
    tools: Tools,
    conversation: Conversation,
    subject: Subject,
    trigger: Trigger,
    *,
    key: str,
    by_turn: str | None = None,
    with_bot: bool = False,
) -> tuple[Conversation, Handoff] | None:
    """Put a citizen in line for an officer; None when there is nobody who could answer.

    Args:
        uow: The transaction.
        tools: The desk's tools.
        conversation: The citizen's conversation, locked.
        subject: What it is about.
        trigger: Why a human is wanted.
        key: What the keys of everything this causes begin with.
        by_turn: The turn that asks, whose own replies stay valid.
        with_bot: Whether the bot goes on meanwhile.
    """
    rooms = await rooms_for(uow, tools, office=subject.office, is_protected=subject.is_protected)
    if not rooms.all:
        return None
    handoff = await uow.handoffs.add(
        replace(_new(tools, conversation, subject, trigger), chat=rooms.group, with_bot=with_bot)
    )
    conversation = conversation.handed_to(handoff.owner, by=by_turn)
    await uow.conversations.save(conversation)
    event = HandoffEvent(handoff.asked_at, EventKind.ASKED)
    await uow.handoffs.note(handoff.id, event, key=f"{key}:diminta")
    await cards.show(uow, tools, conversation, handoff, key=key)
    return conversation, handoff


def _new(tools: Tools, conversation: Conversation, subject: Subject, why: Trigger) -> Handoff:
    now = tools.now()
    return Handoff(
        id=HandoffId(new_id()),
        conversation_id=conversation.id,
        trigger=why,
        asked_at=now,
        waiting_since=now,
        chat=None,
        office=subject.office,
        is_protected=subject.is_protected,
        service=subject.service,
        ticket=subject.ticket,
    )


async def step_in(
    uow: UnitOfWork,
    tools: Tools,
    conversation: Conversation,
    subject: Subject,
    officer: Officer,
    *,
    chat: str,
    key: str,
) -> tuple[Conversation, Handoff]:
    """Let an officer take a conversation that nobody asked him into.

    Raises:
        NotPermitted: None of the officer's roles may answer it.
    """
    handoff = _new(tools, conversation, subject, Trigger.STEPPED_IN)
    _require_permission(officer, handoff)
    handoff = await uow.handoffs.add(handoff)
    return await take(uow, tools, conversation, handoff, officer, chat=chat, key=key)


async def take(
    uow: UnitOfWork,
    tools: Tools,
    conversation: Conversation,
    handoff: Handoff,
    officer: Officer,
    *,
    chat: str,
    key: str,
) -> tuple[Conversation, Handoff]:
    """Give a conversation to an officer, who serves it in *chat*; the citizen is told.

    What the bot had still to send is void; the words it answered are shown to the officer.

    Raises:
        NotPermitted: None of the officer's roles may answer it.
        AlreadyTaken: Another officer has it.
        HandoffOver: It has ended.
    """
    _require_permission(officer, handoff)
    now = tools.now()
    taken = handoff.taken_by(officer.id, now, chat=chat)
    if taken == handoff:
        return conversation, handoff
    conversation = conversation.handed_to(Owner.OFFICER)
    await uow.conversations.save(conversation)
    await uow.handoffs.save(taken)
    await uow.handoffs.note(
        taken.id, HandoffEvent(now, EventKind.TAKEN, officer.id), key=f"{key}:diambil"
    )
    asked_for = handoff.trigger is not Trigger.STEPPED_IN
    await cards.show(
        uow, tools, conversation, taken, key=key, before=handoff if asked_for else None
    )
    await relaying.show_unanswered(uow, tools, conversation, taken)
    await post(
        uow,
        tools,
        conversation,
        Reply(
            tools.say(
                "antrean.dilayani",
                nama=officer.name,
                instansi=relaying.office_of(tools, officer, taken),
            )
        ),
        key=f"{key}:warga",
    )
    return conversation, taken


def _require_permission(officer: Officer, handoff: Handoff) -> None:
    if not may_serve(officer, handoff):
        raise NotPermitted


def may_serve(officer: Officer, matter: Handoff | Subject) -> bool:
    """Tell whether one of the officer's roles may answer a conversation about this."""
    return may(
        officer.grants,
        Permission.ANSWER_CONVERSATIONS,
        office=matter.office,
        protected=matter.is_protected,
    )


async def requeue(
    uow: UnitOfWork,
    tools: Tools,
    conversation: Conversation,
    handoff: Handoff,
    *,
    key: str,
    told: str,
    office: str | None,
    kind: EventKind = EventKind.REQUEUED,
    by: Officer | None = None,
) -> Conversation:
    """Put a conversation back in line for *office* (None: the coordinators); the citizen is told.

    When nobody is left who could answer, it ends instead.
    """
    now = tools.now()
    rooms = await rooms_for(uow, tools, office=office, is_protected=handoff.is_protected)
    if not rooms.all:
        return await _end_for_nobody(
            uow, tools, conversation, handoff, key=key, buttons=leave_message(tools)
        )
    waiting = handoff.requeued(now, chat=rooms.group, office=office)
    conversation = conversation.handed_to(Owner.WAITING)
    await uow.conversations.save(conversation)
    await uow.handoffs.save(waiting)
    event = HandoffEvent(now, kind, by.id if by else None, office)
    await uow.handoffs.note(handoff.id, event, key=f"{key}:antre")
    await cards.show(uow, tools, conversation, waiting, key=key, before=handoff)
    reply = await waiting_reply(uow, tools, waiting, told)
    await post(uow, tools, conversation, reply, key=f"{key}:warga")
    return conversation


async def _end_for_nobody(
    uow: UnitOfWork,
    tools: Tools,
    conversation: Conversation,
    handoff: Handoff,
    *,
    key: str,
    buttons: tuple[tuple[Button, ...], ...] = (),
) -> Conversation:
    """End a wait because nobody is left who could answer; the citizen is told."""
    return await end(
        uow,
        tools,
        conversation,
        handoff,
        Ending.HANDED_BACK,
        key=key,
        told="antrean.tidak_ada_petugas",
        buttons=buttons,
    )


async def end(
    uow: UnitOfWork,
    tools: Tools,
    conversation: Conversation,
    handoff: Handoff,
    ending: Ending,
    *,
    key: str,
    told: str | None,
    by: Officer | None = None,
    by_turn: str | None = None,
    buttons: tuple[tuple[Button, ...], ...] = (),
) -> Conversation:
    """End a hand-off: the bot has the word again; the citizen is told with the text *told*."""
    now = tools.now()
    if not handoff.is_open:
        return conversation
    ended = handoff.ended(ending, now)
    conversation = conversation.handed_to(Owner.BOT, by=by_turn)
    conversation = conversation.with_context(failures=0, disappointed=0)
    if handoff.is_protected:
        # What was said in it stays with `integritas`, whoever comes next.
        conversation = conversation.with_context(hidden_until=now.isoformat())
    await uow.conversations.save(conversation)
    await uow.handoffs.save(ended)
    event = HandoffEvent(now, EventKind.ENDED, by.id if by else None, ending)
    await uow.handoffs.note(handoff.id, event, key=f"{key}:selesai")
    await cards.show(uow, tools, conversation, ended, key=key, before=handoff)
    if told is not None:
        text = tools.say(told, nama=by.name if by else None)
        await post(uow, tools, conversation, Reply(text, buttons), key=f"{key}:warga")
    return conversation


async def wait_with_bot(
    uow: UnitOfWork,
    tools: Tools,
    conversation: Conversation,
    handoff: Handoff,
    goes_on: bool,
    *,
    key: str,
) -> Handoff:
    """Let a citizen who waits go on with the bot, or wait for the officer alone again."""
    changed = replace(handoff, with_bot=goes_on)
    await uow.handoffs.save(changed)
    await cards.show(uow, tools, conversation, changed, key=f"{key}:bot", before=handoff)
    return changed


async def make_urgent(
    uow: UnitOfWork, tools: Tools, conversation: Conversation, handoff: Handoff, *, key: str
) -> None:
    """Note that a wait became one for help in an emergency, and show it on the card."""
    urgent = replace(handoff, trigger=Trigger.EMERGENCY)
    await uow.handoffs.save(urgent)
    await cards.show(uow, tools, conversation, urgent, key=key, before=handoff)


async def protect(
    uow: UnitOfWork, tools: Tools, conversation: Conversation, handoff: Handoff, *, key: str
) -> Conversation:
    """Leave a hand-off that waits to those alone who may know of a protected matter.

    The citizen keeps the place and goes on with the bot; the card leaves the group. When there
    is nobody who may know, the wait ends and the citizen is told.
    """
    rooms = await rooms_for(uow, tools, office=handoff.office, is_protected=True)
    if not rooms.all:
        return await _end_for_nobody(uow, tools, conversation, handoff, key=key)
    changed = replace(handoff, is_protected=True, chat=rooms.group)
    await uow.handoffs.save(changed)
    await cards.show(uow, tools, conversation, changed, key=key, before=handoff)
    return conversation


#: What a press of these does while a citizen waits; see `asking`.
QUEUE: Final = "antrean"


async def waiting_reply(
    uow: UnitOfWork, tools: Tools, handoff: Handoff, key: str, **values: object
) -> Reply:
    """Return a text about the queue, with the place in it and the ways out."""
    wait = await wait_of(uow, tools, handoff)
    now, duty = tools.now(), tools.duty
    closes = wait.closes_before
    told = {"buka": duty.is_open(now), "berikutnya": duty.next_opening(now)}
    length = tools.say(
        "antrean.lama",
        menit=wait.minutes,
        tutup=closes,
        kembali=duty.next_opening(closes) if closes else None,
        **told,
    )
    text = tools.say(key, urutan=wait.place, lama=length, **told, **values)
    cancel = _queue_button(tools, "batal")
    if handoff.with_bot:
        return Reply(text, ((cancel,),))
    return Reply(text, ((_queue_button(tools, "bot"), cancel),))


def _queue_button(tools: Tools, what: str) -> Button:
    return Button(tools.say(f"tombol.antrean_{what}"), "pilih", {"bidang": QUEUE, "nilai": what})


def leave_message(tools: Tools) -> tuple[tuple[Button, ...], ...]:
    """Return the button that leaves a message as a ticket."""
    label = tools.say("tombol.tinggalkan_pesan")
    return ((Button(label, "pilih", {"bidang": "titip_pesan"}),),)


async def release(uow: UnitOfWork, tools: Tools, served: Handoff, *, told: str) -> None:
    """Put what an officer serves back in line for the same office, if he still serves it."""
    conversation = await uow.conversations.lock(served.conversation_id)
    current = await uow.handoffs.get(served.id)
    if current is None or current.state is not HandoffState.SERVED:
        return
    if (current.officer_id, current.taken_at) != (served.officer_id, served.taken_at):
        return
    moment = current.taken_at or current.asked_at
    await requeue(
        uow,
        tools,
        conversation,
        current,
        key=f"lepas:{current.id}:{moment.timestamp():.3f}",
        told=told,
        office=current.office,
    )
