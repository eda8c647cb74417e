"""What citizens' words say about their own draft: yes-buts, corrections, secrecy, not knowing."""

import re

from desk.domain.draft import DraftField as F
from desk.domain.lifecycle import Identity

#: Words that announce a report without telling it.
_ANNOUNCING = frozenset(
    """
    saya sy aku kami mau ingin pengen mo ma melapor melaporkan lapor laporan laporkan aduan adukan
    mengadu mengadukan pengaduan buat membuat bikin ada adaji ini itu tolong min admin pak bu kak
    halo hai permisi tabe sesuatu masalah keluhan dong ya dulu mi ji di ki untuk usul usulan saran
    aspirasi kasih sampaikan menyampaikan bisa bisakah boleh kah gimana bagaimana cara caranya
    """.split()  # noqa: SIM905 - a list of words reads best as words
)


def tells_a_story(text: str) -> bool:
    """Tell whether words say more than that a report is coming."""
    words = re.findall(r"[a-z]+", text.lower())
    return len([word for word in words if word not in _ANNOUNCING]) >= 2


_ASKING = re.compile(
    r"""\? | \b(?: (?:di|ke|dari)?\s?mana | dmn | mn | apa(?:kah)? | berapa | brp | kapan
    | bagaimana | gimana | gmn | kenapa | siapa | jam | alamat\w* | syarat\w* | biaya\w*
    | bisa(?:kah)? | boleh(?:kah)? | ada(?:kah)? )\b""",
    re.IGNORECASE | re.VERBOSE,
)


def asks_something(text: str) -> bool:
    """Tell whether words ask a question, with a mark or a word that asks."""
    return _ASKING.search(text) is not None


_UNKNOWN = re.compile(
    r"""\W* (?:(?:saya|sy|aku|ku|kami|masih|juga|te)\s+)*
    (?: (?:tidak|tdk|tida|tak|gak|ga|nggak|ngga|enggak|nda|ndak|kurang|belum|blm)
        \s* (?:ku|saya|sy)? \s* (?:tahu|tau|ketahui|ingat|inga|paham|yakin|pasti|jelas)\w*
      | lewati|lewatkan|lewat|skip|lupa\w*|entah\w* )
    (?:\s+(?:persis\w*|pasti\w*|juga|saja|aja|lagi|mi|pi|ka|ki|pak|bu|kak|min|saya|sy|di|dimana
        |mana|sejak|kapan|lokasi\w*|tempat\w*|waktu\w*|tanggal\w*|mulai\w*|itu|ini))* \W*""",
    re.IGNORECASE | re.VERBOSE,
)


def is_unknown(text: str) -> bool:
    """Tell whether words only say that the citizen does not know, or wants to skip."""
    return _UNKNOWN.fullmatch(text) is not None


_NOT = r"(?:tidak|tdk|tak|gak|ga|nggak|nda|ndak|bukan|jangan)"
_NEGATED = rf"(?<!\w){_NOT}\s(?:(?:usah|perlu|mau|pakai|secara|di)\s)?"
_IDENTITY_WORDS: tuple[tuple[Identity, str], ...] = (
    (
        Identity.ANONIM,
        rf"\b(anonim|tanpa (nama|identitas)|{_NOT} (usah |perlu )?(pakai )?nama)\b",
    ),
    (
        Identity.RAHASIA,
        rf"\b((di)?rahasia\w*|sembunyikan|disembunyikan|{_NOT} (usah )?(di)?(sebut|tampil)\w*)\b",
    ),
    (Identity.TERBUKA, r"\b(terbuka|pakai nama|sebut(kan)? nama)\b"),
)
#: In a whole message only words about the citizen's own identity count: a street may be
#: "tanpa nama", and rubbish may be dumped "sembunyi-sembunyi".
_OWN_IDENTITY = re.compile(
    r"\banonim\b|\b(nama|identitas|data diri)\s?(saya|sy|ku|kami)\b"
    r"|\b(saya|sy|aku|ku|kami) (di)?rahasiakan\b",
    re.IGNORECASE,
)


def identity_in(text: str) -> Identity | None:
    """Return the identity that words choose; None when they choose none, or several."""
    folded = text.lower()
    found = {
        kind
        for kind, words in _IDENTITY_WORDS
        if any(not _is_negated(folded, match) for match in re.finditer(words, folded))
    }
    return found.pop() if len(found) == 1 else None


def _is_negated(text: str, match: re.Match[str]) -> bool:
    return re.search(rf"{_NEGATED}$", text[: match.start()]) is not None


def identity_wish_in(text: str) -> Identity | None:
    """Return how a citizen who tells a matter wants to be hidden, if they say so."""
    if not _OWN_IDENTITY.search(text):
        return None
    identity = identity_in(text)
    return None if identity is Identity.TERBUKA else identity


def read_phone(text: str) -> str | None:
    """Return an Indonesian phone number in the form 08…, None when there is none."""
    found = re.search(r"(?:\+?62|0)[\d\s.\-()]{7,18}", text)
    digits = re.sub(r"\D", "", found.group()) if found else ""
    if digits.startswith("62"):
        digits = "0" + digits[2:]
    return digits if 9 <= len(digits) <= 14 else None


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


_HEDGING = re.compile(
    r"\b(tapi|tetapi|cuma|cuman|hanya saja|kecuali|belum|jangan|tunggu|sebentar|salah|keliru"
    r"|kurang|ubah|ganti|bukan)\b",
    re.IGNORECASE,
)


def has_reservations(text: str) -> bool:
    """Tell whether a yes is not a plain one ("iya tapi lokasinya salah")."""
    return _HEDGING.search(text) is not None


def correction_in(text: str) -> F | None:
    """Return the field a citizen wants to correct ("lokasinya salah, ganti")."""
    if len(text.split()) > 8 or not _CORRECTING.search(text):
        return None
    folded = text.lower()
    return next(
        (what for what, words in _FIELD_WORDS if re.search(rf"\b(?:{words})\b", folded)), None
    )
