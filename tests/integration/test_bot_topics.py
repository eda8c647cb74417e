"""Officers' groups: topics, copies and edits, and groups that are not as they should be."""

from collections import Counter
from dataclasses import replace
from datetime import datetime

import pytest
from telegram.error import BadRequest

from bot.connection import Connection
from bot.groups import GroupTrouble, GroupWatch, look_at
from bot.sending import TelegramMessenger
from desk.domain.conversation import Channel, ConversationId
from desk.domain.officer import Officer, OfficerId
from desk.domain.outgoing import CopyOf, Outgoing, OutgoingButton, Topic, TopicState
from desk.domain.roles import Grant, Role
from desk.services.addressing import conversation_at
from desk.services.errors import DeliveryRefused, DeliveryTooLarge, RetryLater
from desk.services.ports import UnitsOfWork
from desk.services.tools import Tools
from simulator import BotApiServer, FaultKind, Group, MemberStatus, Person
from tests.integration.scenes import Silence

PICTURE = b"\x89PNG\r\n\x1a\n" + b"pixels" * 20
TAKE = ((OutgoingButton("Ambil", "abc"),),)


@pytest.fixture
def officer(server: BotApiServer) -> Person:
    return server.sim.user(first_name="Budi")


@pytest.fixture
def group(server: BotApiServer, officer: Person) -> Group:
    return server.sim.group(forum=True, members=[officer])


@pytest.fixture
def spent() -> Counter[str]:
    """Count the calls behind the first of each delivery."""
    return Counter()


@pytest.fixture
def watch(connection: Connection, units: UnitsOfWork, tools: Tools, group: Group) -> GroupWatch:
    return GroupWatch(connection.bot, {str(group.id)}, units, tools, Silence())


@pytest.fixture
def messenger(
    connection: Connection,
    units: UnitsOfWork,
    tools: Tools,
    watch: GroupWatch,
    spent: Counter[str],
) -> TelegramMessenger:
    return TelegramMessenger(
        connection.bot, tools, units, watch, lambda address: spent.update([address])
    )


@pytest.fixture
async def topic(units: UnitsOfWork, tools: Tools) -> Topic:
    async with units() as uow:
        conversation = await conversation_at(uow, tools, Channel.TELEGRAM, "710")
        await uow.commit()
    return Topic(conversation.id, "Ani · KTP hilang")


async def state_of(units: UnitsOfWork, group: Group, topic: Topic) -> TopicState | None:
    async with units() as uow:
        found = await uow.topics.thread_of(str(group.id), topic.conversation_id)
    return found[1] if found else None


async def test_a_topic_is_made_once_and_leads_back_to_its_conversation(
    messenger, group, topic, units, spent
):
    for text in ("kartu", "pesan"):
        await messenger.send(str(group.id), Outgoing(text, TAKE, topic=topic), None)

    [made] = group.topics.values()
    assert made.name == "Ani · KTP hilang"
    assert [m.text for m in group.messages(thread=made.thread_id)] == ["kartu", "pesan"]
    assert spent[str(group.id)] == 1
    async with units() as uow:
        found = await uow.topics.conversation_of(str(group.id), str(made.thread_id))
    assert found == topic.conversation_id


async def test_a_long_title_is_cut(messenger, group, topic):
    long = replace(topic, title="x" * 300)
    await messenger.send(str(group.id), Outgoing("kartu", topic=long), None)

    assert [len(made.name) for made in group.topics.values()] == [128]


async def test_a_closed_topic_is_opened_again_when_there_is_more(
    messenger, group, topic, units, spent
):
    bye = Outgoing("selesai", topic=topic, leaves_topic=TopicState.CLOSED)
    await messenger.send(str(group.id), Outgoing("kartu", topic=topic), None)
    await messenger.send(str(group.id), bye, None)
    [made] = group.topics.values()
    closed, known = made.is_closed, await state_of(units, group, topic)
    await messenger.send(str(group.id), Outgoing("lagi", topic=topic), None)

    assert (closed, known) == (True, TopicState.CLOSED)
    assert (made.is_closed, await state_of(units, group, topic)) == (False, TopicState.OPEN)
    assert spent[str(group.id)] == 3


