"""An officer: a civil servant who answers citizens, and where."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from desk.domain.roles import Grant, Role

OfficerId = NewType("OfficerId", str)


@dataclass(frozen=True)
class Officer:
    """One person with a Telegram account and roles.

    *serves_privately*: conversations they take are answered in their private chat with the bot
    instead of the group's topic. *suspended_at*: they are obeyed no more.
    """

    id: OfficerId
    telegram_id: int
    name: str  #: shown to citizens under each answer
    created_at: datetime
    grants: tuple[Grant, ...] = ()
    serves_privately: bool = False
    suspended_at: datetime | None = None

    @property
    def is_active(self) -> bool:
        """Tell whether the officer may do anything at all."""
        return self.suspended_at is None

    @property
    def private_chat(self) -> str:
        """Return the address of the private chat with the bot; its id is that of the person."""
        return str(self.telegram_id)

    @property
    def offices(self) -> frozenset[str]:
        """Return the offices in which the officer has a role."""
        return frozenset(grant.office for grant in self.grants if grant.office is not None)

    def has_role(self, role: Role) -> bool:
        """Tell whether one of the grants is this role."""
        return any(grant.role is role for grant in self.grants)
