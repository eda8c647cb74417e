"""Amending single facts of the catalogue."""

from dataclasses import replace
from pathlib import Path

import pytest

from desk.domain.amendments import Amendment, amended, fact_paths
from desk.domain.catalogue import UnknownEntry
from desk.domain.facts import Topic
from desk.storage.catalogue_files import load_catalogue

CATALOGUE = load_catalogue(Path(__file__).parents[2] / "data" / "catalogue")
FACTS = dict(fact_paths(CATALOGUE))


def test_every_fact_can_be_put_back_where_it_was_found():
    assert amended(CATALOGUE, [Amendment(path, fact) for path, fact in FACTS.items()]) == CATALOGUE


def test_paths_name_services_variants_and_offices():
    assert {"services/ktp_el/varian/hilang/syarat/0", "agencies/disdukcapil/alamat/0"} <= set(
        FACTS
    )


def test_amendment_changes_that_fact_and_no_other():
    path = "services/ktp_el/varian/hilang/syarat/1"
    changed = amended(CATALOGUE, [Amendment(path, replace(FACTS[path], nilai="Salinan KK"))])
    differing = {p for p, fact in fact_paths(changed) if fact != FACTS[p]}
    assert differing == {path}


def test_number_past_the_end_adds_a_fact():
    fact = replace(FACTS["agencies/pln_mamuju/telepon/0"], nilai="contoh")
    changed = amended(CATALOGUE, [Amendment("agencies/pln_mamuju/telepon/1", fact)])
    assert [f.nilai for f in changed.agency("pln_mamuju").telepon][-1] == "contoh"


def test_amended_remark_keeps_its_topics():
    path = "services/ktp_el/catatan/0"
    plain = replace(FACTS["services/ktp_el/lokasi/0"], nilai="Baru")
    note = amended(CATALOGUE, [Amendment(path, plain)]).service("ktp_el").catatan[0]
    assert (note.nilai, note.topik) == ("Baru", (Topic.REQUIREMENTS, Topic.PROCEDURE))


@pytest.mark.parametrize(
    "path",
    [
        *("", "services", "services/ktp", "services/ktp_el/nama", "services/ktp_el/lokasi/9"),
        *("agencies/pln_mamuju/telepon/0/nilai", "services/ktp_el/varian/hilang"),
    ],
)
def test_path_that_leads_nowhere_is_refused(path):
    with pytest.raises(UnknownEntry):
        amended(CATALOGUE, [Amendment(path, FACTS["services/ktp_el/lokasi/0"])])
