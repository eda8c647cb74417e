"""How turns are made and worked: waiting, troubles of Rasa, officers, floods, pictures."""

from dataclasses import replace
from datetime import timedelta

import pytest

from desk.domain.conversation import Owner
from desk.domain.inbound import FileRef, Inbound, InboundKind
from desk.domain.turn import FLOOD_MESSAGES, LONGEST_HOLD
from desk.services.errors import (
    FileGone,
    FileTooLarge,
    RasaUnavailable,
    RetryLater,
    TurnFailed,
)
from desk.services.turns.troubles import MAX_FAILURES, note_crash
from tests.integration.scenes import Citizen, Sense, Stage

PATIENCE = "Pesan Anda sudah kami terima. Sistem penjawab sedang terganggu sebentar"


async def write(citizen: Citizen, *texts: str, intent: str = "salam") -> None:
    for text in texts:
        citizen.stage.rasa.senses[text] = Sense(intent)
        await citizen.send(Inbound(InboundKind.TEXT, text=text))


def asked(stage: Stage) -> list[str]:
    return [request.text for request in stage.rasa.asked]


def words(stage: Stage, intent: str) -> str:
    """Return the desk's answer to small talk."""
    return stage.tools.say(f"basa_basi.{intent}")


async def test_messages_that_wait_together_are_one_turn(citizen: Citizen, stage: Stage) -> None:
    await write(citizen, "min", "mau tanya", "ktp hilang harus bagaimana")

    await citizen.hear()

    assert asked(stage) == ["min\nmau tanya\nktp hilang harus bagaimana"]
    assert len(citizen.heard) == 1


async def test_a_fragment_is_held_for_the_rest_of_it(citizen: Citizen, stage: Stage) -> None:
    await write(citizen, "min")
    too_early = await stage.find_due()
    stage.clock.advance(seconds=0.5)
    await write(citizen, "ktp saya hilang")

    await citizen.hear()

    assert too_early is None
    assert asked(stage) == ["min\nktp saya hilang"]


async def test_a_short_answer_to_an_open_question_is_not_held(
    citizen: Citizen, stage: Stage
) -> None:
    await citizen.say("mau lapor")
    await write(citizen, "ya")

    found = await stage.find_due()

    assert found is not None


async def test_a_press_and_a_command_are_turns_of_their_own(
    citizen: Citizen, stage: Stage
) -> None:
    await citizen.command("start")
    stage.rasa.asked.clear()
    await write(citizen, "selamat pagi pak admin")
    await citizen.send(Inbound(InboundKind.PRESS, token=citizen.token("Cek laporan saya")))
    await write(citizen, "terima kasih banyak ya", intent="terima_kasih")
    await citizen.send(Inbound(InboundKind.COMMAND, command="bantuan"))

    await citizen.hear()

    assert asked(stage) == ["selamat pagi pak admin", "terima kasih banyak ya"]
    assert [body.text for body in citizen.heard[1:]] == [
        words(stage, "salam"),
        stage.tools.say("tiket.belum_ada"),
        words(stage, "terima_kasih"),
        stage.tools.say("bantuan"),
    ]


async def test_while_rasa_is_away_one_calm_notice_then_the_answers_in_order(
    citizen: Citizen, stage: Stage
) -> None:
    stage.rasa.troubles = [RasaUnavailable() for _ in range(4)]
    await write(citizen, "halo selamat pagi semua")
    await citizen.hear()
    for _ in range(3):
        stage.clock.advance(seconds=16)
        await citizen.hear()
    await write(citizen, "terima kasih banyak ya", intent="terima_kasih")
    stage.clock.advance(seconds=16)
    await citizen.hear()

    texts = [body.text for body in citizen.heard]
    assert texts[0].startswith(PATIENCE)
    assert texts[1:] == [words(stage, "salam"), words(stage, "terima_kasih")]


async def test_a_retried_turn_keeps_its_id_its_words_and_its_session(
    citizen: Citizen, stage: Stage
) -> None:
    stage.rasa.troubles = [RasaUnavailable()]
    await write(citizen, "halo selamat pagi semua")
    await citizen.hear()
    await write(citizen, "apakah ada orang di sana")
    stage.clock.advance(hours=1)
    await citizen.hear()

    first, second, third = stage.rasa.asked
    assert (first.turn_id, first.session_id, first.text) == (
        second.turn_id,
        second.session_id,
        second.text,
    )
    assert third.text == "apakah ada orang di sana"


