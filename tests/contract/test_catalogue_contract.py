"""The catalogue as delivered: complete, honest, and answering every question."""

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from desk.domain.catalogue import Agency, Service
from desk.domain.catalogue_rules import CATEGORY_IDS, SERVICE_IDS, walk_facts
from desk.domain.facts import Basis, Topic
from desk.services.wording import Wording, rupiah
from desk.services.words.guidance import Context, Guidance, GuidanceAnswer
from desk.storage.catalogue_files import check_catalogue, load_catalogue

ROOT = Path(__file__).parents[2]
CATALOGUE = load_catalogue(ROOT / "data" / "catalogue")
GUIDANCE = Guidance(CATALOGUE, Wording(ROOT / "data" / "replies"))
QUESTIONS = [
    (service, variant, topic)
    for service in CATALOGUE.services
    for variant in ([v.id for v in service.varian] or [None])
    for topic in Topic
]
AGENCY_QUESTIONS = [
    (agency, topic)
    for agency in CATALOGUE.agencies
    for topic in (Topic.PLACE, Topic.HOURS, Topic.CONTACT)
]
#: Never seen in a source, too old, or known to be made up.
NEVER_SAID = [
    *("24 jam sejak", "F-1.06", "F-1.05", "DTSEN", "28 hari", "98 hari kerja", "19 hari kerja"),
    *("5 hari kerja (", "66%", "0,5%", "Digital Korlantas", "simbg.pu.go.id", "SMS 1708"),
    *("08118165165", "0811-8165-165", "232540", "2322049", "2703260", "21065", "0811-4169-614"),
    *("0426-123456", "2323110", "2325919", "21234", "477950", "Abdul Syakur", "Agung Pattola"),
    *("KS Tubun, Kel. Rimuku", "16.00; Jumat", "Perumda", "memakai tes", "1 Juli", "ingatan"),
]


def _ask(service: Service, variant: str | None, topic: Topic) -> GuidanceAnswer:
    return GUIDANCE.answer(topic, (service.id,), Context(), variant=variant)


def _plain(answer: GuidanceAnswer) -> str:
    texts = "\n".join(reply.text for reply in answer.replies)
    return html.unescape(re.sub(r"<[^>]+>", "", texts))


def _every_answer() -> Iterator[tuple[str, Agency, GuidanceAnswer]]:
    for service, variant, topic in QUESTIONS:
        name = f"{service.id} {variant} {topic.value}"
        yield name, CATALOGUE.agency(service.instansi), _ask(service, variant, topic)
    for agency, topic in AGENCY_QUESTIONS:
        answer = GUIDANCE.answer(topic, (), Context(), ask_agency=agency.id)
        yield f"{agency.id} {topic.value}", agency, answer


ANSWERS = list(_every_answer())


def test_delivered_catalogue_has_no_faults():
    assert check_catalogue(ROOT / "data" / "catalogue") == []


def test_catalogue_has_every_service_and_category_of_the_taxonomy():
    assert {service.id for service in CATALOGUE.services} == SERVICE_IDS
    assert len(CATALOGUE.services) == 28
    assert {category.id for category in CATALOGUE.categories} == CATEGORY_IDS
    assert len(CATALOGUE.categories) == 21
    assert len(CATALOGUE.agencies) == 35


def test_every_question_is_answered_within_the_length_of_one_message():
    lengths = {name: len(answer.replies[0].text) for name, _, answer in ANSWERS}
    assert {name: n for name, n in lengths.items() if not 0 < n <= 1500} == {}


def test_every_answer_names_the_office_and_the_day_it_was_checked():
    silent = [
        name
        for name, agency, answer in ANSWERS
        if agency.nama not in _plain(answer) or "Diperiksa 24 November 2026" not in _plain(answer)
    ]
    assert silent == []


def test_every_answer_says_where_its_facts_come_from_or_that_there_are_none():
    unexplained = [
        name
        for name, _, answer in ANSWERS
        if "Sumber: " not in _plain(answer) and "belum punya data resmi" not in _plain(answer)
    ]
    assert unexplained == []


def test_a_missing_fact_is_admitted_and_an_officer_offered():
    for name, _, answer in ANSWERS:
        intents = {button.press.intent for row in answer.replies[0].buttons for button in row}
        admits = "data resmi" in _plain(answer) or "sumber resmi" in _plain(answer)
        assert admits == ("minta_petugas" in intents), name


@pytest.mark.parametrize("words", NEVER_SAID)
def test_what_has_no_source_is_never_said(words):
    assert [name for name, _, answer in ANSWERS if words in _plain(answer)] == []


def test_no_answer_contains_a_fact_that_may_not_be_stated():
    for service, variant, topic in QUESTIONS:
        agency = CATALOGUE.agency(service.instansi)
        facts = [fact for _, fact in walk_facts(service)] + [f for _, f in walk_facts(agency)]
        named = [_words(fact.nilai) for fact in facts if fact.may_be_stated]
        stated = "\n".join(named + [fact.untuk for fact in facts])
        hidden = {_words(fact.nilai) for fact in facts if not fact.may_be_stated and fact.nilai}
        said = _plain(_ask(service, variant, topic))
        assert [w for w in hidden if w in said and w not in stated] == [], (service.id, variant)


