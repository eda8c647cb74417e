"""Monitors have a port of their own; citizens' port tells them nothing but that it is alive."""

import socket

import pytest

from desk.settings import Settings
from sapa.errors import OperatorError
from sapa.roles import ALL_ROLES, Role
from sapa.serve import serve
from tests.integration.serving import ask, serving, settings_in


@pytest.fixture
def settings(tmp_path) -> Settings:
    return settings_in(tmp_path)


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
    taken = socket.create_server((settings.monitor_host, settings.monitor_port))
    with taken, pytest.raises(OperatorError) as told:
        await serve(settings, frozenset({Role.WORKER}))

    place = f"Port {settings.monitor_port} on 127.0.0.1 is taken"
    assert str(told.value).startswith(place)
    assert str(told.value).endswith("set SAPA_MONITOR_PORT in .env to a free port.")
