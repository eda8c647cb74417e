"""What is confidential stays out of groups, lists and cards, whatever way it takes."""

import pytest

from desk.domain.handoff import HandoffState
from desk.domain.roles import Role
from tests.integration.officer_scenes import GROUP, Clerk, handoff_of, register
from tests.integration.scenes import Citizen, Stage, labels_of

BRIBE = "petugas loket minta uang pelicin 50 ribu waktu saya urus KTP"
NAME = "Andi Baso"


@pytest.fixture
def officer_group() -> str:
    return GROUP


@pytest.fixture
def citizen(stage: Stage) -> Citizen:
    return stage.citizen(name=NAME)


@pytest.fixture
async def inti(stage: Stage) -> Clerk:
    return await register(stage, 9, "Inti Uji", Role.INTEGRITAS)


def said_to(stage: Stage, *chats: str) -> str:
    """Return everything that chats were ever sent or shown by an edit."""
    edits = [(chat, body) for chat, _, body in stage.messenger.edited]
    return "\n".join(
        body.text + repr(body.topic)
        for chat, body in (*stage.messenger.delivered, *edits)
        if chat in chats
    )


async def complain_of_bribe(citizen: Citizen) -> None:
    await citizen.say(BRIBE, categories=(("pungli_korupsi", 0.95),))


async def test_a_protected_conversation_is_served_by_integritas_in_private_only(
    stage: Stage, citizen: Citizen, budi: Clerk, inti: Clerk
) -> None:
    await complain_of_bribe(citizen)
    await citizen.say("mau bicara petugas", "minta_petugas")
    await citizen.say("orangnya di loket dua", "lapor_aduan")
    card = stage.messenger.to("9")[-1]
    before_taking = said_to(stage, "9")

    await inti.press_privately("Ambil")
    await inti.write_privately("ceritakan, rahasia Anda aman")

    assert labels_of(card) == ["Ambil"]
    assert "dilindungi" in card.text
    assert "loket" not in before_taking
    assert NAME not in before_taking
    assert "orangnya di loket dua" in said_to(stage, "9")
    assert citizen.heard[-1].text == "<b>Inti Uji</b>\nceritakan, rahasia Anda aman"
    served = next(body.text for chat, _, body in stage.messenger.edited if chat == "9")
    assert BRIBE in served
    assert "setelah diambil" not in served
    assert said_to(stage, GROUP, "8") == ""
    assert (await handoff_of(citizen)).is_protected


async def test_what_a_protected_conversation_is_about_is_shown_to_its_officer_only(
    stage: Stage, citizen: Citizen, budi: Clerk, inti: Clerk
) -> None:
    await register(stage, 10, "Ira Uji", Role.INTEGRITAS)
    await complain_of_bribe(citizen)
    await citizen.say("mau bicara petugas", "minta_petugas")

    await inti.press_privately("Ambil")

    assert BRIBE in said_to(stage, "9")
    assert BRIBE not in said_to(stage, "10", "8", GROUP)


async def test_the_lines_for_integritas_and_for_other_officers_are_counted_apart(
    stage: Stage, citizen: Citizen, budi: Clerk, inti: Clerk
) -> None:
    first, last = stage.citizen("1"), stage.citizen("2")
    await first.say("petugas", "minta_petugas")
    await complain_of_bribe(citizen)
    await citizen.say("mau bicara petugas", "minta_petugas")
    await last.say("petugas", "minta_petugas")

    assert "Urutan Anda: <b>1</b>" in citizen.heard[-1].text
    assert "Urutan Anda: <b>2</b>" in last.heard[-1].text


