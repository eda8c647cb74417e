"""What happened: recorded by a use case, told to whom it concerns before the commit.

*Act → record → tell.* A use case checks and changes, then calls `uow.record(…)`. The unit of work
hands each event to its subscribers (the table in `desk/bootstrap.py`), in the same transaction
and in the order of recording; what a subscriber records comes after. A subscriber that fails
undoes all of it.

Events carry the things themselves as they are afterwards, and no words for people.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from desk.domain.clocks import ClockState, Reminder
from desk.domain.conversation import Conversation, ConversationId
from desk.domain.handoff import Handoff, WaitAgain
from desk.domain.lifecycle import Kind
from desk.domain.officer import Officer
from desk.domain.outgoing import OutboxMessage
from desk.domain.ticket import Ticket
from desk.domain.ticket_number import TicketNumber


class Event:
    """Something that happened."""


# --- tickets ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TicketFiled(Event):
    """A ticket was filed; of an anonymous one it is told when its hour is over."""

    ticket: Ticket


@dataclass(frozen=True)
class TicketMoved(Event):
    """A ticket moved: the last line of its history says from where, by whom and why.

    *answered* is the conversation that reads of it in the answer to its own turn.
    """

    ticket: Ticket
    answered: ConversationId | None = None


@dataclass(frozen=True)
class TicketNoted(Event):
    """Something was done to a ticket that is no move; the last line of its history says what."""

    ticket: Ticket


@dataclass(frozen=True)
class CitizenAdded(Event):
    """Words or pictures were added, to be read with *ticket*.

    *merged*: the ticket they were added to, where that one was merged into this one.
    """

    ticket: Ticket
    merged: TicketNumber | None = None


@dataclass(frozen=True)
class CitizenObjected(Event):
    """By its citizen a ticket is not solved, and they may not open it again themselves."""

    ticket: Ticket


@dataclass(frozen=True)
class TicketRated(Event):
    """A citizen said what they think of how a ticket was handled."""

    ticket: Ticket


@dataclass(frozen=True)
class ClockRanLow(Event):
    """A ticket's clock has run so far that somebody is to be reminded.

    It is recorded again by each watcher; whoever tells of it tells each chat once.
    """

    ticket: Ticket
    clock: ClockState
    whom: Reminder

    @property
    def run(self) -> str:
        """Return a name for this run of the clock and who is reminded of it."""
        return f"{self.clock.name}:{self.clock.started.isoformat()}:{self.whom}"


@dataclass(frozen=True)
class IdentityOpened(Event):
    """An officer opened the identity behind a confidential ticket."""

    ticket: Ticket
    officer: Officer
    at: datetime
    reason: str


# --- hand-offs ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class HandoffAsked(Event):
    """A citizen waits for an officer."""

    conversation: Conversation
    handoff: Handoff


@dataclass(frozen=True)
class HandoffChanged(Event):
    """A wait goes on differently: with the bot meanwhile, urgent, or protected."""

    conversation: Conversation
    handoff: Handoff
    before: Handoff


@dataclass(frozen=True)
class HandoffTaken(Event):
    """An officer has the word; nobody had been asked for where *before* is None."""

    conversation: Conversation
    handoff: Handoff
    officer: Officer
    before: Handoff | None


@dataclass(frozen=True)
class HandoffRequeued(Event):
    """A conversation is back in line."""

    conversation: Conversation
    handoff: Handoff
    before: Handoff
    why: WaitAgain


@dataclass(frozen=True)
class HandoffEnded(Event):
    """The bot has the word again, perhaps because nobody is left who could answer."""

    conversation: Conversation
    handoff: Handoff
    before: Handoff
    officer: Officer | None
    nobody_is_left: bool = False


@dataclass(frozen=True)
class CitizenSpoke(Event):
    """A citizen said something that an officer is to read."""

    conversation: Conversation
    handoff: Handoff


@dataclass(frozen=True)
class OfficerAnswered(Event):
    """An officer wrote to the citizen."""

    conversation: Conversation
    handoff: Handoff


@dataclass(frozen=True)
class CitizenWarned(Event):
    """An officer asked a citizen to stay polite."""

    conversation: Conversation


@dataclass(frozen=True)
class MuteChanged(Event):
    """A citizen is muted, until when the conversation says, or not any more."""

    conversation: Conversation


@dataclass(frozen=True)
class ReportBegun(Event):
    """An officer began a report with a citizen's words; the bot asks for the rest.

    *since* is when the words first came.
    """

    conversation: Conversation
    officer: Officer
    kind: Kind
    words: str
    since: datetime


@dataclass(frozen=True)
class WaitLasted(Event):
    """Nobody came: *handoff* counts who was called, the group first, then the supervisors."""

    handoff: Handoff


@dataclass(frozen=True)
class OfficerFellSilent(Event):
    """An officer has not answered for long."""

    handoff: Handoff
    since: datetime


@dataclass(frozen=True)
class OfficersLeft(Event):
    """Officers closed at a moment while somebody waited."""

    handoff: Handoff
    closed_at: datetime


@dataclass(frozen=True)
class EmergencyHeard(Event):
    """A citizen needs help now."""

    conversation: Conversation
    at: datetime


# --- delivery and data --------------------------------------------------------------------------


@dataclass(frozen=True)
class DeliveryFailed(Event):
    """A message never arrived: "gone", "refused", "too_large" or "unreachable"."""

    message: OutboxMessage
    why: str


@dataclass(frozen=True)
class PersonErased(Event):
    """All that is known of a citizen is erased.

    *chats*: where officers had a topic of theirs; *handoff*: the one that this ended.
    """

    conversation_id: ConversationId
    chats: Sequence[str]
    handoff: Handoff | None


#: Hears of one kind of event: gets the unit of work, the desk's tools and the event.
Subscriber = Callable[..., Awaitable[None]]
Subscribers = Mapping[type[Event], Sequence[Subscriber]]
#: Brings an event to its subscribers, in the unit of work that recorded it.
Teller = Callable[[Any, Event], Awaitable[None]]
