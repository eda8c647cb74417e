"""The file with everything that is stored about a citizen, made anew whenever it is sent."""

import asyncio
import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from desk.domain.conversation import ConversationId
from desk.domain.working_time import WITA
from desk.services.ports import UnitsOfWork

FILE_NAME: Final = "data-saya.zip"
#: Telegram takes files up to 50 MB from bots; pictures beyond this are listed only.
MAX_PICTURE_BYTES: Final = 40 * 1024 * 1024

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]

#: What each column is called in the file. A column without a name here is not about the citizen
#: (keys, sessions, leases), or is told by the row it stands under.
NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "conversations": {
        "channel": "kanal",
        "address": "alamat",
        "created_at": "dimulai",
        "owner": "dilayani_oleh",
        "context": "konteks",
        "profile_name": "nama_profil",
        "consented_at": "menyetujui_privasi",
        "consent_refused_at": "menolak_privasi",
        "blocked_at": "memblokir_bot",
        "muted_until": "dijeda_sampai",
        "flood_noted_at": "diingatkan_terlalu_banyak_pesan",
    },
    "inbox": {
        "received_at": "waktu",
        "kind": "jenis",
        "inbound": "isi",
        "raw": "bentuk_asli",
        "state": "keadaan",
    },
    "outbox": {
        "created_at": "waktu",
        "body": "isi",
        "state": "keadaan",
        "error": "gangguan",
    },
    "turns": {
        "created_at": "waktu",
        "intent": "maksud",
        "final_intent": "maksud_akhir",
        "confidence": "keyakinan",
        "understanding": "rincian",
        "attachments": "foto",
    },
    "drafts": {
        "kind": "jenis",
        "created_at": "dimulai",
        "touched_at": "diubah",
        "content": "isi",
    },
    "tickets": {
        "number": "nomor",
        "kind": "jenis",
        "status": "status",
        "identity": "identitas",
        "filed_at": "masuk",
        "description": "uraian",
        "category": "kategori",
        "service": "layanan",
        "variant": "varian",
        "office": "instansi",
        "place_code": "kode_wilayah",
        "place_words": "tempat",
        "place_lat": "lintang",
        "place_lon": "bujur",
        "since": "sejak",
        "photos": "foto",
        "reporter_name": "nama",
        "reporter_phone": "telepon",
        "lapor_number": "nomor_sp4n_lapor",
        "field_checks": "pemeriksaan_lapangan",
        "first_contact_at": "pertama_dihubungi",
        "rating": "nilai",
        "rating_words": "ulasan",
        "merged_into": "digabung_ke",
    },
    "ticket_history": {
        "at": "waktu",
        "from_status": "dari",
        "to_status": "ke",
        "by": "oleh",
        "reason": "alasan",
        "words": "keterangan",
        "officer_id": "petugas",
        "office": "instansi",
        "proof": "bukti",
        "photos": "foto",
        "scheduled_for": "dijadwalkan",
    },
    "ticket_additions": {
        "at": "waktu",
        "kind": "jenis",
        "text": "isi",
        "attachment": "foto",
    },
    "identity_openings": {"at": "waktu", "officer_id": "petugas", "reason": "alasan"},
    "ticket_followers": {"ticket_id": "laporan", "since": "sejak", "through": "melalui"},
    "attachments": {
        "id": "berkas",
        "ticket_id": "laporan",
        "mime": "jenis",
        "size": "ukuran_byte",
        "created_at": "waktu",
    },
    "handoffs": {
        "state": "keadaan",
        "trigger": "sebab",
        "asked_at": "diminta",
        "waiting_since": "menunggu_sejak",
        "office": "instansi",
        "is_protected": "dilindungi",
        "service": "layanan",
        "ticket": "laporan",
        "officer_id": "petugas",
        "taken_at": "mulai",
        "ended_at": "selesai",
        "ending": "akhir",
        "with_bot": "sambil_dijawab_bot",
        "unanswered_since": "menunggu_jawaban_sejak",
        "last_officer_at": "pesan_petugas_terakhir",
        "warned_at": "petugas_diingatkan",
        "closing_told_at": "diberi_tahu_petugas_pulang",
    },
    "handoff_events": {
        "at": "waktu",
        "kind": "jenis",
        "officer_id": "petugas",
        "words": "isi",
    },
    "topics": {"state": "keadaan"},
    "privacy_requests": {
        "kind": "jenis",
        "channel": "kanal",
        "asked_at": "diminta",
        "due_at": "batas",
        "done_at": "selesai",
        "counts": "jumlah",
    },
    "named_values": {"name": "nama", "value": "isi"},
}
#: Where each table's rows stand in the file; what belongs to a ticket or a hand-off is under it.
SECTIONS: Final[Mapping[str, str]] = {
    "conversations": "percakapan",
    "inbox": "pesan_masuk",
    "outbox": "pesan_keluar",
    "outbox_about": "pesan_kepada_petugas_tentang_anda",
    "officer_words": "tulisan_petugas_kepada_anda",
    "turns": "pemahaman_mesin",
    "drafts": "laporan_yang_sedang_diisi",
    "tickets": "laporan",
    "ticket_followers": "laporan_yang_diikuti",
    "attachments": "foto",
    "handoffs": "percakapan_dengan_petugas",
    "topics": "topik_petugas",
    "privacy_requests": "permintaan_data",
    "named_values": "tautan_dan_catatan",
}
_UNDER_TICKETS: Final[Mapping[str, str]] = {
    "ticket_history": "riwayat",
    "ticket_additions": "tambahan",
    "identity_openings": "identitas_dibuka",
}
_LOOKS_LIKE: Final[Mapping[str, str]] = {"outbox_about": "outbox", "officer_words": "inbox"}


