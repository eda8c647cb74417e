"""What monitors ask: alive, ready, and the figures behind it."""

import time
from datetime import UTC, datetime

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from desk.domain.conversation import Channel
from desk.services.ports import UnitsOfWork
from sapa.rasa_client import RasaClient

_STARTED = time.monotonic()


def add_health(app: web.Application, units: UnitsOfWork, rasa: RasaClient) -> None:
    """Register /healthz, /readyz and /metrics."""

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_: web.Request) -> web.Response:
        database, understanding = await _database_answers(units), await rasa.is_ready()
        body = {"database": database, "rasa": understanding}
        return web.json_response(body, status=200 if all(body.values()) else 503)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(
            body=await _metrics(units, rasa), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    app.add_routes(
        [web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)]
    )


async def _database_answers(units: UnitsOfWork) -> bool:
    try:
        async with units() as uow:
            await uow.conversations.next_wake()
    except Exception:  # whatever it is, the answer is no
        return False
    return True


async def _metrics(units: UnitsOfWork, rasa: RasaClient) -> bytes:
    registry = CollectorRegistry()
    up = Gauge("sapa_rasa_up", "1 when at least one Rasa answers", registry=registry)
    up.set(await rasa.is_ready())
    uptime = Gauge("sapa_uptime_seconds", "Seconds since the start", registry=registry)
    uptime.set(time.monotonic() - _STARTED)
    age = Gauge(
        "sapa_outbox_wait_seconds",
        "How long the next outgoing message has been due",
        ["channel"],
        registry=registry,
    )
    async with units() as uow:
        for channel in Channel:
            due = await uow.outbox.next_due(channel)
            late = (datetime.now(UTC) - due).total_seconds() if due else 0.0
            age.labels(channel=channel).set(max(late, 0.0))
    return generate_latest(registry)
