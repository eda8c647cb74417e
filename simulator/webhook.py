"""Delivery of updates to the bot's webhook, with Telegram's rules for order and repetition."""

import asyncio
import random
from dataclasses import dataclass
from functools import partial

import aiohttp

from simulator.clock import Clock
from simulator.updates import PendingUpdate, QueueKey, UpdateQueue

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
LONGEST_RETRY_AFTER = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where the bot wants its updates."""

    url: str
    secret_token: str = ""
    max_connections: int = 40


@dataclass(slots=True)
class DeliverySettings:
    """What tests may turn: scale of waiting times, doubled delivery, patience per request."""

    time_scale: float = 1.0
    deliver_twice: bool = False
    request_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class _Failure:
    reason: str
    retry_after: int = 0


class WebhookSender:
    """Sends each queue in order, different queues in parallel, and repeats what failed."""

    def __init__(self, queue: UpdateQueue, clock: Clock) -> None:
        """Begin with no webhook set."""
        self._queue = queue
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._workers: dict[QueueKey, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(1)
        self.webhook: Webhook | None = None
        self.settings = DeliverySettings()
        self.last_error: tuple[int, str] | None = None

    async def set(self, webhook: Webhook | None) -> None:
        """Send to *webhook* from now on; None stops sending."""
        await self.stop()
        self.webhook = webhook
        self.last_error = None
        if webhook is not None:
            self._slots = asyncio.Semaphore(webhook.max_connections)
            self._session = aiohttp.ClientSession()
            self._watcher = asyncio.create_task(self._watch(webhook, self._session))

    async def stop(self) -> None:
        """End every delivery under way."""
        tasks = [*self._workers.values(), *([self._watcher] if self._watcher else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._workers.clear()
        self._watcher = None
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _watch(self, webhook: Webhook, session: aiohttp.ClientSession) -> None:
        while True:
            for key in self._queue.queues():
                if key not in self._workers:
                    worker = asyncio.create_task(self._drain(key, webhook, session))
                    self._workers[key] = worker
                    worker.add_done_callback(partial(self._forget_worker, key))
            await self._queue.changed.wait(1.0)

    def _forget_worker(self, key: QueueKey, _: asyncio.Task[None]) -> None:
        self._workers.pop(key, None)

    async def _drain(
        self, key: QueueKey, webhook: Webhook, session: aiohttp.ClientSession
    ) -> None:
        failures, delay, head = 0, 1.0, None
        while (update := self._queue.head(key)) is not None:
            if update is not head:
                failures, delay, head = 0, 1.0, update
            async with self._slots:
                failure = await self._post(update, webhook, session)
                if failure is None and self.settings.deliver_twice:
                    await self._post(update, webhook, session)
            if failure is None:
                self._queue.forget(update.update_id)
                continue
            self.last_error = (self._clock.unix(), failure.reason)
            # The first repetition comes at once, then the pause doubles up to a minute or two.
            if failures and not failure.retry_after:
                delay = min(delay * 2, random.uniform(60, 120))
            pause = failure.retry_after or (delay if failures else 0.0)
            failures += 1
            await asyncio.sleep(pause * self.settings.time_scale)

    async def _post(
        self, update: PendingUpdate, webhook: Webhook, session: aiohttp.ClientSession
    ) -> _Failure | None:
        headers = {SECRET_HEADER: webhook.secret_token} if webhook.secret_token else {}
        patience = aiohttp.ClientTimeout(total=self.settings.request_seconds)
        try:
            async with session.post(
                webhook.url,
                json=update.wire(),
                headers=headers,
                timeout=patience,
                allow_redirects=False,
            ) as response:
                await response.read()
                if 200 <= response.status < 300:
                    return None
                return _Failure(
                    f"Wrong response from the webhook: {response.status} {response.reason}",
                    _retry_after(response.headers.get("Retry-After", "")),
                )
        except aiohttp.ClientConnectorError:
            return _Failure("Connection refused")
        except (aiohttp.ClientError, TimeoutError):
            return _Failure("Webhook connection closed")


def _retry_after(header: str) -> int:
    return min(int(header), LONGEST_RETRY_AFTER) if header.strip().isdigit() else 0