def counted(tables: Tables) -> dict[str, int]:
    """Return how much of each kind is stored, for the message and the record."""
    return {
        "pesan": len(tables["inbox"]) + len(tables["outbox"]),
        "laporan": len(tables["tickets"]),
        "foto": len(tables["attachments"]),
        "petugas": len(tables["handoffs"]),
    }


def described(tables: Tables, made_at: datetime) -> dict[str, Any]:
    """Return all that is stored as plain JSON values under Indonesian names."""
    officers = {row["id"]: row["name"] for row in tables["officers"]}
    numbers = {row["id"]: row["number"] for row in tables["tickets"]}
    found: dict[str, Any] = {"dibuat": _plain(made_at)}
    for table, section in SECTIONS.items():
        shown = [
            _named(row, _LOOKS_LIKE.get(table, table), officers, numbers) for row in tables[table]
        ]
        found[section] = shown
    for table, section in _UNDER_TICKETS.items():
        _nest(found["laporan"], tables, table, section, "tickets", officers)
    _nest(found[SECTIONS["handoffs"]], tables, "handoff_events", "kejadian", "handoffs", officers)
    return found


def _nest(
    parents: list[dict[str, Any]],
    tables: Tables,
    table: str,
    section: str,
    parent_table: str,
    officers: Mapping[str, str],
) -> None:
    """Put the rows of *table* under the rows of their parent, which *parents* describes."""
    key = f"{parent_table.removesuffix('s')}_id"
    children = defaultdict(list)
    for child in tables[table]:
        children[child[key]].append(_named(child, table, officers, {}))
    for parent, row in zip(parents, tables[parent_table], strict=True):
        parent[section] = children[row["id"]]


def _named(
    row: Row, table: str, officers: Mapping[str, str], numbers: Mapping[str, str]
) -> dict[str, Any]:
    shown = {}
    for column, name in NAMES[table].items():
        value = row[column]
        if value is None or value == {} or value == []:
            continue
        if column == "officer_id":
            value = officers.get(value, "")
        elif column == "ticket_id":
            value = numbers.get(value, value)
        elif table == "attachments" and column == "id":
            value = _picture_name(row)
        shown[name] = _plain(value)
    return shown


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(WITA).isoformat(timespec="seconds")
    return value


def _picture_name(row: Row) -> str:
    return f"foto/{row['id']}.{str(row['mime']).rpartition('/')[2]}"


async def pack(units: UnitsOfWork, conversation_id: ConversationId, made_at: datetime) -> bytes:
    """Return the file: `data-saya.json` and the pictures, as a ZIP archive.

    It is written when nobody waits for the database any more, and beside the event loop.
    """
    async with units() as uow:
        tables = await uow.personal.rows(conversation_id)
        pictures = {
            _picture_name(picture): stored[0]
            for picture in _that_fit(tables["attachments"])
            if (stored := await uow.attachments.get(picture["id"])) is not None
        }
    return await asyncio.to_thread(_archive, tables, pictures, made_at)


def _archive(tables: Tables, pictures: Mapping[str, bytes], made_at: datetime) -> bytes:
    written = json.dumps(described(tables, made_at), ensure_ascii=False, indent=2)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("data-saya.json", written)
        for name, data in pictures.items():
            packed.writestr(name, data, zipfile.ZIP_STORED)
    return archive.getvalue()


def _that_fit(pictures: Iterable[Row]) -> list[Row]:
    """Return the newest pictures that fit into one file."""
    fitting: list[Row] = []
    size = 0
    for picture in sorted(pictures, key=lambda row: row["created_at"], reverse=True):
        size += picture["size"]
        if size > MAX_PICTURE_BYTES:
            break
        fitting.append(picture)
    return fitting
