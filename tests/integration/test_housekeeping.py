"""What housekeeping removes, and what it must leave, on both databases."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from desk.domain.conversation import Channel, Conversation
from desk.domain.inbound import Inbound, InboundKind
from desk.domain.outgoing import Outgoing
from desk.domain.presses.citizens import KeptWords, Means
from desk.domain.reply import Button
from desk.domain.retention import Retention
from desk.domain.turn import Turn, TurnId, TurnState
from desk.services.every import Lease, beside
from desk.services.ports import UnitsOfWork
from desk.services.privacy import retention
from desk.services.talk.linking import make_link
from desk.services.turns.loops import DUTIES, keep_house, sweep
from desk.storage.open import Storage
from desk.storage.tables import AttachmentRow, InboxRow, OutboxRow
from tests.integration.scenes import LAMP, LAMP_SENSE, Citizen, Stage, file_lamp
from tests.waiting import until_found

OLD = "a" * 32
HOUR = timedelta(hours=1)


async def add_old(units: UnitsOfWork, conversation: Conversation, now: datetime) -> None:
    async with units() as uow:
        await uow.attachments.add(OLD, conversation.id, b"x", "image/jpeg", now - 2 * HOUR)
        await uow.commit()


async def is_kept(units: UnitsOfWork) -> bool:
    async with units() as uow:
        return await uow.attachments.get(OLD) is not None


async def orphans(units: UnitsOfWork, before: datetime) -> int:
    async with units() as uow:
        count = await uow.attachments.delete_orphans(before)
        await uow.commit()
    return count


async def test_a_picture_that_nothing_leads_to_is_removed_in_time(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    await add_old(units, conversation, now)
    assert await orphans(units, now - 3 * HOUR) == 0
    assert await is_kept(units)
    assert await orphans(units, now - HOUR) == 1
    assert not await is_kept(units)


async def test_a_picture_behind_a_button_or_in_an_unsent_message_is_kept(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    await add_old(units, conversation, now)
    button = Button(
        "Buat laporan baru", press=Means("lapor_aduan", KeptWords(photos=("b" * 32, OLD)))
    )
    async with units() as uow:
        await uow.buttons.add({"token": button}, conversation.id, now)
        await uow.commit()
    assert await orphans(units, now) == 0

    async with units() as uow:
        await uow.buttons.forget(conversation.id, now)
        picture = Outgoing("Ini hasilnya", attachment=OLD)
        await uow.outbox.add(conversation, picture, key="k", now=now)
        await uow.commit()
    assert await orphans(units, now) == 0


async def test_a_picture_of_a_waiting_message_and_of_its_turn_is_kept(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    await add_old(units, conversation, now)
    async with units() as uow:
        await uow.inbox.add(
            Channel.WEB,
            "1",
            conversation_id=conversation.id,
            inbound=Inbound(InboundKind.PHOTO, attachment=OLD),
            raw={},
            received_at=now - 2 * HOUR,
        )
        await uow.commit()
    assert await orphans(units, now) == 0

    turn = TurnId("giliran")
    async with units() as uow:
        messages = await uow.inbox.waiting(conversation.id)
        began = now - 2 * HOUR
        running = Turn(turn, conversation.id, messages, began, attachments={OLD: OLD})
        await uow.turns.start(running)
        await uow.commit()
    assert await orphans(units, now) == 0

    async with units() as uow:
        await uow.turns.finish(turn, TurnState.DONE, None)
        await uow.commit()
    assert await orphans(units, now - 2 * HOUR) == 0
    assert await orphans(units, now) == 1


async def pictures(storage: Storage) -> int:
    async with storage.engine.connect() as connection:
        return len((await connection.execute(select(AttachmentRow.id))).all())


async def test_a_picture_goes_with_the_buttons_under_it_and_a_tickets_picture_stays(
    stage: Stage, citizen: Citizen, storage: Storage
) -> None:
    await stage.citizen("456").photos("foto-nyasar")
    await citizen.say(LAMP, **LAMP_SENSE)
    await citizen.press("Saya setuju")
    await citizen.photos("foto-lampu")
    await citizen.press("Cukup", "Terbuka", "Kirim")
    await sweep(stage.units, stage.tools)
    assert await pictures(storage) == 2

    stage.clock.advance(days=3)
    await sweep(stage.units, stage.tools)
    assert await pictures(storage) == 2  # "Buat laporan baru" still leads to it

    stage.clock.advance(days=30)
    await sweep(stage.units, stage.tools)
    assert await pictures(storage) == 1


async def test_an_anonymous_receipt_that_no_browser_shows_is_emptied_after_a_day(
    units: UnitsOfWork, storage: Storage
) -> None:
    stage = Stage(units, channel=Channel.WEB)
    citizen = stage.citizen("a" * 64, None)
    # The page reads its messages, but never says that it has shown them.
    await citizen.say(LAMP, **LAMP_SENSE)
    await citizen.press("Saya setuju", "Tanpa foto", "Anonim")
    await citizen.send(Inbound(InboundKind.PRESS, token=citizen.token("Kirim")))
    await stage.work()

    async def kept() -> int:
        async with storage.engine.connect() as connection:
            found = await connection.execute(
                select(OutboxRow.id).where(OutboxRow.scrub, OutboxRow.body.is_not(None))
            )
            return len(found.all())

    before = await kept()
    stage.clock.advance(hours=23)
    await sweep(stage.units, stage.tools)
    assert (before, await kept()) == (1, 1)
    stage.clock.advance(hours=2)
    await sweep(stage.units, stage.tools)
    assert await kept() == 0


async def test_links_that_nobody_followed_go_when_they_expire(
    stage: Stage, citizen: Citizen
) -> None:
    ticket = await file_lamp(citizen)
    conversation = await citizen.conversation()
    tools = replace(stage.tools, bot_name=lambda: "sapa_uji_bot")
    async with stage.units() as uow:
        assert await make_link(uow, tools, conversation.id, ticket.number)
        await uow.values.put("tautanlain", 1)
        await uow.commit()

    async def names() -> list[str]:
        async with stage.units() as uow:
            return [name.partition(":")[0] for name in await uow.values.starting_with("tautan")]

    stage.clock.advance(hours=23)
    await sweep(stage.units, stage.tools)
    assert sorted(await names()) == ["tautan", "tautanlain"]
    stage.clock.advance(hours=2)
    await sweep(stage.units, stage.tools)
    assert await names() == ["tautanlain"]


# --- the duties ---------------------------------------------------------------------------------


class Broken(Exception):
    """The database did not take this."""


@dataclass
class Breaking:
    """Units of work in which one repository never answers to one call."""

    units: UnitsOfWork
    repository: str
    method: str
    times: int = 10**6

    def __call__(self) -> Any:
        unit = self.units()
        entered = unit.__aenter__

        async def enter() -> Any:
            uow: Any = await entered()
            setattr(uow, self.repository, _Broken(getattr(uow, self.repository), self))
            return uow

        return _Entered(unit, enter)


@dataclass
class _Entered:
    unit: Any
    enter: Callable[[], Awaitable[Any]]

    async def __aenter__(self) -> Any:
        return await self.enter()

    async def __aexit__(self, *error: Any) -> None:
        await self.unit.__aexit__(*error)


@dataclass
class _Broken:
    repository: Any
    breaking: Breaking

    def __getattr__(self, name: str) -> Any:
        if name == self.breaking.method and self.breaking.times > 0:
            self.breaking.times -= 1
            raise Broken
        return getattr(self.repository, name)


async def last_retention(units: UnitsOfWork) -> Any:
    async with units() as uow:
        return await uow.values.get("retensi:terakhir")


@pytest.mark.parametrize(
    ("repository", "method"),
    [("drafts", "delete_untouched_since"), ("privacy", "erasures_under_way")],
)
async def test_a_duty_that_always_fails_keeps_no_other_from_being_done(
    citizen: Citizen, storage: Storage, repository: str, method: str
) -> None:
    stage = citizen.stage
    await citizen.say("halo", "salam")
    stage.use(replace(stage.tools, retention=Retention(raw=timedelta(minutes=1))))
    stage.clock.advance(days=1)
    breaking = Breaking(stage.units, repository, method)

    async with beside(keep_house(breaking, stage.tools, holder="uji"), name="uji"):
        await until_found(lambda: last_retention(stage.units))

    async with storage.engine.connect() as connection:
        raw = select(func.count()).select_from(InboxRow).where(InboxRow.raw != {})
        assert await connection.scalar(raw) == 0


async def test_a_retention_that_broke_off_is_due_again(stage: Stage) -> None:
    breaking = Breaking(stage.units, "retention", "remove", times=1)
    with pytest.raises(Broken):
        await retention.daily(breaking, stage.tools)
    assert await last_retention(stage.units) is None

    await retention.daily(breaking, stage.tools)
    assert await last_retention(stage.units) == stage.clock().isoformat()


async def test_one_process_of_all_keeps_the_house(stage: Stage) -> None:
    leases = [Lease(stage.units, stage.tools, f"rumah:{name}", "lain", HOUR) for name in DUTIES]
    for lease in leases:
        assert await lease.hold()
    async with beside(keep_house(stage.units, stage.tools, holder="uji"), name="uji"):
        await asyncio.sleep(0.3)
        assert await last_retention(stage.units) is None
    for lease in leases:
        await lease.release()
    async with beside(keep_house(stage.units, stage.tools, holder="uji"), name="uji"):
        await until_found(lambda: last_retention(stage.units))