async def test_a_poison_message_is_put_aside_and_the_next_is_answered(
    citizen: Citizen, stage: Stage
) -> None:
    stage.rasa.troubles = [TurnFailed() for _ in range(MAX_FAILURES)]
    await write(citizen, "pesan yang merusak segalanya")
    await citizen.hear()
    for _ in range(MAX_FAILURES):
        stage.clock.advance(seconds=16)
        await citizen.hear()
    await write(citizen, "halo selamat pagi semua")
    await citizen.hear()

    texts = [body.text for body in citizen.heard]
    assert len(texts) == 2
    assert texts[0].startswith("Maaf, pesan tadi tidak dapat kami olah.")
    assert texts[1] == words(stage, "salam")


async def test_a_turn_that_breaks_beside_rasa_ends_in_quarantine_too(
    citizen: Citizen, stage: Stage
) -> None:
    await write(citizen, "halo selamat pagi semua")
    stage.rasa.troubles = [RasaUnavailable()]
    await citizen.hear()
    conversation = await citizen.conversation()
    for _ in range(MAX_FAILURES):
        await note_crash(stage.shop(), conversation.id)

    await citizen.hear()

    assert citizen.heard[-1].text.startswith("Maaf, pesan tadi tidak dapat kami olah.")
    async with stage.units() as uow:
        assert await uow.turns.open_turn(conversation.id) is None


async def hand_to(citizen: Citizen, owner: Owner) -> None:
    conversation = await citizen.conversation()
    async with citizen.stage.units() as uow:
        current = await uow.conversations.lock(conversation.id)
        await uow.conversations.save(current.handed_to(owner))
        await uow.commit()


@pytest.mark.parametrize("owner", [Owner.OFFICER, Owner.WAITING])
async def test_what_belongs_to_humans_is_not_answered_by_the_bot(
    citizen: Citizen, stage: Stage, owner: Owner
) -> None:
    await citizen.say("halo selamat pagi semua", "salam")
    await hand_to(citizen, owner)
    stage.rasa.asked.clear()

    answer = await citizen.say("apakah ada orang", "salam")

    assert (answer, stage.rasa.asked) == ("", [])


async def test_a_muted_citizen_is_not_answered_until_the_time_is_over(
    citizen: Citizen, stage: Stage
) -> None:
    await citizen.say("halo selamat pagi semua", "salam")
    conversation = await citizen.conversation()
    async with stage.units() as uow:
        current = await uow.conversations.lock(conversation.id)
        until = stage.clock() + timedelta(hours=1)
        await uow.conversations.save(replace(current, muted_until=until))
        await uow.commit()

    silent = await citizen.say("apakah ada orang", "salam")
    stage.clock.advance(hours=2)
    later = await citizen.say("apakah ada orang lagi", "salam")

    assert (silent, later) == ("", words(stage, "salam"))


async def test_a_reply_computed_before_a_take_over_is_dropped(
    citizen: Citizen, stage: Stage
) -> None:
    await citizen.say("halo selamat pagi semua", "salam")
    await write(citizen, "apakah ada orang di sana")
    await stage.work()
    await hand_to(citizen, Owner.OFFICER)

    await stage.deliver()

    assert len(citizen.heard) == 1
    assert stage.sender.counts.dropped == 1


async def test_a_flood_is_kept_answered_slower_and_noted_once(
    citizen: Citizen, stage: Stage
) -> None:
    texts = [f"pesan yang ke {number} dari saya" for number in range(FLOOD_MESSAGES + 5)]
    await write(citizen, *texts)
    too_early = await stage.find_due()
    stage.clock.advance(seconds=6)
    await citizen.hear()
    await write(citizen, *[f"{text} lagi" for text in texts])
    stage.clock.advance(seconds=6)
    await citizen.hear()

    notes = [b for b in citizen.heard if b.text.startswith("Semua pesan Anda kami terima.")]
    assert too_early is None
    assert stage.rasa.asked[0].text == "\n".join(texts)
    assert len(notes) == 1


async def test_who_never_stops_writing_is_answered_all_the_same(
    citizen: Citizen, stage: Stage
) -> None:
    found = None
    began = stage.clock()
    for number in range(60):
        await write(citizen, f"pesan yang ke {number} dari saya")
        if number == FLOOD_MESSAGES:
            began = stage.clock()
            await stage.work()
        if number > FLOOD_MESSAGES and found is None:
            found = await stage.find_due()
            took = stage.clock() - began
        stage.clock.advance(seconds=1)

    assert found is not None
    assert took <= LONGEST_HOLD + timedelta(seconds=3)


