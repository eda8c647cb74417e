"""Dates to come, as officers type them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.domain.typed_date import LATEST, read_coming_date

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("besok", date(2026, 11, 25)),
        ("Lusa", date(2026, 11, 26)),
        ("hari ini", TODAY),
        ("1 Desember 2026", date(2026, 12, 1)),
        ("1 des", date(2026, 12, 1)),
        ("Selasa, 1 Desember 2026.", date(2026, 12, 1)),
        ("1/12/2026", date(2026, 12, 1)),
        ("1-12-26", date(2026, 12, 1)),
        ("1.12", date(2026, 12, 1)),
        ("2026-12-01", date(2026, 12, 1)),
        ("5 Januari", date(2027, 1, 5)),
        ("17 agt 2027", date(2027, 8, 17)),
        ("29 februari", date(2028, 2, 29)),
    ],
)
def test_a_date_is_read_however_it_is_typed(text, expected):
    assert read_coming_date(text, TODAY) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "minggu depan",
        "1/12/2025",
        "31 november 2026",
        "1 foo",
        "1/12/2096",
        "13/13/2026",
        "12",
    ],
)
def test_what_is_no_coming_date_is_none(text):
    assert read_coming_date(text, TODAY) is None


@given(st.integers(0, LATEST.days), st.sampled_from(["%d/%m/%Y", "%Y-%m-%d", "%d.%m.%Y"]))
def test_every_coming_date_comes_back(days, form):
    day = TODAY + timedelta(days=days)
    assert read_coming_date(day.strftime(form), TODAY) == day


@given(st.text(max_size=20))
def test_nothing_typed_breaks_it(text):
    found = read_coming_date(text, TODAY)
    assert found is None or TODAY <= found <= TODAY + LATEST
