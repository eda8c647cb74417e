"""One Rasa action for each step the desk knows."""

from collections.abc import Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActionExecuted, EventType, SessionStarted, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.reading import heard_in, turn_ids
from desk.domain.conversation import Context, ConversationId
from desk.domain.turn import TurnId
from desk.services.ports import UnitsOfWork
from desk.services.talk.dialogue import STEPS, answer_step
from desk.services.talk.scene import Utter
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
        answers = await answer_step(
            self._units,
            self._tools,
            self._step,
            heard_in(message),
            conversation_id=ConversationId(conversation_id),
            turn_id=TurnId(turn_id),
        )
        for answer in answers:
            if isinstance(answer, Utter):
                dispatcher.utter_message(response=answer.name)
            else:
                dispatcher.utter_message(json_message=answer.to_json())
        return []


class ActionSessionStart(Action):
    """Begins a session with the slots that the desk remembers, not with those of the last one."""

    def __init__(self, units: UnitsOfWork) -> None:
        """Read what is remembered from *units*."""
        self._units = units

    def name(self) -> str:
        """Return Rasa's name for the start of a session."""
        return "action_session_start"

    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: Mapping[str, Any],
    ) -> list[EventType]:
        """Return the events of a session in which the desk's context is known."""
        context = await self._context(tracker.get_slot("session_started_metadata") or {})
        slots = [SlotSet("layanan", context.service), SlotSet("varian", context.variant)]
        return [SessionStarted(), *slots, ActionExecuted("action_listen")]

    async def _context(self, metadata: Mapping[str, Any]) -> Context:
        async with self._units() as uow:
            conversation_id = ConversationId(str(metadata.get("percakapan")))
            conversation = await uow.conversations.get(conversation_id)
        return conversation.context if conversation else Context()


def all_actions(units: UnitsOfWork, tools: Tools) -> list[Action]:
    """Return every action of the Rasa domain."""
    return [ActionSessionStart(units), *(DeskAction(step, units, tools) for step in STEPS)]
