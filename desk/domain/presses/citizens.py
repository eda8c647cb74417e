"""Buttons of citizens: each says what pressing it means."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final, get_args

from desk.domain.draft import DraftField
from desk.domain.handoff import Trigger
from desk.domain.lifecycle import Identity
from desk.domain.ticket_number import TicketNumber


@dataclass(frozen=True)
class KeptWords:
    """What a button remembers of a message, to stand for its words later.

    *since* is when the words first came: whatever was stored after that is forgotten when they
    become an anonymous ticket. *places* are codes, several where a name fits several places;
    the shares of *categories* lie between 0 and 1.
    """

    text: str = ""
    photos: tuple[str, ...] = ()
    since: datetime | None = None
    services: tuple[str, ...] = ()
    variant: str | None = None
    places: tuple[tuple[str, ...], ...] = ()
    categories: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Means:
    """What the words of an intent would mean, said about what was kept of a message."""

    intent: str
    words: KeptWords = field(default_factory=KeptWords)
    office: str | None = None  #: the office that is asked about
    why: Trigger | None = None  #: why an officer is wanted
    identity: Identity | None = None  #: under which a report is begun


@dataclass(frozen=True)
class Begin:
    """The citizen opened the conversation: /start."""


@dataclass(frozen=True)
class ListServices:
    """Shows the services to choose from."""


@dataclass(frozen=True)
class AboutService:
    """Shows what can be asked about a service."""

    service: str


@dataclass(frozen=True)
class NeitherReading:
    """None of the readings that were offered was meant."""


@dataclass(frozen=True)
class LeaveMessage:
    """Leaves a question as a ticket, since nobody answers now."""


@dataclass(frozen=True)
class OpenLink:
    """A link from the web chat was followed; its token brings a ticket along."""

    token: str


@dataclass(frozen=True)
class AnswerField:
    """Answers a field with an id of the catalogue, a code of a place or an identity."""

    draft: str
    field: DraftField
    value: str


@dataclass(frozen=True)
class AgreeTo:
    """Says yes to what is asked: the privacy notice, the summary."""

    draft: str
    field: DraftField


@dataclass(frozen=True)
class DeclineTo:
    """Says no to what is asked."""

    draft: str
    field: DraftField


@dataclass(frozen=True)
class SkipField:
    """Leaves a field as it is: unknown, or as far as it is known."""

    draft: str
    field: DraftField


@dataclass(frozen=True)
class UseProfileName:
    """Takes the name of the profile."""

    field: ClassVar[DraftField] = DraftField.NAME
    draft: str


class DraftMove(StrEnum):
    """What steers a draft and fills no field."""

    DROP = "buang"
    CHOOSE_CHANGE = "ubah"
    WITHOUT_IDENTITY = "anonim"
    FOLLOW_SIMILAR = "ikut"
    ALL_CATEGORIES = "kategori_semua"
    GO_ON = "lanjut"


@dataclass(frozen=True)
class SteerDraft:
    """Steers the draft itself."""

    draft: str
    move: DraftMove


@dataclass(frozen=True)
class CorrectField:
    """Opens a field again."""

    draft: str
    field: DraftField


@dataclass(frozen=True)
class BeginAnew:
    """Drops the draft and begins another one with words that were kept."""

    draft: str
    words: KeptWords


DraftPress = (
    AnswerField
    | AgreeTo
    | DeclineTo
    | SkipField
    | UseProfileName
    | SteerDraft
    | CorrectField
    | BeginAnew
)


class TicketAct(StrEnum):
    """What a citizen does to a ticket by a button."""

    SHOW = "lihat"
    WITHDRAW = "tarik"
    WITHDRAW_SURELY = "tarik_ya"
    SOLVED = "sudah"
    NOT_SOLVED = "belum"
    ASK_RATING = "beri_nilai"
    SKIP_OPINION = "lewati_ulasan"
    UNFOLLOW = "berhenti"


@dataclass(frozen=True)
class AboutTicket:
    """Does something to a ticket."""

    number: TicketNumber
    act: TicketAct


@dataclass(frozen=True)
class RateTicket:
    """Gives a closed ticket a mark from 1 to 5."""

    number: TicketNumber
    mark: int


@dataclass(frozen=True)
class AddToTicket:
    """Adds to a ticket: the pictures that were kept, else the words that follow."""

    number: TicketNumber
    words: KeptWords = field(default_factory=KeptWords)


class WaitAct(StrEnum):
    """What somebody in line for an officer does."""

    WITH_BOT = "bot"
    GIVE_UP = "batal"


@dataclass(frozen=True)
class AboutWait:
    """Goes on with the bot meanwhile, or gives the wait up."""

    act: WaitAct


@dataclass(frozen=True)
class WaitForOfficer:
    """Waits although officers are away; the place in line is kept."""

    why: Trigger | None = None
    service: str | None = None
    office: str | None = None


@dataclass(frozen=True)
class EraseMyData:
    """Yes to the question whether to erase everything, as long as it stands."""

    until: datetime


@dataclass(frozen=True)
class KeepMyData:
    """No to that question."""


CitizenPress = (
    DraftPress
    | Means
    | Begin
    | ListServices
    | AboutService
    | NeitherReading
    | LeaveMessage
    | OpenLink
    | AboutTicket
    | RateTicket
    | AddToTicket
    | AboutWait
    | WaitForOfficer
    | EraseMyData
    | KeepMyData
)
#: To tell a draft's buttons from others, and a citizen's from an officer's.
DRAFT_PRESSES: Final = get_args(DraftPress)
CITIZEN_PRESSES: Final = get_args(CitizenPress)


def kept_by(press: CitizenPress | None) -> KeptWords:
    """Return the words that a button keeps; most keep none."""
    return press.words if isinstance(press, Means | AddToTicket | BeginAnew) else KeptWords()
