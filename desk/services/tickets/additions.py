"""Words and pictures that a citizen adds to a ticket later."""

from collections.abc import Sequence

from desk.domain.conversation import ConversationId
from desk.domain.lifecycle import Actor, Status, state_before
from desk.domain.ticket import Addition, AdditionKind, Ticket
from desk.services.events import CitizenAdded
from desk.services.ports import UnitOfWork
from desk.services.tickets.merging import takes_additions
from desk.services.tickets.moving import move
from desk.services.tools import Tools, new_id

MAX_WORDS = 20_000


async def add_to_ticket(
    uow: UnitOfWork,
    tools: Tools,
    ticket: Ticket,
    *,
    key: str | None = None,
    words: str = "",
    photos: Sequence[str] = (),
    answered: ConversationId | None = None,
) -> Ticket | None:
    """Add words and stored pictures; return the ticket when that moved it on.

    What comes while an officer's question is open is the answer to it. What is added to a merged
    ticket stays with it, since the reporter of the other one may not read it; the officers of the
    one that goes on hear of it, and read it there.

    Args:
        uow: The transaction.
        tools: The desk's tools.
        ticket: The ticket.
        key: With one, the same additions again change nothing.
        words: What was written.
        photos: Ids of stored pictures.
        answered: The conversation that reads of the move in the answer to its own turn.
    """
    now = tools.now()
    added = [
        (f"{ticket.id}:{photo}", Addition(now, AdditionKind.PHOTO, attachment=photo))
        for photo in photos
    ]
    if words:
        told = Addition(now, AdditionKind.WORDS, text=words[:MAX_WORDS])
        added.insert(0, (f"{key}:kata" if key else new_id(), told))
    is_new = [await uow.tickets.add_addition(ticket.id, each, key=name) for name, each in added]
    await uow.attachments.belong_to_ticket(photos, ticket.id, at=now)
    return await _heed(uow, tools, ticket, answered) if any(is_new) else None


async def _heed(
    uow: UnitOfWork, tools: Tools, ticket: Ticket, answered: ConversationId | None
) -> Ticket | None:
    """Take what was just added as the answer to an open question, or have officers hear of it."""
    reader = await takes_additions(uow, ticket)
    if reader is not None and reader.number != ticket.number:
        uow.record(CitizenAdded(reader, merged=ticket.number))
        return None
    back = state_before(ticket.status, ticket.history)
    if ticket.status is not Status.ON_HOLD or back is None:
        uow.record(CitizenAdded(ticket))
        return None
    moved = await move(uow, tools, ticket.number, back, Actor.CITIZEN, answered=answered)
    return moved.ticket
