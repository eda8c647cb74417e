"""The catalogue: services, agencies, categories and regions the desk knows about.

Field names are those of the files in `data/catalogue/`, so that a fault in a file and the
value in code carry the same name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from functools import cached_property
from typing import TypeVar

from desk.domain.errors import NotFound
from desk.domain.facts import Fact, Note
from desk.domain.regions import Place, Regions

V = TypeVar("V")


class UnknownEntry(NotFound):
    """The catalogue has no entry with this id."""


class OnlineExtent(StrEnum):
    """How much of a service can be done online."""

    FULL = "penuh"
    PARTLY = "sebagian"
    NOT = "tidak"


@dataclass(frozen=True, kw_only=True)
class OnlineAccess:
    """Whether and through which channels a service works online."""

    bisa: Fact[OnlineExtent]
    kanal: tuple[Fact[str], ...] = ()
    ket: tuple[Fact[str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One way of using a service; what it leaves empty is as for the whole service.

    *kata* are words that name it surely, *kata_umum* count only when no sure word was said:
    "KTP hilang, mau bikin baru" is about a lost card.
    """

    id: str
    nama: str
    kata: tuple[str, ...]
    kata_umum: tuple[str, ...] = ()
    syarat: tuple[Fact[str], ...] = ()
    langkah: tuple[Fact[str], ...] = ()
    biaya: tuple[Fact[int], ...] = ()
    biaya_ket: tuple[Fact[str], ...] = ()
    waktu: tuple[Fact[str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Service:
    """One public service with everything known about it."""

    id: str
    nama: str
    singkat: str
    instansi: str
    biaya: tuple[Fact[int], ...]
    waktu: tuple[Fact[str], ...]
    lokasi: tuple[Fact[str], ...]
    daring: OnlineAccess
    rujukan: Mapping[str, str | None]
    biaya_ket: tuple[Fact[str], ...] = ()
    syarat: tuple[Fact[str], ...] = ()
    langkah: tuple[Fact[str], ...] = ()
    varian: tuple[Variant, ...] = ()
    dasar_hukum: tuple[Fact[str], ...] = ()
    catatan: tuple[Note, ...] = ()

    def variant(self, variant_id: str | None) -> Variant | None:
        """Return the variant with this id, or None."""
        return next((variant for variant in self.varian if variant.id == variant_id), None)


@dataclass(frozen=True, kw_only=True)
class Agency:
    """An office: the regency's own, or one outside it (*luar*) that citizens are sent to."""

    id: str
    nama: str
    singkat: str
    luar: bool
    sebutan: tuple[str, ...]
    alamat: tuple[Fact[str], ...]
    telepon: tuple[Fact[str], ...]
    jam: tuple[Fact[str], ...]
    surel: tuple[Fact[str], ...] = ()
    situs: tuple[Fact[str], ...] = ()
    catatan: tuple[Fact[str], ...] = ()
    telegram_group: int | None = None


@dataclass(frozen=True, kw_only=True)
class Category:
    """A kind of complaint; without *instansi* the coordinator decides who handles it."""

    id: str
    label: str
    instansi: str | None


@dataclass(frozen=True, kw_only=True)
class EmergencyNumber:
    """A number to call in an emergency; *dikonfirmasi*: tried and working in Mamuju."""

    nomor: str
    untuk: str
    dikonfirmasi: bool
    sumber: tuple[str, ...]
    diperiksa: date


@dataclass(frozen=True, kw_only=True)
class OfficeHours:
    """Opening hours of one weekday, local time; Monday is 0."""

    hari: int
    buka: time
    tutup: time


@dataclass(frozen=True, kw_only=True)
class Holiday:
    """A day without office hours; *perkiraan*: the date is not yet decreed."""

    tanggal: date
    nama: str
    cuti_bersama: bool = False
    perkiraan: bool = False


@dataclass(frozen=True, kw_only=True)
class ReferralChannel:
    """A channel outside the desk that takes complaints."""

    id: str
    nama: str
    untuk: str
    kanal: tuple[Fact[str], ...]
    instansi: str | None = None


@dataclass(frozen=True, kw_only=True)
class General:
    """What holds for the whole regency."""

    diperiksa: date
    layanan_utama: tuple[str, ...]
    darurat: tuple[EmergencyNumber, ...]
    jam_kantor: tuple[OfficeHours, ...]
    aturan_jam: tuple[Fact[str], ...]
    hari_libur: tuple[Holiday, ...]
    sumber_hari_libur: tuple[str, ...]
    kanal_rujukan: tuple[ReferralChannel, ...]
    rujukan: Mapping[str, str | None]


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """Everything the desk may say about services, offices and places."""

    services: tuple[Service, ...]
    agencies: tuple[Agency, ...]
    agency_sources: Mapping[str, str | None]
    categories: tuple[Category, ...]
    regions: Regions
    general: General

    @cached_property
    def _services(self) -> dict[str, Service]:
        return {service.id: service for service in self.services}

    @cached_property
    def _agencies(self) -> dict[str, Agency]:
        return {agency.id: agency for agency in self.agencies}

    @cached_property
    def _categories(self) -> dict[str, Category]:
        return {category.id: category for category in self.categories}

    def service(self, service_id: str) -> Service:
        """Return a service; raise `UnknownEntry` when there is none."""
        return _entry(self._services, service_id)

    def agency(self, agency_id: str) -> Agency:
        """Return an agency; raise `UnknownEntry` when there is none."""
        return _entry(self._agencies, agency_id)

    def category(self, category_id: str) -> Category:
        """Return a complaint category; raise `UnknownEntry` when there is none."""
        return _entry(self._categories, category_id)

    def office_of(self, service_id: str) -> Agency:
        """Return the office that gives a service."""
        return self.agency(self.service(service_id).instansi)

    def place(self, code: str) -> Place:
        """Return a kecamatan, kelurahan or desa; raise `UnknownEntry` when there is none."""
        place = self.regions.place(code)
        if place is None:
            raise UnknownEntry(f"The catalogue has no place {code}.")
        return place

    def kecamatan(self) -> tuple[Place, ...]:
        """Return all kecamatan in the order of their codes."""
        return self.regions.districts()

    def frequent_services(self) -> tuple[Service, ...]:
        """Return the services citizens ask for most."""
        return tuple(self.service(service_id) for service_id in self.general.layanan_utama)

    def holidays(self) -> Mapping[date, Holiday]:
        """Return the days without office hours by date."""
        return {holiday.tanggal: holiday for holiday in self.general.hari_libur}


def _entry(entries: Mapping[str, V], key: str) -> V:
    try:
        return entries[key]
    except KeyError:
        raise UnknownEntry(f"The catalogue has no entry {key}.") from None
