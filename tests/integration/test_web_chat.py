"""The web chat over HTTP: stored once, delivered once, nobody else's."""

import asyncio
import io
import json
import shutil
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, FormData
from aiohttp.test_utils import TestClient
from PIL import Image

from desk.domain.conversation import Channel, Conversation, Owner
from desk.domain.inbound import InboundKind
from desk.domain.outgoing import OutboxId, OutboxState, Outgoing
from tests.integration.scenes import Clock
from tests.integration.web_desk import WebDesk, make_tools, open_web_desk
from web.rates import Allowance
from web.site import Allowances
from web.visitors import COOKIE

Client = TestClient[Any, Any]
MakeClient = Callable[..., Awaitable[Client]]


@pytest.fixture(autouse=True)
def _database(sqlite_template: Path, tmp_path: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "sapa.db")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[WebDesk]:
    async with open_web_desk(tmp_path) as opened:
        yield opened


@pytest.fixture
async def client(desk: WebDesk, aiohttp_client: MakeClient) -> Client:
    made = await aiohttp_client(desk.app)
    response = await made.get("/chat")
    assert response.status == 200
    return made


async def post(client: Client, body: object, path: str = "/chat/messages") -> ClientResponse:
    return await client.post(path, json=body)


def message(number: int = 1, **content: object) -> dict[str, object]:
    return {"id": f"pesan-{number:04}", **(content or {"text": "halo"})}


async def conversation_of(desk: WebDesk, client: Client) -> Conversation:
    return await _conversation(desk, address_of(desk, client))


async def _conversation(desk: WebDesk, address: str) -> Conversation:
    async with desk.storage.units() as uow:
        found = await uow.conversations.at_address(Channel.WEB, address)
    assert found is not None
    return found


def address_of(desk: WebDesk, client: Client) -> str:
    signed = client.session.cookie_jar.filter_cookies(client.make_url("/"))[COOKIE].value
    secret = desk.site.signer.read("sesi", signed)
    assert secret is not None
    return sha256(secret.encode()).hexdigest()


async def waiting(desk: WebDesk, client: Client) -> list[tuple[InboundKind, str | None]]:
    conversation = await conversation_of(desk, client)
    async with desk.storage.units() as uow:
        found = await uow.inbox.waiting(conversation.id)
    return [(message.inbound.kind, message.inbound.text) for message in found]


async def answer(
    desk: WebDesk,
    client: Client,
    text: str,
    *,
    scrub: bool = False,
    owner_version: int | None = None,
    edits: str | None = None,
) -> None:
    conversation = await conversation_of(desk, client)
    async with desk.storage.units() as uow:
        now = desk.tools.now()
        await uow.outbox.add(
            conversation,
            Outgoing(text, edits=edits),
            key=text,
            now=now,
            scrub=scrub,
            owner_version=owner_version,
        )
        await uow.commit()
    desk.storage.bell.ring("outbox:web")


async def history(client: Client, after: int = 0) -> list[str]:
    response = await client.get(f"/chat/history?after={after}")
    return [message["html"] for message in (await response.json())["messages"]]


class Stream:
    """Reads server-sent events."""

    def __init__(self, response: ClientResponse) -> None:
        self.response = response

    async def next(self) -> dict[str, str]:
        async with asyncio.timeout(8):
            while True:
                event = await self._one()
                if event.get("event", "message") not in {"open", "beat"}:
                    return event

    async def _one(self) -> dict[str, str]:
        event: dict[str, str] = {}
        async for line in self.response.content:
            text = line.decode().rstrip("\r\n")
            if not text and event:
                return event
            name, _, value = text.partition(": ")
            if name and value:
                event[name] = value
        raise EOFError


async def open_stream(client: Client, **headers: str) -> Stream:
    response = await client.get("/chat/events", headers=headers)
    assert response.status == 200
    return Stream(response)


async def test_a_message_is_stored_before_it_is_accepted(desk: WebDesk, client: Client) -> None:
    response = await post(client, message(text="lampu jalan mati"))
    assert response.status == 202
    assert await waiting(desk, client) == [(InboundKind.TEXT, "lampu jalan mati")]


async def test_the_same_message_sent_again_is_accepted_and_changes_nothing(
    desk: WebDesk, client: Client
) -> None:
    for _ in range(3):
        assert (await post(client, message())).status == 202
    assert await waiting(desk, client) == [(InboundKind.TEXT, "halo")]


