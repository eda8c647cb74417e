"""Facts of the catalogue: a value, what it rests on, and when it was checked."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class Basis(StrEnum):
    """What a fact rests on; only `SOURCE` may be stated to a citizen."""

    SOURCE = "sumber"  #: Seen in a named source.
    MEMORY = "ingatan"  #: Believed or derived, never seen in a source.
    ELSEWHERE = "daerah_lain"  #: Seen, but for another regency.
    NONE = "tidak_ada"  #: Looked for and not found.


class Topic(StrEnum):
    """What a citizen may ask about a service; each is the intent `tanya_<topic>`."""

    PROCEDURE = "prosedur"
    REQUIREMENTS = "syarat"
    FEE = "biaya"
    TIME = "waktu_proses"
    PLACE = "lokasi"
    HOURS = "jam_layanan"
    CONTACT = "kontak"
    ONLINE = "layanan_daring"

    @property
    def intent(self) -> str:
        """Return the intent that asks for this topic."""
        return f"tanya_{self.value}"

    @classmethod
    def from_intent(cls, intent: str) -> "Topic | None":
        """Return the topic an intent asks for, or None."""
        return next((topic for topic in cls if topic.intent == intent), None)


@dataclass(frozen=True, kw_only=True)
class Fact(Generic[T]):
    """One value with its provenance.

    *untuk* says what the value is about ("SIM A"); for a value that may not be stated it is
    the name under which the gap is admitted. *perlu_uji* marks a sourced value that is too
    old to be stated before somebody has tried it.
    """

    nilai: T | None
    dasar: Basis
    diperiksa: date
    sumber: tuple[str, ...] = ()
    untuk: str = ""
    perlu_uji: bool = False

    @property
    def may_be_stated(self) -> bool:
        """Whether a citizen may be told this value as certain."""
        return self.dasar is Basis.SOURCE and not self.perlu_uji


@dataclass(frozen=True, kw_only=True)
class Note(Fact[str]):
    """A remark that is added to the answers about the topics, and only the variants, it names."""

    topik: tuple[Topic, ...] = ()
    varian: tuple[str, ...] = ()

    def belongs_to(self, topic: Topic, variant: str | None) -> bool:
        """Whether the remark belongs to an answer."""
        return topic in self.topik and (not self.varian or variant in self.varian)


def stated(facts: Iterable[Fact[T]]) -> tuple[Fact[T], ...]:
    """Return the facts that may be stated, in order."""
    return tuple(fact for fact in facts if fact.may_be_stated)