@pytest.mark.parametrize("service_id", ["nib", "bansos", "spmb", "pbg", "pbb", "air_pdam"])
def test_a_fee_known_only_from_memory_is_not_called_free(service_id):
    service = CATALOGUE.service(service_id)
    variant = service.varian[0].id if service.varian else None
    said = _plain(_ask(service, variant, Topic.FEE))
    assert ("ratis" in said, "Rp" in said) == (False, False)


@pytest.mark.parametrize(
    ("service_id", "variant", "amount"),
    [
        ("sim", "baru", "SIM A: Rp120.000"),
        ("sim", "perpanjangan", "SIM C: Rp75.000"),
        ("skck", "baru", "Rp30.000"),
        ("paspor", "hilang_rusak", "Denda paspor hilang: Rp1.000.000"),
        ("nikah_kua", None, "Rp600.000"),
        ("ktp_el", "hilang", "gratis"),
    ],
)
def test_a_sourced_fee_is_stated(service_id, variant, amount):
    assert amount in _plain(_ask(CATALOGUE.service(service_id), variant, Topic.FEE))


def test_only_the_sourced_processing_times_are_stated():
    stated = {
        service.id
        for service in CATALOGUE.services
        if any(
            f.may_be_stated
            for f in [*service.waktu, *(f for v in service.varian for f in v.waktu)]
        )
    }
    assert stated == {
        *("sktm", "surat_domisili", "nikah_kua", "nib"),
        *("kartu_ak1", "izin_praktik_nakes", "spmb", "izin_keramaian"),
    }


def test_no_local_phone_number_is_stated_before_somebody_has_rung_it():
    stated = {
        fact.nilai
        for agency in CATALOGUE.agencies
        for fact in agency.telepon
        if fact.may_be_stated
    }
    assert {re.match(r"\d+", number).group() for number in stated} == {
        "110",
        "113",
        "115",
        "123",
        "165",
    }


def test_emergency_numbers_start_with_the_police_and_leave_out_112():
    numbers = [(n.nomor, n.dikonfirmasi) for n in CATALOGUE.general.darurat]
    assert numbers == [("110", True), ("113", False), ("115", False), ("119", False)]


@pytest.mark.parametrize(
    ("category", "office"),
    [
        ("jalan_jembatan", "dinas_pu_mamuju"),
        ("drainase_banjir", "dinas_pu_mamuju"),
        ("penerangan_jalan", "dishub_mamuju"),
        ("transportasi_parkir", "dishub_mamuju"),
        ("pohon_taman", "dlh_mamuju"),
        ("ketertiban_umum", "damkar_mamuju"),
        ("listrik_telekomunikasi", "pln_mamuju"),
        ("pertanahan", "bpn_mamuju"),
        ("pungli_korupsi", "inspektorat_mamuju"),
        ("pemerintahan_desa", None),
        ("lainnya", None),
    ],
)
def test_categories_go_to_their_default_office(category, office):
    assert CATALOGUE.category(category).instansi == office


def test_offices_outside_the_regency_are_marked():
    assert {agency.id for agency in CATALOGUE.agencies if agency.luar} == {
        *("polresta_mamuju", "polda_sulbar", "samsat_mamuju", "imigrasi_mamuju"),
        *("kua_kecamatan", "kua_sampaga", "kemenag_sulbar", "bpn_mamuju", "bpjs_kes_mamuju"),
        *("basarnas_mamuju", "rsud_sulbar", "rs_mitra_manakarra", "ombudsman_sulbar"),
        *("pa_mamuju", "pn_mamuju", "pln_mamuju"),
    }


def test_region_names_are_written_in_full():
    assert CATALOGUE.place("76.02.01.1012").full_name == "Kel. Karema, Kec. Mamuju"
    assert CATALOGUE.place("76.02.11.2001").full_name == "Desa Tommo, Kec. Tommo"
    assert len(CATALOGUE.kecamatan()) == 11
    papalang = [place for place in CATALOGUE.regions.kecamatan if place.kode == "76.02.16"]
    assert [len(place.wilayah) for place in papalang] == [2]


def test_all_days_off_are_there_and_the_uncertain_ones_marked():
    days = CATALOGUE.holidays()
    years = [sum(day.year == year for day in days) for year in (2026, 2027)]
    assert years == [25, 26]
    assert {h.nama for h in days.values() if h.perkiraan} >= {"Idulfitri", "Maulid Nabi"}
    assert not any(h.perkiraan for day, h in days.items() if day.year == 2026)


def test_every_fact_names_its_basis_and_day():
    for _, fact in walk_facts(CATALOGUE.services):
        assert fact.diperiksa.isoformat() == "2026-11-24"
        assert bool(fact.sumber) or fact.dasar is not Basis.SOURCE


def _words(value: object) -> str:
    return rupiah(value) if isinstance(value, int) else str(value)
