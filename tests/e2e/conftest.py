"""One trained model and one Rasa for all end-to-end tests; a gateway for each that asks."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from simulator import BotApiServer, Limits
from simulator.system import RASA_PYTHON, Gateway, Rasa, gateway_on, train


@pytest.fixture(scope="session")
def model() -> Path:
    """Return the project's model; it is trained once and shared."""
    if not RASA_PYTHON.exists():
        pytest.fail("There is no .venv-rasa: run `make test`, which builds it.")
    return train()


@pytest.fixture(scope="session")
def rasa(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rasa]:
    """Return a running Rasa with the project's model."""
    server = Rasa(model, tmp_path_factory.mktemp("rasa"))
    asyncio.run(server.start())
    yield server
    server.process.stop()


@pytest.fixture
async def telegram() -> AsyncIterator[BotApiServer]:
    """Return a Bot API server whose chats are not slowed down."""
    async with BotApiServer(limits=Limits().without_rates()) as server:
        yield server


@pytest.fixture
async def gateway(rasa: Rasa, telegram: BotApiServer, tmp_path: Path) -> AsyncIterator[Gateway]:
    """Return a running gateway on a fresh database, polling the Bot API server."""
    async with gateway_on(telegram, rasa, tmp_path) as running:
        yield running


@pytest.fixture
async def website(rasa: Rasa, tmp_path: Path) -> AsyncIterator[Gateway]:
    """Return a running gateway without Telegram."""
    running = Gateway(tmp_path, rasa.url, rasa.actions_port)
    await running.start()
    yield running
    running.process.stop()