async def test_what_closes_a_closed_topic_does_not_open_it_first(messenger, server, group, topic):
    bye = Outgoing("selesai", topic=topic, leaves_topic=TopicState.CLOSED)
    await messenger.send(str(group.id), bye, None)
    await messenger.send(str(group.id), replace(bye, text="tutup"), None)

    assert server.sim.calls.of("reopenForumTopic") == []
    assert [made.is_closed for made in group.topics.values()] == [True]


async def test_a_deleted_topic_is_made_again(messenger, group, topic, units):
    await messenger.send(str(group.id), Outgoing("kartu", topic=topic), None)
    [old] = group.topics
    await group.delete_topic(old)
    await messenger.send(str(group.id), Outgoing("pesan", topic=topic), None)

    [new] = group.topics
    assert [m.text for m in group.messages(thread=new)] == ["pesan"]
    assert await state_of(units, group, topic) is TopicState.OPEN


async def test_a_topic_that_was_deleted_after_it_was_closed_is_made_again(messenger, group, topic):
    bye = Outgoing("selesai", topic=topic, leaves_topic=TopicState.CLOSED)
    await messenger.send(str(group.id), bye, None)
    [old] = group.topics
    await group.delete_topic(old)
    await messenger.send(str(group.id), Outgoing("lagi", topic=topic), None)

    assert [m.text for m in group.messages(thread=next(iter(group.topics)))] == ["lagi"]


async def test_closing_that_failed_is_made_up_for_without_sending_again(
    messenger, server, group, topic
):
    server.sim.faults.add(FaultKind.FLOOD, method="closeForumTopic", retry_after=3)
    bye = Outgoing("selesai", topic=topic, leaves_topic=TopicState.CLOSED)
    with pytest.raises(RetryLater):
        await messenger.send(str(group.id), bye, None)
    message_id = await messenger.send(str(group.id), bye, None)

    [only] = group.messages()
    assert (str(only.message_id), only.text) == (message_id, "selesai")
    assert [made.is_closed for made in group.topics.values()] == [True]


# --- groups that are not as they should be ------------------------------------------------------


@pytest.mark.parametrize("trouble", ["no forum", "no right"])
async def test_without_topics_messages_go_into_the_group_under_their_title(
    messenger, server, group, topic, trouble
):
    group.chat.is_forum = trouble != "no forum"
    group.chat.members[server.sim.bot.id].can_manage_topics = False
    body = Outgoing("kartu", TAKE, topic=topic, leaves_topic=TopicState.CLOSED)
    await messenger.send(str(group.id), body, None)

    [shown] = group.messages()
    assert (shown.html, shown.thread_id) == ("<b>Ani · KTP hilang</b>\nkartu", None)
    assert shown.rows


async def test_where_topics_cannot_be_made_they_are_not_tried_each_time(
    messenger, watch, server, group, topic
):
    watch.troubles[str(group.id)] = GroupTrouble.NO_RIGHT
    await messenger.send(str(group.id), Outgoing("kartu", topic=topic), None)

    assert server.sim.calls.of("createForumTopic") == []
    assert [m.thread_id for m in group.messages()] == [None]


async def test_a_group_that_shut_the_bot_out_waits_for_its_admins(
    messenger, group, topic, officer
):
    await group.remove_bot(officer)
    with pytest.raises(RetryLater) as caught:
        await messenger.send(str(group.id), Outgoing("kartu", topic=topic), None)
    await group.add_bot(officer)
    await messenger.send(str(group.id), Outgoing("kartu", topic=topic), None)

    assert caught.value.code == "shut_out"
    assert [m.text for m in group.messages()] == ["kartu"]


@pytest.mark.parametrize(
    ("change", "trouble"),
    [
        ({}, None),
        ({"can_manage_topics": False}, GroupTrouble.NO_RIGHT),
        ({"can_delete_messages": False}, GroupTrouble.NO_DELETE),
        ({"status": MemberStatus.MEMBER}, GroupTrouble.NOT_ADMIN),
        ({"status": MemberStatus.KICKED}, GroupTrouble.OUTSIDE),
    ],
)
async def test_what_a_group_lacks_is_seen(connection, server, group, change, trouble):
    member = group.chat.members[server.sim.bot.id]
    group.chat.members[member.account.id] = replace(member, **change)
    group.chat.bot_status = group.chat.members[member.account.id].status

    look = await look_at(connection.bot, str(group.id), member.account.id)

    assert look.trouble is trouble


