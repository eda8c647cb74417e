"""The desk's long-running loops: workers, the sender of a channel, housekeeping."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from desk.domain.conversation import ConversationId
from desk.domain.draft import DRAFT_KEPT
from desk.domain.errors import TryAgain
from desk.domain.parcels import Parcel
from desk.services.errors import RightLost
from desk.services.every import Lease, beside, every, insist
from desk.services.outbox.sending import Sender
from desk.services.ports import Bell, UnitsOfWork
from desk.services.privacy import erasing, retention
from desk.services.talk import linking
from desk.services.tools import Tools
from desk.services.turns.troubles import note_crash
from desk.services.turns.working import LEASE, work_on
from desk.services.turns.workshop import Workshop

logger = logging.getLogger(__name__)

#: Another process may have stored something without this one hearing the bell.
LONGEST_SLEEP = 1.0
AFTER_ERROR = 1.0
HOUSEKEEPING = 600.0
HOUSE_HELD = timedelta(seconds=1500)
#: Leases are short, so that a killed process is soon replaced, and renewed while it lives.
RENEW = 4.0
BUTTONS_KEPT = timedelta(days=30)
#: How long a picture may wait for a draft or a ticket to take it.
PICTURES_KEPT = timedelta(hours=48)
#: How long the receipt of an anonymous report waits for a browser that has left.
RECEIPTS_KEPT = timedelta(hours=24)


async def work(shop: Workshop, *, parallel: int = 8) -> None:
    """Work turns until cancelled, several conversations at a time, each by one task only."""
    room = asyncio.Semaphore(parallel)
    async with asyncio.TaskGroup() as tasks:
        while True:
            await room.acquire()
            try:
                found, at = await _lease(shop)
            except Exception:
                logger.exception("could not lease a conversation")
                room.release()
                await asyncio.sleep(AFTER_ERROR)
                continue
            if found is None:
                room.release()
                await shop.bell.wait("inbox", seconds_until(at, shop.tools.now()))
                continue
            tasks.create_task(_work_and_release(shop, found, room))


async def _lease(shop: Workshop) -> tuple[ConversationId | None, datetime | None]:
    """Lease the next conversation, or tell when there will be one."""
    async with shop.units() as uow:
        found = await uow.conversations.lease_next(shop.name, shop.tools.now(), LEASE)
        if found is None:
            return None, await uow.conversations.next_wake()
        await uow.commit()
    return found, None


def seconds_until(at: datetime | None, now: datetime) -> float:
    """Return how long to sleep until *at*, never longer than `LONGEST_SLEEP`."""
    if at is None:
        return LONGEST_SLEEP
    return min(max((at - now).total_seconds(), 0.005), LONGEST_SLEEP)


async def _work_and_release(
    shop: Workshop, conversation_id: ConversationId, room: asyncio.Semaphore
) -> None:
    async def renew() -> None:
        async with shop.units() as uow:
            until = shop.tools.now() + LEASE
            await uow.conversations.renew(conversation_id, shop.name, until)
            await uow.commit()

    # A turn may take long, as a large picture makes it.
    renewing = every(RENEW, renew, name="the renewal of a turn's lease", first_after=RENEW)
    try:
        async with beside(renewing, name="the renewal of a turn's lease"):
            await insist(partial(work_on, shop, conversation_id))
    except TryAgain:
        # The lease runs out by itself, and the turn is none that breaks.
        logger.warning("a turn waits for others", extra={"conversation": conversation_id})
    except Exception:
        logger.exception("turn broke outside Rasa", extra={"conversation": conversation_id})
        await _count_crash(shop, conversation_id)
    finally:
        room.release()


async def _count_crash(shop: Workshop, conversation_id: ConversationId) -> None:
    try:
        await note_crash(shop, conversation_id)
    except Exception:
        # The lease runs out by itself; until then nobody else touches the conversation.
        logger.exception("could not count a crash", extra={"conversation": conversation_id})


async def send(sender: Sender, bell: Bell) -> None:
    """Send a channel's outbox until cancelled, while this process holds the right to."""
    while True:
        await _wait_for_right(sender)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(sender.right.keep())
                await _send_due(sender, bell, tasks)
        except* RightLost:
            # What was under way is broken off by now; whoever has the right next goes on.
            logger.warning("lost the right to send", extra={"channel": sender.channel})


async def _wait_for_right(sender: Sender) -> None:
    """Take the right to send; what its holder before left half sent is put back in line."""
    while True:
        try:
            if await sender.right.take():
                await sender.recover()
                return
        except Exception:
            logger.exception("could not take the right to send")
        await asyncio.sleep(AFTER_ERROR)


async def _send_due(sender: Sender, bell: Bell, tasks: asyncio.TaskGroup) -> None:
    topic = f"outbox:{sender.channel}"
    while True:
        try:
            await sender.put_back_lost()
            leaving, held = await sender.take_due()
        except RightLost:
            raise
        except Exception:
            logger.exception("could not read the outbox")
            await asyncio.sleep(AFTER_ERROR)
            continue
        for parcel in leaving:
            tasks.create_task(_send_one(sender, bell, parcel))
        await bell.wait(topic, min(held or LONGEST_SLEEP, LONGEST_SLEEP))


async def _send_one(sender: Sender, bell: Bell, parcel: Parcel) -> None:
    try:
        await sender.send(parcel)
    except RightLost:
        raise
    except Exception:
        logger.exception("could not record a delivery", extra={"outbox": parcel.head.id})
        sender.lost.append(parcel)
    finally:
        bell.ring(f"outbox:{sender.channel}")


async def keep_house(units: UnitsOfWork, tools: Tools, *, holder: str) -> None:
    """Remove what has outlived its time, until cancelled; one process of all does each duty.

    A duty that fails is tried again the next time, and keeps no other from being done: most of
    them the law asks for.
    """
    async with asyncio.TaskGroup() as tasks:
        for name, duty in DUTIES.items():
            lease = Lease(units, tools, f"rumah:{name}", holder, HOUSE_HELD)
            act = partial(duty, units, tools)
            tasks.create_task(every(HOUSEKEEPING, act, name=f"housekeeping: {name}", lease=lease))


async def sweep(units: UnitsOfWork, tools: Tools) -> None:
    """Remove drafts, buttons, pictures, receipts and links that have outlived their time."""
    now = tools.now()
    async with units() as uow:
        swept = {
            "drafts": await uow.drafts.delete_untouched_since(now - DRAFT_KEPT),
            "buttons": await uow.buttons.delete_before(now - BUTTONS_KEPT),
            "pictures": await uow.attachments.delete_orphans(now - PICTURES_KEPT),
            "receipts": await uow.outbox.give_up_unread(now - RECEIPTS_KEPT),
            "links": await linking.delete_expired(uow, now),
        }
        await uow.commit()
    if any(swept.values()):
        logger.info("swept", extra=swept)


#: What housekeeping has to do, each by itself.
DUTIES: Final[Mapping[str, Callable[[UnitsOfWork, Tools], Awaitable[object]]]] = {
    "sapu": sweep,
    "hapus": erasing.complete,
    "retensi": retention.daily,
    "topik": retention.retire_some_topics,
}
