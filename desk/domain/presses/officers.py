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
class OfConversation:
    """A button that names a citizen's conversation."""

    conversation: ConversationId


@dataclass(frozen=True)
class OfHandoff(OfConversation):
    """A button that means one hand-off of a conversation, and none that came after it."""

    handoff: HandoffId


@dataclass(frozen=True)
class OfTicket:
    """A button that names a ticket."""

    number: TicketNumber


@dataclass(frozen=True)
class TakeConversation(OfConversation):
    """Takes a conversation; with *handoff*, only while that one is not over."""

    handoff: HandoffId | None = None


@dataclass(frozen=True)
class HandBack(OfHandoff):
    """Gives the word back to the bot."""


@dataclass(frozen=True)
class FinishConversation(OfHandoff):
    """Ends a conversation whose matter is settled."""


@dataclass(frozen=True)
class OfferOffices(OfHandoff):
    """Shows which offices a conversation may be passed to."""


@dataclass(frozen=True)
class ForwardConversation(OfHandoff):
    """Puts a conversation in line for another office; None: the coordinators."""

    office: str | None = None


@dataclass(frozen=True)
class ServeNow(OfConversation):
    """Has plain words in private go to this conversation."""


@dataclass(frozen=True)
class SendReadyAnswer(OfHandoff):
    """Sends a ready answer, by its name in the reply files."""

    name: str


@dataclass(frozen=True)
class SendGuidance(OfHandoff):
    """Sends what the catalogue says about a service."""

    topic: Topic
    service: str
    variant: str | None = None


@dataclass(frozen=True)
class ChooseReportKind(OfHandoff):
    """Asks what a conversation becomes: a complaint or a question."""


@dataclass(frozen=True)
class BeginReport(OfHandoff):
    """Begins a ticket with the citizen's words."""

    report: Kind


@dataclass(frozen=True)
class MuteCitizen(OfHandoff):
    """Mutes a citizen who was warned."""


@dataclass(frozen=True)
class EndMute(OfConversation):
    """Lets a muted citizen be heard again."""


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
class ShowTicket(OfTicket):
    """Shows a ticket's card."""


@dataclass(frozen=True)
class ShowPictures(OfTicket):
    """Sends a ticket's pictures."""


@dataclass(frozen=True)
class ShowSheet(OfTicket):
    """Sends a ticket's hand-over sheet."""


@dataclass(frozen=True)
class NoteContact(OfTicket):
    """Writes down that the citizen was called."""


@dataclass(frozen=True)
class BeginChange(OfTicket):
    """Begins to change a ticket."""

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
class DropForm(OfTicket):
    """Leaves a ticket as it is."""


@dataclass(frozen=True)
class AskForIdentity(OfTicket):
    """Asks to open the identity behind a confidential ticket."""


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
