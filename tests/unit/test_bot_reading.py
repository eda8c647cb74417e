"""What the bot makes of raw updates, well formed, odd and hostile."""

import json
import unicodedata
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.reading import press_id_of, read_update, update_id_of
from desk.domain.inbound import FileRef, Inbound, InboundKind, Point
from desk.services.turns.intake import Arrival
from desk.storage.codec import read_json, to_json
from tests.unit.updates import is_left_alone, mutations

CITIZEN = {"id": 710, "is_bot": False, "first_name": "Ani", "last_name": "Wati"}
CHAT = {"id": 710, "type": "private", "first_name": "Ani"}
GROUP = {"id": -100123, "type": "supergroup", "title": "Petugas"}


def message_with(content: dict[str, Any], **frame: Any) -> dict[str, Any]:
    message = {"message_id": 7, "date": 1, "chat": CHAT, "from": CITIZEN, **frame, **content}
    return {"update_id": 500, "message": message}


def read_content(content: dict[str, Any], **frame: Any) -> Inbound | None:
    return read_update(message_with(content, **frame)).inbound


def said(kind: InboundKind, **fields: Any) -> Inbound:
    return Inbound(kind, external_message_id="7", profile_name="Ani Wati", **fields)


PHOTO = [
    {"file_id": "kecil", "width": 90, "height": 60, "file_size": 900},
    {"file_id": "besar", "width": 1280, "height": 960, "file_size": 90_000},
    {"file_id": "sedang", "width": 320, "height": 240, "file_size": 9_000},
]
LOCATION = {"latitude": -2.67, "longitude": 118.88}
VENUE = {"location": LOCATION, "title": "Pasar Sentral", "address": "Jl. Urip Sumoharjo"}
CONTENTS: list[tuple[dict[str, Any], Inbound]] = [
    ({"text": "halo"}, said(InboundKind.TEXT, text="halo")),
    (
        {"photo": PHOTO, "caption": "lampu mati", "media_group_id": "99"},
        said(InboundKind.PHOTO, text="lampu mati", file=FileRef("besar", size=90_000), album="99"),
    ),
    (
        {"document": {"file_id": "d", "mime_type": "image/png", "file_name": "a.png"}},
        said(InboundKind.PHOTO, file=FileRef("d", name="a.png", mime="image/png")),
    ),
    (
        {"document": {"file_id": "d", "mime_type": "application/pdf"}, "caption": "ini"},
        said(InboundKind.DOCUMENT, text="ini", file=FileRef("d", mime="application/pdf")),
    ),
    ({"location": LOCATION}, said(InboundKind.LOCATION, point=Point(-2.67, 118.88))),
    (
        {"venue": VENUE, "location": LOCATION},
        said(
            InboundKind.LOCATION,
            text="Pasar Sentral, Jl. Urip Sumoharjo",
            point=Point(-2.67, 118.88),
        ),
    ),
    (
        {"contact": {"phone_number": "+62 812-0000", "user_id": 710}},
        said(InboundKind.CONTACT, phone="+628120000"),
    ),
    ({"contact": {"phone_number": "0812", "user_id": 711}}, said(InboundKind.CONTACT)),
    ({"contact": {"phone_number": "0812"}}, said(InboundKind.CONTACT)),
    ({"voice": {"file_id": "v"}}, said(InboundKind.VOICE, file=FileRef("v"))),
    ({"audio": {"file_id": "v"}}, said(InboundKind.VOICE, file=FileRef("v"))),
    ({"video": {"file_id": "v"}}, said(InboundKind.VIDEO, file=FileRef("v"))),
    ({"video_note": {"file_id": "v"}}, said(InboundKind.VIDEO, file=FileRef("v"))),
    (
        {"animation": {"file_id": "v"}, "document": {"file_id": "v"}},
        said(InboundKind.VIDEO, file=FileRef("v")),
    ),
    ({"sticker": {"file_id": "s"}}, said(InboundKind.STICKER, file=FileRef("s"))),
    ({"poll": {"id": "1"}}, said(InboundKind.POLL)),
    ({"dice": {"value": 3}}, said(InboundKind.OTHER)),
    ({"story": {"id": 3}}, said(InboundKind.OTHER)),
    ({}, said(InboundKind.OTHER)),
    (
        {"text": "diteruskan", "forward_origin": {"type": "hidden_user"}},
        said(InboundKind.TEXT, text="diteruskan"),
    ),
]


@pytest.mark.parametrize(("content", "expected"), CONTENTS)
def test_each_kind_of_message_is_read(content, expected):
    assert read_content(content) == expected


def test_a_message_is_addressed_by_chat_and_known_by_update_id():
    arrival = read_update(message_with({"text": "halo"}))

    assert (arrival.address, arrival.external_id, arrival.unreadable) == ("710", "500", False)
    assert arrival.raw == message_with({"text": "halo"})


