"""What a turn says, in the desk's own words: as Rasa understood it, or as a button means it."""

from dataclasses import dataclass
from typing import Self

from desk.domain.inbound import Point
from desk.domain.presses.citizens import CitizenPress, Means, WaitForOfficer, kept_by
from desk.domain.presses.pending import Pending

FALLBACK = "nlu_fallback"


@dataclass(frozen=True)
class PlaceHeard:
    """A place that was named: one code, or several when the name fits several places."""

    codes: tuple[str, ...]


@dataclass(frozen=True)
class Heard:
    """One turn: what the citizen said or pressed, and what it was taken to mean.

    *confidence* and the probabilities of *ranking* and *categories* lie between 0 and 1.
    *answers* is the question of the desk to whose message they replied.
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
    press: CitizenPress | None = None
    answers: Pending | None = None

    @classmethod
    def pressed(cls, press: CitizenPress) -> Self:
        """Return a press: what its button keeps stands for what words would have said."""
        words = kept_by(press)
        services = words.services
        if isinstance(press, WaitForOfficer) and press.service is not None:
            services = (press.service,)
        return cls(
            intent=press.intent if isinstance(press, Means) else FALLBACK,
            text=words.text,
            services=services,
            variant=words.variant,
            places=tuple(PlaceHeard(codes) for codes in words.places),
            categories=words.categories,
            photos=words.photos,
            press=press,
        )

    @property
    def is_press(self) -> bool:
        """Tell whether a button was pressed, or a command given, rather than words typed."""
        return self.press is not None

    @property
    def best_intent(self) -> str:
        """Return the best reading even when it was too weak to act on."""
        if self.intent != FALLBACK:
            return self.intent
        return next((name for name, _ in self.ranking if name != FALLBACK), FALLBACK)
