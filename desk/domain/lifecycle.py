"""The life of a ticket: its kinds, states and moves, and who may make them.

`MOVES` is the one place where the moves are written down; `docs/lifecycle.md` draws them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, StrEnum
from typing import Final

from desk.domain.errors import MoveNeeds, MoveNotAllowed
from desk.domain.ticket_number import TicketNumber


class Kind(StrEnum):
    """What the citizen wants (*jenis*)."""

    ADUAN = "aduan"  #: a complaint
    ASPIRASI = "aspirasi"  #: a wish
    INFORMASI = "informasi"  #: a request for information
    PERMOHONAN = "permohonan"  #: wants a service: is contacted by the office


class Identity(StrEnum):
    """How the citizen's identity is kept (*identitas*)."""

    TERBUKA = "terbuka"
    RAHASIA = "rahasia"  #: known to the desk, shown only to those entitled
    ANONIM = "anonim"  #: nothing joins the ticket to the person


class Status(StrEnum):
    """Where a ticket stands."""

    NEW = "baru"
    VERIFIED = "diverifikasi"
    FORWARDED = "diteruskan"
    IN_PROGRESS = "diproses"
    ON_HOLD = "ditunda"  #: a question to the citizen is open
    RESOLVED = "selesai"  #: the office says so; the citizen may object
    CLOSED = "ditutup"
    REJECTED = "ditolak"
    NOT_OURS = "bukan_wewenang"
    WITHDRAWN = "ditarik"
    MERGED = "digabung"


class Actor(StrEnum):
    """In which capacity somebody makes a move."""

    CITIZEN = "warga"
    COUNTER = "petugas_loket"  #: files for a citizen who came in person
    PETUGAS = "petugas"  #: of the ticket's office
    KOORDINATOR = "koordinator"
    SUPERVISOR = "supervisor"
    INTEGRITAS = "integritas"
    SYSTEM = "sistem"


class OutcomeCode(StrEnum):
    """How a resolved ticket ended."""

    FIXED = "diperbaiki"
    EXPLAINED = "dijelaskan"
    SCHEDULED = "dijadwalkan"  #: with a date
    PASSED_ON = "diteruskan_ke_instansi_luar"
    UNFOUNDED = "tidak_terbukti"


class RefusalCode(StrEnum):
    """Why a ticket was rejected."""

    NO_COMPLAINT = "bukan_aduan"
    UNCLEAR = "tidak_jelas"
    IN_COURT = "sudah_di_pengadilan"
    BREAKS_RULES = "melanggar_ketentuan"
    DUPLICATE = "ganda_pelapor_sama"


class NoteCode(StrEnum):
    """What is written into the history without a move."""

    REROUTED = "dialihkan"  #: to another office
    FIELD_CHECK = "pemeriksaan_lapangan"
    LATE_PROOF = "bukti_menyusul"  #: a photo of the outcome that came after it was told


class Need(StrEnum):
    """What the one who moves has to give."""

    CONFIRMED_DRAFT = "draf_dikonfirmasi"
    OFFICE = "instansi"
    REFUSAL = "alasan_penolakan"
    WORDS = "penjelasan"
    REFERRAL = "rujukan"
    QUESTION = "pertanyaan"
    OUTCOME = "hasil"
    DATE = "tanggal"
    PROOF = "bukti"
    OTHER_TICKET = "tiket_lain"


class Circumstance(StrEnum):
    """What must be true, whoever moves; `clocks.circumstances` and routing find out."""

    STAFFED_DEFAULT_OFFICE = "instansi_bawaan_berpetugas"
    SILENCE = "warga_diam"
    FIRST_REOPENING = "pembukaan_pertama"
    REOPENING_WINDOW = "masa_buka_kembali"


class Return(Enum):
    """A target that depends on the ticket's history."""

    STATE_BEFORE = "keadaan_sebelumnya"


class MoveResult(Enum):
    """What a permitted move does."""

    MOVED = "moved"
    UNCHANGED = "unchanged"  #: the ticket is there already: an officer pressed twice


FINAL: Final = frozenset(
    {Status.REJECTED, Status.NOT_OURS, Status.WITHDRAWN, Status.CLOSED, Status.MERGED}
)
OPEN: Final = frozenset(Status) - FINAL
#: The desk or an office has something to do.
IN_WORK: Final = frozenset({Status.NEW, Status.VERIFIED, Status.FORWARDED, Status.IN_PROGRESS})
AWAITS_CITIZEN: Final = frozenset({Status.ON_HOLD, Status.RESOLVED})

OFFICERS: Final = frozenset({Actor.PETUGAS, Actor.KOORDINATOR, Actor.SUPERVISOR})
#: Who may handle a ticket. A ticket that waits for an answer may have no office yet, so
#: whoever could ask the question can also take it back.
HANDLERS: Final = OFFICERS | {Actor.INTEGRITAS}
_DESK: Final = frozenset({Actor.KOORDINATOR, Actor.SUPERVISOR, Actor.INTEGRITAS})
_OFFICE: Final = frozenset({Actor.PETUGAS, Actor.SUPERVISOR, Actor.INTEGRITAS})

