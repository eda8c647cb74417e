"""Limits by address: a proxy that we know passes on whose they are, any other is one sender."""

import pytest

from desk.domain.ticket_number import new_ticket_number
from sapa.roles import Role
from tests.integration.serving import ask, serving, settings_in

PROXY = "10.0.0.2"  # hands on to a proxy of this machine, which hands on to us
GUESSES = 5


@pytest.mark.parametrize(
    ("trusted", "neighbour_hears"),
    [(PROXY, 404), ("10.0.0.0/8,fd00::/8", 404), ("", 429), ("10.0.0.3", 429)],
)
async def test_who_guesses_too_often_blocks_others_only_behind_a_proxy_nobody_named(
    tmp_path, trusted, neighbour_hears
):
    settings = settings_in(tmp_path, trusted_proxies=trusted)

    async def guess(citizen: str) -> int:
        url = f"{settings.local_url}/lacak?nomor={new_ticket_number()}"
        return (await ask(url, {"X-Forwarded-For": f"{citizen}, {PROXY}"}))[0]

    async with serving(settings, frozenset({Role.WEB})):
        for _ in range(GUESSES):
            assert await guess("203.0.113.5") == 404
        assert await guess("203.0.113.5") == 429
        assert await guess("203.0.113.6") == neighbour_hears
