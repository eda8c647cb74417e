"""Features of a message: n-grams and a sentence vector."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.reading import normal_text
from nlu.ngrams import Ngrams
from nlu.vectors import DIMENSIONS, SentenceVectors


def _add(message: Message, features: Any, origin: str) -> None:
    message.add_features(Features(features, FEATURE_TYPE_SENTENCE, TEXT, origin))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class NgramFeaturizer(GraphComponent):
    """Adds TF-IDF of word and character n-grams as a sparse sentence feature."""

    def __init__(self, storage: ModelStorage, resource: Resource) -> None:
        """Create an untrained featurizer."""
        self._storage = storage
        self._resource = resource
        self._ngrams: Ngrams | None = None

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> NgramFeaturizer:
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
    ) -> NgramFeaturizer:
        """Load the trained component."""
        component = cls(model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component._ngrams = Ngrams.load(Path(folder))
        return component

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the n-grams of all examples."""
        texts = [normal_text(m) for m in training_data.intent_examples]
        self._ngrams = Ngrams.train(texts)
        with self._storage.write_to(self._resource) as folder:
            self._ngrams.save(Path(folder))
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add the features to all examples."""
        examples = training_data.training_examples
        if self._ngrams is not None:
            rows = self._ngrams.transform([normal_text(m) for m in examples])
            for number, message in enumerate(examples):
                _add(message, rows[number], type(self).__name__)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the features to messages."""
        if self._ngrams is not None:
            for message in messages:
                row = self._ngrams.transform_one(normal_text(message))
                _add(message, row, type(self).__name__)
        return messages


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class SentenceVectorFeaturizer(GraphComponent):
    """Adds the sentence vector, standardised and brought to length 1, as a dense feature."""

    def __init__(self, storage: ModelStorage, resource: Resource) -> None:
        """Create an untrained featurizer."""
        self._storage = storage
        self._resource = resource
        self._vectors = SentenceVectors()
        self._mean = np.zeros(DIMENSIONS, dtype=np.float32)
        self._scale = np.ones(DIMENSIONS, dtype=np.float32)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceVectorFeaturizer:
        """Create the component for training."""
        component = cls(model_storage, resource)
        # All examples stay in memory while training, whatever their number.
        component._vectors = SentenceVectors(limit=1_000_000)
        return component

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SentenceVectorFeaturizer:
        """Load the trained component and warm the engine up."""
        component = cls(model_storage, resource)
        with (
            model_storage.read_from(resource) as folder,
            np.load(Path(folder) / "scale.npz", allow_pickle=False) as arrays,
        ):
            component._mean, component._scale = arrays["mean"], arrays["scale"]
        component._vectors.encode(["halo"])
        return component

    def train(self, training_data: TrainingData) -> Resource:
        """Measure the spread of each dimension over all examples."""
        self._remember()
        vectors = self._vectors.encode([normal_text(m) for m in training_data.training_examples])
        self._mean = vectors.mean(axis=0)
        self._scale = 1.0 / np.maximum(vectors.std(axis=0), 1e-6)
        with self._storage.write_to(self._resource) as folder:
            np.savez(Path(folder) / "scale.npz", mean=self._mean, scale=self._scale)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add the features to all examples."""
        self._remember()
        self.process(training_data.training_examples)
        return training_data

    def _remember(self) -> None:
        """Take the vectors that the training program computed while it imported Rasa."""
        if cache := os.environ.get("SAPA_NLU_VECTOR_CACHE"):
            self._vectors.load(Path(cache))

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the features to messages."""
        vectors = self._vectors.encode([normal_text(m) for m in messages])
        for message, vector in zip(messages, vectors, strict=True):
            _add(message, self._standardised(vector), type(self).__name__)
        return messages

    def _standardised(self, vector: Any) -> Any:
        if not vector.any():
            return vector.reshape(1, -1)
        scaled = (vector - self._mean) * self._scale
        return (scaled / max(float(np.linalg.norm(scaled)), 1e-6)).reshape(1, -1)
