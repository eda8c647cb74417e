"""A ticket moves exactly as the table says, for every role, and all who care hear of it."""

import asyncio
from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from desk.domain.errors import MoveNeeds, MoveNotAllowed, NotPermitted, TicketNotFound
from desk.domain.lifecycle import (
    AWAITS_CITIZEN,
    Actor,
    Identity,
    Kind,
    MoveDetails,
    OutcomeCode,
    Status,
)
from desk.domain.officer import Officer
from desk.domain.roles import Role
from desk.domain.ticket import Follower
from desk.domain.ticket_number import TicketNumber
from desk.services.tickets.moving import Moved, Mover, move
from desk.services.words import news
from tests.integration.scenes import labels_of
from tests.integration.ticket_life import EVERYTHING, OFFICE, OTHER_OFFICE, Bureau

S = Status
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WORK = (S.NEW, S.VERIFIED, S.FORWARDED, S.IN_PROGRESS)
OPEN = (*WORK, S.ON_HOLD, S.RESOLVED)
#: lifecycle.md's table, written out: who may move from where to where.
TABLE: dict[tuple[Status, Status], set[str]] = {
    (S.NEW, S.VERIFIED): {"koordinator", "supervisor"},
    (S.NEW, S.REJECTED): {"koordinator", "supervisor"},
    (S.VERIFIED, S.REJECTED): {"koordinator", "supervisor"},
    **{(source, S.NOT_OURS): {"koordinator", "supervisor"} for source in WORK},
    (S.VERIFIED, S.FORWARDED): {"koordinator", "sistem"},
    (S.FORWARDED, S.VERIFIED): {"petugas"},
    (S.FORWARDED, S.IN_PROGRESS): {"petugas"},
    **{(source, S.ON_HOLD): {"petugas", "koordinator", "supervisor"} for source in WORK},
    (S.ON_HOLD, S.IN_PROGRESS): {"warga", "petugas", "koordinator", "supervisor"},
    (S.IN_PROGRESS, S.RESOLVED): {"petugas", "supervisor"},
    (S.RESOLVED, S.CLOSED): {"warga"},
    (S.RESOLVED, S.IN_PROGRESS): {"warga", "supervisor"},
    (S.CLOSED, S.IN_PROGRESS): {"warga", "supervisor"},
    **{(source, S.WITHDRAWN): {"warga"} for source in OPEN},
    **{(source, S.MERGED): {"koordinator", "supervisor"} for source in OPEN},
    (S.MERGED, S.IN_PROGRESS): {"supervisor"},
}
OF_OFFICERS = {"petugas", "koordinator", "supervisor"}


def who_may(source: Status, target: Status, *, protected: bool) -> set[str]:
    who = TABLE.get((source, target), set())
    if not protected:
        return who
    # Nobody but integritas sees it; no office is there for it by itself.
    return (who - OF_OFFICERS - {"sistem"}) | ({"integritas"} if who & OF_OFFICERS else set())


async def movers(bureau: Bureau) -> dict[str, Mover]:
    own = {role.value: await bureau.officer(role, OFFICE) for role in Role}
    strangers = {
        f"{role} of another office": await bureau.officer(role, OTHER_OFFICE)
        for role in (Role.PETUGAS, Role.SUPERVISOR)
    }
    return {**own, **strangers, "warga": Actor.CITIZEN, "sistem": Actor.SYSTEM}


@ON_SQLITE
@pytest.mark.parametrize("protected", [False, True])
@pytest.mark.parametrize("source", list(Status))
async def test_every_role_makes_exactly_the_moves_of_the_table(
    bureau: Bureau, source: Status, protected: bool
) -> None:
    identity = Identity.RAHASIA if protected else Identity.TERBUKA
    people = await movers(bureau)
    ticket = await bureau.ticket(source, identity=identity)
    other = await bureau.ticket(S.IN_PROGRESS, identity=identity)
    details = replace(EVERYTHING, other_ticket=other.number)
    for target in set(Status) - {source}:
        made = set()
        for name, mover in people.items():
            async with bureau.units() as uow:  # never committed
                try:
                    await move(uow, bureau.tools, ticket.number, target, mover, details)
                except (MoveNotAllowed, NotPermitted):
                    continue
            made.add(name)
        assert made == who_may(source, target, protected=protected), target