async def test_a_group_without_topics_and_one_that_is_not_there_are_seen(
    connection, server, officer
):
    flat = server.sim.group(members=[officer])
    bot_id = server.sim.bot.id

    assert (await look_at(connection.bot, str(flat.id), bot_id)).trouble is GroupTrouble.NO_TOPICS
    assert (await look_at(connection.bot, "-100777", bot_id)).trouble is GroupTrouble.MISSING


async def admin_hears(units: UnitsOfWork, admin: Officer) -> list[str]:
    async with units() as uow:
        waiting = await uow.outbox.waiting_at(Channel.TELEGRAM, admin.private_chat, 10)
    return [message.body.text for message in waiting]


async def test_admins_are_told_once_when_a_group_changes_and_when_it_is_well_again(
    watch, units, server, group, now: datetime
):
    admin = Officer(OfficerId("a"), 799, "Admin", now, (Grant(Role.ADMIN),))
    async with units() as uow:
        await uow.officers.add(admin)
        await uow.commit()
    member = group.chat.members[server.sim.bot.id]
    for may_manage in (True, False, False, True):
        member.can_manage_topics = may_manage
        await watch._look(str(group.id), server.sim.bot.id)

    told = await admin_hears(units, admin)
    assert len(told) == 2
    assert "Kelola Topik" in told[0]
    assert "sudah dapat dipakai" in told[1]
    assert watch.troubles == {}


async def test_silence_of_telegram_is_no_news(watch, units, server, group):
    server.sim.faults.add(FaultKind.SERVER_ERROR, method="getChat")
    await watch._look(str(group.id), server.sim.bot.id)

    assert watch.troubles == {}


# --- copies -------------------------------------------------------------------------------------


async def test_a_copy_carries_its_own_words_or_new_ones(messenger, group, ani, officer):
    photo = await officer.send_photo(PICTURE, "asli", chat=group)
    copied = CopyOf(str(group.id), str(photo.message_id))
    await messenger.send(str(ani.id), Outgoing("", copies=copied), None)
    await messenger.send(str(ani.id), Outgoing("<b>Budi</b>: baru", copies=copied), None)

    assert [(m.media, m.text) for m in ani.inbox] == [
        ("photo", "asli"),
        ("photo", "Budi: baru"),
    ]
    assert all("forward_origin" not in m.wire for m in ani.inbox)


async def test_words_too_long_for_a_caption_stand_before_the_copy(messenger, group, ani, officer):
    photo = await officer.send_photo(PICTURE, "asli", chat=group)
    body = Outgoing("kata " * 300, TAKE, copies=CopyOf(str(group.id), str(photo.message_id)))
    await messenger.send(str(ani.id), body, None)

    assert [(m.media, bool(m.text), bool(m.rows)) for m in ani.inbox] == [
        (None, True, False),
        ("photo", False, True),
    ]


async def test_a_copy_into_a_topic_and_into_a_group_without(messenger, group, ani, topic):
    voice = await ani.send_voice()
    body = Outgoing("", copies=CopyOf(str(ani.id), str(voice.message_id)), topic=topic)
    await messenger.send(str(group.id), body, None)
    group.chat.is_forum = False
    group.topics.clear()
    await messenger.send(str(group.id), body, None)

    assert [(m.media, m.text, bool(m.thread_id)) for m in group.messages()] == [
        ("voice", "", True),
        (None, "Ani · KTP hilang", False),
        ("voice", "", False),
    ]


async def test_what_cannot_be_copied_is_refused(messenger, group, ani):
    body = Outgoing("", copies=CopyOf(str(group.id), "999"))
    with pytest.raises(DeliveryRefused):
        await messenger.send(str(ani.id), body, None)


