"""The unit of work: one transaction with all repositories in it."""

from collections import deque
from types import TracebackType
from typing import Final, Self

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from desk.domain.errors import TryAgain
from desk.services.events import Event, Teller
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

#: PostgreSQL: a serialization failure, a deadlock.
_GIVEN_UP: Final = frozenset({"40001", "40P01"})


class SqlUnitOfWork:
    """One transaction; what is not committed is rolled back on exit.

    Never open a second one inside the first: on SQLite it would wait for ever.
    """

    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        """Take the maker of sessions; nothing is opened yet."""
        self._sessions = sessions
        self._recorded: deque[Event] = deque()
        self._teller: Teller = _nobody_tells

    async def __aenter__(self) -> Self:
        """Begin."""
        session = self._session = self._sessions()
        self.conversations = Conversations(session)
        self.inbox = Inbox(session)
        self.turns = Turns(session)
        self.outbox = Outbox(session)
        self.drafts = Drafts(session)
        self.tickets = Tickets(session)
        self.buttons = Buttons(session)
        self.attachments = Attachments(session)
        self.officers = Officers(session)
        self.handoffs = Handoffs(session)
        self.topics = Topics(session)
        self.privacy = Privacy(session)
        self.personal = Personal(session)
        self.erasure = Erasure(session)
        self.retention = Retentions(session)
        self.leases = Leases(session)
        self.values = Values(session)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Roll back what was not committed.

        Raises:
            TryAgain: The database gave this transaction up for another one's sake.
        """
        await self._session.__aexit__(exc_type, exc, traceback)
        if isinstance(exc, DBAPIError) and getattr(exc.orig, "sqlstate", None) in _GIVEN_UP:
            raise TryAgain from exc

    def record(self, event: Event) -> None:
        """Note that something happened; its subscribers hear of it before the commit."""
        self._recorded.append(event)

    async def tell(self) -> None:
        """Tell now what was recorded so far, where something else has to come after it."""
        while self._recorded:
            await self._teller(self, self._recorded.popleft())

    def told_by(self, teller: Teller) -> None:
        """Have *teller* bring what is recorded to its subscribers."""
        self._teller = teller

    async def commit(self) -> None:
        """Tell what is left to tell, and make it last."""
        await self.tell()
        await self.outbox.flush()
        await self._session.commit()


async def _nobody_tells(_: object, event: Event) -> None:
    """Refuse to lose an event: its unit of work was made without those who tell."""
    raise LookupError(f"nobody tells of {type(event).__name__}")


def sessions_of(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Return a maker of sessions whose queries always show what the database holds now."""
    return async_sessionmaker(
        engine,
        autoflush=False,
        expire_on_commit=False,
        execution_options={"populate_existing": True, "synchronize_session": False},
    )
