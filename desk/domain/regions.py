"""Kecamatan, kelurahan and desa of the regency, and the neighbours it is mistaken for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property


class PlaceKind(StrEnum):
    """The rank of a place."""

    KECAMATAN = "kecamatan"
    KELURAHAN = "kelurahan"
    DESA = "desa"


_PREFIX = {PlaceKind.KECAMATAN: "Kec.", PlaceKind.KELURAHAN: "Kel.", PlaceKind.DESA: "Desa"}


@dataclass(frozen=True, kw_only=True)
class Village:
    """A kelurahan or desa as the file has it."""

    kode: str
    nama: str
    jenis: PlaceKind
    alias: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class District:
    """A kecamatan with its kelurahan and desa."""

    kode: str
    nama: str
    wilayah: tuple[Village, ...]
    alias: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """Another regency whose places citizens may name."""

    kode: str
    nama: str
    tempat: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RegionMeta:
    """What the region file is about and where it comes from."""

    kabupaten: str
    kode: str
    provinsi: str
    zona_waktu: str
    kode_area_telepon: str
    jumlah_kecamatan: int
    jumlah_kelurahan: int
    jumlah_desa: int
    nama_ambigu: tuple[str, ...]
    tetangga: tuple[Neighbour, ...]
    sumber: tuple[str, ...]
    diperiksa: date


@dataclass(frozen=True, kw_only=True)
class Place:
    """One place with the name it is called by in full."""

    kode: str
    nama: str
    jenis: PlaceKind
    kecamatan: str  #: Code of the kecamatan it lies in, its own for a kecamatan.
    full_name: str  #: For instance "Kel. Karema, Kec. Mamuju".
    alias: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Regions:
    """All places of the regency."""

    meta: RegionMeta
    kecamatan: tuple[District, ...]

    @cached_property
    def _places(self) -> dict[str, Place]:
        return {place.kode: place for place in self._walk()}

    def _walk(self) -> Iterator[Place]:
        for district in self.kecamatan:
            yield _district_place(district)
            for village in district.wilayah:
                yield _village_place(district, village)

    def place(self, code: str) -> Place | None:
        """Return the place with this code, or None."""
        return self._places.get(code)

    def districts(self) -> tuple[Place, ...]:
        """Return all kecamatan."""
        return tuple(_district_place(district) for district in self.kecamatan)


def _district_place(district: District) -> Place:
    return Place(
        kode=district.kode,
        nama=district.nama,
        jenis=PlaceKind.KECAMATAN,
        kecamatan=district.kode,
        full_name=f"{_PREFIX[PlaceKind.KECAMATAN]} {district.nama}",
        alias=district.alias,
    )


def _village_place(district: District, village: Village) -> Place:
    return Place(
        kode=village.kode,
        nama=village.nama,
        jenis=village.jenis,
        kecamatan=district.kode,
        full_name=f"{_PREFIX[village.jenis]} {village.nama}, Kec. {district.nama}",
        alias=village.alias,
    )
