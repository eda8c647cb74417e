"""Telegram's HTML as the simulator reads it."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import BadRequest
from simulator.markup import detect_entities, parse_html, utf16_length


def test_tags_become_entities_counted_in_utf16_units():
    text, entities = parse_html("😀 <b>Halo</b> &lt;Ani&gt;")

    assert text == "😀 Halo <Ani>"
    assert entities == [{"type": "bold", "offset": 3, "length": 4}]


def test_nested_tags_are_listed_outermost_first():
    text, entities = parse_html('<b>a<i>b</i></b><a href="https://x.id/y">c</a>')

    assert text == "abc"
    assert entities == [
        {"type": "bold", "offset": 0, "length": 2},
        {"type": "italic", "offset": 1, "length": 1},
        {"type": "text_link", "url": "https://x.id/y", "offset": 2, "length": 1},
    ]


def test_white_space_around_a_text_is_cut_and_entities_move_along():
    assert parse_html("\n <b>ya</b> \n") == ("ya", [{"type": "bold", "offset": 0, "length": 2}])


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("<b>halo", 'Can\'t find end tag corresponding to start tag "b"'),
        ("halo</b>", "Unexpected end tag at byte offset 4"),
        ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("é <script>x</script>", 'Unsupported start tag "script" at byte offset 3'),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("<br>", 'Unsupported start tag "br" at byte offset 0'),
        ("<p>x</p>", 'Unsupported start tag "p" at byte offset 0'),
        ('<a href="x', "Unclosed start tag at byte offset 0"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
def test_wrong_html_is_refused_in_telegrams_words(source, reason):
    with pytest.raises(BadRequest) as caught:
        parse_html(source)

    assert caught.value.description == f"Bad Request: can't parse entities: {reason}"


@pytest.mark.parametrize("source", ["a & b", "&nbsp;", "AT&T", "&#0;", "&#xD800;"])
def test_unknown_references_stay_as_they_are(source):
    assert parse_html(source) == (source, [])


@given(st.text())
def test_escaped_text_of_any_kind_survives_parsing(text):
    assert parse_html(html.escape(text)) == (text.strip(), [])


@given(st.text(alphabet="<>/abi&; =\"'é😀"))
def test_any_source_is_parsed_or_refused_but_never_breaks_the_parser(source):
    try:
        text, entities = parse_html(source)
    except BadRequest:
        return
    assert all(e["offset"] + e["length"] <= utf16_length(text) for e in entities)


def test_commands_links_and_addresses_in_plain_text_are_marked():
    kinds = [
        (entity["type"], entity["offset"], entity["length"])
        for entity in detect_entities("/start abc https://x.id/a, a@b.id @sapa_bot #aduan")
    ]

    assert kinds == [
        ("bot_command", 0, 6),
        ("url", 11, 14),
        ("email", 27, 6),
        ("mention", 34, 9),
        ("hashtag", 44, 6),
    ]


@pytest.mark.parametrize("text", ["1/2", "a/b", "rt/rw 01/02", "https://x.id/start"])
def test_a_slash_inside_a_word_is_no_command(text):
    assert "bot_command" not in [entity["type"] for entity in detect_entities(text)]
