""" "Same matter again": finds a similar complaint of another citizen, and lets one follow it."""

from __future__ import annotations

from typing import Final

from desk.domain.draft import Draft
from desk.domain.lifecycle import IN_WORK, PROTECTED_CATEGORIES, Identity, Kind, Status
from desk.domain.same_matter import REMEMBERED, SimilarReport, is_same_matter, is_same_place
from desk.domain.ticket import Follower, Ticket
from desk.domain.working_time import WITA
from desk.services.talk.scene import Scene

#: Only what is still worked on: who says again what was just solved tells news.
_STATES: Final = IN_WORK | {Status.ON_HOLD}
_LOOKED_THROUGH: Final = 200


async def find(scene: Scene, draft: Draft) -> SimilarReport | None:
    """Return the newest open complaint of somebody else that sounds like this draft.

    Only open drafts are compared: to follow a report joins the citizen to it by name.
    """
    is_open = draft.identity is Identity.TERBUKA and draft.kind is Kind.ADUAN
    if not is_open or draft.category is None or draft.category in PROTECTED_CATEGORIES:
        return None
    if draft.place.code is None or draft.description is None:
        return None
    since = scene.now - REMEMBERED
    of_category = scene.uow.tickets.of_category
    for ticket in await of_category(draft.category, _STATES, since, _LOOKED_THROUGH):
        if _is_alike(scene, draft, ticket) and not await follows(scene, ticket):
            day = ticket.filed_at.astimezone(WITA).date()
            return SimilarReport(ticket.number, ticket.place.code or draft.place.code, day)
    return None


def _is_alike(scene: Scene, draft: Draft, ticket: Ticket) -> bool:
    if ticket.is_protected or ticket.kind is not Kind.ADUAN or ticket.place.code is None:
        return False
    if ticket.belongs_to(scene.conversation.id):
        return False
    is_here = is_same_place(draft.place.code or "", ticket.place.code)
    return is_here and is_same_matter(draft.description or "", ticket.description)


async def follows(scene: Scene, ticket: Ticket) -> bool:
    """Tell whether the citizen of this conversation follows a ticket."""
    followers = await scene.uow.tickets.followers(ticket.id)
    return any(each.conversation_id == scene.conversation.id for each in followers)


async def follow(scene: Scene, draft: Draft) -> Ticket | None:
    """Follow the complaint that was offered, in place of the draft; None: it is over by now."""
    if draft.similar is None:
        return None
    ticket = await scene.uow.tickets.lock(draft.similar.number)
    if ticket is None or ticket.status not in _STATES or ticket.is_protected:
        return None
    follower = Follower(scene.conversation.id, scene.now, draft.id)
    await scene.uow.tickets.follow(ticket.id, follower)
    await scene.uow.drafts.delete(draft.id)
    scene.draft = None
    return ticket
