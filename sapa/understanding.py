"""Asks Rasa what messages mean, and reads its answers."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import httpx

from sapa.errors import OperatorError
from sapa.evaluation import FALLBACK, Reading

_AT_ONCE: Final = 4
_TIMEOUT_S: Final = 30.0


async def find_rasa(urls: Iterable[str], token: str) -> str | None:
    """Return the first address at which a Rasa with a model answers.

    Raises:
        OperatorError: One answers that has another token.
    """
    async with httpx.AsyncClient(timeout=5.0, params={"token": token}) as client:
        for url in urls:
            try:
                answer = await client.get(f"{url}/status")
            except httpx.HTTPError:
                continue
            if answer.status_code == httpx.codes.UNAUTHORIZED:
                raise OperatorError(
                    f"The Rasa at {url} has another token: set SAPA_RASA_TOKEN to the one it was "
                    "started with, or stop it."
                )
            if answer.status_code == httpx.codes.OK:
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
    async with httpx.AsyncClient(base_url=url, timeout=_TIMEOUT_S, params=params) as client:

        async def read(text: str) -> Reading:
            async with limit:
                answer = await client.post("/model/parse", json={"text": text})
                answer.raise_for_status()
                on_read()
                return reading_of(answer.json())

        try:
            return await asyncio.gather(*(read(text) for text in texts))
        except httpx.HTTPError as error:
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
