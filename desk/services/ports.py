"""What the use cases need from storage, from Rasa and from the channels."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Protocol, Self

from desk.domain.conversation import Channel, Conversation, ConversationId
from desk.domain.draft import Draft
from desk.domain.handoff import Handoff, HandoffEvent, HandoffId, HandoffState
from desk.domain.inbound import FileRef, Inbound, InboxId
from desk.domain.lifecycle import Status
from desk.domain.officer import Officer, OfficerId
from desk.domain.outgoing import (
    News,
    OutboxId,
    OutboxMessage,
    OutboxState,
    Outgoing,
    TopicState,
)
from desk.domain.privacy import IdentityOpening, PrivacyRequest
from desk.domain.reply import Button, Reply
from desk.domain.retention import Retention, Rule
from desk.domain.roles import Role
from desk.domain.ticket import Addition, Follower, Ticket, TicketId
from desk.domain.ticket_number import TicketNumber
from desk.domain.turn import (
    Backlog,
    InboxMessage,
    InboxState,
    Turn,
    TurnId,
    TurnState,
    Understanding,
)


class Conversations(Protocol):
    """Conversations, one row each; at most one worker holds one at a time."""

    async def get(self, conversation_id: ConversationId) -> Conversation | None:
        """Return the conversation with this id."""

    async def at_address(self, channel: Channel, address: str) -> Conversation | None:
        """Return the conversation at a chat id or web session."""

    async def held_at(self, channel: Channel, address: str) -> Conversation | None:
        """Return the conversation at an address, which it keeps until the unit of work ends."""

    async def add(self, conversation: Conversation) -> Conversation:
        """Store a new conversation; when its address is known already, return that one."""

    async def save(self, conversation: Conversation) -> None:
        """Write all fields of a conversation back."""

    async def lock(self, conversation_id: ConversationId) -> Conversation:
        """Return the conversation, locked against other writers until the unit of work ends."""

    async def with_reference(self, reference: str) -> list[Conversation]:
        """Return the citizens' conversations whose id begins so, at most two."""

    async def spoken_since(self, moment: datetime, limit: int) -> list[Conversation]:
        """Return the citizens' conversations with a turn since a moment, newest first."""

    async def wake_at(self, conversation_id: ConversationId, at: datetime) -> None:
        """Say when the conversation's waiting messages may be worked on (the latest counts)."""

    async def lease_next(
        self, worker: str, now: datetime, hold: timedelta
    ) -> ConversationId | None:
        """Give *worker* the conversation that has been ready longest, for at most *hold*."""

    async def renew(self, conversation_id: ConversationId, worker: str, until: datetime) -> None:
        """Hold on to a lease that *worker* still has; nothing when it was lost."""

    async def release(
        self,
        conversation_id: ConversationId,
        wake_at: datetime | None,
        *,
        worker: str | None = None,
    ) -> None:
        """End the lease; *wake_at* says when there is more to do, None that nothing waits.

        A message that came in meanwhile keeps the conversation awake. With *worker*, only that
        worker's lease is ended: one that came too late leaves its successor's alone.
        """

    async def next_wake(self) -> datetime | None:
        """Return when the next conversation becomes ready."""


class Inbox(Protocol):
    """Everything that came in, stored before it is acknowledged."""

    async def add(
        self,
        channel: Channel,
        external_id: str,
        *,
        conversation_id: ConversationId | None,
        inbound: Inbound | None,
        raw: dict[str, Any],
        received_at: datetime,
        state: InboxState = InboxState.WAITING,
    ) -> bool:
        """Store one update; False when this channel's *external_id* was stored before."""

    async def count_since(self, conversation_id: ConversationId, since: datetime) -> int:
        """Count a conversation's messages since a moment."""

    async def waiting(self, conversation_id: ConversationId) -> tuple[InboxMessage, ...]:
        """Return messages that belong to no turn yet, oldest first."""

    async def latest(
        self, conversation_id: ConversationId, since: datetime, limit: int
    ) -> tuple[InboxMessage, ...]:
        """Return a conversation's newest messages since a moment, oldest first."""

    async def unanswered(
        self, conversation_id: ConversationId, *, since: datetime, after: InboxId
    ) -> tuple[InboxMessage, ...]:
        """Return what was worked since a moment and whose answer neither left nor surely will."""

    async def standing(self, conversation_id: ConversationId, since: datetime) -> tuple[int, bool]:
        """Return how many messages came since a moment, and whether any belongs to no turn."""

    async def backlog(self) -> Backlog:
        """Return how much is not answered, in all channels."""


