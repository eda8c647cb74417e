"""A conversation with one citizen: who owns it, what was last spoken of, which session."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NewType

if TYPE_CHECKING:  # questions name hand-offs and tickets, which know of conversations
    from desk.domain.presses.pending import Pending

ConversationId = NewType("ConversationId", str)

#: A session is a Rasa tracker: short, so that turn 500 costs what turn 5 costs.
SESSION_TURNS = 20
SESSION_IDLE = timedelta(minutes=30)


class Channel(StrEnum):
    """The ways in which people reach the desk."""

    TELEGRAM = "telegram"
    WEB = "web"
    OFFICERS = "petugas"  #: an officers' group: what is said there, in order


def is_group(address: str) -> bool:
    """Tell whether an address in Telegram is a group's: "-" stands before the ids of groups."""
    return address.startswith("-")


class Owner(StrEnum):
    """Who answers now: `bot → waiting → officer → bot`."""

    BOT = "bot"
    WAITING = "menunggu"
    OFFICER = "petugas"


@dataclass(frozen=True)
class Context:
    """What the conversation is about, kept outside Rasa so that any Rasa can go on."""

    service: str | None = None
    variant: str | None = None
    failures: int = 0  #: misunderstandings in a row
    disappointed: int = 0  #: how often anger was heard since the last officer
    wrong_numbers: int = 0  #: ticket numbers tried that do not exist, since *wrong_since*
    wrong_since: str | None = None  #: ISO time of the first of them
    pending: Pending | None = None  #: what the desk asked last, for the very next turn
    ticket: str | None = None  #: the ticket last spoken of
    moved_by: str | None = None  #: the turn that changed the owner last, None: somebody else
    hidden_until: str | None = None  #: ISO time; what was said before is no group's business
    erasing: str | None = None  #: the request by which all of this is to be erased now


@dataclass(frozen=True)
class Session:
    """The short-lived name under which Rasa knows the conversation."""

    id: str
    turns: int = 0
    last_turn_at: datetime | None = None

    def is_worn_out(self, now: datetime) -> bool:
        """Tell whether the next turn should start a new session."""
        idle = self.last_turn_at is not None and now - self.last_turn_at > SESSION_IDLE
        return self.turns >= SESSION_TURNS or idle

    def after_turn(self, now: datetime) -> Session:
        """Count one more turn."""
        return replace(self, turns=self.turns + 1, last_turn_at=now)


@dataclass(frozen=True)
class Conversation:
    """One citizen on one channel; *address* is the chat id or the web session's hash."""

    id: ConversationId
    channel: Channel
    address: str
    created_at: datetime
    session: Session
    owner: Owner = Owner.BOT
    version: int = 0  #: grows when an officer gets the word; a reply carries the one of its making
    context: Context = field(default_factory=Context)
    profile_name: str | None = None
    consented_at: datetime | None = None
    consent_refused_at: datetime | None = None
    blocked_at: datetime | None = None
    muted_until: datetime | None = None
    flood_noted_at: datetime | None = None

    @property
    def has_consented(self) -> bool:
        """Tell whether the privacy notice was agreed to."""
        return self.consented_at is not None

    def with_context(self, **changes: Any) -> Conversation:
        """Return the conversation with some of its context changed."""
        return replace(self, context=replace(self.context, **changes))

    def handed_to(self, owner: Owner, *, by: str | None = None) -> Conversation:
        """Change the owner; *by* is the turn that does it.

        When an officer gets the word, what the bot answered and has not sent is void from now
        on. Whoever only waits for an officer, or is back with the bot, still gets it.
        """
        if owner is self.owner:
            return self
        moved = self.with_context(moved_by=by)
        return replace(moved, owner=owner, version=self.version + (owner is Owner.OFFICER))

    def blocked(self, now: datetime) -> Conversation:
        """Note that the citizen blocked the bot."""
        return replace(self, blocked_at=self.blocked_at or now)

    def is_muted(self, now: datetime) -> bool:
        """Tell whether an officer muted the citizen after abuse, for a time."""
        return self.muted_until is not None and now < self.muted_until