async def test_two_visitors_may_use_the_same_message_id(
    desk: WebDesk, client: Client, aiohttp_client: MakeClient
) -> None:
    other = await aiohttp_client(client.server)
    await other.get("/chat")
    await post(client, message(text="satu"))
    await post(other, message(text="dua"))
    assert await waiting(desk, client) == [(InboundKind.TEXT, "satu")]
    assert await waiting(desk, other) == [(InboundKind.TEXT, "dua")]


async def test_presses_commands_and_places_are_told_apart(desk: WebDesk, client: Client) -> None:
    await post(client, message(1, token="AbC-123_x"))
    await post(client, message(2, command="lapor"))
    await post(client, message(3, lat=-2.68, lon=118.89))
    kinds = [kind for kind, _ in await waiting(desk, client)]
    assert kinds == [InboundKind.PRESS, InboundKind.COMMAND, InboundKind.LOCATION]


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        "halo",
        {"text": "halo"},
        {"id": "kurang", "text": "halo"},
        {"id": "x" * 65, "text": "halo"},
        {"id": "pesan-0001\n", "text": "halo"},
        {"id": "pesan-0001"},
        {"id": "pesan-0001", "text": "  \n "},
        {"id": "pesan-0001", "text": 5},
        {"id": "pesan-0001", "token": "../../x"},
        {"id": "pesan-0001", "command": "hapus_semua"},
        {"id": "pesan-0001", "lat": 91, "lon": 0},
        {"id": "pesan-0001", "lat": -2.6},
    ],
)
async def test_what_no_page_of_ours_sends_is_refused(client: Client, body: object) -> None:
    response = await post(client, body)
    assert response.status == 400
    assert (await response.json())["code"] == "unreadable"


@pytest.mark.parametrize("body", [b'{"id":"pesan-0001","text":"\\ud800"}', b"\xff\xfe", b"{", b""])
async def test_bytes_that_are_no_json_are_refused(client: Client, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    response = await client.post("/chat/messages", data=body, headers=headers)
    assert response.status == 400


async def test_a_nul_that_no_database_takes_is_left_out(desk: WebDesk, client: Client) -> None:
    assert (await post(client, message(text="ha\0lo"))).status == 202
    assert await waiting(desk, client) == [(InboundKind.TEXT, "halo")]


async def test_a_message_that_is_too_long_is_refused_with_the_limit(client: Client) -> None:
    response = await post(client, message(text="a" * 4001))
    assert response.status == 413
    assert "4000" in (await response.json())["message"]


async def test_a_huge_body_is_refused(client: Client) -> None:
    assert (await post(client, message(text="a" * 100_000))).status == 413


async def test_a_form_from_another_page_is_no_message(client: Client) -> None:
    response = await client.post("/chat/messages", data={"id": "pesan-0001", "text": "halo"})
    assert response.status == 415


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://jahat.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_another_site_cannot_make_a_browser_write(
    client: Client, headers: dict[str, str]
) -> None:
    paths = [
        route.resource.canonical
        for route in client.app.router.routes()
        if route.method == "POST" and route.resource is not None
    ]
    assert len(paths) >= 8
    for path in paths:
        address = path.replace("{nomor}", "MJU-1234-5678").replace("{langkah}", "tarik")
        response = await client.post(address, json=message(), headers=headers)
        assert response.status == 403, path


async def test_our_own_page_may_write(client: Client) -> None:
    origin = str(client.make_url("/")).rstrip("/")
    for headers in ({"Origin": origin}, {"Sec-Fetch-Site": "same-origin"}):
        response = await client.post("/chat/messages", json=message(), headers=headers)
        assert response.status == 202


async def test_the_session_cannot_be_read_by_scripts_nor_forged(
    desk: WebDesk, client: Client
) -> None:
    response = await client.get("/chat")
    header = response.headers["Set-Cookie"]
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header
    client.session.cookie_jar.clear()
    forged = await client.get("/chat/events", headers={"Cookie": f"{COOKIE}=abc.def"})
    assert forged.status == 401


async def test_a_cookie_of_any_bytes_is_only_an_unknown_session(
    desk: WebDesk, client: Client
) -> None:
    host, port = client.host, client.port
    reader, writer = await asyncio.open_connection(host, port)
    request = b"GET /chat/events HTTP/1.1\r\nHost: x\r\nCookie: sapa_sesi=\xff\xfe.\xff\r\n"
    writer.write(request + b"Connection: close\r\n\r\n")
    status = await reader.readline()
    writer.close()
    assert b" 401 " in status


