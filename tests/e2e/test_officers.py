"""Citizens and officers talk through both programs: in topics, one officer at a time."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from simulator import BotApiServer
from simulator.inbox import InboxMessage, Mailbox
from simulator.people import Person
from simulator.system import Rasa
from tests.e2e.officers import WAIT, Office, ask_for_officer, open_office
from tests.e2e.test_filing_on_telegram import picture
from tests.waiting import until


@pytest.fixture
def budi(telegram: BotApiServer) -> Person:
    return telegram.sim.user(2001, "Budi")


@pytest.fixture
def siti(telegram: BotApiServer) -> Person:
    return telegram.sim.user(2002, "Siti")


@pytest.fixture
async def office(
    telegram: BotApiServer, rasa: Rasa, tmp_path: Path, budi: Person, siti: Person
) -> AsyncIterator[Office]:
    async with open_office(telegram, rasa, tmp_path, budi, siti) as opened:
        await opened.hire(budi, "Budi Petugas")
        await opened.hire(siti, "Siti Petugas")
        yield opened


async def take(office: Office, officer: Person, card: InboxMessage) -> int:
    """Let an officer take a card; return the conversation's topic."""
    await officer.press("Ambil", card.message_id, chat=office.group)
    await office.group.wait_for("dilayani", timeout=WAIT, thread=card.thread_id)
    assert card.thread_id is not None
    return card.thread_id


async def test_a_conversation_from_the_question_to_the_hand_back(
    office: Office, rasa: Rasa, telegram: BotApiServer, budi: Person, siti: Person
) -> None:
    citizen, group = telegram.sim.user(1001, "Andi"), office.group
    await ask_for_officer(citizen)
    card = await office.new_card()

    # Two officers press at the same moment: exactly one has it, and the other is told who.
    await asyncio.gather(
        *(officer.press("Ambil", card.message_id, chat=group) for officer in (budi, siti))
    )
    served = await citizen.wait_for("dilayani oleh", timeout=WAIT)
    told = await group.wait_for("sedang dilayani", timeout=WAIT)
    owner, other = (budi, siti) if "Budi" in served.text else (siti, budi)
    name = "Budi Petugas" if owner is budi else "Siti Petugas"
    assert name in told.text
    thread = card.thread_id
    assert thread is not None

    # Both ways: words, a photo, an edit; a note stays inside.
    said = await owner.send_text(
        "Selamat siang, ada yang bisa dibantu?", chat=group, thread=thread
    )
    answer = await citizen.wait_for("ada yang bisa dibantu", timeout=WAIT)
    assert name in answer.text
    await citizen.send_text("KK saya hilang")
    await group.wait_for("KK saya hilang", timeout=WAIT, thread=thread)
    await citizen.send_photo(picture(), "ini suratnya")
    shown = await group.wait_for(lambda m: m.media == "photo", timeout=WAIT, thread=thread)
    assert shown.text == "ini suratnya"
    await owner.send_photo(picture(), "contoh surat", chat=group, thread=thread)
    example = await citizen.wait_for("contoh surat", timeout=WAIT)
    assert (example.media, name in example.text) == ("photo", True)
    await owner.edit(said.message_id, "Selamat siang, bisa saya bantu?", chat=group)
    edited = await citizen.wait_for("bisa saya bantu", timeout=WAIT)
    assert (edited.message_id, edited.is_edited) == (answer.message_id, True)
    await owner.send_text("// warga sudah pernah ke kantor", chat=group, thread=thread)
    await group.wait_for("Catatan disimpan", timeout=WAIT, thread=thread)

    # Who has not the word is told so.
    await other.send_text("saya bantu juga", chat=group, thread=thread)
    await group.wait_for("tidak diteruskan", timeout=WAIT, thread=thread)

    # Somebody deletes the topic: the next message makes it again, and the officer goes on there.
    await group.delete_topic(thread)
    await citizen.send_text("masih di sana?")
    again = await group.wait_for("masih di sana?", timeout=WAIT)
    assert again.thread_id not in (None, thread)
    await group.wait_for(f"dilayani {name}", timeout=WAIT, thread=again.thread_id)
    await owner.send_text("Masih, Pak.", chat=group, thread=again.thread_id)
    await citizen.wait_for("Masih, Pak.", timeout=WAIT)

    # Given back, the very next message is the bot's.
    await owner.send_text("/kembalikan", chat=group, thread=again.thread_id)
    await citizen.wait_for("menyerahkan percakapan", timeout=WAIT)
    await citizen.send_text("berapa biaya bikin KTP?")
    await citizen.wait_for("gratis", timeout=WAIT)
    texts = " ".join(message.text for message in citizen.inbox)
    assert "pernah ke kantor" not in texts
    assert "saya bantu juga" not in texts

    # Nothing of it, nor who it was, is in the logs.
    logs = (office.folder / "gateway.log").read_text() + rasa.process.log.read_text()
    secrets = ("KK saya", "bisa saya bantu", "pernah ke kantor", "Masih, Pak", "Budi", "Andi")
    assert [secret for secret in secrets if secret in logs] == []


