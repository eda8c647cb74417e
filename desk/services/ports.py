"""What the use cases need from storage, from Rasa and from the channels.

A port is here for what has more than one implementation, or is played in tests. Repositories have
one, on SQLAlchemy: they are typed where they are written, and known here by their types alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from desk.domain.conversation import Channel
from desk.domain.inbound import FileRef
from desk.domain.outgoing import OutboxMessage, Outgoing
from desk.domain.reply import Reply
from desk.domain.turn import TurnId, Understanding
from desk.services.events import Event, Teller

if TYPE_CHECKING:
    from desk.storage.repositories.attachments import Attachments
    from desk.storage.repositories.buttons import Buttons
    from desk.storage.repositories.conversations import Conversations
    from desk.storage.repositories.drafts import Drafts
    from desk.storage.repositories.erasure import Erasure
    from desk.storage.repositories.handoffs import Handoffs
    from desk.storage.repositories.inbox import Inbox
    from desk.storage.repositories.leases import Leases
    from desk.storage.repositories.officers import Officers
    from desk.storage.repositories.outbox import Outbox
    from desk.storage.repositories.personal import Personal
    from desk.storage.repositories.privacy import Privacy
    from desk.storage.repositories.retention import Retentions
    from desk.storage.repositories.tickets import Tickets
    from desk.storage.repositories.topics import Topics
    from desk.storage.repositories.turns import Turns
    from desk.storage.repositories.values import Values


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
    erasure: Erasure
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

    def record(self, event: Event) -> None:
        """Note that something happened; its subscribers hear of it before the commit."""

    async def tell(self) -> None:
        """Tell now what was recorded so far, where something else has to come after it."""

    def told_by(self, teller: Teller) -> None:
        """Have *teller* bring what is recorded to its subscribers."""

    async def commit(self) -> None:
        """Tell what is left to tell, and make it last."""


class UnitsOfWork(Protocol):
    """Makes units of work."""

    def __call__(self) -> UnitOfWork:
        """Return a new unit of work."""


@dataclass(frozen=True)
class TurnRequest:
    """One turn for Rasa: words, and what the actions need to know besides."""

    session_id: str
    turn_id: TurnId
    text: str
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


class Contents(Protocol):
    """Makes the files that go with messages: at the moment they leave, and stored nowhere."""

    async def __call__(self, message: OutboxMessage) -> bytes | None:
        """Return the file that a message names, None when there is nothing to put into it."""


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