async def test_over_https_cookies_are_secure(tmp_path: Path, aiohttp_client: MakeClient) -> None:
    async with open_web_desk(tmp_path, public_url="https://sapa.example") as desk:
        client = await aiohttp_client(desk.app)
        response = await client.get("/chat")
        assert "Secure" in response.headers["Set-Cookie"]
        assert "Strict-Transport-Security" in response.headers


async def test_answers_come_through_the_stream_in_order(desk: WebDesk, client: Client) -> None:
    await post(client, message())
    stream = await open_stream(client)
    for text in ("satu", "dua", "tiga"):
        await answer(desk, client, text)
    events = [await stream.next() for _ in range(3)]
    assert [json.loads(event["data"])["html"] for event in events] == ["satu", "dua", "tiga"]
    assert [json.loads(event["data"])["id"] for event in events] == [
        int(event["id"]) for event in events
    ]


async def test_the_stream_goes_on_after_the_last_message_a_browser_has(
    desk: WebDesk, client: Client
) -> None:
    await post(client, message())
    for text in ("satu", "dua"):
        await answer(desk, client, text)
    first = await (await open_stream(client)).next()
    again = await open_stream(client, **{"Last-Event-ID": first["id"]})
    assert json.loads((await again.next())["data"])["html"] == "dua"


async def test_a_stream_opened_before_the_first_message_delivers_its_answer(
    desk: WebDesk, client: Client
) -> None:
    stream = await open_stream(client)
    await post(client, message())
    await answer(desk, client, "jawaban")
    assert json.loads((await stream.next())["data"])["html"] == "jawaban"


async def test_an_answer_of_another_process_comes_without_a_bell(
    desk: WebDesk, client: Client
) -> None:
    await post(client, message())
    stream = await open_stream(client)
    conversation = await conversation_of(desk, client)
    async with desk.storage.units() as uow:
        now = desk.tools.now()
        await uow.outbox.add(conversation, Outgoing("diam-diam"), key="x", now=now)
        await uow.commit()
    assert json.loads((await stream.next())["data"])["html"] == "diam-diam"


async def test_nobody_reads_another_visitors_messages(
    desk: WebDesk, client: Client, aiohttp_client: MakeClient
) -> None:
    await post(client, message())
    await answer(desk, client, "rahasia")
    other = await aiohttp_client(client.server)
    await other.get("/chat")
    assert await history(other) == []
    assert await history(client) == ["rahasia"]


async def test_a_reload_shows_what_came_before(desk: WebDesk, client: Client) -> None:
    await post(client, message())
    for number in range(130):
        await answer(desk, client, f"pesan {number}")
    assert await history(client) == [f"pesan {number}" for number in range(130)]


async def test_an_anonymous_receipt_is_kept_until_the_browser_has_shown_it(
    desk: WebDesk, client: Client
) -> None:
    await post(client, message())
    await answer(desk, client, "tanda terima", scrub=True)
    assert await history(client) == ["tanda terima"]
    assert await history(client) == ["tanda terima"]
    response = await post(client, {"last_id": 1}, "/chat/ack")
    assert response.status == 204
    assert await history(client) == []


async def test_acknowledging_marks_what_was_shown_and_nothing_later(
    desk: WebDesk, client: Client
) -> None:
    await post(client, message())
    for text in ("satu", "dua", "tiga"):
        await answer(desk, client, text)
    await post(client, {"last_id": 2}, "/chat/ack")
    conversation = await conversation_of(desk, client)
    async with desk.storage.units() as uow:
        states = [m.state for m in await uow.outbox.since(conversation.id, OutboxId(0), 9)]
    assert states == [OutboxState.SENT, OutboxState.SENT, OutboxState.PENDING]


async def test_nobody_can_acknowledge_another_visitors_receipt(
    desk: WebDesk, client: Client, aiohttp_client: MakeClient
) -> None:
    await post(client, message())
    await answer(desk, client, "tanda terima", scrub=True)
    other = await aiohttp_client(client.server)
    await other.get("/chat")
    await post(other, {"last_id": 10**9}, "/chat/ack")
    assert await history(client) == ["tanda terima"]


async def test_a_changed_answer_stands_below_the_one_it_replaces(
    desk: WebDesk, client: Client
) -> None:
    await post(client, message())
    await answer(desk, client, "besok")
    await answer(desk, client, "lusa", edits="besok")

    assert await history(client) == ["besok", "<i>(diperbarui)</i> lusa"]


