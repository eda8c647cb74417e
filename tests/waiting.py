"""Waits for what other tasks and processes do, of which no event tells."""

import asyncio
from collections.abc import Callable


async def until(is_so: Callable[[], bool], *, seconds: float = 10.0) -> None:
    """Wait until something is so; fail when it is not in time."""
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110 - there is no event
            await asyncio.sleep(0.01)