#: So many photos may prove an outcome, as many as a report may have.
MAX_PROOF_PHOTOS: Final = 5

PROTECTED_CATEGORIES: Final = frozenset({"pungli_korupsi", "perilaku_petugas"})


@dataclass(frozen=True)
class Move:
    """One row of the table: from any of *sources* to *target*, by any of *actors*."""

    sources: frozenset[Status | None]  #: None: not filed yet
    target: Status | Return
    actors: frozenset[Actor]
    needs: frozenset[Need] = frozenset()
    when: frozenset[Circumstance] = frozenset()


def _row(
    sources: Collection[Status | None],
    target: Status | Return,
    actors: Collection[Actor],
    *needs: Need,
    when: Collection[Circumstance] = (),
) -> Move:
    return Move(frozenset(sources), target, frozenset(actors), frozenset(needs), frozenset(when))


_S, _A, _N, _C = Status, Actor, Need, Circumstance

MOVES: Final[tuple[Move, ...]] = (
    _row({None}, _S.NEW, {_A.CITIZEN, _A.COUNTER}, _N.CONFIRMED_DRAFT),
    _row({_S.NEW}, _S.VERIFIED, _DESK, _N.OFFICE),
    _row({_S.NEW, _S.VERIFIED}, _S.REJECTED, _DESK, _N.REFUSAL, _N.WORDS),
    _row(IN_WORK, _S.NOT_OURS, _DESK, _N.REFERRAL),
    _row({_S.VERIFIED}, _S.FORWARDED, {_A.KOORDINATOR}, _N.OFFICE),
    _row({_S.VERIFIED}, _S.FORWARDED, {_A.SYSTEM}, when={_C.STAFFED_DEFAULT_OFFICE}),
    # "Bukan tugas kami": the office hands the ticket back and says why.
    _row({_S.FORWARDED}, _S.VERIFIED, {_A.PETUGAS}, _N.WORDS),
    _row({_S.FORWARDED}, _S.IN_PROGRESS, {_A.PETUGAS}),
    _row(IN_WORK, _S.ON_HOLD, HANDLERS, _N.QUESTION),
    _row({_S.ON_HOLD}, Return.STATE_BEFORE, {_A.CITIZEN} | HANDLERS),
    _row({_S.ON_HOLD}, _S.CLOSED, {_A.SYSTEM}, when={_C.SILENCE}),
    _row({_S.IN_PROGRESS}, _S.RESOLVED, _OFFICE, _N.OUTCOME, _N.PROOF),
    _row({_S.RESOLVED}, _S.CLOSED, {_A.CITIZEN}),
    _row({_S.RESOLVED}, _S.CLOSED, {_A.SYSTEM}, when={_C.SILENCE}),
    # Reopening is the citizen's right once; after that a supervisor decides.
    _row(
        {_S.RESOLVED, _S.CLOSED},
        _S.IN_PROGRESS,
        {_A.CITIZEN},
        when={_C.FIRST_REOPENING, _C.REOPENING_WINDOW},
    ),
    _row({_S.RESOLVED, _S.CLOSED}, _S.IN_PROGRESS, {_A.SUPERVISOR}),
    _row(OPEN, _S.WITHDRAWN, {_A.CITIZEN}),
    _row(OPEN, _S.MERGED, {_A.KOORDINATOR, _A.SUPERVISOR}, _N.OTHER_TICKET),
    _row({_S.MERGED}, Return.STATE_BEFORE, {_A.SUPERVISOR}),
)


@dataclass(frozen=True)
class HistoryEntry:
    """One move that was made."""

    at: datetime
    from_status: Status | None
    to_status: Status
    by: Actor
    reason: str | None = None  #: refusal, outcome or note code
    words: str | None = None  #: explanation, question or referral, as the citizen may read it
    officer_id: str | None = None
    office: str | None = None  #: the responsible office from here on
    proof: str | None = None  #: of an outcome: a letter's number or an explanation
    photos: tuple[str, ...] = ()  #: of an outcome: stored pictures
    scheduled_for: date | None = None  #: of the outcome `dijadwalkan`

    def __post_init__(self) -> None:
        """Refuse a time without zone: the clocks are computed from it."""
        if self.at.tzinfo is None:
            raise ValueError("the time of a move needs a time zone")

    @property
    def code(self) -> str | None:
        """Return the refusal or outcome code; a note's code only says that it is one."""
        return None if self.from_status is self.to_status else self.reason


