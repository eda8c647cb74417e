"""Buttons of officers in Telegram: each says what pressing it means."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, get_args

from desk.domain.conversation import ConversationId
from desk.domain.facts import Topic
from desk.domain.handoff import HandoffId
from desk.domain.lifecycle import Kind
from desk.domain.ticket_form import TicketChange, TicketForm
from desk.domain.ticket_number import TicketNumber


@dataclass(frozen=True)
class TakeConversation:
    """Takes a conversation; with *handoff*, only while that one is not over."""

    conversation: ConversationId
    handoff: HandoffId | None = None


@dataclass(frozen=True)
class HandBack:
    """Gives the word back to the bot."""

    conversation: ConversationId
    handoff: HandoffId


@dataclass(frozen=True)
class FinishConversation:
    """Ends a conversation whose matter is settled."""

    conversation: ConversationId
    handoff: HandoffId


@dataclass(frozen=True)
class OfferOffices:
    """Shows which offices a conversation may be passed to."""

    conversation: ConversationId
    handoff: HandoffId


@dataclass(frozen=True)
class ForwardConversation:
    """Puts a conversation in line for another office; None: the coordinators."""

    conversation: ConversationId
    handoff: HandoffId
    office: str | None = None


@dataclass(frozen=True)
class ServeNow:
    """Has plain words in private go to this conversation."""

    conversation: ConversationId


@dataclass(frozen=True)
class SendReadyAnswer:
    """Sends a ready answer, by its name in the reply files."""

    conversation: ConversationId
    handoff: HandoffId
    name: str


@dataclass(frozen=True)
class SendGuidance:
    """Sends what the catalogue says about a service."""

    conversation: ConversationId
    handoff: HandoffId
    topic: Topic
    service: str
    variant: str | None = None


@dataclass(frozen=True)
class ChooseReportKind:
    """Asks what a conversation becomes: a complaint or a question."""

    conversation: ConversationId
    handoff: HandoffId


@dataclass(frozen=True)
class BeginReport:
    """Begins a ticket with the citizen's words."""

    conversation: ConversationId
    handoff: HandoffId
    report: Kind


@dataclass(frozen=True)
class MuteCitizen:
    """Mutes a citizen who was warned."""

    conversation: ConversationId
    handoff: HandoffId


@dataclass(frozen=True)
class EndMute:
    """Lets a muted citizen be heard again."""

    conversation: ConversationId


class TicketList(StrEnum):
    """The lists of tickets."""

    OPEN = "daftar"
    UNSORTED = "baru"


@dataclass(frozen=True)
class ListTickets:
    """Shows a page of a list."""

    which: TicketList
    start: int = 0


@dataclass(frozen=True)
class ShowTicket:
    """Shows a ticket's card."""

    number: TicketNumber


@dataclass(frozen=True)
class ShowPictures:
    """Sends a ticket's pictures."""

    number: TicketNumber


@dataclass(frozen=True)
class ShowSheet:
    """Sends a ticket's hand-over sheet."""

    number: TicketNumber


@dataclass(frozen=True)
class NoteContact:
    """Writes down that the citizen was called."""

    number: TicketNumber


@dataclass(frozen=True)
class BeginChange:
    """Begins to change a ticket."""

    number: TicketNumber
    change: TicketChange


@dataclass(frozen=True)
class GoOnWithForm:
    """Goes on with a change: the form holds the answer that was pressed."""

    form: TicketForm


@dataclass(frozen=True)
class AllPhotosSent:
    """Says that all photos of a proof have come."""

    form: TicketForm  #: as it was when the button was made; more photos may have come since


@dataclass(frozen=True)
class DropForm:
    """Leaves a ticket as it is."""

    number: TicketNumber


@dataclass(frozen=True)
class AskForIdentity:
    """Asks to open the identity behind a confidential ticket."""

    number: TicketNumber


OfficerPress = (
    TakeConversation
    | HandBack
    | FinishConversation
    | OfferOffices
    | ForwardConversation
    | ServeNow
    | SendReadyAnswer
    | SendGuidance
    | ChooseReportKind
    | BeginReport
    | MuteCitizen
    | EndMute
    | ListTickets
    | ShowTicket
    | ShowPictures
    | ShowSheet
    | NoteContact
    | BeginChange
    | GoOnWithForm
    | AllPhotosSent
    | DropForm
    | AskForIdentity
)
#: To tell an officer's buttons from a citizen's.
OFFICER_PRESSES: Final = get_args(OfficerPress)
#: Those that name a conversation, and those that name one of its hand-offs.
OF_HANDOFFS: Final = (
    TakeConversation,
    HandBack,
    FinishConversation,
    OfferOffices,
    ForwardConversation,
    SendReadyAnswer,
    SendGuidance,
    ChooseReportKind,
    BeginReport,
    MuteCitizen,
)
OF_CONVERSATIONS: Final = (*OF_HANDOFFS, ServeNow, EndMute)
