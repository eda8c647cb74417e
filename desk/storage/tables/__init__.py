"""The tables of the desk's database."""

from desk.storage.tables.base import Base
from desk.storage.tables.conversations import (
    UNSETTLED,
    ButtonRow,
    ConversationRow,
    InboxRow,
    TurnRow,
    TurnStepRow,
)
from desk.storage.tables.officers import (
    CardRow,
    GrantRow,
    HandoffEventRow,
    HandoffRow,
    OfficerRow,
    QuestionRow,
    TopicRow,
)
from desk.storage.tables.outbox import UNSENT, LeaseRow, OutboxRow, ValueRow
from desk.storage.tables.privacy import IdentityOpeningRow, PrivacyRequestRow
from desk.storage.tables.tickets import (
    AdditionRow,
    AttachmentRow,
    DraftRow,
    FollowerRow,
    HistoryRow,
    ReminderRow,
    TicketRow,
)

__all__ = [
    "UNSENT",
    "UNSETTLED",
    "AdditionRow",
    "AttachmentRow",
    "Base",
    "ButtonRow",
    "CardRow",
    "ConversationRow",
    "DraftRow",
    "FollowerRow",
    "GrantRow",
    "HandoffEventRow",
    "HandoffRow",
    "HistoryRow",
    "IdentityOpeningRow",
    "InboxRow",
    "LeaseRow",
    "OfficerRow",
    "OutboxRow",
    "PrivacyRequestRow",
    "QuestionRow",
    "ReminderRow",
    "TicketRow",
    "TopicRow",
    "TurnRow",
    "TurnStepRow",
    "ValueRow",
]