@ON_SQLITE
@pytest.mark.parametrize("protected", [False, True])
@pytest.mark.parametrize(("source", "target"), list(TABLE))
async def test_every_move_is_told_once_to_who_filed_the_ticket_and_to_who_follows_it(
    bureau: Bureau, source: Status, target: Status, protected: bool
) -> None:
    identity = Identity.RAHASIA if protected else Identity.TERBUKA
    citizen, follower = await bureau.citizen(), await bureau.citizen()
    people = await movers(bureau)
    who = who_may(source, target, protected=protected) - {"sistem"}
    ticket = await bureau.ticket(source, citizen, identity=identity)
    other = await bureau.ticket(S.IN_PROGRESS, identity=identity)
    async with bureau.units() as uow:
        await uow.tickets.follow(ticket.id, Follower(follower.id, bureau.clock(), "draf"))
        await uow.commit()

    details = replace(EVERYTHING, other_ticket=other.number)
    await bureau.move(ticket, target, people[min(who)], details)

    [told], [heard] = await bureau.texts(citizen.address), await bureau.texts(follower.address)
    assert ticket.number in told
    assert ticket.number in heard
    assert "Laporan Anda" not in heard
    office = bureau.tools.catalogue.agency(OFFICE)
    for text in (told, heard) if protected else ():
        assert office.nama not in text
        assert "Jalan" not in text


@ON_SQLITE
@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("status", [status for status in Status if status in OPEN])
async def test_in_every_open_state_its_citizen_reads_a_rule(
    bureau: Bureau, status: Status, kind: Kind
) -> None:
    ticket = await bureau.ticket(status, kind=kind)
    told = news.date_and_rule(bureau.tools, ticket, is_own=True) or ""
    assert "hari kerja" in told
    if status not in AWAITS_CITIZEN:
        assert "SP4N-LAPOR! atau Ombudsman" in told


async def test_no_rule_of_ours_is_told_of_an_office_outside_the_regency(bureau: Bureau) -> None:
    ticket = await bureau.ticket(S.VERIFIED, office="pln_mamuju")
    assert news.date_and_rule(bureau.tools, ticket, is_own=True) is None


async def test_a_move_writes_state_history_and_office_and_tells_the_citizen(
    bureau: Bureau,
) -> None:
    citizen = await bureau.citizen()
    coordinator = await bureau.officer(Role.KOORDINATOR)
    ticket = await bureau.ticket(S.NEW, citizen)

    moved = await bureau.move(ticket, S.VERIFIED, coordinator)

    stored = await bureau.stored(ticket)
    assert moved.has_moved
    assert (stored.status, stored.office) == (S.VERIFIED, OFFICE)
    last = stored.history[-1]
    assert (last.from_status, last.by, last.officer_id) == (
        S.NEW,
        Actor.KOORDINATOR,
        coordinator.id,
    )
    [text] = await bureau.texts(citizen.address)
    assert f"Laporan Anda <code>{ticket.number}</code> sudah diperiksa" in text


async def test_a_repeated_move_changes_nothing_and_tells_nobody_again(bureau: Bureau) -> None:
    citizen = await bureau.citizen()
    coordinator = await bureau.officer(Role.KOORDINATOR)
    ticket = await bureau.ticket(S.NEW, citizen)
    await bureau.move(ticket, S.REJECTED, coordinator)
    before = await bureau.stored(ticket)

    again = await bureau.move(ticket, S.REJECTED, coordinator, MoveDetails())

    assert not again.has_moved
    assert await bureau.stored(ticket) == before
    assert len(await bureau.texts(citizen.address)) == 1


