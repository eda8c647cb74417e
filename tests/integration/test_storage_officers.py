"""Officers, hand-offs and topics in both databases."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from desk.domain.conversation import Channel, Conversation, ConversationId
from desk.domain.errors import HandoffNotFound, OfficerNotFound
from desk.domain.handoff import (
    Ending,
    EventKind,
    Handoff,
    HandoffEvent,
    HandoffId,
    Trigger,
)
from desk.domain.officer import Officer, OfficerId
from desk.domain.outgoing import (
    CopyOf,
    OutboxState,
    Outgoing,
    OutgoingButton,
    Topic,
    TopicState,
)
from desk.domain.roles import Grant, Role
from desk.services.ports import UnitsOfWork


def officer(name: str, telegram_id: int, now: datetime, *grants: Grant) -> Officer:
    return Officer(OfficerId(name), telegram_id, name, now, grants)


def handoff(conversation: Conversation, now: datetime, name: str = "h1") -> Handoff:
    return Handoff(
        id=HandoffId(name),
        conversation_id=conversation.id,
        trigger=Trigger.ASKED,
        asked_at=now,
        waiting_since=now,
        chat="-100",
    )


async def store(units: UnitsOfWork, *officers: Officer) -> None:
    async with units() as uow:
        for each in officers:
            await uow.officers.add(each)
        await uow.commit()


async def test_an_officer_comes_back_with_all_roles(units: UnitsOfWork, now: datetime) -> None:
    ani = officer(
        "ani", 7_000_000_001, now, Grant(Role.KOORDINATOR), Grant(Role.PETUGAS, "disdukcapil")
    )
    await store(units, ani)

    async with units() as uow:
        assert await uow.officers.by_telegram_id(7_000_000_001) == ani
        assert await uow.officers.get(ani.id) == ani
        assert await uow.officers.all() == [ani]


async def test_a_telegram_account_belongs_to_one_officer(
    units: UnitsOfWork, now: datetime
) -> None:
    first, second = officer("ani", 7, now, Grant(Role.ADMIN)), officer("budi", 7, now)
    await store(units, first)

    async with units() as uow:
        assert await uow.officers.add(second) == first


async def test_a_suspended_officer_is_not_called_any_more(
    units: UnitsOfWork, now: datetime
) -> None:
    ani = officer("ani", 1, now, Grant(Role.PETUGAS, "disdukcapil"))
    budi = officer("budi", 2, now, Grant(Role.PETUGAS, "dinsos_mamuju"))
    await store(units, ani, budi)

    async with units() as uow:
        assert await uow.officers.staffed_offices() == {"disdukcapil", "dinsos_mamuju"}
        await uow.officers.save(Officer(budi.id, 2, "budi", now, budi.grants, suspended_at=now))
        await uow.commit()
    async with units() as uow:
        assert await uow.officers.staffed_offices() == {"disdukcapil"}
        assert await uow.officers.with_role(Role.PETUGAS) == [ani]
        assert await uow.officers.with_role(Role.PETUGAS, office="dinsos_mamuju") == []


async def test_an_unknown_officer_cannot_be_saved(units: UnitsOfWork, now: datetime) -> None:
    async with units() as uow:
        with pytest.raises(OfficerNotFound):
            await uow.officers.save(officer("siapa", 9, now))


async def test_a_conversation_has_one_open_handoff(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    async with units() as uow:
        first = await uow.handoffs.add(handoff(conversation, now))
        assert await uow.handoffs.add(handoff(conversation, now, "h2")) == first
        await uow.handoffs.save(first.ended(Ending.CANCELLED, now))
        second = await uow.handoffs.add(handoff(conversation, now, "h2"))
        assert second.id == "h2"
        await uow.commit()
    async with units() as uow:
        assert await uow.handoffs.open_of(conversation.id) == second
        assert len(await uow.handoffs.of_conversation(conversation.id)) == 2


async def test_all_open_handoffs_are_found_at_once_those_who_wait_first(
    units: UnitsOfWork, add_conversation: Callable[..., Awaitable[Conversation]], now: datetime
) -> None:
    names = ("a", "b", "c", "d")
    await store(units, officer("ani", 1, now))
    served, waiting, ended, _ = [await add_conversation(name) for name in names]
    async with units() as uow:
        taken = await uow.handoffs.add(handoff(served, now, "h3"))
        await uow.handoffs.save(taken.taken_by(OfficerId("ani"), now, chat="1"))
        await uow.handoffs.add(handoff(waiting, now))
        over = await uow.handoffs.add(handoff(ended, now, "h2"))
        await uow.handoffs.save(over.ended(Ending.CANCELLED, now))
        found = await uow.handoffs.all_open()
    assert [each.conversation_id for each in found] == [waiting.id, served.id]


async def test_a_handoff_remembers_everything(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    await store(units, officer("ani", 1, now))
    later = now + timedelta(minutes=3)
    async with units() as uow:
        waiting = await uow.handoffs.add(handoff(conversation, now))
        taken = waiting.taken_by(OfficerId("ani"), later, chat="1")
        await uow.handoffs.save(taken)
        event = HandoffEvent(later, EventKind.TAKEN, OfficerId("ani"))
        await uow.handoffs.note(taken.id, event, key="a")
        await uow.handoffs.note(taken.id, event, key="a")
        await uow.commit()
    async with units() as uow:
        assert await uow.handoffs.get(taken.id) == taken
        assert await uow.handoffs.of_officer(OfficerId("ani")) == [taken]
        assert await uow.handoffs.all_open() == [taken]
        waits = [
            await uow.handoffs.recent_waits(now, 10, is_protected=each)
            for each in (taken.is_protected, not taken.is_protected)
        ]
        assert waits == [[(now, later)], []]
        assert await uow.handoffs.events(taken.id) == [event]


async def test_the_queue_counts_only_those_who_came_before_for_the_same_office(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    async with units() as uow:
        await uow.handoffs.add(handoff(conversation, now))
        await uow.commit()
    async with units() as uow:
        assert await uow.handoffs.count_waiting_before(now, None, is_protected=False) == 0
        assert (
            await uow.handoffs.count_waiting_before(
                now + timedelta(seconds=1), None, is_protected=False
            )
            == 1
        )
        assert (
            await uow.handoffs.count_waiting_before(
                now + timedelta(seconds=1), "dinsos", is_protected=False
            )
            == 0
        )


async def test_an_unknown_handoff_cannot_be_saved(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    async with units() as uow:
        with pytest.raises(HandoffNotFound):
            await uow.handoffs.save(handoff(conversation, now))


async def test_a_topic_made_again_takes_the_place_of_the_old_one(
    units: UnitsOfWork, conversation: Conversation
) -> None:
    async with units() as uow:
        await uow.topics.put("-100", conversation.id, "5", TopicState.CLOSED)
        await uow.topics.put("-100", conversation.id, "9", TopicState.OPEN)
        await uow.commit()
    async with units() as uow:
        assert await uow.topics.thread_of("-100", conversation.id) == ("9", TopicState.OPEN)
        assert await uow.topics.conversation_of("-100", "9") == conversation.id
        assert await uow.topics.conversation_of("-100", "5") is None


async def test_a_message_to_officers_is_found_by_what_it_was_sent_as(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    body = Outgoing(
        "halo",
        ((OutgoingButton("Ambil", "tok"),),),
        topic=Topic(conversation.id, "Warga"),
        copies=CopyOf("5", "77"),
        edits="kunci-lama",
        joins=True,
        leaves_topic=TopicState.CLOSED,
    )
    async with units() as uow:
        await uow.outbox.add_to(
            Channel.TELEGRAM, "-100", body, key="k", now=now, about=conversation.id
        )
        queued = await uow.outbox.with_key("k")
        assert queued is not None
        assert queued.body == body
        await uow.outbox.mark(queued.id, OutboxState.SENT, now=now, external_message_id="31")
        await uow.commit()
    async with units() as uow:
        found = await uow.outbox.sent_as(Channel.TELEGRAM, "-100", "31")
        assert found is not None
        assert found.about == ConversationId(conversation.id)
        assert await uow.outbox.sent_as(Channel.TELEGRAM, "-200", "31") is None
