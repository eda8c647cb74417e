"""One Rasa action for each step the desk knows."""

from collections.abc import Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.reading import heard_in, turn_ids
from desk.domain.conversation import ConversationId
from desk.domain.turn import TurnId
from desk.services.ports import UnitsOfWork
from desk.services.talk.dialogue import STEPS, answer_step
from desk.services.tools import Tools


class DeskAction(Action):
    """Runs a step of the desk and hands its answer to Rasa."""

    def __init__(self, step: str, units: UnitsOfWork, tools: Tools) -> None:
        """Serve the action called *step*."""
        self._step = step
        self._units = units
        self._tools = tools

    def name(self) -> str:
        """Return the name under which the domain knows the action."""
        return self._step

    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: Mapping[str, Any],
    ) -> list[EventType]:
        """Answer the tracker's latest message; nothing is kept in the tracker."""
        message = tracker.latest_message
        conversation_id, turn_id = turn_ids(message)
        replies = await answer_step(
            self._units,
            self._tools,
            self._step,
            heard_in(message),
            conversation_id=ConversationId(conversation_id),
            turn_id=TurnId(turn_id),
        )
        for reply in replies:
            dispatcher.utter_message(json_message=reply.to_json())
        return []


def all_actions(units: UnitsOfWork, tools: Tools) -> list[Action]:
    """Return every action of the Rasa domain."""
    return [DeskAction(step, units, tools) for step in STEPS]
