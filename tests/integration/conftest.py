"""Fresh databases of both kinds for the tests of storage."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

import asyncpg
import pytest
from sqlalchemy import delete, make_url

from bot.connection import Connection
from desk.bootstrap import open_desk, told
from desk.domain.conversation import Channel, Conversation, ConversationId, Session
from desk.domain.roles import Role
from desk.services.ports import UnitsOfWork
from desk.services.tools import Tools
from desk.settings import Settings
from desk.storage.migrate import upgrade
from desk.storage.open import Storage, open_storage
from desk.storage.tables import Base
from simulator import BotApiServer, Limits, Person
from tests.integration.officer_scenes import Clerk, register
from tests.integration.scenes import Citizen, Stage
from tests.integration.ticket_life import Bureau

POSTGRES_URL = os.environ.get(
    "SAPA_TEST_POSTGRES_URL", "postgresql+asyncpg://root@127.0.0.1:5432/test"
)
NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


class Server:
    """A PostgreSQL server on which tests make databases of their own."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._made: list[str] = []

    def check(self) -> None:
        self._run("SELECT 1")

    def create_database(self) -> str:
        name = f"sapa_test_{token_hex(6)}"
        self._run(f"CREATE DATABASE {name}")
        self._made.append(name)
        self._run(f"ALTER DATABASE {name} SET synchronous_commit = off")
        return self._url.set(database=name).render_as_string(hide_password=False)

    def drop_all(self) -> None:
        self._run(*(f"DROP DATABASE {name} WITH (FORCE)" for name in self._made))

    def _run(self, *statements: str) -> None:
        dsn = self._url.set(drivername="postgresql").render_as_string(hide_password=False)

        async def run(statement: str) -> None:
            connection = await asyncpg.connect(dsn)
            try:
                await connection.execute(statement)
            finally:
                await connection.close()

        async def run_all() -> None:
            async with asyncio.timeout(60):
                await asyncio.gather(*(run(statement) for statement in statements))

        asyncio.run(run_all())


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    server = Server(POSTGRES_URL)
    try:
        server.check()
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        reason = f"POSTGRESQL IS NOT TESTED: {POSTGRES_URL} does not answer ({error!r})"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    yield server
    server.drop_all()


@pytest.fixture(scope="session")
def postgres_url(postgres: Server) -> str:
    """Return a migrated database; each test that uses it gets it empty."""
    url = postgres.create_database()
    asyncio.run(upgrade(url))
    return url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "sapa.db"
    asyncio.run(upgrade(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return an empty, migrated database of each kind in turn."""
    if request.param == "sqlite":
        copy = tmp_path / "sapa.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), copy)
        return f"sqlite+aiosqlite:///{copy}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
async def storage(database_url: str) -> AsyncIterator[Storage]:
    opened = open_storage(database_url)
    if opened.engine.dialect.name == "postgresql":
        async with opened.engine.begin() as connection:
            # For a handful of rows much faster than TRUNCATE, which waits for the disk.
            for table in reversed(Base.metadata.sorted_tables):
                await connection.execute(delete(table))
    await opened.start()
    yield opened
    await opened.close()


@pytest.fixture
def units(storage: Storage, tools: Tools) -> UnitsOfWork:
    return told(storage.units, tools)


@pytest.fixture
def add_conversation(units: UnitsOfWork) -> Callable[..., Awaitable[Conversation]]:
    async def add(name: str = "c1", channel: Channel = Channel.WEB) -> Conversation:
        new = Conversation(ConversationId(name), channel, f"alamat-{name}", NOW, Session("s"))
        async with units() as uow:
            stored = await uow.conversations.add(new)
            await uow.commit()
        return stored

    return add


@pytest.fixture
async def conversation(
    add_conversation: Callable[..., Awaitable[Conversation]],
) -> Conversation:
    return await add_conversation()


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Tools:
    """Return the desk's tools with the real catalogue and words."""
    unused = tmp_path_factory.mktemp("desk") / "unused.db"
    settings = Settings(database_url=f"sqlite+aiosqlite:///{unused}").with_secret_key("k" * 40)
    return open_desk(settings).tools


# --- the desk with its players: a citizen, an officer ------------------------------------------


@pytest.fixture
def officer_group() -> str | None:
    """Return the group of the desk's officers; tests of what is done there name one."""
    return None


@pytest.fixture
def stage(units: UnitsOfWork, officer_group: str | None) -> Stage:
    return Stage(units, officer_group=officer_group)


@pytest.fixture
def citizen(stage: Stage) -> Citizen:
    return stage.citizen()


@pytest.fixture
async def budi(stage: Stage) -> Clerk:
    return await register(stage, 8, "Budi Uji", Role.KOORDINATOR)


@pytest.fixture
def bureau(storage: Storage, tools: Tools) -> Bureau:
    return Bureau(storage, tools)


# --- a Bot API server, with somebody on it and a bot's connection to it --------------------------


@pytest.fixture
async def server() -> AsyncIterator[BotApiServer]:
    async with BotApiServer(limits=Limits().without_rates()) as running:
        running.sim.delivery.time_scale = 0.01
        yield running


@pytest.fixture
async def ani(server: BotApiServer) -> Person:
    """Return somebody who has pressed START."""
    person = server.sim.user(first_name="Ani")
    await person.start()
    return person


@pytest.fixture
async def connection(server: BotApiServer) -> AsyncIterator[Connection]:
    opened = Connection(server.token, server.url)
    yield opened
    await opened.close()
