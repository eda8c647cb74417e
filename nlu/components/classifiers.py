"""What a message wants, which service it is about, and which kind of complaint it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from typing_extensions import Self

from nlu.components.reading import (
    add_entities,
    columns_of,
    features_of,
    label_of,
    text_of,
)
from nlu.linear_model import LinearModel, train_linear_model
from nlu.services_found import choose_services, count_words, find_mentions
from nlu.text import normalise

NO_SERVICE = "none"
QUESTION_PREFIXES = ("tanya_", "ajukan_")


class _Classifier(GraphComponent):
    """A linear model over the message's features; subclasses say over which labels."""

    strength = 0.5

    def __init__(self, storage: ModelStorage, resource: Resource) -> None:
        """Create an untrained classifier."""
        self._storage = storage
        self._resource = resource
        self._model: LinearModel | None = None

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        """Create the component for training."""
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> Self:
        """Load the trained component."""
        component = cls(model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component._model = LinearModel.load(Path(folder))
        return component

    def label(self, message: Message) -> str | None:
        """Return what an example teaches, None to leave it out."""
        raise NotImplementedError

    def weight(self, message: Message, label: str) -> float:
        """Return how much an example counts."""
        return 1.0

    def apply(self, message: Message, ranking: list[tuple[str, float]]) -> None:
        """Write the result to the message."""
        raise NotImplementedError

    def train(self, training_data: TrainingData) -> Resource:
        """Train on the labelled examples."""
        examples = [(m, self.label(m)) for m in training_data.intent_examples]
        taught = [(m, label) for m, label in examples if label is not None]
        model = train_linear_model(
            features_of([m for m, _ in taught]),
            [label for _, label in taught],
            strength=self.strength,
            example_weights=[self.weight(m, label) for m, label in taught],
        )
        with self._storage.write_to(self._resource) as folder:
            model.save(Path(folder))
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Classify messages."""
        for message in messages:
            if self._model is not None:
                self.apply(message, self._model.rank(*columns_of(message)))
        return messages


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentClassifier(_Classifier):
    """Ranks the intents."""

    strength = 0.75

    def label(self, message: Message) -> str | None:
        """Return the intent of an example."""
        intent = message.get(INTENT)
        return str(intent) if intent else None

    def apply(self, message: Message, ranking: list[tuple[str, float]]) -> None:
        """Set intent and ranking; a text without a word has none."""
        if not normalise(text_of(message)):
            ranking = [(name, 0.0) for name, _ in ranking]
        entries = [{"name": name, "confidence": chance} for name, chance in ranking]
        message.set(INTENT, dict(entries[0]), add_to_output=True)
        message.set(INTENT_RANKING_KEY, entries, add_to_output=True)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class ServiceExtractor(_Classifier):
    """Adds one entity ``layanan`` for each service that the message is about."""

    def label(self, message: Message) -> str | None:
        """Return the service of an example; examples without one teach "none"."""
        return label_of(message, "layanan") or NO_SERVICE

    def weight(self, message: Message, label: str) -> float:
        """Count other topics little: the intent tells them apart already."""
        is_question = str(message.get(INTENT)).startswith(QUESTION_PREFIXES)
        return 1.0 if label != NO_SERVICE or is_question else 0.3

    def apply(self, message: Message, ranking: list[tuple[str, float]]) -> None:
        """Add the services found."""
        text = text_of(message)
        likely = dict(ranking)
        services = choose_services(
            find_mentions(text), likely, words=count_words(text), none=NO_SERVICE
        )
        add_entities(
            message,
            [
                {
                    "entity": "layanan",
                    "value": service,
                    "confidence_entity": round(likely.get(service, 0.0), 4),
                    "extractor": type(self).__name__,
                }
                for service in services
            ],
        )


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class CategoryClassifier(_Classifier):
    """Adds the entity ``kategori``: the likeliest complaint category, with the top three.

    It is computed for every message, whatever the intent: a message may only later turn out to
    be the text of a complaint.
    """

    strength = 0.25

    def label(self, message: Message) -> str | None:
        """Return the category of a complaint's example."""
        return label_of(message, "kategori")

    def apply(self, message: Message, ranking: list[tuple[str, float]]) -> None:
        """Add the category, unless there is no word to judge by."""
        if not normalise(text_of(message)):
            return
        top = [{"name": name, "confidence": round(p, 4)} for name, p in ranking[:3]]
        add_entities(
            message,
            [
                {
                    "entity": "kategori",
                    "value": top[0]["name"],
                    "confidence_entity": top[0]["confidence"],
                    "ranking": top,
                    "extractor": type(self).__name__,
                }
            ],
        )
