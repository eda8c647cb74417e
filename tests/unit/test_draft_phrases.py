"""What citizens' words say about their draft: not knowing, secrecy, corrections, yes-buts."""

import pytest

from desk.domain.draft import DraftField
from desk.domain.draft_phrases import (
    correction_in,
    has_reservations,
    identity_in,
    identity_wish_in,
    is_unknown,
    read_phone,
    tells_a_story,
)
from desk.domain.lifecycle import Identity

F, WHO = DraftField, Identity


@pytest.mark.parametrize(
    "text",
    [
        *("tidak tahu", "Tidak tau.", "gak tau pak", "nda kutau", "kurang tahu persisnya"),
        *("saya tidak ingat", "lupa kapan", "entahlah", "lewati", "skip saja", "belum pasti"),
    ],
)
def test_not_knowing_is_heard(text: str) -> None:
    assert is_unknown(text) is True


@pytest.mark.parametrize(
    "text",
    [
        *("", "depan kantor lurah", "tidak jauh dari pasar", "jalan yang tidak tahu namanya itu"),
        *("lewat jembatan dua", "sejak bulan lalu", "lewat pasar belok kiri"),
    ],
)
def test_words_that_tell_something_are_not_taken_for_not_knowing(text: str) -> None:
    assert is_unknown(text) is False


@pytest.mark.parametrize(
    ("text", "identity"),
    [
        ("anonim", WHO.ANONIM),
        ("tanpa identitas saja", WHO.ANONIM),
        ("Rahasia", WHO.RAHASIA),
        ("jangan sebut nama saya", WHO.RAHASIA),
        ("tolong disembunyikan", WHO.RAHASIA),
        ("terbuka saja", WHO.TERBUKA),
        ("pakai nama", WHO.TERBUKA),
        ("terbuka, tidak usah anonim", WHO.TERBUKA),
        ("tidak perlu dirahasiakan", None),
        ("rahasia atau anonim ya?", None),
        ("boleh", None),
        ("terserah", None),
    ],
)
def test_a_chosen_identity_is_heard_and_an_unclear_one_is_not_guessed(
    text: str, identity: Identity | None
) -> None:
    assert identity_in(text) == identity


@pytest.mark.parametrize(
    ("text", "identity"),
    [
        ("ada pungli di kantor lurah, tolong rahasiakan nama saya", WHO.RAHASIA),
        ("saya lapor secara anonim, jalan rusak", WHO.ANONIM),
        ("jalan tanpa nama di belakang pasar rusak", None),
        ("limbah dibuang sembunyi-sembunyi", None),
        ("ada dana rahasia di kantor desa", None),
        ("nama saya Andi, jalan rusak", None),
    ],
)
def test_in_a_story_only_words_about_oneself_choose_the_identity(
    text: str, identity: Identity | None
) -> None:
    assert identity_wish_in(text) == identity


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("lokasinya salah, ganti", F.PLACE),
        ("mau ubah kategori", F.CATEGORY),
        ("ganti fotonya", F.PHOTOS),
        ("namanya keliru", F.NAME),
        ("ubah nomor hp", F.PHONE),
        ("salah", None),
        ("lokasi di depan pasar", None),
        ("kepala desa salah menyalurkan bantuan kepada warga yang tidak berhak di lokasi", None),
    ],
)
def test_a_short_correction_names_its_field(text: str, field: DraftField | None) -> None:
    assert correction_in(text) == field


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("iya", True),
        ("ya benar kirim saja", True),
        ("iya tapi lokasinya lain", False),
        ("ya tunggu dulu", False),
    ],
)
def test_only_a_plain_yes_is_plain(text: str, expected: bool) -> None:
    assert has_reservations(text) is not expected


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("0812 3456 7890", "081234567890"),
        ("wa saya +62 812-3456-7890 ya", "081234567890"),
        ("(0426) 21101 kantor", "042621101"),
        ("12345", None),
        ("tidak ada", None),
    ],
)
def test_a_phone_number_is_read_in_the_forms_people_write(text: str, phone: str | None) -> None:
    assert read_phone(text) == phone


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mau lapor min", False),
        ("saya ingin membuat pengaduan", False),
        ("halo, mau lapor sesuatu", False),
        ("jalan rusak", True),
        ("mau lapor jalan rusak", True),
        ("😡😡", False),
        ("", False),
    ],
)
def test_an_announcement_is_no_story(text: str, expected: bool) -> None:
    assert tells_a_story(text) is expected
