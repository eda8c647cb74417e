"""Tells citizens of their tickets: every move, in plain words, on the channel they used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from desk.domain.conversation import Conversation, ConversationId, Owner
from desk.domain.lifecycle import Status
from desk.domain.presses.pending import Pending, SolvedAsked, WordsAwaited
from desk.domain.reply import Reply
from desk.domain.ticket import Ticket
from desk.services.events import IdentityOpened, TicketMoved, TicketNoted
from desk.services.outbox.posting import post
from desk.services.ports import UnitOfWork
from desk.services.tools import Tools
from desk.services.words.news import news

#: States that wait for the citizen, and the question that is put to them.
ASKS: Final[Mapping[Status, type[WordsAwaited | SolvedAsked]]] = {
    Status.ON_HOLD: WordsAwaited,
    Status.RESOLVED: SolvedAsked,
}


async def tell_of_move(uow: UnitOfWork, tools: Tools, event: TicketMoved | TicketNoted) -> None:
    """Queue the news of a ticket's last step to its reporter and to all who follow it.

    Nobody is told of an anonymous ticket: its citizen looks it up.
    """
    ticket = event.ticket
    answered = event.answered if isinstance(event, TicketMoved) else None
    reporter = ticket.reporter.conversation_id
    if reporter is not None and reporter != answered:
        await _tell_one(uow, tools, ticket, ConversationId(reporter))
    for follower in await uow.tickets.followers(ticket.id):
        if follower.conversation_id not in {reporter, answered}:
            whom = ConversationId(follower.conversation_id)
            await _tell_one(uow, tools, ticket, whom, follows=True)


async def _tell_one(
    uow: UnitOfWork,
    tools: Tools,
    ticket: Ticket,
    whom: ConversationId,
    *,
    follows: bool = False,
) -> None:
    conversation = await uow.conversations.get(whom)
    if conversation is None:
        return
    told = news(tools, ticket, follows=follows)
    asks = None if follows else _question(ticket)
    await post(uow, tools, conversation, told, asks=asks)
    if not (follows and ticket.is_protected):
        await _show_proofs(uow, tools, ticket, conversation)
    if not follows:
        await _expect_answer(uow, ticket, whom)


async def _show_proofs(
    uow: UnitOfWork, tools: Tools, ticket: Ticket, conversation: Conversation
) -> None:
    photos = ticket.history[-1].photos
    for place, photo in enumerate(photos, start=1):
        caption = tools.say("kabar.foto_bukti", nomor=ticket.number, ke=place, dari=len(photos))
        await post(uow, tools, conversation, Reply(caption), attachment=photo)


async def _expect_answer(uow: UnitOfWork, ticket: Ticket, whom: ConversationId) -> None:
    """Take the citizen's very next words for the answer, unless something else is open.

    Words that were awaited for this ticket are no longer: who is asked anew answers that.
    """
    pending = _question(ticket)
    if pending is None or await uow.drafts.active(whom) is not None:
        return
    conversation = await uow.conversations.lock(whom)
    is_free = conversation.context.pending in {None, WordsAwaited(ticket.number)}
    if conversation.owner is Owner.BOT and is_free:
        await uow.conversations.save(
            conversation.with_context(pending=pending, ticket=ticket.number)
        )


def _question(ticket: Ticket) -> Pending | None:
    """Return the question that a ticket's state puts to its citizen."""
    asks = ASKS.get(ticket.status)
    return None if asks is None else asks(ticket.number)


async def tell_of_opened_identity(uow: UnitOfWork, tools: Tools, event: IdentityOpened) -> None:
    """Tell a citizen at once who opened their identity and why."""
    whom = event.ticket.reporter.conversation_id
    conversation = await uow.conversations.get(ConversationId(whom)) if whom else None
    if conversation is None:
        return
    text = tools.say(
        "privasi.identitas_dibuka",
        nomor=event.ticket.number,
        petugas=event.officer.name,
        waktu=event.at,
        alasan=event.reason,
    )
    await post(uow, tools, conversation, Reply(text))