async def test_what_is_too_large_is_told_apart(messenger, server, ani):
    server.sim.faults.add(FaultKind.BAD_REQUEST, method="sendPhoto", description="file is too big")
    with pytest.raises(DeliveryTooLarge):
        await messenger.send(str(ani.id), Outgoing("foto"), PICTURE)


# --- edits --------------------------------------------------------------------------------------


async def test_an_edit_replaces_words_and_buttons(messenger, group, topic):
    card = await messenger.send(str(group.id), Outgoing("menunggu", TAKE, topic=topic), None)
    first = await messenger.edit(str(group.id), card, Outgoing("<i>dilayani</i>", topic=topic))
    again = await messenger.edit(str(group.id), card, Outgoing("<i>dilayani</i>", topic=topic))

    [shown] = group.messages()
    assert (first, again) == (True, True)
    assert (shown.html, shown.rows) == ("<i>dilayani</i>", ())


async def test_an_edit_may_close_the_topic(messenger, group, topic):
    card = await messenger.send(str(group.id), Outgoing("menunggu", TAKE, topic=topic), None)
    end = Outgoing("selesai", topic=topic, leaves_topic=TopicState.CLOSED)
    await messenger.edit(str(group.id), card, end)

    assert [made.is_closed for made in group.topics.values()] == [True]


async def test_an_edit_finds_the_caption_of_what_has_no_text(messenger, group, ani, officer):
    photo = await officer.send_photo(PICTURE, "asli", chat=group)
    body = Outgoing("besok", copies=CopyOf(str(group.id), str(photo.message_id)))
    sent = await messenger.send(str(ani.id), body, None)

    assert await messenger.edit(str(ani.id), sent, Outgoing("lusa"))
    assert ani.inbox[-1].text == "lusa"


async def test_what_cannot_be_edited_is_left_to_be_sent_anew(messenger, group, ani, officer):
    sticker = await officer.send_sticker(chat=group)
    copied = CopyOf(str(group.id), str(sticker.message_id))
    sent = await messenger.send(str(ani.id), Outgoing("", copies=copied), None)

    assert not await messenger.edit(str(ani.id), sent, Outgoing("lusa"))
    assert not await messenger.edit(str(ani.id), "9999", Outgoing("lusa"))
    assert not await messenger.edit(str(ani.id), sent, Outgoing("kata " * 2000))


async def test_an_edit_that_telegram_cannot_read_becomes_plain(messenger, server, ani):
    sent = await messenger.send(str(ani.id), Outgoing("halo"), None)
    server.sim.faults.add(
        FaultKind.BAD_REQUEST, method="editMessageText", description="can't parse entities: x"
    )

    assert await messenger.edit(str(ani.id), sent, Outgoing("<b>besok</b>"))
    assert ani.inbox[-1].html == "besok"


async def test_an_unknown_conversation_has_no_topic(units):
    async with units() as uow:
        assert await uow.topics.thread_of("-100", ConversationId("tidak ada")) is None


async def test_a_topic_is_deleted_with_all_that_was_said_in_it(messenger, group, topic, units):
    await messenger.send(str(group.id), Outgoing("kartu", topic=topic), None)
    removal = Outgoing("", topic=topic, leaves_topic=TopicState.DELETED)
    for _ in range(2):  # a crash after Telegram's answer makes the desk try again
        assert await messenger.send(str(group.id), removal, None) == ""

    assert group.topics == {}
    assert await state_of(units, group, topic) is None


async def test_a_topic_that_may_not_be_deleted_is_closed_and_forgotten(
    messenger, server, group, topic, units
):
    await messenger.send(str(group.id), Outgoing("kartu", topic=topic), None)
    group.chat.members[server.sim.bot.id].can_delete_messages = False
    removal = Outgoing("", topic=topic, leaves_topic=TopicState.DELETED)
    await messenger.send(str(group.id), removal, None)

    [left] = group.topics.values()
    assert left.is_closed
    assert await state_of(units, group, topic) is None


# --- private chats --------------------------------------------------------------------------


@pytest.fixture
async def private(server: BotApiServer, officer: Person) -> str:
    """Return the chat of an officer whose bot has topics in private."""
    server.sim.private_topics = True
    await officer.start()
    return str(officer.id)


