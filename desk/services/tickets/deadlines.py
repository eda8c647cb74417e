"""What a ticket waits for until when, by which rule, and where to turn when it passes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from desk.domain.clocks import ClockName, ClockState, clock_state
from desk.domain.facts import Fact, stated
from desk.domain.lifecycle import Kind, Status
from desk.domain.ticket import Ticket
from desk.services.tools import Tools

#: The clock that was promised to the citizen of a kind comes before the others.
_PROMISED: Final[Mapping[Kind, ClockName]] = {
    Kind.INFORMASI: ClockName.INFORMATION,
    Kind.PERMOHONAN: ClockName.APPLICATION,
}


@dataclass(frozen=True)
class Deadline:
    """A clock that runs for a ticket, and the rule behind it."""

    due: datetime
    name: ClockName
    days: int
    is_late: bool
    is_paused: bool

    @property
    def rule(self) -> str:
        """Return the key of the wording that tells the rule."""
        return f"kabar.aturan.{self.name}"

    @property
    def waits_for_citizen(self) -> bool:
        """Tell whether the citizen has to do something."""
        return self.name is ClockName.CITIZEN_ANSWER


@dataclass(frozen=True)
class Referral:
    """A channel outside the desk that takes complaints, as the catalogue states it."""

    name: str
    ways: tuple[str, ...]
    sources: tuple[str, ...]


def is_external(tools: Tools, office: str | None) -> bool:
    """Tell whether an office is none of the regency's, so that our clocks do not run for it."""
    return office is not None and tools.catalogue.agency(office).luar


def clocks_of(tools: Tools, ticket: Ticket) -> list[ClockState]:
    """Return every run of every clock of a ticket as it stands now, oldest first."""
    return clock_state(
        ticket.kind,
        ticket.history,
        tools.calendar,
        tools.now(),
        tools.limits,
        field_checks=ticket.field_checks,
        first_contact=ticket.first_contact_at,
        external=is_external(tools, ticket.office),
    )


def deadlines(tools: Tools, ticket: Ticket) -> tuple[Deadline, ...]:
    """Return the clocks of a ticket that have not stopped, the most urgent first."""
    open_ones = [clock for clock in clocks_of(tools, ticket) if clock.stopped is None]
    promised = _PROMISED.get(ticket.kind)

    def urgency(clock: ClockState) -> tuple[bool, bool, datetime]:
        return clock.paused, clock.name is not promised, clock.due

    return tuple(
        Deadline(clock.due, clock.name, clock.days, clock.late, clock.paused)
        for clock in sorted(open_ones, key=urgency)
    )


def foremost(tools: Tools, ticket: Ticket) -> Deadline | None:
    """Return the clock that a citizen should know of now, None when none runs."""
    return next((each for each in deadlines(tools, ticket) if not each.is_paused), None)


def days_once_forwarded(tools: Tools, ticket: Ticket) -> int | None:
    """Return in how many working days a checked ticket is begun once an office has it.

    Nothing runs before that; None: something runs, or nothing ever will.
    """
    waits = ticket.status is Status.VERIFIED and not is_external(tools, ticket.office)
    return tools.limits.of(ClockName.START) if waits and not foremost(tools, ticket) else None


def referrals(tools: Tools) -> tuple[Referral, ...]:
    """Return where to turn when a date passes: only what the catalogue states with its source."""
    return tuple(
        Referral(channel.nama, tuple(str(f.nilai) for f in facts), _sources(facts))
        for channel in tools.catalogue.general.kanal_rujukan
        if (facts := stated(channel.kanal))
    )


def _sources(facts: tuple[Fact[str], ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(source for fact in facts for source in fact.sumber))
