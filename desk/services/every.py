"""What runs beside everything else or again and again, by one process of all if need be."""

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, NoReturn, TypeVar

from desk.domain.errors import TryAgain
from desk.services.ports import UnitsOfWork
from desk.services.tools import Tools

logger = logging.getLogger(__name__)

#: Several processes that began together should not go on together.
SPREAD: Final = 0.1
#: A lease is renewed this many times in the time that it lasts, so that one failure loses nothing.
RENEWALS: Final = 3
#: Transactions that stand in each other's way part after a time or two.
TRIES: Final = 5

T = TypeVar("T")
Act = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Lease:
    """A right that one process of all holds at a time; a killed one loses it after a while."""

    units: UnitsOfWork
    tools: Tools
    name: str
    holder: str
    lasts: timedelta

    async def hold(self) -> bool:
        """Take or renew the right; False while another process has it."""
        async with self.units() as uow:
            held = await uow.leases.acquire(self.name, self.holder, self.tools.now(), self.lasts)
            await uow.commit()
        return held

    async def release(self) -> None:
        """Let another process have the right at once."""
        async with self.units() as uow:
            await uow.leases.release(self.name, self.holder)
            await uow.commit()


async def every(
    seconds: float | Callable[[], float],
    act: Act,
    *,
    name: str,
    lease: Lease | None = None,
    after_error: float | None = None,
    first_after: float = 0.0,
) -> NoReturn:
    """Act at once and then every so many seconds, until cancelled; no error ends it.

    Args:
        seconds: The pause between two times, a little random; asked after each when it can change.
        act: What is done. It may itself wait for something to happen.
        name: What the log calls this loop.
        lease: Who does not hold it leaves the act to the process that does.
        after_error: The pause after a failure, when it is another one.
        first_after: Seconds until the first time.
    """
    await asyncio.sleep(first_after)
    try:
        while True:
            pause = seconds() if callable(seconds) else seconds
            try:
                await _act(act, lease, name)
                pause = seconds() if callable(seconds) else seconds
            except Exception:
                # The edge of each loop: whatever broke, the next time may go well.
                logger.exception("%s failed", name, extra={"loop": name})
                pause = pause if after_error is None else after_error
            heed_cancelling()
            await asyncio.sleep(pause * random.uniform(1 - SPREAD, 1 + SPREAD))  # noqa: S311 - no secret
    finally:
        if lease is not None:
            await _give_up(lease)


async def _act(act: Act, lease: Lease | None, name: str) -> None:
    if lease is None:
        await act()
    elif await lease.hold():
        # However long it takes, nobody else begins meanwhile.
        between = lease.lasts.total_seconds() / RENEWALS
        keeping = every(between, lease.hold, name=f"lease of {name}", first_after=between)
        async with beside(keeping, name=f"lease of {name}"):
            await act()


def heed_cancelling() -> None:
    """End now if somebody below caught the cancelling, as `wait_for` of Python 3.11 may."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def _give_up(lease: Lease) -> None:
    try:
        await lease.release()
    except Exception:
        # It runs out by itself.
        logger.exception("could not give up a lease", extra={"lease": lease.name})


async def insist(act: Callable[[], Awaitable[T]]) -> T:
    """Do a whole transaction, or several, again at once when the database gave one of them up.

    Raises:
        TryAgain: It did so every time.
    """
    for _ in range(TRIES - 1):
        try:
            return await act()
        except TryAgain:
            logger.info("a transaction is tried again")
    return await act()


# --- tasks --------------------------------------------------------------------------------------


def start(
    work: Coroutine[Any, Any, object],
    *,
    name: str,
    when_broken: Callable[[], object] | None = None,
) -> asyncio.Task[object]:
    """Begin *work* in the background; if it breaks, that is logged and *when_broken* is called.

    Nothing else ends with it, unless *when_broken* sees to that.
    """
    task = asyncio.create_task(work, name=name)

    def note(done: asyncio.Task[object]) -> None:
        if done.cancelled() or (error := done.exception()) is None:
            return
        level = logging.ERROR if when_broken is None else logging.CRITICAL
        logger.log(level, "%s broke", name, exc_info=error, extra={"task": name})
        if when_broken is not None:
            when_broken()

    task.add_done_callback(note)
    return task


async def end(task: asyncio.Task[object]) -> None:
    """Cancel a task and wait until it is over."""
    task.cancel()
    await asyncio.wait({task})


@contextlib.asynccontextmanager
async def beside(
    work: Coroutine[Any, Any, object],
    *,
    name: str,
    when_broken: Callable[[], object] | None = None,
) -> AsyncIterator[None]:
    """Have *work* run in the background as long as this context lasts."""
    task = start(work, name=name, when_broken=when_broken)
    try:
        yield
    finally:
        await end(task)
