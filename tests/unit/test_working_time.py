"""Working time: office hours of Mamuju, weekends and holidays."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.domain.working_time import WITA, OfficeHours, WorkCalendar

CALENDAR = WorkCalendar(holidays=frozenset({date(2026, 12, 24), date(2026, 12, 25)}))
HOUR = timedelta(hours=1)

moments = st.timedeltas(timedelta(), timedelta(days=92)).map(
    lambda passed: wita("2026-11-01 00:00") + passed
)
durations = st.timedeltas(min_value=timedelta(), max_value=timedelta(hours=200))


def wita(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=WITA)


@pytest.mark.parametrize(
    ("filed", "due"),
    [
        ("2026-11-24 10:00", "2026-11-27 16:30"),
        ("2026-11-27 20:00", "2026-12-03 16:00"),
        ("2026-12-23 10:00", "2026-12-30 16:00"),
    ],
)
def test_three_working_days_end_at_closing_time_of_the_third_day_after(filed, due):
    assert CALENDAR.end_of_nth_working_day(wita(filed), 3) == wita(due)


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ("2026-11-24 07:29", "2026-11-24 07:30"),
        ("2026-11-24 07:30", "2026-11-24 07:30"),
        ("2026-11-24 15:59", "2026-11-24 15:59"),
        ("2026-11-24 16:00", "2026-11-25 07:30"),
        ("2026-11-27 16:15", "2026-11-27 16:15"),
        ("2026-11-27 16:30", "2026-11-30 07:30"),
        ("2026-11-28 10:00", "2026-11-30 07:30"),
        ("2026-12-23 18:00", "2026-12-28 07:30"),
    ],
)
def test_a_moment_outside_office_hours_counts_as_at_the_next_opening(moment, opening):
    assert CALENDAR.next_opening(wita(moment)) == wita(opening)
    assert CALENDAR.is_open(wita(moment)) == (moment == opening)


WITH_BREAKS = replace(
    CALENDAR,
    breaks={
        **dict.fromkeys(range(4), OfficeHours.parse("12:00-13:00")),
        4: OfficeHours.parse("11:30 - 13:00"),
    },
)


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ("2026-11-24 11:59", "2026-11-24 11:59"),
        ("2026-11-24 12:00", "2026-11-24 13:00"),
        ("2026-11-24 12:59", "2026-11-24 13:00"),
        ("2026-11-24 13:00", "2026-11-24 13:00"),
        ("2026-11-27 11:30", "2026-11-27 13:00"),
        ("2026-11-27 17:00", "2026-11-30 07:30"),
    ],
)
def test_during_a_break_the_offices_open_after_it(moment, opening):
    assert WITH_BREAKS.next_opening(wita(moment)) == wita(opening)
    assert WITH_BREAKS.is_open(wita(moment)) == (moment == opening)


@pytest.mark.parametrize(
    ("moment", "closed"),
    [
        ("2026-11-24 11:59", None),
        ("2026-11-24 12:00", "2026-11-24 12:00"),
        ("2026-11-24 12:29", "2026-11-24 12:00"),
        ("2026-11-24 12:30", None),
        ("2026-11-24 13:00", None),
        ("2026-11-24 16:00", "2026-11-24 16:00"),
        ("2026-11-27 16:59", "2026-11-27 16:30"),
        ("2026-11-28 10:00", None),
    ],
)
def test_closing_time_and_the_beginning_of_a_break_are_known_for_a_while(moment, closed):
    found = WITH_BREAKS.closed_since(wita(moment), timedelta(minutes=30))
    assert found == (wita(closed) if closed else None)


@given(moments, durations)
def test_the_offices_are_closed_since_the_last_closing_and_no_longer(moment, within):
    closed = CALENDAR.closed_since(moment, within)
    if closed is not None:
        assert moment - within < closed <= moment
        assert CALENDAR.working_time_between(closed, moment) == timedelta()
        assert CALENDAR.is_open(closed - timedelta(microseconds=1))
        assert not CALENDAR.is_open(moment)


def test_a_break_does_not_count_and_moves_no_limit_in_days():
    lunch = wita("2026-11-24 11:30"), wita("2026-11-24 13:30")
    assert WITH_BREAKS.working_time_between(*lunch) == HOUR
    assert WITH_BREAKS.add_working_time(lunch[0], HOUR) == lunch[1]
    assert WITH_BREAKS.end_of_nth_working_day(lunch[0], 3) == wita("2026-11-27 16:30")


def test_a_break_beyond_office_hours_takes_only_what_lies_within():
    calendar = replace(CALENDAR, breaks={1: OfficeHours.parse("15:00-18:00")})
    assert calendar.next_opening(wita("2026-11-24 15:30")) == wita("2026-11-25 07:30")


def test_breaks_that_leave_no_office_hours_are_refused():
    with pytest.raises(ValueError, match="no office hours"):
        WorkCalendar(breaks=dict.fromkeys(range(7), OfficeHours.parse("07:00-17:00")))


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-11-24 10:00", "2026-11-24 12:00", 2),
        ("2026-11-24 10:00", "2026-11-25 10:00", 8.5),
        ("2026-11-27 15:30", "2026-11-30 08:30", 2),
        ("2026-12-23 15:00", "2026-12-28 08:30", 2),
        ("2026-11-28 08:00", "2026-11-29 20:00", 0),
        ("2026-11-24 12:00", "2026-11-24 10:00", 0),
        ("2026-11-23 00:00", "2026-11-30 00:00", 43),
    ],
)
def test_only_office_hours_are_counted(start, end, hours):
    assert CALENDAR.working_time_between(wita(start), wita(end)) == hours * HOUR


def test_added_time_that_fills_a_day_ends_at_its_closing_time():
    assert CALENDAR.add_working_time(wita("2026-11-24 14:00"), 2 * HOUR) == wita(
        "2026-11-24 16:00"
    )


def test_added_time_goes_on_after_the_weekend():
    assert CALENDAR.add_working_time(wita("2026-11-27 16:30"), 2 * HOUR) == wita(
        "2026-11-30 09:30"
    )


def test_own_hours_of_an_office_are_respected():
    saturdays = WorkCalendar(hours={5: OfficeHours(time(8), time(12))})
    assert saturdays.end_of_nth_working_day(wita("2026-11-24 10:00"), 1) == wita(
        "2026-12-05 12:00"
    )


@given(moments, durations)
def test_adding_and_measuring_agree(start, duration):
    end = CALENDAR.add_working_time(start, duration)
    assert CALENDAR.working_time_between(start, end) == duration


@given(moments, moments, moments)
def test_stretches_add_up(first, second, third):
    a, b, c = sorted((first, second, third))
    between = CALENDAR.working_time_between
    assert between(a, b) + between(b, c) == between(a, c)


@given(moments, moments, st.integers(0, 20))
def test_what_is_filed_earlier_is_not_due_later(first, second, n):
    earlier, later = sorted((first, second))
    due = CALENDAR.end_of_nth_working_day
    assert due(earlier, n) <= due(later, n)


@given(moments, st.integers(0, 20))
def test_a_limit_ends_on_a_working_day_and_grows_with_each_day(start, n):
    due = CALENDAR.end_of_nth_working_day(start, n)
    assert CALENDAR.is_working_day(due.astimezone(WITA).date())
    assert start < due < CALENDAR.end_of_nth_working_day(start, n + 1)
    assert due.tzinfo is UTC


@given(moments)
def test_the_offices_are_open_at_the_next_opening_and_closed_until_then(moment):
    opening = CALENDAR.next_opening(moment)
    assert CALENDAR.is_open(opening)
    assert CALENDAR.working_time_between(moment, opening) == timedelta()


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        ("2026-11-24 10:59", "2026-11-24 10:00"),
        ("2026-11-27 16:29", "2026-11-27 16:00"),
        ("2026-11-27 16:30", "2026-11-27 16:30"),  # Friday, closed just now
        ("2026-11-27 16:59", "2026-11-27 16:30"),
        ("2026-11-27 17:01", "2026-11-27 17:00"),
        ("2026-11-24 07:29", "2026-11-24 07:00"),
        ("2026-11-24 07:31", "2026-11-24 07:30"),
        ("2026-11-29 16:40", "2026-11-29 16:00"),  # Sunday has no closing time
        ("2026-12-25 16:40", "2026-12-25 16:00"),  # nor has Christmas, a Friday
    ],
)
def test_an_hour_is_told_without_crossing_opening_or_closing(moment, told):
    assert CALENDAR.hour_of(wita(moment)) == wita(told)


@given(moments)
def test_the_hour_told_is_on_the_same_side_of_office_hours_and_less_than_one_before(moment):
    told = CALENDAR.hour_of(moment)
    assert CALENDAR.is_open(told) == CALENDAR.is_open(moment)
    assert timedelta() <= moment - told < HOUR
    assert CALENDAR.end_of_nth_working_day(told, 3) == CALENDAR.end_of_nth_working_day(moment, 3)


def test_times_without_zone_are_refused():
    naive = wita("2026-11-24 10:00").replace(tzinfo=None)
    with pytest.raises(ValueError, match="time zone"):
        CALENDAR.end_of_nth_working_day(naive, 3)


def test_a_week_without_office_hours_is_refused():
    with pytest.raises(ValueError, match="weekday"):
        WorkCalendar(hours={})


def test_hours_that_end_before_they_begin_are_refused():
    with pytest.raises(ValueError, match="close"):
        OfficeHours(time(16), time(7, 30))


def test_time_is_not_taken_away():
    with pytest.raises(ValueError, match="added"):
        CALENDAR.add_working_time(wita("2026-11-24 10:00"), -HOUR)
