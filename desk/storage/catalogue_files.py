"""Reads the catalogue's files, and names every fault in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from desk.domain.catalogue import Agency, Catalogue, Category, General, Service
from desk.domain.catalogue_rules import Fault, find_faults
from desk.domain.regions import Regions

T = TypeVar("T")


class CatalogueInvalid(Exception):
    """The catalogue has faults; *faults* lists all that were found."""

    def __init__(self, faults: list[Fault]) -> None:
        """Keep the faults and make them the message."""
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


@dataclass(frozen=True, kw_only=True)
class _AgencyFile:
    rujukan: Mapping[str, str | None]
    instansi: tuple[Agency, ...]


@dataclass(frozen=True, kw_only=True)
class _CategoryFile:
    kategori: tuple[Category, ...]


# Plain dataclasses take no configuration of their own: the tuple around them carries it.
_STRICT = ConfigDict(extra="forbid")
_SERVICE = TypeAdapter(tuple[Service, ...], config=_STRICT)
_AGENCIES = TypeAdapter(tuple[_AgencyFile, ...], config=_STRICT)
_CATEGORIES = TypeAdapter(tuple[_CategoryFile, ...], config=_STRICT)
_GENERAL = TypeAdapter(tuple[General, ...], config=_STRICT)
_REGIONS = TypeAdapter(tuple[Regions, ...], config=_STRICT)


def load_catalogue(folder: Path) -> Catalogue:
    """Read the catalogue in *folder*.

    Raises:
        CatalogueInvalid: A file is missing, unreadable or says something impossible.
    """
    catalogue, faults = _read(folder)
    if catalogue is None or faults:
        raise CatalogueInvalid(faults)
    return catalogue


def check_catalogue(folder: Path) -> list[Fault]:
    """Return all faults of the catalogue in *folder*; none means that it can be loaded."""
    return _read(folder)[1]


def _read(folder: Path) -> tuple[Catalogue | None, list[Fault]]:
    faults: list[Fault] = []
    services = _read_services(folder, faults)
    agencies = _read_file(folder, "instansi.yml", _AGENCIES, faults)
    categories = _read_file(folder, "kategori.yml", _CATEGORIES, faults)
    general = _read_file(folder, "umum.yml", _GENERAL, faults)
    regions = _read_file(folder, "regions.yaml", _REGIONS, faults)
    if faults or not (agencies and categories and general and regions):
        return None, faults
    catalogue = Catalogue(
        services=services,
        agencies=agencies.instansi,
        agency_sources=agencies.rujukan,
        categories=categories.kategori,
        regions=regions,
        general=general,
    )
    return catalogue, find_faults(catalogue)


def _read_services(folder: Path, faults: list[Fault]) -> tuple[Service, ...]:
    found = []
    for path in sorted((folder / "layanan").glob("*.yml")):
        name = f"layanan/{path.name}"
        service = _read_file(folder, name, _SERVICE, faults)
        if service is None:
            continue
        if service.id != path.stem:
            faults.append(Fault(name, service.id, "id", "harus sama dengan nama berkas"))
        found.append(service)
    return tuple(found)


def _read_file(
    folder: Path, name: str, adapter: TypeAdapter[tuple[T, ...]], faults: list[Fault]
) -> T | None:
    try:
        raw = yaml.load((folder / name).read_text(encoding="utf-8"), Loader=_UniqueKeys)  # noqa: S506 - derives from SafeLoader
    except FileNotFoundError:
        faults.append(Fault(name, "-", "-", "berkas tidak ada"))
        return None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        faults.append(Fault(name, "-", _line(error), "bukan YAML yang sah"))
        return None
    try:
        return adapter.validate_python((raw,))[0]
    except ValidationError as error:
        faults.extend(_fault(name, raw, detail) for detail in error.errors(include_url=False))
        return None


class _UniqueKeys(yaml.CSafeLoader):
    """A safe loader that refuses a key given twice, where YAML silently keeps the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if len(keys) != len(set(keys)):
            raise yaml.constructor.ConstructorError(None, None, "kunci ganda", node.start_mark)
        return super().construct_mapping(node, deep=deep)


def _date_or_text(loader: _UniqueKeys, node: yaml.ScalarNode) -> Any:
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError:
        return node.value  # an impossible date: the check of the field names it


_UniqueKeys.add_constructor("tag:yaml.org,2002:timestamp", _date_or_text)


def _line(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return "-" if mark is None else f"baris {mark.line + 1}"


def _fault(name: str, raw: Any, detail: ErrorDetails) -> Fault:
    where = detail["loc"][1:]  # the first step is the tuple around the file
    entry, field = _entry_and_field(raw, where)
    return Fault(name, entry, field, _message(detail))


def _entry_and_field(raw: Any, where: tuple[int | str, ...]) -> tuple[str, str]:
    """Name the innermost entry with an id on the way, and the way on from there."""
    entry, rest, value = "-", where, raw
    for depth, step in enumerate((*where, None)):
        if isinstance(value, dict) and (found := value.get("id") or value.get("kode")):
            entry = str(found) if entry == "-" else f"{entry}.{found}"
            rest = where[depth:]
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            break
    return entry, ".".join(str(step) for step in rest) or "-"


_MESSAGES = {
    "missing": "wajib diisi",
    "unexpected_keyword_argument": "kunci tidak dikenal",
    "extra_forbidden": "kunci tidak dikenal",
    "string_type": "harus berupa teks (beri tanda kutip bila perlu)",
    "int_type": "harus berupa bilangan bulat",
    "int_parsing": "harus berupa bilangan bulat",
    "bool_type": "harus true atau false",
    "bool_parsing": "harus true atau false",
    "tuple_type": "harus berupa daftar",
    "dataclass_type": "harus berupa kunci dan nilai",
    "dict_type": "harus berupa kunci dan nilai",
}


def _message(detail: ErrorDetails) -> str:
    kind = detail["type"]
    if kind.startswith("date"):
        return "tanggal tidak sah; tulis seperti 2026-11-24"
    if kind.startswith("time"):
        return "jam tidak sah; tulis seperti '07:30'"
    if kind == "enum":
        allowed = detail.get("ctx", {}).get("expected", "")
        return f"harus salah satu dari {allowed}".replace(" or ", " atau ")
    return _MESSAGES.get(kind, f"nilai tidak sah ({kind})")