class Turns(Protocol):
    """Turns and what came of them."""

    async def open_turn(self, conversation_id: ConversationId) -> Turn | None:
        """Return the turn that is under way, with its messages in order."""

    async def began_at(self, turn_id: TurnId) -> datetime | None:
        """Return when a turn was put together, None when there is no such turn."""

    async def latest_intent(
        self, conversation_id: ConversationId, after: datetime, among: Collection[str]
    ) -> str | None:
        """Return what was meant last after a moment, of some intents; None: none of them."""

    async def start(self, turn: Turn) -> None:
        """Store a new turn and mark its messages as taken."""

    async def save(self, turn: Turn) -> None:
        """Write attempts, session, notice and attachments of a turn back."""

    async def finish(
        self, turn_id: TurnId, state: TurnState, understanding: Understanding | None
    ) -> None:
        """Close a turn and its messages (done or quarantined)."""

    async def recorded(self, turn_id: TurnId, step: str) -> list[dict[str, Any]] | None:
        """Return what a step of this turn already answered, None when it has not run."""

    async def record(self, turn_id: TurnId, step: str, replies: list[dict[str, Any]]) -> None:
        """Keep a step's answer. Raises AlreadyRecorded when another run was faster."""

    async def forget(self, conversation_id: ConversationId, since: datetime) -> None:
        """Empty the texts of a conversation's messages, turns and raw updates since a moment.

        The rows stay, so that a redelivered update is still recognised.
        """


class Outbox(Protocol):
    """Everything on its way out, in order per address."""

    async def add(
        self,
        conversation: Conversation,
        body: Outgoing,
        *,
        key: str,
        now: datetime,
        owner_version: int | None = None,
        scrub: bool = False,
    ) -> None:
        """Queue one message; a second message with the same *key* is not queued."""

    async def add_to(
        self,
        channel: Channel,
        address: str,
        body: Outgoing,
        *,
        key: str,
        now: datetime,
        about: ConversationId | None = None,
        scrub: bool = False,
    ) -> None:
        """Queue a message to officers, *about* a citizen's conversation.

        *address* is an officers' group or an officer's private chat.
        """

    async def with_key(self, key: str) -> OutboxMessage | None:
        """Return the message that was queued under this key."""

    async def sent_as(
        self, channel: Channel, address: str, external_message_id: str
    ) -> OutboxMessage | None:
        """Return the message that has this id in its chat: what an officer replies to."""

    async def due(self, channel: Channel, now: datetime, limit: int) -> list[OutboxMessage]:
        """Return for each address its oldest unsent message, when that one may be sent now."""

    async def told_about(
        self, conversation_id: ConversationId, prefix: str
    ) -> list[tuple[str, datetime]]:
        """Return key and time of what officers were told of a conversation, by how keys begin."""

    async def waiting_at(self, channel: Channel, address: str, limit: int) -> list[OutboxMessage]:
        """Return what waits to be sent to an address, oldest first."""

    async def mark(
        self,
        outbox_id: OutboxId,
        state: OutboxState,
        *,
        now: datetime,
        not_before: datetime | None = None,
        external_message_id: str | None = None,
        error: str | None = None,
    ) -> None:
        """Write what became of a message; SENDING counts an attempt, SENT scrubs if asked."""

    async def fail_all(
        self, channel: Channel, address: str, error: str, now: datetime
    ) -> list[OutboxMessage]:
        """Mark all unsent messages of an address as failed, and return them."""

    async def give_up_unread(self, before: datetime) -> int:
        """Empty what no browser has shown since a moment and must not be kept; count it."""

    async def recover(self, channel: Channel) -> int:
        """Put messages left in SENDING by a crash back in line; return how many."""

    async def since(
        self, conversation_id: ConversationId, after: OutboxId, limit: int
    ) -> list[OutboxMessage]:
        """Return a conversation's messages after an id, oldest first (the web chat reads this)."""

    async def news(self, channel: Channel, addresses: Collection[str]) -> Mapping[str, News]:
        """Return what is new at each of many addresses, those without a conversation left out."""

    async def forget(self, conversation_id: ConversationId, since: datetime) -> None:
        """Empty what was sent to a conversation, or to officers about it, since a moment.

        What is unsent still goes out and is emptied then, as if it had been queued with *scrub*.
        """

    async def next_due(self, channel: Channel) -> datetime | None:
        """Return when the next message of a channel may go, None when none waits."""


