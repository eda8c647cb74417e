"""Asks in private why a confidential identity is to be opened, and shows it there alone."""

from collections.abc import Mapping
from typing import Final

from desk.domain.conversation import Channel, Conversation
from desk.domain.errors import Refused, TicketNotFound
from desk.domain.outgoing import Outgoing
from desk.domain.presses.officers import AskForIdentity
from desk.domain.presses.pending import ReasonAsked
from desk.domain.privacy import SHORTEST_REASON
from desk.domain.roles import Role
from desk.domain.ticket_number import MistypedNumber, TicketNumber, read_ticket_number
from desk.services.officers.said import Handler, Said
from desk.services.privacy.identities import (
    IdentityErased,
    NotConfidential,
    ReasonTooShort,
    confidential,
    open_identity,
)
from desk.services.tools import Tools

#: What is said of each reason for which nothing is opened.
_REFUSALS: Final[Mapping[type[Exception], str]] = {
    TicketNotFound: "privasi.identitas_tidak_ada",
    NotConfidential: "privasi.identitas_bukan_rahasia",
    IdentityErased: "privasi.identitas_terhapus",
    ReasonTooShort: "privasi.identitas_alasan_pendek",
}


async def command(said: Said) -> None:
    """Ask for the reason: "/identitas MJU-XXXX-XXXX"."""
    if not await _is_entitled_here(said):
        return
    number = read_ticket_number(said.words)
    if number is None or isinstance(number, MistypedNumber):
        await said.say("privasi.identitas_cara")
        return
    await _ask_why(said, number)


async def press(said: Said) -> None:
    """Ask for the reason after a press of the button on a ticket's card."""
    if await _is_entitled_here(said):
        await _ask_why(said, said.press_as(AskForIdentity).number)


async def _is_entitled_here(said: Said) -> bool:
    if not said.is_private:
        await said.say("privasi.identitas_hanya_pribadi")
        return False
    if not said.officer.has_role(Role.INTEGRITAS):
        await said.say("privasi.identitas_tidak_boleh")
        return False
    return True


async def _ask_why(said: Said, number: TicketNumber) -> None:
    try:
        await confidential(said.uow, said.officer, number)
    except (TicketNotFound, Refused) as refusal:
        await said.say(_REFUSALS[type(refusal)], nomor=number)
        return
    await said.ask_next(ReasonAsked(number))
    await said.say("privasi.identitas_alasan", nomor=number, paling_sedikit=SHORTEST_REASON)


async def show_identity(said: Said) -> None:
    """Take the reason, and show the identity; the message is emptied once it is sent."""
    number, tools = said.answer_to(ReasonAsked).number, said.tools
    if not await _is_entitled_here(said):
        return
    try:
        ticket, citizen = await open_identity(said.uow, tools, said.officer, number, said.words)
    except (TicketNotFound, Refused) as refusal:
        await said.say(_REFUSALS[type(refusal)], nomor=number)
        return
    text = tools.say(
        "privasi.identitas",
        nomor=number,
        nama=ticket.reporter.name,
        profil=_profile(tools, citizen) if citizen else None,
        telepon=ticket.reporter.phone,
    )
    chat = said.chat.address
    await said.uow.outbox.add_to(Channel.TELEGRAM, chat, Outgoing(text), now=said.now, scrub=True)


def _profile(tools: Tools, citizen: Conversation) -> str:
    """Return by which channel and under which name of a profile a citizen wrote."""
    kind = tools.wording.plain(f"privasi.kanal.{citizen.channel}")
    return " · ".join(part for part in (kind, citizen.profile_name) if part)


COMMANDS: Final[Mapping[str, Handler]] = {"identitas": command}
PRESSES: Final[Mapping[type, Handler]] = {AskForIdentity: press}