async def test_a_bots_answer_is_dropped_when_an_officer_came_first(
    desk: WebDesk, client: Client
) -> None:
    await post(client, message())
    conversation = await conversation_of(desk, client)
    await answer(desk, client, "jawaban bot", owner_version=conversation.version)
    async with desk.storage.units() as uow:
        await uow.conversations.save(conversation.handed_to(Owner.OFFICER))
        await uow.commit()
    await answer(desk, client, "jawaban petugas")
    assert await history(client) == ["jawaban petugas"]
    stream = await open_stream(client)
    assert json.loads((await stream.next())["data"])["html"] == "jawaban petugas"
    assert json.loads((await stream.next())["data"]) == "petugas"


async def test_too_many_messages_are_put_off_politely(
    tmp_path: Path, aiohttp_client: MakeClient
) -> None:
    allowances = Allowances(messages=Allowance(2, 60))
    async with open_web_desk(tmp_path, allowances=allowances) as desk:
        client = await aiohttp_client(desk.app)
        await client.get("/chat")
        statuses = [(await post(client, message(number))).status for number in range(3)]
        assert statuses == [202, 202, 429]
        response = await post(client, message(3))
        assert int(response.headers["Retry-After"]) > 0
        assert "tersimpan" in (await response.json())["message"]


async def test_visitors_without_cookies_share_the_limit_of_their_address(
    tmp_path: Path, aiohttp_client: MakeClient
) -> None:
    allowances = Allowances(messages_of_address=Allowance(2, 60))
    async with open_web_desk(tmp_path, allowances=allowances) as desk:
        client = await aiohttp_client(desk.app)
        statuses = []
        for number in range(4):
            headers = {"X-Forwarded-For": "203.0.113.5" if number < 3 else "203.0.113.6"}
            client.session.cookie_jar.clear()
            body = message(number)
            response = await client.post("/chat/messages", json=body, headers=headers)
            statuses.append(response.status)
        assert statuses == [202, 202, 429, 202]


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 30)) -> bytes:
    file = io.BytesIO()
    image = Image.new("RGB", size, "teal")
    exif = image.getexif()
    exif[0x010E] = "rahasia"
    image.save(file, kind, exif=exif)
    return file.getvalue()


async def post_photo(
    client: Client, data: bytes, *, number: int = 1, text: str | None = None
) -> ClientResponse:
    form = FormData()
    form.add_field("id", f"pesan-{number:04}")
    if text:
        form.add_field("text", text)
    form.add_field("photo", io.BytesIO(data), filename="foto.jpg", content_type="image/jpeg")
    return await client.post("/chat/photos", data=form)


async def test_a_photo_is_stored_without_metadata_and_with_its_words(
    desk: WebDesk, client: Client
) -> None:
    assert (await post_photo(client, picture(), text="ini lubangnya")).status == 202
    conversation = await conversation_of(desk, client)
    async with desk.storage.units() as uow:
        (stored,) = await uow.inbox.waiting(conversation.id)
        assert stored.inbound.attachment is not None
        found = await uow.attachments.get(stored.inbound.attachment)
    assert (stored.inbound.kind, stored.inbound.text) == (InboundKind.PHOTO, "ini lubangnya")
    assert found is not None
    assert b"rahasia" not in found[0]
    assert Image.open(io.BytesIO(found[0])).size == (40, 30)


async def test_the_same_photo_sent_again_is_stored_once(desk: WebDesk, client: Client) -> None:
    for _ in range(2):
        assert (await post_photo(client, picture())).status == 202
    assert len(await waiting(desk, client)) == 1


async def test_what_is_no_photo_is_refused_whatever_it_is_called(client: Client) -> None:
    for data in (b"%PDF-1.7 ...", b"<svg onload=alert(1)>", picture()[:200]):
        response = await post_photo(client, data)
        assert response.status == 415
        assert (await response.json())["code"] == "not_a_picture"


async def test_a_photo_beyond_twenty_megabytes_is_refused(client: Client) -> None:
    response = await post_photo(client, b"\0" * (20 * 1024 * 1024 + 1))
    assert response.status == 413


async def test_a_picture_from_an_officer_is_shown_to_its_citizen_only(
    desk: WebDesk, client: Client, aiohttp_client: MakeClient
) -> None:
    await post(client, message())
    conversation = await conversation_of(desk, client)
    async with desk.storage.units() as uow:
        now = desk.tools.now()
        await uow.attachments.add("f" * 32, None, picture(), "image/jpeg", now)
        body = Outgoing("lihat", attachment="f" * 32)
        await uow.outbox.add(conversation, body, key="x", now=now)
        await uow.commit()
    response = await client.get("/chat/history")
    address = (await response.json())["messages"][0]["picture"]
    shown = await client.get(address)
    assert (shown.status, shown.content_type) == (200, "image/jpeg")
    other = await aiohttp_client(client.server)
    assert (await other.get(address)).status == 404


