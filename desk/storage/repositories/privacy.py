"""Citizens' requests about their data, and openings of confidential identities."""

from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from desk.domain.conversation import ConversationId
from desk.domain.privacy import IdentityOpening, PrivacyRequest, RequestKind
from desk.domain.ticket import TicketId
from desk.storage.codec import read_row
from desk.storage.inserting import insert_into
from desk.storage.tables import IdentityOpeningRow, PrivacyRequestRow


class Privacy:
    """Requests and openings in the database."""

    def __init__(self, session: AsyncSession) -> None:
        """Work inside the transaction of *session*."""
        self._session = session

    async def add(self, request: PrivacyRequest) -> None:
        """Store a request; the same id again changes nothing."""
        await self._session.execute(
            insert_into(self._session, PrivacyRequestRow)
            .values(id=request.id, **_columns(request))
            .on_conflict_do_nothing()
        )

    async def save(self, request: PrivacyRequest) -> None:
        """Write a request back."""
        await self._session.execute(
            update(PrivacyRequestRow)
            .where(PrivacyRequestRow.id == request.id)
            .values(**_columns(request))
        )

    async def get(self, request_id: str) -> PrivacyRequest | None:
        """Return the request with this id."""
        found = await self._requests(
            select(PrivacyRequestRow).where(PrivacyRequestRow.id == request_id)
        )
        return found[0] if found else None

    async def of_conversation(self, conversation_id: ConversationId) -> list[PrivacyRequest]:
        """Return a citizen's requests, oldest first."""
        return await self._requests(
            select(PrivacyRequestRow)
            .where(PrivacyRequestRow.conversation_id == conversation_id)
            .order_by(PrivacyRequestRow.asked_at)
        )

    async def erasures_under_way(self) -> list[PrivacyRequest]:
        """Return the erasures that still know their conversation, oldest first."""
        return await self._requests(
            select(PrivacyRequestRow)
            .where(
                PrivacyRequestRow.kind == RequestKind.ERASURE,
                PrivacyRequestRow.conversation_id.is_not(None),
            )
            .order_by(PrivacyRequestRow.asked_at)
        )

    async def note_opening(self, opening: IdentityOpening) -> None:
        """Write down an opening; the same id again changes nothing."""
        await self._session.execute(
            insert_into(self._session, IdentityOpeningRow)
            .values(
                id=opening.id,
                ticket_id=opening.ticket_id,
                officer_id=opening.officer_id,
                at=opening.at,
                reason=opening.reason,
            )
            .on_conflict_do_nothing()
        )

    async def openings(self, ticket_id: TicketId) -> list[IdentityOpening]:
        """Return who opened a ticket's identity, oldest first."""
        rows = await self._session.scalars(
            select(IdentityOpeningRow)
            .where(IdentityOpeningRow.ticket_id == ticket_id)
            .order_by(IdentityOpeningRow.at, IdentityOpeningRow.id)
        )
        return [read_row(row, IdentityOpening) for row in rows]

    async def _requests(self, query: Select[PrivacyRequestRow]) -> list[PrivacyRequest]:
        return [read_row(row, PrivacyRequest) for row in await self._session.scalars(query)]


def _columns(request: PrivacyRequest) -> dict[str, Any]:
    return {
        "conversation_id": request.conversation_id,
        "channel": request.channel,
        "kind": request.kind,
        "asked_at": request.asked_at,
        "due_at": request.due_at,
        "done_at": request.done_at,
        "counts": dict(request.counts),
    }
