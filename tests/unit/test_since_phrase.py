"""Since when the matter goes on, found in everyday Indonesian."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.domain.since_phrase import find_since


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("sampah di lorong kami sudah 5 hari menumpuk", "sudah 5 hari"),
        ("Sudah hampir dua bulan lampu jalan padam", "Sudah hampir dua bulan"),
        ("sdh 4 mgg air keruh terus", "sdh 4 mgg"),
        ("jembatannya udah setahun lebih miring", "udah setahun lebih"),
        ("sudah mi seminggu tidak diangkut", "sudah mi seminggu"),
        ("tiga bulan mi bantuan tidak turun", "tiga bulan mi"),
        ("enam harimi tidak menyala", "enam harimi"),
        ("selokan tersumbat sebulanan ini", "sebulanan ini"),
        ("berminggu-minggu bau busuk", "berminggu-minggu"),
        ("beberapa minggu terakhir sering padam", "beberapa minggu terakhir"),
        ("KK saya sudah 20 hari kerja belum selesai", "sudah 20 hari kerja"),
        ("air ledeng macet 4 hari", "4 hari"),
        ("pohon itu tumbang 2 hari yang lalu", "2 hari yang lalu"),
        ("sudah 2 x 24 jam belum ada petugas", "sudah 2 x 24 jam"),
        ("kurang lebih 8 bulan begini", "kurang lebih 8 bulan"),
        ("dua minggu sudah jalannya amblas", "dua minggu sudah"),
    ],
)
def test_a_length_of_time_is_found(text, phrase):
    assert find_since(text) == phrase


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("listrik padam sejak tadi malam", "sejak tadi malam"),
        ("Dari kemarin sore air tidak keluar", "Dari kemarin sore"),
        ("got mampet dr minggu lalu", "dr minggu lalu"),
        ("sudah sejak bulan Maret kami tunggu", "sudah sejak bulan Maret"),
        ("sejak tgl 7 belum ada kabar", "sejak tgl 7"),
        ("mulai hari rabu kemarin macet", "mulai hari rabu kemarin"),
        ("rusak sejak tahun 2021", "sejak tahun 2021"),
        ("jalan berlubang sejak natal", "sejak natal"),
        ("sejak ada galian pipa jalan berlubang", "sejak ada galian pipa"),
        ("dari dulu begini", "dari dulu"),
        ("tadi siang tiang listrik miring", "tadi siang"),
        ("bulan lalu atap pasar roboh", "bulan lalu"),
        ("suda lama skali tidak diperbaiki", "suda lama skali"),
        ("sejak jam 6 pagi tidak ada air", "sejak jam 6 pagi"),
    ],
)
def test_a_point_in_time_is_found(text, phrase):
    assert find_since(text) == phrase


@pytest.mark.parametrize(
    "text",
    [
        "",
        "jalan di depan rumah saya rusak parah",
        "prosesnya 14 hari kerja",
        "apakah benar 5 hari kerja?",
        "saya di RT 4 hari Senin biasanya di rumah",
        "rumah saya di Jl. Poros KM 7 bulan depan digusur",
        "iuran sampah 15 ribu per bulan",
        "bayar 10 ribu sebulan",
        "petugas datang 2 minggu sekali",
        "anak saya umur 3 bulan, mau buat akta",
        "loket buka dari jam 08.00 sampai 15.00",
        "buka dari senin sampai jumat",
        "3 minggu lagi ada hajatan",
        "sejak kapan aturannya berubah?",
        "kemarin saya lapor tetapi belum dijawab",
        "ambulans siaga 24 jam.",
        "setiap minggu lalu lintas padat",
        "jalan dari Simboro ke Tapalang berlubang",
        "sudah 4 kali saya lapor",
        "paling lambat 30 hari.",
        "sudah berapa hari prosesnya?",
    ],
)
def test_other_numbers_and_times_are_left_alone(text):
    assert find_since(text) is None


def test_the_clearest_phrase_wins_over_an_earlier_weak_one():
    assert find_since("kemarin hujan, tetapi airnya mati sudah 6 hari") == "sudah 6 hari"


@given(st.text(alphabet="sudah 3hariejkmn,.?- ", max_size=300))
def test_the_phrase_is_a_trimmed_part_of_the_message(text):
    found = find_since(text)
    flat = " ".join(text.split(" "))
    assert found is None or (found == found.strip() and found in " ".join(flat.split()))


@given(st.text(max_size=200))
def test_any_text_is_read_without_error(text):
    assert find_since(text) is None or find_since(text) != ""
