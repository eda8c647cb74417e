"""A classifier's probabilities are honest and survive saving; one text reads as in a batch."""

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse

from nlu.linear_model import LinearModel, train_linear_model
from nlu.ngrams import Ngrams

TEXTS = [
    *("jalan rusak depan rumah", "jalan berlubang parah", "aspal rusak di jalan besar"),
    *("lampu jalan mati", "lampu padam semua", "gelap karena lampu mati"),
    *("sampah menumpuk", "sampah tidak diangkut", "bau sampah di pasar"),
]
LABELS = ["jalan"] * 3 + ["lampu"] * 3 + ["sampah"] * 3


@pytest.fixture(scope="module")
def ngrams() -> Ngrams:
    return Ngrams.train(TEXTS, min_df=1)


@pytest.fixture(scope="module")
def model(ngrams: Ngrams) -> LinearModel:
    return train_linear_model(ngrams.transform(TEXTS), LABELS, strength=1.0)


@pytest.mark.parametrize("text", [*TEXTS, "", "kata yang tak dikenal xyz", "lampu lampu lampu"])
def test_one_text_gets_the_row_it_has_in_a_batch(ngrams: Ngrams, text: str) -> None:
    alone, batch = ngrams.transform_one(text), ngrams.transform([text])
    assert abs(alone - batch).max() < 1e-5


def test_chances_add_up_and_the_likeliest_comes_first(ngrams: Ngrams, model: LinearModel) -> None:
    row = ngrams.transform_one("lampu mati di jalan kami")
    ranking = model.rank(row.indices, row.data)
    assert ranking[0][0] == "lampu"
    assert sum(chance for _, chance in ranking) == pytest.approx(1.0)
    assert [p for _, p in ranking] == sorted((p for _, p in ranking), reverse=True)


def test_a_saved_model_ranks_as_before(tmp_path: Path, ngrams: Ngrams, model: LinearModel) -> None:
    model.save(tmp_path)
    ngrams.save(tmp_path)
    row = Ngrams.load(tmp_path).transform_one("sampah di depan rumah")
    before = model.rank(*_filled(ngrams.transform_one("sampah di depan rumah")))
    after = LinearModel.load(tmp_path).rank(*_filled(row))
    assert [name for name, _ in after] == [name for name, _ in before]
    assert np.allclose([p for _, p in after], [p for _, p in before], atol=1e-4)


def _filled(row: scipy.sparse.csr_matrix) -> tuple[np.ndarray, np.ndarray]:
    return row.indices, row.data
