"""Runs `sapa serve` inside a test, on ports of its own and without Rasa."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp

from desk.settings import Settings
from sapa.errors import OperatorError
from sapa.roles import Role
from sapa.serve import serve
from simulator.system import free_port

KEY = "k" * 32


def settings_in(folder: Path, **given: str) -> Settings:
    """Return settings that disturb no other process of this machine."""
    ports = {name: free_port() for name in ("http_port", "actions_port", "monitor_port")}
    rasa = f"http://127.0.0.1:{free_port()}"
    settings = Settings.model_validate({"var_dir": folder, "rasa_url": rasa, **ports, **given})
    return settings.with_secret_key(KEY)


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


async def ask(url: str, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Return status and text; 0 when nobody answers."""
    async with aiohttp.ClientSession() as http:
        try:
            async with http.get(url, headers=headers) as response:
                return response.status, await response.text()
        except aiohttp.ClientConnectorError:
            return 0, ""
