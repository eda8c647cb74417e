"""Which waiting messages become one turn, and how long one waits for the next."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.domain.inbound import FileRef, Inbound, InboundKind, InboxId
from desk.domain.turn import (
    ALONE,
    FLOOD_MESSAGES,
    HOLD_ALBUM,
    HOLD_FLOOD,
    HOLD_FRAGMENT,
    InboxMessage,
    first_turn_of,
    hold_for,
)

K = InboundKind
NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def waiting(*kinds: InboundKind) -> tuple[InboxMessage, ...]:
    return tuple(InboxMessage(InboxId(n), Inbound(kind), NOW) for n, kind in enumerate(kinds))


def test_nothing_waits_nothing_is_done() -> None:
    assert first_turn_of(()) == ()


@pytest.mark.parametrize(
    ("kinds", "taken"),
    [
        ((K.TEXT,), 1),
        ((K.TEXT, K.PHOTO, K.LOCATION), 3),
        ((K.TEXT, K.TEXT, K.PRESS), 2),
        ((K.PRESS, K.TEXT), 1),
        ((K.PRESS, K.PRESS), 1),
        ((K.COMMAND, K.TEXT), 1),
        ((K.STICKER, K.TEXT, K.COMMAND), 2),
    ],
)
def test_what_waits_together_is_one_turn_but_presses_and_commands_are_alone(
    kinds: tuple[InboundKind, ...], taken: int
) -> None:
    messages = waiting(*kinds)

    assert first_turn_of(messages) == messages[:taken]


@pytest.mark.parametrize(
    ("replies", "taken"),
    [((None, "7"), 1), (("7", None), 2), (("7", "7"), 2), (("7", "8"), 1), (("7", None, "8"), 2)],
)
def test_a_turn_answers_one_question_by_reply(replies: tuple[str | None, ...], taken: int) -> None:
    messages = tuple(
        InboxMessage(InboxId(n), Inbound(K.TEXT, reply_to=each), NOW)
        for n, each in enumerate(replies)
    )

    assert len(first_turn_of(messages)) == taken


@given(st.lists(st.sampled_from(InboundKind), max_size=12))
def test_every_message_comes_to_its_turn_once_and_in_order(kinds: list[InboundKind]) -> None:
    left, turns = waiting(*kinds), []
    while left:
        turn = first_turn_of(left)
        turns.append(turn)
        left = left[len(turn) :]

    assert [message for turn in turns for message in turn] == list(waiting(*kinds))
    assert all(
        len(turn) == 1 or all(message.inbound.kind not in ALONE for message in turn)
        for turn in turns
    )


@pytest.mark.parametrize(
    ("inbound", "expects_answer", "hold"),
    [
        (Inbound(K.TEXT, text="min"), False, HOLD_FRAGMENT),
        (Inbound(K.TEXT, text="mau tanya"), False, HOLD_FRAGMENT),
        (Inbound(K.TEXT, text="min"), True, timedelta(0)),
        (Inbound(K.TEXT, text="ktp saya hilang"), False, timedelta(0)),
        (Inbound(K.PHOTO, file=FileRef("a"), album="1"), True, HOLD_ALBUM),
        (Inbound(K.PHOTO, file=FileRef("a")), True, timedelta(0)),
        (Inbound(K.PRESS, token="t"), False, timedelta(0)),
    ],
)
def test_only_fragments_and_albums_wait_for_more(
    inbound: Inbound, expects_answer: bool, hold: timedelta
) -> None:
    assert hold_for(inbound, recent=1, expects_answer=expects_answer) == hold


def test_who_sends_very_much_waits_longer() -> None:
    text = Inbound(K.TEXT, text="pesan yang cukup panjang")

    assert hold_for(text, recent=FLOOD_MESSAGES, expects_answer=True) == timedelta(0)
    assert hold_for(text, recent=FLOOD_MESSAGES + 1, expects_answer=True) == HOLD_FLOOD
