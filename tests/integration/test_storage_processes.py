"""Several processes on one database: nothing is lost, nothing starts twice."""

import asyncio
import sqlite3
import sys
from pathlib import Path

import pytest
from sqlalchemy import make_url

from desk.domain.conversation import Conversation
from desk.services.ports import UnitsOfWork
from desk.storage.inline_sqlite import InlineConnection
from desk.storage.migrate import is_current

ROOT = Path(__file__).parents[2]
TIMES = 40

COUNT_UP = """
import asyncio, sys
from desk.storage.open import open_storage

async def main(url, conversation_id, times):
    storage = open_storage(url)
    for _ in range(times):
        async with storage.units() as uow:
            locked = await uow.conversations.lock(conversation_id)
            failures = locked.context.failures + 1
            await uow.conversations.save(locked.with_context(failures=failures))
            await uow.commit()
    await storage.close()

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""

UPGRADE = """
import asyncio, sys
from desk.storage.migrate import upgrade

asyncio.run(upgrade(sys.argv[1]))
"""

DIE_INSIDE = """
import asyncio, os, signal, sys
from dataclasses import replace
from desk.storage.open import open_storage

async def main(url, conversation_id):
    async with open_storage(url).units() as uow:
        locked = await uow.conversations.lock(conversation_id)
        await uow.conversations.save(replace(locked, profile_name="half"))
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main(sys.argv[1], sys.argv[2]))
"""


async def run(code: str, *arguments: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, *arguments, cwd=ROOT, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        _, errors = await process.communicate()
    return process.returncode, errors.decode()


async def test_two_processes_that_write_one_row_lose_no_update(
    database_url: str, units: UnitsOfWork, conversation: Conversation
) -> None:
    counter = (COUNT_UP, database_url, conversation.id, str(TIMES))
    assert await asyncio.gather(run(*counter), run(*counter)) == [(0, "")] * 2
    async with units() as uow:
        counted = await uow.conversations.lock(conversation.id)
    assert counted.context.failures == 2 * TIMES


async def test_process_killed_inside_a_transaction_leaves_nothing_and_no_lock(
    database_url: str, units: UnitsOfWork, conversation: Conversation
) -> None:
    code, _ = await run(DIE_INSIDE, database_url, conversation.id)
    assert code == -9
    async with asyncio.timeout(5), units() as uow:
        assert await uow.conversations.lock(conversation.id) == conversation


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_processes_that_start_together_migrate_once(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if kind == "sqlite":
        url = f"sqlite+aiosqlite:///{tmp_path / 'baru' / 'sapa.db'}"
    else:
        server = request.getfixturevalue("postgres")
        url = await asyncio.to_thread(server.create_database)
    assert await asyncio.gather(*(run(UPGRADE, url) for _ in range(2))) == [(0, "")] * 2
    assert await is_current(url)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_waiting_for_another_process_holds_up_nothing_else_in_this_one(
    database_url: str, units: UnitsOfWork, conversation: Conversation
) -> None:
    async def read() -> Conversation:
        async with units() as uow:
            return await uow.conversations.lock(conversation.id)

    other = sqlite3.connect(str(make_url(database_url).database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    async with asyncio.timeout(5):
        reading = asyncio.create_task(read())
        for _ in range(20):
            await asyncio.sleep(0.002)
        assert not reading.done()
        other.execute("ROLLBACK")
        assert await reading == conversation
    other.close()


async def test_a_lock_that_another_process_never_gives_back_is_an_error_in_the_end(
    tmp_path: Path,
) -> None:
    other = sqlite3.connect(tmp_path / "sapa.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    connection = await InlineConnection(str(tmp_path / "sapa.db"), timeout=0)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        await connection.run_unlocked("BEGIN IMMEDIATE", 0.01)
    await connection.close()
    other.close()
