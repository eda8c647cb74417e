"""Following somebody else's report of the same matter, instead of filing it again."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from desk.domain.conversation import ConversationId
from desk.domain.draft import Draft
from desk.domain.lifecycle import IN_WORK, PROTECTED_CATEGORIES, Identity, Kind, Status
from desk.domain.same_matter import REMEMBERED, SimilarReport, is_same_matter, is_same_place
from desk.domain.ticket import Follower, Ticket
from desk.domain.working_time import WITA
from desk.services.ports import UnitOfWork

#: Only what is still worked on: who says again what was just solved tells news.
_STATES: Final = IN_WORK | {Status.ON_HOLD}
_LOOKED_THROUGH: Final = 200


async def similar_report(uow: UnitOfWork, draft: Draft, now: datetime) -> SimilarReport | None:
    """Return the newest open complaint of somebody else that sounds like this draft.

    Only open drafts are compared: to follow a report joins the citizen to it by name.
    """
    is_open = draft.identity is Identity.TERBUKA and draft.kind is Kind.ADUAN
    if not is_open or draft.category is None or draft.category in PROTECTED_CATEGORIES:
        return None
    if draft.place.code is None or draft.description is None:
        return None
    for ticket in await uow.tickets.of_category(
        draft.category, _STATES, now - REMEMBERED, _LOOKED_THROUGH
    ):
        if _is_alike(draft, ticket) and not await follows(uow, ticket, draft.conversation_id):
            day = ticket.filed_at.astimezone(WITA).date()
            return SimilarReport(ticket.number, ticket.place.code or draft.place.code, day)
    return None


def _is_alike(draft: Draft, ticket: Ticket) -> bool:
    if ticket.is_protected or ticket.kind is not Kind.ADUAN or ticket.place.code is None:
        return False
    if ticket.belongs_to(draft.conversation_id):
        return False
    is_here = is_same_place(draft.place.code or "", ticket.place.code)
    return is_here and is_same_matter(draft.description or "", ticket.description)


async def follows(uow: UnitOfWork, ticket: Ticket, conversation_id: ConversationId) -> bool:
    """Tell whether the citizen of a conversation follows a ticket."""
    followers = await uow.tickets.followers(ticket.id)
    return any(each.conversation_id == conversation_id for each in followers)


async def follow_similar(uow: UnitOfWork, draft: Draft, now: datetime) -> Ticket | None:
    """Follow the complaint that was offered, in place of the draft; None: it is over by now."""
    if draft.similar is None:
        return None
    ticket = await uow.tickets.lock(draft.similar.number)
    if ticket is None or ticket.status not in _STATES or ticket.is_protected:
        return None
    await uow.tickets.follow(ticket.id, Follower(draft.conversation_id, now, draft.id))
    await uow.drafts.delete(draft.id)
    return ticket
