"""Flood limits, ordered faults and the update queue of the simulator."""

from dataclasses import replace

import pytest

from simulator.clock import Clock
from simulator.faults import FaultKind, FaultPlan
from simulator.limits import Limits
from simulator.rates import RateLimiter
from simulator.updates import PollSlot, UpdateQueue

PERSON, GROUP = 7, -100


class StoppedClock(Clock):
    """Time that moves only when told."""

    def seconds(self) -> float:
        return self._shift


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def rates(clock: StoppedClock) -> RateLimiter:
    return RateLimiter(clock)


def test_a_chat_takes_a_burst_and_then_one_message_a_second(rates, clock):
    limits = Limits(chat_burst=3)

    burst = [rates.seconds_to_wait(limits, PERSON) for _ in range(4)]
    clock.advance(1)

    assert burst == [0, 0, 0, 1]
    assert [rates.seconds_to_wait(limits, PERSON) for _ in range(2)] == [0, 1]


def test_a_group_takes_twenty_in_any_minute(rates, clock):
    limits = Limits(chat_burst=100)
    sent = [rates.seconds_to_wait(limits, GROUP) for _ in range(20)]
    clock.advance(15)

    assert sent == [0] * 20
    assert rates.seconds_to_wait(limits, GROUP) == 45
    clock.advance(45)
    assert rates.seconds_to_wait(limits, GROUP) == 0


def test_all_chats_together_share_the_overall_limit(rates):
    waits = [rates.seconds_to_wait(Limits(), chat) for chat in range(1, 32)]

    assert waits == [0] * 30 + [1]


def test_an_album_costs_as_much_as_its_messages(rates):
    limits = Limits(chat_burst=4)

    assert rates.seconds_to_wait(limits, PERSON, cost=3) == 0
    assert rates.seconds_to_wait(limits, PERSON, cost=3) == 2


def test_an_album_larger_than_the_burst_still_passes_once(rates):
    assert rates.seconds_to_wait(Limits(chat_burst=4), PERSON, cost=10) == 0


def test_a_refused_message_is_not_counted(rates, clock):
    limits = replace(Limits(), chat_burst=1)
    rates.seconds_to_wait(limits, PERSON)

    assert [rates.seconds_to_wait(limits, PERSON) for _ in range(5)] == [1] * 5
    clock.advance(1)
    assert rates.seconds_to_wait(limits, PERSON) == 0


def test_lifted_rates_never_make_anybody_wait(rates):
    limits = Limits().without_rates()

    assert {rates.seconds_to_wait(limits, GROUP) for _ in range(200)} == {0}


def test_a_fault_happens_as_often_as_ordered_and_only_where_ordered():
    plan = FaultPlan()
    plan.add(FaultKind.FORBIDDEN, times=2, method="sendMessage", chat_id=PERSON)

    taken = [
        plan.take(method, chat) is not None
        for method, chat in [
            ("sendPhoto", PERSON),
            ("sendMessage", GROUP),
            ("sendMessage", PERSON),
            ("sendMessage", PERSON),
            ("sendMessage", PERSON),
        ]
    ]

    assert taken == [False, False, True, True, False]


def test_a_fault_for_any_method_leaves_polling_alone():
    plan = FaultPlan()
    plan.add(FaultKind.BAD_GATEWAY, times=None)

    assert plan.take("getUpdates", None) is None
    assert plan.take("getMe", None) is not None


def push(queue: UpdateQueue, count: int) -> list[int | None]:
    return [queue.push("message", {"n": n}, queue=("message", n % 2)) for n in range(count)]


def ids(queue: UpdateQueue, *, offset: int = 0, limit: int = 100) -> list[int]:
    return [update.update_id for update in queue.read(offset=offset, limit=limit)]


def test_updates_stay_until_a_higher_offset_confirms_them(clock):
    queue = UpdateQueue(clock, first_id=10)
    push(queue, 3)

    assert ids(queue) == [10, 11, 12]
    assert ids(queue, limit=2) == [10, 11]
    assert ids(queue, offset=11) == [11, 12]
    assert ids(queue) == [11, 12]


def test_a_negative_offset_counts_from_the_end_and_forgets_the_rest(clock):
    queue = UpdateQueue(clock, first_id=10)
    push(queue, 3)

    assert ids(queue, offset=-1) == [12]
    assert ids(queue) == [12]


def test_a_negative_offset_beyond_the_beginning_forgets_nothing(clock):
    queue = UpdateQueue(clock, first_id=10)
    push(queue, 2)

    assert ids(queue, offset=-5) == [10, 11]


def test_an_update_older_than_its_time_to_live_is_gone(clock):
    queue = UpdateQueue(clock, first_id=10)
    queue.push("callback_query", {}, queue=("callback_query", 1), ttl=150)
    queue.push("message", {}, queue=("message", 1))
    clock.advance(151)

    assert ids(queue) == [11]
    assert queue.head(("callback_query", 1)) is None


def test_kinds_that_need_asking_are_left_out_until_asked_for(clock):
    queue = UpdateQueue(clock)

    assert queue.push("chat_member", {}, queue=("chat_member", 1)) is None
    queue.choose_kinds(["chat_member"])
    assert queue.push("chat_member", {}, queue=("chat_member", 1)) is not None
    assert queue.push("message", {}, queue=("message", 1)) is None
    queue.choose_kinds(None)
    assert queue.push("message", {}, queue=("message", 1)) is None
    queue.choose_kinds([])
    assert queue.push("message", {}, queue=("message", 1)) is not None


def test_each_queue_has_its_own_head(clock):
    queue = UpdateQueue(clock, first_id=10)
    push(queue, 4)
    queue.forget(10)

    heads = {key: queue.head(key).update_id for key in queue.queues()}

    assert heads == {("message", 0): 12, ("message", 1): 11}


def test_a_new_poller_sends_the_old_one_away(clock):
    slot = PollSlot(UpdateQueue(clock))
    first = slot.claim()
    second = slot.claim()

    assert (slot.lost(first) or "").startswith("terminated by other getUpdates request")
    assert slot.lost(second) is None
