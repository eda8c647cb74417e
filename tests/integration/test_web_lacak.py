"""Tracking over HTTP: what the number tells, what the code opens, how guessing is slowed."""

import io
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import FormData
from aiohttp.test_utils import TestClient
from PIL import Image

from desk.domain.followup_code import hash_code
from desk.domain.lifecycle import Actor, HistoryEntry, Identity, OutcomeCode, Status
from desk.domain.ticket import Reporter, Ticket, TicketId, TicketPlace
from desk.domain.ticket_number import new_ticket_number
from tests.integration.ticket_life import OFFICE, pothole
from tests.integration.web_desk import WebDesk, make_tools, open_web_desk

Client = TestClient[Any, Any]
MakeClient = Callable[..., Awaitable[Client]]
CODE = "R8RK-0WF5"
NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
PROOF_PHOTO = "b" * 32
HTML = {"Accept": "text/html"}


@pytest.fixture
async def desk(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[WebDesk]:
    shutil.copy(sqlite_template, tmp_path / "sapa.db")
    tools = replace(make_tools(), now=lambda: NOW)
    async with open_web_desk(tmp_path, tools=tools) as opened:
        yield opened


@pytest.fixture
async def client(desk: WebDesk, aiohttp_client: MakeClient) -> Client:
    return await aiohttp_client(desk.app)


async def filed(desk: WebDesk, **changes: Any) -> Ticket:
    at = NOW - timedelta(hours=1)
    filing = HistoryEntry(at, None, Status.NEW, Actor.CITIZEN, office=OFFICE)
    ticket = pothole(
        [filing],
        **{
            "id": TicketId("t" * 32),
            "description": "Lubang besar <b>sekali</b>",
            "place": TicketPlace(),
            "reporter": Reporter(name="Budi Rahasia"),
            "code_hash": hash_code(CODE, desk.tools.code_key),
            **changes,
        },
    )
    async with desk.storage.units() as uow:
        await uow.tickets.add(ticket)
        await uow.commit()
    return ticket


async def stored(desk: WebDesk, ticket: Ticket) -> Ticket:
    async with desk.storage.units() as uow:
        found = await uow.tickets.get(ticket.number)
    assert found is not None
    return found


def moved(ticket: Ticket, *statuses: Status, words: str | None = None) -> dict[str, Any]:
    history = list(ticket.history)
    for status in statuses:
        before = history[-1].to_status
        entry = HistoryEntry(
            NOW - timedelta(minutes=30), before, status, Actor.PETUGAS, words=words
        )
        history.append(entry)
    return {"status": statuses[-1], "history": tuple(history)}


async def page(client: Client, path: str) -> str:
    response = await client.get(path, headers=HTML)
    return await response.text()


async def opened(client: Client, ticket: Ticket, code: str = CODE) -> str:
    response = await client.post("/lacak", data={"nomor": ticket.number, "kode": code})
    return await response.text()


async def test_the_number_shows_state_office_dates_and_the_rule(
    desk: WebDesk, client: Client
) -> None:
    ticket = await filed(desk)
    text = await page(client, f"/lacak?nomor={ticket.number}")
    for expected in (
        "Diterima",
        "Selasa, 24 November 2026, 09.00 WITA",
        "Jumat, 27 November 2026, 16.30 WITA",
        "3 hari kerja untuk verifikasi, pedoman Permenpan RB 62/2018",
        "pengaduan.sulbar@ombudsman.go.id",
        desk.tools.catalogue.agency("dinas_pu_mamuju").nama,
    ):
        assert expected in text


async def test_between_check_and_office_the_rule_to_come_is_shown(
    desk: WebDesk, client: Client
) -> None:
    at = NOW - timedelta(hours=1)
    steps = [(None, Status.NEW, Actor.CITIZEN), (Status.NEW, Status.VERIFIED, Actor.KOORDINATOR)]
    history = tuple(HistoryEntry(at, before, after, by) for before, after, by in steps)
    ticket = await filed(desk, status=Status.VERIFIED, history=history)
    text = await page(client, f"/lacak?nomor={ticket.number}")
    assert "Mulai dihitung saat laporan diteruskan." in text
    assert "5 hari kerja untuk mulai menangani, pedoman Permenpan RB 62/2018" in text
    assert "pengaduan.sulbar@ombudsman.go.id" in text


async def test_the_number_alone_shows_neither_matter_nor_person(
    desk: WebDesk, client: Client
) -> None:
    ticket = await filed(desk)
    text = await page(client, f"/lacak?nomor={ticket.number}")
    assert "Lubang" not in text
    assert "Budi" not in text
    assert "Jalan" not in text


async def test_a_number_is_read_however_it_is_typed(desk: WebDesk, client: Client) -> None:
    ticket = await filed(desk)
    typed = ticket.number.lower().replace("-", " ").replace("0", "o")
    assert ticket.number in await page(client, f"/lacak?nomor={typed}")


async def test_the_office_of_a_protected_ticket_is_never_shown(
    desk: WebDesk, client: Client
) -> None:
    ticket = await filed(desk, category="pungli_korupsi", office="inspektorat_mamuju")
    office = desk.tools.catalogue.agency("inspektorat_mamuju").nama
    assert office not in await page(client, f"/lacak?nomor={ticket.number}")
    assert office not in await opened(client, ticket)


async def test_a_mistyped_number_is_told_apart_from_an_unknown_one(client: Client) -> None:
    number = new_ticket_number()
    wrong = number[:-1] + ("A" if number[-1] != "A" else "B")
    response = await client.get(f"/lacak?nomor={wrong}", headers=HTML)
    assert response.status == 422
    assert "salah ketik" in await response.text()
    response = await client.get(f"/lacak?nomor={number}", headers=HTML)
    assert response.status == 404
    assert "Tidak ada laporan" in await response.text()


async def test_what_is_typed_comes_back_as_text_only(client: Client) -> None:
    text = await page(client, '/lacak?nomor="><script>alert(1)</script>')
    assert "<script>alert" not in text


async def test_the_code_opens_the_whole_ticket(desk: WebDesk, client: Client) -> None:
    ticket = await filed(desk)
    text = await opened(client, ticket)
    assert "Lubang besar &lt;b&gt;sekali&lt;/b&gt;" in text
    assert "Jalan &amp; jembatan" in text
    assert "Tambah keterangan" in text


async def test_the_code_never_stands_in_an_address(desk: WebDesk, client: Client) -> None:
    ticket = await filed(desk)
    response = await client.post("/lacak", data={"nomor": ticket.number, "kode": CODE})
    assert CODE not in str(response.url)
    assert str(response.url).endswith(f"/lacak/{ticket.number}")


async def test_number_without_code_leads_to_the_public_state(
    desk: WebDesk, client: Client
) -> None:
    ticket = await filed(desk)
    text = await opened(client, ticket, code="")
    assert "Diterima" in text
    assert "Lubang" not in text


@pytest.mark.parametrize("code", ["0000-0000", "R8RK-0WF6", "x", "🙂", "R" * 80])
async def test_a_wrong_code_opens_nothing(desk: WebDesk, client: Client, code: str) -> None:
    ticket = await filed(desk)
    text = await opened(client, ticket, code)
    assert "tidak cocok" in text
    assert "Lubang" not in text


async def test_a_ticket_without_code_cannot_be_opened(desk: WebDesk, client: Client) -> None:
    ticket = await filed(desk, code_hash=None)
    for code in ("0000-0000", CODE):
        assert "tidak cocok" in await opened(client, ticket, code)


async def test_unknown_number_and_wrong_code_get_the_same_answer(
    desk: WebDesk, client: Client
) -> None:
    ticket = await filed(desk)
    unknown = replace(ticket, number=new_ticket_number())
    answers = [await opened(client, one, "0000-0000") for one in (ticket, unknown)]
    plain = [re.sub(r"MJU-\w{4}-\w{4}", "", answer) for answer in answers]
    assert plain[0] == plain[1]


async def test_after_five_wrong_codes_even_the_right_one_waits(
    desk: WebDesk, client: Client
) -> None:
    ticket = await filed(desk)
    for _ in range(5):
        await opened(client, ticket, "0000-0000")
    response = await client.post("/lacak", data={"nomor": ticket.number, "kode": CODE})
    assert response.status == 429
    assert int(response.headers["Retry-After"]) > 300


async def test_guessing_numbers_is_paused_but_mistyping_is_not_guessing(
    desk: WebDesk, client: Client
) -> None:
    ticket = await filed(desk)
    for _ in range(8):
        await page(client, "/lacak?nomor=MJU-AAAA-AAAB")
    assert "Diterima" in await page(client, f"/lacak?nomor={ticket.number}")
    for _ in range(5):
        await page(client, f"/lacak?nomor={new_ticket_number()}")
    assert "Demi keamanan" in await page(client, f"/lacak?nomor={ticket.number}")


async def test_a_fresh_cookie_for_each_guess_does_not_help_for_ever(
    desk: WebDesk, client: Client
) -> None:
    statuses = []
    for _ in range(21):
        client.session.cookie_jar.clear()
        await client.get("/chat")
        response = await client.get(f"/lacak?nomor={new_ticket_number()}", headers=HTML)
        statuses.append(response.status)
    assert statuses == [404] * 20 + [429]


async def test_without_the_code_the_tickets_own_address_leads_to_the_form(
    desk: WebDesk, client: Client
) -> None:
    ticket = await filed(desk)
    response = await client.get(f"/lacak/{ticket.number}", allow_redirects=False)
    assert response.status == 303
    assert response.headers["Location"] == f"/lacak?nomor={ticket.number}"
    for step in ("tarik", "tambah"):
        response = await client.post(f"/lacak/{ticket.number}/{step}", data={"yakin": "ya"})
        assert (await stored(desk, ticket)).status is Status.NEW


async def test_the_code_of_one_ticket_opens_no_other(desk: WebDesk, client: Client) -> None:
    ticket = await filed(desk)
    other = await filed(desk, id=TicketId("u" * 32), number=new_ticket_number())
    await opened(client, ticket)
    text = await page(client, f"/lacak/{other.number}")
    assert "Lubang" not in text


async def test_an_opened_ticket_closes_by_itself(desk: WebDesk, client: Client) -> None:
    ticket = await filed(desk)
    await opened(client, ticket)
    later = replace(desk.site, tools=replace(desk.tools, now=lambda: NOW + timedelta(hours=1)))
    signed = client.session.cookie_jar.filter_cookies(client.make_url("/lacak"))["sapa_lacak"]
    value = later.signer.read("lacak", signed.value)
    assert value is not None
    assert int(value.partition("|")[2]) < later.tools.now().timestamp()


async def test_words_and_a_photo_are_added_once(desk: WebDesk, client: Client) -> None:
    ticket = await filed(desk)
    text = await opened(client, ticket)
    nonce = re.search(r'name="kunci" value="([^"]+)"', text)
    assert nonce is not None
    for _ in range(2):
        file = io.BytesIO()
        Image.new("RGB", (20, 20)).save(file, "PNG")
        form = FormData()
        form.add_field("kunci", nonce[1])
        form.add_field("kata", "Sekarang lebih dalam <i>lagi</i>")
        form.add_field("foto", io.BytesIO(file.getvalue()), filename="a.png")
        response = await client.post(f"/lacak/{ticket.number}/tambah", data=form)
        text = await response.text()
    assert "sudah kami simpan" in text
    assert "Sekarang lebih dalam &lt;i&gt;lagi&lt;/i&gt;" in text
    added = (await stored(desk, ticket)).additions
    assert sorted(addition.kind for addition in added) == ["foto", "keterangan"]
    picture = next(addition.attachment for addition in added if addition.attachment)
    shown = await client.get(f"/lacak/{ticket.number}/foto/{picture}")
    assert (shown.status, shown.content_type) == (200, "image/jpeg")


async def test_a_picture_of_another_ticket_is_not_shown(desk: WebDesk, client: Client) -> None:
    ticket = await filed(desk)
    async with desk.storage.units() as uow:
        await uow.attachments.add("a" * 32, None, b"x", "image/jpeg", NOW)
        await uow.commit()
    await opened(client, ticket)
    assert (await client.get(f"/lacak/{ticket.number}/foto/{'a' * 32}")).status == 404


async def test_an_answer_to_an_officers_question_lets_the_work_go_on(
    desk: WebDesk, client: Client
) -> None:
    fresh = await filed(desk)
    async with desk.storage.units() as uow:
        asked = moved(fresh, Status.ON_HOLD, words="Di depan rumah nomor berapa?")
        await uow.tickets.save(replace(fresh, **asked))
        await uow.commit()
    assert "Di depan rumah nomor berapa?" in await opened(client, fresh)
    form = FormData()
    form.add_field("kunci", "kunci-satu")
    form.add_field("kata", "Nomor 12")
    form.add_field("foto", b"", filename="", content_type="application/octet-stream")
    await client.post(f"/lacak/{fresh.number}/tambah", data=form)
    ticket = await stored(desk, fresh)
    assert ticket.status is Status.NEW
    assert ticket.history[-1].by is Actor.CITIZEN
    assert [addition.text for addition in ticket.additions] == ["Nomor 12"]


async def test_withdrawing_needs_a_confirmation(desk: WebDesk, client: Client) -> None:
    ticket = await filed(desk)
    await opened(client, ticket)
    response = await client.post(f"/lacak/{ticket.number}/tarik", data={})
    assert response.status == 422
    assert (await stored(desk, ticket)).status is Status.NEW
    for _ in range(2):
        response = await client.post(f"/lacak/{ticket.number}/tarik", data={"yakin": "ya"})
        assert "sudah Anda tarik" in await response.text()
    after = await stored(desk, ticket)
    assert (after.status, len(after.history)) == (Status.WITHDRAWN, 2)


async def test_a_resolved_ticket_can_be_closed_or_reopened_by_its_citizen(
    desk: WebDesk, client: Client
) -> None:
    fresh = await filed(desk)
    async with desk.storage.units() as uow:
        changes = moved(fresh, Status.FORWARDED, Status.IN_PROGRESS, Status.RESOLVED)
        await uow.tickets.save(replace(fresh, **changes))
        await uow.commit()
    text = await opened(client, fresh)
    assert "Belum beres" in text
    assert "Sudah beres" in text
    await client.post(f"/lacak/{fresh.number}/buka", data={"yakin": "ya"})
    assert (await stored(desk, fresh)).status is Status.IN_PROGRESS


async def test_a_move_the_lifecycle_does_not_know_is_refused(
    desk: WebDesk, client: Client
) -> None:
    ticket = await filed(desk)
    await opened(client, ticket)
    response = await client.post(f"/lacak/{ticket.number}/tutup", data={"yakin": "ya"})
    assert response.status == 409
    assert (await stored(desk, ticket)).status is Status.NEW


async def test_leaving_closes_the_ticket_on_this_device(desk: WebDesk, client: Client) -> None:
    ticket = await filed(desk)
    await opened(client, ticket)
    await client.post("/lacak/selesai")
    assert "Lubang" not in await page(client, f"/lacak/{ticket.number}")


async def test_officers_words_proof_photo_and_date_are_shown_to_who_has_the_code(
    desk: WebDesk, client: Client
) -> None:
    ticket = await filed(desk, identity=Identity.ANONIM, reporter=Reporter())
    resolved = HistoryEntry(
        NOW,
        Status.IN_PROGRESS,
        Status.RESOLVED,
        Actor.PETUGAS,
        reason=OutcomeCode.SCHEDULED,
        words="Alat berat menyusul",
        proof="Surat 7/2026",
        photos=(PROOF_PHOTO,),
        scheduled_for=date(2026, 12, 1),
    )
    async with desk.storage.units() as uow:
        await uow.attachments.add(PROOF_PHOTO, None, b"jpeg", "image/jpeg", NOW)
        await uow.attachments.belong_to_ticket([PROOF_PHOTO], ticket.id, at=NOW)
        await uow.tickets.save(
            replace(ticket, status=Status.RESOLVED, history=(*ticket.history, resolved))
        )
        await uow.commit()
    await opened(client, ticket)
    text = await page(client, f"/lacak/{ticket.number}")
    for expected in (
        "Sudah dijadwalkan",
        "Dijadwalkan Selasa, 1 Desember 2026",
        "Alat berat menyusul",
        "Bukti: Surat 7/2026",
        f"/lacak/{ticket.number}/foto/{PROOF_PHOTO}",
    ):
        assert expected in text
    response = await client.get(f"/lacak/{ticket.number}/foto/{PROOF_PHOTO}")
    assert await response.read() == b"jpeg"


async def test_a_closed_ticket_is_rated_with_its_code(desk: WebDesk, client: Client) -> None:
    ticket = await filed(desk)
    await opened(client, ticket)
    early = await client.post(f"/lacak/{ticket.number}/nilai", data={"nilai": "5"})
    assert early.status == 409
    closed = replace(ticket, **moved(ticket, Status.RESOLVED, Status.CLOSED))
    async with desk.storage.units() as uow:
        await uow.tickets.save(closed)
        await uow.commit()
    assert "Penilaian Anda" in await page(client, f"/lacak/{ticket.number}")
    for wrong in ("", "6", "lima"):
        refused = await client.post(f"/lacak/{ticket.number}/nilai", data={"nilai": wrong})
        assert refused.status == 422
    rated = await client.post(
        f"/lacak/{ticket.number}/nilai", data={"nilai": "4", "kata": "cepat"}
    )
    assert "penilaian Anda sudah kami simpan" in await rated.text()
    now = await stored(desk, ticket)
    assert (now.rating, now.rating_words) == (4, "cepat")
