"""The unit of work: one transaction with all repositories in it."""

from types import TracebackType
from typing import Self

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from desk.services.ports import (
    Attachments,
    Buttons,
    Conversations,
    Drafts,
    Handoffs,
    Inbox,
    Leases,
    Officers,
    Outbox,
    Personal,
    Privacy,
    Retentions,
    Tickets,
    Topics,
    Turns,
    Values,
)
from desk.storage.repositories.attachments import SqlAttachments
from desk.storage.repositories.buttons import SqlButtons
from desk.storage.repositories.conversations import SqlConversations
from desk.storage.repositories.drafts import SqlDrafts
from desk.storage.repositories.handoffs import SqlHandoffs, SqlTopics
from desk.storage.repositories.inbox import SqlInbox
from desk.storage.repositories.leases import SqlLeases
from desk.storage.repositories.officers import SqlOfficers
from desk.storage.repositories.outbox import SqlOutbox
from desk.storage.repositories.personal import SqlPersonal
from desk.storage.repositories.privacy import SqlPrivacy
from desk.storage.repositories.retention import SqlRetention
from desk.storage.repositories.tickets import SqlTickets
from desk.storage.repositories.turns import SqlTurns
from desk.storage.repositories.values import SqlValues


class SqlUnitOfWork:
    """One transaction; what is not committed is rolled back on exit.

    Never open a second one inside the first: on SQLite it would wait for ever.
    """

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

    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        """Take the maker of sessions; nothing is opened yet."""
        self._sessions = sessions

    async def __aenter__(self) -> Self:
        """Begin."""
        session = self._session = self._sessions()
        self.conversations = SqlConversations(session)
        self.inbox = SqlInbox(session)
        self.turns = SqlTurns(session)
        self.outbox = SqlOutbox(session)
        self.drafts = SqlDrafts(session)
        self.tickets = SqlTickets(session)
        self.buttons = SqlButtons(session)
        self.attachments = SqlAttachments(session)
        self.officers = SqlOfficers(session)
        self.handoffs = SqlHandoffs(session)
        self.topics = SqlTopics(session)
        self.privacy = SqlPrivacy(session)
        self.personal = SqlPersonal(session)
        self.retention = SqlRetention(session)
        self.leases = SqlLeases(session)
        self.values = SqlValues(session)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Roll back what was not committed."""
        await self._session.__aexit__(exc_type, exc, traceback)

    async def commit(self) -> None:
        """Make it last."""
        await self._session.commit()


def sessions_of(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Return a maker of sessions whose queries always show what the database holds now."""
    return async_sessionmaker(
        engine,
        autoflush=False,
        expire_on_commit=False,
        execution_options={"populate_existing": True, "synchronize_session": False},
    )
