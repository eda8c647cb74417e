"""Monitors have a port of their own; citizens' port tells them nothing but that it is alive."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiohttp
import pytest

from desk.settings import Settings
from sapa.errors import OperatorError
from sapa.roles import ALL_ROLES, Role
from sapa.serve import serve
from simulator.system import free_port

KEY = "k" * 32


@pytest.fixture
def settings(tmp_path) -> Settings:
    ports = {name: free_port() for name in ("http_port", "actions_port", "monitor_port")}
    rasa = f"http://127.0.0.1:{free_port()}"
    return Settings(var_dir=tmp_path, rasa_url=rasa, **ports).with_secret_key(KEY)


@asynccontextmanager
async def serving(settings: Settings, roles: frozenset[Role]) -> AsyncIterator[None]:
    """Serve in this process until the block ends."""
    running = asyncio.create_task(serve(settings, roles))

    try:
        async with asyncio.timeout(20):
            while (await ask(f"{settings.monitor_url}/healthz"))[0] != 200:
                await asyncio.sleep(0.02)  # it tells nobody that it is up but who asks
                assert not running.done()
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError, OperatorError):
            await running


async def ask(url: str) -> tuple[int, str]:
    """Return status and text; 0 when nobody answers."""
    async with aiohttp.ClientSession() as http:
        try:
            async with http.get(url) as response:
                return response.status, await response.text()
        except aiohttp.ClientConnectorError:
            return 0, ""


async def test_citizens_port_tells_that_it_is_alive_and_nothing_more(settings):
    async with serving(settings, ALL_ROLES):
        public = {
            path: (await ask(f"{settings.local_url}{path}"))[0]
            for path in ("/healthz", "/readyz", "/metrics")
        }
        status, metrics = await ask(f"{settings.monitor_url}/metrics")
        ready, told = await ask(f"{settings.monitor_url}/readyz")

    assert public == {"/healthz": 200, "/readyz": 404, "/metrics": 404}
    assert (status, "sapa_inbox_messages" in metrics) == (200, True)
    assert (ready, '"database": true' in told, '"rasa": false' in told) == (503, True, True)


@pytest.mark.parametrize("role", [Role.WORKER, Role.ACTIONS])
async def test_a_process_that_serves_no_citizens_is_watched_all_the_same(settings, role):
    async with serving(settings, frozenset({role})):
        assert (await ask(f"{settings.monitor_url}/readyz"))[0] == 503
        assert (await ask(f"{settings.local_url}/healthz"))[0] == 0


async def test_a_second_process_on_the_machine_is_told_to_take_another_port(settings):
    with socket.create_server((settings.monitor_host, settings.monitor_port)):
        with pytest.raises(OperatorError) as told:
            await serve(settings, frozenset({Role.WORKER}))

    place = f"Port {settings.monitor_port} on 127.0.0.1 is taken"
    assert str(told.value).startswith(place)
    assert str(told.value).endswith("set SAPA_MONITOR_PORT in .env to a free port.")
