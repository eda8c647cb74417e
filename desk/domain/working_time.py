"""Working time: when the offices are open, and how much of that lies between two moments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

WITA: Final = ZoneInfo("Asia/Makassar")
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class OfficeHours:
    """From opening (included) to closing (excluded) on one day."""

    opens: time
    closes: time

    def __post_init__(self) -> None:
        """Refuse hours that end before they begin."""
        if self.opens >= self.closes:
            raise ValueError("offices close after they open")

    @classmethod
    def parse(cls, text: str) -> OfficeHours:
        """Read "12:00-13:00".

        Raises:
            ValueError: The text is none, or ends before it begins.
        """
        first, _, last = text.partition("-")
        return cls(time.fromisoformat(first.strip()), time.fromisoformat(last.strip()))


_MONDAY_TO_THURSDAY: Final = OfficeHours(time(7, 30), time(16))
_FRIDAY: Final = OfficeHours(time(7, 30), time(16, 30))
#: Perpres 21/2023; by weekday, Monday is 0.
DEFAULT_HOURS: Final[Mapping[int, OfficeHours]] = MappingProxyType(
    {**dict.fromkeys(range(4), _MONDAY_TO_THURSDAY), 4: _FRIDAY}
)


@dataclass(frozen=True)
class WorkCalendar:
    """Office hours by weekday and the days without work; all results are UTC.

    *breaks* by weekday: nobody is there then. Limits in working days end at closing time anyway.
    """

    hours: Mapping[int, OfficeHours] = field(default_factory=lambda: DEFAULT_HOURS)
    holidays: frozenset[date] = frozenset()
    breaks: Mapping[int, OfficeHours] = field(default_factory=dict)
    zone: ZoneInfo = WITA

    def __post_init__(self) -> None:
        """Refuse a week without office hours, in which no limit would ever end."""
        if not self.hours or not set(self.hours) <= set(range(7)):
            raise ValueError("office hours need at least one weekday from 0 to 6")
        if all(self._is_all_break(weekday) for weekday in self.hours):
            raise ValueError("breaks leave no office hours")

    def _is_all_break(self, weekday: int) -> bool:
        hours, pause = self.hours[weekday], self.breaks.get(weekday)
        return pause is not None and pause.opens <= hours.opens <= hours.closes <= pause.closes

    def is_working_day(self, day: date) -> bool:
        """Say whether the offices open on *day*."""
        return day.weekday() in self.hours and day not in self.holidays

    def is_open(self, moment: datetime) -> bool:
        """Say whether the offices are open at *moment*."""
        opens, _ = next(self._open_spans(moment))
        return opens <= moment

    def hour_of(self, moment: datetime) -> datetime:
        """Return the hour of *moment*, all that may be told of an anonymous event.

        An opening or closing within that hour, if it has passed, takes the place of the hour's
        beginning: what happened while the offices were closed must not count as office hours.
        """
        local = self._local(moment)
        hour = local.replace(minute=0, second=0, microsecond=0)
        if self.is_working_day(local.date()):
            hours = self.hours[local.weekday()]
            turns = [
                local.replace(hour=t.hour, minute=t.minute, second=0, microsecond=0)
                for t in (hours.opens, hours.closes)
            ]
            hour = max([hour, *(turn for turn in turns if turn <= local)])
        return hour.astimezone(UTC)

    def next_opening(self, moment: datetime) -> datetime:
        """Return *moment* when the offices are open then, else when they open next."""
        opens, _ = next(self._open_spans(moment))
        return max(opens, moment.astimezone(UTC))

    def next_closing(self, moment: datetime) -> datetime:
        """Return when the offices, open at *moment* or later, close or begin their break."""
        _, closes = next(self._open_spans(moment))
        return closes

    def closed_since(self, moment: datetime, within: timedelta) -> datetime | None:
        """Return when the offices closed or began their break, if less than *within* ago.

        None when they are open, or have been closed for longer.
        """
        if self.is_open(moment):
            return None
        closed = self.next_closing(moment - within)
        while (following := self.next_closing(closed)) <= moment:
            closed = following
        return closed if closed <= moment else None

    def working_time_between(self, start: datetime, end: datetime) -> timedelta:
        """Return the office hours from *start* to *end*; zero when *end* is not later."""
        total = timedelta()
        start, end = self._local(start).astimezone(UTC), self._local(end).astimezone(UTC)
        if end <= start:
            return total
        for opens, closes in self._open_spans(start):
            if opens >= end:
                break
            total += min(closes, end) - max(opens, start)
        return total

    def add_working_time(self, start: datetime, duration: timedelta) -> datetime:
        """Return the first moment with *duration* of office hours between *start* and it."""
        if duration < timedelta():
            raise ValueError("working time is added, not taken away")
        moment = self._local(start).astimezone(UTC)
        if not duration:
            return moment
        for opens, closes in self._open_spans(moment):
            begins = max(opens, moment)
            if duration <= closes - begins:
                return begins + duration
            duration -= closes - begins
        raise AssertionError("the days never end")  # pragma: no cover

    def end_of_nth_working_day(self, start: datetime, n: int) -> datetime:
        """Return closing time of the *n*-th working day after the day on which *start* counts.

        A start outside office hours counts as at the next opening; its day is day 0.
        """
        if n < 0:
            raise ValueError("a limit is not negative")
        _, closes = next(islice(self._days(start), n, None))
        return closes

    def _open_spans(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the stretches without a break that end after *moment*."""
        for opens, closes in self._days(moment):
            for begins, ends in self._around_break(opens, closes):
                if begins < ends and ends > moment:
                    yield begins, ends

    def _around_break(
        self, opens: datetime, closes: datetime
    ) -> tuple[tuple[datetime, datetime], ...]:
        day = self._local(opens).date()
        pause = self.breaks.get(day.weekday())
        if pause is None:
            return ((opens, closes),)
        begins, ends = self._at(day, pause.opens), self._at(day, pause.closes)
        return ((opens, min(begins, closes)), (max(ends, opens), closes))

    def _days(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the opening and closing of each working day that ends after *moment*."""
        local = self._local(moment)
        day = local.date()
        while True:
            if self.is_working_day(day):
                hours = self.hours[day.weekday()]
                closes = self._at(day, hours.closes)
                if closes > local:
                    yield self._at(day, hours.opens), closes
            day += _DAY

    def _at(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self.zone).astimezone(UTC)

    def _local(self, moment: datetime) -> datetime:
        if moment.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return moment.astimezone(self.zone)
