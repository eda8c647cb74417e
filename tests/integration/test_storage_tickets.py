"""Drafts, tickets, pictures and buttons, on both databases."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from desk.domain.conversation import Conversation, ConversationId
from desk.domain.draft import Draft, DraftField
from desk.domain.errors import (
    DraftAlreadyFiled,
    NotPermitted,
    NumberTaken,
    StaleVersion,
    TicketNotFound,
)
from desk.domain.inbound import Inbound, InboundKind, Point
from desk.domain.lifecycle import (
    OPEN,
    Actor,
    HistoryEntry,
    Identity,
    Kind,
    OutcomeCode,
    Status,
)
from desk.domain.outgoing import OutboxState, Outgoing
from desk.domain.presses.citizens import AgreeTo, Means
from desk.domain.reply import Button, Reply
from desk.domain.ticket import (
    Addition,
    AdditionKind,
    Follower,
    Reporter,
    Ticket,
    TicketId,
    TicketPlace,
)
from desk.domain.ticket_number import TicketNumber, new_ticket_number
from desk.domain.turn import Turn, TurnId, TurnState, Understanding
from desk.services.ports import UnitOfWork, UnitsOfWork
from desk.storage.open import Storage
from desk.storage.tables import Base

SECOND = timedelta(seconds=1)
AddConversation = Callable[..., Awaitable[Conversation]]


@pytest.fixture
def ticket(conversation: Conversation, now: datetime) -> Ticket:
    return Ticket(
        id=TicketId("tiket-1"),
        number=new_ticket_number(),
        kind=Kind.ADUAN,
        status=Status.NEW,
        identity=Identity.TERBUKA,
        filed_at=now,
        description="Jalan berlubang",
        category="jalan_jembatan",
        service=None,
        office="dinas_pu_mamuju",
        place=TicketPlace("76.02.01", "depan pasar", Point(-2.68, 118.88)),
        since="kemarin",
        photos=("foto-1",),
        reporter=Reporter(conversation.id, "Budi", "0812"),
        code_hash="hash",
        draft_id="draf-1",
        lapor_number="9999999",
        field_checks=(now, now + SECOND),
        first_contact_at=now + SECOND,
        rating=4,
        rating_words="cepat",
        merged_into=TicketNumber("MJU-0000-0000"),
        history=(
            HistoryEntry(now, None, Status.NEW, Actor.CITIZEN),
            HistoryEntry(
                now,
                Status.IN_PROGRESS,
                Status.RESOLVED,
                Actor.PETUGAS,
                reason=OutcomeCode.SCHEDULED,
                words="Dijadwalkan",
                officer_id="ani",
                office="dinas_pu_mamuju",
                proof="Surat 1/2026",
                photos=("foto-2", "foto-3"),
                scheduled_for=date(2026, 12, 1),
            ),
        ),
    )


@pytest.fixture
def draft(conversation: Conversation, now: datetime) -> Draft:
    return Draft(
        id="draf-1",
        conversation_id=conversation.id,
        kind=Kind.ADUAN,
        created_at=now,
        touched_at=now,
        asked=DraftField.PLACE,
        done=frozenset({DraftField.CONSENT, DraftField.DESCRIPTION}),
        description="Jalan berlubang",
        category="jalan_jembatan",
        place=TicketPlace(None, "depan pasar", Point(-2.68, 118.88)),
        photos=("foto-1", "foto-2"),
        identity=Identity.RAHASIA,
    )


async def test_ticket_is_read_back_with_every_field(units: UnitsOfWork, ticket: Ticket) -> None:
    async with units() as uow:
        await uow.tickets.add(ticket)
        await uow.commit()
    async with units() as uow:
        assert await uow.tickets.get(ticket.number) == ticket
        assert await uow.tickets.lock(ticket.number) == ticket
        assert await uow.tickets.of_draft("draf-1") == ticket
        assert await uow.tickets.get(TicketNumber("MJU-0000-0000")) is None
        assert await uow.tickets.of_draft("draf-2") is None


async def test_draft_becomes_one_ticket_only(units: UnitsOfWork, ticket: Ticket) -> None:
    second = replace(ticket, id=TicketId("tiket-2"), number=new_ticket_number())
    async with units() as uow:
        await uow.tickets.add(ticket)
        await uow.commit()
    async with units() as uow:
        with pytest.raises(DraftAlreadyFiled):
            await uow.tickets.add(second)
        assert await uow.tickets.of_draft("draf-1") == ticket


async def test_draft_filed_twice_at_once_becomes_one_ticket(
    units: UnitsOfWork, ticket: Ticket
) -> None:
    async def file(index: int) -> bool:
        mine = replace(ticket, id=TicketId(f"tiket-{index}"), number=new_ticket_number())
        async with units() as uow:
            try:
                await uow.tickets.add(mine)
            except DraftAlreadyFiled:
                return False
            await asyncio.sleep(0.01)
            await uow.commit()
        return True

    assert sorted(await asyncio.gather(*(file(i) for i in range(4)))) == [False] * 3 + [True]


async def test_number_in_use_is_told_apart_from_a_filed_draft(
    units: UnitsOfWork, ticket: Ticket
) -> None:
    async with units() as uow:
        await uow.tickets.add(ticket)
        with pytest.raises(NumberTaken):
            await uow.tickets.add(replace(ticket, id=TicketId("tiket-2"), draft_id="draf-2"))


async def test_tickets_without_draft_do_not_get_into_each_others_way(
    units: UnitsOfWork, ticket: Ticket
) -> None:
    async with units() as uow:
        for name in ("a", "b"):
            number = new_ticket_number()
            await uow.tickets.add(replace(ticket, id=TicketId(name), number=number, draft_id=None))
        assert len(await uow.tickets.of_conversation(ConversationId("c1"))) == 2


async def test_saved_ticket_keeps_its_history_and_gains_the_new_moves(
    units: UnitsOfWork, ticket: Ticket, now: datetime
) -> None:
    move = HistoryEntry(
        now + SECOND,
        Status.NEW,
        Status.REJECTED,
        Actor.KOORDINATOR,
        reason="bukan_aduan",
        words="Maaf",
        officer_id="7",
        office="dishub_mamuju",
    )
    words = Addition(now, AdditionKind.WORDS, text="masih rusak")
    moved = replace(
        ticket,
        status=Status.REJECTED,
        history=(*ticket.history, move),
        additions=(words,),
    )
    async with units() as uow:
        await uow.tickets.add(ticket)
        await uow.tickets.save(moved)
        await uow.tickets.save(moved)
        assert await uow.tickets.get(ticket.number) == moved


async def test_saving_over_anothers_move_is_refused(
    units: UnitsOfWork, ticket: Ticket, now: datetime
) -> None:
    move = HistoryEntry(now, Status.NEW, Status.VERIFIED, Actor.KOORDINATOR)
    async with units() as uow:
        await uow.tickets.add(ticket)
        await uow.tickets.save(
            replace(ticket, status=Status.VERIFIED, history=(*ticket.history, move))
        )
        await uow.commit()
    async with units() as uow:
        with pytest.raises(StaleVersion):
            await uow.tickets.save(replace(ticket, description="lain"))
    async with units() as uow:
        kept = await uow.tickets.get(ticket.number)
    assert kept is not None
    assert (kept.status, kept.description) == (Status.VERIFIED, "Jalan berlubang")


async def test_tickets_bring_along_those_that_were_merged_into_them_however_far(
    units: UnitsOfWork, ticket: Ticket, now: datetime
) -> None:
    last, middle, first, other, alone = (
        _variant(ticket, index, filed_at=now - index * SECOND, reporter=Reporter())
        for index in range(5)
    )
    middle = replace(middle, merged_into=last.number)
    first = replace(first, merged_into=middle.number)
    other = replace(other, merged_into=last.number)
    async with units() as uow:
        for each in (last, middle, first, other, alone):
            await uow.tickets.add(each)
        assert await uow.tickets.brought_along(last.number) == [other, first, middle]
        assert await uow.tickets.brought_along(middle.number) == [first]
        assert await uow.tickets.brought_along(alone.number) == []


async def test_two_who_change_a_locked_ticket_at_once_both_keep_what_they_wrote(
    units: UnitsOfWork, ticket: Ticket, now: datetime
) -> None:
    async with units() as uow:
        await uow.tickets.add(ticket)
        await uow.commit()

    async def change(**changes: Any) -> None:
        async with units() as uow:
            locked = await uow.tickets.lock(ticket.number)
            assert locked is not None
            await asyncio.sleep(0.01)
            await uow.tickets.save(replace(locked, **changes))
            await uow.commit()

    changes = {"rating": 4, "lapor_number": "123", "rating_words": "bagus", "office": "x"}
    await asyncio.gather(*(change(**{name: value}) for name, value in changes.items()))
    async with units() as uow:
        assert await uow.tickets.get(ticket.number) == replace(ticket, **changes)


async def test_unknown_ticket_cannot_be_saved(units: UnitsOfWork, ticket: Ticket) -> None:
    async with units() as uow:
        with pytest.raises(TicketNotFound):
            await uow.tickets.save(ticket)


async def test_addition_with_the_same_key_is_added_once_and_survives_a_save(
    units: UnitsOfWork, ticket: Ticket, now: datetime
) -> None:
    words = Addition(now, AdditionKind.WORDS, text="masih rusak")
    photo = Addition(now + SECOND, AdditionKind.PHOTO, attachment="foto-9")
    async with units() as uow:
        await uow.tickets.add(ticket)
        await uow.tickets.add_addition(ticket.id, photo, key="2")
        await uow.tickets.add_addition(ticket.id, words, key="1")
        await uow.tickets.add_addition(ticket.id, words, key="1")
        await uow.tickets.save(ticket)
        found = await uow.tickets.get(ticket.number)
    assert found is not None
    assert found.additions == (words, photo)


async def test_citizens_tickets_come_newest_first(
    units: UnitsOfWork, ticket: Ticket, now: datetime
) -> None:
    later = replace(
        ticket,
        id=TicketId("tiket-2"),
        number=new_ticket_number(),
        draft_id="draf-2",
        filed_at=now + SECOND,
    )
    async with units() as uow:
        await uow.tickets.add(ticket)
        await uow.tickets.add(later)
        assert await uow.tickets.of_conversation(ConversationId("c1")) == [later, ticket]
        assert await uow.tickets.of_conversation(ConversationId("c2")) == []


async def test_ticket_moves_to_another_conversation_of_its_citizen(
    units: UnitsOfWork, ticket: Ticket, add_conversation: AddConversation
) -> None:
    other = await add_conversation("c2")
    async with units() as uow:
        await uow.tickets.add(ticket)
        await uow.tickets.move_to_conversation(ticket.number, other.id)
        (moved,) = await uow.tickets.of_conversation(other.id)
        assert moved.reporter == replace(ticket.reporter, conversation_id=other.id)
        with pytest.raises(TicketNotFound):
            await uow.tickets.move_to_conversation(TicketNumber("MJU-0000-0000"), other.id)


async def test_anonymous_ticket_can_be_joined_to_nobody(
    units: UnitsOfWork, ticket: Ticket, conversation: Conversation
) -> None:
    anonymous = replace(ticket, identity=Identity.ANONIM, reporter=Reporter())
    async with units() as uow:
        await uow.tickets.add(anonymous)
        await uow.commit()
        with pytest.raises(NotPermitted):
            await uow.tickets.move_to_conversation(ticket.number, conversation.id)
    async with units() as uow:
        with pytest.raises(IntegrityError, match="ck_tickets_anonymous"):
            await uow.tickets.save(replace(ticket, identity=Identity.ANONIM))


async def test_draft_is_read_back_and_replaced(units: UnitsOfWork, draft: Draft) -> None:
    changed = replace(draft, touched_at=draft.touched_at + SECOND, asked=DraftField.SINCE)
    async with units() as uow:
        assert await uow.drafts.active(draft.conversation_id) is None
        await uow.drafts.save(draft)
        assert await uow.drafts.active(draft.conversation_id) == draft
        await uow.drafts.save(changed)
        assert await uow.drafts.active(draft.conversation_id) == changed


async def test_new_draft_takes_the_place_of_the_conversations_old_one(
    units: UnitsOfWork, draft: Draft, now: datetime
) -> None:
    new = replace(draft, id="draf-2", photos=("foto-2",))
    async with units() as uow:
        for photo in draft.photos:
            await uow.attachments.add(photo, draft.conversation_id, b"x", "image/jpeg", now)
        await uow.drafts.save(draft)
        await uow.drafts.save(new)
        assert await uow.drafts.active(draft.conversation_id) == new
        kept = [await uow.attachments.get(photo) is not None for photo in draft.photos]
    assert kept == [False, True]


async def test_deleted_draft_takes_its_pictures_along_unless_a_ticket_has_them(
    units: UnitsOfWork, draft: Draft, ticket: Ticket, now: datetime
) -> None:
    async with units() as uow:
        for photo in draft.photos:
            await uow.attachments.add(photo, draft.conversation_id, b"x", "image/jpeg", now)
        await uow.drafts.save(draft)
        await uow.attachments.belong_to_ticket(["foto-1"], ticket.id, at=now)
        await uow.tickets.add(ticket)
        await uow.drafts.delete(draft.id)
        await uow.drafts.delete(draft.id)
        await uow.commit()
        assert await uow.drafts.active(draft.conversation_id) is None
        assert await uow.attachments.get("foto-1") == (b"x", "image/jpeg")
        assert await uow.attachments.get("foto-2") is None


async def test_drafts_left_alone_are_deleted(units: UnitsOfWork, draft: Draft) -> None:
    async with units() as uow:
        await uow.drafts.save(draft)
        assert await uow.drafts.delete_untouched_since(draft.touched_at) == 0
        assert await uow.drafts.delete_untouched_since(draft.touched_at + SECOND) == 1
        assert await uow.drafts.active(draft.conversation_id) is None


async def test_picture_with_the_same_id_changes_nothing(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    async with units() as uow:
        await uow.attachments.add("f", conversation.id, b"\x00\xff", "image/jpeg", now)
        await uow.attachments.add("f", None, b"lain", "image/png", now)
        assert await uow.attachments.get("f") == (b"\x00\xff", "image/jpeg")
        assert await uow.attachments.get("g") is None


async def test_button_means_what_it_meant_and_is_forgotten_in_time(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    button = Button("Ya", press=AgreeTo("draf", DraftField.CONFIRM))
    async with units() as uow:
        for token, at in (("old", now - SECOND), ("new", now)):
            await uow.buttons.add({token: button}, conversation.id, at)
        await uow.buttons.add({"new": Button("Tidak", press=Means("batal"))}, conversation.id, now)
        assert await uow.buttons.get("new") == (conversation.id, button)
        assert await uow.buttons.get("none") is None
        await uow.buttons.forget(conversation.id, now)
        assert await uow.buttons.get("new") is None
        assert await uow.buttons.delete_before(now) == 1
        assert await uow.buttons.get("old") is None


async def dump(storage: Storage, *, without: set[str]) -> str:
    lines = []
    async with storage.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            if table.name not in without:
                rows = await connection.exec_driver_sql(f"SELECT * FROM {table.name}")
                lines += [f"{table.name} {tuple(row)}" for row in rows]
    return "\n".join(lines)


async def test_filing_anonymously_leaves_nothing_that_joins_person_and_ticket(
    storage: Storage, conversation: Conversation, ticket: Ticket, draft: Draft, now: datetime
) -> None:
    """Play the whole dialogue, file in one transaction, then look at every row there is."""
    anonymous = replace(ticket, identity=Identity.ANONIM, reporter=Reporter(), photos=draft.photos)
    async with storage.units() as uow:  # what the citizen said, what the desk answered
        await _play_turn(uow, conversation, "t1", "Pungli oleh Pak Camat", now - SECOND)
        await uow.drafts.save(draft)
        for photo in draft.photos:
            await uow.attachments.add(photo, conversation.id, b"x", "image/jpeg", now)
        await uow.buttons.add(
            {"tok": Button("Ya", press=AgreeTo("draf-1", DraftField.CONFIRM))},
            conversation.id,
            now,
        )
        await uow.commit()
    async with storage.units() as uow:  # the confirmation, still under way
        await uow.inbox.add(
            conversation.channel,
            "m2",
            conversation_id=conversation.id,
            inbound=Inbound(InboundKind.TEXT, text="ya, Pak Camat"),
            raw={"text": "ya, Pak Camat"},
            received_at=now,
        )
        waiting = await uow.inbox.waiting(conversation.id)
        await uow.turns.start(Turn(TurnId("t2"), conversation.id, waiting, now))
        await uow.commit()
    async with storage.units() as uow:  # filing, as one transaction
        await uow.attachments.belong_to_ticket(draft.photos, anonymous.id, at=now)
        await uow.tickets.add(anonymous)
        await uow.drafts.delete(draft.id)
        await uow.turns.forget(conversation.id, draft.created_at)
        await uow.outbox.forget(conversation.id, draft.created_at - timedelta(minutes=1))
        await uow.buttons.forget(conversation.id, draft.created_at)
        await uow.turns.record(TurnId("t2"), "lapor", [Reply(f"Nomor {anonymous.number}")])
        await uow.commit()
    async with storage.units() as uow:  # the worker ends the turn; the answer goes out
        answer = Outgoing(f"Nomor {anonymous.number}")
        await uow.outbox.add(conversation, answer, key="t2:0", now=now)
        await uow.turns.finish(
            TurnId("t2"), TurnState.DONE, Understanding("ya", "ya", 1.0, {"text": "Pak Camat"})
        )
        await uow.commit()
    async with storage.units() as uow:
        (message,) = await uow.outbox.due(conversation.channel, now, 5)
        assert message.body == answer
        await uow.outbox.mark(
            message.id, OutboxState.SENT, now=now, external_message_id="pesan-88"
        )
        await uow.commit()
        assert await uow.tickets.get(anonymous.number) == anonymous
    tickets = {"tickets", "ticket_history", "attachments"}
    persons_side = await dump(storage, without=tickets)
    for trace in (
        anonymous.number,
        anonymous.id,
        "draf-1",
        "Camat",
        "foto-",
        "berlubang",
        "pesan-88",
    ):
        assert (trace, trace in persons_side) == (trace, False)
    tickets_side = await dump(storage, without=set(Base.metadata.tables) - tickets)
    assert anonymous.number in tickets_side
    for trace in (conversation.id, conversation.address, "t1", "t2"):
        assert (trace, repr(trace) in tickets_side) == (trace, False)


async def _play_turn(
    uow: UnitOfWork, conversation: Conversation, name: str, text: str, at: datetime
) -> None:
    await uow.inbox.add(
        conversation.channel,
        f"pesan-{name}",
        conversation_id=conversation.id,
        inbound=Inbound(InboundKind.TEXT, text=text),
        raw={"text": text},
        received_at=at,
    )
    waiting = await uow.inbox.waiting(conversation.id)
    turn = Turn(TurnId(name), conversation.id, waiting, at, attachments={"berkas": "foto-1"})
    await uow.turns.start(turn)
    await uow.turns.record(turn.id, "lapor", [Reply(f"Uraian: {text}")])
    await uow.turns.finish(turn.id, TurnState.DONE, Understanding("a", "a", 1, {"text": text}))
    await uow.outbox.add(conversation, Outgoing(f"Uraian: {text}"), key=f"{name}:0", now=at)
    (sent,) = await uow.outbox.due(conversation.channel, at, 5)
    await uow.outbox.mark(sent.id, OutboxState.SENT, now=at)


def _variant(ticket: Ticket, index: int, **changes: Any) -> Ticket:
    return replace(
        ticket,
        id=TicketId(f"t{index}"),
        number=new_ticket_number(),
        draft_id=None,
        merged_into=None,
        **changes,
    )


async def test_tickets_are_listed_by_state_office_and_protection(
    units: UnitsOfWork, ticket: Ticket
) -> None:
    """Oldest first; what only `integritas` may see is left out where told."""
    ours = _variant(ticket, 1, filed_at=ticket.filed_at + SECOND)
    older = _variant(ticket, 2)
    unassigned = _variant(ticket, 3, office=None, category=None)
    hidden = _variant(ticket, 4, identity=Identity.RAHASIA)
    bribe = _variant(ticket, 5, category="pungli_korupsi")
    closed = _variant(ticket, 6, status=Status.CLOSED)
    async with units() as uow:
        for each in (ours, older, unassigned, hidden, bribe, closed):
            await uow.tickets.add(each)
        oldest = uow.tickets.oldest
        office = "dinas_pu_mamuju"
        assert await oldest(OPEN, offices={office}, protected=False, limit=9) == [older, ours]
        assert await oldest(OPEN, offices={None}, protected=False, limit=9) == [unassigned]
        both = await oldest(OPEN, offices={None, office}, protected=False, limit=9)
        assert both == [older, unassigned, ours]
        assert await oldest(OPEN, offices=(), limit=9) == []
        assert await oldest(OPEN, protected=True, limit=9) == [hidden, bribe]
        assert len(await oldest(OPEN, limit=9)) == 5
        assert await oldest(OPEN, protected=True, limit=1) == [hidden]


async def test_tickets_in_a_state_are_read_in_pages(units: UnitsOfWork, ticket: Ticket) -> None:
    tickets = [_variant(ticket, index) for index in range(5)]
    async with units() as uow:
        for each in tickets:
            await uow.tickets.add(each)
        await uow.tickets.add(_variant(ticket, 9, status=Status.MERGED))
        first = await uow.tickets.in_states({Status.NEW}, after=None, limit=3)
        rest = await uow.tickets.in_states({Status.NEW}, after=first[-1].id, limit=3)
    assert [*first, *rest] == tickets


async def test_tickets_of_a_category_are_found_since_a_moment(
    units: UnitsOfWork, ticket: Ticket
) -> None:
    early = _variant(ticket, 1, filed_at=ticket.filed_at - SECOND)
    late = _variant(ticket, 2, filed_at=ticket.filed_at + SECOND)
    other = _variant(ticket, 3, category="air_bersih")
    closed = _variant(ticket, 4, status=Status.CLOSED)
    async with units() as uow:
        for each in (early, late, ticket, other):
            await uow.tickets.add(each)
        await uow.tickets.add(closed)
        found = await uow.tickets.of_category("jalan_jembatan", OPEN, ticket.filed_at, 9)
        assert [each.id for each in found] == [late.id, ticket.id]
        assert await uow.tickets.merged_into(TicketNumber("MJU-0000-0000")) == [ticket]


async def test_followers_join_once_and_leave_with_what_brought_them(
    units: UnitsOfWork, ticket: Ticket, add_conversation: AddConversation
) -> None:
    mine, hers = await add_conversation("1"), await add_conversation("2")
    async with units() as uow:
        await uow.tickets.add(ticket)
        own = Follower(mine.id, ticket.filed_at, "draf-7")
        merged = Follower(hers.id, ticket.filed_at + SECOND, "MJU-0000-0000")
        assert await uow.tickets.follow(ticket.id, merged)
        assert await uow.tickets.follow(ticket.id, own)
        again = Follower(mine.id, ticket.filed_at + SECOND, "MJU-0000-0000")
        assert not await uow.tickets.follow(ticket.id, again)
        assert await uow.tickets.followers(ticket.id) == [own, merged]
        assert await uow.tickets.followed_by(mine.id) == [ticket]
        await uow.tickets.unfollow(ticket.id, through="MJU-0000-0000")
        assert await uow.tickets.followers(ticket.id) == [own]
        assert await uow.tickets.followed_by(hers.id) == []
