"""The page of an evaluation: the figures in words, and a plot for each question."""

import xml.etree.ElementTree as ET

import pytest

from sapa.evaluation_page import Answer, calibration_error, write_report

ANSWERS = [
    Answer("salam", "salam", "salam", 0.95),
    Answer("pamit", "pamit", "nlu_fallback", 0.45),
    Answer("tolak", "batal", "batal", 0.85),
    Answer("batal", "batal", "batal", 0.75),
]


def test_the_page_tells_the_rates_and_shows_four_plots(tmp_path):
    path = tmp_path / "new folder" / "page.html"
    write_report(path, ANSWERS)
    page = path.read_text(encoding="utf-8")
    assert "first choice right 75.0%, asked back 25.0%, confidently wrong 25.0%" in page
    assert page.count("<svg") == page.count("</svg>") == 4
    assert "tolak read as batal: 1" in page


def test_the_page_needs_nothing_from_elsewhere_and_each_plot_is_well_formed(tmp_path):
    write_report(tmp_path / "page.html", ANSWERS)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.replace("http://www.w3.org/2000/svg", "").count("http") == 0
    for part in page.split("<svg")[1:]:
        ET.fromstring("<svg" + part.split("</svg>")[0] + "</svg>")


def test_confidence_that_means_what_it_says_has_no_calibration_error():
    honest = [Answer("salam", read, read, 0.75) for read in ("salam", "salam", "salam", "pamit")]
    assert calibration_error(honest) == pytest.approx(0.0)
    boasting = [Answer("salam", "pamit", "pamit", 0.95)]
    assert calibration_error(boasting) == pytest.approx(0.95)
