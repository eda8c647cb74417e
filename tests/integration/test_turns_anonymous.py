"""After an anonymous filing nothing stored joins the person and the ticket."""

import json
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Table, select

from desk.domain.inbound import Inbound, InboundKind
from desk.domain.lifecycle import Identity
from desk.services.errors import RasaUnavailable
from desk.services.ports import UnitsOfWork
from desk.services.turns import intake
from desk.storage.open import Storage
from desk.storage.tables import Base
from tests.integration.scenes import Citizen, Silence, Stage

STORY = "kepala kantor minta uang pelicin lima ratus ribu di loket tiga"
PLACE_WORDS = "loket belakang gedung hijau"
SENSE: dict[str, Any] = {"categories": (("pungli_korupsi", 0.9),)}
NAME = "Nama Rahasia Sekali"


@pytest.fixture
def citizen(stage: Stage) -> Citizen:
    return stage.citizen("555666", NAME)


async def rows(storage: Storage) -> list[tuple[str, str]]:
    """Return every row of every table as its table's name and all its contents."""
    found = []
    async with storage.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for row in (await connection.execute(select(table))).mappings():
                found.append((table.name, json.dumps(dict(row), default=repr)))
    return found


async def moments(storage: Storage, table: Table) -> list[tuple[str, datetime]]:
    """Return every time that a table tells, with its column."""
    async with storage.engine.connect() as connection:
        found = (await connection.execute(select(table))).mappings().all()
    return [(c, value) for row in found for c, value in row.items() if isinstance(value, datetime)]


async def assert_unjoined(storage: Storage, citizen: Citizen, photos: int = 0) -> None:
    conversation = await citizen.conversation()
    stored = await rows(storage)
    (ticket,) = [content for table, content in stored if table == "tickets"]
    number, ticket_id = json.loads(ticket)["number"], json.loads(ticket)["id"]
    pictures: list[str] = json.loads(ticket)["photos"]
    code = next(b.text for b in citizen.heard if "Kode lacak" in b.text).split("<code>")[2][:9]
    matter = (STORY, "uang pelicin", PLACE_WORDS, number, ticket_id, code, *pictures)
    person = (conversation.id, citizen.address, NAME)

    assert STORY in ticket
    assert len(pictures) == photos
    for table, content in stored:
        about_matter = [word for word in matter if word in content]
        about_person = [word for word in person if word in content]
        assert not (about_matter and about_person), (table, about_matter, about_person)
        if table not in {"tickets", "ticket_history", "attachments"}:
            assert not about_matter, (table, about_matter)
    held = [json.loads(c) for t, c in stored if t == "attachments"]
    assert [row for row in held if row["conversation_id"] == conversation.id] == []


async def tell(citizen: Citizen) -> None:
    await citizen.press("Anonim")
    await citizen.say(PLACE_WORDS, "nlu_fallback", sure=0.2)
    await citizen.press("Tidak tahu", "Tidak tahu")


async def test_a_plain_anonymous_report(citizen: Citizen, storage: Storage) -> None:
    await citizen.say(STORY, **SENSE)
    await tell(citizen)
    await citizen.press("Tanpa foto")
    receipt = await citizen.press("Kirim")

    assert "Kode lacak" in receipt
    await assert_unjoined(storage, citizen)
    assert await citizen.tickets() == []


async def test_with_photos_of_which_some_were_too_many_or_replaced(
    citizen: Citizen, storage: Storage
) -> None:
    await citizen.say(STORY, **SENSE)
    await tell(citizen)
    await citizen.photos("a", "b")
    await citizen.press("Cukup", "Ubah", "Foto")
    await citizen.photos("c", "d", "e", "f", "g", "h")
    await citizen.press("Cukup", "Kirim")

    await assert_unjoined(storage, citizen, photos=5)


async def test_with_presses_of_old_buttons_afterwards(citizen: Citizen, storage: Storage) -> None:
    await citizen.say(STORY, **SENSE)
    await tell(citizen)
    await citizen.press("Tanpa foto")
    token = citizen.token("Kirim")
    summary = citizen.heard[-1].text
    await citizen.press("Kirim")
    press = Inbound(InboundKind.PRESS, token=token, text=None)
    # Telegram repeats the whole message under whose button was pressed.
    arrival = intake.Arrival(
        citizen.stage.channel,
        citizen.stage.next_id(),
        {"callback_query": {"data": token, "message": {"text": summary}}},
        address=citizen.address,
        inbound=press,
    )
    await intake.receive(citizen.stage.units, citizen.stage.tools, Silence(), [arrival])
    answer = await citizen.hear()

    assert answer.startswith("Tombol itu sudah tidak berlaku.")
    await assert_unjoined(storage, citizen)


