"""What must hold across the catalogue beyond the types of its fields."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, TypeVar

from desk.domain.catalogue import Catalogue, Service
from desk.domain.facts import Basis, Fact
from desk.domain.regions import PlaceKind

H = TypeVar("H")

SERVICE_IDS = frozenset(
    [
        "ktp_el",
        "kk",
        "akta_kelahiran",
        "akta_kematian",
        "akta_perkawinan",
        "akta_perceraian",
        "kia",
        "pindah_domisili",
        "ikd",
        "sktm",
        "surat_domisili",
        "skck",
        "sim",
        "pajak_kendaraan",
        "paspor",
        "nikah_kua",
        "nib",
        "pbg",
        "pbb",
        "bphtb",
        "sertifikat_tanah",
        "bpjs_kesehatan",
        "bansos",
        "kartu_ak1",
        "izin_praktik_nakes",
        "spmb",
        "air_pdam",
        "izin_keramaian",
    ]
)
CATEGORY_IDS = frozenset(
    [
        "jalan_jembatan",
        "penerangan_jalan",
        "sampah_kebersihan",
        "air_bersih",
        "drainase_banjir",
        "kesehatan",
        "pendidikan",
        "adminduk",
        "bantuan_sosial",
        "perizinan",
        "ketertiban_umum",
        "pungli_korupsi",
        "perilaku_petugas",
        "transportasi_parkir",
        "lingkungan_pencemaran",
        "listrik_telekomunikasi",
        "pertanahan",
        "pohon_taman",
        "ketenagakerjaan",
        "pemerintahan_desa",
        "lainnya",
    ]
)
#: Whoever is complained about must never see these; the file cannot open them up.
_UNSAFE_NUMBER = "112"


@dataclass(frozen=True, order=True)
class Fault:
    """One fault: the file, the entry and the field it is in, and what is wrong."""

    file: str
    entry: str
    field: str
    message: str

    def __str__(self) -> str:
        """Return the fault as one line."""
        return f"{self.file}: {self.entry}: {self.field}: {self.message}"


def find_faults(catalogue: Catalogue) -> list[Fault]:
    """Return everything that contradicts itself or is missing in a catalogue."""
    return sorted(
        {
            *_service_faults(catalogue),
            *_agency_faults(catalogue),
            *_category_faults(catalogue),
            *_region_faults(catalogue),
            *_general_faults(catalogue),
        }
    )


def _service_faults(catalogue: Catalogue) -> Iterator[Fault]:
    agencies = {agency.id for agency in catalogue.agencies}
    yield from _completeness("layanan", SERVICE_IDS, (s.id for s in catalogue.services))
    for service in catalogue.services:
        file = f"layanan/{service.id}.yml"
        if service.instansi not in agencies:
            yield Fault(file, service.id, "instansi", f"instansi {service.instansi} tidak ada")
        yield from _fact_faults(file, service.id, service, service.rujukan)
        yield from _variant_faults(file, service)


def _variant_faults(file: str, service: Service) -> Iterator[Fault]:
    known = {variant.id for variant in service.varian}
    for note in service.catatan:
        for variant_id in sorted(set(note.varian) - known):
            yield Fault(file, service.id, "catatan", f"varian {variant_id} tidak ada")
    for variant_id in _repeated(variant.id for variant in service.varian):
        yield Fault(file, service.id, "varian", f"varian {variant_id} ditulis dua kali")
    sure = (word for variant in service.varian for word in variant.kata)
    for word in _repeated(sure):
        yield Fault(file, service.id, "varian", f'kata "{word}" dipakai dua varian')


def _agency_faults(catalogue: Catalogue) -> Iterator[Fault]:
    file = "instansi.yml"
    for agency_id in _repeated(agency.id for agency in catalogue.agencies):
        yield Fault(file, agency_id, "id", "ditulis dua kali")
    for word in _repeated(word for agency in catalogue.agencies for word in agency.sebutan):
        yield Fault(file, "-", "sebutan", f'sebutan "{word}" dipakai dua instansi')
    for agency in catalogue.agencies:
        yield from _fact_faults(file, agency.id, agency, catalogue.agency_sources)


def _category_faults(catalogue: Catalogue) -> Iterator[Fault]:
    file = "kategori.yml"
    agencies = {agency.id for agency in catalogue.agencies}
    yield from _completeness(file, CATEGORY_IDS, (c.id for c in catalogue.categories))
    for category in catalogue.categories:
        if category.instansi is not None and category.instansi not in agencies:
            yield Fault(file, category.id, "instansi", f"instansi {category.instansi} tidak ada")


def _region_faults(catalogue: Catalogue) -> Iterator[Fault]:
    file, regions = "regions.yaml", catalogue.regions
    villages = [village for district in regions.kecamatan for village in district.wilayah]
    codes = [district.kode for district in regions.kecamatan] + [v.kode for v in villages]
    for code in _repeated(codes):
        yield Fault(file, code, "kode", "ditulis dua kali")
    kinds = Counter(village.jenis for village in villages)
    counts = {
        "jumlah_kecamatan": (regions.meta.jumlah_kecamatan, len(regions.kecamatan)),
        "jumlah_kelurahan": (regions.meta.jumlah_kelurahan, kinds[PlaceKind.KELURAHAN]),
        "jumlah_desa": (regions.meta.jumlah_desa, kinds[PlaceKind.DESA]),
    }
    for name, (said, found) in counts.items():
        if said != found:
            yield Fault(file, "meta", name, f"tertulis {said}, tetapi terdaftar {found}")
    for district in regions.kecamatan:
        for village in district.wilayah:
            if not village.kode.startswith(f"{district.kode}."):
                yield Fault(file, village.kode, "kode", f"bukan bagian dari {district.kode}")


def _general_faults(catalogue: Catalogue) -> Iterator[Fault]:
    file, general = "umum.yml", catalogue.general
    services = {service.id for service in catalogue.services}
    agencies = {agency.id for agency in catalogue.agencies}
    yield from _fact_faults(file, "umum", general, general.rujukan)
    for service_id in general.layanan_utama:
        if service_id not in services:
            yield Fault(file, "umum", "layanan_utama", f"layanan {service_id} tidak ada")
    for number in general.darurat:
        if number.nomor == _UNSAFE_NUMBER:
            yield Fault(file, number.nomor, "darurat", "belum terbukti berjalan di Mamuju")
        if not number.sumber:
            yield Fault(file, number.nomor, "sumber", "wajib diisi")
    if not general.darurat or general.darurat[0].nomor != "110":
        yield Fault(file, "umum", "darurat", "nomor 110 harus ditulis paling atas")
    for day in _repeated(holiday.tanggal for holiday in general.hari_libur):
        yield Fault(file, str(day), "hari_libur", "ditulis dua kali")
    for hours in general.jam_kantor:
        if not 0 <= hours.hari <= 6 or hours.buka >= hours.tutup:
            yield Fault(file, f"hari {hours.hari}", "jam_kantor", "hari atau jam tidak masuk akal")
    for channel in general.kanal_rujukan:
        if channel.instansi is not None and channel.instansi not in agencies:
            yield Fault(file, channel.id, "instansi", f"instansi {channel.instansi} tidak ada")


def _completeness(file: str, wanted: frozenset[str], found: Iterable[str]) -> Iterator[Fault]:
    names = list(found)
    for name in sorted(wanted - set(names)):
        yield Fault(file, name, "id", "belum ada di katalog")
    for name in sorted(set(names) - wanted):
        yield Fault(file, name, "id", "tidak dikenal dalam taksonomi")
    for name in _repeated(names):
        yield Fault(file, name, "id", "ditulis dua kali")


def _fact_faults(
    file: str, entry: str, value: Any, known: Mapping[str, str | None]
) -> Iterator[Fault]:
    for path, fact in walk_facts(value):
        for message in _fact_messages(fact, known):
            yield Fault(file, entry, path.replace("/", "."), message)


def walk_facts(value: Any, path: str = "") -> Iterator[tuple[str, Fact[Any]]]:
    """Yield every fact inside a value with the way to it."""
    if isinstance(value, Fact):
        yield path, value
    elif isinstance(value, tuple):
        for position, item in enumerate(value):
            yield from walk_facts(item, _join(path, getattr(item, "id", str(position))))
    elif is_dataclass(value):
        for field in fields(value):
            yield from walk_facts(getattr(value, field.name), _join(path, field.name))


def _join(path: str, step: str) -> str:
    return f"{path}/{step}" if path else step


def _fact_messages(fact: Fact[Any], known: Mapping[str, str | None]) -> Iterator[str]:
    if (fact.nilai is None) != (fact.dasar is Basis.NONE):
        yield "nilai kosong hanya boleh, dan harus, dengan dasar tidak_ada"
    if fact.dasar is Basis.SOURCE and not fact.sumber:
        yield "dasar sumber memerlukan sumber"
    if fact.dasar is Basis.NONE and not fact.untuk:
        yield "dasar tidak_ada memerlukan untuk: apa yang belum diketahui"
    if isinstance(fact.nilai, str) and not fact.nilai.strip():
        yield "nilai tidak boleh kosong"
    if isinstance(fact.nilai, int) and fact.nilai < 0:
        yield "nilai tidak boleh negatif"
    for name in fact.sumber:
        if name not in known:
            yield f'sumber "{name}" tidak ada di rujukan'


def _repeated(names: Iterable[H]) -> list[H]:
    return [name for name, count in Counter(names).items() if count > 1]
