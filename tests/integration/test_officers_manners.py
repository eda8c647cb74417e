"""Abuse: a citizen is warned first, then muted for a day; what they write is kept all the same."""

from datetime import timedelta

import pytest

from desk.domain.handoff import EventKind
from desk.domain.inbound import Inbound, InboundKind
from desk.domain.roles import Role
from tests.integration.officer_scenes import GROUP, Clerk, handoff_of, register
from tests.integration.scenes import Citizen, Stage

ABUSE = "kalian semua tidak becus"


@pytest.fixture
def officer_group() -> str:
    return GROUP


@pytest.fixture
async def served(citizen: Citizen, budi: Clerk) -> Citizen:
    """Return a citizen whom Budi serves, and who is rude."""
    await citizen.say("mau bicara dengan petugas", "minta_petugas")
    await budi.hear(GROUP)
    await budi.press("Ambil")
    await citizen.say(ABUSE, "salam")
    return citizen


async def mute(citizen: Citizen, budi: Clerk) -> str:
    await budi.command("ingatkan", topic=citizen)
    await budi.command("jeda", topic=citizen)
    return await budi.press("Ya, jeda 24 jam", topic=citizen)


async def noted(citizen: Citizen) -> list[EventKind]:
    handoff = await handoff_of(citizen)
    async with citizen.stage.units() as uow:
        return [event.kind for event in await uow.handoffs.events(handoff.id)]


async def test_a_warning_is_polite_and_noted(served: Citizen, budi: Clerk) -> None:
    answer = await budi.command("ingatkan", topic=served)

    assert "diminta tetap sopan" in answer
    assert "Mohon gunakan kata-kata yang sopan" in served.heard[-1].text
    assert (await noted(served))[-1] is EventKind.WARNED
    assert (await handoff_of(served)).unanswered_since is None  # it is an answer


async def test_nobody_is_muted_who_was_not_warned(served: Citizen, budi: Clerk) -> None:
    answer = await budi.command("jeda", topic=served)

    assert "belum diingatkan" in answer
    assert (await served.conversation()).muted_until is None


async def test_a_warning_of_an_earlier_conversation_with_officers_does_not_count(
    served: Citizen, budi: Clerk
) -> None:
    await budi.command("ingatkan", topic=served)
    await budi.command("kembalikan", topic=served)
    await served.say("mau bicara dengan petugas lagi", "minta_petugas")
    await budi.hear(GROUP)
    await budi.press("Ambil")

    assert "belum diingatkan" in await budi.command("jeda", topic=served)


async def test_a_mute_is_confirmed_told_and_noted(
    served: Citizen, budi: Clerk, stage: Stage
) -> None:
    await budi.command("ingatkan", topic=served)
    asked = await budi.command("jeda", topic=served)
    assert "selama 24 jam?" in asked
    assert (await served.conversation()).muted_until is None

    said = await budi.press("Ya, jeda 24 jam", topic=served)

    until = (await served.conversation()).muted_until
    assert until is not None
    assert timedelta(hours=23) < until - stage.clock() <= timedelta(hours=24)
    assert "dijeda sampai Rabu, 25 November 2026" in said
    assert "tidak dijawab sampai Rabu, 25 November 2026" in served.heard[-1].text
    assert (await noted(served))[-1] is EventKind.MUTED


async def test_what_a_muted_citizen_writes_is_stored_and_reaches_nobody(
    served: Citizen, budi: Clerk, stage: Stage
) -> None:
    await mute(served, budi)
    before = len(stage.messenger.to(GROUP))

    assert await served.say("halo halo halo apakah masih ada orang", "salam") == ""

    assert stage.messenger.to(GROUP)[before:] == []
    conversation = await served.conversation()
    async with stage.units() as uow:
        stored = await uow.inbox.latest(conversation.id, conversation.created_at, 50)
    assert stored[-1].inbound.text == "halo halo halo apakah masih ada orang"


async def test_an_emergency_of_a_muted_citizen_is_answered_and_told_to_officers(
    served: Citizen, budi: Clerk, stage: Stage
) -> None:
    await mute(served, budi)
    before = len(stage.messenger.to(GROUP))

    answer = await served.say("tolong rumah saya kebakaran", "darurat")

    assert "110" in answer
    assert "keadaan darurat" in "\n".join(body.text for body in stage.messenger.to(GROUP)[before:])


@pytest.mark.parametrize(("command", "answered"), [("datasaya", "berkas"), ("hapusdata", "hapus")])
async def test_a_muted_citizen_keeps_the_rights_to_their_data(
    served: Citizen, budi: Clerk, command: str, answered: str
) -> None:
    await mute(served, budi)

    assert answered in await served.command(command)


async def test_the_end_of_a_conversation_does_not_invite_a_muted_citizen_to_write(
    served: Citizen, budi: Clerk
) -> None:
    await mute(served, budi)
    heard = len(served.heard)

    await budi.command("selesai", topic=served)

    assert len(served.heard) == heard


async def test_the_officer_may_end_a_mute_by_the_button(served: Citizen, budi: Clerk) -> None:
    await mute(served, budi)

    said = await budi.press("Akhiri jeda", topic=served)

    assert "diakhiri" in said
    assert "Silakan tulis kembali" in served.heard[-1].text
    assert (await noted(served))[-1] is EventKind.UNMUTED
    assert (await served.conversation()).muted_until is None


async def test_a_mute_is_ended_by_reference_after_the_conversation_was_handed_back(
    served: Citizen, budi: Clerk
) -> None:
    await mute(served, budi)
    await budi.command("selesai", topic=served)
    reference = (await served.conversation()).id[:8].upper()

    assert "diakhiri" in await budi.command("batal_jeda", reference)
    assert "Ada yang bisa dibantu?" in await served.say("maaf, apakah bisa tanya", "salam")
    assert "tidak sedang dijeda" in await budi.command("batal_jeda", reference)


async def test_only_who_serves_the_citizen_warns_and_mutes(
    served: Citizen, budi: Clerk, stage: Stage
) -> None:
    other = await register(stage, 9, "Citra Uji", Role.KOORDINATOR)

    assert "sedang dilayani Budi Uji" in await other.command("ingatkan", topic=served)
    assert "sedang dilayani Budi Uji" in await other.command("jeda", topic=served)


async def test_somebody_who_waits_is_not_warned(citizen: Citizen, budi: Clerk) -> None:
    await citizen.say("mau bicara dengan petugas", "minta_petugas")
    await budi.hear(GROUP)

    assert "belum diambil" in await budi.command("ingatkan", topic=citizen)


async def test_an_old_button_mutes_nobody_in_a_later_conversation(
    served: Citizen, budi: Clerk
) -> None:
    await budi.command("ingatkan", topic=served)
    await budi.command("jeda", topic=served)
    token = await budi.token("Ya, jeda 24 jam", GROUP, served)
    await budi.command("kembalikan", topic=served)
    await served.say("mau bicara dengan petugas lagi", "minta_petugas")
    await budi.hear(GROUP)
    await budi.press("Ambil")

    await budi.send(Inbound(InboundKind.PRESS, token=token), topic=served)
    await budi.hear(GROUP)

    assert (await served.conversation()).muted_until is None
