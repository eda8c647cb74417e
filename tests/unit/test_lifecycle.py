"""The life of a ticket: exactly the moves of the table, by exactly those who may make them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from desk.domain.errors import MoveNeeds, MoveNotAllowed
from desk.domain.lifecycle import (
    FINAL,
    IN_WORK,
    OPEN,
    Actor,
    Circumstance,
    HistoryEntry,
    Identity,
    MoveDetails,
    MoveResult,
    Need,
    OutcomeCode,
    RefusalCode,
    Status,
    can_move,
    check_move,
    is_protected,
    moves_for,
    state_before,
)
from desk.domain.ticket_number import TicketNumber

A, C, N, S = Actor, Circumstance, Need, Status
START = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
WHO = {
    "citizen": {A.CITIZEN},
    "petugas": {A.PETUGAS},
    "koordinator": {A.KOORDINATOR},
    "supervisor": {A.SUPERVISOR},
    "system": {A.SYSTEM},
}
COMPLETE = MoveDetails(
    draft_confirmed=True,
    office="dinas_pu_mamuju",
    refusal=RefusalCode.UNCLEAR,
    words="Sudah kami periksa",
    referral="PLN",
    question="Di sebelah mana?",
    outcome=OutcomeCode.FIXED,
    proof="foto-1",
    other_ticket=TicketNumber("MJU-0000-0000"),
)


def history(*statuses: Status, by: Actor = A.KOORDINATOR) -> list[HistoryEntry]:
    before = (None, *statuses)
    return [
        HistoryEntry(START + timedelta(hours=i), old, new, by)
        for i, (old, new) in enumerate(zip(before, statuses, strict=False))
    ]


#: What each may reach on an unprotected ticket when every circumstance holds.
REACHABLE = {
    (S.NEW, "citizen"): {S.WITHDRAWN},
    (S.NEW, "petugas"): {S.ON_HOLD},
    (S.NEW, "koordinator"): {S.VERIFIED, S.REJECTED, S.NOT_OURS, S.ON_HOLD, S.MERGED},
    (S.NEW, "supervisor"): {S.VERIFIED, S.REJECTED, S.NOT_OURS, S.ON_HOLD, S.MERGED},
    (S.VERIFIED, "citizen"): {S.WITHDRAWN},
    (S.VERIFIED, "petugas"): {S.ON_HOLD},
    (S.VERIFIED, "koordinator"): {S.REJECTED, S.NOT_OURS, S.FORWARDED, S.ON_HOLD, S.MERGED},
    (S.VERIFIED, "supervisor"): {S.REJECTED, S.NOT_OURS, S.ON_HOLD, S.MERGED},
    (S.VERIFIED, "system"): {S.FORWARDED},
    (S.FORWARDED, "citizen"): {S.WITHDRAWN},
    (S.FORWARDED, "petugas"): {S.VERIFIED, S.IN_PROGRESS, S.ON_HOLD},
    (S.FORWARDED, "koordinator"): {S.NOT_OURS, S.ON_HOLD, S.MERGED},
    (S.FORWARDED, "supervisor"): {S.NOT_OURS, S.ON_HOLD, S.MERGED},
    (S.IN_PROGRESS, "citizen"): {S.WITHDRAWN},
    (S.IN_PROGRESS, "petugas"): {S.RESOLVED, S.ON_HOLD},
    (S.IN_PROGRESS, "koordinator"): {S.NOT_OURS, S.ON_HOLD, S.MERGED},
    (S.IN_PROGRESS, "supervisor"): {S.NOT_OURS, S.ON_HOLD, S.RESOLVED, S.MERGED},
    (S.ON_HOLD, "citizen"): {S.FORWARDED, S.WITHDRAWN},
    (S.ON_HOLD, "petugas"): {S.FORWARDED},
    (S.ON_HOLD, "koordinator"): {S.FORWARDED, S.MERGED},
    (S.ON_HOLD, "supervisor"): {S.FORWARDED, S.MERGED},
    (S.ON_HOLD, "system"): {S.CLOSED},
    (S.RESOLVED, "citizen"): {S.CLOSED, S.IN_PROGRESS, S.WITHDRAWN},
    (S.RESOLVED, "koordinator"): {S.MERGED},
    (S.RESOLVED, "supervisor"): {S.IN_PROGRESS, S.MERGED},
    (S.RESOLVED, "system"): {S.CLOSED},
    (S.CLOSED, "citizen"): {S.IN_PROGRESS},
    (S.CLOSED, "supervisor"): {S.IN_PROGRESS},
    (S.MERGED, "supervisor"): {S.FORWARDED},
}


@pytest.mark.parametrize(("current", "who"), list(product(Status, WHO)))
def test_each_may_reach_exactly_the_states_of_the_table(current, who):
    past = history(S.NEW, S.VERIFIED, S.FORWARDED, current)
    possible = moves_for(current, WHO[who], history=past, circumstances=Circumstance)
    assert {move.target for move in possible} == REACHABLE.get((current, who), set())


FORBIDDEN = [
    (current, target, who)
    for current, target, who in product(Status, Status, WHO)
    if target is not current and target not in REACHABLE.get((current, who), set())
]


@pytest.mark.parametrize(("current", "target", "who"), FORBIDDEN)
def test_every_other_move_is_refused(current, target, who):
    past = history(S.NEW, S.VERIFIED, S.FORWARDED, current)
    with pytest.raises(MoveNotAllowed) as refused:
        check_move(
            current,
            target,
            WHO[who],
            history=past,
            circumstances=Circumstance,
            details=COMPLETE,
        )
    assert (refused.value.current, refused.value.target) == (current, target)


@pytest.mark.parametrize("status", Status)
def test_a_repeated_move_changes_nothing_and_raises_nothing(status):
    assert check_move(status, status, {A.PETUGAS}) is MoveResult.UNCHANGED


@pytest.mark.parametrize(
    ("current", "target", "who", "missing"),
    [
        (None, S.NEW, A.CITIZEN, {N.CONFIRMED_DRAFT}),
        (None, S.NEW, A.COUNTER, {N.CONFIRMED_DRAFT}),
        (S.NEW, S.VERIFIED, A.KOORDINATOR, {N.OFFICE}),
        (S.NEW, S.REJECTED, A.SUPERVISOR, {N.REFUSAL, N.WORDS}),
        (S.IN_PROGRESS, S.NOT_OURS, A.KOORDINATOR, {N.REFERRAL}),
        (S.VERIFIED, S.FORWARDED, A.KOORDINATOR, {N.OFFICE}),
        (S.FORWARDED, S.VERIFIED, A.PETUGAS, {N.WORDS}),
        (S.IN_PROGRESS, S.ON_HOLD, A.PETUGAS, {N.QUESTION}),
        (S.IN_PROGRESS, S.RESOLVED, A.PETUGAS, {N.OUTCOME, N.PROOF}),
        (S.NEW, S.MERGED, A.KOORDINATOR, {N.OTHER_TICKET}),
    ],
)
def test_a_move_tells_what_it_still_needs(current, target, who, missing):
    with pytest.raises(MoveNeeds) as refused:
        check_move(current, target, {who})
    assert refused.value.missing == tuple(sorted(missing))
    assert check_move(current, target, {who}, details=COMPLETE) is MoveResult.MOVED


def test_blank_words_meet_no_need():
    with pytest.raises(MoveNeeds):
        check_move(S.FORWARDED, S.VERIFIED, {A.PETUGAS}, details=MoveDetails(words="  \n"))


def test_a_scheduled_outcome_needs_its_date():
    scheduled = MoveDetails(outcome=OutcomeCode.SCHEDULED, proof="Surat 1/2026")
    with pytest.raises(MoveNeeds) as refused:
        check_move(S.IN_PROGRESS, S.RESOLVED, {A.PETUGAS}, details=scheduled)
    assert refused.value.missing == (N.DATE,)
    dated = MoveDetails(
        outcome=OutcomeCode.SCHEDULED, proof="Surat 1/2026", scheduled_for=date(2026, 12, 1)
    )
    assert check_move(S.IN_PROGRESS, S.RESOLVED, {A.PETUGAS}, details=dated) is MoveResult.MOVED


def test_every_need_is_met_by_a_detail():
    assert replace(COMPLETE, scheduled_for=date(2026, 12, 1)).given() == frozenset(Need)


@pytest.mark.parametrize("proof", [{"proof": "Surat 1/2026"}, {"photos": ("foto-1",)}])
def test_a_photo_proves_an_outcome_as_well_as_a_letter(proof):
    details = MoveDetails(outcome=OutcomeCode.FIXED, **proof)
    assert check_move(S.IN_PROGRESS, S.RESOLVED, {A.PETUGAS}, details=details) is MoveResult.MOVED


@pytest.mark.parametrize(
    ("current", "target", "who", "needed"),
    [
        (S.VERIFIED, S.FORWARDED, A.SYSTEM, {C.STAFFED_DEFAULT_OFFICE}),
        (S.ON_HOLD, S.CLOSED, A.SYSTEM, {C.SILENCE}),
        (S.RESOLVED, S.CLOSED, A.SYSTEM, {C.SILENCE}),
        (S.RESOLVED, S.IN_PROGRESS, A.CITIZEN, {C.FIRST_REOPENING, C.REOPENING_WINDOW}),
        (S.CLOSED, S.IN_PROGRESS, A.CITIZEN, {C.FIRST_REOPENING, C.REOPENING_WINDOW}),
    ],
)
def test_some_moves_wait_for_all_their_circumstances(current, target, who, needed):
    for left_out in needed:
        assert not can_move(current, target, {who}, circumstances=set(Circumstance) - {left_out})
    assert can_move(current, target, {who}, circumstances=needed)


def test_a_supervisor_reopens_when_the_citizen_no_longer_can():
    assert can_move(S.CLOSED, S.IN_PROGRESS, {A.SUPERVISOR})
    assert not can_move(S.CLOSED, S.IN_PROGRESS, {A.CITIZEN})


@pytest.mark.parametrize("before", [S.NEW, S.VERIFIED, S.FORWARDED, S.IN_PROGRESS])
def test_an_answer_leads_back_to_the_state_before_the_question(before):
    past = history(before, S.ON_HOLD)
    possible = moves_for(S.ON_HOLD, {A.CITIZEN}, history=past)
    assert [move.target for move in possible] == [before, S.WITHDRAWN]


def test_a_ticket_on_hold_that_was_merged_and_split_still_knows_its_state_before():
    past = history(S.NEW, S.IN_PROGRESS, S.ON_HOLD, S.MERGED, S.ON_HOLD)
    assert state_before(S.ON_HOLD, past) is S.IN_PROGRESS


def test_a_ticket_merged_twice_goes_back_to_the_state_before_the_last_merge():
    past = history(S.NEW, S.MERGED, S.NEW, S.VERIFIED, S.MERGED)
    assert state_before(S.MERGED, past) is S.VERIFIED


def test_without_history_nothing_leads_back():
    assert moves_for(S.MERGED, {A.SUPERVISOR}) == ()


@pytest.mark.parametrize("current", Status)
def test_officers_cannot_move_a_protected_ticket(current):
    officers = {A.PETUGAS, A.KOORDINATOR, A.SUPERVISOR}
    past = history(S.NEW, S.FORWARDED, current)
    assert moves_for(current, officers, protected=True, history=past) == ()


@pytest.mark.parametrize("current", Status)
def test_integritas_can_do_for_a_protected_ticket_what_officers_do_for_others(current):
    past = history(S.NEW, S.FORWARDED, current)
    officers = {A.PETUGAS, A.KOORDINATOR, A.SUPERVISOR}
    assert moves_for(current, {A.INTEGRITAS}, protected=True, history=past) == moves_for(
        current, officers, history=past
    )


@pytest.mark.parametrize("current", Status)
def test_integritas_cannot_move_a_ticket_that_is_not_protected(current):
    past = history(S.NEW, S.FORWARDED, current)
    assert moves_for(current, {A.INTEGRITAS}, history=past, circumstances=Circumstance) == ()


def test_a_citizen_may_withdraw_a_protected_ticket():
    assert can_move(S.NEW, S.WITHDRAWN, {A.CITIZEN}, protected=True)


@pytest.mark.parametrize(
    ("identity", "category", "expected"),
    [
        (Identity.RAHASIA, "jalan_jembatan", True),
        (Identity.TERBUKA, "pungli_korupsi", True),
        (Identity.ANONIM, "perilaku_petugas", True),
        (Identity.TERBUKA, "jalan_jembatan", False),
        (Identity.ANONIM, "lainnya", False),
        (Identity.TERBUKA, None, False),
    ],
)
def test_confidential_and_touchy_tickets_are_protected(identity, category, expected):
    assert is_protected(identity, category) == expected


def test_groups_have_exactly_these_members():
    assert {s.value for s in FINAL} == {
        "ditolak",
        "bukan_wewenang",
        "ditarik",
        "ditutup",
        "digabung",
    }
    assert {s.value for s in IN_WORK} == {"baru", "diverifikasi", "diteruskan", "diproses"}
    assert {s.value for s in OPEN - IN_WORK} == {"ditunda", "selesai"}


def test_history_needs_a_time_zone():
    with pytest.raises(ValueError, match="time zone"):
        HistoryEntry(START.replace(tzinfo=None), None, S.NEW, A.CITIZEN)


class LifeOfATicket(RuleBasedStateMachine):
    """Anyone tries anything, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.past = history(S.NEW)
        self.stack: list[Status] = []

    @property
    def current(self) -> Status:
        return self.past[-1].to_status

    @rule(
        wanted=st.sampled_from(Status),
        actor=st.sampled_from(Actor),
        known=st.sets(st.sampled_from(Circumstance)),
    )
    def somebody_tries_to_move_it(self, wanted, actor, known):
        old = self.current
        possible = moves_for(old, {actor}, history=self.past, circumstances=known)
        try:
            result = check_move(
                old,
                wanted,
                {actor},
                history=self.past,
                circumstances=known,
                details=COMPLETE,
            )
        except MoveNotAllowed:
            assert wanted not in {move.target for move in possible}
            return
        assert (result is MoveResult.UNCHANGED) == (wanted is old)
        if result is MoveResult.MOVED:
            self.remember(old, wanted, actor)

    def remember(self, old: Status, target: Status, actor: Actor) -> None:
        at = START + timedelta(hours=len(self.past))
        self.past.append(HistoryEntry(at, old, target, actor))
        if target in {S.ON_HOLD, S.MERGED} and old is not S.MERGED:
            self.stack.append(old)
        elif old in {S.ON_HOLD, S.MERGED}:
            expected = self.stack.pop()
            assert (old is S.ON_HOLD and target in FINAL) or target is expected

    @invariant()
    def a_held_or_merged_ticket_knows_its_way_back(self):
        if self.current in {S.ON_HOLD, S.MERGED}:
            assert state_before(self.current, self.past) is self.stack[-1]


TestLifeOfATicket = LifeOfATicket.TestCase
TestLifeOfATicket.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
