"""Turns a confirmed draft into exactly one ticket, and cuts an anonymous one loose."""

from dataclasses import dataclass

from desk.domain.conversation import Channel, Conversation
from desk.domain.draft import Draft
from desk.domain.followup_code import hash_code, new_code
from desk.domain.lifecycle import (
    Actor,
    HistoryEntry,
    Identity,
    MoveDetails,
    Status,
    check_move,
)
from desk.domain.routing import office_of_matter
from desk.domain.ticket import Reporter, Ticket, TicketId
from desk.domain.ticket_number import TicketNumber, new_ticket_number
from desk.services.events import TicketFiled
from desk.services.ports import UnitOfWork
from desk.services.tools import Tools, new_id


@dataclass(frozen=True)
class Filed:
    """The ticket that a draft became, and the follow-up code that only its citizen has."""

    ticket: Ticket
    code: str | None


async def file_draft(
    uow: UnitOfWork, tools: Tools, draft: Draft, conversation: Conversation
) -> Filed:
    """File a confirmed draft; with an anonymous one goes all that joins it to its citizen.

    Raises:
        DraftAlreadyFiled: A ticket was made from it before.
    """
    check_move(None, Status.NEW, {Actor.CITIZEN}, details=MoveDetails(draft_confirmed=True))
    is_anonymous = draft.identity is Identity.ANONIM
    needs_code = is_anonymous or conversation.channel is Channel.WEB
    code = new_code() if needs_code else None
    ticket = _ticket_of(tools, draft, await _free_number(uow), code, conversation)
    await uow.tickets.add(ticket)
    await uow.attachments.belong_to_ticket(draft.photos, ticket.id, at=ticket.filed_at)
    await uow.drafts.delete(draft.id)
    if is_anonymous:
        # Officers hear of it later: a message about it beside the receipt would join the two.
        await uow.turns.forget(conversation.id, draft.created_at)
        await uow.outbox.forget(conversation.id, draft.created_at)
        await uow.buttons.forget(conversation.id, draft.created_at)
    else:
        uow.record(TicketFiled(ticket))
    return Filed(ticket, code)


async def _free_number(uow: UnitOfWork) -> TicketNumber:
    while True:
        number = new_ticket_number()
        if await uow.tickets.get(number) is None:
            return number


def _ticket_of(
    tools: Tools, draft: Draft, number: TicketNumber, code: str | None, conversation: Conversation
) -> Ticket:
    is_anonymous = draft.identity is Identity.ANONIM
    office = office_of_matter(tools.catalogue, draft.category, draft.service)
    # Rows of the conversation tell the second, or lie between rows that do.
    at = tools.calendar.hour_of(tools.now()) if is_anonymous else tools.now()
    filed = HistoryEntry(
        at=at, from_status=None, to_status=Status.NEW, by=Actor.CITIZEN, office=office
    )
    return Ticket(
        id=TicketId(new_id()),
        number=number,
        kind=draft.kind,
        status=Status.NEW,
        identity=draft.identity or Identity.TERBUKA,
        filed_at=at,
        description=draft.description or _application_text(tools, draft),
        category=draft.category,
        service=draft.service,
        variant=draft.variant,
        office=office,
        place=draft.place,
        since=draft.since,
        photos=draft.photos,
        reporter=Reporter()
        if is_anonymous
        else Reporter(conversation.id, draft.name, draft.phone),
        code_hash=hash_code(code, tools.code_key) if code else None,
        draft_id=None if is_anonymous else draft.id,
        history=(filed,),
    )


def _application_text(tools: Tools, draft: Draft) -> str:
    name = tools.catalogue.service(draft.service).nama if draft.service else ""
    return tools.wording.plain("tiket.isi_permohonan", layanan=name)
