"""Every line that a ticket's history can have is told as what was done, not as a state."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from desk.bootstrap import REPLIES_FOLDER
from desk.domain.lifecycle import MOVES, Actor, HistoryEntry, NoteCode, Return, Status
from desk.services.wording import Wording
from desk.services.words.news import event_of

AT = datetime(2026, 11, 24, tzinfo=UTC)
S = Status


def every_line() -> Iterator[HistoryEntry]:
    for row in MOVES:
        targets = S if isinstance(row.target, Return) else [row.target]
        for source in row.sources:
            for target in targets:
                for actor in row.actors:
                    if source is not target:
                        yield HistoryEntry(AT, source, target, actor)
    for code in NoteCode:
        yield HistoryEntry(AT, S.IN_PROGRESS, S.IN_PROGRESS, Actor.SUPERVISOR, code)


def test_every_line_has_words_of_its_own_and_news_for_citizens() -> None:
    written = Wording(REPLIES_FOLDER).keys
    events = {event_of(line) for line in every_line()}
    assert {f"langkah.{event}" for event in events} == {
        key for key in written if key.startswith("langkah.")
    }
    assert {f"kabar.{event}" for event in events} <= set(written)


@pytest.mark.parametrize(
    ("source", "target", "by", "event"),
    [
        (None, S.NEW, Actor.CITIZEN, "baru"),
        (S.ON_HOLD, S.IN_PROGRESS, Actor.CITIZEN, "dilanjutkan"),
        (S.ON_HOLD, S.WITHDRAWN, Actor.CITIZEN, "ditarik"),
        (S.ON_HOLD, S.MERGED, Actor.KOORDINATOR, "digabung"),
        (S.ON_HOLD, S.CLOSED, Actor.SYSTEM, "ditutup"),
        (S.FORWARDED, S.VERIFIED, Actor.PETUGAS, "dikembalikan"),
        (S.CLOSED, S.IN_PROGRESS, Actor.CITIZEN, "dibuka_kembali"),
        (S.MERGED, S.IN_PROGRESS, Actor.SUPERVISOR, "dipisah"),
    ],
)
def test_what_was_done_depends_on_where_the_ticket_came_from(
    source: Status | None, target: Status, by: Actor, event: str
) -> None:
    assert event_of(HistoryEntry(AT, source, target, by)) == event
