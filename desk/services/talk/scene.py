"""One turn as the use cases see it: who speaks, what was heard, what is open."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from desk.domain.conversation import Channel, Conversation
from desk.domain.draft import Draft
from desk.domain.heard import Heard
from desk.domain.presses.citizens import KeptWords, kept_by
from desk.domain.presses.pending import Pending
from desk.domain.reply import Reply
from desk.domain.turn import TurnId
from desk.services.ports import UnitOfWork
from desk.services.tools import Tools


@dataclass
class Scene:
    """A turn in the making; *conversation* and *draft* are replaced as it goes on."""

    uow: UnitOfWork
    tools: Tools
    conversation: Conversation
    heard: Heard
    turn_id: TurnId
    now: datetime
    began_at: datetime  #: when the turn was put together; its words came in before
    pending: Pending | None = None  #: the question that the turn before ended with
    draft: Draft | None = None
    hands_over: bool = False  #: what is written next is for an officer

    @property
    def on_telegram(self) -> bool:
        """Tell whether Telegram keeps a copy of what is said here, which citizens should know."""
        return self.conversation.channel is Channel.TELEGRAM

    @property
    def origin(self) -> datetime:
        """Return when the words of this turn first came, for a button that keeps them.

        Whatever was stored since then is forgotten when they become an anonymous ticket.
        """
        return kept_by(self.heard.press).since or self.began_at

    def kept_words(self) -> KeptWords:
        """Return what a button must remember of this turn to stand for its words later."""
        heard = self.heard
        return KeptWords(
            text=heard.text,
            photos=heard.photos,
            since=self.origin,
            services=heard.services,
            variant=heard.variant,
            places=tuple(place.codes for place in heard.places),
            categories=heard.categories,
        )

    def say(self, key: str, **values: object) -> Reply:
        """Return a plain reply with a text of the reply files."""
        return Reply(self.tools.say(key, **values))

    def remember(self, **context: Any) -> None:
        """Change the conversation's context."""
        self.conversation = self.conversation.with_context(**context)


#: What a kind of turn does; its replies are sent in this order.
Step = Callable[[Scene], Awaitable[list[Reply]]]
