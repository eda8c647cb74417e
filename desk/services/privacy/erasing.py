"""Erases all that is known of a citizen, in one transaction that may be tried again."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from desk.domain.conversation import Channel, Conversation, ConversationId, Session
from desk.domain.followup_code import hash_code, new_code
from desk.domain.handoff import Ending, EventKind, Handoff, HandoffEvent
from desk.domain.lifecycle import OPEN
from desk.domain.outgoing import Outgoing
from desk.domain.privacy import without_person
from desk.domain.ticket import Ticket
from desk.domain.ticket_number import TicketNumber
from desk.services.events import PersonErased
from desk.services.ports import UnitOfWork, UnitsOfWork
from desk.services.tools import Tools, new_id

logger = logging.getLogger(__name__)

#: How long an erasure is watched for what came in at that very moment.
WATCHED: Final = timedelta(hours=1)


async def erase(units: UnitsOfWork, tools: Tools, request_id: str) -> None:
    """Do what a request for erasure asks; again, when it was done, it does nothing.

    Everything is one transaction: after a crash either nothing is erased or all of it. The
    answer goes to a new conversation at the same address, with which the citizen begins anew.
    """
    async with units() as uow:
        request = await uow.privacy.get(request_id)
        if request is None or request.conversation_id is None or request.done_at is not None:
            return
        if not await uow.erasure.hold(request.conversation_id):
            return
        conversation = await uow.conversations.lock(request.conversation_id)
        handoff = await _end_handoff(uow, tools, conversation)
        chats = await uow.topics.chats_of(conversation.id)
        tickets = await uow.tickets.of_conversation(conversation.id)
        heir = _anew(conversation, tools)
        erased = await uow.erasure.erase(conversation.id, heir, tools.now())
        codes = await _cut_loose(uow, tools, tickets)
        await _answer(uow, tools, heir, codes)
        uow.record(PersonErased(conversation.id, chats, handoff))
        counts = {
            **erased,
            "laporan": len(tickets),
            "serah_terima": int(handoff is not None),
            "topik": len(chats),
        }
        await uow.privacy.save(replace(request, done_at=tools.now(), counts=counts))
        await uow.conversations.wake_at(heir.id, tools.now())
        await uow.commit()
    logger.info("erased a citizen's data", extra={"request": request.id})


async def complete(units: UnitsOfWork, tools: Tools) -> int:
    """Finish erasures whose watch is over, and forget whose they were; return how many.

    Something may have been under way while the data was erased, such as a message that another
    process was about to store: it is erased here.
    """
    now = tools.now()
    async with units() as uow:
        waiting = await uow.privacy.erasures_under_way()
    completed = 0
    for request in waiting:
        if request.is_overdue(now):
            logger.error("an erasure is overdue", extra={"request": request.id})
        if request.done_at is None:
            continue
        if request.done_at + WATCHED < now and request.conversation_id is not None:
            async with units() as uow:
                await uow.erasure.erase(request.conversation_id, None, now)
                await uow.privacy.save(replace(request, conversation_id=None))
                await uow.commit()
            completed += 1
    return completed


def _anew(conversation: Conversation, tools: Tools) -> Conversation:
    """Return the citizen's new conversation; only the pause after abuse goes on."""
    return Conversation(
        id=ConversationId(new_id()),
        channel=conversation.channel,
        address=conversation.address,
        created_at=tools.now(),
        session=Session(new_id()),
        muted_until=conversation.muted_until,
    )


async def _end_handoff(
    uow: UnitOfWork, tools: Tools, conversation: Conversation
) -> Handoff | None:
    """End the citizen's hand-off, None when there is none."""
    handoff = await uow.handoffs.open_of(conversation.id)
    if handoff is None:
        return None
    now = tools.now()
    await uow.handoffs.save(handoff.ended(Ending.CANCELLED, now))
    await uow.handoffs.note(handoff.id, HandoffEvent(now, EventKind.ENDED))
    return handoff


async def _cut_loose(
    uow: UnitOfWork, tools: Tools, tickets: Sequence[Ticket]
) -> list[tuple[TicketNumber, str]]:
    """Take the person from the tickets; return a new follow-up code for each open one."""
    codes = []
    for known in tickets:
        ticket = await uow.tickets.lock(known.number)
        if ticket is None:
            continue
        nameless = without_person(ticket)
        if ticket.status in OPEN:
            code = new_code()
            nameless = replace(nameless, code_hash=hash_code(code, tools.code_key))
            codes.append((ticket.number, code))
        await uow.tickets.save(nameless)
    return codes


async def _answer(
    uow: UnitOfWork,
    tools: Tools,
    heir: Conversation,
    codes: Sequence[tuple[TicketNumber, str]],
) -> None:
    """Say that it is done; the answer holds the codes and is emptied once it is sent."""
    is_telegram = heir.channel is Channel.TELEGRAM
    days = tools.retention.backups.days
    text = tools.say("privasi.terhapus", laporan=codes, telegram=is_telegram, hari_cadangan=days)
    await uow.outbox.add(heir, Outgoing(text), now=tools.now(), scrub=True)
