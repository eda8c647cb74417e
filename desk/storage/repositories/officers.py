"""Officers and their roles."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from desk.domain.conversation import ConversationId
from desk.domain.errors import OfficerNotFound
from desk.domain.officer import Officer, OfficerId
from desk.domain.presses.codec import pending_to_json, read_officer_pending
from desk.domain.presses.pending import OfficerPending
from desk.domain.roles import Grant, Role
from desk.domain.ticket_number import TicketNumber
from desk.storage.codec import read_row
from desk.storage.inserting import insert_into
from desk.storage.tables import GrantRow, OfficerRow, QuestionRow
from desk.storage.tables.base import table_of

_T = table_of(OfficerRow)

# Asked for every message in a private chat; hardly any is an officer's.
_KNOWN = select(_T.c.id).where(_T.c.telegram_id == bindparam("telegram_id"))


class Officers:
    """Officers in the database."""

    def __init__(self, session: AsyncSession) -> None:
        """Work inside the transaction of *session*."""
        self._session = session

    async def add(self, officer: Officer) -> Officer:
        """Store a new officer; when the Telegram id is known already, return that one."""
        await self._session.execute(
            insert_into(self._session, OfficerRow)
            .values(id=officer.id, **_columns(officer))
            .on_conflict_do_nothing()
        )
        stored = await self.by_telegram_id(officer.telegram_id)
        assert stored is not None
        if stored.id != officer.id:
            return stored
        await self._set_grants(officer)
        return officer

    async def get(self, officer_id: OfficerId) -> Officer | None:
        """Return the officer with this id."""
        return await self._first(select(OfficerRow).where(OfficerRow.id == officer_id))

    async def by_telegram_id(self, telegram_id: int) -> Officer | None:
        """Return the officer with this Telegram account, a suspended one, too."""
        row = (await self._session.execute(_KNOWN, {"telegram_id": telegram_id})).first()
        return None if row is None else await self.get(OfficerId(row.id))

    async def all(self) -> list[Officer]:
        """Return all officers, suspended ones too, by name."""
        return await self._many(select(OfficerRow).order_by(OfficerRow.name, OfficerRow.id))

    async def active_telegram_ids(self) -> frozenset[int]:
        """Return the Telegram accounts of all officers who are not suspended."""
        ids = await self._session.scalars(
            select(OfficerRow.telegram_id).where(OfficerRow.suspended_at.is_(None))
        )
        return frozenset(ids)

    async def with_role(self, role: Role, *, office: str | None = None) -> list[Officer]:
        """Return the active officers who have a role, in *office* if one is given."""
        has_role = GrantRow.role == role
        if office is not None:
            has_role &= GrantRow.office == office
        holders = select(GrantRow.officer_id).where(has_role)
        return await self._many(
            select(OfficerRow)
            .where(OfficerRow.id.in_(holders), OfficerRow.suspended_at.is_(None))
            .order_by(OfficerRow.name, OfficerRow.id)
        )

    async def staffed_offices(self) -> frozenset[str]:
        """Return the offices in which an active *petugas* is registered."""
        offices = await self._session.scalars(
            select(GrantRow.office)
            .join(OfficerRow, OfficerRow.id == GrantRow.officer_id)
            .where(
                GrantRow.role == Role.PETUGAS,
                GrantRow.office != "",
                OfficerRow.suspended_at.is_(None),
            )
            .distinct()
        )
        return frozenset(offices)

    async def save(self, officer: Officer) -> None:
        """Write an officer back, roles included.

        Raises:
            OfficerNotFound: It was never added.
        """
        saved = await self._session.scalar(
            update(OfficerRow)
            .where(OfficerRow.id == officer.id)
            .values(**_columns(officer))
            .returning(OfficerRow.id)
        )
        if saved is None:
            raise OfficerNotFound
        await self._set_grants(officer)

    # --- what an officer is at ---------------------------------------------------------------

    async def ask(
        self, officer: Officer, chat: ConversationId, thread: str | None, pending: OfficerPending
    ) -> None:
        """Have an officer's next words in a topic of a chat answer a question."""
        values = {"pending": pending_to_json(pending)}
        await self._session.execute(
            insert_into(self._session, QuestionRow)
            .values(chat_id=chat, thread=thread or "", officer_id=officer.id, **values)
            .on_conflict_do_update(index_elements=list(_QUESTION_KEY), set_=values)
        )

    async def asked(
        self, officer: Officer, chat: ConversationId, thread: str | None
    ) -> OfficerPending | None:
        """Return the question that stands open to an officer there."""
        return read_officer_pending(
            await self._session.scalar(
                select(QuestionRow.pending).where(*_is_question(officer, chat, thread))
            )
        )

    async def drop_question(
        self, officer: Officer, chat: ConversationId, thread: str | None
    ) -> None:
        """Forget the question that stands open to an officer there."""
        await self._session.execute(
            delete(QuestionRow).where(*_is_question(officer, chat, thread))
        )

    async def serve(self, officer: Officer, conversation_id: ConversationId) -> None:
        """Have an officer's plain words in private go to a conversation."""
        await self._note(officer, serving=conversation_id)

    async def serving(self, officer: Officer) -> ConversationId | None:
        """Return the conversation to which an officer's plain words in private go."""
        found = await self._session.scalar(
            select(OfficerRow.serving).where(OfficerRow.id == officer.id)
        )
        return None if found is None else ConversationId(found)

    async def note_proof(self, officer: Officer, album: str, number: TicketNumber) -> None:
        """Note which album proved the outcome of a ticket last."""
        await self._note(officer, proved_album=album, proved_ticket=number)

    async def proved_by(self, officer: Officer, album: str) -> TicketNumber | None:
        """Return the ticket whose outcome an album proved, if it was the officer's last."""
        found = await self._session.scalar(
            select(OfficerRow.proved_ticket).where(
                OfficerRow.id == officer.id, OfficerRow.proved_album == album
            )
        )
        return None if found is None else TicketNumber(found)

    async def _note(self, officer: Officer, **columns: Any) -> None:
        await self._session.execute(
            update(OfficerRow).where(OfficerRow.id == officer.id).values(**columns)
        )

    async def _set_grants(self, officer: Officer) -> None:
        await self._session.execute(delete(GrantRow).where(GrantRow.officer_id == officer.id))
        rows = [
            {"officer_id": officer.id, "role": grant.role, "office": grant.office or ""}
            for grant in dict.fromkeys(officer.grants)
        ]
        if rows:
            await self._session.execute(insert_into(self._session, GrantRow), rows)

    async def _first(self, query: Select[OfficerRow]) -> Officer | None:
        found = await self._many(query)
        return found[0] if found else None

    async def _many(self, query: Select[OfficerRow]) -> list[Officer]:
        rows = (await self._session.scalars(query)).all()
        grants = await self._grants({row.id for row in rows})
        return [
            replace(read_row(row, Officer), grants=tuple(grants.get(row.id, ()))) for row in rows
        ]

    async def _grants(self, officer_ids: Collection[str]) -> Mapping[str, Sequence[Grant]]:
        if not officer_ids:
            return {}
        rows = await self._session.scalars(
            select(GrantRow)
            .where(GrantRow.officer_id.in_(officer_ids))
            .order_by(GrantRow.role, GrantRow.office)
        )
        found: dict[str, list[Grant]] = {}
        for row in rows:
            found.setdefault(row.officer_id, []).append(Grant(Role(row.role), row.office or None))
        return found


_QUESTION_KEY = (QuestionRow.chat_id, QuestionRow.thread, QuestionRow.officer_id)


def _is_question(
    officer: Officer, chat: ConversationId, thread: str | None
) -> list[ColumnElement[bool]]:
    wanted = (chat, thread or "", officer.id)
    return [column == value for column, value in zip(_QUESTION_KEY, wanted, strict=True)]


def _columns(officer: Officer) -> dict[str, Any]:
    return {
        "telegram_id": officer.telegram_id,
        "name": officer.name,
        "created_at": officer.created_at,
        "serves_privately": officer.serves_privately,
        "suspended_at": officer.suspended_at,
    }