async def test_without_integritas_nobody_else_gets_a_protected_conversation(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await complain_of_bribe(citizen)

    answer = await citizen.say("mau bicara petugas", "minta_petugas")

    assert "belum ada petugas yang dapat melayani" in answer
    assert said_to(stage, GROUP, "8") == ""


async def test_a_coordinator_can_neither_list_nor_take_a_protected_conversation(
    stage: Stage, citizen: Citizen, budi: Clerk, inti: Clerk
) -> None:
    await complain_of_bribe(citizen)
    await citizen.say("mau bicara petugas", "minta_petugas")
    name = (await citizen.conversation()).id[:8]

    listed = await budi.command("percakapan")
    refused = await budi.command("ambil", name)

    assert name.upper() not in listed
    assert refused.startswith("Percakapan ini di luar wewenang Anda")
    assert (await handoff_of(citizen)).state is HandoffState.WAITING


async def test_stepping_into_a_confidential_draft_is_refused_too(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await complain_of_bribe(citizen)
    name = (await citizen.conversation()).id[:8]

    assert name.upper() not in await budi.command("percakapan")
    assert "di luar wewenang" in await budi.command("ambil", name)


@pytest.mark.parametrize("identity", ["Rahasia", "Anonim"])
async def test_what_was_filed_in_secrecy_is_not_shown_when_an_officer_is_asked_later(
    stage: Stage, citizen: Citizen, budi: Clerk, identity: str
) -> None:
    await complain_of_bribe(citizen)
    wanted = ["Kirim", identity, "Saya setuju", "Tidak tahu", "Tanpa foto", f"Pakai nama {NAME}"]
    while "Kirim" not in citizen.labels:
        await citizen.press(next(label for label in wanted if label in citizen.labels))
    await citizen.press("Kirim")
    stage.clock.advance(minutes=1)
    before = said_to(stage, GROUP)

    await citizen.say("berapa biaya ktp", "tanya_biaya", services=("ktp_el",))
    await citizen.say("petugas saja", "minta_petugas", services=("ktp_el",))
    await budi.press("Ambil", topic=citizen)

    shown = said_to(stage, GROUP).removeprefix(before)
    assert "petugas saja" in shown
    assert "pelicin" not in shown
    if identity == "Rahasia":
        assert NAME not in shown
        assert "nama tidak ditampilkan" in shown


async def test_a_dropped_confidential_draft_is_not_shown_either(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await complain_of_bribe(citizen)
    await citizen.command("batal")
    stage.clock.advance(minutes=1)
    await citizen.say("petugas saja", "minta_petugas")
    await budi.press("Ambil", topic=citizen)

    shown = said_to(stage, GROUP)
    assert "petugas saja" in shown
    assert "pelicin" not in shown
    assert "Maksud" not in shown
    assert NAME not in shown


async def test_an_anonymous_ticket_forgets_what_officers_were_told_about_it(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await citizen.say("petugas", "minta_petugas")
    await citizen.say("lampu jalan di Karema mati sudah 3 hari", "lapor_aduan")
    await budi.press("Ambil", topic=citizen)
    await budi.press("Buat tiket", topic=citizen)
    await budi.press("Aduan", topic=citizen)
    await citizen.press("Tidak setuju", "Kirim tanpa identitas")
    for _ in range(6):
        for label in ("Tidak tahu", "Tanpa foto", "Lainnya", "Penerangan jalan"):
            if label in citizen.labels:
                await citizen.press(label)
    await citizen.press("Kirim")

    conversation = await citizen.conversation()
    async with stage.units() as uow:
        session = uow._session  # type: ignore[attr-defined]
        rows = await (await session.connection()).exec_driver_sql(
            "SELECT body FROM outbox WHERE about IS NOT NULL"
        )
        bodies = [str(row[0]) for row in rows]
        assert await uow.tickets.of_conversation(conversation.id) == []
    assert not [body for body in bodies if "Karema" in body]


async def test_a_wait_leaves_the_group_once_the_bot_is_told_something_confidential(
    stage: Stage, citizen: Citizen, budi: Clerk, inti: Clerk
) -> None:
    await citizen.say("mau bicara petugas", "minta_petugas")
    await citizen.press("Lanjut dengan bot")
    await complain_of_bribe(citizen)
    name = (await citizen.conversation()).id[:8]
    refused = await budi.command("ambil", name)
    await inti.press_privately("Ambil")
    await citizen.say("orangnya di loket dua")

    assert refused.startswith("Percakapan ini di luar wewenang Anda")
    assert stage.messenger.edited[-1][0] != GROUP or not labels_of(stage.messenger.edited[-1][2])
    assert "loket" not in said_to(stage, GROUP, "8")
    assert "orangnya di loket dua" in said_to(stage, "9")
    assert (await handoff_of(citizen)).is_protected


async def test_a_wait_that_becomes_confidential_ends_when_nobody_may_know(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await citizen.say("mau bicara petugas", "minta_petugas")
    await citizen.press("Lanjut dengan bot")
    await complain_of_bribe(citizen)

    assert "belum ada petugas yang dapat melayani" in "\n".join(b.text for b in citizen.heard)
    assert (await handoff_of(citizen)).state is HandoffState.ENDED
    assert await citizen.draft() is not None


async def test_an_emergency_stays_where_most_officers_see_it(
    stage: Stage, citizen: Citizen, budi: Clerk, inti: Clerk
) -> None:
    await citizen.say("ada kebakaran, tolong", "darurat")
    await complain_of_bribe(citizen)

    assert not (await handoff_of(citizen)).is_protected
    assert "Ambil" in labels_of(stage.messenger.to(GROUP)[-1])
