"""Replies on the page: the small subset passes, everything else is only text."""

import html
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.markup import marked

ALLOWED = {"b", "i", "u", "s", "code", "pre", "blockquote", "a"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<b>tebal</b> dan <i>miring</i>", "<b>tebal</b> dan <i>miring</i>"),
        ("<strong>kuat</strong>", "<b>kuat</b>"),
        ("2 &lt; 3 &amp; 4", "2 &lt; 3 &amp; 4"),
        ("<b>tidak ditutup", "<b>tidak ditutup</b>"),
        ("<b><i>silang</b></i>", "<b><i>silang</i></b>"),
        ("salah tutup</b>", "salah tutup"),
        ("<script>alert(1)</script>", "alert(1)"),
        ("<img src=x onerror=alert(1)>foto", "foto"),
        ('<b onclick="alert(1)">tekan</b>', "<b>tekan</b>"),
        ('<a href="javascript:alert(1)">tekan</a>', "tekan"),
        ('<a href="JaVaScRiPt:alert(1)">tekan</a>', "tekan"),
        ('<a href="data:text/html,x">tekan</a>', "tekan"),
        ('<a href="//jahat.example">tekan</a>', "tekan"),
        ("<svg/onload=alert(1)>", ""),
    ],
)
def test_only_the_allowed_tags_reach_the_page(text: str, expected: str) -> None:
    assert marked(text).html == expected


def test_links_to_the_web_and_to_ourselves_are_kept() -> None:
    link = '<a href="{}" rel="noopener noreferrer">di sini</a>'
    for target in ("https://lapor.go.id", "/lacak", "tel:110", "mailto:a@b.id"):
        assert marked(f'<a href="{target}">di sini</a>').html == link.format(target)


def test_an_address_in_the_words_becomes_a_link_without_the_full_stop_after_it() -> None:
    address = "https://sapa.example/lacak?nomor=MJU-1234-5678"
    expected = f'Lacak di <a href="{address}" rel="noopener noreferrer">{address}</a>.'
    assert marked(f"Lacak di {address}.").html == expected


def test_an_address_inside_a_link_is_not_linked_twice() -> None:
    assert marked('<a href="https://a.id">https://a.id</a>').html.count("<a ") == 1


def test_a_receipt_shows_its_number_and_its_code() -> None:
    text = marked("Nomor <code>MJU-9PYK-CZZV</code>, kode <code>R8RK-0WF5</code>")
    assert (text.ticket_number, text.followup_code) == ("MJU-9PYK-CZZV", "R8RK-0WF5")


def test_a_mistyped_number_is_no_ticket_number() -> None:
    assert marked("<code>MJU-9PYK-CZZ0</code>").ticket_number is None


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


_pieces = st.sampled_from(
    [
        "<b>", "</b>", "<i", ">", '"', "'", "<a href=", "javascript:", "https://x.id", "</a>",
        "<script>", "</script>", "<!--", "-->", "<![CDATA[", "&lt;", "&#60;", "<code>", "</code>",
        "kata", " ", "onload=", "<svg/", "<style>", "<textarea>", "<plaintext>",
    ]
)  # fmt: skip


@given(st.lists(_pieces | st.text(max_size=4), max_size=25).map("".join))
def test_whatever_comes_the_page_gets_closed_allowed_tags_only(text: str) -> None:
    reader = _Reader()
    reader.feed(marked(text).html)
    reader.close()
    assert set(reader.tags) <= ALLOWED
    assert reader.open == []
    assert {name for name, _ in reader.attributes} <= {"href", "rel"}


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=60))
def test_escaped_words_come_through_unchanged(words: str) -> None:
    assert marked(html.escape(words)).plain == words