async def test_the_same_move_by_two_officers_at_once_is_made_once(bureau: Bureau) -> None:
    citizen = await bureau.citizen()
    officers = [await bureau.officer(Role.PETUGAS, OFFICE) for _ in range(3)]
    ticket = await bureau.ticket(S.FORWARDED, citizen)

    moved = await asyncio.gather(
        *(bureau.move(ticket, S.IN_PROGRESS, officer) for officer in officers)
    )

    assert sorted(each.has_moved for each in moved) == [False, False, True]
    assert [entry.to_status for entry in (await bureau.stored(ticket)).history].count(
        S.IN_PROGRESS
    ) == 1
    assert len(await bureau.texts(citizen.address)) == 1


async def test_a_verified_ticket_goes_on_to_a_staffed_office_with_one_notice(
    bureau: Bureau,
) -> None:
    citizen = await bureau.citizen()
    coordinator = await bureau.officer(Role.KOORDINATOR)
    clerk = await bureau.officer(Role.PETUGAS, OFFICE)
    ticket = await bureau.ticket(S.NEW, citizen)

    moved = await bureau.move(ticket, S.VERIFIED, coordinator)

    assert moved.ticket.status is S.FORWARDED
    steps = [(entry.to_status, entry.by) for entry in moved.ticket.history[1:]]
    assert steps == [(S.VERIFIED, Actor.KOORDINATOR), (S.FORWARDED, Actor.SYSTEM)]
    [text] = await bureau.texts(citizen.address)
    assert "sudah diperiksa dan diteruskan ke <b>Dinas" in text
    assert "5 hari kerja untuk mulai menangani, pedoman Permenpan RB 62/2018" in text
    [told] = await bureau.texts(clerk.private_chat)
    assert ticket.number in told


@pytest.mark.parametrize(
    ("changes", "office"),
    [
        ({}, OTHER_OFFICE),  # another office than the category's
        ({"identity": Identity.RAHASIA}, OFFICE),
        ({"category": "listrik_telekomunikasi"}, "pln_mamuju"),
        ({"category": "lainnya"}, OFFICE),
    ],
)
async def test_a_verified_ticket_waits_where_a_person_has_to_decide(
    bureau: Bureau, changes: dict[str, Any], office: str
) -> None:
    for place in (OFFICE, OTHER_OFFICE, "pln_mamuju"):
        await bureau.officer(Role.PETUGAS, place)
    role = Role.INTEGRITAS if "identity" in changes else Role.KOORDINATOR
    ticket = await bureau.ticket(S.NEW, **changes)
    by = await bureau.officer(role)
    moved = await bureau.move(ticket, S.VERIFIED, by, replace(EVERYTHING, office=office))
    assert moved.ticket.status is S.VERIFIED


async def test_an_office_gives_a_ticket_back_to_the_coordinators_and_keeps_it_not(
    bureau: Bureau,
) -> None:
    citizen = await bureau.citizen()
    clerk = await bureau.officer(Role.PETUGAS, OFFICE)
    coordinator = await bureau.officer(Role.KOORDINATOR)
    ticket = await bureau.ticket(S.FORWARDED, citizen)

    moved = await bureau.move(ticket, S.VERIFIED, clerk, MoveDetails(words="Jalan provinsi"))

    assert (moved.ticket.status, moved.ticket.office) == (S.VERIFIED, None)
    assert "Alasan: Jalan provinsi" in (await bureau.texts(coordinator.private_chat))[0]
    assert "Jalan provinsi" in (await bureau.texts(citizen.address))[0]


async def test_what_a_move_needs_is_named(bureau: Bureau) -> None:
    clerk = await bureau.officer(Role.PETUGAS, OFFICE)
    ticket = await bureau.ticket(S.IN_PROGRESS)
    with pytest.raises(MoveNeeds) as refused:
        await bureau.move(ticket, S.RESOLVED, clerk, MoveDetails())
    assert refused.value.missing == ("bukti", "hasil")


async def test_a_suspended_officer_moves_nothing(bureau: Bureau) -> None:
    clerk = await bureau.officer(Role.PETUGAS, OFFICE)
    ticket = await bureau.ticket(S.FORWARDED)
    with pytest.raises(NotPermitted):
        await bureau.move(ticket, S.IN_PROGRESS, replace(clerk, suspended_at=bureau.clock()))


