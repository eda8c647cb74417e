"""What is heard when a button is pressed: the words that it keeps, or none."""

from datetime import UTC, datetime

import pytest

from desk.domain.heard import FALLBACK, Heard, PlaceHeard
from desk.domain.inbound import Point
from desk.domain.presses.citizens import (
    AddToTicket,
    BeginAnew,
    CitizenPress,
    KeepMyData,
    KeptWords,
    Means,
    WaitForOfficer,
)
from desk.domain.ticket_number import TicketNumber

WORDS = KeptWords(
    text="lampu mati",
    photos=("a", "b"),
    since=datetime(2026, 11, 24, tzinfo=UTC),
    services=("ktp_el", "kk"),
    variant="hilang",
    places=(("76.02.03", "76.02.03.1003"), ("76.02.01",)),
    categories=(("penerangan_jalan", 0.7), ("air_bersih", 0.1)),
)


@pytest.mark.parametrize(
    ("press", "intent"),
    [
        (Means("lapor_aduan", WORDS), "lapor_aduan"),
        (BeginAnew("draf", WORDS), FALLBACK),
        (AddToTicket(TicketNumber("MJU-1"), WORDS), FALLBACK),
    ],
)
def test_a_button_stands_for_the_words_it_keeps(press: CitizenPress, intent: str) -> None:
    assert Heard.pressed(press) == Heard(
        intent=intent,
        text="lampu mati",
        services=("ktp_el", "kk"),
        variant="hilang",
        places=(PlaceHeard(("76.02.03", "76.02.03.1003")), PlaceHeard(("76.02.01",))),
        categories=(("penerangan_jalan", 0.7), ("air_bersih", 0.1)),
        photos=("a", "b"),
        press=press,
    )


@pytest.mark.parametrize("press", [Means("batal"), KeepMyData()])
def test_a_button_that_keeps_nothing_is_a_press_all_the_same(press: CitizenPress) -> None:
    assert Heard.pressed(press).is_press


def test_who_waits_for_an_officer_waits_about_the_service_that_was_named() -> None:
    assert Heard.pressed(WaitForOfficer(service="ktp_el")).services == ("ktp_el",)


def test_pictures_and_places_without_words_are_no_buttons() -> None:
    assert not Heard(FALLBACK, photos=("a",), point=Point(-2.5, 118.9)).is_press