@dataclass(frozen=True, kw_only=True)
class MoveDetails:
    """What the one who moves gave."""

    draft_confirmed: bool = False
    office: str | None = None
    refusal: RefusalCode | None = None
    words: str | None = None
    referral: str | None = None
    question: str | None = None
    outcome: OutcomeCode | None = None
    scheduled_for: date | None = None
    proof: str | None = None  #: a letter's number or an explanation
    photos: tuple[str, ...] = ()  #: the ids of pictures that prove it
    other_ticket: TicketNumber | None = None

    def given(self) -> frozenset[Need]:
        """Return the needs that are met; blank words meet none."""
        values: Mapping[Need, object] = {
            Need.CONFIRMED_DRAFT: self.draft_confirmed,
            Need.OFFICE: self.office,
            Need.REFUSAL: self.refusal,
            Need.WORDS: self.words,
            Need.REFERRAL: self.referral,
            Need.QUESTION: self.question,
            Need.OUTCOME: self.outcome,
            Need.DATE: self.scheduled_for,
            Need.PROOF: self.proof or self.photos,
            Need.OTHER_TICKET: self.other_ticket,
        }
        return frozenset(
            need
            for need, value in values.items()
            if (value.strip() if isinstance(value, str) else value)
        )


@dataclass(frozen=True)
class PossibleMove:
    """A move that somebody may make now, and what it needs."""

    target: Status
    needs: frozenset[Need]


def is_protected(identity: Identity, category: str | None) -> bool:
    """Say whether only `integritas` may see and handle a ticket."""
    return identity is Identity.RAHASIA or category in PROTECTED_CATEGORIES


def state_before(current: Status, history: Sequence[HistoryEntry]) -> Status | None:
    """Return the state to which a held or merged ticket goes back."""
    for entry in reversed(history):
        # A merged ticket that was on hold came back *from* merged: look further.
        came_back = current is Status.ON_HOLD and entry.from_status is Status.MERGED
        if entry.to_status is current and entry.from_status is not current and not came_back:
            return entry.from_status
    return None


def moves_for(
    current: Status | None,
    actors: Collection[Actor],
    *,
    protected: bool = False,
    history: Sequence[HistoryEntry] = (),
    circumstances: Collection[Circumstance] = (),
) -> tuple[PossibleMove, ...]:
    """Return the moves that *actors* may make now, in the table's order, one per target."""
    possible: dict[Status, frozenset[Need]] = {}
    for move, target in _rows(current, actors, protected, history, circumstances):
        known = possible.get(target)
        possible[target] = move.needs if known is None else min(known, move.needs, key=len)
    return tuple(PossibleMove(target, needs) for target, needs in possible.items())


def can_move(
    current: Status | None,
    target: Status,
    actors: Collection[Actor],
    *,
    protected: bool = False,
    history: Sequence[HistoryEntry] = (),
    circumstances: Collection[Circumstance] = (),
) -> bool:
    """Say whether the table has this move; what it needs from the mover is not asked."""
    rows = _rows(current, actors, protected, history, circumstances)
    return any(reached == target for _, reached in rows)


def check_move(
    current: Status | None,
    target: Status,
    actors: Collection[Actor],
    *,
    protected: bool = False,
    history: Sequence[HistoryEntry] = (),
    circumstances: Collection[Circumstance] = (),
    details: MoveDetails | None = None,
) -> MoveResult:
    """Pass a move that the table has; a repeated move is no error and changes nothing.

    Raises:
        MoveNotAllowed: The table has no such move for these actors in these circumstances.
        MoveNeeds: Something that the move needs is missing from *details*.
    """
    if current == target:
        return MoveResult.UNCHANGED
    details = details or MoveDetails()
    missing = [
        _missing(move, details)
        for move, reached in _rows(current, actors, protected, history, circumstances)
        if reached == target
    ]
    if not missing:
        raise MoveNotAllowed(current, target)
    least = min(missing, key=len)
    if least:
        raise MoveNeeds(target, least)
    return MoveResult.MOVED


def _rows(
    current: Status | None,
    actors: Collection[Actor],
    protected: bool,
    history: Sequence[HistoryEntry],
    circumstances: Collection[Circumstance],
) -> Iterator[tuple[Move, Status]]:
    acting = _acting(actors, protected)
    for move in MOVES:
        if current not in move.sources or acting.isdisjoint(move.actors):
            continue
        if not move.when.issubset(circumstances):
            continue
        target = move.target
        if isinstance(target, Return):
            before = state_before(current, history) if current else None
            if before is None:
                continue
            target = before
        yield move, target


def _acting(actors: Collection[Actor], protected: bool) -> frozenset[Actor]:
    """Officers cannot see a protected ticket: `integritas` acts in their place, only there."""
    if not protected:
        return frozenset(actors) - {Actor.INTEGRITAS}
    if Actor.INTEGRITAS in actors:
        return frozenset(actors) | OFFICERS
    return frozenset(actors) - OFFICERS


def _missing(move: Move, details: MoveDetails) -> frozenset[Need]:
    needs = move.needs
    if Need.OUTCOME in needs and details.outcome is OutcomeCode.SCHEDULED:
        needs |= {Need.DATE}
    return needs - details.given()