async def test_proof_photo_goes_to_the_citizen_and_belongs_to_the_ticket(bureau: Bureau) -> None:
    citizen = await bureau.citizen()
    clerk = await bureau.officer(Role.PETUGAS, OFFICE)
    ticket = await bureau.ticket(S.IN_PROGRESS, citizen)
    async with bureau.units() as uow:
        await uow.attachments.add("foto", citizen.id, b"...", "image/jpeg", bureau.clock())
        await uow.commit()

    details = MoveDetails(outcome=OutcomeCode.FIXED, photos=("foto",), words="Sudah ditambal")
    await bureau.move(ticket, S.RESOLVED, clerk, details)

    question, photo = await bureau.sent(citizen.address)
    assert "<b>Hasil:</b> Sudah diperbaiki" in question.text
    assert "<b>Penjelasan:</b> Sudah ditambal" in question.text
    assert "Apakah sudah selesai menurut Anda?" in question.text
    assert labels_of(question) == ["Sudah", "Belum"]
    assert photo.attachment == "foto"


async def test_nobody_is_told_of_an_anonymous_ticket(bureau: Bureau) -> None:
    coordinator = await bureau.officer(Role.KOORDINATOR)
    ticket = await bureau.ticket(S.NEW, identity=Identity.ANONIM)
    await bureau.move(ticket, S.REJECTED, coordinator)
    assert await bureau.texts() == []


async def test_a_merged_ticket_takes_its_people_along_and_back(bureau: Bureau) -> None:
    first, second, third = [await bureau.citizen() for _ in range(3)]
    coordinator = await bureau.officer(Role.KOORDINATOR)
    supervisor = await bureau.officer(Role.SUPERVISOR, OFFICE)
    clerk = await bureau.officer(Role.PETUGAS, OFFICE)
    main = await bureau.ticket(S.FORWARDED, first)
    same = await bureau.ticket(S.FORWARDED, second)
    tail = await bureau.ticket(S.NEW, third)
    await bureau.move(tail, S.MERGED, coordinator, MoveDetails(other_ticket=same.number))

    merged = await bureau.move(same, S.MERGED, coordinator, MoveDetails(other_ticket=main.number))
    assert merged.ticket.merged_into == main.number
    await bureau.move(main, S.IN_PROGRESS, clerk)
    for citizen in (second, third):
        assert (
            f"Laporan <code>{main.number}</code> yang Anda ikuti mulai ditangani"
            in (await bureau.texts(citizen.address))[-1]
        )

    split = await bureau.move(same, S.FORWARDED, supervisor)
    assert (split.ticket.status, split.ticket.merged_into) == (S.FORWARDED, None)
    heard = len(await bureau.texts(second.address))
    await bureau.move(main, S.RESOLVED, clerk)
    assert len(await bureau.texts(second.address)) == heard
    [question] = [t for t in await bureau.texts(first.address) if "Apakah sudah selesai" in t]
    assert question


async def test_a_split_ticket_takes_its_people_from_all_that_it_was_merged_into(
    bureau: Bureau,
) -> None:
    people = {name: await bureau.citizen() for name in ("main", "middle", "first", "both")}
    coordinator = await bureau.officer(Role.KOORDINATOR)
    supervisor = await bureau.officer(Role.SUPERVISOR, OFFICE)
    clerk = await bureau.officer(Role.PETUGAS, OFFICE)
    main, middle, first, one, two = [
        await bureau.ticket(S.FORWARDED, people[name])
        for name in ("main", "middle", "first", "both", "both")
    ]
    for ticket, into in ((one, first), (first, middle), (two, middle), (middle, main)):
        await bureau.move(ticket, S.MERGED, coordinator, MoveDetails(other_ticket=into.number))
    await bureau.move(first, S.FORWARDED, supervisor)

    heard = {name: len(await bureau.texts(each.address)) for name, each in people.items()}
    await bureau.move(main, S.IN_PROGRESS, clerk)
    more = {
        name: len(await bureau.texts(each.address)) - heard[name] for name, each in people.items()
    }
    assert more == {"main": 1, "middle": 1, "first": 0, "both": 1}


