"""Which facts of the catalogue answer a question, and which of them may be stated."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from desk.domain.catalogue import Agency, Service, Variant
from desk.domain.facts import Fact, Topic

AGENCY_TOPICS = frozenset({Topic.PLACE, Topic.HOURS, Topic.CONTACT})


@dataclass(frozen=True)
class Line:
    """One fact of an answer; *label* names the field it stands in where that helps."""

    fact: Fact[Any]
    label: str = ""


@dataclass(frozen=True)
class TopicFacts:
    """Everything the catalogue holds about one question, stated or not."""

    main: tuple[Line, ...]
    notes: tuple[Fact[str], ...] = ()

    @cached_property
    def stated(self) -> tuple[Line, ...]:
        """Return the answer proper: what may be stated."""
        return tuple(line for line in self.main if line.fact.may_be_stated)

    @cached_property
    def stated_notes(self) -> tuple[Fact[str], ...]:
        """Return the remarks that may be stated."""
        return tuple(note for note in self.notes if note.may_be_stated)

    @cached_property
    def gaps(self) -> tuple[str, ...]:
        """Return what is asked for but cannot be stated, by name."""
        facts = [line.fact for line in self.main] + list(self.notes)
        return tuple(dict.fromkeys(f.untuk for f in facts if not f.may_be_stated and f.untuk))

    @property
    def is_complete(self) -> bool:
        """Whether everything known to belong to the answer may be stated."""
        facts = [line.fact for line in self.main] + list(self.notes)
        return bool(self.main) and all(fact.may_be_stated for fact in facts)

    @property
    def sources(self) -> tuple[str, ...]:
        """Return the sources of all that is stated, each once, the weightiest first."""
        names = dict.fromkeys(name for fact in self._said() for name in fact.sumber)
        return tuple(sorted(names, key=weight_of_source))

    def checked(self, otherwise: date) -> date:
        """Return the day the oldest fact concerned was checked."""
        facts = self._said() or [line.fact for line in self.main]
        return min((fact.diperiksa for fact in facts), default=otherwise)

    @property
    def signature(self) -> tuple[object, ...]:
        """Return what a citizen would notice, to tell whether two answers differ."""
        said = tuple((line.label, line.fact.untuk, line.fact.nilai) for line in self.stated)
        return (said, self.gaps if said else ())

    def _said(self) -> list[Fact[Any]]:
        return [line.fact for line in self.stated] + list(self.stated_notes)


def weight_of_source(name: str) -> int:
    """Rank a source: rules, then offices, then newspapers, then private pages."""
    site = name.lower()
    if "." not in site or " " in site.partition("(")[0].strip():
        return 0  # a rule has a name, not an address
    if ".go.id" in site:
        return 1
    return 3 if any(host in site for host in _PRIVATE_PAGES) else 2


_PRIVATE_PAGES = ("blogspot.", "wordpress.", "kompasiana.", "github.")


def facts_of_agency(agency: Agency, topic: Topic) -> TopicFacts:
    """Return what the catalogue holds about an office's place, hours or contact."""
    match topic:
        case Topic.PLACE:
            return TopicFacts(_lines(agency.alamat, label="alamat"), _stated(agency.catatan))
        case Topic.HOURS:
            return TopicFacts(_lines(agency.jam))
        case Topic.CONTACT:
            return TopicFacts(
                _lines(agency.telepon, label="telepon")
                + _lines(agency.surel, label="surel")
                + _lines(agency.situs, label="situs")
            )
        case _:
            raise ValueError(f"offices have no {topic.value}")


def facts_of_service(
    service: Service, variant: Variant | None, agency: Agency, topic: Topic
) -> TopicFacts:
    """Return what the catalogue holds about a service; *variant* where it is known."""
    variant_id = variant.id if variant else None
    notes = tuple(note for note in service.catatan if note.belongs_to(topic, variant_id))
    return TopicFacts(_main(service, variant, agency, topic), notes)


def depends_on_variant(service: Service, agency: Agency, topic: Topic) -> bool:
    """Whether the variants of a service give different answers to a question."""
    answers = {
        facts_of_service(service, variant, agency, topic).signature for variant in service.varian
    }
    return len(answers) > 1


def _main(
    service: Service, variant: Variant | None, agency: Agency, topic: Topic
) -> tuple[Line, ...]:
    own = variant or service
    match topic:
        case Topic.PROCEDURE:
            return _lines(own.langkah or service.langkah)
        case Topic.REQUIREMENTS:
            return _lines(own.syarat or service.syarat)
        case Topic.FEE:
            return _lines(own.biaya or service.biaya) + _lines(own.biaya_ket or service.biaya_ket)
        case Topic.TIME:
            return _lines(own.waktu or service.waktu)
        case Topic.PLACE:
            return _lines(service.lokasi) + _lines(agency.alamat, label="alamat")
        case Topic.ONLINE:
            online = service.daring
            return (
                Line(online.bisa),
                *_lines(online.kanal, label="kanal"),
                *_lines(online.ket),
            )
        case _:
            return facts_of_agency(agency, topic).main


def _lines(facts: Iterable[Fact[Any]], label: str = "") -> tuple[Line, ...]:
    return tuple(Line(fact, label) for fact in facts)


def _stated(facts: Iterable[Fact[str]]) -> tuple[Fact[str], ...]:
    return tuple(fact for fact in facts if fact.may_be_stated)
