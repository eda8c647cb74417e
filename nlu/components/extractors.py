"""Entities that are looked up, not learnt: places and ticket numbers."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.message import Message
from typing_extensions import Self

from nlu.components.reading import add_entities, text_of
from nlu.places import Gazetteer
from nlu.ticket_numbers import find_ticket_numbers


class _Extractor(GraphComponent):
    """Adds what ``find`` returns to typed messages."""

    def find(self, text: str) -> list[dict[str, Any]]:
        """Return the entities of a text."""
        raise NotImplementedError

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        """Create the component."""
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the entities found in messages."""
        for message in messages:
            found = self.find(text_of(message))
            add_entities(message, [{**e, "extractor": type(self).__name__} for e in found])
        return messages


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class PlaceExtractor(_Extractor):
    """Adds ``lokasi`` for each place named; ``pilihan`` lists every code the words allow."""

    def __init__(self) -> None:
        """Read the catalogue's regions."""
        self._gazetteer = Gazetteer.from_file()

    def find(self, text: str) -> list[dict[str, Any]]:
        """Find places."""
        return [
            {
                "entity": "lokasi",
                "value": place.value,
                "pilihan": list(place.choices),
                "start": place.start,
                "end": place.end,
            }
            for place in self._gazetteer.find(text)
        ]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class TicketNumberExtractor(_Extractor):
    """Adds ``nomor_tiket`` in canonical form."""

    def find(self, text: str) -> list[dict[str, Any]]:
        """Find ticket numbers."""
        return [
            {"entity": "nomor_tiket", "value": t.number, "start": t.start, "end": t.end}
            for t in find_ticket_numbers(text)
        ]
