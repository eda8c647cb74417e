"""The last word on a message's intent: emergencies first, and when to ask back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nlu.emergency import Judgement

EMERGENCY = "darurat"
ASK_BACK = "nlu_fallback"

RAISED_CONFIDENCE = 0.95
# A learnt emergency below this gives way when the words say it is not now.
LOWERED_BELOW = 0.9
# Words alone do not make an emergency of what the classifier is sure is something else; the
# plainer the words, the less the classifier must see in the message. To overlook one costs more
# than to answer one too many, so it need not be the likeliest reading.
RAISE_ABOVE = {Judgement.NOW: 0.02, Judgement.LIKELY: 0.03, Judgement.UNCLEAR: 0.4}
NEVER = 2.0

Ranking = list[tuple[str, float]]


@dataclass(frozen=True)
class Thresholds:
    """When a reading is too weak to act on."""

    confidence: float = 0.63
    lead: float = 0.25


def guard_emergency(ranking: Sequence[tuple[str, float]], judgement: Judgement) -> Ranking:
    """Raise ``darurat`` above the ranking, or lower it, when the words are plain."""
    chances = dict(ranking)
    chance = chances.get(EMERGENCY, 0.0)
    if chance >= RAISE_ABOVE.get(judgement, NEVER):
        chances = {name: p * (1 - RAISED_CONFIDENCE) for name, p in chances.items()}
        chances[EMERGENCY] = max(RAISED_CONFIDENCE, chance)
    elif judgement is Judgement.NOT_NOW and chance < LOWERED_BELOW:
        chances[EMERGENCY] = 0.0
        rest = sum(chances.values()) or 1.0
        chances = {name: p / rest for name, p in chances.items()}
    return sorted(chances.items(), key=lambda entry: -entry[1])


def decide(ranking: Sequence[tuple[str, float]], thresholds: Thresholds) -> str:
    """Return the intent to act on; ``nlu_fallback`` when the citizen has to be asked back."""
    if not ranking:
        return ASK_BACK
    (best, confidence), *others = ranking
    lead = confidence - (others[0][1] if others else 0.0)
    is_clear = confidence >= thresholds.confidence and lead >= thresholds.lead
    return best if is_clear else ASK_BACK
