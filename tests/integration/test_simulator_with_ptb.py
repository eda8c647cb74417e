"""The simulator answers python-telegram-bot over real HTTP as Telegram would."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    KeyboardButton,
    ReplyKeyboardMarkup,
    ReplyParameters,
    TelegramObject,
    Update,
)
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TimedOut,
)
from telegram.request import HTTPXRequest

from simulator import BotApiServer, FaultKind, Group, Limits, NotPossible, Person
from simulator.clock import Signal

PICTURE = b"\x89PNG\r\n\x1a\n" + b"pixels" * 20
FORUM_ID = -1_001_234_567_890


@pytest.fixture(autouse=True)
def durations_as_timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let PTB give waiting times in their coming form; the old one warns."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")


@pytest.fixture
async def server() -> AsyncIterator[BotApiServer]:
    async with BotApiServer(limits=Limits().without_rates()) as running:
        yield running


@asynccontextmanager
async def bot_of(server: BotApiServer, **timeouts: float) -> AsyncIterator[Bot]:
    bot = Bot(
        server.token,
        base_url=f"{server.url}/bot",
        base_file_url=f"{server.url}/file/bot",
        request=HTTPXRequest(**timeouts),
        get_updates_request=HTTPXRequest(),
    )
    async with bot:
        yield bot


@pytest.fixture
async def bot(server: BotApiServer) -> AsyncIterator[Bot]:
    async with bot_of(server) as connected:
        yield connected


@pytest.fixture
async def ani(server: BotApiServer) -> Person:
    """Somebody who has pressed START already."""
    person = server.sim.user(1001, "Ani", username="ani_mamuju")
    await person.start()
    server.backend.queue.clear()
    return person


@pytest.fixture
def forum(server: BotApiServer, ani: Person) -> Group:
    return server.sim.group(FORUM_ID, "Petugas", forum=True, members=[ani])


def unknown_fields(thing: Any, path: str = "update") -> Iterator[str]:
    """Name everything PTB could not place, at any depth."""
    if isinstance(thing, TelegramObject):
        yield from (f"{path}.{key}" for key in thing.api_kwargs)
        for name in type(thing).__slots__:
            yield from unknown_fields(getattr(thing, name, None), f"{path}.{name}")
    elif isinstance(thing, list | tuple):
        for number, item in enumerate(thing):
            yield from unknown_fields(item, f"{path}[{number}]")


class TestReceiving:
    async def test_updates_come_again_until_a_higher_offset_confirms_them(self, bot, ani):
        await ani.send_text("satu")
        await ani.send_text("dua")

        first = await bot.get_updates()
        again = await bot.get_updates()
        rest = await bot.get_updates(offset=first[0].update_id + 1)

        assert [update.message.text for update in first] == ["satu", "dua"]
        assert again == first
        assert [update.message.text for update in rest] == ["dua"]
        assert await bot.get_updates(offset=rest[0].update_id + 1) == ()

    async def test_a_long_poll_returns_as_soon_as_somebody_writes(self, bot, ani):
        poll = asyncio.create_task(bot.get_updates(timeout=20))
        await asyncio.sleep(0.1)
        await ani.send_text("halo")

        updates = await asyncio.wait_for(poll, 2)

        assert [update.message.text for update in updates] == ["halo"]

    async def test_a_second_poller_makes_the_first_fail_with_conflict(self, server, bot):
        async with bot_of(server) as rival:
            poll = asyncio.create_task(bot.get_updates(timeout=20))
            await asyncio.sleep(0.1)
            await rival.get_updates(timeout=0)

            with pytest.raises(Conflict, match="terminated by other getUpdates"):
                await asyncio.wait_for(poll, 2)

    async def test_polling_is_refused_while_a_webhook_is_set(self, bot):
        await bot.set_webhook("http://127.0.0.1:9/hook")

        with pytest.raises(Conflict, match="webhook is active"):
            await bot.get_updates()
        await bot.delete_webhook()
        assert await bot.get_updates() == ()

    async def test_only_allowed_kinds_arrive(self, bot, ani):
        await bot.get_updates(allowed_updates=["my_chat_member"])
        await ani.send_text("tidak sampai")
        await ani.block()

        updates = await bot.get_updates()

        assert [update.my_chat_member.new_chat_member.status for update in updates] == ["kicked"]

    async def test_every_kind_of_update_is_understood_without_loss(self, bot, ani, forum):
        sent = await ani.start("tiket-7")
        await ani.edit(sent.message_id, "/start tiket-8")
        await ani.send_photo(PICTURE, "jalan rusak")
        await ani.send_album([PICTURE, PICTURE], "dua foto")
        await ani.send_document(b"%PDF", caption="berkas")
        await ani.send_voice()
        await ani.send_video()
        await ani.send_sticker()
        await ani.send_location(-2.68, 118.89)
        await ani.send_contact("+628111")
        await ani.send_poll("Setuju?", ["ya", "tidak"])
        await ani.forward_text("dari grup")
        await ani.forward_text("dari saya", author=ani)
        topic = await forum.create_topic(ani, "Jalan")
        await forum.add(ani, anonymous=True)
        await ani.send_text("dicek", chat=forum, thread=topic.thread_id)
        await bot.pin_chat_message(FORUM_ID, max(forum.chat.messages))
        await forum.remove(ani)
        await forum.remove_bot(ani)
        shown = await bot.send_message(
            ani.id,
            "Pilih",
            reply_markup=InlineKeyboardMarkup([[InlineKeyboardButton("Ya", callback_data="y")]]),
        )
        await ani.press("Ya")
        await bot.delete_message(ani.id, shown.message_id)
        await ani.press_data("y", shown.message_id)
        await ani.block()

        updates = await bot.get_updates()

        assert [problem for update in updates for problem in unknown_fields(update)] == []
        assert all(update.effective_user is not None for update in updates)
        assert updates[0].message.parse_entities() == {updates[0].message.entities[0]: "/start"}
        assert updates[1].edited_message.text == "/start tiket-8"

    async def test_an_album_arrives_as_separate_updates_of_one_group(self, bot, ani):
        await ani.send_album([PICTURE] * 3, "tiga")

        messages = [update.message for update in await bot.get_updates()]

        assert len({message.media_group_id for message in messages}) == 1
        assert [message.caption for message in messages] == ["tiga", None, None]

    async def test_a_text_too_long_for_one_message_arrives_in_parts(self, bot, ani):
        await ani.send_text("a" * 5000)

        lengths = [len(update.message.text) for update in await bot.get_updates()]

        assert lengths == [4096, 904]

    async def test_a_press_is_lost_when_the_bot_is_away_too_long(self, server, bot, ani):
        shown = await bot.send_message(ani.id, "Pilih")
        await ani.press_data("y", shown.message_id)
        await ani.send_text("halo")
        server.sim.clock.advance(200)

        kinds = [update.callback_query is None for update in await bot.get_updates()]

        assert kinds == [True]


@dataclass
class Receiver:
    """A webhook that fails as ordered and remembers what it got."""

    failures: list[int] = field(default_factory=list)
    seen: list[tuple[str, str | None, int]] = field(default_factory=list)
    secrets: set[str | None] = field(default_factory=set)
    times: list[float] = field(default_factory=list)
    arrived: Signal = field(default_factory=Signal)
    url: str = ""

    async def handle(self, request: web.Request) -> web.Response:
        update = Update.de_json(await request.json(), None)
        self.secrets.add(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        status = self.failures.pop(0) if self.failures else 200
        text = update.message.text if update.message else None
        self.seen.append((update.effective_user.first_name, text, status))
        self.times.append(asyncio.get_running_loop().time())
        self.arrived.notify()
        if status == 0:
            request.transport.abort()
        return web.Response(status=status or 500)

    def of(self, name: str) -> list[tuple[str | None, int]]:
        return [(text, status) for who, text, status in self.seen if who == name]

    async def wait(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.seen) < count:
                await self.arrived.wait(1)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    target = Receiver()
    app = web.Application()
    app.router.add_post("/hook", target.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    target.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield target
    await runner.cleanup()


class TestWebhook:
    @pytest.fixture(autouse=True)
    def quick(self, server: BotApiServer) -> None:
        server.sim.delivery.time_scale = 0.01

    async def test_updates_come_with_the_secret_and_are_confirmed_by_200(
        self, server, bot, ani, receiver
    ):
        await bot.set_webhook(receiver.url, secret_token="rahasia_1")
        await ani.send_text("halo")
        await receiver.wait(1)
        await asyncio.sleep(0.05)

        assert receiver.secrets == {"rahasia_1"}
        assert receiver.of("Ani") == [("halo", 200)]
        assert server.sim.pending_updates == 0

    async def test_a_failing_update_holds_back_its_chat_but_no_other(
        self, server, bot, ani, receiver
    ):
        budi = server.sim.user(1002, "Budi")
        receiver.failures = [500, 0, 503]
        await bot.set_webhook(receiver.url)
        await ani.send_text("satu")
        await ani.send_text("dua")
        await receiver.wait(3)
        await budi.send_text("halo")
        await receiver.wait(6)

        assert receiver.of("Ani") == [
            ("satu", 500),
            ("satu", 0),
            ("satu", 503),
            ("satu", 200),
            ("dua", 200),
        ]
        assert receiver.of("Budi") == [("halo", 200)]

    async def test_the_first_repetition_is_immediate_and_then_the_pause_doubles(
        self, server, bot, ani, receiver
    ):
        server.sim.delivery.time_scale = 0.1
        receiver.failures = [500] * 4
        await bot.set_webhook(receiver.url)
        await ani.send_text("halo")
        await receiver.wait(4)

        gaps = [later - sooner for sooner, later in pairwise(receiver.times[:4])]

        assert gaps[0] < 0.2 <= gaps[1] < 0.4 <= gaps[2]

    async def test_webhook_info_tells_what_waits_and_why(self, bot, ani, receiver):
        receiver.failures = [502] * 1000
        await bot.set_webhook(receiver.url, max_connections=5, allowed_updates=["message"])
        await ani.send_text("satu")
        await ani.send_text("dua")
        await receiver.wait(2)

        info = await bot.get_webhook_info()

        assert (info.url, info.pending_update_count) == (receiver.url, 2)
        assert info.last_error_message == "Wrong response from the webhook: 502 Bad Gateway"
        assert (info.max_connections, info.allowed_updates) == (5, ("message",))

    async def test_retry_after_of_the_receiver_is_honoured(self, server, bot, ani):
        times: list[float] = []

        async def busy(request: web.Request) -> web.Response:
            times.append(asyncio.get_running_loop().time())
            status = 503 if len(times) == 1 else 200
            return web.Response(status=status, headers={"Retry-After": "30"})

        app = web.Application()
        app.router.add_post("/", busy)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        await bot.set_webhook(f"http://127.0.0.1:{runner.addresses[0][1]}/")
        await ani.send_text("halo")
        await asyncio.sleep(0.6)
        await bot.delete_webhook()
        await runner.cleanup()

        assert len(times) == 2
        assert times[1] - times[0] >= 0.3

    async def test_doubled_delivery_brings_every_update_twice(self, server, bot, ani, receiver):
        server.sim.delivery.deliver_twice = True
        await bot.set_webhook(receiver.url)
        await ani.send_text("satu")
        await ani.send_text("dua")
        await receiver.wait(4)

        assert [text for text, _ in receiver.of("Ani")] == ["satu", "satu", "dua", "dua"]

    async def test_updates_wait_while_nobody_listens_and_polling_gets_them(self, bot, ani):
        await bot.set_webhook("http://127.0.0.1:9/hook")
        await ani.send_text("halo")
        await asyncio.sleep(0.05)
        info = await bot.get_webhook_info()
        await bot.delete_webhook()

        assert info.last_error_message == "Connection refused"
        assert [u.message.text for u in await bot.get_updates()] == ["halo"]


class TestSending:
    async def test_a_citizen_sees_text_html_and_buttons(self, bot, ani):
        markup = InlineKeyboardMarkup(
            [
                [InlineKeyboardButton("Ya", callback_data="y")],
                [InlineKeyboardButton("Tidak", callback_data="n")],
            ]
        )
        sent = await bot.send_message(
            ani.id, "<b>Benar</b> begitu?", parse_mode="HTML", reply_markup=markup
        )

        seen = await ani.wait_for("benar begitu")

        assert (seen.message_id, seen.html) == (sent.message_id, "<b>Benar</b> begitu?")
        assert seen.button_texts == ["Ya", "Tidak"]
        assert sent.text_html == "<b>Benar</b> begitu?"
        assert list(unknown_fields(sent)) == []

    async def test_files_travel_up_and_down_unchanged(self, bot, ani):
        await ani.send_photo(PICTURE, "lubang")
        [update] = await bot.get_updates()
        file = await bot.get_file(update.message.photo[-1].file_id)
        received = bytes(await file.download_as_bytearray())
        sent = await bot.send_document(ani.id, b"isi berkas", filename="surat.txt", caption="ini")
        photo = await bot.send_photo(ani.id, PICTURE)
        again = await bot.send_photo(ani.id, photo.photo[-1].file_id)
        await bot.send_voice(ani.id, b"OggS")
        await bot.send_video(ani.id, b"ftyp")

        assert received == PICTURE
        assert sent.document.file_name == "surat.txt"
        assert again.photo[-1].file_id == photo.photo[-1].file_id
        assert [(m.media, ani.download(m)) for m in ani.inbox] == [
            ("document", b"isi berkas"),
            ("photo", PICTURE),
            ("photo", PICTURE),
            ("voice", b"OggS"),
            ("video", b"ftyp"),
        ]

    async def test_an_album_is_sent_as_messages_of_one_group(self, bot, ani):
        media = [InputMediaPhoto(PICTURE, caption="<i>satu</i>", parse_mode="HTML")]
        sent = await bot.send_media_group(ani.id, [*media, InputMediaPhoto(PICTURE)])

        assert len({message.media_group_id for message in sent}) == 1
        assert [message.text for message in await ani.wait_for(2)] == ["satu", ""]

    async def test_location_reply_and_chat_action(self, bot, ani):
        question = await ani.send_text("di mana?")
        await bot.send_chat_action(ani.id, "typing")
        sent = await bot.send_location(
            ani.id, -2.68, 118.89, reply_parameters=ReplyParameters(question.message_id)
        )

        assert ani.last.location == (-2.68, 118.89)
        assert ani.last.reply_to == question.message_id
        assert sent.reply_to_message.text == "di mana?"
        assert ani.private.actions == ["typing"]

    async def test_copy_hides_the_author_and_forward_shows_it(self, bot, ani, forum):
        original = await ani.send_photo(PICTURE, "lubang")
        copied = await bot.copy_message(FORUM_ID, ani.id, original.message_id, caption="baru")
        forwarded = await bot.forward_message(FORUM_ID, ani.id, original.message_id)

        assert forwarded.forward_origin.sender_user.id == ani.id
        first, second = forum.messages()
        assert (first.message_id, first.text) == (copied.message_id, "baru")
        assert "forward_origin" not in first.wire
        assert second.text == "lubang"

    async def test_a_message_is_edited_and_deleted(self, bot, ani):
        markup = InlineKeyboardMarkup([[InlineKeyboardButton("Ya", callback_data="y")]])
        sent = await bot.send_message(ani.id, "satu", reply_markup=markup)
        photo = await bot.send_photo(ani.id, PICTURE, caption="lama")
        edited = await bot.edit_message_text("dua", ani.id, sent.message_id)
        await bot.edit_message_caption(ani.id, photo.message_id, caption="baru")
        await bot.edit_message_reply_markup(ani.id, sent.message_id, reply_markup=markup)

        assert edited.reply_markup is None
        assert [(m.text, m.button_texts) for m in ani.inbox] == [("dua", ["Ya"]), ("baru", [])]
        with pytest.raises(BadRequest, match=r"(?i)message is not modified"):
            await bot.edit_message_text("dua", ani.id, sent.message_id, reply_markup=markup)
        await bot.delete_message(ani.id, sent.message_id)
        assert [m.text for m in ani.inbox] == ["baru"]
        with pytest.raises(BadRequest, match=r"(?i)message to delete not found"):
            await bot.delete_message(ani.id, sent.message_id)

    async def test_a_press_reaches_the_bot_and_its_answer_the_person(self, bot, ani):
        markup = InlineKeyboardMarkup([[InlineKeyboardButton("Lanjut", callback_data="next")]])
        await bot.send_message(ani.id, "Lanjut?", reply_markup=markup)
        press = await ani.press("lanj")
        query = (await bot.get_updates())[0].callback_query
        await query.get_bot().answer_callback_query(query.id, "Baik", show_alert=True)

        answer = await press.answered()

        assert (query.data, query.message.text) == ("next", "Lanjut?")
        assert (answer.text, answer.is_alert) == ("Baik", True)
        with pytest.raises(BadRequest, match=r"(?i)query is too old"):
            await bot.answer_callback_query(query.id)

    async def test_a_press_cannot_be_answered_when_it_is_too_old(self, server, bot, ani):
        press = await ani.press_data("x", 1)
        server.sim.clock.advance(120)

        with pytest.raises(BadRequest, match=r"(?i)query is too old"):
            await bot.answer_callback_query(press.query_id)

    async def test_the_location_button_of_the_keyboard_sends_a_place(self, bot, ani):
        button = KeyboardButton("Kirim lokasi", request_location=True)
        await bot.send_message(
            ani.id,
            "Di mana?",
            reply_markup=ReplyKeyboardMarkup([[button, "Batal"]], one_time_keyboard=True),
        )
        assert ani.last.keyboard_texts == ["Kirim lokasi", "Batal"]
        await ani.press("Kirim lokasi", location=(-2.68, 118.89))

        assert (await bot.get_updates())[0].message.location.latitude == -2.68
        with pytest.raises(AssertionError, match="no button 'Batal'"):
            await ani.press("Batal")

    async def test_commands_and_descriptions_are_kept(self, server, bot):
        await bot.set_my_commands([BotCommand("mulai", "Mulai")])
        await bot.set_my_description("Meja warga")
        await bot.set_my_short_description("Sapa")

        assert await bot.get_my_commands() == (BotCommand("mulai", "Mulai"),)
        assert (await bot.get_my_description()).description == "Meja warga"
        assert (await bot.get_my_short_description()).short_description == "Sapa"
        await bot.delete_my_commands()
        assert await bot.get_my_commands() == ()

    async def test_commands_of_one_chat_stand_beside_those_of_all(self, bot, ani, forum):
        scope = BotCommandScopeChat(FORUM_ID)
        await bot.set_my_commands([BotCommand("tiket", "Tiket")], scope=scope)

        assert await bot.get_my_commands(scope=scope) == (BotCommand("tiket", "Tiket"),)
        assert await bot.get_my_commands() == ()
        with pytest.raises(BadRequest, match=r"(?i)chat not found"):
            await bot.set_my_commands([], scope=BotCommandScopeChat(-100_777))

    async def test_chats_and_members_are_described(self, bot, ani, forum):
        chat = await bot.get_chat(FORUM_ID)
        member = await bot.get_chat_member(FORUM_ID, bot.id)

        assert (chat.type, chat.is_forum, chat.title) == ("supergroup", True, "Petugas")
        assert (member.status, member.can_manage_topics) == ("administrator", True)
        assert (await bot.get_chat_member(FORUM_ID, ani.id)).status == "member"
        assert (await bot.get_chat("@ani_mamuju")).first_name == "Ani"
        await bot.leave_chat(FORUM_ID)
        with pytest.raises(Forbidden, match="not a member"):
            await bot.send_message(FORUM_ID, "halo")


class TestTopics:
    async def test_a_topic_lives_from_creation_to_deletion(self, bot, ani, forum):
        topic = await bot.create_forum_topic(FORUM_ID, "MJU-1 Jalan")
        thread = topic.message_thread_id
        sent = await bot.send_message(FORUM_ID, "aduan", message_thread_id=thread)
        await bot.edit_forum_topic(FORUM_ID, thread, name="MJU-1 selesai")
        await bot.close_forum_topic(FORUM_ID, thread)
        with pytest.raises(NotPossible, match="closed"):
            await ani.send_text("masih?", chat=forum, thread=thread)
        await bot.reopen_forum_topic(FORUM_ID, thread)

        assert (sent.message_thread_id, sent.is_topic_message) == (thread, True)
        assert forum.topic("selesai").thread_id == thread
        assert [m.text for m in forum.messages(thread=thread)] == ["aduan"]
        await bot.delete_forum_topic(FORUM_ID, thread)
        assert forum.messages() == []
        with pytest.raises(BadRequest, match=r"(?i)message thread not found"):
            await bot.send_message(FORUM_ID, "aduan", message_thread_id=thread)
        with pytest.raises(BadRequest, match=r"(?i)topic_id_invalid"):
            await bot.close_forum_topic(FORUM_ID, thread)

    async def test_an_officer_in_a_topic_is_seen_with_the_topics_id(self, bot, ani, forum):
        topic = await bot.create_forum_topic(FORUM_ID, "Jalan")
        await ani.send_text("baik", chat=forum, thread=topic.message_thread_id)

        [update] = await bot.get_updates()

        assert update.message.message_thread_id == topic.message_thread_id
        assert update.message.reply_to_message.forum_topic_created.name == "Jalan"

    async def test_an_anonymous_admin_writes_in_the_groups_name(self, bot, ani, forum):
        await forum.add(ani, anonymous=True)
        await ani.send_text("diam-diam", chat=forum)

        update = (await bot.get_updates())[-1]

        assert update.effective_user.username == "GroupAnonymousBot"
        assert update.message.sender_chat.id == FORUM_ID

    async def test_a_plain_member_bot_sees_only_what_is_meant_for_it(self, server, bot, ani):
        group = server.sim.group(-100_5, "Ramai", members=[ani], bot_status="member")
        await ani.send_text("obrolan", chat=group)
        await ani.send_text("/status", chat=group)

        assert [u.message.text for u in await bot.get_updates()] == ["/status"]

    async def test_rights_are_taken_and_given(self, bot, ani, forum):
        await forum.add_bot(ani, can_manage_topics=False)
        with pytest.raises(BadRequest, match=r"(?i)not enough rights to create a topic"):
            await bot.create_forum_topic(FORUM_ID, "Jalan")
        [update] = await bot.get_updates(allowed_updates=["my_chat_member"])
        await forum.add_bot(ani)

        assert update.my_chat_member.old_chat_member.can_manage_topics
        assert not update.my_chat_member.new_chat_member.can_manage_topics
        assert await bot.create_forum_topic(FORUM_ID, "Jalan")

    async def test_an_officer_closes_a_topic(self, bot, ani, forum):
        topic = await bot.create_forum_topic(FORUM_ID, "Jalan")
        await forum.close_topic(ani, topic.message_thread_id)

        [update] = await bot.get_updates()
        assert update.message.forum_topic_closed is not None
        assert forum.topic("Jalan").is_closed
        with pytest.raises(BadRequest, match=r"(?i)topic_not_modified"):
            await bot.close_forum_topic(FORUM_ID, topic.message_thread_id)

    async def test_a_group_that_moves_tells_its_new_id(self, bot, ani, forum):
        await forum.move(ani, -100_900)
        [update] = await bot.get_updates()

        assert update.message.migrate_to_chat_id == -100_900
        with pytest.raises(ChatMigrated) as caught:
            await bot.send_message(FORUM_ID, "halo")
        assert caught.value.new_chat_id == -100_900
        assert await bot.send_message(-100_900, "halo")

    @pytest.mark.parametrize("name", ["", "n" * 129])
    async def test_a_topic_needs_a_name_of_1_to_128_characters(self, bot, forum, name):
        with pytest.raises(BadRequest):
            await bot.create_forum_topic(FORUM_ID, name)

    async def test_topics_need_a_forum(self, server, bot):
        server.sim.group(-100_6, "Biasa")

        with pytest.raises(BadRequest, match=r"(?i)the chat is not a forum"):
            await bot.create_forum_topic(-100_6, "x")

    async def test_creating_and_editing_topics_counts_against_the_group(self, server, bot, forum):
        server.sim.limits = Limits(chat_burst=100, group_per_minute=3)
        topic = await bot.create_forum_topic(FORUM_ID, "satu")
        await bot.edit_forum_topic(FORUM_ID, topic.message_thread_id, name="dua")
        sent = await bot.send_message(FORUM_ID, "halo")

        with pytest.raises(RetryAfter):
            await bot.edit_message_text("hai", FORUM_ID, sent.message_id)


class TestRefusals:
    @pytest.mark.parametrize(
        ("text", "mode", "reason"),
        [
            ("<b>x", "HTML", "can't parse entities: can't find end tag"),
            ("<br>", "HTML", "can't parse entities: unsupported start tag"),
            ("  ", None, "message text is empty"),
            ("a" * 4097, None, "message is too long"),
        ],
    )
    async def test_wrong_texts_are_bad_requests(self, bot, ani, text, mode, reason):
        with pytest.raises(BadRequest) as caught:
            await bot.send_message(ani.id, text, parse_mode=mode)

        assert caught.value.message.lower().startswith(reason)

    async def test_length_counts_after_the_tags_are_read(self, bot, ani):
        sent = await bot.send_message(ani.id, "<b>" + "a" * 4096 + "</b>", parse_mode="HTML")

        assert len(sent.text) == 4096

    async def test_a_caption_has_at_most_1024_characters(self, bot, ani):
        await bot.send_photo(ani.id, PICTURE, caption="a" * 1024)
        with pytest.raises(BadRequest, match=r"(?i)message caption is too long"):
            await bot.send_photo(ani.id, PICTURE, caption="a" * 1025)

    @pytest.mark.parametrize("data", ["", "é" * 33])
    async def test_callback_data_is_counted_in_bytes(self, bot, ani, data):
        button = InlineKeyboardButton("x", callback_data="é" * 32)
        await bot.send_message(ani.id, "x", reply_markup=InlineKeyboardMarkup([[button]]))
        wrong = InlineKeyboardMarkup([[InlineKeyboardButton("x", callback_data=data)]])

        with pytest.raises(BadRequest, match=r"(?i)button_data_invalid"):
            await bot.send_message(ani.id, "x", reply_markup=wrong)

    async def test_a_callback_answer_has_at_most_200_characters(self, bot, ani):
        press = await ani.press_data("x", 1)
        with pytest.raises(BadRequest, match=r"(?i)message_too_long"):
            await bot.answer_callback_query(press.query_id, "a" * 201)

    async def test_the_bot_cannot_write_to_who_never_wrote_or_blocked_or_left(
        self, server, bot, ani
    ):
        stranger = server.sim.user(1003, "Citra")

        with pytest.raises(Forbidden, match="can't initiate conversation"):
            await bot.send_message(stranger.id, "halo")
        with pytest.raises(BadRequest, match=r"(?i)chat not found"):
            await bot.send_message(999, "halo")
        await ani.block()
        with pytest.raises(Forbidden, match="bot was blocked by the user"):
            await bot.send_message(ani.id, "halo")
        with pytest.raises(NotPossible, match="blocked"):
            await ani.send_text("halo")
        await ani.unblock()
        await bot.send_message(ani.id, "halo")
        await ani.deactivate()
        with pytest.raises(Forbidden, match="user is deactivated"):
            await bot.send_message(ani.id, "halo")

    async def test_a_chat_that_gets_too_much_answers_429_and_recovers(self, server, bot, ani):
        server.sim.limits = Limits(chat_burst=2)
        await bot.send_message(ani.id, "1")
        await bot.send_message(ani.id, "2")

        with pytest.raises(RetryAfter) as caught:
            await bot.send_message(ani.id, "3")
        assert caught.value.retry_after == timedelta(seconds=1)
        server.sim.clock.advance(1)
        await bot.send_message(ani.id, "3")
        assert [m.text for m in ani.inbox] == ["1", "2", "3"]

    async def test_files_that_are_too_big_are_refused(self, server, bot, ani):
        server.sim.limits = replace(server.sim.limits, photo_bytes=200, upload_bytes=2000)
        await ani.send_document(b"%PDF", size=30 << 20)
        [update] = await bot.get_updates()

        with pytest.raises(BadRequest, match=r"(?i)file is too big"):
            await bot.get_file(update.message.document.file_id)
        with pytest.raises(BadRequest, match="too big for a photo"):
            await bot.send_photo(ani.id, PICTURE + b"x" * 200)
        with pytest.raises(NetworkError, match="Request Entity Too Large"):
            await bot.send_document(ani.id, b"x" * 2001)
        with pytest.raises(BadRequest, match=r"(?i)image_process_failed"):
            await bot.send_photo(ani.id, b"no picture")

    async def test_unknown_methods_and_wrong_tokens_are_told_apart(self, server):
        async with aiohttp.ClientSession() as session:
            answers = []
            for path in (f"bot{server.token}/sendTelepathy", "bot1:wrong/getMe", "botx/getMe"):
                async with session.get(f"{server.url}/{path}") as response:
                    body = await response.json()
                    answers.append((response.status, body["error_code"], body["ok"]))

        assert answers == [(404, 404, False), (401, 401, False), (404, 404, False)]
        stranger = Bot("1:wrong", base_url=f"{server.url}/bot")
        with pytest.raises(InvalidToken):
            await stranger.initialize()
        await stranger.shutdown()

    async def test_get_requests_json_bodies_and_any_case_of_names_work(self, server, ani):
        async with aiohttp.ClientSession() as session:
            base = f"{server.url}/bot{server.token}"
            async with session.get(f"{base}/SENDMESSAGE?chat_id={ani.id}&text=satu") as response:
                assert response.status == 200
            body = {"chat_id": ani.id, "text": "dua", "reply_markup": {"remove_keyboard": True}}
            async with session.post(f"{base}/sendMessage", json=body) as response:
                assert response.status == 200

        assert [m.text for m in ani.inbox] == ["satu", "dua"]


class TestFaults:
    @pytest.mark.parametrize(
        ("kind", "error"),
        [
            (FaultKind.FLOOD, RetryAfter),
            (FaultKind.FORBIDDEN, Forbidden),
            (FaultKind.BAD_REQUEST, BadRequest),
            (FaultKind.SERVER_ERROR, NetworkError),
            (FaultKind.BAD_GATEWAY, NetworkError),
            (FaultKind.DROP_BEFORE, NetworkError),
        ],
    )
    async def test_an_ordered_failure_happens_once_and_changes_nothing(
        self, server, bot, ani, kind, error
    ):
        server.sim.faults.add(kind, method="sendMessage", retry_after=7)

        with pytest.raises(error):
            await bot.send_message(ani.id, "satu")
        await bot.send_message(ani.id, "dua")

        assert [m.text for m in ani.inbox] == ["dua"]
        assert [call.fault for call in server.sim.calls.of("sendMessage")] == [kind, None]

    @pytest.mark.parametrize("kind", [FaultKind.DROP_AFTER, FaultKind.BAD_GATEWAY_AFTER])
    async def test_a_message_can_arrive_although_the_client_saw_a_failure(
        self, server, bot, ani, kind
    ):
        server.sim.faults.add(kind, chat_id=ani.id)

        with pytest.raises(NetworkError):
            await bot.send_message(ani.id, "satu")

        assert [m.text for m in ani.inbox] == ["satu"]

    @pytest.mark.parametrize(
        ("kind", "arrived"), [(FaultKind.HANG_BEFORE, []), (FaultKind.HANG_AFTER, ["satu"])]
    )
    async def test_a_call_that_hangs_times_out(self, server, ani, kind, arrived):
        async with bot_of(server, read_timeout=0.2) as impatient:
            server.sim.faults.add(kind)
            with pytest.raises(TimedOut):
                await impatient.send_message(ani.id, "satu")

        assert [m.text for m in ani.inbox] == arrived

    async def test_latency_delays_every_call(self, server, bot):
        server.sim.faults.latency = 0.2
        begin = asyncio.get_running_loop().time()
        await bot.get_me()

        assert asyncio.get_running_loop().time() - begin >= 0.2


class TestSeeing:
    async def test_a_wait_that_fails_lists_what_came_instead(self, bot, ani):
        await bot.send_message(ani.id, "Selamat pagi")

        with pytest.raises(AssertionError, match=r"'malam'(.|\n)*#\d+: 'Selamat pagi'"):
            await ani.wait_for("malam", timeout=0.05)

    async def test_one_answer_never_satisfies_two_waits(self, bot, ani):
        await bot.send_message(ani.id, "ya")
        await ani.wait_for("ya")

        with pytest.raises(AssertionError):
            await ani.wait_for("ya", timeout=0.05)

    async def test_an_edited_message_counts_as_something_new(self, bot, ani):
        sent = await bot.send_message(ani.id, "tunggu")
        await ani.wait_for("tunggu")
        await bot.edit_message_text("selesai", ani.id, sent.message_id)

        seen = await ani.wait_for(lambda message: message.is_edited)

        assert (seen.text, seen.message_id) == ("selesai", sent.message_id)

    async def test_silence_is_broken_by_any_message(self, bot, ani):
        await ani.expect_silence(0.05)
        await bot.send_message(ani.id, "halo")
        with pytest.raises(AssertionError, match="expected silence"):
            await ani.expect_silence(0.01)

    async def test_calls_and_timeline_tell_what_happened(self, server, bot, ani):
        await ani.send_text("halo")
        await bot.send_document(ani.id, b"12345", filename="a.txt")
        [call] = server.sim.calls.of("sendDocument", chat_id=ani.id)

        assert (call.ok, call.files) == (True, {"document": 5})
        assert "document" not in call.params
        who = [(event.who, event.what) for event in server.sim.timeline][-2:]
        assert who == [("user 1001", "sent"), ("bot", "sendDocument")]


class TestControl:
    async def test_another_process_can_be_a_citizen(self, server, bot):
        async with aiohttp.ClientSession(f"{server.url}/control/") as control:

            async def post(path: str, **body: Any) -> Any:
                async with control.post(path, json=body) as response:
                    assert response.status == 200, await response.text()
                    return await response.json()

            await post("users", id=5, first_name="Dewi")
            await post("groups", id=-1005, title="Petugas", forum=True, members=[5])
            await post("users/5/start", payload="abc")
            markup = InlineKeyboardMarkup([[InlineKeyboardButton("Ya", callback_data="y")]])
            await bot.send_message(5, "Selamat datang", reply_markup=markup)
            async with control.get("users/5/wait?text=selamat") as response:
                seen = await response.json()
            await post("users/5/press", button="Ya")
            await post("users/5/send_photo", content="iVBORw0KGgo=", caption="foto")
            topic = await post("groups/-1005/create_topic", by=5, name="Jalan")
            await post("users/5/send_text", text="siap", chat=-1005, thread=topic["thread_id"])
            await post("faults", kind="forbidden", method="sendMessage")
            async with control.patch("settings", json={"delivery": {"time_scale": 0.5}}) as answer:
                assert answer.status == 200
            async with control.get("users/5/wait?text=tidak&timeout=0.05") as response:
                missing = (response.status, (await response.json())["error"])
            async with control.get("state") as response:
                state = await response.json()

        assert (seen["text"], seen["rows"][0][0]["callback_data"]) == ("Selamat datang", "y")
        assert missing[0] == 408
        assert "'tidak'" in missing[1]
        assert state["groups"][0]["topics"][0]["name"] == "Jalan"
        assert server.sim.delivery.time_scale == 0.5
        with pytest.raises(Forbidden):
            await bot.send_message(5, "halo")
        updates = await bot.get_updates()
        assert [u.callback_query.data for u in updates if u.callback_query] == ["y"]
        assert [u.message.text or u.message.caption for u in updates if u.message] == [
            "/start abc",
            "foto",
            None,
            "siap",
        ]

    async def test_wrong_orders_are_explained(self, server):
        async with aiohttp.ClientSession(f"{server.url}/control/") as control:
            answers = []
            for path, body in [
                ("users/77/start", {}),
                ("users", {"shoe_size": 43}),
                ("faults", {"kind": "flood_of_tears"}),
            ]:
                async with control.post(path, json=body) as response:
                    answers.append((response.status, bool((await response.json())["error"])))

        assert answers == [(400, True)] * 3