class Drafts(Protocol):
    """Drafts under way, at most one per conversation."""

    async def active(self, conversation_id: ConversationId) -> Draft | None:
        """Return the conversation's draft."""

    async def save(self, draft: Draft) -> None:
        """Store or replace a draft."""

    async def delete(self, draft_id: str) -> None:
        """Remove a draft with its pictures, unless a ticket took them over."""

    async def delete_untouched_since(self, moment: datetime) -> int:
        """Remove drafts left alone for too long; return how many."""


class Tickets(Protocol):
    """Tickets with their history and additions."""

    async def add(self, ticket: Ticket) -> None:
        """Store a new ticket. Raises DraftAlreadyFiled when its draft has one."""

    async def get(self, number: TicketNumber) -> Ticket | None:
        """Return the ticket with this number."""

    async def lock(self, number: TicketNumber) -> Ticket | None:
        """Return the ticket, locked against other writers until the unit of work ends."""

    async def save(self, ticket: Ticket) -> None:
        """Write the ticket back, new history entries and additions included."""

    async def of_draft(self, draft_id: str) -> Ticket | None:
        """Return the ticket that was made from a draft."""

    async def of_conversation(self, conversation_id: ConversationId) -> list[Ticket]:
        """Return the citizen's tickets, newest first."""

    async def add_addition(self, ticket_id: TicketId, addition: Addition, *, key: str) -> None:
        """Add words or a picture; the same *key* again changes nothing."""

    async def move_to_conversation(self, number: TicketNumber, to: ConversationId) -> None:
        """Join a ticket to another conversation of its citizen (web chat to Telegram)."""

    async def by_id(self, ticket_id: TicketId) -> Ticket | None:
        """Return the ticket with this id."""

    async def in_states(
        self, states: Collection[Status], *, after: TicketId | None, limit: int
    ) -> list[Ticket]:
        """Return tickets in some states, by id, those *after* an id."""

    async def oldest(
        self,
        states: Collection[Status],
        *,
        offices: Collection[str | None] | None = None,
        protected: bool | None = None,
        limit: int,
    ) -> list[Ticket]:
        """Return tickets in some states, the one filed first first.

        *offices*: only those of these offices, None among them for tickets without one.
        """

    async def of_category(
        self, category: str, states: Collection[Status], since: datetime, limit: int
    ) -> list[Ticket]:
        """Return a category's tickets in some states filed since a moment, newest first.

        Their history and additions are left out.
        """

    async def merged_into(self, number: TicketNumber) -> list[Ticket]:
        """Return the tickets that were merged into this one, oldest first."""

    async def follow(self, ticket_id: TicketId, follower: Follower) -> bool:
        """Add a follower; False when that conversation follows the ticket already."""

    async def unfollow(self, ticket_id: TicketId, *, through: str) -> None:
        """Remove the followers whom *through* brought."""

    async def leave(self, ticket_id: TicketId, conversation_id: ConversationId) -> None:
        """Remove one follower; nothing when that conversation does not follow."""

    async def followers(self, ticket_id: TicketId) -> list[Follower]:
        """Return who hears of a ticket besides its reporter, in the order they came."""

    async def followed_by(self, conversation_id: ConversationId) -> list[Ticket]:
        """Return the tickets that a conversation follows, newest first."""


