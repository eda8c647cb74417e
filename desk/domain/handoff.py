"""A hand-off: the stretch in which a human has the word, from asking to handing back.

    menunggu ──take──► dilayani ──end──► selesai
       ▲                  │
       └─────requeue──────┘        menunggu ──end──► selesai (cancelled, became a ticket)

The conversation's owner follows: `waiting`, `officer`, `bot` (see `Handoff.owner`).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType

from desk.domain.conversation import ConversationId, Owner
from desk.domain.errors import AlreadyTaken, HandoffOver
from desk.domain.officer import OfficerId
from desk.domain.ticket_number import TicketNumber

HandoffId = NewType("HandoffId", str)


#: How far reminders of one wait have gone.
CALLED_GROUP: Final = 1
CALLED_SUPERVISORS: Final = 2


class Trigger(StrEnum):
    """Why a human is wanted."""

    ASKED = "diminta"
    MISUNDERSTOOD = "tidak_dipahami"
    DISAPPOINTED = "kecewa"
    EMERGENCY = "darurat"
    MISSING_FACT = "data_belum_ada"
    STEPPED_IN = "petugas_masuk"


class HandoffState(StrEnum):
    """Where a hand-off stands."""

    WAITING = "menunggu"
    SERVED = "dilayani"
    ENDED = "selesai"


class Ending(StrEnum):
    """How a hand-off ended."""

    HANDED_BACK = "dikembalikan"  #: the officer gave the word back to the bot
    DONE = "tuntas"  #: the officer says that the matter is settled
    CANCELLED = "dibatalkan_warga"
    BECAME_TICKET = "jadi_tiket"


class WaitAgain(StrEnum):
    """Why a conversation is back in line."""

    FORWARDED = "dialihkan"  #: passed to another office
    OFFICER_SILENT = "petugas_diam"
    OFFICER_AWAY = "petugas_berhalangan"


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long people wait before somebody is reminded; settings of the desk."""

    remind_group_after: timedelta = timedelta(minutes=5)
    call_supervisors_after: timedelta = timedelta(minutes=15)
    warn_officer_after: timedelta = timedelta(minutes=10)
    requeue_after: timedelta = timedelta(minutes=20)


@dataclass(frozen=True, kw_only=True)
class Handoff:
    """One stretch; a conversation has at most one that has not ended.

    *chat* is where officers see it: a group's chat id, or an officer's private chat. *reminded*
    counts the reminders of this wait (1: the group, 2: the supervisors).
    """

    id: HandoffId
    conversation_id: ConversationId
    trigger: Trigger
    asked_at: datetime
    waiting_since: datetime
    chat: str | None
    state: HandoffState = HandoffState.WAITING
    office: str | None = None  #: None: the coordinators
    is_protected: bool = False
    service: str | None = None
    ticket: TicketNumber | None = None
    officer_id: OfficerId | None = None
    taken_at: datetime | None = None
    ended_at: datetime | None = None
    ending: Ending | None = None
    with_bot: bool = False  #: the citizen goes on with the bot meanwhile; the place is kept
    unanswered_since: datetime | None = None  #: the citizen waits for the officer's word
    last_officer_at: datetime | None = None
    reminded: int = 0
    warned_at: datetime | None = None
    closing_told_at: datetime | None = None  #: the closing that who waits was told of last

    @property
    def is_open(self) -> bool:
        """Tell whether it has not ended."""
        return self.state is not HandoffState.ENDED

    @property
    def owner(self) -> Owner:
        """Return who has the word in the conversation while this hand-off stands so."""
        return _OWNERS[self.state]

    def taken_by(self, officer_id: OfficerId, now: datetime, *, chat: str | None) -> "Handoff":
        """Give the word to an officer; the same officer again changes nothing.

        Raises:
            AlreadyTaken: Another officer has it.
            HandoffOver: It has ended.
        """
        self._require_open()
        if self.state is HandoffState.SERVED:
            if self.officer_id == officer_id:
                return self
            raise AlreadyTaken(self.officer_id or "")
        return replace(
            self,
            state=HandoffState.SERVED,
            officer_id=officer_id,
            taken_at=now,
            chat=chat,
            unanswered_since=now,
            last_officer_at=now,
            warned_at=None,
        )

    def requeued(self, now: datetime, *, chat: str | None, office: str | None = None) -> "Handoff":
        """Put the conversation back in line, perhaps for another office.

        The place is that of the first asking: nobody waits twice as long for our sake.

        Raises:
            HandoffOver: It has ended.
        """
        self._require_open()
        return replace(
            self,
            state=HandoffState.WAITING,
            officer_id=None,
            taken_at=None,
            waiting_since=now,
            chat=chat,
            office=office,
            with_bot=False,
            unanswered_since=None,
            reminded=0,
            warned_at=None,
        )

    def heard(self, now: datetime) -> "Handoff":
        """Note that the citizen wrote; what counts is since when they wait for an answer."""
        return replace(self, unanswered_since=self.unanswered_since or now)

    def answered(self, now: datetime) -> "Handoff":
        """Note that the officer answered."""
        return replace(self, unanswered_since=None, warned_at=None, last_officer_at=now)

    def ended(self, ending: Ending, now: datetime) -> "Handoff":
        """End it; a second end changes nothing."""
        if not self.is_open:
            return self
        return replace(self, state=HandoffState.ENDED, ending=ending, ended_at=now)

    def _require_open(self) -> None:
        if not self.is_open:
            raise HandoffOver


_OWNERS: Final = {
    HandoffState.WAITING: Owner.WAITING,
    HandoffState.SERVED: Owner.OFFICER,
    HandoffState.ENDED: Owner.BOT,
}


class EventKind(StrEnum):
    """What is written down about a hand-off; rows are only ever added."""

    ASKED = "diminta"
    TAKEN = "diambil"
    FORWARDED = "dialihkan"
    REQUEUED = "kembali_antre"
    NOTE = "catatan"  #: an officer's internal note
    WARNED = "diperingatkan"  #: the citizen, to stay polite
    MUTED = "dijeda"
    UNMUTED = "jeda_diakhiri"
    NOT_DELIVERED = "tidak_terkirim"  #: a message did not reach the citizen
    ENDED = "selesai"


@dataclass(frozen=True)
class HandoffEvent:
    """One thing that happened, by whom, with the words that belong to it."""

    at: datetime
    kind: EventKind
    officer_id: OfficerId | None = None
    words: str | None = None
