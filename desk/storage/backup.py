"""Backup and restore of everything, from either database to either."""

import base64
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import LargeBinary, Table, func, insert, inspect, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from desk.storage.backup_archive import ArchiveReader, ArchiveWriter, private_file
from desk.storage.columns import UtcDateTime
from desk.storage.engine import create_engine, create_snapshot_engine
from desk.storage.errors import BackupBroken, SchemaOutdated, TargetNotEmpty
from desk.storage.migrate import (
    current_revision,
    is_known_revision,
    lock_migrations,
    newest_revision,
    upgrade_connection,
)
from desk.storage.tables import Base

_BATCH_ROWS: Final = 500
_BATCH_BYTES: Final = 8_000_000


async def backup(url: str, target: Path, extra_files: Sequence[Path] = ()) -> None:
    """Write one archive of the whole database, as it was at one moment, and further files.

    The desk may go on working meanwhile.

    Raises:
        SchemaOutdated: The database was not upgraded yet.
    """
    engine = create_snapshot_engine(url)
    try:
        async with engine.connect() as connection:
            if await connection.run_sync(current_revision) != newest_revision():
                raise SchemaOutdated
            with private_file(target) as file, ArchiveWriter(file) as archive:
                await _write(connection, archive, extra_files)
    finally:
        await engine.dispose()


async def restore(source: Path, url: str, extra_dir: Path) -> None:
    """Bring a backup back into an empty database and its files into *extra_dir*.

    All rows come back or none. An archive of an older schema is upgraded on the way.

    Raises:
        BackupBroken: The archive is damaged or of a newer program.
        TargetNotEmpty: The database has rows, or *extra_dir* has another file of that name.
    """
    with ArchiveReader(source) as archive:
        _check_known(archive)
        files = _missing_files(archive, extra_dir)
        engine = create_engine(url)
        try:
            async with engine.begin() as connection:
                await _load(connection, archive)
                # Last, but before the commit: a disk that is full must not leave the rows
                # without the key that their codes were hashed with.
                for path, data in files.items():
                    with private_file(path) as file:
                        file.write(data)
        finally:
            await engine.dispose()


async def _write(
    connection: AsyncConnection, archive: ArchiveWriter, extra_files: Sequence[Path]
) -> None:
    for table in Base.metadata.sorted_tables:
        await archive.add_table(table.name, _rows(connection, table))
    for path in extra_files:
        archive.add_file(path)
    archive.finish(str(newest_revision()), datetime.now(UTC).isoformat(timespec="seconds"))


async def _rows(connection: AsyncConnection, table: Table) -> AsyncIterator[dict[str, Any]]:
    async with connection.stream(select(table).order_by(*table.primary_key)) as result:
        async for row in result.mappings():
            yield {key: _to_json(value) for key, value in row.items()}


def _to_json(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat()
        case bytes():
            return base64.b64encode(value).decode()
    return value


def _check_known(archive: ArchiveReader) -> None:
    if not is_known_revision(archive.revision):
        raise BackupBroken("The backup was made by a newer program.")
    unknown = set(archive.tables) - set(Base.metadata.tables)
    if unknown:
        raise BackupBroken(f"This program has no tables {', '.join(sorted(unknown))}.")


def _missing_files(archive: ArchiveReader, extra_dir: Path) -> dict[Path, bytes]:
    """Return what to write; a file that is there already has to be the same."""
    extra_dir.mkdir(parents=True, exist_ok=True)
    files = {extra_dir / name: data for name, data in archive.files().items()}
    there = {path for path in files if path.exists()}
    for path in there:
        if path.read_bytes() != files[path]:
            raise TargetNotEmpty(f"There is another {path.name} already.")
    return {path: data for path, data in files.items() if path not in there}


async def _load(connection: AsyncConnection, archive: ArchiveReader) -> None:
    await lock_migrations(connection)
    await _refuse_rows(connection)
    await connection.run_sync(upgrade_connection, archive.revision)
    for table in Base.metadata.sorted_tables:
        if table.name in archive.tables:
            for batch in _batches(table, archive.rows(table.name)):
                await connection.execute(insert(table), batch)
    await connection.run_sync(upgrade_connection, "head")
    if connection.dialect.name == "postgresql":
        await _set_counters(connection)


async def _refuse_rows(connection: AsyncConnection) -> None:
    existing = await connection.run_sync(lambda sync: set(inspect(sync).get_table_names()))
    for table in Base.metadata.sorted_tables:
        if table.name in existing:
            query = select(text("1")).select_from(table).limit(1)
            if await connection.scalar(query) is not None:
                raise TargetNotEmpty(f"The table {table.name} has rows.")


def _batches(table: Table, rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yield rows in portions that fit into memory, also where each carries a picture."""
    batch: list[dict[str, Any]] = []
    size = 0
    for row in rows:
        batch.append({key: _from_json(table, key, value) for key, value in row.items()})
        size += sum(len(value) for value in row.values() if isinstance(value, str))
        if len(batch) >= _BATCH_ROWS or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _from_json(table: Table, key: str, value: Any) -> Any:
    if value is None:
        return None
    match table.columns[key].type:
        case UtcDateTime():
            return datetime.fromisoformat(value)
        case LargeBinary():
            return base64.b64decode(value)
    return value


async def _set_counters(connection: AsyncConnection) -> None:
    """Let PostgreSQL count on after the highest restored key."""
    for table in Base.metadata.sorted_tables:
        counting = table.autoincrement_column
        if counting is not None:
            sequence = func.pg_get_serial_sequence(table.name, counting.name)
            await connection.execute(
                select(func.setval(sequence, func.max(counting))).having(
                    func.max(counting).is_not(None)
                )
            )
