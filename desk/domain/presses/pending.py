"""Questions that the desk has put and that stand open, to citizens and to officers."""

from dataclasses import dataclass

from desk.domain.facts import Topic
from desk.domain.lifecycle import Need
from desk.domain.ticket_form import TicketForm
from desk.domain.ticket_number import TicketNumber


@dataclass(frozen=True)
class WordsAwaited:
    """Words for a ticket: an addition, or the answer to an officer's question."""

    number: TicketNumber


@dataclass(frozen=True)
class SolvedAsked:
    """Is a ticket solved?"""

    number: TicketNumber


@dataclass(frozen=True)
class WithdrawalAsked:
    """Shall a ticket really be withdrawn?"""

    number: TicketNumber


@dataclass(frozen=True)
class OpinionAwaited:
    """Why this mark?"""

    number: TicketNumber


@dataclass(frozen=True)
class TopicAsked:
    """About which service, which case?"""

    topic: Topic


@dataclass(frozen=True)
class ContinuationAsked:
    """Shall a draft that was left alone go on?"""

    draft: str


@dataclass(frozen=True)
class AnonymityAsked:
    """Shall a draft be sent without identity?"""

    draft: str


Pending = (
    WordsAwaited
    | SolvedAsked
    | WithdrawalAsked
    | OpinionAwaited
    | TopicAsked
    | ContinuationAsked
    | AnonymityAsked
)


@dataclass(frozen=True)
class NeedAsked:
    """The next thing that a change of a ticket needs."""

    form: TicketForm
    need: Need


@dataclass(frozen=True)
class ReasonAsked:
    """Why a confidential identity is to be opened."""

    number: TicketNumber


#: What was put to an officer, whose next words answer it.
OfficerPending = NeedAsked | ReasonAsked