class Buttons(Protocol):
    """What each button's token means."""

    async def add(
        self, meanings: Mapping[str, Button], conversation_id: ConversationId, now: datetime
    ) -> None:
        """Keep the meanings of a conversation's tokens."""

    async def get(self, token: str) -> tuple[ConversationId, Button] | None:
        """Return whom a token was made for and what it means."""

    async def delete_before(self, moment: datetime) -> int:
        """Remove old tokens; return how many."""

    async def forget(self, conversation_id: ConversationId, since: datetime) -> None:
        """Remove a conversation's tokens made since a moment."""


class Attachments(Protocol):
    """Pictures: re-encoded bytes under random ids."""

    async def add(
        self,
        attachment_id: str,
        conversation_id: ConversationId | None,
        data: bytes,
        mime: str,
        now: datetime,
    ) -> None:
        """Store a picture; the same id again changes nothing."""

    async def get(self, attachment_id: str) -> tuple[bytes, str] | None:
        """Return a picture's bytes and MIME type."""

    async def belong_to_ticket(
        self, attachment_ids: Sequence[str], ticket_id: TicketId, *, at: datetime
    ) -> None:
        """Hand pictures over to a ticket and cut their tie to the conversation.

        Their time becomes *at*: that of their sending would lead back to who sent them.
        """

    async def delete_orphans(self, before: datetime) -> int:
        """Remove pictures stored before a moment that nothing leads to any more; count them.

        A picture is kept by its ticket, a draft, a button, a message that goes out or waits to
        be worked on, and a turn that runs or began since.
        """


class Officers(Protocol):
    """Officers and their roles."""

    async def add(self, officer: Officer) -> Officer:
        """Store a new officer; when the Telegram id is known already, return that one."""

    async def get(self, officer_id: OfficerId) -> Officer | None:
        """Return the officer with this id."""

    async def by_telegram_id(self, telegram_id: int) -> Officer | None:
        """Return the officer with this Telegram account, a suspended one, too."""

    async def all(self) -> list[Officer]:
        """Return all officers, suspended ones too, by name."""

    async def active_telegram_ids(self) -> frozenset[int]:
        """Return the Telegram accounts of all officers who are not suspended."""

    async def with_role(self, role: Role, *, office: str | None = None) -> list[Officer]:
        """Return the active officers who have a role, in *office* if one is given."""

    async def staffed_offices(self) -> frozenset[str]:
        """Return the offices in which an active *petugas* is registered."""

    async def save(self, officer: Officer) -> None:
        """Write an officer back, roles included."""


class Handoffs(Protocol):
    """Hand-offs; lock the conversation before you change one."""

    async def add(self, handoff: Handoff) -> Handoff:
        """Store a new hand-off; when the conversation has an open one, return that."""

    async def get(self, handoff_id: HandoffId) -> Handoff | None:
        """Return the hand-off with this id."""

    async def open_of(self, conversation_id: ConversationId) -> Handoff | None:
        """Return the conversation's hand-off that has not ended."""

    async def of_conversation(self, conversation_id: ConversationId) -> list[Handoff]:
        """Return all hand-offs of a conversation, newest first."""

    async def in_state(self, state: HandoffState) -> list[Handoff]:
        """Return the hand-offs in a state, the longest waiting first."""

    async def of_officer(self, officer_id: OfficerId) -> list[Handoff]:
        """Return what an officer serves now, oldest first."""

    async def count_waiting_before(
        self, moment: datetime, office: str | None, *, is_protected: bool
    ) -> int:
        """Count those who wait for the same officers and asked before *moment*.

        Those are `integritas` if it is protected, whatever the office, else the office's.
        """

    async def recent_waits(
        self, since: datetime, limit: int, *, is_protected: bool
    ) -> list[tuple[datetime, datetime]]:
        """Return from when until when citizens waited who were served since a moment."""

    async def save(self, handoff: Handoff) -> None:
        """Write a hand-off back."""

    async def note(self, handoff_id: HandoffId, event: HandoffEvent, *, key: str) -> None:
        """Write down what happened; the same *key* again changes nothing."""

    async def events(self, handoff_id: HandoffId) -> list[HandoffEvent]:
        """Return what happened, in order."""


