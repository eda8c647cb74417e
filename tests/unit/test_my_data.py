"""The file with a citizen's data: made when nobody waits for it, whatever its size."""

import io
import threading
import zipfile
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from desk.domain.conversation import ConversationId
from desk.services.privacy import my_data

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
TABLES = (*my_data.NAMES, "outbox_about", "officer_words", "officers")


class Row(dict[str, Any]):
    """A row that tells when it is read; what it does not have is empty."""

    def __init__(self, noted: Any, **values: Any) -> None:
        super().__init__(values)
        self._noted = noted

    def __getitem__(self, column: str) -> Any:
        self._noted(column)
        return self.get(column)


def silent(**values: Any) -> Row:
    """Return a row of which nobody notes that it is read."""
    return Row(lambda _: None, **values)


class Storage:
    """Plays the database: one citizen with a picture, and who reads when."""

    def __init__(self) -> None:
        self.is_open = False
        self.read: set[tuple[bool, bool]] = set()
        self.personal = self.attachments = self

    def __call__(self) -> Any:
        return self

    async def __aenter__(self) -> Any:
        self.is_open = True
        return self

    async def __aexit__(self, *error: object) -> None:
        self.is_open = False

    async def rows(self, _: ConversationId) -> my_data.Tables:
        picture = silent(id="f", mime="image/jpeg", size=3, created_at=NOW)
        tables: dict[str, Any] = {table: [] for table in TABLES}
        tables["inbox"] = [Row(self._note, inbound="halo")]
        tables["attachments"] = [picture]
        return tables

    async def get(self, _: str) -> tuple[bytes, str]:
        assert self.is_open
        return b"xyz", "image/jpeg"

    def _note(self, _: str) -> None:
        here = threading.current_thread() is threading.main_thread()
        self.read.add((self.is_open, here))


async def test_the_archive_is_written_beside_the_event_loop_with_no_transaction_open() -> None:
    storage = Storage()
    packed = await my_data.pack(storage, ConversationId("c"), NOW)

    assert storage.read == {(False, False)}
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.read("foto/f.jpeg") == b"xyz"
        assert b"halo" in archive.read("data-saya.json")


def test_each_line_of_a_history_is_looked_at_once_however_many_tickets_there_are() -> None:
    reads: Counter[str] = Counter()
    tables: dict[str, Any] = {table: [] for table in TABLES}
    tables["tickets"] = [silent(id=number, number=f"{number}") for number in range(50)]
    tables["ticket_history"] = [
        Row(lambda column: reads.update([column]), ticket_id=number, words=f"kata {number}")
        for number in range(50)
    ]

    found = my_data.described(tables, NOW)

    assert reads["ticket_id"] == 50
    assert [ticket["riwayat"] for ticket in found["laporan"]] == [
        [{"keterangan": f"kata {number}"}] for number in range(50)
    ]
