"""What every use case works with: the catalogue, the wording, the clock, the secrets."""

import hashlib
import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from desk.domain.catalogue import Catalogue
from desk.domain.clocks import Limits
from desk.domain.conversation import Channel
from desk.domain.draft_answers import Places
from desk.domain.handoff import Patience
from desk.domain.retention import Retention
from desk.domain.turn import FLOOD_MESSAGES
from desk.domain.working_time import OfficeHours, WorkCalendar
from desk.services.ports import Bell
from desk.services.wording import Wording


def utc_now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


def new_id() -> str:
    """Return a random id that cannot be guessed."""
    return uuid.uuid4().hex


def opaque(*parts: str) -> str:
    """Return a key that is the same for the same parts and tells none of them."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def new_token() -> str:
    """Return a short random token for a button."""
    return secrets.token_urlsafe(12)


@dataclass(frozen=True, kw_only=True)
class Tools:
    """Shared, unchanging helpers of the use cases."""

    catalogue: Catalogue
    wording: Wording
    calendar: WorkCalendar
    code_key: bytes  #: keys the hashes of follow-up codes
    limits: Limits = field(default_factory=Limits)
    retention: Retention = field(default_factory=Retention)
    patience: Patience = field(default_factory=Patience)
    breaks: Mapping[int, OfficeHours] = field(default_factory=dict)  #: of officers, by weekday
    flood_messages: int = FLOOD_MESSAGES  #: more of one citizen in a minute are answered slower
    officer_group: str | None = None  #: Telegram chat of the coordinating officers
    public_url: str = ""
    #: Telegram user name, for "Hubungkan ke Telegram"; Telegram may tell it after the start.
    bot_name: Callable[[], str | None] = lambda: None
    #: Whether private chats with the bot have topics; Telegram may tell it after the start.
    has_private_topics: Callable[[], bool] = lambda: False
    now: Callable[[], datetime] = utc_now

    @property
    def duty(self) -> WorkCalendar:
        """Return when officers answer conversations; the clocks of tickets know no breaks."""
        return replace(self.calendar, breaks=self.breaks)

    @property
    def places(self) -> Places:
        """Return the codes a place may be chosen from."""
        return Places(tuple(place.kode for place in self.catalogue.kecamatan()))

    def say(self, key: str, **values: object) -> str:
        """Return a text of the reply files, filled in and escaped."""
        return self.wording.say(key, **values)


def ring_all(bell: Bell) -> None:
    """Wake the senders of all channels that citizens and officers read."""
    for channel in (Channel.TELEGRAM, Channel.WEB):
        bell.ring(f"outbox:{channel}")
