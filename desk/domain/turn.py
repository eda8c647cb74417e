"""A turn: the messages that waited together, answered once.

    (new) ──► berjalan ──► selesai
                │  ▲  └──► karantina
       set aside│  │resumed
                ▼  │
              tertunda

Words that Rasa is needed for stay the running turn while Rasa is away, and are tried again. What
needs no Rasa (a button, a command, a picture, the answer to a draft's free question) overtakes
them: the running turn, and whatever was written before what overtakes, are *set aside*. They are
resumed in the order in which they were written, once nothing else waits and no draft is open:
they were said before it was begun, so they answer none of its questions, nor any other that was
put since. Every step of this is a transaction of its own, which a crash finds done or not done.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NewType

from desk.domain.conversation import ConversationId
from desk.domain.inbound import Inbound, InboundKind, InboxId

TurnId = NewType("TurnId", str)

#: Stands for a picture that could not be had; the citizen is told.
LOST = ""


class InboxState(StrEnum):
    """What became of a stored message."""

    WAITING = "menunggu"
    TAKEN = "diolah"  #: part of a turn
    DONE = "selesai"
    IGNORED = "diabaikan"  #: stored, but nothing for the desk to do (other groups, unreadable)
    QUARANTINED = "karantina"  #: failed too often; shown to admins


class TurnState(StrEnum):
    """Where a turn is on its way."""

    RUNNING = "berjalan"  #: one at most in a conversation
    SET_ASIDE = "tertunda"  #: overtaken while Rasa was away; it will run again
    DONE = "selesai"
    QUARANTINED = "karantina"


#: Turns that are still to be answered: their words are needed.
UNFINISHED: Final = frozenset({TurnState.RUNNING, TurnState.SET_ASIDE})


@dataclass(frozen=True)
class InboxMessage:
    """A stored message with its place in the order of its conversation."""

    id: InboxId
    inbound: Inbound
    received_at: datetime
    state: InboxState = InboxState.WAITING


@dataclass(frozen=True)
class Backlog:
    """How much of what came in is not answered."""

    waiting: int  #: stored or part of a running turn
    quarantined: int
    oldest_at: datetime | None  #: when the first of the waiting came in


@dataclass(frozen=True)
class Standing:
    """How a conversation stands when a turn of it ends."""

    recent: int  #: messages that came in of late
    is_waiting: bool  #: some belong to no turn yet
    is_set_aside: bool  #: a turn was set aside


@dataclass(frozen=True)
class Turn:
    """Messages under one id; a retried turn keeps its messages, so it means the same again."""

    id: TurnId
    conversation_id: ConversationId
    messages: tuple[InboxMessage, ...]
    created_at: datetime
    attempts: int = 0  #: how often Rasa did not answer
    failures: int = 0  #: how often Rasa answered that the turn broke
    session_id: str | None = None  #: the Rasa session it was first sent to
    notified_at: datetime | None = None  #: when the citizen was told to be patient
    attachments: Mapping[str, str] = field(default_factory=dict)  #: file id → stored picture
    was_set_aside: bool = False  #: other turns overtook it: it answers no question put since

    @property
    def waits_for_rasa(self) -> bool:
        """Tell whether Rasa was away when the turn was tried, so that others may overtake it."""
        return self.notified_at is not None


#: How long a message may wait for the rest of it ("min" … "mau tanya" … "ktp hilang").
HOLD_FRAGMENT = timedelta(milliseconds=900)
HOLD_ALBUM = timedelta(milliseconds=900)
HOLD_FLOOD = timedelta(seconds=6)
LONGEST_HOLD = timedelta(seconds=20)
FLOOD_WINDOW = timedelta(minutes=1)
FLOOD_MESSAGES = 20
FLOOD_NOTE_EVERY = timedelta(minutes=10)
FRAGMENT_WORDS = 2


def hold_for(
    inbound: Inbound, *, recent: int, expects_answer: bool, flood: int = FLOOD_MESSAGES
) -> timedelta:
    """Tell how long to wait for more before the message is answered.

    *recent* counts the conversation's messages of the last minute, more than *flood* are too
    many; a short text is held only while no question stands open, since then it is likely the
    start of a longer thought.
    """
    if recent > flood:
        return HOLD_FLOOD
    if inbound.album is not None:
        return HOLD_ALBUM
    if is_fragment(inbound) and not expects_answer:
        return HOLD_FRAGMENT
    return timedelta(0)


def is_fragment(inbound: Inbound) -> bool:
    """Tell whether a text is so short that more may follow."""
    words = (inbound.text or "").split()
    return inbound.kind is InboundKind.TEXT and len(words) <= FRAGMENT_WORDS


#: Kinds that always make a turn of their own: their meaning does not mix with words around them.
ALONE = frozenset({InboundKind.PRESS, InboundKind.COMMAND})


def first_turn_of(waiting: tuple[InboxMessage, ...]) -> tuple[InboxMessage, ...]:
    """Return the messages at the head of the queue that belong together as one turn.

    A reply begins a turn of its own, since it answers one question; what follows may be its rest.
    """
    if not waiting:
        return ()
    if waiting[0].inbound.kind in ALONE:
        return waiting[:1]
    together = [waiting[0]]
    for message in waiting[1:]:
        if message.inbound.kind in ALONE or _answers_another(message.inbound, together[0].inbound):
            break
        together.append(message)
    return tuple(together)


def _answers_another(inbound: Inbound, first: Inbound) -> bool:
    return inbound.reply_to is not None and inbound.reply_to != first.reply_to


@dataclass(frozen=True)
class Understanding:
    """What Rasa made of a turn, kept for the transcript and the admins."""

    intent: str
    final: str
    confidence: float
    raw: Mapping[str, Any] = field(default_factory=dict)
