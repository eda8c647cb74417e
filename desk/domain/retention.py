"""What personal data the desk keeps, why, how long, and what remains: one visible table.

`DATA` lists every column that may hold something about a citizen, `HARMLESS` every other column
of text; a test compares both with the database, and `docs/privasi.md` draws `DATA`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

#: Begins the address of a conversation whose citizen is no longer known, and takes the place of
#: the address to which a message to officers went.
GONE: Final = "dihapus:"


@dataclass(frozen=True, kw_only=True)
class Retention:
    """How long each kind of data is kept; settings of the desk (`SAPA_RETENTION_…_DAYS`)."""

    raw: timedelta = timedelta(days=14)  #: updates as the channel wrote them
    unreadable: timedelta = timedelta(days=30)  #: what could not be read or worked
    messages: timedelta = timedelta(days=180)  #: what citizens wrote, read, and meant
    #: What officers were told of conversations; topics from the end of the hand-off.
    officers: timedelta = timedelta(days=90)
    notes: timedelta = timedelta(days=180)  #: officers' notes of hand-offs that have ended
    tickets: timedelta = timedelta(days=365)  #: who filed a ticket, after it was closed
    #: A conversation in which nothing was said, and rows that were emptied.
    idle: timedelta = timedelta(days=365)
    records: timedelta = timedelta(days=5 * 365)  #: requests about data, openings of identities
    backups: timedelta = timedelta(days=30)  #: copies of the whole, which are files


class Rule(StrEnum):
    """Something that is removed when its time has come."""

    RAW = "raw_updates"
    UNREADABLE = "unreadable_updates"
    MESSAGES_IN = "messages_in"
    ANSWERS = "recorded_answers"
    UNDERSTANDING = "understanding"
    MESSAGES_OUT = "messages_out"
    OFFICERS = "messages_to_officers"
    TOPICS = "topics_of_officers"
    NOTES = "handoff_notes"
    HANDOFFS = "tickets_of_handoffs"
    TICKETS = "identities_of_closed_tickets"
    IDLE = "idle_conversations"
    EMPTY = "empty_conversations"
    STUBS = "emptied_updates"
    UPDATES = "old_updates"
    SENT = "old_messages_out"
    TURNS = "old_turns"
    REQUESTS = "privacy_requests"
    OPENINGS = "identity_openings"


@dataclass(frozen=True)
class Kept:
    """One kind of data: where it is, in Indonesian why and how long it is kept, what remains.

    *span* names the field of `Retention` that says how long; *until* says it in words where no
    setting does, or says from when the span counts.
    """

    what: str
    table: str
    columns: tuple[str, ...]
    why: str
    until: str
    remains: str
    span: str | None = None


_COMPLAINTS = "Menangani laporan (UU 25/2009, Perpres 76/2013)"
_SERVICE = "Menjawab warga"
_RECORD = "Bukti pertanggungjawaban (UU 27/2022)"
_NOTHING = "Tidak ada"
_COUNTED = f"sampai {Retention().idle.days} hari"
_EMPTIED = f"Baris kosong tanpa isi, untuk hitungan, {_COUNTED}"

DATA: Final = (
    Kept(
        "Alamat di kanal (nomor akun Telegram, sidik sesi peramban)",
        "conversations",
        ("address",),
        "Mengirim jawaban",
        "sejak pesan terakhir, jika tidak ada laporan yang masih menyebut Anda",
        "Baris tanpa alamat, untuk hitungan",
        "idle",
    ),
    Kept(
        "Nama profil dan pokok pembicaraan terakhir",
        "conversations",
        ("profile_name", "context"),
        _SERVICE,
        "sejak pesan terakhir",
        _NOTHING,
        "idle",
    ),
    Kept("Isi pesan dari warga", "inbox", ("inbound",), _SERVICE, "", _EMPTIED, "messages"),
    Kept(
        "Pesan dalam bentuk asli dari kanal",
        "inbox",
        ("raw",),
        "Memeriksa gangguan",
        "",
        _NOTHING,
        "raw",
    ),
    Kept(
        "Pesan yang tidak terbaca atau gagal diolah",
        "inbox",
        ("inbound", "raw"),
        "Memeriksa gangguan",
        "",
        _EMPTIED,
        "unreadable",
    ),
    Kept(
        "Yang dipahami mesin dari pesan",
        "turns",
        ("understanding", "attachments"),
        "Memperbaiki pemahaman mesin",
        "",
        f"Maksud dan keyakinan, tanpa kata-kata, {_COUNTED}",
        "messages",
    ),
    Kept(
        "Catatan jawaban setiap langkah",
        "turn_steps",
        ("replies",),
        "Tidak menjawab dua kali",
        "",
        _NOTHING,
        "messages",
    ),
    Kept("Isi pesan kepada warga", "outbox", ("body",), _SERVICE, "", _EMPTIED, "messages"),
    Kept(
        "Isi dan alamat pesan kepada petugas tentang warga",
        "outbox",
        ("body", "about", "address"),
        "Menyerahkan percakapan kepada petugas",
        "",
        _EMPTIED,
        "officers",
    ),
    Kept(
        "Arti tombol (dapat memuat kata-kata warga)",
        "buttons",
        ("button",),
        _SERVICE,
        "30 hari",
        _NOTHING,
    ),
    Kept(
        "Laporan yang sedang diisi",
        "drafts",
        ("content",),
        "Melanjutkan pengisian",
        "24 jam sejak disentuh terakhir",
        _NOTHING,
    ),
    Kept(
        "Siapa pelapor: nama, telepon, hubungan ke percakapan",
        "tickets",
        ("reporter_name", "reporter_phone", "conversation_id", "draft_id"),
        _COMPLAINTS,
        "sejak laporan ditutup",
        "Laporan tanpa pelapor",
        "tickets",
    ),
    Kept(
        "Ulasan pelapor",
        "tickets",
        ("rating_words",),
        "Menilai layanan",
        "sejak laporan ditutup",
        "Nilai 1 sampai 5",
        "tickets",
    ),
    Kept(
        "Isi laporan: uraian, tempat, titik, waktu kejadian, foto",
        "tickets",
        ("description", "place_words", "place_lat", "place_lon", "since", "photos"),
        _COMPLAINTS,
        "selama arsip laporan wajib disimpan",
        "Seluruhnya, tanpa pelapor",
    ),
    Kept(
        "Keterangan dalam riwayat laporan",
        "ticket_history",
        ("words", "proof", "photos"),
        _COMPLAINTS,
        "selama arsip laporan wajib disimpan",
        "Seluruhnya, tanpa pelapor",
    ),
    Kept(
        "Keterangan dan foto tambahan",
        "ticket_additions",
        ("text", "attachment"),
        _COMPLAINTS,
        "selama arsip laporan wajib disimpan",
        "Seluruhnya, tanpa pelapor",
    ),
    Kept(
        "Siapa yang mengikuti laporan orang lain",
        "ticket_followers",
        ("conversation_id", "through"),
        "Mengirim kabar laporan",
        "sejak laporan ditutup",
        _NOTHING,
        "tickets",
    ),
    Kept(
        "Foto di luar laporan",
        "attachments",
        ("data", "conversation_id"),
        _SERVICE,
        "48 jam sejak tidak dipakai lagi",
        _NOTHING,
    ),
    Kept(
        "Catatan petugas tentang percakapan",
        "handoff_events",
        ("words",),
        "Serah terima antarpetugas",
        "sejak percakapan dengan petugas selesai",
        "Waktu dan nama petugas",
        "notes",
    ),
    Kept(
        "Laporan yang dibicarakan dengan petugas",
        "handoffs",
        ("ticket",),
        "Serah terima antarpetugas",
        "sejak percakapan dengan petugas selesai",
        "Waktu, layanan, dan nama petugas",
        "notes",
    ),
    Kept(
        "Tautan ke Telegram",
        "named_values",
        ("name", "value"),
        _SERVICE,
        "24 jam",
        _NOTHING,
    ),
    Kept(
        "Langkah laporan yang sedang diisi petugas",
        "officer_questions",
        ("pending",),
        "Menindaklanjuti laporan",
        "sampai dijawab atau ditinggalkan petugas",
        _NOTHING,
    ),
    Kept(
        "Permintaan atas data pribadi (hitungan saja)",
        "privacy_requests",
        ("conversation_id", "counts"),
        _RECORD,
        "",
        _NOTHING,
        "records",
    ),
    Kept(
        "Pembukaan identitas rahasia dan alasannya",
        "identity_openings",
        ("reason",),
        _RECORD,
        "",
        _NOTHING,
        "records",
    ),
    Kept(
        "Nama dan akun Telegram petugas",
        "officers",
        ("name", "telegram_id"),
        "Mengatur wewenang petugas",
        "selama bertugas, lalu sampai dihapus admin",
        "Nama pada pekerjaan yang pernah dilakukan",
    ),
)

#: Other columns of text: ids, states, codes of catalogues, counters; nothing about a person.
HARMLESS: Final[Mapping[str, frozenset[str]]] = {
    "conversations": frozenset({"id", "channel", "session_id", "owner", "lease_by"}),
    "inbox": frozenset({"channel", "external_id", "conversation_id", "kind", "state", "turn_id"}),
    "turns": frozenset({"id", "conversation_id", "state", "session_id", "intent", "final_intent"}),
    "turn_steps": frozenset({"turn_id", "step"}),
    "buttons": frozenset({"token", "conversation_id"}),
    "drafts": frozenset({"id", "conversation_id", "kind"}),
    "outbox": frozenset(
        {"key", "channel", "conversation_id", "state", "external_message_id", "error"}
        | {"answers", "said_chat", "said_message"}
    ),
    "leases": frozenset({"name", "holder"}),
    "tickets": frozenset(
        {
            "id",
            "number",
            "kind",
            "status",
            "identity",
            "category",
            "service",
            "variant",
            "office",
            "place_code",
            "code_hash",
            "lapor_number",
            "field_checks",
            "merged_into",
        }
    ),
    "ticket_history": frozenset(
        {
            "ticket_id",
            "from_status",
            "to_status",
            "by",
            "reason",
            "officer_id",
            "office",
            "scheduled_for",
        }
    ),
    "ticket_reminders": frozenset({"ticket_id", "what"}),
    "ticket_additions": frozenset({"key", "ticket_id", "kind"}),
    "ticket_followers": frozenset({"ticket_id"}),
    "attachments": frozenset({"id", "ticket_id", "mime"}),
    "officers": frozenset({"id", "serving", "proved_album", "proved_ticket"}),
    "officer_questions": frozenset({"chat_id", "thread", "officer_id"}),
    "officer_grants": frozenset({"officer_id", "role", "office"}),
    "handoffs": frozenset(
        {
            "id",
            "conversation_id",
            "state",
            "trigger",
            "chat",
            "office",
            "service",
            "officer_id",
            "ending",
        }
    ),
    "cards": frozenset({"handoff_id", "chat", "key"}),
    "handoff_events": frozenset({"key", "handoff_id", "kind", "officer_id"}),
    "topics": frozenset({"chat", "conversation_id", "thread", "state"}),
    "privacy_requests": frozenset({"id", "channel", "kind"}),
    "identity_openings": frozenset({"id", "ticket_id", "officer_id"}),
}