async def test_when_the_words_came_before_the_draft(citizen: Citizen, storage: Storage) -> None:
    ranking = (("lapor_aduan", 0.3), ("tanya_syarat", 0.2))
    await citizen.say(STORY, "nlu_fallback", ranking=ranking, **SENSE)
    citizen.stage.clock.advance(minutes=50)
    await citizen.press("Melaporkan masalah")
    await tell(citizen)
    await citizen.press("Tanpa foto", "Kirim")

    await assert_unjoined(storage, citizen)


async def test_when_photos_came_before_the_draft(citizen: Citizen, storage: Storage) -> None:
    await citizen.photos("a")
    citizen.stage.clock.advance(minutes=50)
    await citizen.press("Buat laporan baru", "Saya setuju")
    await citizen.say(STORY, "lapor_aduan", **SENSE)
    await tell(citizen)
    await citizen.press("Kirim")

    await assert_unjoined(storage, citizen, photos=1)


async def test_when_rasa_was_away_for_an_hour(citizen: Citizen, storage: Storage) -> None:
    citizen.stage.rasa.troubles = [RasaUnavailable()]
    await citizen.say(STORY, **SENSE)
    citizen.stage.clock.advance(hours=1)
    await citizen.hear()
    await tell(citizen)
    await citizen.press("Tanpa foto", "Kirim")

    await assert_unjoined(storage, citizen)


async def test_when_the_draft_was_open_first_and_became_anonymous_last(
    citizen: Citizen, storage: Storage
) -> None:
    await citizen.say(STORY, **SENSE)
    await citizen.press("Terbuka", "Saya setuju")
    await citizen.say(PLACE_WORDS, "nlu_fallback", sure=0.2)
    await citizen.press("Tidak tahu", "Tidak tahu", "Tanpa foto", "Ubah", "Identitas", "Anonim")
    await citizen.press("Kirim")

    await assert_unjoined(storage, citizen)


async def test_times_to_the_second_do_not_join_the_two(citizen: Citizen, storage: Storage) -> None:
    citizen.stage.clock.advance(minutes=20)
    await citizen.say(STORY, **SENSE)
    await tell(citizen)
    await citizen.photos("a")
    await citizen.press("Cukup")
    began = citizen.stage.clock()
    await citizen.press("Kirim")

    ended = citizen.stage.clock()
    times = [
        (table.name, column, moment)
        for table in Base.metadata.sorted_tables
        for column, moment in await moments(storage, table)
    ]
    assert [found for found in times if began <= found[2] <= ended] == []
    hour = began.replace(minute=0, second=0)
    of_ticket = {moment for table, _, moment in times if table.startswith("ticket")}
    of_pictures = {moment for table, _, moment in times if table == "attachments"}
    assert (of_ticket, of_pictures) == ({hour}, {hour})


async def test_the_receipt_is_forgotten_once_it_was_sent(
    citizen: Citizen, units: UnitsOfWork
) -> None:
    await citizen.say(STORY, **SENSE)
    await tell(citizen)
    await citizen.press("Tanpa foto", "Kirim")

    conversation = await citizen.conversation()
    async with units() as uow:
        left = await uow.outbox.since(conversation.id, 0, 100)
    assert [message.body.text for message in left] == []


async def test_a_report_that_names_its_citizen_keeps_the_conversation(
    citizen: Citizen,
) -> None:
    await citizen.say(STORY, **SENSE)
    await citizen.press("Rahasia", "Saya setuju")
    await citizen.say(PLACE_WORDS, "nlu_fallback", sure=0.2)
    await citizen.press("Tidak tahu", "Tidak tahu", "Tanpa foto", "Kirim")

    (ticket,) = await citizen.tickets()
    assert (ticket.identity, ticket.reporter.name) == (Identity.RAHASIA, NAME)
