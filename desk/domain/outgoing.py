"""Messages on their way out: what is sent, and what became of each."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from desk.domain.conversation import Channel, ConversationId, Owner
from desk.domain.inbound import InboxId
from desk.domain.presses.pending import Pending
from desk.domain.ticket_number import TicketNumber

OutboxId = NewType("OutboxId", int)


class OutboxState(StrEnum):
    """Status of delivery, apart from the status of any ticket."""

    PENDING = "menunggu"
    SENDING = "dikirim"  #: handed to the channel; after a crash the outcome is unknown
    SENT = "terkirim"
    FAILED = "gagal"  #: the channel refused for good
    DROPPED = "dibuang"  #: void: a human took over, or a later edit came, before it left


@dataclass(frozen=True)
class OutgoingButton:
    """A button as a channel sees it: a label and a token that only the desk can read."""

    label: str
    token: str


@dataclass(frozen=True)
class Topic:
    """The topic of a chat in which one conversation is served; made when first needed."""

    conversation_id: ConversationId
    title: str


@dataclass(frozen=True)
class CopyOf:
    """A message of another chat that is copied, so that its author stays unknown."""

    chat: str
    message_id: str


class TopicState(StrEnum):
    """What a message does to its topic besides being sent."""

    OPEN = "buka"
    CLOSED = "tutup"
    DELETED = "hapus"  #: gone with all its messages; the message itself is not sent


@dataclass(frozen=True)
class Outgoing:
    """One message for a channel; *text* is HTML in Telegram's subset.

    *attachment* is the id of a stored picture that goes with the text. *copies*: the message is
    a copy of another one, and *text*, if there is any, takes the place of its caption. *edits*
    is the key of a message that this one replaces. *joins*: it may be joined with others
    that wait for the same topic. *leaves_topic*: the state of the topic afterwards. *document* is
    the name of a file that is made when it is sent: the hand-over sheet of the ticket *sheet_of*,
    or else all of the citizen's data. *asks* is the question to the citizen that a reply to this
    message answers.
    """

    text: str
    buttons: tuple[tuple[OutgoingButton, ...], ...] = ()
    ask_location: bool = False
    attachment: str | None = None
    topic: Topic | None = None
    copies: CopyOf | None = None
    edits: str | None = None
    joins: bool = False
    leaves_topic: TopicState | None = None
    document: str | None = None
    sheet_of: TicketNumber | None = None
    asks: Pending | None = None


@dataclass(frozen=True)
class OutboxMessage:
    """A stored outgoing message.

    *owner_version* is the conversation's version it was computed at: when an officer has taken
    over since, a bot message is dropped instead of sent. None: send in any case.
    """

    id: OutboxId
    channel: Channel
    address: str
    conversation_id: ConversationId | None
    body: Outgoing
    created_at: datetime
    state: OutboxState = OutboxState.PENDING
    attempts: int = 0
    not_before: datetime | None = None
    owner_version: int | None = None
    scrub: bool = False  #: empty the body once it is sent (it would join a person to a ticket)
    external_message_id: str | None = None
    about: ConversationId | None = None  #: the citizen's conversation, of a message to officers
    key: str | None = None  #: by which a later message may replace it
    is_overtaken: bool = False  #: void when it was read: the conversation's version is another


@dataclass(frozen=True)
class SaidIn:
    """What an outgoing message comes from: a message of an officer, by its chat and id there."""

    chat: str
    message_id: str


@dataclass(frozen=True)
class Relay:
    """That a citizen's message was shown in a chat of officers."""

    message: InboxId
    chat: str
    at: datetime


@dataclass(frozen=True)
class News:
    """What tells that there is something new for a citizen: it differs from what it was."""

    newest: OutboxId | None  #: the newest message to them, in whatever state
    owner: Owner
