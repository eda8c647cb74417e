"""The repairs of Rasa hold: one version, atomic turns, the same checks in less time."""

import asyncio
from typing import Any

import pytest

pytest.importorskip("rasa")

import aiohttp
from jsonschema import ValidationError
from rasa.core.actions import action as rasa_action
from rasa.core.actions.action import ActionExecutionRejection, RemoteAction
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from nlu.mend import TurnFailed, WrongRasaVersion, apply_mends, check_version

apply_mends()

DOMAIN = Domain.from_dict({"intents": ["salam"], "actions": ["action_jawab"]})


class FailingAction:
    def __init__(self, error: Exception) -> None:
        self._error = error

    def name(self) -> str:
        return "action_jawab"

    async def run(self, *_: Any) -> list[Event]:
        raise self._error


def run_failing(error: Exception) -> tuple[str, DialogueStateTracker]:
    processor = MessageProcessor.__new__(MessageProcessor)
    processor.domain = DOMAIN
    tracker = DialogueStateTracker.from_events("s1", [UserUttered("halo", {"name": "salam"})])
    prediction = PolicyPrediction.for_action_name(DOMAIN, "action_jawab")
    turn = processor._run_action(FailingAction(error), tracker, None, None, prediction)
    with pytest.raises(TurnFailed) as failed:
        asyncio.run(turn)
    return failed.value.code, tracker


@pytest.mark.parametrize("version", ["3.6.20", "3.6.22", "3.7.0"])
def test_another_version_of_rasa_is_refused_in_one_sentence(version: str) -> None:
    with pytest.raises(WrongRasaVersion, match=f"fit Rasa 3.6.21 only, but {version} is"):
        check_version(version)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (aiohttp.ClientConnectionError(), "actions_unreachable"),
        (asyncio.TimeoutError(), "actions_timeout"),
        (ActionExecutionRejection("action_jawab"), "action_failed"),
        (ValueError("x"), "action_failed"),
    ],
)
def test_a_failed_action_ends_the_turn_and_leaves_the_tracker_alone(
    error: Exception, code: str
) -> None:
    failed_with, tracker = run_failing(error)
    assert failed_with == code
    assert [type(event) for event in tracker.events] == [UserUttered]


def test_the_answer_of_an_action_is_still_checked() -> None:
    action = RemoteAction("action_jawab", None)
    assert action._validate_action_result({"events": [], "responses": [{"text": "ya"}]})
    with pytest.raises(ValidationError):
        action._validate_action_result({"events": "none"})


def test_an_action_is_given_up_before_the_gateway_gives_up_the_turn() -> None:
    assert rasa_action.DEFAULT_REQUEST_TIMEOUT == 3.0  # SAPA_RASA_TIMEOUT is 4


def test_events_are_still_found_by_their_type() -> None:
    assert [Event.resolve_by_type("slot") for _ in range(2)] == [SlotSet, SlotSet]
    assert Event.resolve_by_type("no_such_event", default=SlotSet) is SlotSet
    with pytest.raises(ValueError, match="Unknown event name"):
        Event.resolve_by_type("no_such_event")
