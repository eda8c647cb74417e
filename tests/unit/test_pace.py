"""The pace of sending never exceeds what Telegram allows."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from desk.domain.pace import Limit, Pace

START = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
ADDRESSES = ["1", "2", "3", "-100", "-200"]
Sent = list[tuple[str, datetime]]


def run(wishes: list[tuple[str, int]], pace: Pace) -> Sent:
    """Send each wish as soon as it may leave after its pause in milliseconds."""
    now, sent = START, []
    for address, pause in wishes:
        now += timedelta(milliseconds=pause)
        while (wait := pace.wait(address, now)) > 0:
            now += timedelta(seconds=wait)
        pace.note(address, now)
        sent.append((address, now))
    return sent


def is_within(times: list[datetime], limit: Limit) -> bool:
    later = times[limit.count :]
    return all(b - a >= limit.window for a, b in zip(times, later, strict=False))


@given(st.lists(st.tuples(st.sampled_from(ADDRESSES), st.integers(0, 400)), max_size=150))
def test_no_sequence_exceeds_a_limit(wishes: list[tuple[str, int]]) -> None:
    pace = Pace(overall=Limit(4, timedelta(seconds=1)), per_group=Limit(3, timedelta(minutes=1)))

    sent = run(wishes, pace)

    assert is_within([at for _, at in sent], pace.overall)
    for address in ADDRESSES:
        limit = pace.per_group if address.startswith("-") else pace.per_chat
        assert is_within([at for where, at in sent if where == address], limit)


def test_a_first_message_leaves_at_once_and_the_second_a_second_later() -> None:
    pace = Pace()
    first = pace.wait("1", START)
    pace.note("1", START)

    assert (first, pace.wait("1", START), pace.wait("2", START)) == (0.0, 1.0, 0.0)
    assert pace.wait("1", START + timedelta(seconds=1)) == 0.0


def test_a_group_may_get_twenty_a_minute_and_a_chat_one_a_second() -> None:
    pace = Pace()
    for number in range(20):
        pace.note("-100", START + timedelta(seconds=number))

    assert pace.wait("-100", START + timedelta(seconds=20)) == 40.0


def test_a_group_gets_no_two_messages_in_a_second() -> None:
    pace = Pace()
    pace.note("-100", START)

    assert pace.wait("-100", START) == 1.0


def test_what_takes_several_calls_waits_for_room_for_all_of_them() -> None:
    pace = Pace()
    for number in range(19):
        pace.note("-100", START + timedelta(seconds=number))
    now = START + timedelta(seconds=30)

    assert [pace.wait("-100", now, weight) for weight in (1, 2, 3)] == [0.0, 30.0, 31.0]


def test_what_weighs_more_than_a_limit_still_leaves() -> None:
    assert Pace().wait("1", START, weight=5) == 0.0


def test_quiet_chats_are_forgotten_and_busy_ones_are_not() -> None:
    pace = Pace()
    for number in range(10_001):
        pace.note(f"{number}", START + timedelta(seconds=number // 5_000))

    assert len(pace._chats) < 10_001
    assert pace.wait("10000", START + timedelta(seconds=2)) > 0


def test_chats_that_were_asked_about_and_got_nothing_are_forgotten_as_well() -> None:
    pace = Pace()
    for number in range(10_000):
        pace.note(f"{number}", START)
    later = START + timedelta(seconds=2)
    pace.wait("7", later)
    pace.note("baru", later)

    assert pace.wait("7", later) == 0.0