async def test_a_topic_is_closed_at_the_end_and_opened_for_the_next_time(
    office: Office, telegram: BotApiServer, budi: Person
) -> None:
    citizen, group = telegram.sim.user(1002, "Sitti"), office.group
    await ask_for_officer(citizen)
    thread = await take(office, budi, await office.new_card())
    await budi.press("Selesai", chat=group)
    await citizen.wait_for("selesai", timeout=WAIT)
    await until(lambda: group.topics[thread].is_closed, seconds=WAIT)

    await ask_for_officer(citizen)
    card = await office.new_card()

    assert card.thread_id == thread
    assert not group.topics[thread].is_closed


async def test_an_anonymous_admin_is_told_how_to_write_as_themselves(
    office: Office, telegram: BotApiServer, budi: Person
) -> None:
    citizen, group = telegram.sim.user(1003, "Rahma"), office.group
    await ask_for_officer(citizen)
    thread = await take(office, budi, await office.new_card())
    await group.add(budi, anonymous=True)
    await budi.send_text("ini rahasia", chat=group, thread=thread)

    told = await group.wait_for("admin tanpa nama", timeout=WAIT, thread=thread)
    assert "Tetap anonim" in told.text
    assert "ini rahasia" not in " ".join(message.text for message in citizen.inbox)


async def test_several_citizens_at_once_are_never_mixed_up(
    office: Office, telegram: BotApiServer, budi: Person, siti: Person
) -> None:
    group = office.group
    citizens = [telegram.sim.user(1010 + number, f"Warga{number}") for number in range(3)]
    await asyncio.gather(*(ask_for_officer(citizen) for citizen in citizens))
    cards = [await office.new_card() for _ in citizens]
    officers = [budi, siti, budi]
    for officer, card in zip(officers, cards, strict=True):
        await officer.press("Ambil", card.message_id, chat=group)
    for citizen in citizens:
        await citizen.wait_for("dilayani oleh", timeout=WAIT)

    async def talk(number: int, citizen: Person) -> None:
        for step in range(3):
            await citizen.send_text(f"tanya {number}-{step}")
            asked = await Mailbox(group.chat).wait_for(f"tanya {number}-{step}", timeout=WAIT)
            owner = officers[[card.thread_id for card in cards].index(asked.thread_id)]
            await owner.send_text(f"jawab {number}-{step}", chat=group, thread=asked.thread_id)
            await citizen.wait_for(f"jawab {number}-{step}", timeout=WAIT)

    await asyncio.gather(*(talk(*pair) for pair in enumerate(citizens)))

    threads = {}
    for number, citizen in enumerate(citizens):
        texts = " ".join(message.text for message in citizen.inbox)
        assert [f"jawab {other}-" in texts for other in range(3)] == [
            other == number for other in range(3)
        ]
        about = [m for m in group.messages() if f"tanya {number}-" in m.text]
        threads[number] = {m.thread_id for m in about}
    assert all(len(found) == 1 for found in threads.values())
    assert len(set.union(*threads.values())) == 3


