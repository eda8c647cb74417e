"""Values that a browser keeps for us."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.signing import Signer

SIGNER = Signer(b"a secret")


def test_what_was_signed_is_read_back() -> None:
    assert SIGNER.read("sesi", SIGNER.sign("sesi", "abc")) == "abc"


def test_a_signature_counts_for_its_own_purpose_only() -> None:
    assert SIGNER.read("lacak", SIGNER.sign("sesi", "abc")) is None


def test_another_secret_reads_nothing() -> None:
    assert Signer(b"another").read("sesi", SIGNER.sign("sesi", "abc")) is None


@given(st.text(max_size=80))
def test_nothing_that_was_not_signed_is_read(text: str) -> None:
    assert SIGNER.read("sesi", text) is None


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        Signer(b"")
