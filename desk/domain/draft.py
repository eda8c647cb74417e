"""The draft of a ticket: what is known so far and what is asked next."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from desk.domain.conversation import ConversationId
from desk.domain.lifecycle import PROTECTED_CATEGORIES, Identity, Kind
from desk.domain.same_matter import SimilarReport
from desk.domain.ticket import TicketPlace

MAX_PHOTOS = 5
DRAFT_KEPT = timedelta(hours=24)
#: After this long a draft is not simply continued: the desk asks "Lanjutkan?" first.
DRAFT_COOLS = timedelta(minutes=30)


class DraftField(StrEnum):
    """Everything a draft may ask for."""

    CONSENT = "persetujuan"
    SERVICE = "layanan"
    DESCRIPTION = "uraian"
    CATEGORY = "kategori"
    PLACE = "lokasi"
    SINCE = "sejak"
    PHOTOS = "foto"
    IDENTITY = "identitas"
    NAME = "nama"
    PHONE = "telepon"
    CONFIRM = "konfirmasi"


F = DraftField

#: What each kind asks for, in this order, unless the citizen has said it already.
ORDER: Mapping[Kind, tuple[DraftField, ...]] = {
    Kind.ADUAN: (
        F.CONSENT,
        F.DESCRIPTION,
        F.CATEGORY,
        F.PLACE,
        F.SINCE,
        F.PHOTOS,
        F.IDENTITY,
        F.NAME,
        F.CONFIRM,
    ),
    Kind.ASPIRASI: (F.CONSENT, F.DESCRIPTION, F.IDENTITY, F.NAME, F.CONFIRM),
    Kind.INFORMASI: (F.CONSENT, F.DESCRIPTION, F.NAME, F.CONFIRM),
    Kind.PERMOHONAN: (F.CONSENT, F.SERVICE, F.NAME, F.PHONE, F.CONFIRM),
}

#: Fields that a citizen may leave empty ("tidak tahu", "lewati").
SKIPPABLE = frozenset({F.PLACE, F.SINCE, F.PHOTOS})


#: What a field goes back to when it is asked again.
_CLEARED: Mapping[DraftField, Mapping[str, Any]] = {
    F.PLACE: {"place": TicketPlace()},
    F.PHOTOS: {"photos": ()},
    F.IDENTITY: {"identity": None},
}


@dataclass(frozen=True)
class Draft:
    """What a citizen is about to file."""

    id: str
    conversation_id: ConversationId
    kind: Kind
    created_at: datetime
    touched_at: datetime
    asked: DraftField | None = None
    done: frozenset[DraftField] = frozenset()
    description: str | None = None
    category: str | None = None
    service: str | None = None
    variant: str | None = None
    place: TicketPlace = field(default_factory=TicketPlace)
    options: tuple[str, ...] = ()  #: codes of places to choose between
    hints: tuple[str, ...] = ()  #: categories the first words sounded like, likeliest first
    since: str | None = None
    photos: tuple[str, ...] = ()
    discarded: tuple[str, ...] = ()  #: pictures that were replaced or too many
    identity: Identity | None = None
    name: str | None = None
    phone: str | None = None
    similar: SimilarReport | None = None  #: of somebody else; offered with the summary

    def order(self) -> tuple[DraftField, ...]:
        """Return the fields of this draft in the order they are asked."""
        order = ORDER[self.kind]
        if self.kind is Kind.PERMOHONAN or F.IDENTITY not in order:
            return order
        # Whoever reports one of these is asked about their identity before anything else.
        if self.category in PROTECTED_CATEGORIES or self.identity is not None:
            order = (F.IDENTITY, *(f for f in order if f is not F.IDENTITY))
        if self.identity is Identity.ANONIM:
            order = tuple(f for f in order if f not in {F.CONSENT, F.NAME})
        return order

    def next_field(self) -> DraftField:
        """Return the first field still open; CONFIRM when nothing else is."""
        return next((f for f in self.order() if f not in self.done), F.CONFIRM)

    def with_done(self, *fields: DraftField, **changes: Any) -> "Draft":
        """Return the draft with values set and their fields closed."""
        options = () if F.PLACE in fields else self.options
        return replace(self, done=self.done | set(fields), **{"options": options, **changes})

    def reopened(self, what: DraftField) -> "Draft":
        """Return the draft with one field open again, to be corrected."""
        discarded = (*self.discarded, *self.photos) if what is F.PHOTOS else self.discarded
        return replace(
            self,
            done=self.done - {what},
            options=() if what is F.PLACE else self.options,
            asked=what,
            discarded=discarded,
            **_CLEARED.get(what, {}),
        )

    def with_identity(self, identity: Identity) -> "Draft":
        """Return the draft with the identity decided; without one, no name is kept either."""
        draft = self.with_done(F.IDENTITY, identity=identity)
        if identity is not Identity.ANONIM:
            return draft
        return replace(draft, name=None, phone=None, done=draft.done - {F.NAME})

    def is_cool(self, now: datetime) -> bool:
        """Tell whether the citizen was away long enough to be asked "Lanjutkan?"."""
        return now - self.touched_at > DRAFT_COOLS

    def is_expired(self, now: datetime) -> bool:
        """Tell whether the draft was left alone for too long to go on."""
        return now - self.touched_at > DRAFT_KEPT