async def test_a_citizens_data_can_be_fetched_by_this_browser_for_a_day_and_by_nobody_else(
    tmp_path: Path, aiohttp_client: MakeClient
) -> None:
    clock = Clock()
    async with open_web_desk(tmp_path, tools=replace(make_tools(), now=clock)) as desk:
        client = await aiohttp_client(desk.app)
        await client.get("/chat")
        await _fetch_own_data(desk, client, aiohttp_client, clock)


async def _fetch_own_data(
    desk: WebDesk, client: Client, aiohttp_client: MakeClient, clock: Clock
) -> None:
    desk.start_working()
    stream = await open_stream(client)
    await post(client, message(1, command="datasaya"))
    sent = json.loads((await stream.next())["data"])
    assert sent["file"]["label"] == "Unduh data saya (ZIP)"

    fetched = await client.get(sent["file"]["url"])
    assert (fetched.status, fetched.content_type) == (200, "application/zip")
    assert fetched.headers["Cache-Control"] == "no-store"
    assert "data-saya.zip" in fetched.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(await fetched.read())) as archive:
        data = json.loads(archive.read("data-saya.json"))
    assert data["percakapan"][0]["kanal"] == "web"

    other = await aiohttp_client(client.server)
    await other.get("/chat")
    assert (await other.get(sent["file"]["url"])).status == 404
    clock.advance(hours=25)
    assert (await client.get(sent["file"]["url"])).status == 404
    response = await client.get("/chat/history")
    assert (await response.json())["messages"][0]["file"] is None


async def test_who_fetches_a_file_too_often_is_asked_to_wait(
    tmp_path: Path, aiohttp_client: MakeClient
) -> None:
    allowances = Allowances(files=Allowance(1, 600))
    async with open_web_desk(tmp_path, allowances=allowances) as desk:
        client = await aiohttp_client(desk.app)
        await client.get("/chat")
        desk.start_working()
        stream = await open_stream(client)
        await post(client, message(1, command="datasaya"))
        url = json.loads((await stream.next())["data"])["file"]["url"]
        assert (await client.get(url)).status == 200
        refused = await client.get(url, headers={"Accept": "text/html"})
        page = await refused.text()
        other = await aiohttp_client(client.server)
        await other.get("/chat")
        assert (await other.get(url)).status == 404

    assert refused.status == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 600
    assert "Tunggu sebentar" in page


async def test_who_asks_for_the_history_too_often_is_asked_to_wait(
    tmp_path: Path, aiohttp_client: MakeClient
) -> None:
    allowances = Allowances(reads=Allowance(2, 60))
    async with open_web_desk(tmp_path, allowances=allowances) as desk:
        client = await aiohttp_client(desk.app)
        await client.get("/chat")
        answers = [await client.get("/chat/history") for _ in range(3)]

    assert [answer.status for answer in answers] == [200, 200, 429]
    assert "Tunggu sebentar" in (await answers[-1].json())["message"]


async def test_ending_the_chat_forgets_the_session_on_this_device(
    desk: WebDesk, client: Client
) -> None:
    await post(client, message())
    await answer(desk, client, "jawaban")
    assert (await post(client, {}, "/chat/end")).status == 204
    await client.get("/chat")
    assert await history(client) == []


async def test_replies_with_hostile_names_are_harmless_text(desk: WebDesk, client: Client) -> None:
    await post(client, message())
    await answer(desk, client, "<b>Halo</b> <img src=x onerror=alert(1)>")
    assert await history(client) == ["<b>Halo</b> "]


async def test_a_database_that_does_not_answer_makes_the_page_try_again(
    tmp_path: Path, aiohttp_client: MakeClient
) -> None:
    async with open_web_desk(tmp_path) as desk:
        client = await aiohttp_client(desk.app)
        await client.get("/chat")
        (tmp_path / "sapa.db").unlink()
        await desk.storage.engine.dispose()
        response = await post(client, message())
        assert response.status == 500
        assert (await response.json())["code"] == "http_500"


async def test_streams_end_when_the_server_closes(desk: WebDesk, client: Client) -> None:
    stream = await open_stream(client)
    async with asyncio.timeout(5):
        await client.server.close()
        with pytest.raises((EOFError, OSError)):
            await stream.next()