async def test_unusable_things_get_one_polite_sentence_each(
    citizen: Citizen, stage: Stage
) -> None:
    for kind in (InboundKind.VOICE, InboundKind.VOICE, InboundKind.STICKER):
        await citizen.send(Inbound(kind))

    answer = await citizen.hear()

    assert answer == (
        "Maaf, kami belum dapat mendengarkan pesan suara. Mohon tulis pesannya.\n\n"
        "Terima kasih stikernya. Ada yang bisa saya bantu?"
    )
    assert stage.rasa.asked == []


async def test_blocking_the_bot_is_noted_and_answered_by_nothing(citizen: Citizen) -> None:
    await citizen.say("halo selamat pagi semua", "salam")
    await citizen.send(Inbound(InboundKind.BLOCKED))
    answer = await citizen.hear()
    blocked = (await citizen.conversation()).blocked_at
    await citizen.say("saya kembali lagi", "salam")

    assert answer == ""
    assert blocked is not None
    assert (await citizen.conversation()).blocked_at is None


async def at_photos(citizen: Citizen) -> None:
    await citizen.say(
        "jalan di Karema rusak sejak kemarin",
        places=(("76.02.01.1012",),),
        categories=(("jalan_jembatan", 0.9),),
    )
    await citizen.press("Saya setuju")


async def photos_of(citizen: Citizen) -> int:
    draft = await citizen.draft()
    return 0 if draft is None else len(draft.photos)


async def test_a_picture_that_comes_late_is_fetched_again(citizen: Citizen, stage: Stage) -> None:
    await at_photos(citizen)
    stage.files.contents["a"] = RetryLater(2)
    silent = await citizen.photos("a")
    stage.files.contents["a"] = b"gambar"
    stage.clock.advance(seconds=2)
    answer = await citizen.hear()

    assert silent == ""
    assert answer.startswith("1 foto sudah kami terima.")
    assert stage.files.fetched == ["a", "a"]


async def test_a_picture_that_never_comes_is_given_up_and_told(
    citizen: Citizen, stage: Stage
) -> None:
    await at_photos(citizen)
    stage.files.contents["a"] = RetryLater()
    await citizen.photos("a", caption="ini fotonya", intent="nlu_fallback", sure=0.1)
    answer = ""
    for _ in range(6):
        stage.clock.advance(seconds=4)
        answer = answer or await citizen.hear()

    assert answer.startswith("Sebagian foto tidak dapat kami buka.")
    assert await photos_of(citizen) == 0


@pytest.mark.parametrize("trouble", [FileTooLarge(), FileGone(), b"bukan gambar"])
async def test_what_is_no_picture_or_too_large_is_told_and_the_others_are_kept(
    citizen: Citizen, stage: Stage, trouble: Exception | bytes
) -> None:
    await at_photos(citizen)
    stage.files.contents["b"] = trouble
    answer = await citizen.photos("a", "b", "c")

    assert answer.startswith("Sebagian foto tidak dapat kami buka.")
    assert "2 foto sudah kami terima" in answer
    assert await photos_of(citizen) == 2


async def test_an_album_is_one_turn(citizen: Citizen, stage: Stage) -> None:
    await at_photos(citizen)
    stage.rasa.asked.clear()
    for name in "abc":
        photo = Inbound(InboundKind.PHOTO, file=FileRef(name), album="satu")
        await citizen.send(photo)
        stage.clock.advance(seconds=0.5)

    await citizen.hear()

    assert asked(stage) == []
    assert [body.text for body in citizen.heard].count(
        stage.tools.say("tanya.foto_lagi", jumlah=3, paling_banyak=5)
    ) == 1
    assert await photos_of(citizen) == 3


async def test_a_session_is_renewed_after_twenty_turns_or_half_an_hour(
    citizen: Citizen, stage: Stage
) -> None:
    for number in range(21):
        await citizen.say(f"halo selamat pagi {number}", "salam")
        stage.clock.advance(seconds=10)
    stage.clock.advance(minutes=31)
    await citizen.say("halo selamat siang", "salam")

    sessions = [request.session_id for request in stage.rasa.asked]
    assert [sessions.index(session) for session in sessions] == [*[0] * 20, 20, 21]
