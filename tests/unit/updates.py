"""Updates of Telegram for the tests of reading: what becomes of them, and mutations of them."""

import copy
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from desk.services.turns.intake import Arrival


def is_left_alone(arrival: Arrival) -> bool:
    return arrival.address is None and not arrival.unreadable


@st.composite
def mutations(draw: st.DrawFn, updates: Sequence[Any], anything: st.SearchStrategy[Any]) -> Any:
    """Return one of *updates* that has *anything* in any one place."""
    mutated = copy.deepcopy(draw(st.sampled_from(updates)))
    spot = mutated
    for _ in range(draw(st.integers(0, 4))):
        key = draw(st.sampled_from(list(spot)))
        if not isinstance(spot[key], dict) or not spot[key]:
            break
        spot = spot[key]
    spot[draw(st.sampled_from(list(spot)))] = draw(anything)
    return mutated
