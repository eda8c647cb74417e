"""How a tracker's latest message is read into the desk's own words."""

from typing import Any

import pytest

from actions.reading import TurnUnreadable, heard_in, turn_ids
from desk.domain.heard import Heard, PlaceHeard
from desk.domain.inbound import Point
from desk.domain.presses.pending import WordsAwaited
from desk.domain.ticket_number import TicketNumber

KALUKKU = ["76.02.03", "76.02.03.1003"]


def message(**parts: Any) -> dict[str, Any]:
    return {"metadata": {"percakapan": "c", "giliran": "t"}, **parts}


def test_the_ids_come_from_our_channel() -> None:
    assert turn_ids(message()) == ("c", "t")


@pytest.mark.parametrize("strange", [{}, {"metadata": None}, {"metadata": {"percakapan": "c"}}])
def test_a_message_of_another_channel_is_refused(strange: dict[str, Any]) -> None:
    with pytest.raises(TurnUnreadable):
        turn_ids(strange)


def test_all_that_the_pipeline_found_is_taken() -> None:
    found = heard_in(
        {
            "text": "lampu di Kalukku mati, KTP saya juga hilang, MJU-1",
            "intent": {"name": "lapor_aduan", "confidence": 0.8},
            "intent_ranking": [
                {"name": "lapor_aduan", "confidence": 0.8},
                {"name": "tanya_syarat", "confidence": 0.1},
            ],
            "entities": [
                {"entity": "layanan", "value": "ktp_el"},
                {"entity": "layanan", "value": "ktp_el"},
                {"entity": "varian", "value": "hilang"},
                {
                    "entity": "lokasi",
                    "value": "76.02.03",
                    "pilihan": ["76.02.03", "76.02.03.1003"],
                },
                {"entity": "lokasi", "value": "76.02.01"},
                {
                    "entity": "kategori",
                    "value": "penerangan_jalan",
                    "ranking": [{"name": "penerangan_jalan", "confidence": 0.7}],
                },
                {"entity": "nomor_tiket", "value": "MJU-1"},
            ],
            "metadata": {
                "titik": [-2.5, 118.9],
                "telepon": "0811",
                "foto": ["a", "b"],
                "menjawab": {"kind": "WordsAwaited", "number": "MJU-2"},
            },
        }
    )

    assert found == Heard(
        intent="lapor_aduan",
        text="lampu di Kalukku mati, KTP saya juga hilang, MJU-1",
        confidence=0.8,
        ranking=(("lapor_aduan", 0.8), ("tanya_syarat", 0.1)),
        services=("ktp_el",),
        variant="hilang",
        places=(PlaceHeard(("76.02.03", "76.02.03.1003")), PlaceHeard(("76.02.01",))),
        categories=(("penerangan_jalan", 0.7),),
        ticket_number="MJU-1",
        point=Point(-2.5, 118.9),
        phone="0811",
        photos=("a", "b"),
        answers=WordsAwaited(TicketNumber("MJU-2")),
    )


def test_a_fallback_is_as_sure_as_the_best_intent_behind_it() -> None:
    found = heard_in(
        message(
            text="anu",
            intent={"name": "nlu_fallback", "confidence": 0.9},
            intent_ranking=[
                {"name": "nlu_fallback", "confidence": 0.9},
                {"name": "setuju", "confidence": 0.3},
            ],
        )
    )

    assert (found.intent, found.best_intent, found.confidence) == ("nlu_fallback", "setuju", 0.3)


def test_an_empty_message_is_a_fallback_nobody_is_sure_of() -> None:
    found = heard_in(message())

    assert (found.intent, found.text, found.confidence) == ("nlu_fallback", "", 0.0)
