"""The clocks of a ticket, computed from its history: what is due when, and what is late."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from desk.domain.clock_runs import ClockRule, Run, replay
from desk.domain.lifecycle import FINAL, Actor, Circumstance, HistoryEntry, Kind, Status
from desk.domain.working_time import WorkCalendar


class ClockName(StrEnum):
    """What is measured."""

    VERIFICATION = "verifikasi"
    START = "mulai"
    RESOLUTION = "penyelesaian"
    CITIZEN_ANSWER = "tanggapan_warga"
    INFORMATION = "informasi"
    APPLICATION = "permohonan"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits in working days (Permenpan RB 62/2018) and when to remind; settings of the desk."""

    verification: int = 3
    start: int = 5
    resolution: int = 14
    resolution_with_field_check: int = 60
    citizen_answer: int = 10
    information: int = 5
    application: int = 3
    remind_office_at: float = 0.75
    remind_supervisor_at: float = 1.0

    def of(self, name: ClockName, *, field_check: bool = False) -> int:
        """Return the limit of a clock."""
        if name is ClockName.RESOLUTION and field_check:
            return self.resolution_with_field_check
        return {
            ClockName.VERIFICATION: self.verification,
            ClockName.START: self.start,
            ClockName.RESOLUTION: self.resolution,
            ClockName.CITIZEN_ANSWER: self.citizen_answer,
            ClockName.INFORMATION: self.information,
            ClockName.APPLICATION: self.application,
        }[name]


_ALL: Final = frozenset(Status)
_HOLD: Final = frozenset({Status.ON_HOLD})
_NEW: Final = frozenset({Status.NEW})
_WAITS: Final = frozenset({Status.ON_HOLD, Status.RESOLVED})

#: Every final state stops every clock. A question to the citizen is a first contact.
CLOCKS: Final[Mapping[ClockName, ClockRule]] = {
    ClockName.VERIFICATION: ClockRule(_NEW, _HOLD, _ALL - _NEW - _HOLD),
    ClockName.START: ClockRule(
        frozenset({Status.FORWARDED}), _HOLD, _ALL - {Status.FORWARDED} - _HOLD
    ),
    ClockName.RESOLUTION: ClockRule(
        frozenset({Status.IN_PROGRESS}), _HOLD, _ALL - {Status.IN_PROGRESS} - _HOLD
    ),
    ClockName.CITIZEN_ANSWER: ClockRule(_WAITS, frozenset(), _ALL - _WAITS),
    ClockName.INFORMATION: ClockRule(_NEW, _HOLD, FINAL | {Status.RESOLVED}, Kind.INFORMASI),
    ClockName.APPLICATION: ClockRule(
        _NEW,
        frozenset(),
        FINAL | {Status.ON_HOLD, Status.IN_PROGRESS, Status.RESOLVED},
        Kind.PERMOHONAN,
    ),
}


@dataclass(frozen=True)
class ClockState:
    """One run of a clock as it stands now."""

    name: ClockName
    started: datetime
    days: int  #: the limit in working days
    due: datetime  #: moves on with every pause
    paused: bool
    stopped: datetime | None
    fraction_used: float  #: of the working time, pauses left out; above 1 when late
    late: bool

    @property
    def is_running(self) -> bool:
        """Say whether time is passing on this clock."""
        return self.stopped is None and not self.paused


class Reminder(StrEnum):
    """Whom a clock calls."""

    OFFICE = "instansi"
    SUPERVISOR = "supervisor"


