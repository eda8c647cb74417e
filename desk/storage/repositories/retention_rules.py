"""Which rows each rule of retention finds due, and what becomes of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Text,
    and_,
    case,
    cast,
    exists,
    null,
    or_,
    select,
)

from desk.domain.conversation import Channel
from desk.domain.handoff import HandoffState
from desk.domain.lifecycle import Identity
from desk.domain.outgoing import TopicState
from desk.domain.retention import GONE, Retention, Rule
from desk.domain.turn import UNFINISHED, InboxState
from desk.storage.repositories.outbox import EMPTIED
from desk.storage.tables import (
    UNSENT,
    UNSETTLED,
    Base,
    ConversationRow,
    DraftRow,
    FollowerRow,
    HandoffEventRow,
    HandoffRow,
    IdentityOpeningRow,
    InboxRow,
    OfficerRow,
    OutboxRow,
    PrivacyRequestRow,
    TicketRow,
    TopicRow,
    TurnRow,
    TurnStepRow,
    officers,
    outbox,
    tickets,
)
from desk.storage.tables import conversations as inbox

#: How long an emptied update is remembered, so that the same one is known when it comes again.
STUBS_KEPT: Final = timedelta(days=30)
#: A conversation in which nothing is left, such as after an erasure, is given up after this.
EMPTY_KEPT: Final = timedelta(hours=24)

_SETTLED: Final = (InboxState.DONE, InboxState.IGNORED)
_FOLLOWED: Final = select(FollowerRow.ticket_id)
#: An update of which only that remains by which it is known when it comes again.
_HAS_NOTHING: Final = (
    InboxRow.inbound.is_(None),
    InboxRow.state.in_((*_SETTLED, InboxState.QUARANTINED)),
    cast(InboxRow.raw, Text) == "{}",
)


@dataclass(frozen=True)
class Due:
    """Which rows of a table are due, and what becomes of them: new values, or deletion."""

    table: type[Base]
    which: ColumnElement[bool]
    values: Mapping[str, Any] | None


def _raw(keep: Retention, now: datetime) -> Due:
    is_due = and_(
        InboxRow.received_at < now - keep.raw, InboxRow.state.in_(_SETTLED), inbox.HAS_RAW
    )
    return Due(InboxRow, is_due, {"raw": {}})


def _unreadable(keep: Retention, now: datetime) -> Due:
    is_due = and_(
        UNSETTLED,
        InboxRow.state == InboxState.QUARANTINED,
        InboxRow.received_at < now - keep.unreadable,
        or_(inbox.HAS_WORDS, inbox.HAS_RAW),
    )
    return Due(InboxRow, is_due, {"inbound": null(), "raw": {}})


def _messages_in(keep: Retention, now: datetime) -> Due:
    is_due = and_(
        InboxRow.received_at < now - keep.messages, InboxRow.state.in_(_SETTLED), inbox.HAS_WORDS
    )
    return Due(InboxRow, is_due, {"inbound": null(), "raw": {}})


def _is_of_old_turn(keep: Retention, now: datetime) -> ColumnElement[bool]:
    return and_(
        inbox.IS_REMEMBERED,
        TurnRow.created_at < now - keep.messages,
        TurnRow.state.not_in(UNFINISHED),
    )


def _understanding(keep: Retention, now: datetime) -> Due:
    forgotten = {"understanding": null(), "attachments": {}, "forgotten": True}
    return Due(TurnRow, _is_of_old_turn(keep, now), forgotten)


def _answers(keep: Retention, now: datetime) -> Due:
    # `Rule` has it before the understanding, which forgets the turns by which these are found.
    of_old_turns = select(TurnRow.id).where(_is_of_old_turn(keep, now))
    return Due(TurnStepRow, TurnStepRow.turn_id.in_(of_old_turns), None)


def _messages_out(keep: Retention, now: datetime) -> Due:
    # What no browser has fetched is not sent, and never will be read after so long.
    is_over = or_(OutboxRow.state.not_in(UNSENT), OutboxRow.channel == Channel.WEB)
    is_due = and_(outbox.IS_TO_CITIZEN, OutboxRow.created_at < now - keep.messages, is_over)
    return Due(OutboxRow, is_due, EMPTIED)


def _officers(keep: Retention, now: datetime) -> Due:
    is_due = and_(
        outbox.IS_TO_OFFICERS,
        OutboxRow.created_at < now - keep.officers,
        OutboxRow.state.not_in(UNSENT),
    )
    return Due(OutboxRow, is_due, {**EMPTIED, "address": GONE, "about": None})


def topics(keep: Retention, now: datetime) -> Due:
    """Return the topics in which nothing goes on; they are Telegram's to delete, when asked."""
    still_needed = exists().where(
        HandoffRow.conversation_id == TopicRow.conversation_id,
        or_(HandoffRow.ended_at.is_(None), HandoffRow.ended_at >= now - keep.officers),
    )
    is_due = and_(TopicRow.state != TopicState.DELETED, ~still_needed)
    return Due(TopicRow, is_due, {"state": TopicState.DELETED})


def _notes(keep: Retention, now: datetime) -> Due:
    ended = select(HandoffRow.id).where(
        HandoffRow.state == HandoffState.ENDED, HandoffRow.ended_at < now - keep.notes
    )
    is_due = and_(officers.HAS_WORDS, HandoffEventRow.handoff_id.in_(ended))
    return Due(HandoffEventRow, is_due, {"words": None})


