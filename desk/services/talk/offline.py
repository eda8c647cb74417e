"""What the desk understands, and what it offers, while Rasa is away."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from desk.domain.draft import Draft, DraftField
from desk.domain.heard import FALLBACK, Heard
from desk.domain.presses.pending import OpinionAwaited, Pending, WordsAwaited
from desk.domain.reply import Reply
from desk.domain.ticket_number import MistypedNumber, read_ticket_number
from desk.services.handoffs.hearing import GIVES_UP
from desk.services.talk import emergency, questions
from desk.services.talk.scene import Scene
from desk.services.words.buttons import menu_without_words

#: Fields that take a citizen's own words; the others are answered by buttons meanwhile.
FREE_FIELDS: Final = frozenset(
    {
        DraftField.DESCRIPTION,
        DraftField.PLACE,
        DraftField.SINCE,
        DraftField.NAME,
        DraftField.PHONE,
    }
)
#: A number among more words than this is part of a story, which only Rasa understands.
_WORDS_AROUND_NUMBER: Final = 3

#: Tells from the words alone whether somebody needs help now.
IsUrgent = Callable[[str], bool]


def understood(
    heard: Heard, draft: Draft | None, pending: Pending | None, is_urgent: IsUrgent
) -> Heard | None:
    """Return words with what they mean without Rasa; None: only Rasa can tell.

    *draft* is the one that is open, *pending* the question that was put last.
    """
    if is_urgent(heard.text):
        return replace(heard, intent=emergency.INTENT)
    if heard.text.casefold().strip(" .!") in GIVES_UP:
        return replace(heard, intent="batal")
    if _is_asked_for(heard, draft, pending):
        return replace(heard, intent=FALLBACK, confidence=0.0)
    number = read_ticket_number(heard.text)
    is_bare = len(heard.text.split()) <= 1 + _WORDS_AROUND_NUMBER
    if number is None or isinstance(number, MistypedNumber) or not is_bare:
        return None
    return replace(heard, intent="cek_status_aduan", ticket_number=number)


def _is_asked_for(heard: Heard, draft: Draft | None, pending: Pending | None) -> bool:
    """Tell whether the desk asked for the citizen's own words, or for the pictures they send."""
    if draft is None:
        return isinstance(heard.answers or pending, WordsAwaited | OpinionAwaited)
    asked = draft.asked or draft.next_field()
    return asked in FREE_FIELDS or (asked is DraftField.PHOTOS and bool(heard.photos))


def patience(scene: Scene) -> list[Reply]:
    """Tell a citizen whose words wait for Rasa what works meanwhile, with the buttons for it."""
    if scene.draft is None:
        return [Reply(scene.tools.say("sabar"), menu_without_words(scene.tools))]
    return [scene.say("sabar_isian"), questions.ask(scene, scene.draft)]
