"""Replays a ticket's history on one clock: when it started, paused and stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from desk.domain.lifecycle import HistoryEntry, Kind, Status

#: Leaving these leads back to the state before, which starts nothing anew.
_INTERLUDES: Final = frozenset({Status.ON_HOLD, Status.MERGED})


@dataclass(frozen=True)
class ClockRule:
    """One row of the table of clocks, in terms of the states that a ticket enters."""

    starts: frozenset[Status]
    pauses: frozenset[Status]
    stops: frozenset[Status]
    only_for: Kind | None = None


@dataclass(frozen=True)
class Run:
    """From a start to a stop, with the stretches that do not count."""

    started: datetime
    pauses: tuple[tuple[datetime, datetime], ...] = ()
    paused_at: datetime | None = None
    stopped_at: datetime | None = None

    def pauses_until(self, end: datetime) -> tuple[tuple[datetime, datetime], ...]:
        """Return all pauses, the one under way as if it ended at *end*."""
        if self.paused_at is None:
            return self.pauses
        return (*self.pauses, (self.paused_at, end))

    def stopped_by(self, at: datetime) -> Run:
        """Return this run, ended at *at* when it had not ended earlier."""
        if at < self.started or (self.stopped_at is not None and self.stopped_at <= at):
            return self
        pauses = tuple((begins, min(ends, at)) for begins, ends in self.pauses if begins < at)
        return Run(self.started, pauses, stopped_at=at)

    def takes(self, at: datetime, *, since: datetime | None) -> bool:
        """Say whether something set at *at* is meant for this run; *since* ended the last one."""
        not_before = since is None or since < at
        return not_before and (self.stopped_at is None or at <= self.stopped_at)

    def _paused(self, at: datetime) -> Run:
        return self if self.paused_at is not None else replace(self, paused_at=at)

    def _resumed(self, at: datetime) -> Run:
        return replace(self, pauses=self.pauses_until(at), paused_at=None)

    def _stopped(self, at: datetime) -> Run:
        return replace(self._resumed(at), stopped_at=at)

    def after(self, entry: HistoryEntry, rule: ClockRule) -> Run:
        """Return this run as it stands after one more move."""
        # A merge can be undone, so until the end of the history it only pauses.
        if entry.to_status is Status.MERGED or entry.to_status in rule.pauses:
            return self._paused(entry.at)
        if entry.to_status in rule.stops:
            return self._stopped(entry.at)
        return self._resumed(entry.at)


def replay(rule: ClockRule, history: Sequence[HistoryEntry]) -> list[Run]:
    """Return the clock's runs, oldest first."""
    runs: list[Run] = []
    for entry in history:
        if runs and runs[-1].stopped_at is None:
            runs[-1] = runs[-1].after(entry, rule)
        elif entry.to_status in rule.starts and entry.from_status not in _INTERLUDES:
            runs.append(Run(entry.at))
    if runs and runs[-1].stopped_at is None and history[-1].to_status is Status.MERGED:
        runs[-1] = runs[-1]._stopped(history[-1].at)
    return runs
