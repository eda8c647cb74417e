"""Finds in a citizen's message since when the matter goes on, in the citizen's own words.

Everyday Indonesian of Mamuju: short forms ("sdh 2 mgg"), particles ("3 bulan mi"), suffixes
("semingguan"). A length of time alone says little ("proses 3 hari", "anak 5 tahun"), so it
needs a word that tells how long something has lasted, or the end of a clause.
"""

from __future__ import annotations

import re
from typing import Final

_NUMBER: Final = (
    r"(?:\d{1,3}(?:[.,]\d)?(?:\s?(?:-|x|sampai|sd|atau)\s?\d{1,3})?"
    r"|satu|dua(?:\s(?:atau\s)?tiga)?|tiga(?:\s(?:atau\s)?empat)?|empat|lima|enam|tujuh|delapan"
    r"|sembilan|sepuluh|sebelas|(?:dua|tiga|empat|lima|enam|tujuh|delapan|sembilan)\sbelas"
    r"|belasan|puluhan|(?:dua|tiga)\spuluh|setengah|beberapa|bebrapa|bbrp|bbrapa)"
)
_UNIT: Final = (
    r"(?:menit|mnt|jam|har[iy]|hr|minggu|mg|mgg|mingg?u|pekan|bula?n|bln|th(?:u?n)?|tahun)"
)
_DAYS_TO_MONTHS: Final = r"(?:har[iy]|hr|minggu|mgg|mggu|pekan|bula?n|bln)"
_UNITS: Final = rf"{_UNIT}(?:2|[- ]?{_UNIT}|an)?(?:mi)?"
_QUANTITY: Final = (
    rf"(?:{_NUMBER}\s?{_UNITS}(?:\s(?:setengah|lebih))?"
    rf"|se(?:jam|hari|minggu|mggu|pekan|bulan|bln|tahun|thn)(?:an)?(?:\ssetengah)?"
    rf"|ber(?:jam|hari|minggu|bulan|tahun)(?:2|-\w+))"
)
_ALREADY: Final = r"(?:su?da?h|sdh|udah|udh|dah|sda|suda|so|telah|baru)(?:\s?mi)?"
_ABOUT: Final = (
    r"(?:hampir|hampr|nyaris|sekitar|sekira|kira-?(?:kira|2)|kurang\slebih|kurleb|lebih(?:\sdari)?"
    r"|mau|ada(?:\s?mi)?|genap|berlangsung|berjalan|jalan|masuk|memasuki|selama|lewat|sampai|lama)"
)
_TAIL: Final = (
    r"(?:\s?(?:lebih|an))?(?:\s(?:mi|mih|m[ie]ki|ini|yang\slalu|yg\slalu|lalu|terakhir|belakangan"
    r"|lamanya|berturut-?(?:turut|2)))*"
)
_PARTICLES: Final = r"(?:\s(?:mi|sekali|skali|sx|skl|banget|bgt|betul|ini))*"
_DAYTIME: Final = r"(?:pagi|siang|sore|petang|malam|mlm|subuh|dini\shari)"
_WEEKDAY: Final = r"(?:senin|selasa|rabu|kamis|jum'?at|sabtu|minggu|ahad)"
_MONTH: Final = (
    r"(?:jan(?:uari)?|feb(?:ruari)?|mar(?:et)?|apr(?:il)?|mei|jun[i]?|jul[i]?|agu(?:stus)?|agt"
    r"|sep(?:t(?:ember)?)?|okt(?:ober)?|nov(?:ember)?|des(?:ember)?)"
)
_AGO: Final = r"(?:lalu|yang\slalu|yg\slalu|lewat|kemarin|kmrn|kmarin|sebelumnya)"
_YESTERDAY: Final = rf"(?:kemarin|kemaren|kmrn|kmarin)(?:\s(?:dulu|lusa|{_DAYTIME}))?"
_FEAST: Final = (
    r"(?:(?:hari\sraya\s)?(?:lebaran|idul\s?fitri|idul\s?adha|natal|nyepi|waisak|imlek)"
    r"|puasa|ramadh?an|tahun\sbaru|maulid|agustusan|tujuh\s?belasan|pandemi|covid|corona|pemilu"
    r"|pilkada)(?:\s(?:haji|\d{4}|tahun))?"
)
_POINT: Final = (
    rf"(?:tadi(?:\s{_DAYTIME})?|{_YESTERDAY}|semalam|tadi\smalam"
    rf"|(?:hari\s)?{_WEEKDAY}(?:\s(?:{_AGO}|{_DAYTIME}|ini))*"
    rf"|(?:(?:awal|akhir|pertengahan|tengah)\s)?(?:bulan|bln|tahun|thn|minggu|mgg|pekan)"
    rf"\s(?:{_AGO}|ini|{_MONTH}|\d{{4}})(?:\s(?:\d{{4}}|{_AGO}))?"
    rf"|(?:awal|akhir|pertengahan)\s(?:bulan|tahun|minggu|{_MONTH})"
    rf"|(?:tanggal|tgl)\s?\d{{1,2}}(?:\s(?:{_MONTH}|bulan\s(?:{_AGO}|ini)))?(?:\s\d{{4}})?"
    rf"|\d{{1,2}}[/-]\d{{1,2}}(?:[/-]\d{{2,4}})?|\d{{1,2}}\s{_MONTH}(?:\s\d{{4}})?"
    rf"|{_MONTH}(?:\s(?:\d{{4}}|{_AGO}))?|(?:19|20)\d{{2}}"
    rf"|(?:jam|pukul|pkl)\s?\d{{1,2}}(?:[.:]\d{{2}})?(?:\s{_DAYTIME})?(?:\s(?:tadi|{_YESTERDAY}))?"
    rf"|{_FEAST}(?:\s(?:{_AGO}))?|hari\sini|{_DAYTIME}(?:\stadi)?|du(?:lu|luu+)|lama"
    rf"|{_QUANTITY}\s(?:{_AGO}))"
)
#: "Sejak" alone says that the matter began then, whatever follows: "sejak ada proyek itu".
_EVENT: Final = (
    r"(?!kapan\b|dini\b)\w+(?:\s(?!(?:belum|tidak|tdk|gak|nggak|ndak|sampai|sudah|sdh|air|lampu"
    r"|jalan|saya|kami|selalu|terus|mati|rusak)\b)\w+){0,3}"
)

