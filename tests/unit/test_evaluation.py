"""The rates of `sapa nlu evaluate`, on examples small enough to count by hand."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapa.errors import OperatorError
from sapa.evaluation import (
    EmergencyRates,
    FallbackRates,
    Labelled,
    Reading,
    Score,
    evaluate,
    read_labelled,
    score,
)
from sapa.understanding import reading_of


def line(intent=None, *, services=None, category=None):
    return Labelled("...", intent=intent, services=services, category=category)


def read_as(final, *, top=None, services=(), category=None):
    return Reading(top or final, final, frozenset(services), category)


def test_accuracy_looks_at_the_first_choice_before_any_fallback():
    report = evaluate(
        [line("salam"), line("pamit")],
        [read_as("nlu_fallback", top="salam"), read_as("salam")],
    )
    assert report.intent.accuracy == 0.5
    assert report.intent.n == 2


def test_asking_back_is_right_for_a_message_out_of_scope():
    report = evaluate(
        [line("di_luar_topik"), line("di_luar_topik"), line("di_luar_topik")],
        [
            read_as("nlu_fallback", top="salam"),
            read_as("di_luar_topik"),
            read_as("tanya_biaya"),
        ],
    )
    assert report.intent.accuracy == pytest.approx(2 / 3)
    assert report.fallback == FallbackRates(
        in_scope_rate=None, out_of_scope_recall=pytest.approx(2 / 3)
    )


def test_asking_back_in_scope_is_counted_over_messages_in_scope_only():
    report = evaluate(
        [line("salam"), line("pamit"), line("di_luar_topik")],
        [read_as("nlu_fallback", top="salam"), read_as("pamit"), read_as("nlu_fallback")],
    )
    assert report.fallback.in_scope_rate == 0.5


def test_confidently_wrong_is_wrong_without_asking_back():
    report = evaluate(
        [line("salam"), line("salam"), line("salam"), line("di_luar_topik")],
        [read_as("pamit"), read_as("nlu_fallback", top="pamit"), read_as("salam"), read_as("x")],
    )
    assert report.confident_wrong_rate == 0.5


def test_emergencies_count_what_the_message_ended_as():
    report = evaluate(
        [line("darurat"), line("darurat"), line("salam"), line("lapor_aduan")],
        [
            read_as("darurat"),
            read_as("nlu_fallback", top="darurat"),
            read_as("darurat"),
            read_as("lapor_aduan"),
        ],
    )
    assert report.darurat == EmergencyRates(recall=0.5, false_alarm_rate=0.5)


def test_services_must_match_as_a_set_and_null_means_none():
    report = evaluate(
        [
            line(services=frozenset({"ktp_el", "kk"})),
            line(services=frozenset({"ktp_el", "kk"})),
            line(services=frozenset()),
            line(services=frozenset()),
            line(),
        ],
        [
            read_as("x", services=["kk", "ktp_el"]),
            read_as("x", services=["kk"]),
            read_as("x"),
            read_as("x", services=["kk"]),
            read_as("x", services=["kk"]),
        ],
    )
    assert (report.layanan.accuracy, report.layanan.n) == (0.5, 4)


def test_places_and_ticket_numbers_must_match_as_sets_so_that_an_invented_one_is_wrong():
    labelled = [
        Labelled("...", places=frozenset({"76.02.01"}), tickets=frozenset()),
        Labelled("...", places=frozenset(), tickets=frozenset({"MJU-7K3M-2QXA"})),
    ]
    readings = [
        Reading("salam", "salam", places=frozenset({"76.02.01"})),
        Reading(
            "salam",
            "salam",
            places=frozenset({"76.02.02"}),
            tickets=frozenset({"MJU-7K3M-2QXA"}),
        ),
    ]
    report = evaluate(labelled, readings)
    assert (report.lokasi.accuracy, report.nomor_tiket.accuracy) == (0.5, 1.0)


def test_a_missing_label_is_not_measured():
    report = evaluate([line(category="sampah_kebersihan")], [read_as("salam")])
    assert report.intent == Score(accuracy=None, macro_f1=None, n=0)
    assert report.kategori == Score(accuracy=0.0, macro_f1=0.0, n=1)


def test_macro_f1_is_the_mean_over_the_labels_that_occur():
    # a: found 2 of 2, claimed 3 times: F1 0.8; b: found 1 of 2, claimed once: F1 2/3
    pairs = [("a", "a"), ("a", "a"), ("b", "a"), ("b", "b")]
    assert score(pairs).macro_f1 == pytest.approx((0.8 + 2 / 3) / 2)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abcd"))))
def test_perfect_reading_scores_one_and_no_score_leaves_its_range(pairs):
    scored = score(pairs)
    perfect = score((label, label) for label, _ in pairs)
    if pairs:
        assert 0 <= scored.macro_f1 <= 1
        assert (perfect.accuracy, perfect.macro_f1) == (1.0, 1.0)
    else:
        assert perfect == Score(accuracy=None, macro_f1=None, n=0)


def test_lines_are_read_with_whatever_labels_they_have(tmp_path):
    file = tmp_path / "labelled.jsonl"
    entries = [
        {"text": "urus ktp", "intent": "tanya_prosedur", "layanan": "ktp_el"},
        {"text": "kk dan ktp", "layanan": ["kk", "ktp_el"]},
        {"text": "halo", "layanan": None},
        {"text": "jalan rusak", "kategori": "jalan_jembatan"},
        {"text": "di karema", "lokasi": ["76.02.01.1012"], "nomor_tiket": None},
    ]
    file.write_text("\n".join(json.dumps(entry) for entry in entries) + "\n\n")
    assert read_labelled(file) == [
        Labelled("urus ktp", intent="tanya_prosedur", services=frozenset({"ktp_el"})),
        Labelled("kk dan ktp", services=frozenset({"kk", "ktp_el"})),
        Labelled("halo", services=frozenset()),
        Labelled("jalan rusak", category="jalan_jembatan"),
        Labelled("di karema", places=frozenset({"76.02.01.1012"}), tickets=frozenset()),
    ]


@pytest.mark.parametrize(
    "bad", ["not json", "[]", '{"intent": "salam"}', '{"text": 1}', '{"text": "x", "intent": 3}']
)
def test_a_line_that_cannot_be_read_is_told_with_its_number_and_not_its_text(tmp_path, bad):
    file = tmp_path / "labelled.jsonl"
    file.write_text('{"text": "halo"}\n' + bad + "\n")
    with pytest.raises(OperatorError, match=r"labelled\.jsonl, line 2: write it as") as caught:
        read_labelled(file)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("content", [None, "", "\n\n"])
def test_a_file_with_nothing_to_measure_is_an_error(tmp_path, content):
    file = tmp_path / "labelled.jsonl"
    if content is not None:
        file.write_text(content)
    with pytest.raises(OperatorError):
        read_labelled(file)


def test_an_answer_of_rasa_is_read_with_the_first_choice_before_the_fallback():
    parsed = {
        "intent": {"name": "nlu_fallback", "confidence": 0.7},
        "intent_ranking": [
            {"name": "nlu_fallback", "confidence": 0.7},
            {"name": "tanya_biaya", "confidence": 0.3},
            {"name": "tanya_syarat", "confidence": 0.28},
        ],
        "entities": [
            {"entity": "layanan", "value": "kk"},
            {"entity": "layanan", "value": "ktp_el"},
            {"entity": "kategori", "value": "adminduk"},
            {"entity": "lokasi", "value": "76.02.01", "pilihan": ["76.02.01", "76.02.04"]},
            {"entity": "nomor_tiket", "value": "MJU-7K3M-2QXA"},
        ],
    }
    assert reading_of(parsed) == Reading(
        "tanya_biaya",
        "nlu_fallback",
        frozenset({"kk", "ktp_el"}),
        "adminduk",
        frozenset({"76.02.01", "76.02.04"}),
        frozenset({"MJU-7K3M-2QXA"}),
        0.3,
    )


def test_an_answer_without_ranking_or_entities_is_read_too():
    assert reading_of({"intent": {"name": "salam"}}) == Reading("salam", "salam")
