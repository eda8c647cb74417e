"""What a message means while a draft asks for a field: one table.

The field asked, what the message sounds like and how sure that is decide what it is taken for.
Free text is never lost to a weak reading, and a digression never overwrites a field.
"""

from collections.abc import Mapping
from enum import StrEnum

from desk.domain.draft import DraftField as F
from desk.domain.draft_phrases import asks_something
from desk.domain.heard import Heard


class Sound(StrEnum):
    """Intents, grouped by what they do to a draft."""

    CANCEL = "batal"
    URGENT = "darurat"
    HUMAN = "petugas"
    QUESTION = "pertanyaan"
    SECRECY = "kerahasiaan"
    YES = "setuju"
    NO = "tolak"
    MATTER = "pokok"  #: tells the matter itself
    CHAT = "basa_basi"
    UNCLEAR = "kabur"


class Meaning(StrEnum):
    """What a message is taken for."""

    ANSWER = "jawaban"
    DIGRESSION = "selingan"  #: answered, then the question is asked again
    URGENT = "darurat"  #: whom to call is told before anything else
    CANCEL = "batal"
    AGREE = "ya"
    REFUSE = "tidak"
    HIDE = "rahasiakan"  #: wants the identity question now
    UNCLEAR = "tidak_jelas"  #: the question is asked again, with help


SOUND_OF: Mapping[str, Sound] = {
    "batal": Sound.CANCEL,
    "darurat": Sound.URGENT,
    "minta_petugas": Sound.HUMAN,
    "tanya_prosedur": Sound.QUESTION,
    "tanya_syarat": Sound.QUESTION,
    "tanya_biaya": Sound.QUESTION,
    "tanya_waktu_proses": Sound.QUESTION,
    "tanya_lokasi": Sound.QUESTION,
    "tanya_jam_layanan": Sound.QUESTION,
    "tanya_kontak": Sound.QUESTION,
    "tanya_layanan_daring": Sound.QUESTION,
    "tanya_identitas_bot": Sound.QUESTION,
    "bantuan": Sound.QUESTION,
    "cek_status_aduan": Sound.QUESTION,
    "ajukan_permohonan": Sound.QUESTION,
    "minta_anonim": Sound.SECRECY,
    "setuju": Sound.YES,
    "tolak": Sound.NO,
    "lapor_aduan": Sound.MATTER,
    "sampaikan_aspirasi": Sound.MATTER,
    "tambah_keterangan_aduan": Sound.MATTER,
    "ungkap_kecewa": Sound.MATTER,
    "salam": Sound.CHAT,
    "terima_kasih": Sound.CHAT,
    "pamit": Sound.CHAT,
    "puji_layanan": Sound.CHAT,
    "di_luar_topik": Sound.UNCLEAR,
    "nlu_fallback": Sound.UNCLEAR,
}


class Shape(StrEnum):
    """Fields, grouped by the shape of their answers."""

    STORY = "cerita"  #: the description: long free text
    PHRASE = "frasa"  #: a few free words: place, since when
    NAME = "nama"  #: nearly anything
    NUMBER = "angka"
    CHOICE = "pilihan"
    SECRECY = "kerahasiaan"  #: a choice too, told in many ways, "jangan sebut nama" among them
    PICTURE = "gambar"
    YESNO = "ya_tidak"


SHAPE_OF: Mapping[F, Shape] = {
    F.CONSENT: Shape.YESNO,
    F.SERVICE: Shape.CHOICE,
    F.DESCRIPTION: Shape.STORY,
    F.CATEGORY: Shape.CHOICE,
    F.PLACE: Shape.PHRASE,
    F.SINCE: Shape.PHRASE,
    F.PHOTOS: Shape.PICTURE,
    F.IDENTITY: Shape.SECRECY,
    F.NAME: Shape.NAME,
    F.PHONE: Shape.NUMBER,
    F.CONFIRM: Shape.YESNO,
}

