"""Which service the next question is about, when it names none."""

from typing import Any

import pytest

from desk.domain.heard import FALLBACK
from tests.integration.scenes import LAMP, LAMP_SENSE, Citizen

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
UNSURE = (("tanya_prosedur", 0.4), ("lapor_aduan", 0.3))


async def puzzle(citizen: Citizen, text: str, *services: str, **sense: Any) -> str:
    """Say something that is too unclear to be answered."""
    return await citizen.say(text, FALLBACK, services=services, ranking=UNSURE, **sense)


async def test_an_unclear_message_is_asked_back_and_what_it_named_is_remembered(
    citizen: Citizen,
) -> None:
    asked = await puzzle(citizen, "paspor istri sy kecuci", "paspor")
    answer = await citizen.say("habis berapa duit", "tanya_biaya")

    assert asked == "Maaf, saya belum yakin maksud Anda. Apakah ini?"
    assert answer.startswith("<b>Biaya Paspor")


async def test_the_case_that_an_unclear_message_named_is_remembered_too(citizen: Citizen) -> None:
    await puzzle(citizen, "kk sy sobek ketumpahan kopi", "kk")
    answer = await citizen.say("berkasnya apa saja", "tanya_syarat")

    assert answer.startswith("<b>Syarat Kartu Keluarga – ")
    assert "KK yang rusak" in answer


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        ("siang, ini soal skck", "salam"),
        ("oke makasih penjelasan skcknya", "terima_kasih"),
        ("kecewa dua kali urus skck ditolak", "ungkap_kecewa"),
        ("sambungkan ke orang yang paham skck", "minta_petugas"),
        ("skck saya sampai mana diproses", "cek_status_aduan"),
    ],
)
async def test_a_service_named_beside_something_else_is_remembered(
    citizen: Citizen, words: str, intent: str
) -> None:
    await citizen.say(words, intent, services=("skck",))
    answer = await citizen.say("habis berapa duit", "tanya_biaya")

    assert answer.startswith("<b>Biaya SKCK")


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        ("bikinkan kami satu pantun lucu tentang kia", "di_luar_topik"),
        ("tolong ada kebakaran di loket kia", "darurat"),
        ("bukan, saya tidak tanya soal kia", "tolak"),
        ("batal saja, kia tidak jadi diurus", "batal"),
        ("mau bicara soal kia tapi rahasiakan nama saya", "minta_anonim"),
    ],
)
async def test_what_is_off_topic_urgent_refused_or_secret_changes_no_subject(
    citizen: Citizen, words: str, intent: str
) -> None:
    await citizen.say("skck bayar berapa", "tanya_biaya", services=("skck",))
    await citizen.say(words, intent, services=("kia",))
    answer = await citizen.say("habis berapa duit", "tanya_biaya")

    assert answer.startswith("<b>Biaya SKCK")


async def test_of_several_services_in_an_unclear_message_none_becomes_the_subject(
    citizen: Citizen,
) -> None:
    await puzzle(citizen, "kia sama paspor kami kehujanan", "kia", "paspor")
    answer = await citizen.say("habis berapa duit", "tanya_biaya")

    assert answer.startswith("<b>Biaya</b> untuk layanan apa?")


async def test_an_unclear_message_about_the_same_service_keeps_its_case(citizen: Citizen) -> None:
    await citizen.say("syarat ganti kk sobek", "tanya_syarat", services=("kk",))
    await puzzle(citizen, "aduh kk ini kenapa begini", "kk")
    answer = await citizen.say("berkasnya apa saja", "tanya_syarat")

    assert "KK yang rusak" in answer


async def test_an_unclear_message_about_another_service_leaves_the_old_one_behind(
    citizen: Citizen,
) -> None:
    await citizen.say("skck bayar berapa", "tanya_biaya", services=("skck",))
    await puzzle(citizen, "kia adik kok begini", "kia")
    answer = await citizen.say("habis berapa duit", "tanya_biaya")

    assert answer.startswith("<b>Biaya Kartu Identitas Anak")


async def test_the_words_of_a_report_change_no_subject_even_when_it_is_dropped(
    citizen: Citizen,
) -> None:
    await citizen.say("skck bayar berapa", "tanya_biaya", services=("skck",))
    await citizen.say("petugas loket kia tidur terus", services=("kia",))
    await citizen.say("di lantai dua, dekat kia", FALLBACK, services=("kia",))
    await citizen.say("batal", "batal")
    answer = await citizen.say("habis berapa duit", "tanya_biaya")

    assert answer.startswith("<b>Biaya SKCK")


async def test_an_unclear_answer_to_a_drafts_question_changes_no_subject(citizen: Citizen) -> None:
    await citizen.say("skck bayar berapa", "tanya_biaya", services=("skck",))
    await citizen.say(LAMP, **LAMP_SENSE)
    before = await citizen.draft()
    await puzzle(citizen, "hmm kia begitu", "kia")
    answer = await citizen.say("habis berapa duit", "tanya_biaya")

    after = await citizen.draft()
    assert answer.startswith("<b>Biaya SKCK")
    assert after == before


async def test_an_application_that_names_nothing_is_for_the_service_of_an_unclear_message(
    citizen: Citizen,
) -> None:
    await puzzle(citizen, "kia ponakan digigit anjing", "kia")
    await citizen.say("uruskan saja", "ajukan_permohonan")

    draft = await citizen.draft()
    assert draft is not None
    assert draft.service == "kia"


async def test_giving_up_is_no_answer_to_which_case_even_if_it_names_the_service(
    citizen: Citizen,
) -> None:
    await citizen.say("syarat kk", "tanya_syarat", services=("kk",))
    answer = await citizen.say("batal urus kk", "batal", services=("kk",))

    assert answer.startswith("Baik, tidak jadi")
