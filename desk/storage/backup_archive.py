"""The archive of a backup: a ZIP of JSON lines, further files and a manifest that vouches."""

import hashlib
import json
import os
import re
import zipfile
import zlib
from collections.abc import AsyncIterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from secrets import token_hex
from types import TracebackType
from typing import IO, Any, Final, Self

from desk.storage.errors import BackupBroken

FORMAT: Final = "sapa-backup-1"
MANIFEST: Final = "manifest.json"
_TABLE: Final = "tables/{}.jsonl"
_FILE: Final = "files/{}"
#: What damaged archives and manifests of another shape lead to.
_UNREADABLE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    NotImplementedError,
)
_PLAIN_NAME: Final = re.compile(r"(?!\.{1,2}$)[\w.-]+")


class ArchiveWriter:
    """Writes an archive; without the manifest of `finish` it counts as broken."""

    def __init__(self, file: IO[bytes]) -> None:
        """Write to *file*."""
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)
        self._tables: dict[str, dict[str, Any]] = {}
        self._files: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the archive."""
        self._zip.close()

    async def add_table(self, name: str, rows: AsyncIterable[dict[str, Any]]) -> None:
        """Write a table's rows, a line each."""
        digest, count = hashlib.sha256(), 0
        with self._zip.open(_TABLE.format(name), "w", force_zip64=True) as entry:
            async for row in rows:
                line = json.dumps(row, separators=(",", ":")).encode() + b"\n"
                entry.write(line)
                digest.update(line)
                count += 1
        self._tables[name] = {"rows": count, "sha256": digest.hexdigest()}

    def add_file(self, path: Path) -> None:
        """Add a file under its plain name."""
        data = path.read_bytes()
        self._zip.writestr(_FILE.format(path.name), data)
        self._files[path.name] = {"sha256": hashlib.sha256(data).hexdigest()}

    def finish(self, revision: str, made_at: str) -> None:
        """Write the manifest, which vouches for all the rest."""
        manifest = {
            "format": FORMAT,
            "revision": revision,
            "made_at": made_at,
            "tables": self._tables,
            "files": self._files,
        }
        self._zip.writestr(MANIFEST, json.dumps(manifest, indent=1))


class ArchiveReader:
    """Reads an archive; entering it checks every byte, so that nothing broken is restored."""

    def __init__(self, path: Path) -> None:
        """Read the archive at *path*."""
        self._path = path

    def __enter__(self) -> Self:
        """Open and check.

        Raises:
            BackupBroken: It is no archive of ours, or not whole.
        """
        try:
            self._zip = zipfile.ZipFile(self._path)
        except (zipfile.BadZipFile, EOFError) as error:
            raise BackupBroken from error
        with ExitStack() as when_broken:
            when_broken.callback(self._zip.close)
            try:
                self.manifest = json.loads(self._zip.read(MANIFEST))
                self._check()
            except _UNREADABLE as error:
                raise BackupBroken from error
            when_broken.pop_all()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close."""
        self._zip.close()

    @property
    def revision(self) -> str:
        """Return the schema's revision at the time of the backup."""
        return str(self.manifest["revision"])

    @property
    def tables(self) -> list[str]:
        """Return the names of the tables."""
        return list(self.manifest["tables"])

    def rows(self, table: str) -> Iterator[dict[str, Any]]:
        """Yield a table's rows."""
        with self._zip.open(_TABLE.format(table)) as entry:
            for line in entry:
                yield json.loads(line)

    def files(self) -> dict[str, bytes]:
        """Return the further files by name."""
        return {name: self._zip.read(_FILE.format(name)) for name in self.manifest["files"]}

    def _check(self) -> None:
        if self.manifest["format"] != FORMAT:
            raise BackupBroken("This program does not know this kind of archive.")
        for name, told in self.manifest["tables"].items():
            lines = self._digest(_TABLE.format(name), told["sha256"])
            if lines != told["rows"]:
                raise BackupBroken(f"Table {name} has {lines} rows instead of {told['rows']}.")
        for name, told in self.manifest["files"].items():
            if not _PLAIN_NAME.fullmatch(name):
                raise BackupBroken("A file in the archive would leave its folder.")
            self._digest(_FILE.format(name), told["sha256"])

    def _digest(self, entry_name: str, expected: str) -> int:
        """Compare an entry with its check sum and return how many lines it has."""
        digest, lines = hashlib.sha256(), 0
        with self._zip.open(entry_name) as entry:
            while chunk := entry.read(1 << 20):
                digest.update(chunk)
                lines += chunk.count(b"\n")
        if digest.hexdigest() != expected:
            raise BackupBroken(f"{entry_name} is not what was backed up.")
        return lines


@contextmanager
def private_file(target: Path) -> Iterator[IO[bytes]]:
    """Write *target* for its owner's eyes only; it appears whole or not at all."""
    draft = target.with_name(f".{target.name}-{token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
