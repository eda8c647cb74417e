"""What a message means while a field is asked: one table, without gaps."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.domain.draft import DraftField
from desk.domain.draft_meaning import (
    OTHERWISE,
    SHAPE_OF,
    SOUND_OF,
    TABLE,
    Meaning,
    Shape,
    Sound,
    meaning_of,
)
from desk.domain.heard import FALLBACK, Heard, PlaceHeard

F, M = DraftField, Meaning
FREE = {F.DESCRIPTION, F.PLACE, F.SINCE, F.NAME}


def test_every_field_has_a_shape_and_every_shape_an_answer() -> None:
    assert set(SHAPE_OF) == set(DraftField)
    assert set(TABLE) == set(OTHERWISE) == set(Shape)


@given(
    field=st.sampled_from(DraftField),
    intent=st.sampled_from([*SOUND_OF, "yang_belum_ada"]),
    confidence=st.floats(0, 1),
)
def test_every_field_intent_and_confidence_has_a_meaning(
    field: DraftField, intent: str, confidence: float
) -> None:
    assert meaning_of(Heard(intent, "kata", confidence), field) in Meaning


@given(
    field=st.sampled_from(DraftField),
    intent=st.sampled_from(list(SOUND_OF)),
    weaker=st.floats(0, 1),
    stronger=st.floats(0, 1),
)
def test_more_confidence_never_turns_a_meaning_back_into_an_answer(
    field: DraftField, intent: str, weaker: float, stronger: float
) -> None:
    weaker, stronger = sorted((weaker, stronger))
    otherwise = OTHERWISE[SHAPE_OF[field]]

    before = meaning_of(Heard(intent, "kata", weaker), field)
    after = meaning_of(Heard(intent, "kata", stronger), field)

    assert before in {after, otherwise}


@pytest.mark.parametrize("field", sorted(FREE))
def test_a_weak_reading_of_free_text_is_an_answer(field: DraftField) -> None:
    meanings = {meaning_of(Heard(intent, "kata", 0.4), field) for intent in SOUND_OF}

    assert meanings == {M.ANSWER}


@pytest.mark.parametrize("field", sorted(FREE))
def test_telling_the_matter_is_an_answer_however_sure_it_sounds(field: DraftField) -> None:
    for intent in ("lapor_aduan", "sampaikan_aspirasi", "tambah_keterangan_aduan"):
        assert meaning_of(Heard(intent, "kata", 1.0), field) is M.ANSWER


def test_a_clear_batal_cancels_and_a_clear_emergency_is_urgent_everywhere() -> None:
    for field, (intent, meaning) in product(
        DraftField, (("batal", M.CANCEL), ("darurat", M.URGENT))
    ):
        assert meaning_of(Heard(intent, "kata", 0.95), field) is meaning


def test_a_name_that_sounds_like_a_greeting_is_a_name() -> None:
    assert meaning_of(Heard("salam", "Salam Daeng", 0.99), F.NAME) is M.ANSWER


def test_a_reading_too_weak_to_act_on_still_counts_by_its_best_intent() -> None:
    ranking = ((FALLBACK, 0.0), ("setuju", 0.65))

    assert meaning_of(Heard(FALLBACK, "iyo", 0.65, ranking), F.CONFIRM) is M.AGREE
    assert meaning_of(Heard(FALLBACK, "hmm", 0.45, ranking), F.CONFIRM) is M.UNCLEAR


def test_sounds_cover_every_intent_that_can_be_typed() -> None:
    assert set(SOUND_OF.values()) == set(Sound)


IN_RIMUKU = (PlaceHeard(("76.02.01.1007",)),)


@pytest.mark.parametrize(
    "text", ["di Rimuku dekat pasar", "Rimuku, depan kantor lurah", "dekat puskesmas Rimuku mi"]
)
def test_a_place_that_is_named_answers_where_however_much_it_sounds_like_a_question(
    text: str,
) -> None:
    heard = Heard("tanya_lokasi", text, 0.95, places=IN_RIMUKU)
    assert meaning_of(heard, F.PLACE) is M.ANSWER


@pytest.mark.parametrize(
    ("text", "services"),
    [
        ("kantor lurah Rimuku di mana", ()),
        ("kantor lurah Rimuku buka jam berapa", ()),
        ("kalau puskesmas Rimuku?", ()),
        ("urus KTP di Rimuku", ("ktp_el",)),
    ],
)
def test_a_question_that_names_a_place_stays_a_digression(
    text: str, services: tuple[str, ...]
) -> None:
    heard = Heard("tanya_lokasi", text, 0.95, places=IN_RIMUKU, services=services)
    assert meaning_of(heard, F.PLACE) is M.DIGRESSION
