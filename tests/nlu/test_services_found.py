"""The service a question is about is told from the documents that it only mentions."""

import pytest

from nlu.services_found import choose_services, find_mentions


def services(text: str, **likely: float) -> list[str]:
    return choose_services(find_mentions(text), likely)


@pytest.mark.parametrize(
    ("text", "service"),
    [
        ("syarat bikin ktp", "ktp_el"),
        ("e-KTP hilang", "ktp_el"),
        ("kknya belum jadi", "kk"),
        ("akte lahir anakku", "akta_kelahiran"),
        ("urus ijin keramaian", "izin_keramaian"),
        ("perpanjang stnk motor", "pajak_kendaraan"),
        ("bikin s.k.c.k dimana", "skck"),
        ("aktivasi ktp digital", "ikd"),
        ("ktp anak", "kia"),
        ("kartu kuning online", "kartu_ak1"),
        ("daftar ppdb", "spmb"),
        ("sertipikat tanah", "sertifikat_tanah"),
        ("persetujuan bangunan gedng", "pbg"),
        ("katepe patah", "ktp_el"),
        ("bikin n.i.b bayar?", "nib"),
    ],
)
def test_a_service_is_known_by_its_everyday_names(text: str, service: str) -> None:
    assert services(text) == [service]


@pytest.mark.parametrize(
    ("text", "service"),
    [
        ("bikin skck perlu ktp asli?", "skck"),
        ("ktp dibawa kah waktu urus paspor", "paspor"),
        ("perpanjang sim pakai fotokopi ktp", "sim"),
        ("buat kia cukup fotokopi kk saja?", "kia"),
        ("bikin paspor anak, akta lahir asli perlu?", "paspor"),
    ],
)
def test_a_document_named_as_requirement_is_not_the_service(text: str, service: str) -> None:
    assert services(text) == [service]


def test_two_services_asked_about_together_are_both_found() -> None:
    assert services("syarat bikin ktp dan kk") == ["ktp_el", "kk"]
    assert services("akta kelahiran hilang dan kia rusak, ke mana") == ["akta_kelahiran", "kia"]
    assert services("ganti buku nikah baru, perlu kk", nikah_kua=0.9) == ["nikah_kua"]
    assert services("alamat berubah, ktp dan kk diganti semua", ktp_el=0.9) == ["ktp_el", "kk"]


def test_two_questions_in_one_message_are_about_two_services() -> None:
    text = "urus skck dimana, terus kartu kuning dimana"
    assert services(text, skck=0.8, kartu_ak1=0.2) == ["skck", "kartu_ak1"]


def test_an_office_stands_for_its_service_only_when_the_message_points_to_it() -> None:
    assert services("samsat buka jam berapa", none=0.8, pajak_kendaraan=0.1) == []
    found = services("bayar di samsat berapa", none=0.2, pajak_kendaraan=0.7)
    assert found == ["pajak_kendaraan"]


def test_a_service_without_a_name_needs_a_clear_lead() -> None:
    text = "anak saya baru lahir, suratnya diurus di mana"
    assert services(text, akta_kelahiran=0.6, kia=0.1, none=0.2) == ["akta_kelahiran"]
    assert services(text, akta_kelahiran=0.4, kia=0.35, none=0.2) == []


def test_a_name_in_passing_counts_little_when_the_message_asks_nothing() -> None:
    assert services("petugas ktp ramah sekali", none=0.97, ktp_el=0.01) == []


@pytest.mark.parametrize("text", ["", "halo", "😀", "kami kopi", "jalan rusak di karema"])
def test_messages_without_a_service_have_none(text: str) -> None:
    assert services(text, none=0.95) == []