#: Before a number that is no length of time: addresses, ages, deadlines, rates, promises.
_NO_LENGTH_BEFORE: Final = re.compile(
    r"(?:\b(?:rt|rw|no|nomor|nmr|blok|km|gang|gg|lorong|lr|jl|jln|jalan|kelas|sd|sdn|smp|sma|dusun"
    r"|lingkungan|umur\w*|usia\w*|berusia|bayi|anak\w*|balita|berlaku|kontrak|garansi|proses\w*"
    r"|maks(?:imal)?|maximal|paling(?:\slama|\slambat)?|dalam|per|tiap|setiap|jam|pukul|pkl|tanggal|tgl|butuh|perlu"
    r"|tunggu|menunggu|(?:di)?janji\w*|cuti|libur|hukuman|rp|kurang\sdari|sampai|hingga|minimal)"
    r"\s?[.:]?\s?|[/:.\d])$",
    re.IGNORECASE,
)
_NOT_A_PAST: Final = r"(?!\s?(?:lagi|ke\s?depan|depan|mendatang|kedepan|kemudian|se?kali|berikut))"
_NO_RANGE: Final = r"(?!\s?(?:sampai|sampe|smp|s/d|sd|hingga|ke|-)\s)"
_NO_OWN_ERRAND: Final = (
    r"(?!(?:\s(?:saya|sy|kami|ku|sudah|sdh|juga|pernah)){0,3}"
    r"\s(?:me)?(?:lapor\w*|datang|pergi|ke|telp\w*|telepon\w*|tlp|wa|urus|ngurus|tanya\w*))"
)


def _pattern(body: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w]){body}(?!\w)", re.IGNORECASE)


