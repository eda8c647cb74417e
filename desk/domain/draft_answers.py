"""How answers fill a draft: what is taken from a message, and what is wrong with it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from desk.domain.draft import MAX_PHOTOS, Draft
from desk.domain.draft import DraftField as F
from desk.domain.draft_phrases import (
    identity_in,
    is_unknown,
    read_phone,
    tells_a_story,
)
from desk.domain.heard import Heard
from desk.domain.lifecycle import Identity, Kind
from desk.domain.presses.citizens import AnswerField
from desk.domain.since_phrase import find_since

#: A category is taken over without asking from this probability on.
SURE_CATEGORY = 0.6
#: When asked for it outright, a weaker reading is enough.
LIKELY_CATEGORY = 0.35
#: Several long messages may come together as one turn.
MAX_DESCRIPTION = 20_000
MAX_PHRASE = 200
MAX_NAME = 60
#: An answer of so few words is kept whole, "sekitar lebaran kemarin" for instance.
SHORT_ANSWER = 8


class Problem(StrEnum):
    """Why an answer could not be taken as it is; each has its own words for the citizen."""

    STORY_TOO_SHORT = "uraian_pendek"
    CATEGORY_UNCLEAR = "kategori_kabur"
    PLACE_OUTSIDE = "lokasi_luar"
    IDENTITY_UNCLEAR = "identitas_kabur"
    NAME_UNREADABLE = "nama_tak_terbaca"
    PHONE_UNREADABLE = "telepon_tak_terbaca"
    SERVICE_UNCLEAR = "layanan_kabur"
    PHOTOS_FULL = "foto_penuh"


@dataclass(frozen=True)
class Taken:
    """A draft after an answer, and what to tell the citizen about it."""

    draft: Draft
    problem: Problem | None = None


@dataclass(frozen=True)
class Places:
    """The codes a place may be chosen from when words are not enough."""

    kecamatan: Sequence[str]

    def inside(self, codes: Sequence[str]) -> tuple[str, ...]:
        """Return the codes that lie in the regency; the others belong to its neighbours."""
        return tuple(
            code
            for code in codes
            if any(code == own or code.startswith(f"{own}.") for own in self.kecamatan)
        )


def prefill(draft: Draft, heard: Heard, places: Places) -> Taken:
    """Take over all that the first message already says."""
    if draft.kind is Kind.PERMOHONAN:
        if len(heard.services) != 1:
            return Taken(draft)
        service = heard.services[0]
        return Taken(draft.with_done(F.SERVICE, service=service, variant=heard.variant))
    if heard.services:
        draft = replace(draft, service=heard.services[0], variant=heard.variant)
    if tells_a_story(heard.text):
        draft = draft.with_done(F.DESCRIPTION, description=heard.text[:MAX_DESCRIPTION].strip())
        draft = _with_category(draft, heard)
    since = find_since(heard.text)
    if since is not None:
        draft = draft.with_done(F.SINCE, since=since)
    draft = add_photos(draft, heard.photos).draft
    if draft.photos:
        draft = draft.with_done(F.PHOTOS)
    if draft.kind is Kind.ADUAN and (heard.places or heard.point):
        return _take_place(draft, replace(heard, text=""), places)
    return Taken(draft)


def _with_category(draft: Draft, heard: Heard) -> Draft:
    """Set the category when the words are clear, else remember what they sounded like."""
    draft = replace(draft, hints=tuple(name for name, _ in heard.categories[:3]))
    if heard.categories and heard.categories[0][1] >= SURE_CATEGORY:
        draft = draft.with_done(F.CATEGORY, category=heard.categories[0][0])
    return draft


def add_photos(draft: Draft, photos: Sequence[str]) -> Taken:
    """Add pictures up to the most a ticket takes."""
    fresh = [photo for photo in photos if photo not in draft.photos]
    photos = (*draft.photos, *fresh)
    kept, surplus = photos[:MAX_PHOTOS], photos[MAX_PHOTOS:]
    discarded = (*draft.discarded, *(s for s in surplus if s not in draft.discarded))
    full = Problem.PHOTOS_FULL if surplus else None
    return Taken(replace(draft, photos=kept, discarded=discarded), full)


def skip(draft: Draft, what: F) -> Draft:
    """Leave a field empty, or as far as it is known."""
    return draft.with_done(what)


def take(draft: Draft, heard: Heard, asked: F, places: Places) -> Taken:
    """Fill *asked* from a message that is an answer to it."""
    taker = _TAKERS.get(asked)
    return taker(draft, heard, places) if taker else Taken(draft)


def _take_description(draft: Draft, heard: Heard, places: Places) -> Taken:
    # A first message that only announced the report; the second one tells it, so all that it
    # says besides (place, since when) is taken over too.
    if not tells_a_story(heard.text):
        return Taken(draft, Problem.STORY_TOO_SHORT)
    corrected = F.DESCRIPTION in draft.done or draft.description is not None
    draft = draft.with_done(F.DESCRIPTION, description=heard.text[:MAX_DESCRIPTION].strip())
    if corrected:
        return Taken(draft)
    draft = _with_category(draft, heard) if F.CATEGORY not in draft.done else draft
    since = find_since(heard.text)
    if since is not None and F.SINCE not in draft.done:
        draft = draft.with_done(F.SINCE, since=since)
    if heard.places and draft.kind is Kind.ADUAN and F.PLACE not in draft.done:
        return _take_place(draft, replace(heard, text=""), places)
    return Taken(draft)


def _chosen(heard: Heard) -> str | None:
    """Return what a button chose, None when the answer was typed."""
    return heard.press.value if isinstance(heard.press, AnswerField) else None


def _take_category(draft: Draft, heard: Heard, places: Places) -> Taken:
    value = _chosen(heard)
    if value is None and heard.categories and heard.categories[0][1] >= LIKELY_CATEGORY:
        value = heard.categories[0][0]
    if value is None:
        return Taken(draft, Problem.CATEGORY_UNCLEAR)
    return Taken(draft.with_done(F.CATEGORY, category=value))


def _take_place(draft: Draft, heard: Heard, places: Places) -> Taken:
    if is_unknown(heard.text):
        return Taken(draft.with_done(F.PLACE))
    chosen = _chosen(heard)
    named = (chosen,) if chosen else _narrowest(heard, draft.options)
    codes = places.inside(named)
    if named and not codes:
        return Taken(replace(draft, options=()), Problem.PLACE_OUTSIDE)
    words = _more_words(draft.place.words, heard.text)
    place = replace(draft.place, words=words, point=heard.point or draft.place.point)
    if len(codes) == 1:
        return Taken(draft.with_done(F.PLACE, place=replace(place, code=codes[0])))
    if codes:
        return Taken(replace(draft, place=place, options=codes))
    if not draft.options and (place.words or place.point):
        # Only words or a pin: the kecamatan decides who is responsible, so it is asked once.
        return Taken(replace(draft, place=place, options=tuple(places.kecamatan)))
    return Taken(draft.with_done(F.PLACE, place=place))


def _more_words(known: str | None, said: str) -> str | None:
    """Add to the words for a place what was said when asked more about it."""
    said = said.strip()[:MAX_PHRASE]
    if not known or not said:
        return said or known
    return known if said.lower() in known.lower() else f"{known}; {said}"


def _narrowest(heard: Heard, options: Sequence[str]) -> tuple[str, ...]:
    """Return the codes of the most exact place that was named, within *options* if it can be."""
    if not heard.places:
        return ()
    named = max(heard.places, key=lambda place: max(len(code) for code in place.codes))
    within = tuple(code for code in named.codes if code in options)
    return within or named.codes


def _take_since(draft: Draft, heard: Heard, places: Places) -> Taken:
    text = "" if is_unknown(heard.text) else heard.text.strip()
    if len(text.split()) > SHORT_ANSWER:
        text = find_since(text) or text
    return Taken(draft.with_done(F.SINCE, since=text[:MAX_PHRASE] or None))


def _take_identity(draft: Draft, heard: Heard, places: Places) -> Taken:
    chosen = _chosen(heard)
    identity = Identity(chosen) if chosen else identity_in(heard.text)
    if identity is None:
        return Taken(draft, Problem.IDENTITY_UNCLEAR)
    return Taken(draft.with_identity(identity))


_INTRODUCING = re.compile(r"^\s*(nama\s*(saya|ku|sy)?|saya|sy|aku|atas nama)\s*[:,]?\s+", re.I)


def _take_name(draft: Draft, heard: Heard, places: Places) -> Taken:
    name = " ".join(_INTRODUCING.sub("", heard.text).split())
    if not re.search(r"[^\W\d_]{2}", name) or len(name) > MAX_NAME:
        return Taken(draft, Problem.NAME_UNREADABLE)
    return Taken(draft.with_done(F.NAME, name=name))


def _take_phone(draft: Draft, heard: Heard, places: Places) -> Taken:
    phone = read_phone(heard.phone or heard.text)
    if phone is None:
        return Taken(draft, Problem.PHONE_UNREADABLE)
    return Taken(draft.with_done(F.PHONE, phone=phone))


def _take_service(draft: Draft, heard: Heard, places: Places) -> Taken:
    service = _chosen(heard) or next(iter(heard.services), None)
    if service is None:
        return Taken(draft, Problem.SERVICE_UNCLEAR)
    return Taken(draft.with_done(F.SERVICE, service=service, variant=heard.variant))


def _take_photos(draft: Draft, heard: Heard, places: Places) -> Taken:
    return Taken(draft.with_done(F.PHOTOS))


_TAKERS: Mapping[F, Callable[[Draft, Heard, Places], Taken]] = {
    F.SERVICE: _take_service,
    F.DESCRIPTION: _take_description,
    F.CATEGORY: _take_category,
    F.PLACE: _take_place,
    F.SINCE: _take_since,
    F.PHOTOS: _take_photos,
    F.IDENTITY: _take_identity,
    F.NAME: _take_name,
    F.PHONE: _take_phone,
}
