"""A change of a ticket that an officer is making, as far as they have answered."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, Final

from desk.domain.lifecycle import (
    MAX_PROOF_PHOTOS,
    MoveDetails,
    Need,
    OutcomeCode,
    RefusalCode,
    Status,
)
from desk.domain.ticket_number import TicketNumber


class CaseNote(StrEnum):
    """Changes of a ticket that are no moves."""

    REROUTE = "alihkan"
    FIELD_CHECK = "lapangan"
    LAPOR_NUMBER = "lapor"


#: A move, named by the state it leads to, or a note.
TicketChange = Status | CaseNote


#: Which field of a form answers a need.
_FIELDS: Final[Mapping[Need, str]] = {
    Need.OFFICE: "office",
    Need.REFUSAL: "refusal",
    Need.OUTCOME: "outcome",
    Need.DATE: "scheduled_for",
    Need.OTHER_TICKET: "other_ticket",
    Need.WORDS: "words",
    Need.REFERRAL: "referral",
    Need.QUESTION: "question",
    Need.PROOF: "proof",
}


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
    count_shown: str | None = None  #: the key of the message that says how many photos have come
    shows_all_offices: bool = False
    is_sure: bool = False  #: the officer confirmed a change that ends the ticket

    def has(self, need: Need) -> bool:
        """Tell whether a need is answered; photos prove as well as words do."""
        is_shown = need is Need.PROOF and bool(self.photos)
        return is_shown or getattr(self, _FIELDS[need]) is not None

    def answered(self, need: Need, value: Any) -> "TicketForm":
        """Return the form with an answer."""
        return replace(self, **{_FIELDS[need]: value})

    def with_photo(self, picture: str, album: str | None) -> "TicketForm":
        """Return the form with one more photo, unless a proof may have no more."""
        together = tuple(dict.fromkeys((*self.photos, picture)))[:MAX_PROOF_PHOTOS]
        return replace(self, photos=together, album=album or self.album)

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
