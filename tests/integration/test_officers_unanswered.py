"""No word is lost between bot and officer: of each, an answer was sent or an officer saw it."""

import pytest

from desk.domain.conversation import Owner
from desk.domain.inbound import Inbound, InboundKind
from desk.domain.outgoing import Outgoing
from desk.domain.roles import Role
from desk.services.errors import RasaUnavailable
from desk.services.handoffs import watch
from tests.integration.officer_scenes import GROUP, Clerk, register
from tests.integration.scenes import Citizen, Sense, Stage, lamp_summary

BRIBE = "petugas loket minta uang pelicin 50 ribu waktu saya urus KTP"


@pytest.fixture
def officer_group() -> str:
    return GROUP


async def say_unheard(
    citizen: Citizen, *words: str, intent: str = "salam", **sense: object
) -> None:
    """Have the bot answer, but none of its answers leave."""
    for each in words:
        citizen.stage.rasa.senses[each] = Sense(intent, **sense)  # type: ignore[arg-type]
        await citizen.send(Inbound(InboundKind.TEXT, text=each))
        await citizen.stage.work()


async def step_in(clerk: Clerk, citizen: Citizen, *, private: bool = False) -> None:
    name = (await citizen.conversation()).id[:8]
    inbound = Inbound(InboundKind.COMMAND, command="ambil", text=name)
    await clerk.send(inbound, private=private)
    await clerk.hear(clerk.group)


async def take(clerk: Clerk, citizen: Citizen) -> None:
    """Take a conversation in the topic, before anything that waits leaves."""
    await clerk.send(Inbound(InboundKind.COMMAND, command="ambil"), topic=citizen)
    await clerk.hear(clerk.group)


def relays(stage: Stage, chat: str = GROUP) -> list[str]:
    """Return what the citizen said, as a chat was shown it, one line a message."""
    shown = [body.text for body in stage.messenger.to(chat) if body.text.startswith("<b>Warga")]
    return [line.partition("</b> ")[2] for text in shown for line in text.split("\n\n")]


def cards(stage: Stage, chat: str = GROUP) -> list[Outgoing]:
    made = [body for body in stage.messenger.to(chat) if "<b>Percakapan" in body.text]
    return made + [body for where, _, body in stage.messenger.edited if where == chat]


