"""Messages leave for Telegram: whole, readable, never twice what arrived, failures named."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from bot.connection import Connection
from bot.files import TelegramFiles
from bot.groups import GroupWatch
from bot.presence import TYPING_LASTS, TelegramPresence
from bot.sending import TelegramMessenger
from desk.domain.conversation import Channel
from desk.domain.inbound import FileRef
from desk.domain.outgoing import Outgoing, OutgoingButton
from desk.services.errors import (
    AddresseeGone,
    DeliveryRefused,
    FileGone,
    FileTooLarge,
    OutcomeUnknown,
    RetryLater,
)
from desk.services.ports import UnitOfWork
from desk.services.tools import Tools
from simulator import FaultKind, Limits, Person
from tests.integration.scenes import Silence

PICTURE = b"\x89PNG\r\n\x1a\n" + b"pixels" * 20
YES_NO = ((OutgoingButton("Ya", "abc"), OutgoingButton("Tidak", "def")),)
LONG = "\n\n".join(f"<b>Bagian {number}</b>\n{'isi ' * 300}" for number in range(8))


def no_storage() -> UnitOfWork:
    """Stand for storage where no topic is asked for."""
    raise AssertionError("no topic was asked for")


def messenger_on(connection: Connection, tools: Tools) -> TelegramMessenger:
    watch = GroupWatch(connection.bot, (), no_storage, tools, Silence())
    return TelegramMessenger(connection.bot, tools, no_storage, watch, lambda address: None)


@pytest.fixture
def messenger(connection: Connection, tools: Tools) -> TelegramMessenger:
    return messenger_on(connection, tools)


def address(person: Person) -> str:
    return str(person.id)


async def test_a_message_arrives_as_html_with_its_buttons_and_without_preview(
    server, ani, messenger
):
    body = Outgoing("<b>Setuju?</b> https://x.id", YES_NO)
    message_id = await messenger.send(address(ani), body, None)

    assert ani.last.html == "<b>Setuju?</b> https://x.id"
    assert str(ani.last.message_id) == message_id
    labels = [[(b.text, b.callback_data) for b in row] for row in ani.last.rows]
    assert labels == [[("Ya", "t:abc"), ("Tidak", "t:def")]]
    sent = server.sim.calls.of("sendMessage")[-1]
    assert '"is_disabled": true' in str(sent.params["link_preview_options"])


async def test_a_long_message_arrives_in_parts_with_the_buttons_under_the_last(ani, messenger):
    await messenger.send(address(ani), Outgoing(LONG, YES_NO), None)

    assert len(ani.inbox) == 3
    assert [bool(message.rows) for message in ani.inbox] == [False, False, True]
    assert " ".join(m.text for m in ani.inbox).split().count("isi") == 8 * 300
    assert all(message.html.startswith("<b>Bagian") for message in ani.inbox)


async def test_a_long_message_goes_on_with_the_part_that_failed(server, ani, messenger):
    body = Outgoing(LONG, YES_NO)
    server.sim.limits = Limits(chat_burst=1)
    with pytest.raises(RetryLater):
        await messenger.send(address(ani), body, None)
    server.sim.faults.add(FaultKind.DROP_BEFORE, method="sendMessage")
    with pytest.raises(OutcomeUnknown):
        await messenger.send(address(ani), body, None)
    assert len(ani.inbox) == 1

    server.sim.limits = Limits().without_rates()
    await messenger.send(address(ani), body, None)
    assert " ".join(message.text for message in ani.inbox).split() == _words(LONG)


async def test_an_unfinished_message_is_forgotten_when_another_one_follows(server, ani, messenger):
    server.sim.limits = Limits(chat_burst=1)
    with pytest.raises(RetryLater):
        await messenger.send(address(ani), Outgoing(LONG), None)
    server.sim.limits = Limits().without_rates()
    await messenger.send(address(ani), Outgoing("Petugas di sini."), None)
    await messenger.send(address(ani), Outgoing(LONG), None)

    assert " ".join(m.text for m in ani.inbox[2:]).split() == _words(LONG)


def _words(source: str) -> list[str]:
    return source.replace("<b>", "").replace("</b>", "").split()


async def test_a_message_sent_again_after_it_arrived_whole_arrives_whole(ani, messenger):
    body = Outgoing(LONG)
    await messenger.send(address(ani), body, None)
    await messenger.send(address(ani), body, None)

    assert len(ani.inbox) == 6


async def test_html_that_telegram_cannot_read_arrives_as_plain_text(server, ani, messenger):
    server.sim.faults.add(
        FaultKind.BAD_REQUEST,
        method="sendMessage",
        description='can\'t parse entities: Unsupported start tag "x" at byte offset 3',
    )
    body = Outgoing('Lihat <a href="https://x.id/?a=1&amp;b=2">ini</a> &lt;3', YES_NO)
    await messenger.send(address(ani), body, None)

    assert [message.text for message in ani.inbox] == ["Lihat ini (https://x.id/?a=1&b=2) <3"]
    assert ani.last.rows


async def test_wrong_html_arrives_as_it_stands(ani, messenger):
    await messenger.send(address(ani), Outgoing("1 < 2 <b>dan <x>"), None)

    assert ani.last.text == "1 < 2 dan <x>"


async def test_a_picture_carries_a_short_text_as_its_caption(ani, messenger):
    await messenger.send(address(ani), Outgoing("<b>Selesai</b>", YES_NO), PICTURE)

    assert [(m.media, m.html, bool(m.rows)) for m in ani.inbox] == [
        ("photo", "<b>Selesai</b>", True)
    ]
    assert ani.download(ani.last) == PICTURE


async def test_a_picture_stands_before_a_text_too_long_for_a_caption(ani, messenger):
    await messenger.send(address(ani), Outgoing("kata " * 300, YES_NO), PICTURE)

    assert [(m.media, bool(m.text), bool(m.rows)) for m in ani.inbox] == [
        ("photo", False, False),
        (None, True, True),
    ]


async def test_a_file_arrives_under_its_name_with_the_text(ani, messenger):
    body = Outgoing("<b>Data Anda</b>", document="data-saya.zip")
    await messenger.send(address(ani), body, b"PK isi")

    assert (ani.last.media, ani.last.html) == ("document", "<b>Data Anda</b>")
    assert ani.download(ani.last) == b"PK isi"
    assert ani.last.wire["document"]["file_name"] == "data-saya.zip"


async def test_a_place_is_asked_for_with_buttons_and_a_hint(ani, messenger):
    body = Outgoing("Di mana?", YES_NO, ask_location=True)
    await messenger.send(address(ani), body, None)

    assert "Lokasi" in ani.last.text
    assert ani.last.rows
    assert not ani.last.keyboard


async def test_a_place_is_asked_for_with_a_keyboard_when_there_are_no_buttons(ani, messenger):
    await messenger.send(address(ani), Outgoing("Di mana?", ask_location=True), None)
    assert [[b.wants_location for b in row] for row in ani.last.keyboard] == [[True]]
    assert ani.private.keyboard

    await messenger.send(address(ani), Outgoing("Terima kasih."), None)
    assert ani.private.keyboard is None


@pytest.mark.parametrize("text", ["", " \n ", "<b> </b>"])
async def test_a_message_without_words_is_refused(ani, messenger, text):
    with pytest.raises(DeliveryRefused):
        await messenger.send(address(ani), Outgoing(text), None)


@pytest.mark.parametrize(
    ("fault", "description", "expected"),
    [
        (FaultKind.SERVER_ERROR, "", RetryLater),
        (FaultKind.BAD_GATEWAY, "", OutcomeUnknown),
        (FaultKind.BAD_GATEWAY_AFTER, "", OutcomeUnknown),
        (FaultKind.DROP_AFTER, "", OutcomeUnknown),
        (FaultKind.FORBIDDEN, "bot was blocked by the user", AddresseeGone),
        (FaultKind.BAD_REQUEST, "chat not found", AddresseeGone),
        (FaultKind.BAD_REQUEST, "BUTTON_DATA_INVALID", DeliveryRefused),
        (FaultKind.BAD_REQUEST, "not enough rights to send text messages", DeliveryRefused),
    ],
)
async def test_each_failure_gets_its_meaning(server, ani, messenger, fault, description, expected):
    server.sim.faults.add(fault, method="sendMessage", description=description)

    with pytest.raises(expected):
        await messenger.send(address(ani), Outgoing("halo"), None)


async def test_flood_control_says_how_long_to_wait(server, ani, messenger):
    server.sim.faults.add(FaultKind.FLOOD, method="sendMessage", retry_after=17)

    with pytest.raises(RetryLater) as caught:
        await messenger.send(address(ani), Outgoing("halo"), None)
    assert (caught.value.seconds, caught.value.code) == (17, "flood")


async def test_a_blocked_or_deleted_citizen_is_gone(server, ani, messenger):
    await ani.block()
    with pytest.raises(AddresseeGone):
        await messenger.send(address(ani), Outgoing("halo"), None)

    await ani.unblock()
    await ani.deactivate()
    with pytest.raises(AddresseeGone):
        await messenger.send(address(ani), Outgoing("halo"), None)


async def test_a_chat_that_never_was_is_gone(messenger):
    with pytest.raises(AddresseeGone):
        await messenger.send("710999", Outgoing("halo"), None)


async def test_no_answer_in_time_leaves_the_outcome_unknown(server, ani, tools):
    slow = Connection(server.token, server.url, answer_seconds=0.2)
    server.sim.faults.add(FaultKind.HANG_AFTER, method="sendMessage", hang_seconds=0.5)

    with pytest.raises(OutcomeUnknown):
        await messenger_on(slow, tools).send(address(ani), Outgoing("halo"), None)
    assert ani.last.text == "halo"
    await slow.close()


async def test_a_server_that_cannot_be_reached_got_nothing(unused_tcp_port, tools):
    nowhere = Connection("1:token", f"http://127.0.0.1:{unused_tcp_port}")

    with pytest.raises(RetryLater) as caught:
        await messenger_on(nowhere, tools).send("1", Outgoing("halo"), None)
    assert caught.value.code == "unreachable"
    await nowhere.close()


async def test_what_is_sent_while_the_program_stops_has_not_left(connection, messenger):
    await connection.close()

    with pytest.raises(RetryLater):
        await messenger.send("1", Outgoing("halo"), None)


async def test_a_wrong_token_is_waited_for_and_not_told(server, ani, tools, caplog):
    wrong = Connection("7000001:dicabut", server.url)

    with pytest.raises(RetryLater) as caught:
        await messenger_on(wrong, tools).send(address(ani), Outgoing("halo"), None)
    assert (caught.value.seconds, caught.value.code) == (60, "token")
    assert "dicabut" not in caplog.text + str(caught.value)
    await wrong.close()


async def test_a_group_that_moved_gets_its_messages_at_the_new_place(tools):
    """The simulator's groups never move, so this one server does it by hand."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        chat = str((await request.post())["chat_id"])
        asked.append(chat)
        if chat == "-5":
            parameters = {"migrate_to_chat_id": -1005}
            moved = {"ok": False, "error_code": 400, "description": "Bad Request: upgraded"}
            return web.json_response(moved | {"parameters": parameters}, status=400)
        message = {"message_id": 9, "date": 0, "chat": {"id": -1005, "type": "supergroup"}}
        return web.json_response({"ok": True, "result": message})

    app = web.Application()
    app.router.add_post("/bot1:a/sendMessage", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    connection = Connection("1:a", f"http://127.0.0.1:{runner.addresses[0][1]}")
    messenger = messenger_on(connection, tools)

    assert [await messenger.send("-5", Outgoing(text), None) for text in "ab"] == ["9", "9"]
    assert asked == ["-5", "-1005", "-1005"]
    await connection.close()
    await runner.cleanup()


# --- files and signs of life --------------------------------------------------------------------


@pytest.fixture
def files(connection: Connection) -> TelegramFiles:
    return TelegramFiles(connection.bot)


async def sent_photo(ani: Person, content: bytes = PICTURE, **options: Any) -> FileRef:
    message = await ani.send_photo(content, **options)
    return FileRef(message.wire["photo"][-1]["file_id"])


async def test_a_citizens_picture_is_fetched(ani, files):
    assert await files.fetch(Channel.TELEGRAM, await sent_photo(ani)) == PICTURE


async def test_a_file_too_large_is_not_fetched(server, ani, files):
    large = await sent_photo(ani, size=21 * 1024 * 1024)
    with pytest.raises(FileTooLarge):
        await files.fetch(Channel.TELEGRAM, large)
    calls = len(server.sim.calls)

    with pytest.raises(FileTooLarge):
        await files.fetch(Channel.TELEGRAM, replace(large, size=21 * 1024 * 1024))
    assert len(server.sim.calls) == calls


async def test_a_file_that_telegram_forgot_is_gone(files):
    with pytest.raises(FileGone):
        await files.fetch(Channel.TELEGRAM, FileRef("tidak-ada"))


async def test_a_file_of_the_web_chat_is_none_of_telegrams(ani, files):
    with pytest.raises(FileGone):
        await files.fetch(Channel.WEB, await sent_photo(ani))


@pytest.mark.parametrize(
    ("fault", "seconds"), [(FaultKind.FLOOD, 3), (FaultKind.BAD_GATEWAY, None)]
)
async def test_a_download_that_failed_may_be_tried_again(server, ani, files, fault, seconds):
    picture = await sent_photo(ani)
    server.sim.faults.add(fault, method="getFile", retry_after=3)

    with pytest.raises(RetryLater) as caught:
        await files.fetch(Channel.TELEGRAM, picture)
    assert caught.value.seconds == seconds
    assert await files.fetch(Channel.TELEGRAM, picture) == PICTURE


async def work_for_a_moment(
    presence: TelegramPresence, chat: str, channel: Channel = Channel.TELEGRAM
) -> None:
    with presence.typing(channel, chat):
        await asyncio.sleep(0.002)  # timers that are due are run meanwhile


async def test_an_answer_that_is_there_at_once_is_not_announced(ani, connection):
    presence = TelegramPresence(connection.bot, typing_after=60)
    await work_for_a_moment(presence, address(ani))
    await presence.settled()

    assert ani.private.actions == []


async def test_typing_is_shown_once_in_four_seconds_and_only_on_telegram(server, ani, connection):
    now = 100.0
    presence = TelegramPresence(connection.bot, clock=lambda: now, typing_after=0)
    for channel in (Channel.TELEGRAM, Channel.TELEGRAM, Channel.WEB):
        await work_for_a_moment(presence, address(ani), channel)
    now += TYPING_LASTS
    await work_for_a_moment(presence, address(ani))
    await presence.settled()

    assert ani.private.actions == ["typing", "typing"]


async def test_typing_never_raises_whatever_telegram_says(server, ani, connection):
    server.sim.faults.add(FaultKind.DROP_BEFORE, method="sendChatAction")
    presence = TelegramPresence(connection.bot, typing_after=0)
    await work_for_a_moment(presence, address(ani))
    await work_for_a_moment(presence, "bukan angka")
    await presence.settled()

    assert ani.private.actions == []


async def test_a_flood_of_typing_leaves_the_connections_to_messages(server, connection):
    server.sim.faults.latency = 0.2
    presence = TelegramPresence(connection.bot, typing_after=0)
    await asyncio.gather(*(work_for_a_moment(presence, str(number)) for number in range(200)))
    await presence.settled()

    assert len(server.sim.calls.of("sendChatAction")) == 16
