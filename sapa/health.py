"""What monitors ask: alive, ready, and the figures behind it."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Protocol

from aiohttp import web
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    generate_latest,
)

from desk.domain.conversation import Channel
from desk.services.outbox.sending import Counts
from desk.services.ports import UnitsOfWork

_STARTED = time.monotonic()


class Rasa(Protocol):
    """What is asked of Rasa."""

    async def is_ready(self) -> bool:
        """Tell whether at least one answers with a model."""


class Telegram(Protocol):
    """What is asked of the bot."""

    @property
    def trouble(self) -> str | None:
        """Return a short code of what keeps updates from coming, None when all is well."""

    @property
    def group_troubles(self) -> Mapping[str, str]:
        """Return what keeps officers' groups from being used as they should, by chat."""


@dataclass(frozen=True)
class Vitals:
    """The parts of this process that monitors ask about."""

    units: UnitsOfWork
    rasa: Rasa
    telegram: Telegram | None = None  #: None where this process does not speak to Telegram
    sent: Counts | None = None  #: what became of the messages to Telegram


async def healthz(_: web.Request) -> web.Response:
    """Tell that this process is alive: all that citizens' port says of it."""
    return web.json_response({"status": "ok"})


def monitor_app(vitals: Vitals) -> web.Application:
    """Return what monitors ask on a port of their own: /healthz, /readyz and /metrics."""

    async def readyz(_: web.Request) -> web.Response:
        needed = {
            "database": await _database_answers(vitals.units),
            "rasa": await vitals.rasa.is_ready(),
        }
        # Without Telegram the web chat goes on, so its trouble is told but takes nobody away.
        telegram = vitals.telegram
        groups = dict(telegram.group_troubles) if telegram else {}
        body = {**needed, "telegram": _state_of(telegram), "officer_groups": groups or "ok"}
        return web.json_response(body, status=200 if all(needed.values()) else 503)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(
            body=await _metrics(vitals), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    app = web.Application()
    app.add_routes(
        [web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)]
    )
    return app


def _state_of(telegram: Telegram | None) -> str:
    return "off" if telegram is None else telegram.trouble or "ok"


async def _database_answers(units: UnitsOfWork) -> bool:
    try:
        async with units() as uow:
            await uow.conversations.next_wake()
    except Exception:  # whatever it is, the answer is no
        return False
    return True


async def _metrics(vitals: Vitals) -> bytes:
    registry = CollectorRegistry()
    up = Gauge("sapa_rasa_up", "1 when at least one Rasa answers", registry=registry)
    up.set(await vitals.rasa.is_ready())
    uptime = Gauge("sapa_uptime_seconds", "Seconds since the start", registry=registry)
    uptime.set(time.monotonic() - _STARTED)
    if vitals.telegram is not None:
        _add_telegram(registry, vitals.telegram)
    if vitals.sent is not None:
        _add_sent(registry, vitals.sent)
    await _add_queues(registry, vitals.units)
    await _add_erasures(registry, vitals.units)
    return generate_latest(registry)


def _add_telegram(registry: CollectorRegistry, telegram: Telegram) -> None:
    trouble = Gauge(
        "sapa_telegram_trouble",
        "1 while updates cannot be fetched; the code says why",
        ["code"],
        registry=registry,
    )
    trouble.labels(code=telegram.trouble or "").set(telegram.trouble is not None)
    groups = Gauge(
        "sapa_officer_group_trouble",
        "1 for each officers' group that cannot be used as it should; the code says why",
        ["chat", "code"],
        registry=registry,
    )
    for chat, code in telegram.group_troubles.items():
        groups.labels(chat=chat, code=code).set(1)


def _add_sent(registry: CollectorRegistry, counts: Counts) -> None:
    sent = Counter(
        "sapa_telegram_messages",
        "What became of messages to Telegram since the start",
        ["outcome"],
        registry=registry,
    )
    for outcome, count in asdict(counts).items():
        sent.labels(outcome=outcome).inc(count)


async def _add_queues(registry: CollectorRegistry, units: UnitsOfWork) -> None:
    outgoing = Gauge(
        "sapa_outbox_wait_seconds",
        "How long the next outgoing message has been due",
        ["channel"],
        registry=registry,
    )
    messages = Gauge(
        "sapa_inbox_messages", "Messages that were not answered", ["state"], registry=registry
    )
    oldest = Gauge(
        "sapa_inbox_wait_seconds",
        "How long the oldest message has waited for its answer",
        registry=registry,
    )
    async with units() as uow:
        for channel in Channel:
            outgoing.labels(channel=channel).set(_age(await uow.outbox.next_due(channel)))
        backlog = await uow.inbox.backlog()
    messages.labels(state="waiting").set(backlog.waiting)
    messages.labels(state="quarantined").set(backlog.quarantined)
    oldest.set(_age(backlog.oldest_at))


async def _add_erasures(registry: CollectorRegistry, units: UnitsOfWork) -> None:
    overdue = Gauge(
        "sapa_erasures_overdue",
        "Citizens' requests for erasure that are not done although their time is over",
        registry=registry,
    )
    async with units() as uow:
        under_way = await uow.privacy.erasures_under_way()
    now = datetime.now(UTC)
    overdue.set(sum(request.is_overdue(now) for request in under_way))


def _age(since: datetime | None) -> float:
    return max((datetime.now(UTC) - since).total_seconds(), 0.0) if since else 0.0
