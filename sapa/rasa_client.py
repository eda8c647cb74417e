"""Asks Rasa over HTTP: one or more single-worker copies, dead ones skipped."""

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Self, TypeVar

import aiohttp

from bot.words import without_slash
from desk.domain.reply import Reply
from desk.domain.turn import Understanding
from desk.services.errors import RasaUnavailable, TurnFailed
from desk.services.ports import TurnAnswer, TurnRequest

logger = logging.getLogger(__name__)

_T = TypeVar("_T")

#: So long a Rasa that nobody reached is not asked again, so that others need not wait for it.
REST: Final = 1.0
#: Nothing was asked yet: refused, unreachable, or the connection was not made in time.
_CONNECTING: Final = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
#: 503 codes that say "not now" rather than "this turn is broken".
NOT_READY: Final = frozenset({"no_model", "actions_unreachable", "actions_timeout"})


class _NotReached(RasaUnavailable):
    """No connection to a copy could be made."""


@dataclass
class _Copy:
    """One Rasa; it works on one event loop, so few calls at once are enough."""

    url: str
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(4))
    resting_until: float = 0.0

    def is_resting(self) -> bool:
        return time.monotonic() < self.resting_until

    def rest(self) -> None:
        self.resting_until = time.monotonic() + REST


class RasaClient:
    """Implements `Understander` over HTTP."""

    def __init__(self, urls: Sequence[str], token: str, timeout: float) -> None:
        """Ask the Rasas at *urls*; each answer may take *timeout* seconds."""
        self._token = token
        self._copies = [_Copy(url.rstrip("/")) for url in urls]
        self._headers: Mapping[str, str] = MappingProxyType({"Authorization": f"Bearer {token}"})
        self._timeout = aiohttp.ClientTimeout(total=timeout, connect=1.0)
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the connections."""
        self._http = aiohttp.ClientSession(headers=self._headers, timeout=self._timeout)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.close()

    async def take_turn(self, request: TurnRequest) -> TurnAnswer:
        """Run a turn; see `Understander`."""
        body = {
            "sender": request.session_id,
            "turn_id": request.turn_id,
            "text": _harmless(request.text),
            "metadata": dict(request.metadata),
        }
        return await self._first(request.session_id, lambda copy: self._ask(copy, body))

    async def intent_of(self, text: str) -> str:
        """Return what words mean; see `Understander`."""
        return await self._first(text, lambda copy: self._parse(copy, text))

    async def _parse(self, copy: _Copy, text: str) -> str:
        params, body = {"token": self._token}, {"text": _harmless(text)}
        status, answer = await self._post(copy, "/model/parse", body, params)
        try:
            return str(answer["intent"]["name"])
        except (KeyError, TypeError) as error:
            logger.warning("Rasa tells no meaning", extra={"status": status})
            raise RasaUnavailable from error

    async def _first(self, key: str, ask: Callable[[_Copy], Awaitable[_T]]) -> _T:
        """Return the answer of the first copy that gives one, in the order for *key*."""
        for copy in self._in_order(key):
            if copy.is_resting():
                continue
            try:
                return await ask(copy)
            except _NotReached:
                self._rest(copy)
            except RasaUnavailable:
                continue  # a slow or a failed turn is that turn's alone
        raise RasaUnavailable

    def _rest(self, copy: _Copy) -> None:
        """Spare others the wait for a copy that nobody reaches, while another is left to ask."""
        if any(other is not copy and not other.is_resting() for other in self._copies):
            copy.rest()

    def _in_order(self, key: str) -> list[_Copy]:
        """Return the copies, always the same first for *key*: a session's own has the tracker."""
        digest = hashlib.blake2b(key.encode(), digest_size=4).digest()
        first = int.from_bytes(digest) % len(self._copies)
        return self._copies[first:] + self._copies[:first]

    async def _ask(self, copy: _Copy, body: Mapping[str, Any]) -> TurnAnswer:
        return _read(*await self._post(copy, "/webhooks/sapa/turn", body))

    async def _post(
        self,
        copy: _Copy,
        path: str,
        body: Mapping[str, Any],
        params: Mapping[str, str] | None = None,
    ) -> tuple[int, Any]:
        """Return status and answer, which is empty where the status says all."""
        if self._http is None:
            raise RasaUnavailable("The client is not open.")
        try:
            async with (
                copy.room,
                self._http.post(f"{copy.url}{path}", params=params, json=body) as response,
            ):
                told = response.status in {200, 503}
                return response.status, await response.json() if told else {}
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            logger.warning("Rasa does not answer", extra={"error": type(error).__name__})
            raise (_NotReached if isinstance(error, _CONNECTING) else RasaUnavailable) from error

    async def is_ready(self) -> bool:
        """Tell whether at least one Rasa has a model and answers."""
        results = await asyncio.gather(*(self._is_ready(copy) for copy in self._copies))
        return any(results)

    async def _is_ready(self, copy: _Copy) -> bool:
        if self._http is None:
            return False
        try:
            async with self._http.get(f"{copy.url}/webhooks/sapa/ready") as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False


def _harmless(text: str) -> str:
    """Return typed words as Rasa may have them; an officer's note keeps its slashes until here."""
    return without_slash(text) or "…"


def _read(status: int, answer: Mapping[str, Any]) -> TurnAnswer:
    if status == 503 and answer.get("error") in NOT_READY:
        raise RasaUnavailable
    if status != 200:
        logger.error("Rasa refused a turn", extra={"status": status, "code": answer.get("error")})
        raise TurnFailed
    understood = answer.get("understanding") or {}
    return TurnAnswer(
        # Rasa has no words of its own: every message is a reply of the desk.
        replies=tuple(Reply.from_json(each["custom"]) for each in answer.get("messages") or ()),
        understanding=Understanding(
            intent=str(understood.get("intent")),
            final=str(understood.get("final")),
            confidence=float(understood.get("confidence") or 0.0),
            raw={"ranking": understood.get("ranking") or []},
        ),
    )
