"""How answers fill a draft: what is taken from a message, and what is wrong with it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from desk.domain.draft import MAX_PHOTOS, Draft
from desk.domain.draft import DraftField as F
from desk.domain.heard import Heard
from desk.domain.lifecycle import Identity, Kind
from desk.domain.since_phrase import find_since

#: A category is taken over without asking from this probability on.
SURE_CATEGORY = 0.6
#: When asked for it outright, a weaker reading is enough.
LIKELY_CATEGORY = 0.35
MAX_DESCRIPTION = 4000
MAX_PHRASE = 200
MAX_NAME = 60
#: Code of places that belong to the neighbouring regency.
OUTSIDE = "76.06"
DONT_KNOW = "tidak_tahu"

#: Words that announce a report without telling it.
_ANNOUNCING = frozenset(
    """
    saya sy aku kami mau ingin pengen mo ma melapor melaporkan lapor laporan laporkan aduan adukan
    mengadu mengadukan pengaduan buat membuat bikin ada adaji ini itu tolong min admin pak bu kak
    halo hai permisi tabe sesuatu masalah keluhan dong ya dulu mi ji di ki untuk usul usulan saran
    aspirasi kasih sampaikan menyampaikan bisa bisakah boleh kah gimana bagaimana cara caranya
    """.split()  # noqa: SIM905 - a list of words reads best as words
)


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


def tells_a_story(text: str) -> bool:
    """Tell whether words say more than that a report is coming."""
    words = re.findall(r"[a-z]+", text.lower())
    return len([word for word in words if word not in _ANNOUNCING]) >= 2


def prefill(draft: Draft, heard: Heard, places: Places) -> Draft:
    """Take over all that the first message already says."""
    if draft.kind is Kind.PERMOHONAN:
        if len(heard.services) != 1:
            return draft
        return draft.with_done(F.SERVICE, service=heard.services[0], variant=heard.variant)
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
    if heard.places or heard.point:
        draft = _take_place(draft, replace(heard, text=""), places).draft
    return draft


def _with_category(draft: Draft, heard: Heard) -> Draft:
    """Set the category when the words are clear, else remember what they sounded like."""
    draft = replace(draft, hints=tuple(name for name, _ in heard.categories[:3]))
    if heard.categories and heard.categories[0][1] >= SURE_CATEGORY:
        draft = draft.with_done(F.CATEGORY, category=heard.categories[0][0])
    return draft


def add_photos(draft: Draft, photos: Sequence[str]) -> Taken:
    """Add pictures up to the most a ticket takes."""
    fresh = [photo for photo in photos if photo not in draft.photos]
    kept = (*draft.photos, *fresh)[:MAX_PHOTOS]
    full = Problem.PHOTOS_FULL if len(draft.photos) + len(fresh) > MAX_PHOTOS else None
    return Taken(replace(draft, photos=kept), full)


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
    if heard.places and F.PLACE not in draft.done:
        draft = _take_place(draft, replace(heard, text=""), places).draft
    return Taken(draft)


def _take_category(draft: Draft, heard: Heard, places: Places) -> Taken:
    value = heard.pressed.get("nilai")
    if value is None and heard.categories and heard.categories[0][1] >= LIKELY_CATEGORY:
        value = heard.categories[0][0]
    if value is None:
        return Taken(draft, Problem.CATEGORY_UNCLEAR)
    return Taken(draft.with_done(F.CATEGORY, category=value))


def _take_place(draft: Draft, heard: Heard, places: Places) -> Taken:
    words = heard.text.strip()[:MAX_PHRASE] or draft.place.words
    place = replace(draft.place, words=words, point=heard.point or draft.place.point)
    pressed = heard.pressed.get("nilai")
    if pressed == DONT_KNOW:
        return Taken(draft.with_done(F.PLACE, place=place))
    codes = (pressed,) if pressed else _narrowest(heard, draft.options)
    if codes == (OUTSIDE,):
        return Taken(draft, Problem.PLACE_OUTSIDE)
    if len(codes) == 1:
        return Taken(draft.with_done(F.PLACE, place=replace(place, code=codes[0])))
    if codes:
        return Taken(replace(draft, place=place, options=codes))
    if not draft.options and (place.words or place.point):
        # Only words or a pin: the kecamatan decides who is responsible, so it is asked once.
        return Taken(replace(draft, place=place, options=tuple(places.kecamatan)))
    return Taken(draft.with_done(F.PLACE, place=place))


def _narrowest(heard: Heard, options: Sequence[str]) -> tuple[str, ...]:
    """Return the codes of the most exact place that was named, within *options* if it can be."""
    if not heard.places:
        return ()
    named = max(heard.places, key=lambda place: max(len(code) for code in place.codes))
    within = tuple(code for code in named.codes if code in options)
    return within or named.codes


def _take_since(draft: Draft, heard: Heard, places: Places) -> Taken:
    text = find_since(heard.text) or heard.text.strip()
    return Taken(draft.with_done(F.SINCE, since=text[:MAX_PHRASE] or None))


_IDENTITY_WORDS: tuple[tuple[Identity, str], ...] = (
    (Identity.ANONIM, r"\b(anonim|tanpa (nama|identitas)|tidak (pakai|usah) nama)\b"),
    (Identity.RAHASIA, r"\b(rahasia\w*|dirahasiakan|sembunyi\w*|jangan (di)?(sebut|tampil)\w*)\b"),
    (Identity.TERBUKA, r"\b(terbuka|pakai nama|sebut\w* nama|tidak (apa|masalah)\w*|boleh)\b"),
)


def identity_in(text: str) -> Identity | None:
    """Return the identity a citizen asks for in words."""
    folded = text.lower()
    return next((kind for kind, words in _IDENTITY_WORDS if re.search(words, folded)), None)


def _take_identity(draft: Draft, heard: Heard, places: Places) -> Taken:
    value = heard.pressed.get("nilai")
    identity = Identity(value) if value else identity_in(heard.text)
    if identity is None:
        return Taken(draft, Problem.IDENTITY_UNCLEAR)
    if identity is Identity.ANONIM:
        draft = replace(draft, name=None, phone=None)
    return Taken(draft.with_done(F.IDENTITY, identity=identity))


_INTRODUCING = re.compile(r"^\s*(nama\s*(saya|ku|sy)?|saya|sy|aku|atas nama)\s*[:,]?\s+", re.I)


def _take_name(draft: Draft, heard: Heard, places: Places) -> Taken:
    text = re.sub(
        r"^\s*(nama\s*(saya|ku|sy)?|saya|sy|aku|atas nama)\s*[:,]?\s+", "", heard.text, flags=re.I
    )
    name = " ".join(text.split())
    if not re.search(r"[^\W\d_]{2}", name) or len(name) > MAX_NAME:
        return Taken(draft, Problem.NAME_UNREADABLE)
    return Taken(draft.with_done(F.NAME, name=name))


def read_phone(text: str) -> str | None:
    """Return an Indonesian phone number in the form 08…, None when there is none."""
    found = re.search(r"(?:\+?62|0)[\d\s.\-()]{7,18}", text)
    digits = re.sub(r"\D", "", found.group()) if found else ""
    if digits.startswith("62"):
        digits = "0" + digits[2:]
    return digits if 9 <= len(digits) <= 14 else None


def _take_phone(draft: Draft, heard: Heard, places: Places) -> Taken:
    phone = read_phone(heard.phone or heard.text)
    if phone is None:
        return Taken(draft, Problem.PHONE_UNREADABLE)
    return Taken(draft.with_done(F.PHONE, phone=phone))


def _take_service(draft: Draft, heard: Heard, places: Places) -> Taken:
    service = heard.pressed.get("nilai") or next(iter(heard.services), None)
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


_FIELD_WORDS: tuple[tuple[F, str], ...] = (
    (F.PLACE, r"lokasi\w*|tempat\w*|alamat\w*|desa\w*|kelurahan\w*|kecamatan\w*"),
    (F.CATEGORY, r"kategori\w*|jenis\w*"),
    (F.DESCRIPTION, r"uraian\w*|isi\w*|cerita\w*|keterangan\w*|penjelasan\w*"),
    (F.SINCE, r"waktu\w*|sejak|kapan\w*|tanggal\w*"),
    (F.PHOTOS, r"foto\w*|gambar\w*"),
    (F.IDENTITY, r"identitas\w*"),
    (F.NAME, r"nama\w*"),
    (F.PHONE, r"telepon\w*|nomor\w*|hp|wa"),
    (F.SERVICE, r"layanan\w*"),
)
_CORRECTING = re.compile(
    r"\b(ubah|mengubah|ganti|diganti|ralat|salah|keliru|perbaiki|koreksi|revisi)\b", re.I
)


def correction_in(text: str) -> F | None:
    """Return the field a citizen wants to correct ("lokasinya salah, ganti")."""
    if len(text.split()) > 8 or not _CORRECTING.search(text):
        return None
    folded = text.lower()
    return next(
        (what for what, words in _FIELD_WORDS if re.search(rf"\b(?:{words})\b", folded)), None
    )
