"""Serving in private chat where the bot has topics there: one for each conversation."""

import pytest

from desk.domain.handoff import HandoffState
from desk.domain.inbound import Inbound, InboundKind
from desk.domain.roles import Role
from desk.services.handoffs.chats import reference
from desk.services.ports import UnitsOfWork
from tests.integration.officer_scenes import GROUP, Clerk, handoff_of, register
from tests.integration.scenes import Citizen, Stage


@pytest.fixture
def stage(units: UnitsOfWork) -> Stage:
    return Stage(units, officer_group=GROUP, private_topics=True)


@pytest.fixture
async def budi(stage: Stage) -> Clerk:
    return await register(stage, 8, "Budi Uji", Role.KOORDINATOR)


async def serve_two(stage: Stage, budi: Clerk) -> tuple[Citizen, Citizen]:
    """Have Budi serve two citizens in private; the second is the current one."""
    one, two = stage.citizen("1"), stage.citizen("2")
    await budi.command_privately("pribadi", "on")
    for citizen in (one, two):
        await citizen.say("petugas", "minta_petugas")
        await budi.press("Ambil", topic=citizen)
    return one, two


async def shown_of(stage: Stage, citizen: Citizen) -> list[str]:
    """Return what stands in the topic of a citizen's conversation with Budi."""
    conversation = await citizen.conversation()
    return [
        body.text
        for body in stage.messenger.to("8")
        if body.topic is not None and body.topic.conversation_id == conversation.id
    ]


async def test_each_conversation_is_shown_in_its_topic_without_its_name_before_each_word(
    stage: Stage, budi: Clerk
) -> None:
    one, two = await serve_two(stage, budi)
    await one.say("halo dari satu", "salam")
    await two.say("halo dari dua", "salam")

    assert (await shown_of(stage, one))[-1] == "<b>Warga:</b> halo dari satu"
    assert (await shown_of(stage, two))[-1] == "<b>Warga:</b> halo dari dua"


async def test_words_in_a_topic_go_to_its_citizen_whoever_is_current_or_replied_to(
    stage: Stage, budi: Clerk
) -> None:
    one, two = await serve_two(stage, budi)
    await two.say("halo dari dua", "salam")
    shown_of_two = str(len(stage.messenger.delivered))

    await budi.write_privately("untuk satu", topic=one)
    await budi.write_privately("untuk satu lagi", topic=one, reply_to=shown_of_two)
    await budi.write_privately("untuk dua", topic=two)
    await budi.write_privately("untuk yang sedang dilayani")

    said = [[body.text.split("\n")[1] for body in citizen.heard[-2:]] for citizen in (one, two)]
    assert said == [
        ["untuk satu", "untuk satu lagi"],
        ["untuk dua", "untuk yang sedang dilayani"],
    ]


async def test_a_button_and_a_command_in_a_topic_are_about_its_conversation(
    stage: Stage, budi: Clerk
) -> None:
    one, two = await serve_two(stage, budi)

    await budi.press_privately("Selesai", topic=one)
    after_button = [(await handoff_of(each)).state for each in (one, two)]
    await budi.command_privately("kembalikan", topic=two)
    after_command = [(await handoff_of(each)).state for each in (one, two)]

    assert after_button == [HandoffState.ENDED, HandoffState.SERVED]
    assert after_command == [HandoffState.ENDED, HandoffState.ENDED]


async def test_words_in_the_topic_of_an_ended_conversation_reach_nobody_else(
    stage: Stage, budi: Clerk
) -> None:
    one, two = await serve_two(stage, budi)
    await budi.command_privately("selesai", topic=one)
    heard = [len(each.heard) for each in (one, two)]

    await budi.write_privately("satu lagi", topic=one)

    assert [len(each.heard) for each in (one, two)] == heard
    assert "tidak" in (await shown_of(stage, one))[-1]


async def test_who_ends_one_of_two_is_told_that_words_outside_of_topics_go_to_the_other(
    stage: Stage, budi: Clerk
) -> None:
    one, two = await serve_two(stage, budi)

    told = await budi.command_privately("selesai", topic=two)

    whose = reference((await one.conversation()).id)
    assert f"Pesan di luar topik sekarang ditujukan kepada warga <b>{whose}</b>" in told
    assert "tulis di topiknya" in told


async def test_an_officers_own_topic_is_as_if_there_were_none(stage: Stage, budi: Clerk) -> None:
    _, two = await serve_two(stage, budi)
    await budi.send(Inbound(InboundKind.TEXT, text="halo", thread="999"), private=True)
    await budi.hear("8")

    assert two.heard[-1].text.endswith("halo")


async def test_a_protected_conversation_is_served_in_its_topic_with_integritas(
    stage: Stage,
) -> None:
    inti = await register(stage, 8, "Inti Uji", Role.INTEGRITAS)
    one, two = stage.citizen("1"), stage.citizen("2")
    for citizen in (one, two):
        await citizen.say("ada pungli di loket", categories=(("pungli_korupsi", 0.95),))
        await citizen.say("mau bicara petugas", "minta_petugas")
        await inti.press_privately("Ambil", topic=citizen)
    await inti.write_privately("kami dengarkan", topic=one)
    await one.say("orangnya di loket dua", "lapor_aduan")

    assert [(await handoff_of(each)).is_protected for each in (one, two)] == [True, True]
    assert one.heard[-1].text.endswith("kami dengarkan")
    assert "kami dengarkan" not in two.heard[-1].text
    assert (await shown_of(stage, one))[-1] == "<b>Warga:</b> orangnya di loket dua"
    assert all("loket dua" not in text for text in await shown_of(stage, two))
    assert stage.messenger.to(GROUP) == []
