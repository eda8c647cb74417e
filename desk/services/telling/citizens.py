"""What citizens hear of their tickets: every move, in plain words, on the channel they used."""

from __future__ import annotations

from typing import Final

from desk.domain.clocks import circumstances
from desk.domain.conversation import Conversation, ConversationId, Owner
from desk.domain.lifecycle import IN_WORK, Actor, HistoryEntry, Status, moves_for
from desk.domain.reply import Button, Reply
from desk.domain.status_labels import STATUS_LABELS
from desk.domain.ticket import Reporter, Ticket
from desk.domain.ticket_number import TicketNumber
from desk.services.outbox.posting import post
from desk.services.ports import UnitOfWork
from desk.services.tickets.deadlines import (
    Deadline,
    days_once_forwarded,
    foremost,
    is_external,
    referrals,
)
from desk.services.tools import Tools
from desk.services.words.tickets import beginning

#: States that wait for the citizen, and how the question to them is noted as pending.
ASKS: Final = {Status.ON_HOLD: "tambah:", Status.RESOLVED: "selesai:"}
RATINGS: Final = range(1, 6)
_SHOWN: Final = 2500


async def tell(
    uow: UnitOfWork, tools: Tools, ticket: Ticket, *, answered: str | None = None
) -> None:
    """Queue the news of a ticket's last move to its reporter and to all who follow it.

    Nobody is told of an anonymous ticket: its citizen looks it up. *answered* is a conversation
    that hears of the move by the answer to its own turn.
    """
    position = len(ticket.history)
    reporter = ticket.reporter.conversation_id
    if reporter is not None and reporter != answered:
        key = f"kabar:{ticket.id}:{position}:{reporter}"
        await _tell_one(uow, tools, ticket, conversation_of(ticket.reporter), key)
    for follower in await uow.tickets.followers(ticket.id):
        if follower.conversation_id not in {reporter, answered}:
            key = f"kabar:{ticket.id}:{position}:{follower.conversation_id}"
            whom = ConversationId(follower.conversation_id)
            await _tell_one(uow, tools, ticket, whom, key, follows=True)


def conversation_of(reporter: Reporter) -> ConversationId:
    """Return the conversation of a reporter who has one."""
    if reporter.conversation_id is None:
        raise LookupError("nobody is told of an anonymous ticket")
    return ConversationId(reporter.conversation_id)


async def _tell_one(
    uow: UnitOfWork,
    tools: Tools,
    ticket: Ticket,
    whom: ConversationId,
    key: str,
    *,
    follows: bool = False,
) -> None:
    conversation = await uow.conversations.get(whom)
    if conversation is None:
        return
    told = news(tools, ticket, follows=follows)
    asks = None if follows else _question(ticket)
    await post(uow, tools, conversation, told, key=key, asks=asks)
    if not (follows and ticket.is_protected):
        await _show_proofs(uow, tools, ticket, conversation, key)
    if not follows:
        await _expect_answer(uow, ticket, whom)


async def _show_proofs(
    uow: UnitOfWork, tools: Tools, ticket: Ticket, conversation: Conversation, key: str
) -> None:
    photos = ticket.history[-1].photos
    for place, photo in enumerate(photos, start=1):
        caption = tools.say("kabar.foto_bukti", nomor=ticket.number, ke=place, dari=len(photos))
        each = f"{key}:foto:{place}"
        await post(uow, tools, conversation, Reply(caption), key=each, attachment=photo)


async def _expect_answer(uow: UnitOfWork, ticket: Ticket, whom: ConversationId) -> None:
    """Take the citizen's very next words for the answer, unless something else is open.

    Words that were awaited for this ticket are no longer: who is asked anew answers that.
    """
    pending = _question(ticket)
    if pending is None or await uow.drafts.active(whom) is not None:
        return
    conversation = await uow.conversations.lock(whom)
    is_free = conversation.context.pending in {None, f"{ASKS[Status.ON_HOLD]}{ticket.number}"}
    if conversation.owner is Owner.BOT and is_free:
        await uow.conversations.save(
            conversation.with_context(pending=pending, ticket=ticket.number)
        )


def _question(ticket: Ticket) -> str | None:
    """Return the question that a ticket's state puts to its citizen, as a pending one."""
    asks = ASKS.get(ticket.status)
    return None if asks is None else f"{asks}{ticket.number}"


def news(tools: Tools, ticket: Ticket, *, follows: bool = False) -> Reply:
    """Return the news of a ticket's last move, for its reporter or for one who follows it."""
    entry, label = ticket.history[-1], STATUS_LABELS[ticket.status]
    tells_words = not (follows and (ticket.is_protected or ticket.status is Status.ON_HOLD))
    parts = [
        tools.say(
            f"kabar.{event_of(entry)}",
            nomor=ticket.number,
            status=label.for_others if follows else label.short,
            instansi=office_name(tools, ticket),
            luar=is_external(tools, ticket.office),
            kata=_shortened(entry.words) if tells_words else None,
            alasan=tools.say(f"web.alasan.{entry.reason}") if entry.reason else None,
            bukti=_shortened(entry.proof) if tells_words else None,
            jadwal=entry.scheduled_for,
            lain=ticket.merged_into,
            baru_diperiksa=_was_just_verified(ticket),
            pengikut=follows,
            oleh=entry.by,
            hari=tools.limits.citizen_answer,
            boleh_buka=ticket.status is Status.CLOSED and may_reopen(tools, ticket),
        )
    ]
    if waits_until := date_and_rule(tools, ticket, is_own=not follows):
        parts.append(waits_until)
    return Reply("\n\n".join(parts), () if follows else _buttons(tools, ticket))


