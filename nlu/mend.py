"""Repairs of Rasa 3.6.21, applied when the channel or a component is imported.

Each repair is tied to the source of this one version, so any other version is refused.
``SAPA_RASA_MEND=off`` leaves out the ones that only save time, for benchmarks; atomic turns
and redacted logs are always on.
"""

from __future__ import annotations

import asyncio
import functools
import os
from typing import Any

import rasa
from aiohttp import ClientConnectionError
from jsonschema.exceptions import best_match
from jsonschema.validators import validator_for
from rasa.core.actions import action as rasa_action
from rasa.core.processor import MessageProcessor
from rasa.shared.constants import UTTER_PREFIX
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import Event, UserUttered

from nlu.redaction import install_redaction

RASA_VERSION = "3.6.21"
#: Less than the gateway waits for a turn (SAPA_RASA_TIMEOUT): it shall hear whose fault it was.
ACTIONS_TIMEOUT_S = float(os.environ.get("SAPA_ACTIONS_TIMEOUT", "3"))


class WrongRasaVersion(RuntimeError):
    """Sapa's repairs fit Rasa 3.6.21 only."""


class TurnFailed(RuntimeError):
    """Something in a turn failed, so nothing of it may be kept.

    Attributes:
        code: What failed, in one word for the caller.
    """

    def __init__(self, code: str) -> None:
        """Remember the code that the caller is told."""
        super().__init__(code)
        self.code = code


def check_version(installed: str) -> None:
    """Refuse every version of Rasa but the one these repairs were written for.

    Raises:
        WrongRasaVersion: Another version is installed.
    """
    if installed != RASA_VERSION:
        raise WrongRasaVersion(
            f"Sapa's repairs fit Rasa {RASA_VERSION} only, but {installed} is installed: "
            "install requirements-rasa.lock or review nlu/mend.py against the new source."
        )


def _failure_code(error: BaseException) -> str:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, asyncio.TimeoutError):
            return "actions_timeout"
        if isinstance(seen, ClientConnectionError):
            return "actions_unreachable"
        seen = seen.__cause__ or seen.__context__
    return "action_failed"


async def _run_action(
    self: MessageProcessor,
    action: Any,
    tracker: Any,
    output_channel: Any,
    nlg: Any,
    prediction: Any,
) -> bool:
    # The stock method logs the exception, drops the events and saves the turn as done. Here
    # nothing is caught: the tracker is saved at the end of the turn only, so it stays as it was.
    temporary_tracker = tracker.copy()
    temporary_tracker.update_with_events(prediction.events, self.domain)
    try:
        events = await action.run(output_channel, nlg, temporary_tracker, self.domain)
    except Exception as error:
        raise TurnFailed(_failure_code(error)) from error
    self._log_action_on_tracker(tracker, action, events, prediction)
    if any(isinstance(event, UserUttered) for event in events):
        tracker = await self.run_action_extract_slots(output_channel, tracker)
    name = action.name()
    if name != ACTION_LISTEN_NAME and not name.startswith(UTTER_PREFIX):
        self._log_slots(tracker)
    await self.execute_side_effects(events, tracker, output_channel)
    return bool(self.should_predict_another_action(name))


@functools.lru_cache(maxsize=1)
def _result_validator() -> Any:
    schema = rasa_action.RemoteAction.action_response_format_spec()
    return validator_for(schema)(schema)


def _validate_action_result(self: Any, result: Any) -> bool:
    # The stock method checks the constant schema itself on every call: 90 % of a turn.
    error = best_match(_result_validator().iter_errors(result))
    if error is not None:
        raise error
    return True


def _cached_resolver(original: Any) -> Any:
    cache: dict[str, Any] = {}

    def resolve_by_type(type_name: str, default: Any = None) -> Any:
        found = cache.get(type_name)
        if found is None:
            found = original(type_name, default)
            if found is not default:
                cache[type_name] = found
        return found

    return resolve_by_type


def _save_time() -> None:
    rasa_action.RemoteAction._validate_action_result = _validate_action_result
    Event.resolve_by_type = staticmethod(_cached_resolver(Event.resolve_by_type))


@functools.lru_cache(maxsize=1)
def apply_mends() -> None:
    """Check the version and repair the running Rasa, once per process."""
    check_version(rasa.__version__)
    install_redaction()
    MessageProcessor._run_action = _run_action
    rasa_action.DEFAULT_REQUEST_TIMEOUT = ACTIONS_TIMEOUT_S
    if os.environ.get("SAPA_RASA_MEND", "on").lower() != "off":
        _save_time()