@pytest.mark.parametrize(
    ("text", "command", "argument"),
    [
        ("/start", "start", None),
        ("/start hubungkan_aB-9_x", "start", "hubungkan_aB-9_x"),
        ("/START@sapa_bot", "start", None),
        ("/lacak@sapa_bot MJU-1234-5678", "lacak", "MJU-1234-5678"),
        ("/lacak\nMJU-1234-5678", "lacak", "MJU-1234-5678"),
        ("/help", "bantuan", None),
        ("/bantuan", "bantuan", None),
        ("/batal", "batal", None),
        ("/petugas", "petugas", None),
        ("  \u200b/lapor lampu mati", "lapor", "lampu mati"),
        ("/lapor /restart", "lapor", "restart"),
    ],
)
def test_commands_of_ours_are_recognised(text, command, argument):
    expected = said(InboundKind.COMMAND, command=command, text=argument)

    assert read_content({"text": text}) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/restart", "restart"),
        ("/foo bar", "foo bar"),
        ("/lapor_jalan rusak", "lapor_jalan rusak"),
        ("/lapor-jalan", "lapor-jalan"),
        ("// /inform", "inform"),
        ("\u200b/\u200b/greet", "greet"),
        ("\uff0fstart", "start"),
        ("rt/rw 01/02", "rt/rw 01/02"),
    ],
)
def test_typed_text_never_starts_with_a_slash(text, words):
    assert read_content({"text": text}) == said(InboundKind.TEXT, text=words)


def test_invisible_characters_are_taken_out_and_line_breaks_kept():
    text = "a\u200b\x00\u202eb\r\nc\td\ud800"

    assert read_content({"text": text}) == said(InboundKind.TEXT, text="ab\nc d")


@pytest.mark.parametrize("text", ["", "/", " \u200b ", "\u2060/\u2060"])
def test_a_text_of_nothing_visible_is_still_answered(text):
    assert read_content({"text": text}) == said(InboundKind.OTHER)


def test_long_texts_and_names_are_cut():
    arrival = read_update(
        message_with({"text": "x" * 20_000}, **{"from": CITIZEN | {"first_name": "n" * 200}})
    )

    assert arrival.inbound is not None
    assert len(arrival.inbound.text or "") == 10_000
    assert arrival.inbound.profile_name == "n" * 60


@pytest.mark.parametrize(
    "latitude", [91, -90.1, float("nan"), float("inf"), True, "1", None, 10**400]
)
def test_a_place_that_is_not_on_earth_is_no_place(latitude):
    location = {"latitude": latitude, "longitude": 1.0}

    assert read_content({"location": location}) == said(InboundKind.OTHER)


def test_a_press_carries_its_token_and_the_id_to_answer():
    query = {
        "id": "q1",
        "from": CITIZEN,
        "data": "t:abc",
        "message": {"message_id": 3, "date": 0, "chat": CHAT},
    }
    arrival = read_update({"update_id": 1, "callback_query": query})

    expected = Inbound(
        InboundKind.PRESS,
        token="abc",
        external_message_id="3",
        profile_name="Ani Wati",
        reply_to="3",
    )
    assert (arrival.address, arrival.inbound, press_id_of(arrival)) == ("710", expected, "q1")


@pytest.mark.parametrize("data", ["", None, "x" * 200, "t:", 5])
def test_a_press_with_forged_data_is_only_an_unknown_token(data):
    query = {"id": "q", "from": CITIZEN, "data": data, "message": {"chat": CHAT}}
    inbound = read_update({"update_id": 1, "callback_query": query}).inbound

    assert inbound is not None
    assert inbound.kind is InboundKind.PRESS
    assert len(inbound.token or "") <= 64


def test_an_edit_names_the_message_but_not_its_words():
    message = message_with({"text": "maksud saya besok"})["message"]
    inbound = read_update({"update_id": 1, "edited_message": message}).inbound

    assert inbound == said(InboundKind.EDITED)


EARLIER = "minta uang pelicin di loket tiga"
EARLIER_MESSAGE = {
    **message_with({"text": EARLIER})["message"],
    "caption": EARLIER,
    "contact": {"phone_number": EARLIER},
    "venue": {"title": EARLIER, "location": {"latitude": -2.67, "longitude": 118.88}},
    "reply_to_message": message_with({"text": EARLIER})["message"],
}
EXTERNAL = {"message_id": 3, "contact": {"phone_number": EARLIER}, "origin": {"x": EARLIER}}
REPEATING = [
    message_with({"text": "ini", "reply_to_message": EARLIER_MESSAGE}),
    message_with({"text": "ini", "quote": {"text": EARLIER, "position": 0}}),
    message_with({"text": "ini", "external_reply": EXTERNAL}),
    message_with({"pinned_message": EARLIER_MESSAGE}),
    message_with({"checklist_tasks_done": {"checklist_message": EARLIER_MESSAGE}}),
    {"update_id": 500, "edited_message": EARLIER_MESSAGE},
    {"update_id": 500, "callback_query": {"id": "1", "data": "t:a", "message": EARLIER_MESSAGE}},
    {"update_id": 500, "edited_message": {**EARLIER_MESSAGE, "chat": "rusak"}},
]


@pytest.mark.parametrize("update", REPEATING)
def test_what_an_update_repeats_of_other_messages_is_not_kept(update):
    arrival = read_update(update)

    written = json.dumps([arrival.raw, arrival.inbound and to_json(arrival.inbound)])
    assert EARLIER not in written
    assert "-2.67" not in written


