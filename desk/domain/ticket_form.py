"""A change of a ticket that an officer is making, as far as they have answered."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from desk.domain.lifecycle import MoveDetails, OutcomeCode, RefusalCode, Status
from desk.domain.ticket_number import TicketNumber


class CaseNote(StrEnum):
    """Changes of a ticket that are no moves."""

    REROUTE = "alihkan"
    FIELD_CHECK = "lapangan"
    LAPOR_NUMBER = "lapor"


#: A move, named by the state it leads to, or a note.
TicketChange = Status | CaseNote


@dataclass(frozen=True, kw_only=True)
class TicketForm:
    """What is to be changed, and what was answered so far.

    It travels in buttons and in the pending question, so that a form needs no storage of its own
    and one that is left open harms nobody.
    """

    number: TicketNumber
    change: TicketChange
    begun_in: Status  #: the ticket's state when the form was begun; any other one makes it void
    office: str | None = None
    refusal: RefusalCode | None = None
    outcome: OutcomeCode | None = None
    scheduled_for: date | None = None
    other_ticket: TicketNumber | None = None
    words: str | None = None
    referral: str | None = None
    question: str | None = None
    proof: str | None = None
    photos: tuple[str, ...] = ()  #: ids of stored pictures, in the order they came
    album: str | None = None  #: the album that the photos are parts of
    count_shown: int | None = None  #: the outbox message that says how many photos have come
    shows_all_offices: bool = False
    is_sure: bool = False  #: the officer confirmed a change that ends the ticket

    @property
    def details(self) -> MoveDetails:
        """Return the answers as what a move needs."""
        return MoveDetails(
            office=self.office,
            refusal=self.refusal,
            words=self.words,
            referral=self.referral,
            question=self.question,
            outcome=self.outcome,
            scheduled_for=self.scheduled_for,
            proof=self.proof,
            photos=self.photos,
            other_ticket=self.other_ticket,
        )
