"""The steps of a ticket as officers know them: what each is called, and who may take it."""

from typing import Final

from desk.domain.lifecycle import Actor, Status, moves_for
from desk.domain.ticket import Ticket
from desk.domain.ticket_form import CaseNote, TicketChange
from desk.services.tickets import moving
from desk.services.tools import Tools

_OFFICERS: Final = (Actor.PETUGAS, Actor.KOORDINATOR, Actor.SUPERVISOR, Actor.INTEGRITAS)


def step_name(ticket: Ticket, change: TicketChange) -> str:
    """Return what a change is called on its button; of a move it depends on where it begins."""
    if isinstance(change, CaseNote):
        return change
    target = change
    special = {
        (Status.FORWARDED, Status.VERIFIED): "bukan_tugas_kami",
        (Status.RESOLVED, Status.IN_PROGRESS): "buka_kembali",
        (Status.CLOSED, Status.IN_PROGRESS): "buka_kembali",
    }
    if ticket.status is Status.MERGED:
        return "pisahkan"
    if ticket.status is Status.ON_HOLD and target in moving.TAKES_BACK:
        return "tarik_pertanyaan"
    return special.get((ticket.status, target), target)


def who_may(tools: Tools, ticket: Ticket) -> list[tuple[str, str]]:
    """Return the roles that may take steps now, and which; roles with the same are one line."""
    lines: dict[str, list[str]] = {}
    for actor in _OFFICERS:
        possible = moves_for(
            ticket.status, {actor}, protected=ticket.is_protected, history=ticket.history
        )
        steps = [
            tools.say(f"petugas_tiket.tombol.{step_name(ticket, each.target)}")
            for each in possible
        ]
        if steps:
            lines.setdefault(", ".join(steps), []).append(actor)
    return [(", ".join(actors), steps) for steps, actors in lines.items()]
