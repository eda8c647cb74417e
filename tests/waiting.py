"""Waits for what other tasks and processes do, of which no event tells."""

import asyncio
from collections.abc import Awaitable, Callable


async def until(is_so: Callable[[], bool], *, seconds: float = 10.0) -> None:
    """Wait until something is so; fail when it is not in time."""
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110 - there is no event
            await asyncio.sleep(0.01)


async def until_found(look: Callable[[], Awaitable[object]], *, seconds: float = 10.0) -> None:
    """Wait until a look finds something; fail when it does not in time."""
    async with asyncio.timeout(seconds):
        while not await look():  # noqa: ASYNC110 - there is no event
            await asyncio.sleep(0.02)
