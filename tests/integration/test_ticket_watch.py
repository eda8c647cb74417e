"""Clocks over weekends, holidays, pauses and midnight, as officers hear them strike."""

import asyncio
from dataclasses import replace
from datetime import datetime

import pytest

from desk.domain.conversation import Channel
from desk.domain.lifecycle import Actor, Identity, Kind, MoveDetails, Status
from desk.domain.roles import Role
from desk.domain.ticket import Ticket
from desk.domain.working_time import WITA
from desk.services.every import Lease, beside
from desk.services.tickets.watch import HELD, Watch, watch
from desk.storage.bell import LocalBell
from tests.integration.scenes import labels_of
from tests.integration.ticket_life import OFFICE, Bureau
from tests.waiting import until_found

S = Status


def wita(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=WITA)


def set_clock(bureau: Bureau, text: str) -> None:
    bureau.clock.now = wita(text)


async def look(bureau: Bureau, at: str) -> None:
    """Have a watcher that remembers nothing look at a moment, twice."""
    set_clock(bureau, at)
    for _ in range(2):
        await Watch(bureau.units, bureau.tools).look_over()


async def filed(bureau: Bureau, at: str, **changes: object) -> Ticket:
    set_clock(bureau, at)
    return await bureau.ticket(S.NEW, **changes)


@pytest.mark.parametrize(
    ("at", "before", "office", "last", "supervisor"),
    [
        # Tuesday morning: due Friday 16.30, three quarters on Friday 08.30.
        (
            "2026-11-24 10:00",
            "2026-11-27 08:29",
            "2026-11-27 08:30",
            "2026-11-27 16:29",
            "2026-11-30 07:30",
        ),
        # Friday evening counts as Monday: due Thursday 16.00, three quarters at a closing time.
        (
            "2026-11-27 20:00",
            "2026-12-02 16:00",
            "2026-12-03 07:30",
            "2026-12-03 15:59",
            "2026-12-04 07:30",
        ),
        # Christmas and its common leave are off: due Wednesday the 30th.
        (
            "2026-12-23 10:00",
            "2026-12-30 08:07",
            "2026-12-30 08:08",
            "2026-12-30 15:59",
            "2026-12-31 07:30",
        ),
        # A minute before and after midnight are the same opening.
        (
            "2026-11-24 23:59",
            "2026-11-30 07:29",
            "2026-11-30 07:30",
            "2026-11-30 15:59",
            "2026-12-01 07:30",
        ),
        (
            "2026-11-25 00:01",
            "2026-11-30 07:29",
            "2026-11-30 07:30",
            "2026-11-30 15:59",
            "2026-12-01 07:30",
        ),
    ],
)
async def test_coordinators_are_reminded_at_three_quarters_and_supervisors_at_the_end(
    bureau: Bureau, at: str, before: str, office: str, last: str, supervisor: str
) -> None:
    coordinator = await bureau.officer(Role.KOORDINATOR)
    boss = await bureau.officer(Role.SUPERVISOR, OFFICE)
    ticket = await filed(bureau, at)

    await look(bureau, before)
    assert await bureau.texts() == []
    await look(bureau, office)
    [reminder] = await bureau.texts(coordinator.private_chat)
    assert f"⏰ <b>{ticket.number}</b> · Jalan & jembatan" in reminder.replace("&amp;", "&")
    await look(bureau, last)
    assert await bureau.texts(boss.private_chat) == []
    await look(bureau, supervisor)
    [late] = await bureau.texts(boss.private_chat)
    assert "batas waktu verifikasi sudah lewat" in late
    assert len(await bureau.texts(coordinator.private_chat)) == 1


async def test_nobody_is_reminded_at_night_or_on_sunday(bureau: Bureau) -> None:
    await bureau.officer(Role.KOORDINATOR)
    await filed(bureau, "2026-11-24 10:00")
    for quiet in ("2026-11-27 16:30", "2026-11-28 10:00", "2026-11-29 10:00", "2026-11-30 07:29"):
        await look(bureau, quiet)
    assert await bureau.texts() == []


async def test_the_office_is_reminded_in_its_chats_and_the_coordinators_when_it_has_none(
    bureau: Bureau,
) -> None:
    coordinator = await bureau.officer(Role.KOORDINATOR)
    set_clock(bureau, "2026-11-24 10:00")
    ticket = await bureau.ticket(S.FORWARDED)
    await look(bureau, "2026-12-01 12:00")
    assert ticket.number in (await bureau.texts(coordinator.private_chat))[0]

    clerk = await bureau.officer(Role.PETUGAS, OFFICE)
    await look(bureau, "2026-12-01 12:01")
    assert "mulai menangani" in (await bureau.texts(clerk.private_chat))[0]
    assert len(await bureau.texts(coordinator.private_chat)) == 1


async def test_a_question_to_the_citizen_stops_the_clock_and_moves_its_end(
    bureau: Bureau,
) -> None:
    clerk = await bureau.officer(Role.PETUGAS, OFFICE)
    set_clock(bureau, "2026-11-24 10:00")
    ticket = await bureau.ticket(S.FORWARDED)
    set_clock(bureau, "2026-11-25 07:30")
    await bureau.move(ticket, S.ON_HOLD, clerk, MoveDetails(question="Di mana?"))
    await look(bureau, "2026-12-02 12:00")  # the clock of `mulai` would be late by now
    assert await bureau.texts(clerk.private_chat) == []
    set_clock(bureau, "2026-12-04 07:30")
    await bureau.move(ticket, S.FORWARDED, Actor.CITIZEN)
    heard = len(await bureau.texts(clerk.private_chat))
    await look(bureau, "2026-12-08 15:00")
    assert len(await bureau.texts(clerk.private_chat)) == heard
    await look(bureau, "2026-12-10 12:00")
    assert len(await bureau.texts(clerk.private_chat)) == heard + 1