class Topics(Protocol):
    """Which topic of a chat belongs to which conversation."""

    async def thread_of(
        self, chat: str, conversation_id: ConversationId
    ) -> tuple[str, TopicState] | None:
        """Return a conversation's topic in a chat and its state, None when there is none."""

    async def chats_of(self, conversation_id: ConversationId) -> list[str]:
        """Return the chats in which a conversation has a topic."""

    async def conversation_of(self, chat: str, thread: str) -> ConversationId | None:
        """Return whose topic this is."""

    async def put(
        self, chat: str, conversation_id: ConversationId, thread: str, state: TopicState
    ) -> None:
        """Remember a topic, in place of an older one."""

    async def remove(self, chat: str, conversation_id: ConversationId) -> None:
        """Forget a topic that is no more."""


class Privacy(Protocol):
    """What citizens asked about their data, and who opened a confidential identity."""

    async def add(self, request: PrivacyRequest) -> None:
        """Store a request; the same id again changes nothing."""

    async def save(self, request: PrivacyRequest) -> None:
        """Write a request back."""

    async def get(self, request_id: str) -> PrivacyRequest | None:
        """Return the request with this id."""

    async def of_conversation(self, conversation_id: ConversationId) -> list[PrivacyRequest]:
        """Return a citizen's requests, oldest first."""

    async def erasures_under_way(self) -> list[PrivacyRequest]:
        """Return the erasures that still know their conversation, oldest first."""

    async def note_opening(self, opening: IdentityOpening) -> None:
        """Write down an opening; the same id again changes nothing."""

    async def openings(self, ticket_id: TicketId) -> list[IdentityOpening]:
        """Return who opened a ticket's identity, oldest first."""


