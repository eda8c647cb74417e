"""Asks a program over HTTP how it is."""

from collections.abc import Mapping
from typing import Final

import aiohttp

_TIMEOUT: Final = aiohttp.ClientTimeout(total=5.0)


async def status_of(url: str, params: Mapping[str, str] | None = None) -> int | None:
    """Return the status that *url* answers with, None when nobody answers in five seconds."""
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as http:
        try:
            async with http.get(url, params=params) as response:
                return response.status
        except (aiohttp.ClientError, TimeoutError):
            return None
