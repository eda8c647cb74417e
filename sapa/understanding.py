"""Asks Rasa what messages mean, and reads its answers."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import aiohttp

from sapa.asking import status_of
from sapa.errors import OperatorError
from sapa.evaluation import FALLBACK, Reading

_AT_ONCE: Final = 4
_TIMEOUT: Final = aiohttp.ClientTimeout(total=30.0)


async def find_rasa(urls: Iterable[str], token: str) -> str | None:
    """Return the first address at which a Rasa with a model answers.

    Raises:
        OperatorError: One answers that has another token.
    """
    for url in urls:
        status = await status_of(f"{url}/status", {"token": token})
        if status == HTTPStatus.UNAUTHORIZED:
            raise OperatorError(
                f"The Rasa at {url} has another token: set SAPA_RASA_TOKEN to the one it was "
                "started with, or stop it."
            )
        if status == HTTPStatus.OK:
            return url
    return None


async def read_messages(
    texts: Sequence[str], *, url: str, token: str, on_read: Callable[[], None]
) -> list[Reading]:
    """Have Rasa parse every text, some at once; *on_read* is called after each.

    Raises:
        OperatorError: Rasa stopped answering.
    """
    limit = asyncio.Semaphore(_AT_ONCE)
    params = {"token": token}
    async with aiohttp.ClientSession(timeout=_TIMEOUT, raise_for_status=True) as http:

        async def read(text: str) -> Reading:
            body = {"text": text}
            async with (
                limit,
                http.post(f"{url}/model/parse", params=params, json=body) as response,
            ):
                parsed = await response.json()
            on_read()
            return reading_of(parsed)

        try:
            return await asyncio.gather(*(read(text) for text in texts))
        except (aiohttp.ClientError, TimeoutError) as error:
            raise OperatorError(
                f"The Rasa at {url} failed to read a message ({type(error).__name__})."
            ) from None


def reading_of(parsed: Mapping[str, Any]) -> Reading:
    """Read one answer of ``/model/parse``."""
    final = str((parsed.get("intent") or {}).get("name"))
    ranked = {str(e["name"]): float(e["confidence"]) for e in parsed.get("intent_ranking", [])}
    top = next((name for name in ranked if name != FALLBACK), final)
    found = parsed.get("entities", [])
    return Reading(
        top_intent=top,
        final_intent=final,
        services=frozenset(str(e["value"]) for e in found if e["entity"] == "layanan"),
        category=next((str(e["value"]) for e in found if e["entity"] == "kategori"), None),
        # A name that several places share counts as all of them: the citizen is asked which.
        places=frozenset(
            str(code) for e in found if e["entity"] == "lokasi" for code in e["pilihan"]
        ),
        tickets=frozenset(str(e["value"]) for e in found if e["entity"] == "nomor_tiket"),
        confidence=ranked.get(top, 0.0),
    )
