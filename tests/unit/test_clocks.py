"""Clocks: what is due when, computed from a ticket's history."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.domain.clocks import (
    ClockName,
    ClockState,
    Limits,
    Reminder,
    circumstances,
    clock_state,
    reminders_due,
)
from desk.domain.lifecycle import Actor, Circumstance, HistoryEntry, Kind, Status
from desk.domain.working_time import WITA, WorkCalendar

CALENDAR = WorkCalendar(holidays=frozenset({date(2026, 12, 24), date(2026, 12, 25)}))
LIMITS = Limits()
C, S = ClockName, Status


def wita(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=WITA)


def history(*moves: tuple[str, Status], by: Actor = Actor.KOORDINATOR) -> list[HistoryEntry]:
    before: Status | None = None
    entries = []
    for at, status in moves:
        entries.append(HistoryEntry(wita(at), before, status, by))
        before = status
    return entries


def clocks(
    past: list[HistoryEntry], now: str, kind: Kind = Kind.ADUAN, **more: object
) -> list[ClockState]:
    return clock_state(kind, past, CALENDAR, wita(now), LIMITS, **more)  # type: ignore[arg-type]


def only(name: ClockName, states: list[ClockState]) -> ClockState:
    [state] = [state for state in states if state.name is name]
    return state


FILED = ("2026-11-24 10:00", S.NEW)
FORWARDED = [FILED, ("2026-11-24 11:00", S.VERIFIED), ("2026-11-24 11:00", S.FORWARDED)]
STARTED = [*FORWARDED, ("2026-11-25 09:00", S.IN_PROGRESS)]
RESOLVED = [*STARTED, ("2026-12-01 09:00", S.RESOLVED)]


@pytest.mark.parametrize(
    ("kind", "name", "due"),
    [
        (Kind.ADUAN, C.VERIFICATION, "2026-11-27 16:30"),
        (Kind.ASPIRASI, C.VERIFICATION, "2026-11-27 16:30"),
        (Kind.INFORMASI, C.INFORMATION, "2026-12-01 16:00"),
        (Kind.PERMOHONAN, C.APPLICATION, "2026-11-27 16:30"),
    ],
)
def test_the_first_answer_is_due_by_kind(kind, name, due):
    assert only(name, clocks(history(FILED), "2026-11-24 10:00", kind)).due == wita(due)


@pytest.mark.parametrize(
    ("filed", "due"),
    [
        # The examples of the rules.
        ("2026-11-24 10:00", "2026-11-27 16:30"),
        ("2026-11-27 20:00", "2026-12-03 16:00"),
        ("2026-12-23 10:00", "2026-12-30 16:00"),
        # Midnight in Mamuju, which in UTC is 16.00 of the same day: both count as Wednesday.
        ("2026-11-24 23:59", "2026-11-30 16:00"),
        ("2026-11-25 00:00", "2026-11-30 16:00"),
        # Wednesday 07.59, still Tuesday in UTC.
        ("2026-11-25 07:59", "2026-11-30 16:00"),
        # Sunday and Monday at midnight.
        ("2026-11-29 23:59", "2026-12-03 16:00"),
        ("2026-11-30 00:00", "2026-12-03 16:00"),
        # The evening before the holidays, and midnight on their first and last day.
        ("2026-12-23 23:59", "2026-12-31 16:00"),
        ("2026-12-24 00:00", "2026-12-31 16:00"),
        ("2026-12-27 23:59", "2026-12-31 16:00"),
        ("2026-12-28 00:00", "2026-12-31 16:00"),
    ],
)
def test_three_working_days_end_where_the_rules_say_over_weekends_holidays_and_midnight(
    filed, due
):
    [state] = clocks(history((filed, S.NEW)), filed)
    assert state.due == wita(due)


@pytest.mark.parametrize(
    ("held", "back", "due"),
    [
        # Over midnight of two working days: from 16.00 to 07.30 no working time passes.
        ("2026-11-24 23:59", "2026-11-25 00:01", "2026-11-27 16:30"),
        ("2026-11-24 15:00", "2026-11-25 08:30", "2026-11-30 09:30"),
        # Over the weekend after the limit's last day has begun.
        ("2026-11-27 15:30", "2026-11-30 00:00", "2026-11-30 08:30"),
    ],
)
def test_a_pause_over_midnight_or_a_weekend_costs_its_working_time_only(held, back, due):
    past = history(FILED, (held, S.ON_HOLD), (back, S.NEW))
    assert only(C.VERIFICATION, clocks(past, back)).due == wita(due)


def test_a_pause_over_the_holidays_costs_its_working_time_only():
    past = history(
        ("2026-12-23 10:00", S.NEW), ("2026-12-23 15:00", S.ON_HOLD), ("2026-12-28 08:30", S.NEW)
    )
    # An hour of Wednesday and one of Monday, after Wednesday 30 at 16.00.
    assert only(C.VERIFICATION, clocks(past, "2026-12-28 08:30")).due == wita("2026-12-31 09:30")


def test_a_filed_complaint_has_one_clock():
    [state] = clocks(history(FILED), "2026-11-24 16:00")
    assert state == ClockState(
        C.VERIFICATION,
        started=wita("2026-11-24 10:00"),
        days=3,
        due=wita("2026-11-27 16:30"),
        paused=False,
        stopped=None,
        fraction_used=6 / (6 + 8.5 + 8.5 + 9),
        late=False,
    )


def test_each_state_starts_the_clock_that_belongs_to_it():
    states = clocks(history(*RESOLVED), "2026-12-02 09:00")
    assert [(s.name, s.due, s.stopped is None) for s in states] == [
        (C.VERIFICATION, wita("2026-11-27 16:30"), False),
        (C.START, wita("2026-12-01 16:00"), False),
        (C.RESOLUTION, wita("2026-12-15 16:00"), False),
        (C.CITIZEN_ANSWER, wita("2026-12-15 16:00"), True),
    ]


@pytest.mark.parametrize(
    ("now", "late"),
    [("2026-11-27 16:30", False), ("2026-11-27 16:31", True), ("2026-11-30 09:00", True)],
)
def test_a_clock_is_late_after_its_limit(now, late):
    [state] = clocks(history(FILED), now)
    assert state.late == late


def test_a_clock_that_stopped_in_time_never_becomes_late():
    states = clocks(history(*FORWARDED), "2027-06-01 09:00")
    assert not only(C.VERIFICATION, states).late


def test_a_clock_that_stopped_late_stays_late():
    past = history(FILED, ("2026-12-01 09:00", S.VERIFIED))
    state = only(C.VERIFICATION, clocks(past, "2026-12-01 10:00"))
    assert state.late
    assert state.fraction_used > 1


def test_a_pause_moves_the_end_by_the_working_time_it_lasted():
    past = history(FILED, ("2026-11-25 10:00", S.ON_HOLD), ("2026-11-26 12:00", S.NEW))
    state = only(C.VERIFICATION, clocks(past, "2026-11-26 12:00"))
    # 8.5 + 2 hours after Friday 16.30: Monday has 8.5, so Tuesday 09.30.
    assert state.due == wita("2026-12-01 09:30")
    assert state.fraction_used == pytest.approx((6 + 2.5) / 32)
    assert not state.paused


def test_a_pause_over_the_weekend_only_costs_its_working_time():
    past = history(FILED, ("2026-11-27 16:00", S.ON_HOLD), ("2026-11-30 08:00", S.NEW))
    assert only(C.VERIFICATION, clocks(past, "2026-11-30 08:00")).due == wita("2026-11-30 08:30")


def test_during_a_pause_no_working_time_is_used_and_the_citizen_has_a_clock():
    past = history(FILED, ("2026-11-25 10:00", S.ON_HOLD))
    early = only(C.VERIFICATION, clocks(past, "2026-11-25 11:00"))
    late = only(C.VERIFICATION, clocks(past, "2026-12-03 11:00"))
    assert (early.paused, late.paused, late.late) == (True, True, False)
    assert early.fraction_used == late.fraction_used
    answer = only(C.CITIZEN_ANSWER, clocks(past, "2026-12-03 11:00"))
    assert answer.due == wita("2026-12-09 16:00")


def test_a_pause_does_not_make_a_late_clock_punctual():
    past = history(FILED, ("2026-11-27 18:00", S.ON_HOLD), ("2026-12-01 12:00", S.NEW))
    for now in ("2026-11-30 09:00", "2026-12-01 13:00"):
        assert only(C.VERIFICATION, clocks(past, now)).late


def test_an_office_that_hands_back_and_gets_it_again_has_a_new_clock():
    past = history(*FORWARDED, ("2026-11-25 10:00", S.VERIFIED), ("2026-11-26 10:00", S.FORWARDED))
    runs = [s for s in clocks(past, "2026-11-26 11:00") if s.name is C.START]
    assert [(run.due, run.stopped) for run in runs] == [
        (wita("2026-12-01 16:00"), wita("2026-11-25 10:00")),
        (wita("2026-12-03 16:00"), None),
    ]


def test_reopening_starts_a_new_limit():
    past = history(*RESOLVED, ("2026-12-02 09:00", S.IN_PROGRESS))
    runs = [s for s in clocks(past, "2026-12-02 09:00") if s.name is C.RESOLUTION]
    assert [run.due for run in runs] == [wita("2026-12-15 16:00"), wita("2026-12-22 16:00")]


def test_a_field_check_lengthens_only_the_run_it_was_set_in():
    past = history(*RESOLVED, ("2026-12-02 09:00", S.IN_PROGRESS))
    checks = [wita("2026-11-26 09:00")]
    runs = [
        s for s in clocks(past, "2026-12-02 09:00", field_checks=checks) if s.name is C.RESOLUTION
    ]
    assert runs[0].due == CALENDAR.end_of_nth_working_day(wita("2026-11-25 09:00"), 60)
    assert runs[1].due == wita("2026-12-22 16:00")


def test_a_field_check_set_before_work_began_counts():
    states = clocks(history(*STARTED), "2026-11-25 10:00", field_checks=[wita("2026-11-24 12:00")])
    expected = CALENDAR.end_of_nth_working_day(wita("2026-11-25 09:00"), 60)
    assert only(C.RESOLUTION, states).due == expected


@pytest.mark.parametrize("final", [S.WITHDRAWN, S.MERGED, S.NOT_OURS])
def test_a_final_state_stops_every_clock(final):
    past = history(*STARTED, ("2026-11-26 09:00", final))
    assert [s.name for s in clocks(past, "2026-11-27 09:00") if s.stopped is None] == []


def test_a_merge_that_was_undone_counts_as_a_pause():
    past = history(*STARTED, ("2026-11-26 09:00", S.MERGED), ("2026-11-26 11:00", S.IN_PROGRESS))
    state = only(C.RESOLUTION, clocks(past, "2026-11-26 12:00"))
    assert (state.due, state.stopped) == (wita("2026-12-16 09:30"), None)


def test_an_information_request_is_due_until_it_is_resolved():
    past = history(*STARTED)
    state = only(C.INFORMATION, clocks(past, "2026-11-26 09:00", Kind.INFORMASI))
    assert (state.due, state.stopped) == (wita("2026-12-01 16:00"), None)
    done = history(*RESOLVED)
    stopped = only(C.INFORMATION, clocks(done, "2026-12-02 09:00", Kind.INFORMASI))
    assert stopped.stopped == wita("2026-12-01 09:00")


@pytest.mark.parametrize("contact", [S.ON_HOLD, S.IN_PROGRESS])
def test_an_application_is_due_until_the_first_contact(contact):
    past = history(*FORWARDED, ("2026-11-25 09:00", contact), ("2026-11-26 09:00", S.FORWARDED))
    state = only(C.APPLICATION, clocks(past, "2026-12-09 09:00", Kind.PERMOHONAN))
    assert (state.stopped, state.late) == (wita("2026-11-25 09:00"), False)


def test_a_message_of_an_officer_is_a_first_contact():
    state = only(
        C.APPLICATION,
        clocks(
            history(FILED),
            "2026-12-09 09:00",
            Kind.PERMOHONAN,
            first_contact=wita("2026-11-26 09:00"),
        ),
    )
    assert (state.stopped, state.late) == (wita("2026-11-26 09:00"), False)


@pytest.mark.parametrize("kind", [Kind.ADUAN, Kind.ASPIRASI])
def test_complaints_and_wishes_have_no_clocks_of_other_kinds(kind):
    names = {state.name for state in clocks(history(*RESOLVED), "2026-12-02 09:00", kind)}
    assert names.isdisjoint({C.INFORMATION, C.APPLICATION})


def test_no_clock_runs_for_an_office_that_is_not_the_regencys():
    assert clocks(history(*STARTED), "2026-12-02 09:00", external=True) == []


@pytest.mark.parametrize(
    ("now", "called"),
    [
        ("2026-11-25 09:00", set()),
        ("2026-11-27 08:29", set()),
        ("2026-11-27 08:30", {Reminder.OFFICE}),
        ("2026-11-27 16:30", {Reminder.OFFICE, Reminder.SUPERVISOR}),
    ],
)
def test_office_and_supervisor_are_reminded(now, called):
    [state] = clocks(history(FILED), now)
    assert reminders_due(state, LIMITS) == called


def test_nobody_is_reminded_of_what_waits_for_the_citizen():
    past = history(FILED, ("2026-11-25 10:00", S.ON_HOLD))
    states = clocks(past, "2027-01-15 10:00")
    assert {r for state in states for r in reminders_due(state, LIMITS)} == set()


@pytest.mark.parametrize(
    ("now", "silent"), [("2026-12-15 16:00", False), ("2026-12-15 16:01", True)]
)
def test_silence_begins_after_ten_working_days(now, silent):
    found = circumstances(history(*RESOLVED), CALENDAR, wita(now), LIMITS)
    assert (Circumstance.SILENCE in found) == silent
    assert (Circumstance.REOPENING_WINDOW in found) == (not silent)


def test_an_answered_question_is_no_silence():
    past = history(FILED, ("2026-11-25 10:00", S.ON_HOLD), ("2026-11-26 12:00", S.NEW))
    found = circumstances(past, CALENDAR, wita("2027-01-15 10:00"), LIMITS)
    assert found == {Circumstance.FIRST_REOPENING}


def test_the_window_for_reopening_counts_from_the_resolution_not_from_the_closing():
    past = history(*RESOLVED, ("2026-12-14 09:00", S.CLOSED))
    inside = circumstances(past, CALENDAR, wita("2026-12-15 09:00"), LIMITS)
    after = circumstances(past, CALENDAR, wita("2026-12-16 09:00"), LIMITS)
    assert inside == {Circumstance.FIRST_REOPENING, Circumstance.REOPENING_WINDOW}
    assert after == {Circumstance.FIRST_REOPENING}


def test_a_ticket_closed_for_silence_can_be_reopened_from_its_closing_on():
    past = history(FILED, ("2026-11-25 10:00", S.ON_HOLD), ("2026-12-10 09:00", S.CLOSED))
    found = circumstances(past, CALENDAR, wita("2026-12-21 09:00"), LIMITS)
    assert Circumstance.REOPENING_WINDOW in found


def test_the_citizen_reopens_only_once():
    past = history(*RESOLVED)
    past.append(HistoryEntry(wita("2026-12-02 09:00"), S.RESOLVED, S.IN_PROGRESS, Actor.CITIZEN))
    past.append(HistoryEntry(wita("2026-12-03 09:00"), S.IN_PROGRESS, S.RESOLVED, Actor.PETUGAS))
    found = circumstances(past, CALENDAR, wita("2026-12-04 09:00"), LIMITS)
    assert found == {Circumstance.REOPENING_WINDOW}


def test_nothing_is_known_of_a_ticket_without_history():
    assert circumstances([], CALENDAR, wita("2026-12-04 09:00"), LIMITS) == frozenset()


moments = st.timedeltas(timedelta(), timedelta(days=92)).map(
    lambda passed: wita("2026-11-01 00:00") + passed
)


@given(st.lists(moments, min_size=4, max_size=4), st.timedeltas(timedelta(), timedelta(days=30)))
def test_time_only_makes_a_clock_fuller(times, later):
    filed, held, back, now = sorted(times)
    past = [
        HistoryEntry(filed, None, S.NEW, Actor.CITIZEN),
        HistoryEntry(held, S.NEW, S.ON_HOLD, Actor.KOORDINATOR),
        HistoryEntry(back, S.ON_HOLD, S.NEW, Actor.CITIZEN),
    ]
    [first] = [
        s for s in clock_state(Kind.ADUAN, past, CALENDAR, now, LIMITS) if s.name is C.VERIFICATION
    ]
    [second] = [
        s
        for s in clock_state(Kind.ADUAN, past, CALENDAR, now + later, LIMITS)
        if s.name is C.VERIFICATION
    ]
    assert first.due == second.due
    assert first.fraction_used <= second.fraction_used
    assert second.late or not first.late
    assert first.late == (now > first.due)
