"""Long texts are cut where readers expect it, and every part is HTML that Telegram takes."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.markup import split_html, to_plain, visible_length
from simulator.markup import parse_html, utf16_length


def seen(source: str) -> str:
    """Return what Telegram would show of a part; fails on wrong HTML."""
    text, _ = parse_html(source)
    return text


def test_a_text_that_fits_stays_as_it_is():
    source = '<b>Nomor:</b> <code>MJU-1</code> &amp; <a href="https://x.id/?a=1&amp;b=2">sini</a>'

    assert split_html(source) == [source]


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("satu dua\n\ntiga empat\nlima", ["satu dua", "tiga empat\nlima"]),
        ("satu dua tiga\nempat lima", ["satu dua tiga", "empat lima"]),
        ("Satu dua. Tiga empat lima", ["Satu dua.", "Tiga empat lima"]),
        ("satu dua tiga empat lima", ["satu dua tiga", "empat lima"]),
        ("x" * 20, ["x" * 16, "x" * 4]),
    ],
)
def test_cuts_between_paragraphs_lines_sentences_words_in_this_order(source, parts):
    assert split_html(source, limit=16) == parts


def test_a_border_right_behind_the_limit_is_used():
    assert split_html("0123456789012345 lima", limit=16) == ["0123456789012345", "lima"]


def test_tags_are_closed_and_opened_again_at_a_cut():
    source = '<b>satu <i>dua tiga</i></b> <a href="https://x.id">empat lima enam</a>'

    assert split_html(source, limit=12) == [
        "<b>satu <i>dua</i></b>",
        '<b><i>tiga</i></b> <a href="https://x.id">empat</a>',
        '<a href="https://x.id">lima enam</a>',
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1 < 2 & 3", "1 &lt; 2 &amp; 3"),
        ("<script>x</script>", "&lt;script&gt;x&lt;/script&gt;"),
        ("<b>tebal", "<b>tebal</b>"),
        ("tebal</b>", "tebal"),
        ("<b><i>x</b></i>", "<b><i>x</i></b>"),
        ("a\x00b\ud800c", "abc"),
        ("&nbsp;&#0;", "&amp;nbsp;�"),
    ],
)
def test_wrong_html_comes_out_as_text(source, expected):
    assert split_html(source) == [expected]


@pytest.mark.parametrize("source", ["", "  \n ", "<b></b>", "<b> </b>"])
def test_nothing_visible_makes_no_part(source):
    assert split_html(source) == []


def test_emoji_that_belong_together_are_not_torn():
    family = "👨\u200d👩\u200d👧"
    parts = split_html("x" * 12 + family, limit=16)

    assert parts == ["x" * 12, family]


TAGS = st.sampled_from(["b", "i", "u", "code", 'a href="https://x.id/?a=1&amp;b"'])
PLAIN = st.text(st.sampled_from("ab .\n!é😀<&\"'"), max_size=40)


def _wrapped(tag: str, inner: str) -> str:
    return f"<{tag}>{inner}</{tag.split()[0]}>"


HTML = st.recursive(
    PLAIN.map(lambda text: html.escape(text, quote=False)),
    lambda inner: st.builds(_wrapped, TAGS, inner) | st.lists(inner, max_size=4).map("".join),
    max_leaves=12,
)


def _entities(source: str) -> dict[str, int]:
    """Return how many visible characters each kind of formatting covers."""
    text, entities = parse_html(source)
    covered: dict[str, set[int]] = {}
    units = text.encode("utf-16-le")
    for entity in entities:
        for at in range(entity["offset"], entity["offset"] + entity["length"]):
            if units[2 * at : 2 * at + 2].decode("utf-16-le", "replace").strip():
                covered.setdefault(entity["type"], set()).add(at)
    return {kind: len(places) for kind, places in covered.items()}


@given(HTML, st.integers(10, 60))
def test_splitting_keeps_every_word_and_its_formatting_within_the_limit(source, limit):
    parts = split_html(source, limit=limit)

    shown = [seen(part) for part in parts]
    assert all(0 < utf16_length(text) <= limit for text in shown)
    assert re.sub(r"\s", "", "".join(shown)) == re.sub(r"\s", "", seen(source))
    formatted: dict[str, int] = {}
    for part in parts:
        for kind, count in _entities(part).items():
            formatted[kind] = formatted.get(kind, 0) + count
    assert formatted == _entities(source)


@given(st.lists(st.text(st.sampled_from("abcé"), min_size=1, max_size=9), max_size=60))
def test_no_word_is_broken_that_fits_into_a_part(words):
    parts = split_html(" ".join(words), limit=10)

    assert " ".join(parts).split() == words


@given(st.text(st.sampled_from('<>/abi&;= "#x12\n'), max_size=80))
def test_any_source_becomes_html_that_telegram_takes(source):
    for part in split_html(source, limit=20):
        assert 0 < utf16_length(seen(part)) <= 20


def test_long_real_texts_fit_telegrams_limit():
    parts = split_html("<b>" + "Syarat 😀 &amp; cara mengurus KTP.\n" * 400 + "</b>")

    assert len(parts) > 1
    assert all(utf16_length(seen(part)) <= 4096 for part in parts)


def test_plain_text_spells_links_out():
    source = 'Lihat <a href="https://x.id/?a=1&amp;b=2">di <b>sini</b></a> &lt;ya&gt;'

    assert to_plain(source) == "Lihat di sini (https://x.id/?a=1&b=2) <ya>"


def test_length_counts_what_readers_see_in_utf16_units():
    assert visible_length("<b>😀</b>&amp;x") == 4