#: From the clearest to the weakest; the first that is found tells.
_PATTERNS: Final = (
    # sudah hampir 2 minggu ini, sdh sebulan lebih, hampir setahun, selama 3 bulan
    _pattern(
        rf"(?:{_ALREADY}\s(?:{_ABOUT}\s){{0,2}}|(?:hampir|genap|sekitar|kurang\slebih|lebih\sdari)\s)"
        rf"{_QUANTITY}{_TAIL}(?:\skerja)?(?!\w){_NOT_A_PAST}"
    ),
    _pattern(
        rf"(?:{_ALREADY}\s)?(?:masuk|memasuki)\s(?:hari|minggu|bulan|tahun)\s(?:ke\s?-?\s?\w+)"
        rf"(?:\sini)?"
    ),
    # sejak kemarin, sudah dari minggu lalu, mulai tadi pagi
    _pattern(
        rf"(?:{_ALREADY}\s)?(?:mulai\s)?(?:sejak|semenjak|sedari|sjk|dari|dri|dr|mulai)\s"
        rf"(?:se?(?:jak)\s)?(?>{_POINT}{_PARTICLES})(?!\w){_NO_RANGE}{_NOT_A_PAST}"
    ),
    _pattern(rf"(?:{_ALREADY}\s)?(?:sejak|semenjak|sjk)\s{_EVENT}"),
    # sudah lama sekali
    _pattern(
        rf"{_ALREADY}\s(?:(?:sekian|begitu|terlalu|sangat|cukup)\s)?(?:la+ma+|lm){_PARTICLES}"
    ),
    # beberapa hari ini, 2 bln mi, seminggu lebih, 3 hari yang lalu, berhari-hari
    _pattern(
        rf"(?:selama\s)?(?:{_QUANTITY}(?:\s?lebih|\s(?:mi|ini|terakhir|belakangan|{_AGO}"
        rf"|berturut-?(?:turut|2)|{_ALREADY}))+|{_NUMBER}\s?{_UNIT}mi|{_NUMBER}\s?{_UNIT}an|se(?:hari|minggu|bulan|tahun)an"
        rf"|ber(?:jam|hari|minggu|bulan|tahun)(?:2|-\w+)|(?:akhir|belakangan)-?(?:akhir)?\sini)"
        rf"(?!\w){_NOT_A_PAST}"
    ),
    # tadi malam, kemarin sore, minggu lalu
    _pattern(
        rf"(?:tadi\s{_DAYTIME}|{_DAYTIME}\stadi|{_YESTERDAY}|semalam|baru-?\s?baru\sini|barusan"
        rf"|(?:minggu|mgg|pekan|bulan|bln|tahun|thn)\s(?:{_AGO})"
        rf"|(?:hari\s)?{_WEEKDAY}\s(?:{_AGO}))(?!\w){_NO_OWN_ERRAND}"
    ),
    # air mati 3 hari; selama seminggu. Ages and opening hours speak of years and hours.
    _pattern(
        rf"(?:selama\s{_QUANTITY}|{_NUMBER}\s?{_DAYS_TO_MONTHS})(?!\w)"
        r"(?=\s?(?:$|[,.;!)]|(?:belum|blm|tidak|tdk|tak|gak|ga|nggak|ndak|tida)\b))"
    ),
)
_HABIT_BEFORE: Final = re.compile(r"\b(?:se)?tiap\s$", re.IGNORECASE)
_WORKING_DAYS: Final = re.compile(r"\s?kerja\b", re.IGNORECASE)
_BEGINS_WITH_LENGTH: Final = re.compile(rf"{_NUMBER}\s?{_UNIT}", re.IGNORECASE)
_BARE_SPACE: Final = re.compile(r"\s+")


def find_since(text: str) -> str | None:
    """Return the words of *text* that tell since when, as written; None when none do."""
    flat = _BARE_SPACE.sub(" ", text.replace("\u2019", "'"))
    for pattern in _PATTERNS:
        for found in pattern.finditer(flat):
            if _tells_since(flat, found):
                return found[0].strip(" ,.;:-")
    return None


def _tells_since(text: str, found: re.Match[str]) -> bool:
    phrase, before = found[0], text[: found.start()]
    if _HABIT_BEFORE.search(before):
        return False
    if not _BEGINS_WITH_LENGTH.match(phrase):
        return True
    return not (_NO_LENGTH_BEFORE.search(before) or _WORKING_DAYS.match(text, found.end()))