async def test_an_officer_serves_two_citizens_in_private(
    office: Office, telegram: BotApiServer
) -> None:
    rina = await office.hire(telegram.sim.user(2003, "Rina"), "Rina Petugas", privately=True)
    citizens = [telegram.sim.user(1020, "Ani"), telegram.sim.user(1021, "Ida")]
    office.group.set_members([rina])
    for citizen in citizens:
        await ask_for_officer(citizen)
        card = await office.new_card()
        await rina.press("Ambil", card.message_id, chat=office.group)
        await citizen.wait_for("dilayani oleh", timeout=WAIT)
    shown = []
    for number, citizen in enumerate(citizens):
        await citizen.send_text(f"tanya {number}")
        shown.append(await rina.wait_for(f"tanya {number}", timeout=WAIT))

    for number, message in enumerate(shown):
        await rina.send_text(f"jawab {number}", reply_to=message.message_id)
    for number, citizen in enumerate(citizens):
        answer = await citizen.wait_for(f"jawab {number}", timeout=WAIT)
        assert "Rina Petugas" in answer.text
        assert f"jawab {1 - number}" not in " ".join(m.text for m in citizen.inbox)
    assert not any("tanya" in message.text for message in office.group.messages())


async def test_officers_read_that_a_citizen_cannot_be_reached(
    office: Office, telegram: BotApiServer, budi: Person
) -> None:
    citizen, group = telegram.sim.user(1030, "Udin"), office.group
    await ask_for_officer(citizen)
    thread = await take(office, budi, await office.new_card())
    await citizen.wait_for("dilayani oleh", timeout=WAIT)
    await citizen.block()
    await budi.send_text("Bapak masih di sana?", chat=group, thread=thread)

    await group.wait_for("memblokir", timeout=WAIT, thread=thread)


async def test_two_conversations_in_two_topics_of_one_private_chat(
    telegram: BotApiServer, rasa: Rasa, tmp_path: Path, budi: Person
) -> None:
    telegram.sim.private_topics = True
    andi, wati = telegram.sim.user(1001, "Andi"), telegram.sim.user(1002, "Wati")
    threads: list[int] = []
    async with open_office(telegram, rasa, tmp_path, budi) as office:
        await office.hire(budi, "Budi Petugas", privately=True)
        for citizen in (andi, wati):
            await ask_for_officer(citizen)
            card = await office.new_card()
            await budi.press("Ambil", card.message_id, chat=office.group)
            served = await budi.wait_for("dilayani Budi Petugas", timeout=WAIT)
            assert served.thread_id not in (None, *threads)
            threads.append(served.thread_id or 0)
        await budi.send_text("untuk Andi", thread=threads[0])
        await budi.send_text("untuk Wati", thread=threads[1])
        await andi.wait_for("untuk Andi", timeout=WAIT)
        await wati.wait_for("untuk Wati", timeout=WAIT)

        # The officer deletes a topic: it is made again, with the card and its buttons.
        budi.private.drop_topic(threads[0])
        await andi.send_text("masih di sana?")
        again = await budi.wait_for("masih di sana?", timeout=WAIT)
        assert again.thread_id not in (None, *threads)
        card = await budi.wait_for("dilayani Budi Petugas", timeout=WAIT)
        assert card.thread_id == again.thread_id
        await budi.press("Selesai", card.message_id)
        await andi.wait_for("selesai", timeout=WAIT)

        await budi.send_text("masih untuk Wati", thread=threads[1])
        await wati.wait_for("masih untuk Wati", timeout=WAIT)
