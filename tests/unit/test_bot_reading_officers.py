"""What the bot makes of updates from officers: their groups, and their private chats."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.audience import Audience
from bot.reading import press_id_of, read_update
from desk.domain.conversation import Channel
from desk.domain.inbound import FileRef, Inbound, InboundKind
from desk.storage.codec import read_json, to_json
from tests.unit.updates import is_left_alone, mutations

OFFICER = {"id": 720, "is_bot": False, "first_name": "Budi"}
CITIZEN = {"id": 710, "is_bot": False, "first_name": "Ani"}
GROUP = {"id": -100123, "type": "supergroup", "title": "Petugas", "is_forum": True}
AUDIENCE = Audience(frozenset({"-100123"}), frozenset({"720"}), "sapa_bot")
ROOT = {"message_id": 40, "chat": GROUP, "forum_topic_created": {"name": "Ani"}}
IN_TOPIC = {"message_thread_id": 40, "is_topic_message": True, "reply_to_message": ROOT}
ANONYMOUS = {"id": 1087968824, "is_bot": True, "username": "GroupAnonymousBot"}


def posted(content: dict[str, Any], kind: str = "message", **frame: Any) -> dict[str, Any]:
    message = {"message_id": 7, "date": 1, "chat": GROUP, "from": OFFICER, **frame, **content}
    return {"update_id": 500, kind: message}


def in_private(content: dict[str, Any], kind: str = "message", who: Any = OFFICER) -> Any:
    chat = {"id": who["id"], "type": "private"}
    return posted(content, kind, chat=chat, **{"from": who})


def read(update: Any) -> Inbound | None:
    return read_update(update, AUDIENCE).inbound


def said(kind: InboundKind, **fields: Any) -> Inbound:
    return Inbound(kind, external_message_id="7", **{"sender": "720", **fields})


def test_a_group_is_a_lane_of_its_own_and_its_messages_name_their_writers_by_id():
    arrival = read_update(posted({"text": "halo"}), AUDIENCE)

    assert (arrival.channel, arrival.address) == (Channel.OFFICERS, "-100123")
    assert arrival.inbound == said(InboundKind.TEXT, text="halo")


def test_a_message_in_a_topic_names_the_topic_and_is_no_answer_to_its_first_line():
    assert read(posted({"text": "halo"}, **IN_TOPIC)) == said(
        InboundKind.TEXT, text="halo", thread="40"
    )


def test_an_answer_in_a_topic_names_the_answered_message():
    answered = {"message_id": 55, "chat": GROUP, "text": "kartu"}
    update = posted({"text": "halo"}, **IN_TOPIC | {"reply_to_message": answered})

    assert read(update) == said(InboundKind.TEXT, text="halo", thread="40", reply_to="55")


def test_a_thread_of_replies_outside_topics_is_no_topic():
    answered = {"message_id": 55, "chat": GROUP, "text": "kartu"}
    update = posted({"text": "halo", "message_thread_id": 55, "reply_to_message": answered})

    assert read(update) == said(InboundKind.TEXT, text="halo", reply_to="55")


@pytest.mark.parametrize("place", [posted, in_private])
def test_a_note_begins_with_its_two_slashes(place):
    for content in ({"text": "// catatan"}, {"caption": "// catatan", "voice": {"file_id": "v"}}):
        found = read(place(content))
        assert found is not None
        assert found.text == "// catatan"


@pytest.mark.parametrize(
    ("text", "command", "argument"),
    [
        ("/tiket", "tiket", None),
        ("/tiket@sapa_bot", "tiket", None),
        ("/Tiket@SAPA_bot MJU-1234", "tiket", "MJU-1234"),
        ("/jawab //syarat\nlagi", "jawab", "//syarat\nlagi"),
        ("/salahketik", "salahketik", None),
        ("/help", "bantuan", None),
    ],
)
@pytest.mark.parametrize("place", [posted, in_private])
def test_any_command_of_an_officer_is_one(place, text, command, argument):
    found = read(place({"text": text}))

    assert found is not None
    assert (found.kind, found.command, found.text) == (InboundKind.COMMAND, command, argument)


def test_a_command_to_another_bot_is_left_alone():
    assert is_left_alone(read_update(posted({"text": "/tiket@lain_bot"}), AUDIENCE))


def test_a_command_by_name_is_taken_while_the_own_name_is_unknown():
    nameless = Audience(AUDIENCE.groups, AUDIENCE.officers)
    found = read_update(posted({"text": "/tiket@sapa_bot"}), nameless).inbound

    assert found == said(InboundKind.COMMAND, command="tiket")


@pytest.mark.parametrize("place", [posted, in_private])
def test_an_edit_of_an_officer_brings_the_new_words(place):
    for content in ({"text": "// besok"}, {"caption": "// besok", "photo": []}):
        found = read(place(content, "edited_message"))
        assert found is not None
        assert (found.kind, found.text) == (InboundKind.EDITED, "// besok")


def test_an_edit_of_a_citizen_does_not_bring_them():
    found = read(in_private({"text": "besok"}, "edited_message", CITIZEN))

    assert found is not None
    assert (found.kind, found.text) == (InboundKind.EDITED, None)


def test_words_of_a_citizen_still_lose_their_slashes():
    found = read(in_private({"text": "//restart"}, who=CITIZEN))

    assert found is not None
    assert (found.kind, found.text) == (InboundKind.TEXT, "restart")


def test_a_reply_in_private_names_the_answered_message():
    answered = {"message_id": 3, "chat": {"id": 720, "type": "private"}, "text": "kartu"}
    found = read(in_private({"text": "ya", "reply_to_message": answered}))

    assert found is not None
    assert (found.reply_to, found.sender) == ("3", None)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"document": {"file_id": "d", "mime_type": "application/pdf"}}, InboundKind.DOCUMENT),
        ({"voice": {"file_id": "d"}}, InboundKind.VOICE),
        ({"video": {"file_id": "d"}}, InboundKind.VIDEO),
    ],
)
def test_files_come_with_their_captions(content, kind):
    found = read(posted({**content, "caption": "ini"}, **IN_TOPIC))

    assert found is not None
    assert (found.kind, found.text, found.thread) == (kind, "ini", "40")
    assert found.file is not None
    assert found.file.file_id == FileRef("d").file_id


@pytest.mark.parametrize("author", [OFFICER, ANONYMOUS])
def test_who_writes_as_the_group_has_no_id(author):
    update = posted({"text": "halo", "sender_chat": GROUP}, **{"from": author})

    assert read(update) == said(InboundKind.TEXT, text="halo", sender=None)


def test_a_press_names_who_pressed_and_where():
    card = {"message_id": 41, "date": 1, "chat": GROUP, "from": ANONYMOUS, **IN_TOPIC}
    query = {"id": "q1", "from": OFFICER, "data": "t:abc", "message": card}
    arrival = read_update({"update_id": 1, "callback_query": query}, AUDIENCE)

    assert (arrival.channel, press_id_of(arrival)) == (Channel.OFFICERS, "q1")
    assert arrival.inbound == Inbound(
        InboundKind.PRESS,
        token="abc",
        external_message_id="41",
        sender="720",
        thread="40",
        reply_to="41",
    )


def test_a_press_under_a_message_that_telegram_no_longer_shows_is_read():
    card = {"message_id": 41, "date": 0, "chat": GROUP}
    query = {"id": "q1", "from": OFFICER, "data": "t:abc", "message": card}
    found = read({"update_id": 1, "callback_query": query})

    assert found is not None
    assert (found.sender, found.thread, found.reply_to) == ("720", None, "41")


LEFT_ALONE: list[Any] = [
    posted({"text": "halo"}, chat=GROUP | {"id": -100999}),
    posted({"text": "halo"}, chat=GROUP | {"type": "channel"}),
    posted({"text": "halo"}, **{"from": OFFICER | {"is_bot": True}}),
    posted({"text": "halo", "sender_chat": {"id": -1}, "is_automatic_forward": True}),
    posted({"forum_topic_created": {"name": "x"}}),
    posted({"forum_topic_closed": {}}, **IN_TOPIC),
    posted({"new_chat_members": [OFFICER]}),
    posted({"migrate_to_chat_id": -100999}),
    {"update_id": 1, "my_chat_member": {"chat": GROUP, "new_chat_member": {"status": "kicked"}}},
]


@pytest.mark.parametrize("update", LEFT_ALONE)
def test_what_no_officer_said_is_left_alone(update):
    assert is_left_alone(read_update(update, AUDIENCE))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
MUTABLE = [
    posted({"text": "// halo"}, **IN_TOPIC),
    posted({"text": "/tiket@sapa_bot a"}, "edited_message"),
    posted({"caption": "x", "photo": [{"file_id": "a"}], "sender_chat": GROUP}),
    {
        "update_id": 1,
        "callback_query": {
            "id": "q",
            "from": OFFICER,
            "data": "t:a",
            "message": {"message_id": 4, "date": 1, "chat": GROUP, **IN_TOPIC},
        },
    },
    *LEFT_ALONE,
]


@given(mutations(MUTABLE, JSON))
def test_an_officers_update_with_anything_in_any_place_becomes_an_arrival(update):
    arrival = read_update(update, AUDIENCE)

    json.dumps(arrival.raw, allow_nan=False).encode()
    assert (arrival.address is None) == (arrival.inbound is None)
    if arrival.inbound is not None:
        again = read_json(json.loads(json.dumps(to_json(arrival.inbound))), Inbound)
        assert again == arrival.inbound
        assert arrival.channel is Channel.TELEGRAM or arrival.address in AUDIENCE.groups