async def test_who_steps_in_is_shown_all_that_the_bot_has_not_answered_in_order_and_once(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    words = [f"kata ke-{number} " + "panjang " * 60 for number in range(1, 13)]
    await say_unheard(citizen, *words)

    await step_in(budi, citizen)
    await citizen.say("dan satu lagi", "salam")

    assert relays(stage) == [*(word.strip() for word in words), "dan satu lagi"]
    assert [body.text for body in citizen.heard] == [
        "Anda sekarang dilayani oleh <b>Budi Uji</b>."
    ]


async def test_many_unanswered_words_take_few_of_the_groups_messages(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    words = [f"kata {number}" for number in range(60)]
    await say_unheard(citizen, *words)

    await step_in(budi, citizen)

    assert relays(stage) == words
    assert len(stage.messenger.to(GROUP)) == 2


async def test_what_the_bot_answered_stands_on_the_card_and_is_not_relayed(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await citizen.say("sudah dijawab", "salam")
    await say_unheard(citizen, "belum dijawab")

    await step_in(budi, citizen)

    assert relays(stage) == ["belum dijawab"]
    assert "• sudah dijawab" in cards(stage)[0].text
    assert "belum dijawab" not in cards(stage)[0].text


async def test_what_was_said_to_the_bot_while_waiting_is_shown_to_who_takes_it(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await citizen.say("mau bicara petugas", "minta_petugas")
    await citizen.press("Lanjut dengan bot")
    await citizen.say("sudah dijawab bot", "salam")
    await say_unheard(citizen, "belum dijawab bot")

    await take(budi, citizen)

    assert relays(stage) == ["belum dijawab bot"]


async def test_an_answer_that_waits_to_be_sent_still_reaches_who_asks_for_an_officer(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await say_unheard(citizen, "berapa biaya ktp", intent="tanya_biaya", services=("ktp_el",))
    await say_unheard(citizen, "petugas", intent="minta_petugas")
    await stage.deliver()

    assert "Biaya" in citizen.heard[0].text
    assert "Urutan Anda" in citizen.heard[1].text
    await take(budi, citizen)
    assert relays(stage) == []


async def test_a_receipt_reaches_the_citizen_though_an_officer_comes_before_it_is_sent(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await lamp_summary(citizen)
    await citizen.send(Inbound(InboundKind.PRESS, token=citizen.token("Kirim")))
    await stage.work()
    await step_in(budi, citizen)

    [ticket] = await citizen.tickets()
    assert sum(ticket.number in body.text for body in citizen.heard) == 1


async def test_an_answer_that_waits_to_be_sent_stays_when_officers_give_the_word_back(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await citizen.say("petugas", "minta_petugas")
    await citizen.press("Lanjut dengan bot")
    await say_unheard(citizen, "berapa biaya ktp", intent="tanya_biaya", services=("ktp_el",))

    await budi.send(Inbound(InboundKind.COMMAND, command="kembalikan"), topic=citizen)
    await stage.work()
    await stage.deliver()

    assert "Biaya" in citizen.heard[-2].text
    assert (await citizen.conversation()).owner is Owner.BOT


async def test_words_wait_in_their_order_behind_those_that_were_not_answered_yet(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await say_unheard(citizen, "pertama")
    await say_unheard(citizen, "petugas", intent="minta_petugas")
    await say_unheard(citizen, "kedua")

    await take(budi, citizen)

    assert relays(stage) == ["pertama", "petugas", "kedua"]


async def test_a_word_under_way_is_shown_though_the_officer_comes_and_goes_meanwhile(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await citizen.say("halo", "salam")
    heard = len(citizen.heard)

    async def officer_comes_and_goes() -> None:
        for command in ("ambil", "kembalikan"):
            await budi.command_at_once(command, topic=citizen)

    stage.rasa.senses["berapa biayanya"] = Sense("tanya_biaya", services=("ktp_el",))
    await citizen.send(Inbound(InboundKind.TEXT, text="berapa biayanya"))
    await stage.work_while(officer_comes_and_goes)
    await stage.deliver()

    assert relays(stage) == ["berapa biayanya"]
    assert [body.text.split("\n")[0] for body in citizen.heard[heard:]] == [
        "Anda sekarang dilayani oleh <b>Budi Uji</b>.",
        "Petugas menyerahkan percakapan ini kembali kepada Sapa. "
        "Silakan tulis bila masih ada yang ingin ditanyakan.",
    ]


async def test_the_bot_asks_nobody_for_patience_whom_an_officer_serves_meanwhile(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await citizen.say("halo", "salam")
    heard = len(citizen.heard)

    async def officer_comes() -> None:
        await budi.command_at_once("ambil", topic=citizen)

    stage.rasa.troubles.append(RasaUnavailable())
    await citizen.send(Inbound(InboundKind.TEXT, text="berapa biayanya"))
    await stage.work_while(officer_comes)
    await stage.deliver()
    stage.clock.advance(minutes=1)
    await stage.work()

    assert [body.text for body in citizen.heard[heard:]] == [
        "Anda sekarang dilayani oleh <b>Budi Uji</b>."
    ]
    assert relays(stage) == ["berapa biayanya"]


async def test_who_takes_it_after_another_officer_sees_what_was_said_to_that_one(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    cici = await register(stage, 9, "Cici Uji", Role.KOORDINATOR)
    await citizen.say("petugas", "minta_petugas")
    await take(budi, citizen)
    await citizen.say("untuk Budi", "salam")
    for _ in range(2):  # warned, then put back in line
        stage.clock.advance(minutes=11)
        await watch.look(stage.units, stage.tools)

    await step_in(cici, citizen, private=True)

    assert relays(stage, "9") == ["untuk Budi"]


async def test_what_an_earlier_officer_was_shown_is_not_shown_to_the_next(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    cici = await register(stage, 9, "Cici Uji", Role.KOORDINATOR)
    await citizen.say("petugas", "minta_petugas")
    await take(budi, citizen)
    await citizen.say("ini untuk Budi", "salam")
    await budi.command("selesai", topic=citizen)
    await say_unheard(citizen, "ini belum dijawab")

    await step_in(cici, citizen, private=True)

    assert relays(stage, "9") == ["ini belum dijawab"]


async def test_what_was_not_answered_for_two_weeks_is_not_dug_up(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await say_unheard(citizen, "lama sekali")
    stage.clock.advance(days=15)
    await say_unheard(citizen, "tadi pagi")

    await step_in(budi, citizen)

    assert relays(stage) == ["tadi pagi"]


async def test_what_was_said_in_secrecy_is_not_shown_to_others_though_nobody_answered(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await say_unheard(citizen, BRIBE, intent="lapor_aduan", categories=(("pungli_korupsi", 0.95),))
    await citizen.send(Inbound(InboundKind.COMMAND, command="batal"))
    await stage.work()
    stage.clock.advance(minutes=1)
    await say_unheard(citizen, "jam berapa buka")

    await step_in(budi, citizen)

    assert relays(stage) == ["jam berapa buka"]
    assert not [body for _, body in stage.messenger.delivered if "pelicin" in body.text]


async def test_what_was_said_in_secrecy_is_shown_to_integritas_in_private(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    inti = await register(stage, 9, "Inti Uji", Role.INTEGRITAS)
    await say_unheard(citizen, BRIBE, intent="lapor_aduan", categories=(("pungli_korupsi", 0.95),))

    await step_in(inti, citizen, private=True)

    assert relays(stage, "9") == [BRIBE]
    assert stage.messenger.to(GROUP) == []


async def test_what_was_said_while_a_protected_conversation_waited_is_not_shown_to_others(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await register(stage, 9, "Inti Uji", Role.INTEGRITAS)
    await citizen.say(BRIBE, "lapor_aduan", categories=(("pungli_korupsi", 0.95),))
    wanted = [
        "Kirim",
        "Rahasia",
        "Saya setuju",
        "Tidak tahu",
        "Tanpa foto",
        "Pakai nama Andi Baso",
    ]
    while "Kirim" not in citizen.labels:
        await citizen.press(next(label for label in wanted if label in citizen.labels))
    await citizen.press("Kirim")
    await citizen.say("mau bicara petugas", "minta_petugas")
    await citizen.say("orangnya di loket dua", "lapor_aduan")
    await citizen.press("Batal")
    stage.clock.advance(minutes=1)

    await citizen.say("petugas saja", "minta_petugas", services=("ktp_el",))
    await take(budi, citizen)

    assert "petugas saja" in cards(stage)[0].text
    assert relays(stage) == []
    assert not [card for card in cards(stage) if "loket" in card.text]


async def test_what_a_citizen_asks_of_the_own_data_is_answered_and_shown_to_nobody(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await citizen.say("halo", "salam")
    await citizen.send(Inbound(InboundKind.COMMAND, command="datasaya"))
    await stage.work()

    await step_in(budi, citizen)

    assert relays(stage) == []
    assert citizen.heard[1].document is not None
