"""Whose matter something is."""

from desk.bootstrap import CATALOGUE_FOLDER
from desk.domain.routing import office_of_matter
from desk.storage.catalogue_files import load_catalogue

CATALOGUE = load_catalogue(CATALOGUE_FOLDER)


def test_the_category_decides_before_the_service():
    assert office_of_matter(CATALOGUE, "jalan_jembatan", "ktp_el") == "dinas_pu_mamuju"


def test_without_a_category_the_service_decides():
    assert office_of_matter(CATALOGUE, None, "ktp_el") == CATALOGUE.service("ktp_el").instansi


def test_a_category_without_an_office_is_for_the_coordinators_whatever_the_service():
    assert office_of_matter(CATALOGUE, "lainnya", "ktp_el") is None


def test_what_is_about_neither_is_for_the_coordinators():
    assert office_of_matter(CATALOGUE, None, None) is None