async def test_a_field_check_gives_sixty_days(bureau: Bureau) -> None:
    await bureau.officer(Role.PETUGAS, OFFICE)
    set_clock(bureau, "2026-11-24 10:00")
    await bureau.ticket(S.IN_PROGRESS, field_checks=(wita("2026-11-24 11:00"),))
    await look(bureau, "2026-12-14 12:00")
    assert await bureau.texts() == []


async def test_no_clock_runs_for_an_office_outside_the_regency(bureau: Bureau) -> None:
    await bureau.officer(Role.KOORDINATOR)
    await filed(bureau, "2026-11-24 10:00", category="listrik_telekomunikasi", office="pln_mamuju")
    await look(bureau, "2027-02-01 10:00")
    assert await bureau.texts() == []


async def test_of_a_protected_ticket_integritas_hears_the_number_in_private_only(
    bureau: Bureau,
) -> None:
    bureau.tools = replace(bureau.tools, officer_group="-100")
    for role, office in ((Role.KOORDINATOR, None), (Role.SUPERVISOR, OFFICE)):
        await bureau.officer(role, office)
    keeper = await bureau.officer(Role.INTEGRITAS)
    ticket = await filed(bureau, "2026-11-24 10:00", identity=Identity.RAHASIA)
    await look(bureau, "2026-11-30 10:00")
    assert await bureau.texts() == await bureau.texts(keeper.private_chat)
    for text in await bureau.texts():
        assert ticket.number in text
        assert "Jalan" not in text
        assert "pasar" not in text


async def test_information_has_its_own_clock(bureau: Bureau) -> None:
    coordinator = await bureau.officer(Role.KOORDINATOR)
    await filed(bureau, "2026-11-24 10:00", kind=Kind.INFORMASI, category=None)
    await look(bureau, "2026-12-02 10:00")
    texts = await bureau.texts(coordinator.private_chat)
    assert sum("permintaan informasi" in text for text in texts) >= 1


@pytest.mark.parametrize("status", [S.RESOLVED, S.ON_HOLD])
async def test_ten_working_days_of_silence_close_a_ticket(bureau: Bureau, status: Status) -> None:
    citizen = await bureau.citizen(channel=Channel.WEB)
    set_clock(bureau, "2026-11-24 10:00")
    ticket = await bureau.ticket(status, citizen)
    await look(bureau, "2026-12-08 16:00")
    assert (await bureau.stored(ticket)).status is status
    await look(bureau, "2026-12-08 16:01")
    closed = await bureau.stored(ticket)
    assert (closed.status, closed.history[-1].by) == (S.CLOSED, Actor.SYSTEM)
    [told] = await bureau.sent(citizen.address)
    assert "karena belum ada jawaban selama 10 hari kerja" in told.text
    # After a resolution the time for reopening has passed as well.
    may_reopen = status is S.ON_HOLD
    assert ("Belum selesai" in told.text) is may_reopen
    assert ("Belum selesai" in labels_of(told)) is may_reopen


async def test_an_anonymous_ticket_is_announced_when_its_hour_is_over(bureau: Bureau) -> None:
    coordinator = await bureau.officer(Role.KOORDINATOR)
    ticket = await filed(bureau, "2026-11-24 10:00", identity=Identity.ANONIM)
    await look(bureau, "2026-11-24 10:59")
    assert await bureau.texts() == []
    await look(bureau, "2026-11-24 11:00")
    [text] = await bureau.texts(coordinator.private_chat)
    assert ticket.number in text


async def test_one_process_watches_at_a_time(bureau: Bureau) -> None:
    coordinator = await bureau.officer(Role.KOORDINATOR)
    await filed(bureau, "2026-11-24 10:00", identity=Identity.ANONIM)
    set_clock(bureau, "2026-11-24 11:00")
    other = Lease(bureau.units, bureau.tools, "pengawas_tiket", "lain", HELD)
    assert await other.hold()
    watching = watch(bureau.units, bureau.tools, LocalBell(), holder="uji")
    async with beside(watching, name="uji"):
        await asyncio.sleep(0.2)
        assert await bureau.texts(coordinator.private_chat) == []
    bureau.clock.advance(seconds=151)
    watching = watch(bureau.units, bureau.tools, LocalBell(), holder="uji")
    async with beside(watching, name="uji"):
        await until_found(lambda: bureau.texts(coordinator.private_chat))
        assert not await other.hold()


async def test_many_open_tickets_are_all_looked_at(bureau: Bureau) -> None:
    coordinator = await bureau.officer(Role.KOORDINATOR)
    set_clock(bureau, "2026-11-24 10:00")
    for _ in range(5):
        await bureau.ticket(S.NEW)
    set_clock(bureau, "2026-11-27 10:00")
    await Watch(bureau.units, bureau.tools, page=2).look_over()
    assert len(await bureau.texts(coordinator.private_chat)) == 5
