"""Opens the identity behind a confidential ticket: in private, for a written reason, on record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from desk.domain.conversation import Channel, ConversationId
from desk.domain.lifecycle import Identity
from desk.domain.outgoing import Outgoing
from desk.domain.presses.officers import AskForIdentity
from desk.domain.presses.pending import ReasonAsked
from desk.domain.privacy import SHORTEST_REASON, IdentityOpening
from desk.domain.reply import Button
from desk.domain.roles import Permission, Role, may
from desk.domain.ticket import Ticket
from desk.domain.ticket_number import MistypedNumber, TicketNumber, read_ticket_number
from desk.services.events import IdentityOpened
from desk.services.officers.post import Handler, Post
from desk.services.tools import Tools, new_id


def open_button(tools: Tools, ticket: Ticket) -> Button:
    """Return the button that asks to open the identity behind a ticket."""
    return Button(tools.say("tombol.buka_identitas"), press=AskForIdentity(ticket.number))


def may_ask(post: Post, ticket: Ticket) -> bool:
    """Tell whether the officer may open this identity here, if the reason is good enough."""
    return ticket.identity is Identity.RAHASIA and post.is_private and _may(post, ticket, "?")


def _may(post: Post, ticket: Ticket, reason: str) -> bool:
    return may(
        post.officer.grants,
        Permission.OPEN_CONFIDENTIAL_IDENTITY,
        office=ticket.office,
        protected=ticket.is_protected,
        reason=reason,
    )


async def command(post: Post) -> None:
    """Ask for the reason: "/identitas MJU-XXXX-XXXX"."""
    if not await _is_entitled_here(post):
        return
    number = read_ticket_number(post.words)
    if number is None or isinstance(number, MistypedNumber):
        await post.say("privasi.identitas_cara")
        return
    await _ask_why(post, number)


async def press(post: Post) -> None:
    """Ask for the reason after a press of the button on a ticket's card."""
    if await _is_entitled_here(post):
        await _ask_why(post, post.press_as(AskForIdentity).number)


async def _is_entitled_here(post: Post) -> bool:
    if not post.is_private:
        await post.say("privasi.identitas_hanya_pribadi")
        return False
    if not post.officer.has_role(Role.INTEGRITAS):
        await post.say("privasi.identitas_tidak_boleh")
        return False
    return True


async def _ask_why(post: Post, number: TicketNumber) -> None:
    ticket = await _confidential(post, number)
    if ticket is None:
        return
    await post.ask_next(ReasonAsked(ticket.number))
    await post.say("privasi.identitas_alasan", nomor=ticket.number, paling_sedikit=SHORTEST_REASON)


async def _confidential(post: Post, number: TicketNumber) -> Ticket | None:
    """Return a ticket whose identity may be opened, else say why there is none."""
    ticket = await post.uow.tickets.lock(number)
    if ticket is None or not _may(post, ticket, "?"):
        await post.say("privasi.identitas_tidak_ada")
    elif ticket.identity is not Identity.RAHASIA:
        await post.say("privasi.identitas_bukan_rahasia", nomor=number)
    elif ticket.reporter.conversation_id is None and not ticket.reporter.name:
        await post.say("privasi.identitas_terhapus", nomor=number)
    else:
        return ticket
    return None


async def open_identity(post: Post) -> None:
    """Take the reason, write the opening down, show the identity and tell its citizen."""
    if not isinstance(post.pending, ReasonAsked):
        return
    number = post.pending.number
    reason = " ".join(post.words.split())
    if not await _is_entitled_here(post):
        return
    ticket = await _confidential(post, number)
    if ticket is None:
        return
    if len(reason) < SHORTEST_REASON or not _may(post, ticket, reason):
        await post.say("privasi.identitas_alasan_pendek", nomor=number)
        return
    opening = IdentityOpening(new_id(), ticket.id, post.officer.id, post.now, reason)
    await post.uow.privacy.note_opening(opening)
    post.uow.record(IdentityOpened(ticket, post.officer, post.now, reason))
    profile = await _profile(post, ticket)
    reporter, tools = ticket.reporter, post.tools
    text = tools.say(
        "privasi.identitas",
        nomor=number,
        nama=reporter.name,
        profil=profile,
        telepon=reporter.phone,
    )
    await post.uow.outbox.add_to(
        Channel.TELEGRAM,
        post.chat,
        Outgoing(text),
        now=post.now,
        scrub=True,
    )


async def _profile(post: Post, ticket: Ticket) -> str | None:
    """Return by which channel and under which name of a profile the citizen wrote."""
    whom = ticket.reporter.conversation_id
    conversation = await post.uow.conversations.get(ConversationId(whom)) if whom else None
    if conversation is None:
        return None
    kind = post.tools.wording.plain(f"privasi.kanal.{conversation.channel}")
    return " · ".join(part for part in (kind, conversation.profile_name) if part)


COMMANDS: Final[Mapping[str, Handler]] = {"identitas": command}
PRESSES: Final[Mapping[type, Handler]] = {AskForIdentity: press}
