"""Changing single facts of a catalogue, the way an administrator completes it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from desk.domain.catalogue import Catalogue, UnknownEntry
from desk.domain.facts import Fact


@dataclass(frozen=True)
class Amendment:
    """A new fact for one place in the catalogue.

    *path* is a way that `fact_paths` yields, such as `agencies/disdukcapil/telepon/0` or
    `services/ktp_el/varian/hilang/syarat/1`. A number one past the end adds a fact.
    """

    path: str
    fact: Fact[Any]


def fact_paths(catalogue: Catalogue) -> Iterator[tuple[str, Fact[Any]]]:
    """Yield every fact of the services, offices and general rules with the way to it."""
    for name in ("services", "agencies", "general"):
        yield from walk_facts(getattr(catalogue, name), name)


def walk_facts(value: Any, path: str = "") -> Iterator[tuple[str, Fact[Any]]]:
    """Yield every fact inside a value with the way to it."""
    if isinstance(value, Fact):
        yield path, value
    elif isinstance(value, tuple):
        for position, item in enumerate(value):
            yield from walk_facts(item, _join(path, getattr(item, "id", str(position))))
    elif is_dataclass(value):
        for item in fields(value):
            yield from walk_facts(getattr(value, item.name), _join(path, item.name))


def amended(catalogue: Catalogue, amendments: Iterable[Amendment]) -> Catalogue:
    """Return the catalogue with the amendments in place, in their order.

    Raises:
        UnknownEntry: A path leads nowhere.
    """
    for amendment in amendments:
        steps = amendment.path.split("/")
        catalogue = _placed(catalogue, steps, amendment)
    return catalogue


def _placed(value: Any, steps: list[str], amendment: Amendment) -> Any:
    if not steps:
        return _same_kind(value, amendment)
    step, *rest = steps
    if isinstance(value, tuple):
        return _placed_in_list(value, step, rest, amendment)
    if not is_dataclass(value) or step not in {item.name for item in fields(value)}:
        raise UnknownEntry(f"The catalogue has no place {amendment.path}.")
    return replace(value, **{step: _placed(getattr(value, step), rest, amendment)})  # type: ignore[type-var]


def _placed_in_list(
    items: tuple[Any, ...], step: str, rest: list[str], amendment: Amendment
) -> tuple[Any, ...]:
    names = [getattr(item, "id", str(position)) for position, item in enumerate(items)]
    if step == str(len(items)) and not rest:
        return (*items, amendment.fact)
    if step not in names:
        raise UnknownEntry(f"The catalogue has no place {amendment.path}.")
    position = names.index(step)
    changed = _placed(items[position], rest, amendment)
    return (*items[:position], changed, *items[position + 1 :])


def _same_kind(value: Any, amendment: Amendment) -> Any:
    """Keep what the console does not edit: a remark stays a remark with its topics."""
    if not isinstance(value, Fact):
        raise UnknownEntry(f"The catalogue has no fact at {amendment.path}.")
    fact = amendment.fact
    return replace(
        value,
        nilai=fact.nilai,
        dasar=fact.dasar,
        diperiksa=fact.diperiksa,
        sumber=fact.sumber,
        untuk=fact.untuk,
        perlu_uji=fact.perlu_uji,
    )


def _join(path: str, step: str) -> str:
    return f"{path}/{step}" if path else step
