"""Monitors hear what is wrong, and a Telegram that is away takes no process out of service."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from sqlalchemy import event

from desk.domain.conversation import Channel, Conversation
from desk.domain.inbound import Inbound, InboundKind
from desk.domain.privacy import ANSWERED_WITHIN, PrivacyRequest, RequestKind
from desk.domain.turn import Backlog, InboxState, Turn, TurnId
from desk.services.outbox.sending import Counts
from desk.services.ports import UnitsOfWork
from desk.storage.open import Storage
from sapa.health import Vitals, monitor_app

MakeClient = Callable[..., Awaitable[TestClient[web.Request, Any]]]
WORDS = Inbound(InboundKind.TEXT, text="lampu mati")


@dataclass
class Telegram:
    trouble: str | None = None
    group_troubles: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Rasa:
    ready: bool = True

    async def is_ready(self) -> bool:
        return self.ready


@pytest.fixture
def ask(
    units: UnitsOfWork, aiohttp_client: MakeClient
) -> Callable[..., Awaitable[tuple[int, str]]]:
    async def ask(path: str, rasa: Rasa | None = None, **parts: Any) -> tuple[int, str]:
        client = await aiohttp_client(monitor_app(Vitals(units, rasa or Rasa(), **parts)))
        response = await client.get(path)
        return response.status, await response.text()

    return ask


async def store(
    units: UnitsOfWork,
    conversation: Conversation,
    name: str,
    at: datetime,
    state: InboxState = InboxState.WAITING,
) -> None:
    async with units() as uow:
        await uow.inbox.add(
            Channel.WEB,
            name,
            conversation_id=conversation.id,
            inbound=WORDS,
            raw={},
            received_at=at,
            state=state,
        )
        await uow.commit()


@pytest.mark.parametrize(
    ("telegram", "told"),
    [(Telegram("conflict"), "conflict"), (Telegram(), "ok"), (None, "off")],
)
async def test_a_process_is_ready_whatever_telegram_does_but_says_so(
    ask: Any, telegram: Telegram | None, told: str
) -> None:
    status, body = await ask("/readyz", telegram=telegram)
    assert (status, f'"telegram": "{told}"' in body) == (200, True)


async def test_a_group_that_officers_cannot_use_is_shown(ask: Any) -> None:
    telegram = Telegram(group_troubles={"-100": "no_right"})

    _, ready = await ask("/readyz", telegram=telegram)
    _, metrics = await ask("/metrics", telegram=telegram)

    assert '"officer_groups": {"-100": "no_right"}' in ready
    assert 'sapa_officer_group_trouble{chat="-100",code="no_right"} 1.0' in metrics


async def test_without_rasa_a_process_is_not_ready(ask: Any) -> None:
    assert (await ask("/readyz", Rasa(ready=False)))[0] == 503


async def test_the_backlog_counts_what_waits_or_runs_and_what_was_put_aside(
    units: UnitsOfWork, conversation: Conversation, now: datetime
) -> None:
    async with units() as uow:
        assert await uow.inbox.backlog() == Backlog(0, 0, None)
    await store(units, conversation, "1", now)
    async with units() as uow:
        running = Turn(TurnId("g"), conversation.id, await uow.inbox.waiting(conversation.id), now)
        await uow.turns.start(running)
        await uow.commit()
    minute = timedelta(minutes=1)
    await store(units, conversation, "2", now + minute)
    await store(units, conversation, "3", now - minute, InboxState.QUARANTINED)
    await store(units, conversation, "4", now - minute, InboxState.DONE)
    async with units() as uow:
        assert await uow.inbox.backlog() == Backlog(waiting=2, quarantined=1, oldest_at=now)


async def test_the_metrics_tell_queues_deliveries_and_trouble(
    ask: Any, units: UnitsOfWork, conversation: Conversation
) -> None:
    await store(units, conversation, "1", datetime.now(UTC) - timedelta(seconds=90))
    counts = Counts(sent=7, failed=1, dropped=2, retried=3, maybe_doubled=4)
    _, body = await ask("/metrics", telegram=Telegram("http_502"), sent=counts)
    lines = dict(line.rsplit(" ", 1) for line in body.splitlines() if not line.startswith("#"))
    told = {
        outcome: float(lines[f'sapa_telegram_messages_total{{outcome="{outcome}"}}'])
        for outcome in ("sent", "failed", "dropped", "retried", "maybe_doubled")
    }
    assert told == {"sent": 7, "failed": 1, "dropped": 2, "retried": 3, "maybe_doubled": 4}
    assert float(lines['sapa_telegram_trouble{code="http_502"}']) == 1
    assert float(lines['sapa_inbox_messages{state="waiting"}']) == 1
    assert float(lines['sapa_inbox_messages{state="quarantined"}']) == 0
    assert 89 < float(lines["sapa_inbox_wait_seconds"]) < 150
    assert conversation.id not in body


async def test_the_metrics_count_the_erasures_that_should_have_been_done(
    ask: Any, units: UnitsOfWork, add_conversation: Callable[..., Awaitable[Conversation]]
) -> None:
    now = datetime.now(UTC)
    late, soon = now - ANSWERED_WITHIN - timedelta(hours=1), now - timedelta(hours=1)
    requests = {"lewat": (late, None), "belum": (soon, None), "sudah": (late, now)}
    conversations = {name: await add_conversation(name) for name in requests}
    async with units() as uow:
        for name, (asked_at, done_at) in requests.items():
            whose = conversations[name].id
            request = PrivacyRequest(
                name, whose, Channel.WEB, RequestKind.ERASURE, asked_at, done_at
            )
            await uow.privacy.add(request)
        await uow.commit()
    _, body = await ask("/metrics")
    assert "sapa_erasures_overdue 1.0" in body


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_counting_the_backlog_does_not_read_all_that_ever_came_in(
    storage: Storage, conversation: Conversation
) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        asked.append((statement, parameters))

    event.listen(storage.engine.sync_engine, "before_cursor_execute", note)
    async with storage.units() as uow:
        await uow.inbox.backlog()
    event.remove(storage.engine.sync_engine, "before_cursor_execute", note)
    statement, parameters = next(one for one in asked if "inbox" in one[0])
    async with storage.engine.connect() as connection:
        plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        assert "USING INDEX ix_inbox_unsettled" in str(plan.all()).replace("COVERING ", "")
