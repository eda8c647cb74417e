"""Answering questions: variants, follow-ups, several services, offices."""

import html
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.domain.facts import Basis, Fact
from desk.domain.presses.citizens import KeptWords
from desk.domain.topic_facts import weight_of_source
from desk.services.wording import Wording
from desk.services.words.guidance import Context, Guidance, Topic
from desk.storage.catalogue_files import load_catalogue

ROOT = Path(__file__).parents[2]
CATALOGUE = load_catalogue(ROOT / "data" / "catalogue")
WORDING = Wording(ROOT / "data" / "replies")
GUIDANCE = Guidance(CATALOGUE, WORDING)
NOTHING = Context()


def _buttons(answer):
    return [button for reply in answer.replies for row in reply.buttons for button in row]


def _plain(answer):
    return html.unescape(re.sub(r"<[^>]+>", "", "\n".join(r.text for r in answer.replies)))


def with_facts(kind, name, **facts):
    """Return the catalogue with other facts of one service or office."""
    entries = getattr(CATALOGUE, kind)
    others = tuple(replace(e, **facts) if e.id == name else e for e in entries)
    return replace(CATALOGUE, **{kind: others})


def test_every_topic_belongs_to_one_intent():
    assert {Topic.from_intent(topic.intent) for topic in Topic} == set(Topic)
    assert Topic.from_intent("tanya_identitas_bot") is None


def test_unknown_variant_is_asked_with_a_button_for_each():
    answer = GUIDANCE.answer(Topic.REQUIREMENTS, ("ktp_el",), NOTHING)
    assert [button.press.words.variant for button in _buttons(answer)] == [
        *("baru", "hilang", "rusak", "perubahan_data", "luar_domisili"),
    ]
    assert {button.press.intent for button in _buttons(answer)} == {"tanya_syarat"}
    assert answer.context == Context("ktp_el")


def test_variant_is_not_asked_when_all_variants_have_the_same_answer():
    answer = GUIDANCE.answer(Topic.FEE, ("ktp_el",), NOTHING)
    assert "gratis" in _plain(answer)
    assert answer.context == Context("ktp_el", None)


@pytest.mark.parametrize(
    ("service", "text", "variant"),
    [
        ("ktp_el", "KTP saya hilang, mau bikin baru", "hilang"),
        ("ktp_el", "ktpku rusakmi, apa syaratnya", "rusak"),
        ("ktp_el", "mau bikin ktp baru", "baru"),
        ("ktp_el", "kehilangan ktp di pasar", "hilang"),
        ("ktp_el", "apa syarat ktp", None),
        ("ktp_el", "ktp hilang dan rusak", None),
        ("sim", "perpanjangan SIM C", "perpanjangan"),
        ("sim", "bikin sim", "baru"),
        ("pajak_kendaraan", "bayar pajak 5 tahunan", "lima_tahunan"),
        ("sertifikat_tanah", "balik nama sertifikat", "balik_nama"),
        ("bansos", "cek penerima pkh", "cek_status"),
        ("kk", "mau pisah kk dari orang tua", "pisah_kk"),
        ("pindah_domisili", "pindah ke Mamuju dari Majene", "datang"),
        ("nib", "usaha baru", None),
    ],
)
def test_variant_is_read_from_the_words(service, text, variant):
    assert GUIDANCE.variant_in(service, text) == variant


def test_lost_card_is_not_a_new_card():
    lost = _plain(GUIDANCE.answer(Topic.REQUIREMENTS, ("ktp_el",), NOTHING, text="ktp hilang"))
    new = _plain(GUIDANCE.answer(Topic.REQUIREMENTS, ("ktp_el",), NOTHING, variant="baru"))
    assert "Surat keterangan kehilangan dari kepolisian" in lost
    assert "Surat keterangan kehilangan dari kepolisian" not in new


def test_follow_up_without_a_name_is_about_the_service_last_spoken_of():
    first = GUIDANCE.answer(Topic.REQUIREMENTS, ("sim",), NOTHING, text="perpanjang sim")
    second = GUIDANCE.answer(Topic.FEE, (), first.context, text="berapa biayanya?")
    assert second.context == Context("sim", "perpanjangan")
    assert "SIM C: Rp75.000" in _plain(second)


def test_newly_named_service_replaces_the_old_one_and_its_variant():
    answer = GUIDANCE.answer(Topic.FEE, ("skck",), Context("sim", "perpanjangan"))
    assert answer.context == Context("skck", None)
    assert "Rp30.000" in _plain(answer)


def test_another_variant_in_the_words_replaces_the_old_one():
    answer = GUIDANCE.answer(
        Topic.FEE, (), Context("sim", "perpanjangan"), text="kalau bikin baru berapa"
    )
    assert answer.context == Context("sim", "baru")
    assert "SIM C: Rp100.000" in _plain(answer)


def test_unknown_variant_of_a_button_is_asked_again_rather_than_guessed():
    answer = GUIDANCE.answer(Topic.FEE, ("sim",), NOTHING, variant="terbang")
    assert "Mana yang Anda maksud?" in _plain(answer)


def test_two_services_in_one_message_get_both_answers():
    answer = GUIDANCE.answer(Topic.FEE, ("skck", "nikah_kua"), NOTHING)
    assert len(answer.replies) == 2
    assert ("Rp30.000" in answer.replies[0].text, "Rp600.000" in answer.replies[1].text) == (
        True,
        True,
    )
    assert answer.context == Context("nikah_kua", None)


def test_a_service_named_twice_is_answered_once():
    assert len(GUIDANCE.answer(Topic.FEE, ("skck", "skck"), NOTHING).replies) == 1


