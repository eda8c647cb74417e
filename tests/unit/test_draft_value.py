"""A draft as a value: what is asked next, what is put back, and that storing loses nothing."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.domain.conversation import ConversationId
from desk.domain.draft import MAX_PHOTOS, Draft, DraftField
from desk.domain.draft_answers import Places, Problem, add_photos, prefill, take
from desk.domain.heard import Heard, PlaceHeard
from desk.domain.inbound import Point
from desk.domain.lifecycle import Identity, Kind
from desk.domain.ticket import TicketPlace
from desk.storage.codec import read_json, to_json

F = DraftField
NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
PLACES = Places(("76.02.01", "76.02.03"))


def draft_of(kind: Kind = Kind.ADUAN, **fields: object) -> Draft:
    draft = Draft("d", ConversationId("c"), kind, NOW, NOW)
    return replace(draft, **fields)  # type: ignore[arg-type]


words = st.none() | st.text(max_size=20)
names = st.lists(st.text("abcdef", min_size=1, max_size=3), max_size=4, unique=True).map(tuple)
floats = st.floats(allow_nan=False, allow_infinity=False)
drafts = st.builds(
    Draft,
    id=st.just("d"),
    conversation_id=st.just(ConversationId("c")),
    kind=st.sampled_from(Kind),
    created_at=st.just(NOW),
    touched_at=st.just(NOW),
    asked=st.none() | st.sampled_from(DraftField),
    done=st.frozensets(st.sampled_from(DraftField)),
    description=words,
    category=words,
    service=words,
    variant=words,
    place=st.builds(TicketPlace, words, words, st.none() | st.builds(Point, floats, floats)),
    options=names,
    hints=names,
    since=words,
    photos=names,
    discarded=names.map(lambda found: tuple(f"x{name}" for name in found)),
    identity=st.none() | st.sampled_from(Identity),
    name=words,
    phone=words,
)


@given(drafts)
def test_a_draft_is_read_back_as_it_was_written(draft: Draft) -> None:
    stored = json.loads(json.dumps(to_json(draft)))

    assert read_json(stored, Draft) == draft


@given(drafts)
def test_what_is_asked_next_is_open_and_belongs_to_the_kind(draft: Draft) -> None:
    asked = draft.next_field()

    assert asked in draft.order()
    assert asked not in draft.done or asked is F.CONFIRM


@given(drafts, st.sampled_from(DraftField))
def test_only_a_draft_with_every_other_field_closed_asks_for_confirmation(
    draft: Draft, missing: DraftField
) -> None:
    open_ones = set(draft.order()) - draft.done - {F.CONFIRM}

    assert (draft.next_field() is F.CONFIRM) == (not open_ones)


@given(drafts, st.lists(names, max_size=6))
def test_photos_stay_within_five_and_none_is_forgotten(
    draft: Draft, arrivals: list[tuple[str, ...]]
) -> None:
    draft = replace(draft, photos=(), discarded=())
    for photos in arrivals:
        draft = add_photos(draft, photos).draft

    assert len(draft.photos) <= MAX_PHOTOS
    assert set(draft.photos) | set(draft.discarded) == {p for ps in arrivals for p in ps}


def test_sensitive_categories_ask_for_the_identity_first() -> None:
    assert draft_of(category="pungli_korupsi").next_field() is F.IDENTITY
    assert draft_of(category="jalan_jembatan").next_field() is F.CONSENT


def test_an_anonymous_draft_asks_neither_consent_nor_name() -> None:
    order = draft_of().with_identity(Identity.ANONIM).order()

    assert {F.CONSENT, F.NAME} & set(order) == set()


def test_becoming_anonymous_forgets_name_and_phone_and_going_back_asks_again() -> None:
    named = draft_of(name="Andi", phone="0811", done=frozenset(DraftField) - {F.CONFIRM})

    anonymous = named.with_identity(Identity.ANONIM)
    reopened = anonymous.with_identity(Identity.TERBUKA)

    assert (anonymous.name, anonymous.phone) == (None, None)
    assert anonymous.next_field() is F.CONFIRM
    assert reopened.next_field() is F.NAME


def test_a_field_opened_again_is_asked_and_emptied_where_a_rest_would_mislead() -> None:
    full = draft_of(
        place=TicketPlace("76.02.01", "pasar"),
        photos=("a",),
        description="jalan rusak",
        done=frozenset(DraftField) - {F.CONFIRM},
    )

    assert full.reopened(F.PLACE).place == TicketPlace()
    assert (full.reopened(F.PHOTOS).photos, full.reopened(F.PHOTOS).discarded) == ((), ("a",))
    assert full.reopened(F.DESCRIPTION).description == "jalan rusak"
    assert full.reopened(F.DESCRIPTION).next_field() is F.DESCRIPTION


@pytest.mark.parametrize(
    ("away", "is_cool", "is_expired"),
    [
        (timedelta(minutes=30), False, False),
        (timedelta(minutes=31), True, False),
        (timedelta(hours=24), True, False),
        (timedelta(hours=24, seconds=1), True, True),
    ],
)
def test_a_draft_cools_after_half_an_hour_and_expires_after_a_day(
    away: timedelta, is_cool: bool, is_expired: bool
) -> None:
    draft = draft_of()

    assert (draft.is_cool(NOW + away), draft.is_expired(NOW + away)) == (is_cool, is_expired)


def heard_at(*codes: str, text: str = "") -> Heard:
    return Heard("lapor_aduan", text, places=(PlaceHeard(codes),))


def test_one_place_is_taken_several_are_offered_and_foreign_ones_told() -> None:
    one = take(draft_of(), heard_at("76.02.01.1012", text="di Karema"), F.PLACE, PLACES)
    several = take(draft_of(), heard_at("76.02.03", "76.02.03.1003"), F.PLACE, PLACES)
    mixed = take(draft_of(), heard_at("76.06", "76.02.03.1003"), F.PLACE, PLACES)
    foreign = take(draft_of(), heard_at("76.06"), F.PLACE, PLACES)

    assert one.draft.place == TicketPlace("76.02.01.1012", "di Karema")
    assert several.draft.options == ("76.02.03", "76.02.03.1003")
    assert F.PLACE not in several.draft.done
    assert mixed.draft.place.code == "76.02.03.1003"
    assert foreign.problem is Problem.PLACE_OUTSIDE


def test_a_code_that_only_begins_like_ours_is_not_ours() -> None:
    assert PLACES.inside(("76.02.011", "76.02.01", "76.02.01.1012", "76.06")) == (
        "76.02.01",
        "76.02.01.1012",
    )


def test_a_first_message_fills_all_that_it_tells() -> None:
    text = "jalan di Karema berlubang sejak kemarin"
    heard = Heard(
        "lapor_aduan",
        text,
        places=(PlaceHeard(("76.02.01.1012",)),),
        categories=(("jalan_jembatan", 0.8),),
        photos=("a",),
    )

    draft = prefill(draft_of(), heard, PLACES).draft

    assert draft.done == {F.DESCRIPTION, F.CATEGORY, F.SINCE, F.PHOTOS, F.PLACE}
    assert (draft.description, draft.since) == (text, "sejak kemarin")


@given(st.text(max_size=300))
def test_any_text_is_taken_as_a_description_whole_or_asked_for_again(text: str) -> None:
    taken = take(draft_of(), Heard("lapor_aduan", text), F.DESCRIPTION, PLACES)

    if taken.problem is None:
        assert taken.draft.description == text.strip()
    else:
        assert taken.draft == draft_of()


@given(st.sampled_from([F.NAME, F.PHONE, F.SINCE, F.PLACE, F.IDENTITY]), st.text(max_size=300))
def test_no_text_breaks_a_field(field: DraftField, text: str) -> None:
    taken = take(draft_of(description="jalan rusak"), Heard("salam", text), field, PLACES)

    assert taken.draft.description == "jalan rusak"
    assert taken.problem is None or field not in taken.draft.done


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Andi Baso", "Andi Baso"),
        ("nama saya Andi  Baso", "Andi Baso"),
        ("saya Siti", "Siti"),
        ("N. Tahir, S.Pd", "N. Tahir, S.Pd"),
    ],
)
def test_a_name_is_taken_without_its_introduction(text: str, name: str) -> None:
    assert take(draft_of(), Heard("salam", text), F.NAME, PLACES).draft.name == name


@pytest.mark.parametrize("text", ["", "5", "😀", "a" * 61])
def test_what_cannot_be_a_name_is_asked_again(text: str) -> None:
    taken = take(draft_of(), Heard("salam", text), F.NAME, PLACES)

    assert taken.problem is Problem.NAME_UNREADABLE
