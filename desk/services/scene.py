"""One turn as the use cases see it: who speaks, what was heard, what is open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from desk.domain.conversation import Conversation
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
    draft: Draft | None = None

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
