"""Components that overrule the ranking: the emergency guard and the question back."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY
from rasa.shared.nlu.training_data.message import Message

from nlu.components.reading import text_of
from nlu.decision import ASK_BACK, Ranking, Thresholds, decide, guard_emergency
from nlu.emergency import judge

KEPT_RANKS = 10


def _ranking(message: Message) -> Ranking:
    entries = message.get(INTENT_RANKING_KEY) or []
    return [(entry["name"], entry["confidence"]) for entry in entries]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class IntentDecider(GraphComponent):
    """Guards emergencies, then sets ``nlu_fallback`` when no reading is clear.

    The ranking keeps trained intents only, so that its first entry is the best reading even
    when the citizen is asked back.
    """

    def __init__(self, thresholds: Thresholds) -> None:
        """Create the component."""
        self._thresholds = thresholds

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> IntentDecider:
        """Create the component with the thresholds of config.yml."""
        return cls(Thresholds(confidence=config["confidence"], lead=config["lead"]))

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Give the thresholds used when config.yml names none."""
        return {"confidence": Thresholds.confidence, "lead": Thresholds.lead}

    def process(self, messages: list[Message]) -> list[Message]:
        """Decide on the intent of messages."""
        for message in messages:
            self._decide(message)
        return messages

    def _decide(self, message: Message) -> None:
        ranking = _ranking(message)
        if ranking and ranking[0][1] > 0:
            ranking = guard_emergency(ranking, judge(text_of(message)))
        entries = [{"name": n, "confidence": round(p, 6)} for n, p in ranking[:KEPT_RANKS]]
        name = decide(ranking, self._thresholds)
        best = ranking[0][1] if ranking else 0.0
        confidence = 1.0 - best if name == ASK_BACK else best
        intent = {"name": name, "confidence": round(confidence, 6)}
        message.set(INTENT, intent, add_to_output=True)
        message.set(INTENT_RANKING_KEY, entries, add_to_output=True)
