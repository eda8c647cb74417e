"""A hand-off's states: who has the word, whatever happens in whatever order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.domain.conversation import ConversationId, Owner
from desk.domain.errors import AlreadyTaken, HandoffOver
from desk.domain.handoff import Ending, Handoff, HandoffId, HandoffState, Trigger
from desk.domain.officer import OfficerId
from desk.services.handoffs.queue import likely_minutes

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=3)
ANI, BUDI = OfficerId("ani"), OfficerId("budi")


def waiting() -> Handoff:
    return Handoff(
        id=HandoffId("h"),
        conversation_id=ConversationId("c"),
        trigger=Trigger.ASKED,
        asked_at=NOW,
        waiting_since=NOW,
        chat="-100",
    )


def test_while_it_waits_the_conversation_waits():
    assert waiting().owner is Owner.WAITING
    assert waiting().is_open


def test_taking_gives_the_word_to_one_officer_who_owes_an_answer():
    taken = waiting().taken_by(ANI, LATER, chat="7")

    assert taken.owner is Owner.OFFICER
    assert (taken.officer_id, taken.taken_at, taken.chat) == (ANI, LATER, "7")
    assert taken.unanswered_since == LATER


def test_the_same_officer_again_changes_nothing():
    taken = waiting().taken_by(ANI, LATER, chat="7")

    assert taken.taken_by(ANI, LATER + timedelta(hours=1), chat="8") is taken


def test_another_officer_is_refused_and_hears_who_has_it():
    taken = waiting().taken_by(ANI, LATER, chat="7")

    with pytest.raises(AlreadyTaken) as refused:
        taken.taken_by(BUDI, LATER, chat="8")

    assert refused.value.officer_id == ANI


def test_back_in_line_the_first_asking_counts_and_nothing_else_is_kept():
    warned = replace(waiting().taken_by(ANI, LATER, chat="7"), warned_at=LATER, reminded=2)

    again = warned.requeued(LATER, chat="-200", office="disdukcapil")

    assert again.owner is Owner.WAITING
    assert again == replace(
        waiting(), waiting_since=LATER, chat="-200", office="disdukcapil", last_officer_at=LATER
    )


def test_the_end_gives_the_word_back_and_stays():
    ended = waiting().ended(Ending.CANCELLED, LATER)

    assert ended.owner is Owner.BOT
    assert not ended.is_open
    assert ended.ended(Ending.DONE, LATER + timedelta(1)) is ended


@pytest.mark.parametrize(
    "act",
    [
        lambda h: h.taken_by(ANI, LATER, chat="7"),
        lambda h: h.requeued(LATER, chat="-100"),
    ],
)
def test_what_is_over_cannot_be_taken_or_put_back(act):
    with pytest.raises(HandoffOver):
        act(waiting().ended(Ending.DONE, LATER))


def test_a_citizen_waits_since_the_first_word_that_nobody_answered():
    taken = waiting().taken_by(ANI, NOW, chat="7").answered(NOW)

    heard = taken.heard(LATER).heard(LATER + timedelta(minutes=9))
    answered = replace(heard, warned_at=LATER).answered(LATER)

    assert heard.unanswered_since == LATER
    assert (answered.unanswered_since, answered.warned_at) == (None, None)
    assert answered.last_officer_at == LATER


acts = st.lists(st.sampled_from(["ani", "budi", "put back", "hear", "answer", "end"]), max_size=20)


@given(acts)
def test_whatever_happens_one_officer_at_most_has_the_word_and_the_end_is_the_end(script):
    handoff, ended = waiting(), False
    for minute, act in enumerate(script):
        now = NOW + timedelta(minutes=minute)
        before = handoff
        try:
            if act in ("ani", "budi"):
                handoff = handoff.taken_by(OfficerId(act), now, chat=act)
            elif act == "put back":
                handoff = handoff.requeued(now, chat="-100")
            elif act == "hear":
                handoff = handoff.heard(now)
            elif act == "answer":
                handoff = handoff.answered(now)
            else:
                handoff, ended = handoff.ended(Ending.DONE, now), True
        except (AlreadyTaken, HandoffOver):
            assert handoff is before
        assert (handoff.owner is Owner.OFFICER) == (
            handoff.state is HandoffState.SERVED and handoff.officer_id is not None
        )
        if before.state is HandoffState.SERVED and handoff.state is HandoffState.SERVED:
            assert handoff.officer_id == before.officer_id
        assert handoff.is_open != ended


@pytest.mark.parametrize(
    ("waits", "place", "minutes"),
    [
        ([], 1, None),
        ([60, 60], 1, None),
        ([240, 240, 240], 1, (2, 6)),
        ([240, 240, 240], 3, (6, 18)),
        ([0, 0, 0], 1, (1, 2)),
        ([60, 120, 86400], 1, (1, 3)),
    ],
)
def test_the_wait_is_told_as_a_range_of_recent_waits_or_not_at_all(waits, place, minutes):
    assert likely_minutes(waits, place) == minutes