M = Meaning
S = Sound
#: For each shape: what a sound means, and how sure it must be (0 to 1); else the last row.
TABLE: Mapping[Shape, Mapping[Sound, tuple[float, Meaning]]] = {
    Shape.STORY: {
        S.CANCEL: (0.6, M.CANCEL),
        S.URGENT: (0.5, M.URGENT),
        S.HUMAN: (0.7, M.DIGRESSION),
        S.QUESTION: (0.75, M.DIGRESSION),
        S.SECRECY: (0.7, M.HIDE),
        S.CHAT: (0.8, M.DIGRESSION),
    },
    Shape.PHRASE: {
        S.CANCEL: (0.6, M.CANCEL),
        S.URGENT: (0.5, M.URGENT),
        S.HUMAN: (0.7, M.DIGRESSION),
        S.QUESTION: (0.75, M.DIGRESSION),
        S.SECRECY: (0.7, M.HIDE),
        S.NO: (0.5, M.REFUSE),
        S.CHAT: (0.9, M.DIGRESSION),
    },
    Shape.NAME: {
        S.CANCEL: (0.7, M.CANCEL),
        S.URGENT: (0.6, M.URGENT),
        S.HUMAN: (0.9, M.DIGRESSION),
        S.QUESTION: (0.9, M.DIGRESSION),
        S.SECRECY: (0.7, M.HIDE),
        S.NO: (0.8, M.REFUSE),
    },
    Shape.NUMBER: {
        S.CANCEL: (0.6, M.CANCEL),
        S.URGENT: (0.5, M.URGENT),
        S.HUMAN: (0.7, M.DIGRESSION),
        S.QUESTION: (0.6, M.DIGRESSION),
        S.NO: (0.5, M.REFUSE),
        S.CHAT: (0.7, M.DIGRESSION),
    },
    Shape.CHOICE: {
        S.CANCEL: (0.6, M.CANCEL),
        S.URGENT: (0.5, M.URGENT),
        S.HUMAN: (0.6, M.DIGRESSION),
        S.QUESTION: (0.6, M.DIGRESSION),
        S.SECRECY: (0.6, M.HIDE),
        S.CHAT: (0.6, M.DIGRESSION),
        S.NO: (0.5, M.REFUSE),
    },
    Shape.SECRECY: {
        S.CANCEL: (0.6, M.CANCEL),
        S.URGENT: (0.5, M.URGENT),
        S.HUMAN: (0.6, M.DIGRESSION),
        S.QUESTION: (0.6, M.DIGRESSION),
        S.CHAT: (0.7, M.DIGRESSION),
    },
    Shape.PICTURE: {
        S.CANCEL: (0.6, M.CANCEL),
        S.URGENT: (0.5, M.URGENT),
        S.HUMAN: (0.6, M.DIGRESSION),
        S.QUESTION: (0.6, M.DIGRESSION),
        S.SECRECY: (0.6, M.HIDE),
        S.NO: (0.4, M.REFUSE),
        S.YES: (0.4, M.AGREE),
        S.CHAT: (0.6, M.DIGRESSION),
    },
    Shape.YESNO: {
        S.CANCEL: (0.5, M.CANCEL),
        S.URGENT: (0.5, M.URGENT),
        S.HUMAN: (0.6, M.DIGRESSION),
        S.QUESTION: (0.5, M.DIGRESSION),
        S.SECRECY: (0.6, M.HIDE),
        S.YES: (0.6, M.AGREE),
        S.NO: (0.4, M.REFUSE),
        S.CHAT: (0.7, M.DIGRESSION),
    },
}

#: What a message is when no row above is sure enough.
OTHERWISE: Mapping[Shape, Meaning] = {
    Shape.STORY: M.ANSWER,
    Shape.PHRASE: M.ANSWER,
    Shape.NAME: M.ANSWER,
    Shape.NUMBER: M.ANSWER,
    Shape.CHOICE: M.ANSWER,
    Shape.SECRECY: M.ANSWER,
    Shape.PICTURE: M.UNCLEAR,
    Shape.YESNO: M.UNCLEAR,
}


def meaning_of(heard: Heard, asked: F) -> Meaning:
    """Tell what a typed message means while *asked* is the open question."""
    if asked is F.PLACE and _only_names_a_place(heard):
        return M.ANSWER
    shape = SHAPE_OF[asked]
    sound = SOUND_OF.get(heard.best_intent, Sound.UNCLEAR)
    sure_from, meaning = TABLE[shape].get(sound, (0.0, OTHERWISE[shape]))
    return meaning if heard.confidence >= sure_from else OTHERWISE[shape]


def _only_names_a_place(heard: Heard) -> bool:
    """Tell whether a supposed question of where names a place of ours and asks nothing.

    "di Rimuku dekat pasar" sounds like a question about an office to those who hear it alone.
    """
    is_question = SOUND_OF.get(heard.best_intent) is Sound.QUESTION
    names_only = bool(heard.places) and not heard.services
    return is_question and names_only and not asks_something(heard.text)