async def test_who_had_left_does_not_come_back_when_another_ticket_is_split(
    bureau: Bureau,
) -> None:
    citizen = await bureau.citizen()
    coordinator = await bureau.officer(Role.KOORDINATOR)
    supervisor = await bureau.officer(Role.SUPERVISOR, OFFICE)
    main, middle, first = [await bureau.ticket(S.FORWARDED) for _ in range(3)]
    own = await bureau.ticket(S.FORWARDED, citizen)
    for ticket, into in ((own, middle), (first, middle), (middle, main)):
        await bureau.move(ticket, S.MERGED, coordinator, MoveDetails(other_ticket=into.number))
    async with bureau.units() as uow:
        await uow.tickets.leave(main.id, citizen.id)
        await uow.commit()
    await bureau.move(first, S.FORWARDED, supervisor)
    async with bureau.units() as uow:
        assert await uow.tickets.followers(main.id) == []


async def test_of_two_tickets_merged_crosswise_at_once_one_stays_open(bureau: Bureau) -> None:
    coordinator = await bureau.officer(Role.KOORDINATOR)
    one, two = await bureau.ticket(S.FORWARDED), await bureau.ticket(S.FORWARDED)
    done = await asyncio.gather(
        bureau.move(one, S.MERGED, coordinator, MoveDetails(other_ticket=two.number)),
        bureau.move(two, S.MERGED, coordinator, MoveDetails(other_ticket=one.number)),
        return_exceptions=True,
    )
    assert [type(each) for each in done].count(TicketNotFound) == 1
    states = sorted([(await bureau.stored(each)).status for each in (one, two)])
    assert states == [S.MERGED, S.FORWARDED]


async def test_a_citizen_who_withdraws_and_an_officer_who_resolves_at_once_leave_one_end(
    bureau: Bureau,
) -> None:
    citizen = await bureau.citizen()
    clerk = await bureau.officer(Role.PETUGAS, OFFICE)
    ticket = await bureau.ticket(S.IN_PROGRESS, citizen)
    await asyncio.gather(
        bureau.move(ticket, S.RESOLVED, clerk),
        bureau.move(ticket, S.WITHDRAWN, Actor.CITIZEN),
        return_exceptions=True,
    )
    stored = await bureau.stored(ticket)
    steps = [entry.to_status for entry in stored.history[4:]]
    # Withdrawn last is allowed from both states; after that nobody resolves it.
    assert steps in ([S.WITHDRAWN], [S.RESOLVED, S.WITHDRAWN])
    assert stored.status is S.WITHDRAWN
    assert len(await bureau.texts(citizen.address)) == len(steps)


@pytest.mark.parametrize("seed", range(4))
async def test_moves_of_all_kinds_at_once_leave_a_history_without_gaps_told_step_by_step(
    bureau: Bureau, seed: int
) -> None:
    citizen = await bureau.citizen()
    people = await movers(bureau)
    ticket = await bureau.ticket(S.FORWARDED, citizen)
    other = await bureau.ticket(S.IN_PROGRESS)
    details = replace(EVERYTHING, other_ticket=other.number)
    chosen = Random(seed)
    wanted = [
        (
            chosen.choice([s for s in Status if s is not S.NEW]),
            chosen.choice(list(people.values())),
        )
        for _ in range(60)
    ]
    # The likely way of a ticket, so that some of the others find a state that lets them.
    wanted += [(target, people["petugas"]) for target in (S.IN_PROGRESS, S.ON_HOLD, S.RESOLVED)]
    done = await asyncio.gather(
        *(bureau.move(ticket, target, by, details) for target, by in wanted),
        return_exceptions=True,
    )

    stored = await bureau.stored(ticket)
    refused = (MoveNotAllowed, MoveNeeds, NotPermitted)
    assert all(isinstance(each, (Moved, *refused)) for each in done)
    history = stored.history
    assert history[-1].to_status is stored.status
    for before, after in pairwise(history):
        assert after.from_status is before.to_status
    moved = sum(isinstance(each, Moved) and each.has_moved for each in done)
    assert moved > 0
    assert len(await bureau.texts(citizen.address)) == moved
    reopened = [
        entry
        for entry in history
        if entry.by is Actor.CITIZEN
        and entry.to_status is S.IN_PROGRESS
        and entry.from_status in {S.RESOLVED, S.CLOSED}
    ]
    assert len(reopened) <= 1


