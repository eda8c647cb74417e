"""The photos that prove an outcome, while an officer sends them: one, or an album part by part."""

from collections.abc import MutableMapping
from typing import Final

from desk.domain.lifecycle import MAX_PROOF_PHOTOS

#: Where a form keeps the ids of the photos, and the message that says how many there are.
PHOTOS: Final = "foto"
COUNT_SHOWN: Final = "pesan"
_BETWEEN: Final = ","

Form = MutableMapping[str, str]


def photos_in(form: Form) -> tuple[str, ...]:
    """Return the photos so far, in the order they came."""
    return tuple(filter(None, form.get(PHOTOS, "").split(_BETWEEN)))


def add_photo(form: Form, picture: str) -> None:
    """Add a photo, unless there are as many as a proof may have."""
    together = dict.fromkeys((*photos_in(form), picture))
    form[PHOTOS] = _BETWEEN.join(list(together)[:MAX_PROOF_PHOTOS])


def more_may_come(form: Form, album: str | None) -> bool:
    """Tell whether the officer has to say that these are all.

    Telegram sends the parts of an album one by one and never says which is the last.
    """
    return album is not None or COUNT_SHOWN in form