def test_the_ids_of_a_message_that_is_replied_to_are_kept():
    earlier = {**EARLIER_MESSAGE, "message_id": 41}
    raw = read_update(message_with({"text": "ini", "reply_to_message": earlier})).raw

    assert raw["message"]["text"] == "ini"
    assert raw["message"]["reply_to_message"]["message_id"] == 41


def test_the_steps_of_a_live_location_are_no_messages():
    message = message_with({"location": LOCATION})["message"]

    assert is_left_alone(read_update({"update_id": 1, "edited_message": message}))


@pytest.mark.parametrize(
    ("status", "kind"), [("kicked", InboundKind.BLOCKED), ("member", InboundKind.UNBLOCKED)]
)
def test_blocking_and_unblocking_are_noticed(status, kind):
    change = {"chat": CHAT, "from": CITIZEN, "new_chat_member": {"status": status}}
    arrival = read_update({"update_id": 1, "my_chat_member": change})

    assert arrival.address == "710"
    assert arrival.inbound == Inbound(kind, profile_name="Ani Wati")


LEFT_ALONE: list[dict[str, Any]] = [
    message_with({"text": "halo"}, chat=GROUP),
    message_with({"text": "halo"}, chat=GROUP | {"type": "channel"}),
    message_with({"text": "halo"}, **{"from": CITIZEN | {"is_bot": True}}),
    message_with({"pinned_message": {"message_id": 1}}),
    {"update_id": 1, "channel_post": {"message_id": 1, "chat": GROUP, "text": "x"}},
    {"update_id": 1, "message_reaction": {}},
    {"update_id": 1, "callback_query": {"id": "q", "from": CITIZEN, "data": "t:a"}},
    {"update_id": 1, "my_chat_member": {"chat": GROUP, "new_chat_member": {"status": "member"}}},
    {"update_id": 1, "my_chat_member": {"chat": CHAT, "new_chat_member": {"status": "left"}}},
    {"update_id": 1},
]


@pytest.mark.parametrize("update", LEFT_ALONE)
def test_what_no_citizen_said_is_left_alone(update):
    assert is_left_alone(read_update(update))


UNREADABLE: list[Any] = [
    None,
    [],
    "teks",
    {},
    {"update_id": "1", "message": {}},
    {"update_id": True},
    {"update_id": 1, "message": None},
    {"update_id": 1, "message": {"text": "tanpa chat"}},
    {"update_id": 1, "message": {"chat": {"id": "710", "type": "private"}}},
    {"update_id": 1, "edited_message": []},
    {"update_id": 1, "my_chat_member": {"chat": CHAT}},
]


@pytest.mark.parametrize("update", UNREADABLE)
def test_what_has_not_the_promised_shape_is_marked_unreadable(update):
    arrival = read_update(update)

    assert (arrival.unreadable, arrival.address, arrival.inbound) == (True, None, None)


def test_updates_without_an_id_are_told_apart_by_their_content():
    ids = [read_update({"rusak": text}).external_id for text in ("a", "b", "a")]

    assert ids[0] == ids[2] != ids[1]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from([710, "private", "t:x", "/start", "image/png", True]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["message", "chat", "from", "id", "type", "text", "photo", "file_id", "caption"]
            )
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


def assert_sound(arrival: Arrival) -> None:
    """Whatever came in, the desk can store it and relies on these."""
    json.dumps(arrival.raw, allow_nan=False).encode()
    assert (arrival.address is None) == (arrival.inbound is None)
    if arrival.inbound is None:
        return
    assert read_json(json.loads(json.dumps(to_json(arrival.inbound))), Inbound) == arrival.inbound
    text = arrival.inbound.text or ""
    assert not text.startswith(("/", " ", "\n"))
    assert not any(unicodedata.category(c) in ("Cf", "Cs") for c in text)


@given(JSON)
def test_any_json_at_all_becomes_an_arrival(value):
    assert_sound(read_update(value))


MUTABLE = [message_with(content) for content, _ in CONTENTS] + LEFT_ALONE


@given(mutations(MUTABLE, JSON))
def test_an_update_with_anything_in_any_place_becomes_an_arrival(update):
    assert_sound(read_update(update))


@given(st.text())
def test_any_typed_text_reaches_the_desk_clean(text):
    arrival = read_update(message_with({"text": text}))

    assert_sound(arrival)
    assert arrival.inbound is not None


def test_bottomless_nesting_is_stored_up_to_a_depth():
    deep: Any = "x"
    for _ in range(900):
        deep = [deep]

    assert_sound(read_update(message_with({"text": "halo", "deep": deep})))


def test_update_id_is_read_from_objects_only():
    assert [update_id_of(v) for v in ({"update_id": 5}, {"update_id": "5"}, [5])] == [
        5,
        None,
        None,
    ]


def test_a_sender_without_name_has_none():
    inbound = read_content({"text": "halo"}, **{"from": {"id": 710, "is_bot": False}})

    assert inbound == replace(said(InboundKind.TEXT, text="halo"), profile_name=None)