@pytest.mark.parametrize("fault", ["itself", "closed", "protected", "unknown"])
async def test_a_ticket_merges_only_into_an_open_one_that_may_be_seen(
    bureau: Bureau, fault: str
) -> None:
    coordinator = await bureau.officer(Role.KOORDINATOR)
    ticket = await bureau.ticket(S.FORWARDED)
    other = await bureau.ticket(
        S.CLOSED if fault == "closed" else S.NEW,
        category="pungli_korupsi" if fault == "protected" else "jalan_jembatan",
    )
    number = {"itself": ticket.number, "unknown": TicketNumber("MJU-0000-0000")}.get(
        fault, other.number
    )
    with pytest.raises(TicketNotFound):
        await bureau.move(ticket, S.MERGED, coordinator, MoveDetails(other_ticket=number))


async def test_a_citizen_reopens_once_and_the_supervisor_hears_of_it(bureau: Bureau) -> None:
    citizen = await bureau.citizen()
    supervisor: Officer = await bureau.officer(Role.SUPERVISOR, OFFICE)
    clerk = await bureau.officer(Role.PETUGAS, OFFICE)
    ticket = await bureau.ticket(S.RESOLVED, citizen)

    await bureau.move(ticket, S.IN_PROGRESS, Actor.CITIZEN, answered=citizen.id)
    for told in (supervisor, clerk):
        [text] = await bureau.texts(told.private_chat)
        assert "dibuka kembali: menurut warga belum selesai" in text
    await bureau.move(ticket, S.RESOLVED, clerk)
    with pytest.raises(MoveNotAllowed):
        await bureau.move(ticket, S.IN_PROGRESS, Actor.CITIZEN)
    reopened = await bureau.move(ticket, S.IN_PROGRESS, supervisor)
    assert reopened.has_moved
    assert "dibuka kembali oleh atasan" in (await bureau.texts(clerk.private_chat))[-1]


async def test_an_office_hears_when_its_ticket_is_taken_away_or_comes_back(
    bureau: Bureau,
) -> None:
    coordinator = await bureau.officer(Role.KOORDINATOR)
    supervisor = await bureau.officer(Role.SUPERVISOR, OFFICE)
    clerk = await bureau.officer(Role.PETUGAS, OFFICE)
    main = await bureau.ticket(S.IN_PROGRESS)
    ticket = await bureau.ticket(S.ON_HOLD)

    details = MoveDetails(other_ticket=main.number)
    await bureau.move(ticket, S.MERGED, coordinator, details)
    await bureau.move(ticket, S.ON_HOLD, supervisor)
    await bureau.move(ticket, S.IN_PROGRESS, coordinator)
    await bureau.move(ticket, S.NOT_OURS, coordinator)

    merged, back, gone = await bureau.texts(clerk.private_chat)
    assert f"digabung dengan {main.number}" in merged
    assert "tidak digabung lagi dan kembali kepada Anda" in back
    assert "dinyatakan bukan wewenang" in gone
    assert await bureau.texts(coordinator.private_chat) == []


async def test_only_those_who_had_a_ticket_hear_that_it_was_withdrawn(bureau: Bureau) -> None:
    coordinator = await bureau.officer(Role.KOORDINATOR)
    clerk = await bureau.officer(Role.PETUGAS, OFFICE)
    unseen, begun = await bureau.ticket(S.NEW), await bureau.ticket(S.ON_HOLD)
    for ticket in (unseen, begun):
        await bureau.move(ticket, S.WITHDRAWN, Actor.CITIZEN)
    for officer, ticket in ((coordinator, unseen), (clerk, begun)):
        [text] = await bureau.texts(officer.private_chat)
        assert ticket.number in text
        assert "ditarik" in text
