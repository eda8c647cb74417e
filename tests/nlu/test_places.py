"""Places of the regency are found however they are spelled, and none is invented."""

import pytest

from nlu.places import Gazetteer

REGIONS = {
    "meta": {"tetangga": [{"kode": "76.06", "tempat": ["Topoyo", "Budong-Budong"]}]},
    "kecamatan": [
        {
            "kode": "76.02.01",
            "nama": "Mamuju",
            "wilayah": [
                {"kode": "76.02.01.1012", "nama": "Karema", "jenis": "kelurahan"},
                {"kode": "76.02.01.2005", "nama": "Bambu", "jenis": "desa"},
                {"kode": "76.02.01.2014", "nama": "Batu Pannu", "jenis": "desa"},
            ],
        },
        {
            "kode": "76.02.03",
            "nama": "Kalukku",
            "wilayah": [
                {"kode": "76.02.03.1003", "nama": "Kalukku", "jenis": "kelurahan"},
                {"kode": "76.02.03.2006", "nama": "Belang-Belang", "jenis": "desa"},
                {"kode": "76.02.03.2012", "nama": "Kalukku Barat", "jenis": "desa"},
            ],
        },
    ],
}


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer(REGIONS)


def codes(gazetteer: Gazetteer, text: str) -> list[tuple[str, ...]]:
    return [place.choices for place in gazetteer.find(text)]


@pytest.mark.parametrize(
    "text", ["lampu di karema mati", "KAREMA gelap", "karemaa banjir", "di karemaji itu"]
)
def test_a_village_is_found_in_any_spelling(gazetteer: Gazetteer, text: str) -> None:
    assert codes(gazetteer, text) == [("76.02.01.1012",)]


@pytest.mark.parametrize("name", ["batupannu", "batu panu", "Batu-Pannu", "batu pannnu"])
def test_spaces_hyphens_and_doubled_letters_do_not_matter(gazetteer: Gazetteer, name: str) -> None:
    assert codes(gazetteer, f"jembatan {name} putus") == [("76.02.01.2014",)]


def test_a_name_of_village_and_district_offers_both_without_a_hint(gazetteer: Gazetteer) -> None:
    assert codes(gazetteer, "kalukku macet") == [("76.02.03", "76.02.03.1003")]
    assert codes(gazetteer, "kecamatan kalukku macet") == [("76.02.03",)]
    assert codes(gazetteer, "kelurahan kalukku macet") == [("76.02.03.1003",)]


def test_the_longest_name_wins(gazetteer: Gazetteer) -> None:
    assert codes(gazetteer, "di kalukku barat") == [("76.02.03.2012",)]


def test_a_district_named_after_its_village_only_says_where_it_is(gazetteer: Gazetteer) -> None:
    assert codes(gazetteer, "di belang2, kalukku") == [("76.02.03.2006",)]


def test_plain_mamuju_is_no_place(gazetteer: Gazetteer) -> None:
    assert codes(gazetteer, "kantor di mamuju") == []
    assert codes(gazetteer, "kec. mamuju banjir") == [("76.02.01",)]


def test_places_of_mamuju_tengah_have_the_code_of_the_neighbour(gazetteer: Gazetteer) -> None:
    assert codes(gazetteer, "warga budong budong") == [("76.06",)]
    assert codes(gazetteer, "mamuju tengah banjir") == [("76.06",)]


@pytest.mark.parametrize(
    "text",
    [
        "karena hujan jalan rusak",
        "pagar bambu roboh",
        "karma",
        "",
        "/",
        "😀",
        "karang, batu, panu",
    ],
)
def test_ordinary_words_are_no_places(gazetteer: Gazetteer, text: str) -> None:
    assert codes(gazetteer, text) == []


def test_a_word_that_is_also_a_place_counts_after_a_hint(gazetteer: Gazetteer) -> None:
    assert codes(gazetteer, "desa bambu gelap") == [("76.02.01.2005",)]
    assert codes(gazetteer, "longsor di bambu") == [("76.02.01.2005",)]


def test_positions_point_into_the_text_as_typed(gazetteer: Gazetteer) -> None:
    text = "Jln. rusak di  KAREMA!!"
    (place,) = gazetteer.find(text)
    assert text[place.start : place.end] == "KAREMA"


def test_the_catalogue_of_the_repository_can_be_read() -> None:
    assert codes(Gazetteer.from_file(), "jembatan di bonehau") == [("76.02.15", "76.02.15.2001")]
