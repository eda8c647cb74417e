"""Migrations, engines and column types."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, inspect, select, text
from sqlalchemy.exc import StatementError

from desk.storage.columns import clean_json, clean_text
from desk.storage.migrate import differences, is_current, upgrade
from desk.storage.open import Storage
from desk.storage.tables import LeaseRow

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner),
    max_leaves=12,
)


async def test_migrations_make_exactly_the_tables_of_the_code(database_url: str) -> None:
    assert await differences(database_url) == []
    assert await is_current(database_url)


async def test_upgrading_again_changes_nothing(database_url: str) -> None:
    await upgrade(database_url)
    assert await is_current(database_url)


async def test_new_database_is_not_current_before_the_upgrade(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'sapa.db'}"
    assert not await is_current(url)
    await upgrade(url)
    assert await is_current(url)


async def test_every_index_and_check_of_the_code_is_in_the_database(storage: Storage) -> None:
    """Alembic's comparison passes over conditions of indexes and checks; these matter."""
    async with storage.engine.connect() as connection:
        unique = await connection.run_sync(
            lambda sync: {
                index["name"]: index["unique"] for index in inspect(sync).get_indexes("turns")
            }
        )
        checks = await connection.run_sync(
            lambda sync: [
                check["name"] for check in inspect(sync).get_check_constraints("tickets")
            ]
        )
    assert bool(unique["uq_turns_running"])
    assert checks == ["ck_tickets_anonymous"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_sqlite_runs_with_write_ahead_log_and_foreign_keys(storage: Storage) -> None:
    async with storage.engine.connect() as connection:
        pragmas = ("journal_mode", "synchronous", "foreign_keys")
        values = [await connection.scalar(text(f"PRAGMA {pragma}")) for pragma in pragmas]
    assert values == ["wal", 1, 1]


async def test_only_the_owner_may_read_the_database_file(tmp_path: Path) -> None:
    path = tmp_path / "var" / "new.db"
    await upgrade(f"sqlite+aiosqlite:///{path}")
    assert path.stat().st_mode & 0o777 == 0o600


async def test_time_comes_back_in_utc_wherever_it_was_told(storage: Storage) -> None:
    wita = datetime(2026, 11, 24, 10, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
    async with storage.engine.begin() as connection:
        await connection.execute(insert(LeaseRow).values(name="n", holder="h", held_until=wita))
        stored = (await connection.execute(select(LeaseRow.held_until))).scalar_one()
        found = await connection.scalar(
            select(LeaseRow.name).where(LeaseRow.held_until <= wita + timedelta(seconds=1))
        )
    assert (stored, stored.tzinfo, found) == (wita.astimezone(UTC), UTC, "n")


async def test_time_without_zone_is_refused(storage: Storage) -> None:
    naive = datetime(2026, 11, 24, 10, 0)  # noqa: DTZ001 - the mistake under test
    async with storage.engine.connect() as connection:
        with pytest.raises(StatementError, match="without zone"):
            await connection.execute(
                insert(LeaseRow).values(name="n", holder="h", held_until=naive)
            )


@given(ANY_TEXT)
def test_clean_text_can_be_written_and_keeps_everything_else(value: str) -> None:
    cleaned = clean_text(value)
    assert "\0" not in cleaned
    expected = value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    assert cleaned.replace("\ufffd", "?") == expected.replace("\ufffd", "?")


@given(ANY_JSON)
def test_clean_json_is_clean_all_the_way_down_and_stays_so(value: object) -> None:
    cleaned = clean_json(value)
    repr(cleaned).encode()
    assert clean_json(cleaned) == cleaned
