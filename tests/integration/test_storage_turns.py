"""The inbox and the turns made of it, on both databases."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from desk.domain.conversation import Channel, Conversation, ConversationId
from desk.domain.errors import AlreadyRecorded
from desk.domain.inbound import FileRef, Inbound, InboundKind, Point
from desk.domain.reply import Reply
from desk.domain.turn import InboxState, Standing, Turn, TurnId, TurnState, Understanding
from desk.services.ports import UnitOfWork, UnitsOfWork
from desk.storage.open import Storage
from desk.storage.tables import InboxRow, TurnRow

SECOND = timedelta(seconds=1)
UNDERSTANDING = Understanding("salam", "salam", 0.9, {"text": "halo"})


async def receive(
    uow: UnitOfWork,
    external_id: str,
    conversation: Conversation,
    at: datetime,
    *,
    text: str = "halo",
    state: InboxState = InboxState.WAITING,
) -> bool:
    return await uow.inbox.add(
        conversation.channel,
        external_id,
        conversation_id=conversation.id,
        inbound=Inbound(InboundKind.TEXT, text=text),
        raw={"text": text},
        received_at=at,
        state=state,
    )


async def start_turn(uow: UnitOfWork, name: str, conversation: Conversation, at: datetime) -> Turn:
    messages = await uow.inbox.waiting(conversation.id)
    turn = Turn(TurnId(name), conversation.id, messages, at, session_id="s")
    await uow.turns.start(turn)
    return turn


async def test_message_is_stored_once_per_channel(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    async with units() as uow:
        assert await receive(uow, "7", conversation, now) is True
        assert await receive(uow, "7", conversation, now, text="lagi") is False
        telegram = replace(conversation, channel=Channel.TELEGRAM)
        assert await receive(uow, "7", telegram, now) is True
        await uow.commit()
        waiting = await uow.inbox.waiting(conversation.id)
    assert [message.inbound.text for message in waiting] == ["halo", "halo"]


async def test_the_same_message_from_two_sides_at_once_is_stored_once(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    async def deliver() -> bool:
        async with units() as uow:
            added = await receive(uow, "7", conversation, now)
            await uow.commit()
        return added

    assert sorted(await asyncio.gather(*(deliver() for _ in range(5)))) == [False] * 4 + [True]


async def test_message_is_read_back_with_every_field(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    inbound = Inbound(
        InboundKind.PHOTO,
        text="jalan 🚧 rusak",
        file=FileRef("f", 10, "a.jpg", "image/jpeg"),
        point=Point(-2.68, 118.88),
        album="g",
        external_message_id="9",
    )
    async with units() as uow:
        await uow.inbox.add(
            Channel.WEB,
            "1",
            conversation_id=conversation.id,
            inbound=inbound,
            raw={"a": [1, 2.5, None, "é"]},
            received_at=now,
        )
        (message,) = await uow.inbox.waiting(conversation.id)
    assert (message.inbound, message.received_at) == (inbound, now)


async def test_characters_that_no_database_can_hold_do_not_poison_the_inbox(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    async with units() as uow:
        await uow.inbox.add(
            Channel.WEB,
            "nul\0",
            conversation_id=conversation.id,
            inbound=Inbound(InboundKind.TEXT, text="a\0b\ud800c"),
            raw={"k\0": ["\udfff", float("nan"), float("inf")]},
            received_at=now,
        )
        await uow.commit()
        (message,) = await uow.inbox.waiting(conversation.id)
    assert message.inbound.text == "ab\ufffdc"


async def test_ignored_and_unreadable_updates_do_not_wait(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    async with units() as uow:
        await receive(uow, "1", conversation, now, state=InboxState.IGNORED)
        await uow.inbox.add(
            Channel.WEB, "2", conversation_id=None, inbound=None, raw={"x": 1}, received_at=now
        )
        assert await uow.inbox.waiting(conversation.id) == ()


async def test_messages_are_counted_since_a_moment(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    async with units() as uow:
        for index in range(4):
            await receive(uow, str(index), conversation, now + index * SECOND)
        assert await uow.inbox.count_since(conversation.id, now + 2 * SECOND) == 2


async def test_standing_tells_how_many_came_lately_and_whether_one_waits(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    async with units() as uow:
        assert await uow.inbox.standing(conversation.id, now) == Standing(0, False, False)
        await receive(uow, "1", conversation, now - SECOND)
        assert await uow.inbox.standing(conversation.id, now) == Standing(0, True, False)
        await start_turn(uow, "t", conversation, now)
        await receive(uow, "2", conversation, now, state=InboxState.IGNORED)
        assert await uow.inbox.standing(conversation.id, now) == Standing(1, False, False)


async def test_started_turn_takes_its_messages(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    async with units() as uow:
        await receive(uow, "1", conversation, now, text="satu")
        await receive(uow, "2", conversation, now, text="dua")
        turn = await start_turn(uow, "t", conversation, now)
        await receive(uow, "3", conversation, now, text="tiga")
        await uow.commit()
    async with units() as uow:
        opened = await uow.turns.open_turn(conversation.id)
        waiting = await uow.inbox.waiting(conversation.id)
    assert opened == replace(
        turn,
        messages=tuple(replace(m, state=InboxState.TAKEN) for m in turn.messages),
    )
    assert [message.inbound.text for message in waiting] == ["tiga"]


async def test_saved_turn_is_read_back(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    async with units() as uow:
        await receive(uow, "1", conversation, now)
        turn = await start_turn(uow, "t", conversation, now)
        changed = replace(
            turn, attempts=2, failures=1, session_id="s2", notified_at=now, attachments={"f": "a"}
        )
        await uow.turns.save(changed)
        opened = await uow.turns.open_turn(conversation.id)
    assert opened is not None
    assert replace(opened, messages=turn.messages) == changed


async def test_second_worker_cannot_start_a_turn_of_the_same_messages(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    async with units() as uow:
        await receive(uow, "1", conversation, now)
        turn = await start_turn(uow, "t1", conversation, now)
        await uow.commit()
    async with units() as uow:
        with pytest.raises(AlreadyRecorded):
            await uow.turns.start(replace(turn, id=TurnId("t2")))


@pytest.mark.parametrize(
    ("end", "messages_end"),
    [
        (TurnState.DONE, InboxState.DONE),
        (TurnState.QUARANTINED, InboxState.QUARANTINED),
    ],
)
async def test_finished_turn_closes_its_messages(
    storage: Storage,
    conversation: Conversation,
    now: datetime,
    end: TurnState,
    messages_end: InboxState,
) -> None:
    async with storage.units() as uow:
        await receive(uow, "1", conversation, now)
        turn = await start_turn(uow, "t", conversation, now)
        await uow.turns.finish(turn.id, end, UNDERSTANDING)
        await uow.commit()
        assert await uow.turns.open_turn(conversation.id) is None
    async with storage.engine.connect() as connection:
        states = (await connection.scalars(select(InboxRow.state))).all()
        understood = (await connection.execute(select(TurnRow.intent, TurnRow.confidence))).one()
    assert (states, tuple(understood)) == ([messages_end], ("salam", 0.9))


async def test_recorded_step_is_answered_again(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    async with units() as uow:
        await receive(uow, "1", conversation, now)
        turn = await start_turn(uow, "t", conversation, now)
        assert await uow.turns.recorded(turn.id) is None
        await uow.turns.record(turn.id, "tanya", [Reply("hai")])
        assert await uow.turns.recorded(turn.id) == [Reply("hai")]
        await uow.turns.finish(turn.id, TurnState.DONE, None)
        await receive(uow, "2", conversation, now)
        silent = await start_turn(uow, "t2", conversation, now)
        await uow.turns.record(silent.id, "diam", [])
        assert await uow.turns.recorded(silent.id) == []


async def test_of_two_runs_of_a_step_one_is_recorded(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    async with units() as uow:
        await receive(uow, "1", conversation, now)
        turn = await start_turn(uow, "t", conversation, now)
        await uow.commit()

    async def run(answer: str) -> str | None:
        async with units() as uow:
            try:
                await uow.turns.record(turn.id, "lapor", [Reply(answer)])
            except AlreadyRecorded:
                assert await uow.turns.recorded(turn.id) is not None
                return None
            await asyncio.sleep(0.02)
            await uow.commit()
            return answer

    answers = [answer for answer in await asyncio.gather(run("a"), run("b"), run("c")) if answer]
    async with units() as uow:
        recorded = await uow.turns.recorded(turn.id)
    assert [Reply(answer) for answer in answers] == recorded


async def test_turns_set_aside_are_found_in_the_order_of_their_words_and_run_again(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    async with units() as uow:
        for name in ("a", "b"):
            await receive(uow, name, conversation, now, text=name)
            turn = await start_turn(uow, f"giliran-{name}", conversation, now)
            await uow.turns.set_aside(turn.id)
        standing = await uow.inbox.standing(conversation.id, now)
        assert await uow.turns.open_turn(conversation.id) is None
        oldest = await uow.turns.next_set_aside(conversation.id)
        assert oldest is not None
        await uow.turns.resume(oldest.id)
        running = await uow.turns.open_turn(conversation.id)
        following = await uow.turns.next_set_aside(conversation.id)
    assert standing == Standing(2, False, True)
    assert running == oldest
    assert (oldest.was_set_aside, oldest.messages[0].inbound.text) == (True, "a")
    assert following is not None
    assert following.messages[0].inbound.text == "b"


async def test_words_set_aside_since_a_moment_are_forgotten_when_they_are_answered(
    storage: Storage, conversation: Conversation, now: datetime
) -> None:
    async with storage.units() as uow:
        await receive(uow, "1", conversation, now - timedelta(hours=1), text="urusan lain")
        before = await start_turn(uow, "lama", conversation, now - timedelta(hours=1))
        await uow.turns.set_aside(before.id)
        await receive(uow, "2", conversation, now, text="rahasia")
        since = await start_turn(uow, "baru", conversation, now)
        await uow.turns.set_aside(since.id)
        await uow.turns.forget(conversation.id, now)
        await uow.commit()
    assert "rahasia" in await everything(storage)
    async with storage.units() as uow:
        for turn in (before, since):
            await uow.turns.resume(turn.id)
            await uow.turns.finish(turn.id, TurnState.DONE, None)
        await uow.commit()
    kept = await everything(storage)
    assert ("rahasia" in kept, "urusan lain" in kept) == (False, True)


async def everything(storage: Storage) -> str:
    """Return all that the inbox and the turns hold, as one text."""
    found = []
    async with storage.engine.connect() as connection:
        for table in ("inbox", "turns", "turn_steps", "outbox"):
            rows = await connection.exec_driver_sql(f"SELECT * FROM {table}")
            found += [f"{table}{tuple(row)}" for row in rows]
    return "\n".join(found)


async def whole_turn(
    uow: UnitOfWork, name: str, conversation: Conversation, at: datetime, text: str
) -> None:
    await receive(uow, name, conversation, at, text=text)
    turn = await start_turn(uow, name, conversation, at)
    await uow.turns.save(replace(turn, attachments={f"berkas-{text}": f"foto-{text}"}))
    await uow.turns.record(turn.id, "langkah", [Reply(f"jawab {text}")])
    await uow.turns.finish(turn.id, TurnState.DONE, Understanding("a", "a", 1.0, {"text": text}))


async def test_forgetting_empties_words_since_a_moment_and_nothing_before(
    storage: Storage, conversation: Conversation, now: datetime
) -> None:
    async with storage.units() as uow:
        await whole_turn(uow, "1", conversation, now - timedelta(hours=2), "lama")
        await whole_turn(uow, "2", conversation, now, "rahasia")
        await receive(uow, "3", conversation, now, text="bising", state=InboxState.IGNORED)
        await receive(uow, "4", conversation, now, text="baru")
        await uow.turns.forget(conversation.id, now)
        await uow.commit()
    kept = await everything(storage)
    assert ("rahasia" in kept, "bising" in kept) == (False, False)
    assert (kept.count("jawab lama"), kept.count("foto-lama")) == (1, 1)
    async with storage.units() as uow:
        waiting = await uow.inbox.waiting(conversation.id)
    assert [message.inbound.text for message in waiting] == ["baru"]


async def test_forgotten_messages_name_neither_conversation_nor_time_but_are_recognised(
    storage: Storage, conversation: Conversation, now: datetime
) -> None:
    async with storage.units() as uow:
        await whole_turn(uow, "1", conversation, now, "rahasia")
        await uow.turns.forget(conversation.id, now)
        await uow.commit()
    async with storage.engine.connect() as connection:
        row = (await connection.execute(select(InboxRow))).one()
    assert (row.conversation_id, row.turn_id, row.inbound, row.raw) == (None, None, None, {})
    assert row.received_at == now.replace(hour=0)
    async with storage.units() as uow:
        assert await receive(uow, "1", conversation, now) is False


async def test_turn_that_was_under_way_at_the_moment_is_forgotten_too(
    storage: Storage, conversation: Conversation, now: datetime
) -> None:
    async with storage.units() as uow:
        await whole_turn(uow, "1", conversation, now - SECOND, "rahasia")
        await uow.turns.forget(conversation.id, now)
        await uow.commit()
    assert "rahasia" not in await everything(storage)


async def test_running_turn_keeps_its_words_for_a_retry_until_it_is_finished(
    storage: Storage, conversation: Conversation, now: datetime
) -> None:
    async with storage.units() as uow:
        await receive(uow, "1", conversation, now, text="rahasia ya")
        turn = await start_turn(uow, "t", conversation, now)
        await uow.turns.forget(conversation.id, now)
        await uow.turns.record(turn.id, "lapor", [Reply("nomor rahasia")])
        await uow.commit()
    async with storage.units() as uow:
        opened = await uow.turns.open_turn(conversation.id)
        assert opened is not None
        assert opened.messages[0].inbound.text == "rahasia ya"
        assert await uow.turns.recorded(turn.id) == [Reply("nomor rahasia")]
        raw = {"text": "rahasia ya"}
        await uow.turns.finish(turn.id, TurnState.DONE, Understanding("a", "a", 1.0, raw))
        await uow.commit()
    assert "rahasia" not in await everything(storage)


async def test_forgetting_leaves_other_conversations_alone(
    storage: Storage, conversation: Conversation, now: datetime
) -> None:
    other = replace(conversation, id=ConversationId("c2"), address="lain")
    async with storage.units() as uow:
        await uow.conversations.add(other)
        await whole_turn(uow, "1", other, now, "milik lain")
        await uow.turns.forget(conversation.id, now)
        await uow.commit()
    assert "jawab milik lain" in await everything(storage)