async def test_a_conversation_has_a_topic_of_its_own_in_private(
    messenger, officer, private, topic, units
):
    await messenger.send(private, Outgoing("kartu", TAKE, topic=topic), None)
    await messenger.send(private, Outgoing("tanpa topik"), None)
    await messenger.send(private, Outgoing("pesan", topic=topic), None)

    [thread] = officer.private.topics
    assert [(m.text, m.thread_id) for m in officer.inbox] == [
        ("kartu", thread),
        ("tanpa topik", None),
        ("pesan", thread),
    ]
    async with units() as uow:
        found = await uow.topics.conversation_of(private, str(thread))
    assert found == topic.conversation_id


async def test_a_topic_in_private_says_by_its_name_that_it_is_over(
    messenger, server, officer, private, topic
):
    names = []
    for state in (TopicState.CLOSED, None, TopicState.CLOSED):
        await messenger.send(private, Outgoing("pesan", topic=topic, leaves_topic=state), None)
        names += [each.name for each in officer.private.topics.values()]

    assert names == ["✓ Ani · KTP hilang", "Ani · KTP hilang", "✓ Ani · KTP hilang"]
    assert server.sim.calls.of("closeForumTopic") == server.sim.calls.of("reopenForumTopic") == []


async def test_a_topic_in_private_that_is_over_and_gone_is_made_again_when_it_goes_on(
    messenger, officer, private, topic
):
    bye = Outgoing("selesai", topic=topic, leaves_topic=TopicState.CLOSED)
    await messenger.send(private, bye, None)
    [gone] = officer.private.topics
    officer.private.drop_topic(gone)
    await messenger.send(private, Outgoing("lagi", topic=topic), None)

    assert [(each.name, each.thread_id) for each in officer.private.topics.values()] == [
        ("Ani · KTP hilang", officer.inbox[-1].thread_id)
    ]


async def test_a_topic_that_an_officer_deleted_in_private_is_made_again(
    messenger, officer, private, topic
):
    await messenger.send(private, Outgoing("kartu", topic=topic), None)
    [gone] = officer.private.topics
    officer.private.drop_topic(gone)
    await messenger.send(private, Outgoing("pesan", topic=topic), None)

    [made] = officer.private.topics
    assert made != gone
    assert [(m.text, m.thread_id) for m in officer.inbox[-1:]] == [("pesan", made)]


async def test_a_topic_in_private_is_deleted_with_its_messages(
    messenger, officer, private, topic, units
):
    await messenger.send(private, Outgoing("kartu", topic=topic), None)
    away = Outgoing("", topic=topic, leaves_topic=TopicState.DELETED)
    await messenger.send(private, away, None)

    assert officer.private.topics == {}
    async with units() as uow:
        assert await uow.topics.thread_of(private, topic.conversation_id) is None


async def test_when_topics_in_private_are_turned_off_messages_stand_under_their_title(
    messenger, server, officer, private, topic, caplog
):
    await messenger.send(private, Outgoing("kartu", topic=topic), None)
    server.sim.private_topics = False
    await messenger.send(private, Outgoing("pesan", topic=topic), None)

    last = officer.inbox[-1]
    assert (last.text, last.thread_id) == ("Ani · KTP hilang\npesan", None)
    assert private not in [getattr(record, "chat", None) for record in caplog.records]


async def test_telegram_refuses_topics_in_private_unless_they_are_on_and_never_closes_them(
    connection, server, officer, private
):
    made = await connection.bot.create_forum_topic(private, "Ani")
    with pytest.raises(BadRequest):
        await connection.bot.close_forum_topic(private, made.message_thread_id)
    await connection.bot.edit_forum_topic(private, made.message_thread_id, name="Ani B")
    written = await officer.send_text("halo", thread=made.message_thread_id)
    server.sim.private_topics = False
    with pytest.raises(BadRequest, match="not a forum"):
        await connection.bot.create_forum_topic(private, "Ani")

    assert [each.name for each in officer.private.topics.values()] == ["Ani B"]
    assert written.wire["is_topic_message"] is True
