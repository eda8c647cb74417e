"""What a conversation is about, as far as it decides who may serve it."""

from dataclasses import dataclass
from datetime import datetime

from desk.domain.conversation import Conversation
from desk.domain.draft import Draft
from desk.domain.lifecycle import PROTECTED_CATEGORIES, Identity, is_protected
from desk.domain.routing import office_of_matter
from desk.domain.ticket_number import TicketNumber
from desk.services.ports import UnitOfWork
from desk.services.tools import Tools


@dataclass(frozen=True)
class Subject:
    """Service, ticket and office that a conversation is about, and whether it is protected.

    *office* None: the coordinators. *hides_name*: the citizen is about to file without a name
    that others may read.
    """

    office: str | None = None
    service: str | None = None
    ticket: TicketNumber | None = None
    is_protected: bool = False
    hides_name: bool = False


async def subject_of(
    uow: UnitOfWork,
    tools: Tools,
    conversation: Conversation,
    *,
    service: str | None = None,
    office: str | None = None,
) -> Subject:
    """Return the subject, from what was just asked, else from what was last spoken of.

    Args:
        uow: The transaction.
        tools: The desk's tools.
        conversation: The citizen's conversation.
        service: The service that the citizen named just now.
        office: The office that the citizen named just now.
    """
    draft = await uow.drafts.active(conversation.id)
    if draft is not None and not draft.is_expired(tools.now()):
        return await _of_draft(uow, tools, draft)
    named = service is not None or office is not None
    number = conversation.context.ticket
    ticket = await uow.tickets.get(TicketNumber(number)) if number and not named else None
    if ticket is not None and ticket.belongs_to(conversation.id):
        return Subject(
            office=await staffed(uow, tools, ticket.office),
            service=ticket.service,
            ticket=ticket.number,
            is_protected=ticket.is_protected,
        )
    service = service or (None if office else conversation.context.service)
    if office is None and service is not None:
        office = tools.catalogue.service(service).instansi
    return Subject(office=await staffed(uow, tools, office), service=service)


async def _of_draft(uow: UnitOfWork, tools: Tools, draft: Draft) -> Subject:
    office = office_of_matter(tools.catalogue, draft.category, draft.service)
    return Subject(
        office=await staffed(uow, tools, office),
        service=draft.service,
        is_protected=is_protected(draft.identity or Identity.TERBUKA, draft.category),
        hides_name=is_secret(draft),
    )


def is_secret(draft: Draft) -> bool:
    """Tell whether what a draft says is no business of a group."""
    hidden = draft.identity in {Identity.RAHASIA, Identity.ANONIM}
    return hidden or draft.category in PROTECTED_CATEGORIES


async def staffed(uow: UnitOfWork, tools: Tools, office: str | None) -> str | None:
    """Return an office of the regency that has officers, else None: the coordinators."""
    if office is None or tools.catalogue.agency(office).luar:
        return None
    return office if office in await uow.officers.staffed_offices() else None


def hidden_until(conversation: Conversation) -> datetime | None:
    """Return until when the words of a conversation are no business of a group."""
    moment = conversation.context.hidden_until
    return datetime.fromisoformat(moment) if moment else None