def _handoffs(keep: Retention, now: datetime) -> Due:
    is_due = and_(officers.NAMES_TICKET, HandoffRow.ended_at < now - keep.notes)
    return Due(HandoffRow, is_due, {"ticket": None})


def _tickets(keep: Retention, now: datetime) -> Due:
    is_old = TicketRow.closed_at < now - keep.tickets
    named = select(TicketRow.id).where(tickets.NAMES_SOMEBODY, is_old)
    is_due = and_(TicketRow.id.in_(named.union(_FOLLOWED)), is_old)
    # As `privacy.without_person` does for one ticket.
    stays_secret = TicketRow.identity == Identity.RAHASIA
    nameless = {
        "identity": case((stays_secret, Identity.RAHASIA), else_=Identity.ANONIM),
        "conversation_id": None,
        "reporter_name": None,
        "reporter_phone": None,
        "draft_id": None,
        "rating_words": None,
    }
    return Due(TicketRow, is_due, nameless)


def _is_citizen_without_business() -> ColumnElement[bool]:
    """Return that a conversation is a citizen's and that nothing is open in it."""
    own = ConversationRow.id
    return and_(
        inbox.IS_CITIZENS,
        ConversationRow.address.not_in(select(cast(OfficerRow.telegram_id, Text))),
        ~exists().where(TicketRow.conversation_id == own),
        ~exists().where(FollowerRow.conversation_id == own),
        ~exists().where(DraftRow.conversation_id == own),
        ~exists().where(
            InboxRow.conversation_id == own,
            InboxRow.state.in_((InboxState.WAITING, InboxState.TAKEN)),
        ),
        ~exists().where(HandoffRow.conversation_id == own, HandoffRow.state != HandoffState.ENDED),
        ~exists().where(
            PrivacyRequestRow.conversation_id == own, PrivacyRequestRow.done_at.is_(None)
        ),
    )


def _idle(keep: Retention, now: datetime) -> Due:
    said = exists().where(
        InboxRow.conversation_id == ConversationRow.id, InboxRow.received_at >= now - keep.idle
    )
    # Most have spoken, which is asked first.
    is_due = and_(
        ConversationRow.created_at < now - keep.idle, ~said, _is_citizen_without_business()
    )
    return Due(ConversationRow, is_due, None)


def _empty(keep: Retention, now: datetime) -> Due:
    said = exists().where(InboxRow.conversation_id == ConversationRow.id)
    is_due = and_(
        ConversationRow.created_at < now - EMPTY_KEPT, ~said, _is_citizen_without_business()
    )
    return Due(ConversationRow, is_due, None)


def _stubs(keep: Retention, now: datetime) -> Due:
    is_due = and_(
        inbox.IS_NOBODYS,
        InboxRow.received_at < now - STUBS_KEPT,
        *_HAS_NOTHING,
    )
    return Due(InboxRow, is_due, None)


def _updates(keep: Retention, now: datetime) -> Due:
    # Whether a conversation is idle is told by the updates that are younger.
    before = now - max(keep.idle, STUBS_KEPT)
    is_due = and_(inbox.IS_EMPTIED, InboxRow.received_at < before, *_HAS_NOTHING)
    return Due(InboxRow, is_due, None)


def _sent(keep: Retention, now: datetime) -> Due:
    is_due = and_(
        outbox.IS_EMPTIED, OutboxRow.created_at < now - keep.idle, OutboxRow.state.not_in(UNSENT)
    )
    return Due(OutboxRow, is_due, None)


def _turns(keep: Retention, now: datetime) -> Due:
    is_due = and_(
        inbox.IS_FORGOTTEN,
        TurnRow.created_at < now - keep.idle,
        TurnRow.state.not_in(UNFINISHED),
        ~exists().where(InboxRow.turn_id == TurnRow.id),
    )
    return Due(TurnRow, is_due, None)


def _requests(keep: Retention, now: datetime) -> Due:
    is_due = PrivacyRequestRow.done_at < now - keep.records
    return Due(PrivacyRequestRow, is_due, None)


def _openings(keep: Retention, now: datetime) -> Due:
    return Due(IdentityOpeningRow, IdentityOpeningRow.at < now - keep.records, None)


RULES: Final[Mapping[Rule, Callable[[Retention, datetime], Due]]] = {
    Rule.RAW: _raw,
    Rule.UNREADABLE: _unreadable,
    Rule.MESSAGES_IN: _messages_in,
    Rule.UNDERSTANDING: _understanding,
    Rule.ANSWERS: _answers,
    Rule.MESSAGES_OUT: _messages_out,
    Rule.OFFICERS: _officers,
    Rule.TOPICS: topics,
    Rule.NOTES: _notes,
    Rule.HANDOFFS: _handoffs,
    Rule.TICKETS: _tickets,
    Rule.IDLE: _idle,
    Rule.EMPTY: _empty,
    Rule.STUBS: _stubs,
    Rule.UPDATES: _updates,
    Rule.SENT: _sent,
    Rule.TURNS: _turns,
    Rule.REQUESTS: _requests,
    Rule.OPENINGS: _openings,
}
