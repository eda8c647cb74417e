"""Erases all that is known of a citizen but their tickets."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, delete, exists, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from desk.domain.conversation import Channel, Conversation, ConversationId, Owner
from desk.domain.outgoing import OutboxState
from desk.domain.retention import GONE
from desk.domain.turn import InboxState, TurnState
from desk.storage.repositories.conversations import Conversations
from desk.storage.repositories.officer_words import BATCH, OfficerWords
from desk.storage.repositories.outbox import EMPTIED, Outbox, start_of_day
from desk.storage.repositories.personal import owned
from desk.storage.tables import (
    UNSENT,
    AttachmentRow,
    Base,
    ButtonRow,
    ConversationRow,
    DraftRow,
    FollowerRow,
    HandoffEventRow,
    HandoffRow,
    InboxRow,
    OfficerRow,
    OutboxRow,
    PrivacyRequestRow,
    QuestionRow,
    TopicRow,
    TurnRow,
    TurnStepRow,
    ValueRow,
)


class Erasure:
    """Erases what the database holds about a citizen."""

    def __init__(self, session: AsyncSession) -> None:
        """Work inside the transaction of *session*."""
        self._session = session

    async def hold(self, conversation_id: ConversationId) -> bool:
        """Keep everybody else from the conversation, new messages included; False if it is gone.

        It must be the first lock of the unit of work: whoever stores a message holds a weaker
        lock on the same row and asks for another one after it.
        """
        found = await self._session.scalar(
            select(ConversationRow.address)
            .where(ConversationRow.id == conversation_id)
            .with_for_update()
        )
        return found is not None and not found.startswith(GONE)

    async def erase(
        self,
        conversation_id: ConversationId,
        heir: Conversation | None,
        now: datetime,
    ) -> Mapping[str, int]:
        """Erase what is known of a citizen but their tickets; return how much that was.

        The rows that others count or point to stay, emptied: the conversation gets an address
        that nobody has, and times tell the day of the erasure only. Messages that nobody worked
        yet go to *heir*, a new conversation of the same citizen. The same erasure again changes
        nothing and finds what came meanwhile.
        """
        await Outbox(self._session).flush()
        day = start_of_day(now)
        links = await self._delete(ValueRow, owned(conversation_id)[ValueRow])
        await self._session.execute(
            update(OfficerRow).where(OfficerRow.serving == conversation_id).values(serving=None)
        )
        await self._delete(QuestionRow, _is_asked_in_topic_of(conversation_id))
        await self._empty_conversation(conversation_id, day)
        if heir is not None:
            await Conversations(self._session).add(heir)
            await self._hand_over(conversation_id, heir.id)
        officers = await self._empty_officers_words(conversation_id, day)
        return {
            "tautan": links,
            "pesan_petugas": officers,
            "tersisa_pada_petugas": await self._count_told_in_private(conversation_id),
            "pesan_masuk": await self._empty_inbox(conversation_id, day),
            "pesan_keluar": await self._empty_outbox(conversation_id, day),
            "giliran": await self._empty_turns(conversation_id, day),
            "tombol": await self._delete_buttons(conversation_id),
            "isian": await self._delete(DraftRow, DraftRow.conversation_id == conversation_id),
            "foto": await self._delete(
                AttachmentRow,
                (AttachmentRow.conversation_id == conversation_id)
                & AttachmentRow.ticket_id.is_(None),
            ),
            "laporan_diikuti": await self._delete(
                FollowerRow, FollowerRow.conversation_id == conversation_id
            ),
            "catatan_petugas": await self._empty_handoffs(conversation_id),
        }

    async def _hand_over(self, conversation_id: ConversationId, heir: ConversationId) -> None:
        await self._session.execute(
            update(InboxRow)
            .where(
                InboxRow.conversation_id == conversation_id,
                InboxRow.state == InboxState.WAITING,
            )
            .values(conversation_id=heir)
        )

    async def _count_told_in_private(self, conversation_id: ConversationId) -> int:
        """Count what officers were sent outside of topics: Telegram keeps it in their chats."""
        bodies = await self._session.scalars(
            select(OutboxRow.body).where(
                OutboxRow.about == conversation_id, OutboxRow.state == OutboxState.SENT
            )
        )
        return sum(1 for body in bodies if body is not None and "topic" not in body)

    async def _empty_inbox(self, conversation_id: ConversationId, day: datetime) -> int:
        emptied = await self._session.scalars(
            update(InboxRow)
            .where(InboxRow.conversation_id == conversation_id)
            .values(conversation_id=None, turn_id=None, **_emptied_message(day))
            .returning(InboxRow.id)
        )
        return len(emptied.all())

    async def _empty_outbox(self, conversation_id: ConversationId, day: datetime) -> int:
        """Empty what was sent to the citizen, and to officers about them."""
        empty = {
            **EMPTIED,
            "scrub": True,  # one that is leaving now brings its id home
            "created_at": day,
            "changed_at": day,
            "not_before": None,
        }
        is_own = OutboxRow.conversation_id == conversation_id
        is_about = OutboxRow.about == conversation_id
        await self._session.execute(
            update(OutboxRow)
            .where(or_(is_own, is_about), OutboxRow.state.in_(UNSENT))
            .values(state=OutboxState.DROPPED)
        )
        emptied = await self._session.scalars(
            update(OutboxRow)
            .where(is_own)
            .values(address=GONE + conversation_id, **empty)
            .returning(OutboxRow.id)
        )
        await self._session.execute(update(OutboxRow).where(is_about).values(about=None, **empty))
        return len(emptied.all())

    async def _empty_turns(self, conversation_id: ConversationId, day: datetime) -> int:
        of_turns = select(TurnRow.id).where(TurnRow.conversation_id == conversation_id)
        await self._session.execute(delete(TurnStepRow).where(TurnStepRow.turn_id.in_(of_turns)))
        emptied = await self._session.scalars(
            update(TurnRow)
            .where(TurnRow.conversation_id == conversation_id)
            .values(
                state=TurnState.DONE,
                created_at=day,
                session_id=None,
                notified_at=None,
                attachments={},
                intent=None,
                final_intent=None,
                confidence=None,
                understanding=null(),
                forgotten=True,
            )
            .returning(TurnRow.id)
        )
        return len(emptied.all())

    async def _empty_handoffs(self, conversation_id: ConversationId) -> int:
        of_citizen = select(HandoffRow.id).where(HandoffRow.conversation_id == conversation_id)
        emptied = await self._session.scalars(
            update(HandoffEventRow)
            .where(HandoffEventRow.handoff_id.in_(of_citizen), HandoffEventRow.words.is_not(None))
            .values(words=None)
            .returning(HandoffEventRow.id)
        )
        await self._session.execute(
            update(HandoffRow)
            .where(HandoffRow.conversation_id == conversation_id)
            .values(ticket=None)
        )
        return len(emptied.all())

    async def _empty_conversation(self, conversation_id: ConversationId, day: datetime) -> None:
        await self._session.execute(
            update(ConversationRow)
            .where(ConversationRow.id == conversation_id)
            .values(
                address=GONE + conversation_id,
                created_at=day,
                session_id=GONE + conversation_id,
                session_turns=0,
                session_last_turn_at=None,
                owner=Owner.BOT,
                version=ConversationRow.version + 1,
                context={},
                profile_name=None,
                consented_at=None,
                consent_refused_at=None,
                blocked_at=None,
                muted_until=None,
                flood_noted_at=None,
            )
        )
        await self._session.execute(
            update(PrivacyRequestRow)
            .where(
                PrivacyRequestRow.conversation_id == conversation_id,
                PrivacyRequestRow.done_at.is_not(None),
            )
            .values(conversation_id=None)
        )

    async def _delete_buttons(self, conversation_id: ConversationId) -> int:
        """Delete the meanings of the citizen's buttons, and of officers' buttons about them."""
        chats = select(ConversationRow.id).where(
            or_(
                ConversationRow.channel == Channel.OFFICERS,
                (ConversationRow.channel == Channel.TELEGRAM)
                & ConversationRow.address.in_(select(cast(OfficerRow.telegram_id, Text))),
            )
        )
        of_officers = ButtonRow.conversation_id.in_(chats) & cast(ButtonRow.button, Text).contains(
            conversation_id, autoescape=True
        )
        await self._delete(ButtonRow, of_officers)
        return await self._delete(ButtonRow, ButtonRow.conversation_id == conversation_id)

    async def _delete(self, table: type[Base], which: ColumnElement[bool]) -> int:
        key = next(iter(table.__table__.primary_key))
        deleted = await self._session.scalars(delete(table).where(which).returning(key))
        return len(deleted.all())

    async def _empty_officers_words(self, conversation_id: ConversationId, day: datetime) -> int:
        """Empty what officers wrote to the citizen or about them, wherever that was."""
        ids = await OfficerWords(self._session).all_about(conversation_id)
        emptied = 0
        for start in range(0, len(ids), BATCH):
            found = await self._session.scalars(
                update(InboxRow)
                .where(InboxRow.id.in_(ids[start : start + BATCH]))
                .where(InboxRow.state.not_in((InboxState.WAITING, InboxState.TAKEN)))
                .values(**_emptied_message(day))
                .returning(InboxRow.id)
            )
            emptied += len(found.all())
        return emptied


def _is_asked_in_topic_of(conversation_id: ConversationId) -> ColumnElement[bool]:
    """Return that a question stands open to an officer in the topic of a citizen."""
    return exists().where(
        TopicRow.conversation_id == conversation_id,
        TopicRow.thread == QuestionRow.thread,
        TopicRow.chat == ConversationRow.address,
        ConversationRow.id == QuestionRow.chat_id,
    )


def _emptied_message(day: datetime) -> dict[str, Any]:
    return {"kind": None, "inbound": null(), "raw": {}, "received_at": day}