def clock_state(
    kind: Kind,
    history: Sequence[HistoryEntry],
    calendar: WorkCalendar,
    now: datetime,
    limits: Limits,
    *,
    field_checks: Collection[datetime] = (),
    first_contact: datetime | None = None,
    external: bool = False,
) -> list[ClockState]:
    """Return every run of every clock of a ticket, oldest first.

    Args:
        kind: The ticket's kind.
        history: All its moves, oldest first.
        calendar: The working days.
        now: The present moment.
        limits: The limits in force.
        field_checks: When a supervisor set *perlu pemeriksaan lapangan*; each counts for the
            run of `penyelesaian` under way or next to start, so a reopened ticket has 14 days.
        first_contact: When an officer first wrote or rang, for `permohonan`.
        external: Whether an *instansi luar* is responsible: our clocks do not run for it.
    """
    if external:
        return []
    states: list[ClockState] = []
    for name, rule in CLOCKS.items():
        if rule.only_for not in (None, kind):
            continue
        ended: datetime | None = None
        for run in replay(rule, history):
            if name is ClockName.APPLICATION and first_contact is not None:
                run = run.stopped_by(first_contact)
            field_check = any(run.takes(at, since=ended) for at in field_checks)
            days = limits.of(name, field_check=field_check)
            states.append(_measured(name, run, days, calendar, now))
            ended = run.stopped_at
    return sorted(states, key=lambda state: state.started)


def reminders_due(state: ClockState, limits: Limits) -> frozenset[Reminder]:
    """Return whom a clock calls now; a clock that waits for the citizen calls nobody."""
    if not state.is_running or state.name is ClockName.CITIZEN_ANSWER:
        return frozenset()
    thresholds = {
        Reminder.OFFICE: limits.remind_office_at,
        Reminder.SUPERVISOR: limits.remind_supervisor_at,
    }
    return frozenset(who for who, at in thresholds.items() if state.fraction_used >= at)


def circumstances(
    history: Sequence[HistoryEntry], calendar: WorkCalendar, now: datetime, limits: Limits
) -> frozenset[Circumstance]:
    """Return what a ticket's history says about closing and reopening it now.

    The time for reopening counts from *selesai*, and from the closing of a ticket that was
    closed because its citizen did not answer a question.
    """
    if not history:
        return frozenset()
    found = set()
    limit = limits.of(ClockName.CITIZEN_ANSWER)
    for run in replay(CLOCKS[ClockName.CITIZEN_ANSWER], history)[-1:]:
        state = _measured(ClockName.CITIZEN_ANSWER, run, limit, calendar, now)
        if state.is_running and state.late:
            found.add(Circumstance.SILENCE)
    since = _reopening_window_start(history)
    if since and now <= calendar.end_of_nth_working_day(since, limit):
        found.add(Circumstance.REOPENING_WINDOW)
    if not any(_is_citizens_reopening(entry) for entry in history):
        found.add(Circumstance.FIRST_REOPENING)
    return frozenset(found)


def _is_citizens_reopening(entry: HistoryEntry) -> bool:
    return (
        entry.by is Actor.CITIZEN
        and entry.to_status is Status.IN_PROGRESS
        and entry.from_status in {Status.RESOLVED, Status.CLOSED}
    )


def _reopening_window_start(history: Sequence[HistoryEntry]) -> datetime | None:
    last = history[-1]
    if last.to_status is Status.CLOSED and last.from_status is not Status.RESOLVED:
        return last.at
    if last.to_status not in {Status.RESOLVED, Status.CLOSED}:
        return None
    return max(entry.at for entry in history if entry.to_status is Status.RESOLVED)


def _measured(
    name: ClockName, run: Run, days: int, calendar: WorkCalendar, now: datetime
) -> ClockState:
    end = run.stopped_at or now
    first_due = due = calendar.end_of_nth_working_day(run.started, days)
    left_out = timedelta()
    for begins, ends in run.pauses_until(end):
        # Once late, no pause makes it punctual again.
        if begins <= due:
            lasted = calendar.working_time_between(begins, ends)
            due = calendar.add_working_time(due, lasted)
            left_out += lasted
    used = calendar.working_time_between(run.started, end) - left_out
    return ClockState(
        name,
        started=run.started,
        days=days,
        due=due,
        paused=run.paused_at is not None,
        stopped=run.stopped_at,
        fraction_used=used / calendar.working_time_between(run.started, first_due),
        late=(run.paused_at or end) > due,
    )
