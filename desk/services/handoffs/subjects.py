"""What a conversation is about, as far as it decides who may serve it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from desk.domain.conversation import Conversation, ConversationId
from desk.domain.draft import Draft
from desk.domain.lifecycle import PROTECTED_CATEGORIES, Identity, is_protected
from desk.domain.routing import office_of_matter
from desk.domain.ticket import Ticket
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
    found = await subjects_of(uow, tools, [conversation], service=service, office=office)
    return found[conversation.id]


async def subjects_of(
    uow: UnitOfWork,
    tools: Tools,
    conversations: Collection[Conversation],
    *,
    service: str | None = None,
    office: str | None = None,
) -> Mapping[ConversationId, Subject]:
    """Return the subjects of several conversations, with few statements for all of them."""
    offices = _Offices(tools, await uow.officers.staffed_offices())
    drafts = await uow.drafts.active_in([each.id for each in conversations])
    drawn = {each.conversation_id: each for each in drafts if not each.is_expired(tools.now())}
    is_named = service is not None or office is not None
    spoken_of = [c.context.ticket for c in conversations if not is_named]
    numbers = {TicketNumber(each) for each in spoken_of if each}
    tickets = {each.number: each for each in await uow.tickets.with_numbers(numbers)}

    def subject(conversation: Conversation) -> Subject:
        if conversation.id in drawn:
            return offices.subject_of_draft(drawn[conversation.id])
        if is_named:
            return offices.subject_named(service, office)
        number = conversation.context.ticket
        ticket = tickets.get(TicketNumber(number)) if number else None
        return offices.subject_spoken_of(conversation, ticket)

    return {each.id: subject(each) for each in conversations}


@dataclass(frozen=True)
class _Offices:
    """Which office has officers who could serve a subject."""

    tools: Tools
    staffed: Collection[str]

    def subject_of_draft(self, draft: Draft) -> Subject:
        office = office_of_matter(self.tools.catalogue, draft.category, draft.service)
        return Subject(
            office=self._staffed(office),
            service=draft.service,
            is_protected=is_protected(draft.identity or Identity.TERBUKA, draft.category),
            hides_name=is_secret(draft),
        )

    def subject_spoken_of(self, conversation: Conversation, ticket: Ticket | None) -> Subject:
        if ticket is None or not ticket.belongs_to(conversation.id):
            return self.subject_named(conversation.context.service, None)
        return Subject(
            office=self._staffed(ticket.office),
            service=ticket.service,
            ticket=ticket.number,
            is_protected=ticket.is_protected,
        )

    def subject_named(self, service: str | None, office: str | None) -> Subject:
        if office is None and service is not None:
            office = self.tools.catalogue.service(service).instansi
        return Subject(office=self._staffed(office), service=service)

    def _staffed(self, office: str | None) -> str | None:
        """Return an office of the regency that has officers, else None: the coordinators."""
        if office is None or self.tools.catalogue.agency(office).luar:
            return None
        return office if office in self.staffed else None


def is_secret(draft: Draft) -> bool:
    """Tell whether what a draft says is no business of a group."""
    hidden = draft.identity in {Identity.RAHASIA, Identity.ANONIM}
    return hidden or draft.category in PROTECTED_CATEGORIES


def hidden_until(conversation: Conversation) -> datetime | None:
    """Return until when the words of a conversation are no business of a group."""
    moment = conversation.context.hidden_until
    return datetime.fromisoformat(moment) if moment else None
