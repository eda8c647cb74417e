"""One turn as the use cases see it: who speaks, what was heard, what is open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from desk.domain.conversation import Channel, Conversation
from desk.domain.draft import Draft
from desk.domain.heard import Heard
from desk.domain.reply import Reply
from desk.domain.turn import TurnId
from desk.services.ports import UnitOfWork
from desk.services.tools import Tools


@dataclass(frozen=True)
class Utter:
    """A fixed answer that Rasa's domain holds under this name."""

    name: str


Answer = Reply | Utter


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
    pending: str | None = None  #: the yes/no question that the turn before ended with
    draft: Draft | None = None
    hands_over: bool = False  #: what is written next is for an officer

    @property
    def on_telegram(self) -> bool:
        """Tell whether Telegram keeps a copy of what is said here, which citizens should know."""
        return self.conversation.channel is Channel.TELEGRAM

    @property
    def origin(self) -> str:
        """Return when the words of this turn first came, for a button that keeps them.

        Whatever was stored since then is forgotten when they become an anonymous ticket.
        """
        return self.heard.pressed.get("asal") or self.began_at.isoformat()

    def kept_words(self) -> dict[str, str]:
        """Return what a button must remember of this turn to stand for its words later."""
        heard = self.heard
        kept = {
            "teks": heard.text,
            "foto": ",".join(heard.photos),
            "asal": self.origin,
            "layanan": ",".join(heard.services),
            "varian": heard.variant or "",
            "lokasi": ";".join("|".join(place.codes) for place in heard.places),
            "kategori": ",".join(f"{name}:{share:.3f}" for name, share in heard.categories),
        }
        return {key: value for key, value in kept.items() if value}

    def say(self, key: str, **values: object) -> Reply:
        """Return a plain reply with a text of the reply files."""
        return Reply(self.tools.say(key, **values))

    def remember(self, **context: Any) -> None:
        """Change the conversation's context."""
        self.conversation = self.conversation.with_context(**context)


def encode(answers: Sequence[Answer]) -> list[dict[str, Any]]:
    """Return answers as plain JSON values."""
    return [
        {"utter": answer.name} if isinstance(answer, Utter) else answer.to_json()
        for answer in answers
    ]


def decode(values: Sequence[Mapping[str, Any]]) -> list[Answer]:
    """Read back what `encode` wrote."""
    return [
        Utter(value["utter"]) if "utter" in value else Reply.from_json(value) for value in values
    ]