def test_without_a_service_the_frequent_ones_are_offered():
    answer = GUIDANCE.answer(Topic.FEE, (), NOTHING, text="berapa biayanya")
    offered = tuple(s for button in _buttons(answer) for s in button.press.words.services)
    assert offered == CATALOGUE.general.layanan_utama
    assert "layanan lain" in _plain(answer)


def test_buttons_lead_on_to_what_was_not_asked():
    answer = GUIDANCE.answer(Topic.FEE, ("skck",), NOTHING)
    assert [button.label for button in _buttons(answer)] == [
        *("Syarat", "Lama", "Lokasi", "Daring", "Ajukan"),
    ]
    assert {button.press.intent for button in _buttons(answer)} == {
        *("tanya_syarat", "tanya_waktu_proses", "tanya_lokasi", "tanya_layanan_daring"),
        "ajukan_permohonan",
    }


def test_buttons_carry_the_variant_spoken_of():
    answer = GUIDANCE.answer(Topic.REQUIREMENTS, ("ktp_el",), NOTHING, variant="hilang")
    assert {button.press.words for button in _buttons(answer)} == {
        KeptWords(services=("ktp_el",), variant="hilang")
    }


def test_steps_are_numbered_and_requirements_are_not():
    steps = _plain(GUIDANCE.answer(Topic.PROCEDURE, ("ikd",), NOTHING))
    needs = _plain(GUIDANCE.answer(Topic.REQUIREMENTS, ("ikd",), NOTHING))
    assert ("\n1. " in steps, "\n• Alamat email aktif" in needs) == (True, True)


@pytest.mark.parametrize(
    ("text", "offices"),
    [
        ("nomor damkar berapa", ("damkar_mamuju",)),
        ("dukcapilnya buka hari sabtu?", ("disdukcapil",)),
        ("alamat KUA Sampaga di mana", ("kua_sampaga",)),
        ("kua buka jam berapa", ("kua_kecamatan",)),
        ("RSUD provinsi di mana", ("rsud_sulbar",)),
        ("samsat sama imigrasi buka jam berapa", ("samsat_mamuju", "imigrasi_mamuju")),
        ("buka jam berapa", ()),
        ("saya kuatir", ()),
    ],
)
def test_offices_are_known_by_their_everyday_names(text, offices):
    assert GUIDANCE.agencies_in(text) == offices


def test_question_about_an_office_is_answered_without_a_service():
    answer = GUIDANCE.answer(Topic.PLACE, (), Context("ktp_el"), text="kantor pdam di mana")
    assert "Jl. Kurungan Bassi, Kel. Rimuku, Kec. Mamuju" in _plain(answer)
    assert answer.context == Context("ktp_el")


def test_contact_of_the_fire_brigade_says_that_113_is_not_confirmed():
    said = _plain(GUIDANCE.answer(Topic.CONTACT, (), NOTHING, text="berapa nomor damkar?"))
    assert "113 (nomor nasional; sambungan di Mamuju belum dikonfirmasi)" in said


def test_an_old_number_is_admitted_as_a_gap():
    answer = GUIDANCE.answer(Topic.CONTACT, ("paspor",), NOTHING)
    assert "232540" not in _plain(answer)
    assert "Kantor Imigrasi Kelas II Non TPI Mamuju" in _plain(answer)
    assert "minta_petugas" in {button.press.intent for button in _buttons(answer)}


def test_hours_show_the_rule_but_not_our_own_arithmetic():
    said = _plain(GUIDANCE.answer(Topic.HOURS, ("nib",), NOTHING))
    assert ("Perpres 21/2023" in said, "16.00" in said) == (True, False)


def test_an_amended_fact_is_stated_from_then_on():
    number = Fact(
        nilai="(0426) 000000 (contoh)",
        dasar=Basis.SOURCE,
        diperiksa=CATALOGUE.general.diperiksa,
        sumber=("surat kepala dinas",),
    )
    changed = with_facts("agencies", "disdukcapil", telepon=(number,))
    answer = Guidance(changed, WORDING).answer(Topic.CONTACT, (), NOTHING, text="nomor dukcapil")
    assert "Telepon: (0426) 000000 (contoh)" in _plain(answer)
    assert "Sumber: surat kepala dinas." in _plain(answer)
    assert CATALOGUE.agency("disdukcapil").telepon[0].nilai is None


def test_the_oldest_fact_gives_the_day_of_the_check():
    first, second, *others = CATALOGUE.service("skck").biaya
    older = replace(second, diperiksa=CATALOGUE.general.diperiksa.replace(day=2))
    changed = with_facts("services", "skck", biaya=(first, older, *others))
    said = _plain(Guidance(changed, WORDING).answer(Topic.FEE, ("skck",), NOTHING))
    assert "Diperiksa 2 November 2026." in said


@settings(deadline=None)  # the machine may be busy
@given(st.text(min_size=1).filter(str.strip))
def test_whatever_stands_in_the_catalogue_cannot_break_the_markup(value):
    first, *others = CATALOGUE.service("skck").lokasi
    changed = with_facts("services", "skck", lokasi=(replace(first, nilai=value), *others))
    text = Guidance(changed, WORDING).answer(Topic.PLACE, ("skck",), NOTHING).replies[0].text
    assert set(re.findall(r"<[^>]*>", text)) == {"<b>", "</b>", "<i>", "</i>"}
    assert value.strip().splitlines()[0].strip()[1:] in html.unescape(text)


def test_rules_and_offices_are_named_before_newspapers_and_private_pages() -> None:
    sources = [
        "syam.blogspot.com",
        "kompas.com",
        "dukcapil.ngawikab.go.id",
        "UU 24/2013 Pasal 79A",
    ]
    assert sorted(sources, key=weight_of_source) == list(reversed(sources))
