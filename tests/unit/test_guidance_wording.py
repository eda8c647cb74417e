"""The desk's words: templates, escaping, dates and money."""

import html
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError

from desk.services.wording import UnknownWording, Wording, WordingInvalid, jam, rupiah, tanggal

ROOT = Path(__file__).parents[2]
DELIVERED = Wording(ROOT / "data" / "replies")


@pytest.fixture
def write(tmp_path):
    def _write(text, name="satu.yml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path

    return _write


def test_values_are_filled_in_and_escaped(write):
    wording = Wording(write("sapaan: Halo <b>{{ nama }}</b>"))
    assert wording.say("sapaan", nama="<i>&") == "Halo <b>&lt;i&gt;&amp;</b>"


def test_plain_text_has_neither_tags_nor_entities(write):
    wording = Wording(write("tombol: <b>Jalan & {{ apa }}</b>"))
    assert wording.plain("tombol", apa="<jembatan>") == "Jalan & <jembatan>"


def test_keys_of_all_files_are_known(write):
    write("satu: a", "satu.yml")
    assert Wording(write("dua: b", "dua.yml")).keys == {"satu", "dua"}


def test_unknown_key_is_a_typed_error(write):
    with pytest.raises(UnknownWording):
        Wording(write("ada: ya")).say("tidak_ada")


def test_forgotten_value_is_an_error_rather_than_a_gap(write):
    with pytest.raises(UndefinedError):
        Wording(write("sapaan: Halo {{ nama }}")).say("sapaan")


def test_blocks_leave_no_empty_lines(write):
    text = "daftar: |\n  Isi\n  {% for x in xs %}\n  • {{ x }}\n  {% endfor %}\n  Akhir\n"
    assert Wording(write(text)).say("daftar", xs=[1, 2]) == "Isi\n• 1\n• 2\nAkhir"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("salah: '{{ nama'", "satu.yml: salah"),
        ("salah: <p>halo</p>", "<p>"),
        ("salah: <b class='x'>halo</b>", "<b class"),
        ("salah: 3", "satu.yml: salah"),
        ("- a", "satu.yml"),
        ("a: [", "satu.yml"),
    ],
)
def test_unusable_file_is_named(write, text, says):
    with pytest.raises(WordingInvalid) as caught:
        Wording(write(text))
    assert says in str(caught.value)


def test_key_in_two_files_is_refused(write):
    write("sama: a", "a.yml")
    with pytest.raises(WordingInvalid):
        Wording(write("sama: b", "b.yml"))


def test_delivered_replies_can_all_be_read():
    assert "panduan_jawaban" in DELIVERED.keys


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (date(2026, 11, 27), "Jumat, 27 November 2026"),
        (datetime(2026, 11, 27, 17, 0, tzinfo=UTC), "Sabtu, 28 November 2026"),
        (date(2027, 1, 3), "Minggu, 3 Januari 2027"),
    ],
)
def test_dates_are_written_out_in_local_time(moment, written):
    assert tanggal(moment) == written


def test_date_can_leave_out_the_weekday():
    assert tanggal(date(2026, 11, 24), hari=False) == "24 November 2026"


def test_time_is_written_in_wita():
    assert jam(datetime(2026, 11, 27, 8, 30, tzinfo=UTC)) == "16.30 WITA"


def test_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        jam(datetime(2026, 11, 27, 8, 30))  # noqa: DTZ001 - that is the point


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (0, "Rp0"),
        (950, "Rp950"),
        (120000, "Rp120.000"),
        (1000000, "Rp1.000.000"),
        (-500, "-Rp500"),
    ],
)
def test_money_is_written_with_points(amount, written):
    assert rupiah(amount) == written


@settings(deadline=None)  # the machine may be busy
@given(st.text())
def test_no_value_can_become_markup(value):
    said = DELIVERED.say("panduan_pilih_varian", topik=value, hal="x")
    assert said.count("<") == 2
    expected = f"<b>{value} x</b>"
    if "\n\n\n" not in value:
        assert html.unescape(said.replace("\r", "")).startswith(expected.replace("\r", ""))