def event_of(entry: HistoryEntry) -> str:
    """Return what a line of the history tells; most states have one way in."""
    if entry.from_status is Status.MERGED:
        return "dipisah"
    if entry.from_status is entry.to_status:
        return str(entry.reason)  # a note, which is no move
    if entry.from_status is Status.ON_HOLD and entry.to_status in IN_WORK:
        return "dilanjutkan"
    if entry.from_status is Status.FORWARDED and entry.to_status is Status.VERIFIED:
        return "dikembalikan"
    if entry.from_status in {Status.RESOLVED, Status.CLOSED} and (
        entry.to_status is Status.IN_PROGRESS
    ):
        return "dibuka_kembali"
    return str(entry.to_status)


def step_told(tools: Tools, entry: HistoryEntry, *, is_own: bool) -> str:
    """Return a line of the history in words that whoever made the step can follow."""
    return tools.say(f"langkah.{event_of(entry)}", oleh=entry.by, milik_sendiri=is_own)


def _was_just_verified(ticket: Ticket) -> bool:
    """Tell whether the desk forwarded it right after the check, which then is told along."""
    if ticket.status is not Status.FORWARDED or len(ticket.history) < 2:
        return False
    before, last = ticket.history[-2:]
    return before.to_status is Status.VERIFIED and before.at == last.at


def date_and_rule(tools: Tools, ticket: Ticket, *, is_own: bool) -> str | None:
    """Return the date a ticket waits for, the rule behind it, and what to do when it passes.

    Before a date is known, the rule that will give it is told.
    """
    deadline = foremost(tools, ticket)
    if deadline is not None:
        is_told = is_own or not deadline.waits_for_citizen
        return _deadline_text(tools, deadline) if is_told else None
    days = days_once_forwarded(tools, ticket)
    if days is None:
        return None
    rule = tools.say("kabar.aturan.mulai", hari=days)
    return tools.say("kabar.tenggat_nanti", aturan=rule, rujukan=referrals(tools))


def _deadline_text(tools: Tools, deadline: Deadline) -> str:
    return tools.say(
        "kabar.tenggat",
        tenggat=deadline.due,
        aturan=tools.say(deadline.rule, hari=deadline.days),
        lewat=deadline.is_late,
        menunggu_warga=deadline.waits_for_citizen,
        rujukan=referrals(tools),
    )


def office_name(tools: Tools, ticket: Ticket) -> str | None:
    """Return the responsible office as its citizen may read it: never of a protected ticket."""
    if ticket.office is None or ticket.is_protected:
        return None
    return tools.catalogue.agency(ticket.office).nama


def ticket_button(label: str, number: TicketNumber, what: str) -> Button:
    """Return a button about one ticket."""
    return Button(label, "pilih", {"bidang": "tiket", "nomor": number, "nilai": what})


def _buttons(tools: Tools, ticket: Ticket) -> tuple[tuple[Button, ...], ...]:
    number = ticket.number
    if ticket.status is Status.ON_HOLD:
        return ((ticket_button(tools.say("tombol.jawab"), number, "tambah"),),)
    if ticket.status is Status.RESOLVED:
        return solved_buttons(tools, number)
    if ticket.status is Status.CLOSED:
        return (*rating_buttons(number), *reopening_button(tools, ticket))
    return ((ticket_button(tools.say("tombol.lihat_status"), number, "lihat"),),)


def solved_buttons(tools: Tools, number: TicketNumber) -> tuple[tuple[Button, ...], ...]:
    """Return the buttons that answer "Apakah sudah selesai?"."""
    yes = ticket_button(tools.say("tombol.sudah"), number, "sudah")
    no = ticket_button(tools.say("tombol.belum"), number, "belum")
    return ((yes, no),)


def rating_buttons(number: TicketNumber) -> tuple[tuple[Button, ...], ...]:
    """Return the buttons from 1 to 5."""
    return (tuple(ticket_button(str(mark), number, f"nilai:{mark}") for mark in RATINGS),)


def may_reopen(tools: Tools, ticket: Ticket) -> bool:
    """Tell whether the citizen of a ticket may still have it opened again."""
    found = circumstances(ticket.history, tools.calendar, tools.now(), tools.limits)
    moves = moves_for(
        ticket.status,
        {Actor.CITIZEN},
        protected=ticket.is_protected,
        history=ticket.history,
        circumstances=found,
    )
    return any(move.target is Status.IN_PROGRESS for move in moves)


def reopening_button(tools: Tools, ticket: Ticket) -> tuple[tuple[Button, ...], ...]:
    """Return the button that opens a closed ticket again, while its citizen may do that."""
    if not may_reopen(tools, ticket):
        return ()
    return ((ticket_button(tools.say("tombol.belum_selesai"), ticket.number, "belum"),),)


def _shortened(text: str | None) -> str | None:
    """Return the beginning of a long text: a message takes 4096 characters in all."""
    return None if text is None else beginning(text, _SHOWN)