class Personal(Protocol):
    """All that is stored about one citizen."""

    async def hold(self, conversation_id: ConversationId) -> bool:
        """Keep everybody else from the conversation, new messages included; False if it is gone.

        It must be the first lock of the unit of work.
        """

    async def rows(
        self, conversation_id: ConversationId
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Return the rows about a citizen by their table, each as its columns.

        Of pictures only the size is told, under `size`. Messages to officers about the citizen
        are under `outbox_about`, what officers wrote to them under `officer_words`, the names of
        all officers under `officers`.
        """

    async def erase(
        self,
        conversation_id: ConversationId,
        heir: Conversation | None,
        *,
        address: str,
        now: datetime,
    ) -> Mapping[str, int]:
        """Erase what is known of a citizen but their tickets; return how much that was.

        The conversation gets *address*, which nobody has. Messages that nobody worked yet go to
        *heir*, a new conversation of the same citizen. The same erasure again changes nothing.
        """


class Retentions(Protocol):
    """What has been kept long enough."""

    async def count(self, rule: Rule, keep: Retention, now: datetime) -> int:
        """Count what a rule would remove now; nothing changes."""

    async def remove(self, rule: Rule, keep: Retention, now: datetime, limit: int) -> int:
        """Remove at most *limit* of what is due; return how many, 0 when nothing is left."""

    async def retire_topics(
        self, keep: Retention, now: datetime, limit: int
    ) -> list[tuple[str, ConversationId]]:
        """Mark topics that are due as to be deleted, and return them as chat and conversation."""


class Leases(Protocol):
    """Named rights that one process holds at a time (the one sender of a channel)."""

    async def acquire(self, name: str, holder: str, now: datetime, hold: timedelta) -> bool:
        """Take or renew the lease; False while another holder's has not run out."""

    async def release(self, name: str, holder: str) -> None:
        """Give the lease up."""


class Values(Protocol):
    """Small named values that must last (schema of none: JSON)."""

    async def get(self, name: str) -> Any:
        """Return the value, None when it was never set."""

    async def put(self, name: str, value: Any) -> None:
        """Set the value."""

    async def starting_with(self, prefix: str) -> Mapping[str, Any]:
        """Return all values whose names begin so."""

    async def delete(self, name: str) -> None:
        """Remove the value, if there is one."""


class UnitOfWork(Protocol):
    """One transaction; what is not committed is rolled back on exit."""

    conversations: Conversations
    inbox: Inbox
    turns: Turns
    outbox: Outbox
    drafts: Drafts
    tickets: Tickets
    buttons: Buttons
    attachments: Attachments
    officers: Officers
    handoffs: Handoffs
    topics: Topics
    privacy: Privacy
    personal: Personal
    retention: Retentions
    leases: Leases
    values: Values

    async def __aenter__(self) -> Self:
        """Begin."""

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Roll back what was not committed."""

    async def commit(self) -> None:
        """Make it last."""


class UnitsOfWork(Protocol):
    """Makes units of work."""

    def __call__(self) -> UnitOfWork:
        """Return a new unit of work."""


@dataclass(frozen=True)
class TurnRequest:
    """One turn for Rasa: words or a press, and what the actions need to know besides."""

    session_id: str
    turn_id: TurnId
    text: str | None
    press: str | None  #: the intent a button or command stands for
    metadata: Mapping[str, Any]


@dataclass(frozen=True)
class TurnAnswer:
    """What Rasa and its actions answered."""

    replies: tuple[Reply, ...]
    understanding: Understanding


class Understander(Protocol):
    """Rasa, seen from the desk."""

    async def take_turn(self, request: TurnRequest) -> TurnAnswer:
        """Run a turn, or repeat the answer of one that already ran.

        Raises:
            RasaUnavailable: Nothing answers, or not in time; the same turn may be sent again.
            TurnFailed: Rasa answers, but this turn broke something.
        """

    async def intent_of(self, text: str) -> str:
        """Return what words mean by themselves; no turn is run.

        Raises:
            RasaUnavailable: Nothing answers, or not in time.
        """


class Messenger(Protocol):
    """One channel's way out."""

    async def send(self, address: str, body: Outgoing, content: bytes | None) -> str:
        """Deliver one message and return the channel's id of it.

        *content* is the picture of the message, or the file when the message names a document.

        Raises:
            RetryLater: The channel asks for patience; nothing was delivered.
            OutcomeUnknown: The connection broke after sending; it may have arrived.
            AddresseeGone: The citizen blocked the bot or the chat is no more.
            DeliveryRefused: The message can never be delivered.
            DeliveryTooLarge: It can never be delivered, since it is too large.
        """

    async def edit(self, address: str, message_id: str, body: Outgoing) -> bool:
        """Put *body* in the place of an earlier message; False when that cannot be done.

        Raises:
            RetryLater, OutcomeUnknown, AddresseeGone, DeliveryRefused: As for `send`.
        """


class Files(Protocol):
    """Fetches what citizens sent and a channel still keeps."""

    async def fetch(self, channel: Channel, file: FileRef) -> bytes:
        """Return the file's bytes. Raises FileTooLarge, FileGone or RetryLater."""


class Presence(Protocol):
    """Small signs of life that need not arrive."""

    def typing(self, channel: Channel, address: str) -> AbstractContextManager[None]:
        """Show that an answer is being written while the work inside goes on; never raises."""


class Bell(Protocol):
    """Wakes loops of this and other processes when there is something to do."""

    def ring(self, topic: str) -> None:
        """Wake everyone who waits for *topic* (`inbox`, `outbox:telegram`, `outbox:web`)."""

    async def wait(self, topic: str, timeout: float) -> None:  # noqa: ASYNC109 - nobody may ring
        """Return when the bell rang for *topic* since the last wait, or after *timeout* s."""
