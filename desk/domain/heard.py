"""What Rasa made of a turn, in the desk's own words."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from desk.domain.inbound import Point

FALLBACK = "nlu_fallback"


@dataclass(frozen=True)
class PlaceHeard:
    """A place that was named: one code, or several when the name fits several places."""

    codes: tuple[str, ...]


@dataclass(frozen=True)
class Heard:
    """One turn: the citizen's words and what they were taken to mean.

    *confidence* and the probabilities of *ranking* and *categories* lie between 0 and 1.
    *answers* is the question of the desk to whose message they replied, as a pending one.
    """

    intent: str
    text: str = ""
    confidence: float = 1.0
    ranking: tuple[tuple[str, float], ...] = ()
    services: tuple[str, ...] = ()
    variant: str | None = None
    places: tuple[PlaceHeard, ...] = ()
    categories: tuple[tuple[str, float], ...] = ()
    ticket_number: str | None = None
    point: Point | None = None
    phone: str | None = None
    photos: tuple[str, ...] = ()
    pressed: Mapping[str, str] = field(default_factory=dict)
    answers: str | None = None

    @property
    def is_press(self) -> bool:
        """Tell whether a button was pressed rather than words typed."""
        return bool(self.pressed)

    @property
    def best_intent(self) -> str:
        """Return the best reading even when it was too weak to act on."""
        if self.intent != FALLBACK:
            return self.intent
        return next((name for name, _ in self.ranking if name != FALLBACK), FALLBACK)
