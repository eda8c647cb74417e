"""The desk by menu: what works while Rasa is away, and what becomes of words that wait for it."""

from dataclasses import replace

import pytest

from desk.domain.conversation import Channel, Owner
from desk.domain.draft import DRAFT_KEPT, Draft, DraftField
from desk.domain.errors import TurnIsOver
from desk.domain.heard import Heard
from desk.domain.inbound import Inbound, InboundKind
from desk.domain.lifecycle import Kind, Status
from desk.services.errors import RasaUnavailable
from desk.services.ports import TurnAnswer, TurnRequest, UnitsOfWork
from desk.services.talk.dialogue import answer_step
from desk.services.turns.working import LEASE, work_on
from tests.integration.crashing import Crash, Crashing
from tests.integration.scenes import LAMP, Citizen, Rasa, Sense, Stage, file_lamp, labels_of

QUESTION = "apa syarat mengurus kartu keluarga baru ya pak"
FIRE = "tolong ada kebakaran besar sekarang di Karema, api sudah membesar"
MENU = ["Lapor masalah", "Cek laporan saya", "Layanan", "Tanya petugas"]


def texts(citizen: Citizen) -> list[str]:
    return [body.text for body in citizen.heard]


def answers_to_question(citizen: Citizen) -> int:
    return sum("Syarat Kartu Keluarga" in text for text in texts(citizen))


@pytest.fixture
def away(citizen: Citizen, stage: Stage) -> Citizen:
    """Return a citizen who writes while Rasa is away; it would understand the question."""
    stage.rasa.senses[QUESTION] = Sense("tanya_syarat", services=("kk",), variant="baru")
    stage.rasa.is_away = True
    return citizen


async def ask(citizen: Citizen) -> str:
    await citizen.send(Inbound(InboundKind.TEXT, text=QUESTION))
    return await citizen.hear()


async def come_back(citizen: Citizen) -> str:
    citizen.stage.rasa.is_away = False
    citizen.stage.clock.advance(seconds=16)
    return await citizen.hear()


async def test_who_writes_is_told_once_what_works_now_and_answered_later(
    away: Citizen, stage: Stage
) -> None:
    told = await ask(away)
    offered = away.labels
    for _ in range(3):
        stage.clock.advance(seconds=16)
        assert await away.hear() == ""
    answer = await come_back(away)

    assert told == stage.tools.say("sabar")
    assert offered == MENU
    assert answers_to_question(away) == 1
    assert "Syarat Kartu Keluarga" in answer


async def test_the_web_chat_offers_the_same(units: UnitsOfWork) -> None:
    stage = Stage(units, channel=Channel.WEB)
    stage.rasa.is_away = True
    citizen = stage.citizen("sesi")

    told = await ask(citizen)

    assert (told, citizen.labels) == (stage.tools.say("sabar"), MENU)


async def test_buttons_commands_pictures_and_pins_are_worked_at_once(
    away: Citizen, stage: Stage
) -> None:
    await ask(away)
    stage.rasa.asked.clear()
    services = await away.press("Layanan")
    topics = await away.press("Kartu Keluarga")
    leads = away.labels
    requirements = await away.press("Biaya")
    help_ = await away.command("bantuan")
    none = await away.press("Cek laporan saya")
    pictures = await away.photos("a")
    pin = await away.pin()

    assert services == stage.tools.say("panduan_daftar_layanan")
    assert topics.startswith("<b>Kartu Keluarga (KK)</b>")
    assert leads == ["Syarat", "Biaya", "Lama", "Lokasi", "Daring", "Ajukan"]
    assert "Kartu Keluarga" in requirements
    assert help_ == stage.tools.say("bantuan")
    assert none == stage.tools.say("tiket.belum_ada")
    assert pictures.startswith("1 foto kami terima")
    assert pin.startswith("Titik lokasi diterima")
    assert {request.text for request in stage.rasa.asked} == {QUESTION}


async def test_words_that_waited_are_answered_after_a_report_that_overtook_them(
    away: Citizen, stage: Stage
) -> None:
    await ask(away)
    await away.press("Lapor masalah", "Saya setuju")
    await away.say(LAMP)
    await away.press("Lampu jalan")
    asked_where = await away.say("dekat pasar Karema")
    await away.press("Mamuju")
    await away.press("Tanpa foto", "Terbuka")
    await come_back(away)
    meanwhile = answers_to_question(away)
    await away.press("Kirim")

    (ticket,) = await away.tickets()
    assert asked_where == stage.tools.say("tanya.kecamatan")
    assert (ticket.description, ticket.category) == (LAMP, "penerangan_jalan")
    assert (ticket.place.words, ticket.since) == ("dekat pasar Karema", "sudah 3 hari")
    assert meanwhile == 0
    assert answers_to_question(away) == 1
    assert "sudah kami terima" in texts(away)[-2]
    assert "Syarat Kartu Keluarga" in texts(away)[-1]


async def test_words_wait_until_a_draft_that_was_left_alone_is_over(
    away: Citizen, stage: Stage
) -> None:
    await ask(away)
    await away.press("Lapor masalah")
    stage.rasa.is_away = False
    stage.clock.advance(hours=1)
    silent = await away.hear()
    stage.clock.advance(seconds=DRAFT_KEPT.total_seconds())
    answer = await away.hear()

    assert silent == ""
    assert "Syarat Kartu Keluarga" in answer
    assert await away.draft() is None


async def test_words_that_waited_get_into_no_report_that_an_officer_began(
    away: Citizen, stage: Stage
) -> None:
    await ask(away)
    await away.press("Layanan")
    conversation = await away.conversation()
    now = stage.clock()
    async with stage.units() as uow:
        await uow.drafts.save(
            Draft("d", conversation.id, Kind.INFORMASI, now, now, asked=DraftField.DESCRIPTION)
        )
        await uow.commit()
    silent = await come_back(away)
    began = await away.draft()
    await away.command("batal")

    assert silent == ""
    assert began is not None
    assert began.description is None
    assert answers_to_question(away) == 1


async def test_all_that_was_overtaken_is_answered_in_the_order_in_which_it_was_written(
    away: Citizen, stage: Stage
) -> None:
    stage.rasa.senses["terima kasih banyak ya"] = Sense("terima_kasih")
    await ask(away)
    await away.send(Inbound(InboundKind.TEXT, text="terima kasih banyak ya"))
    await away.hear()
    await away.command("lapor")
    began = await away.draft()
    await away.command("batal")
    answer = await come_back(away)

    assert began is not None
    assert answer.index("Syarat Kartu Keluarga") < answer.index("Sama-sama.")
    assert answers_to_question(away) == 1


async def test_what_is_written_without_a_press_is_answered_in_its_order(
    away: Citizen, stage: Stage
) -> None:
    stage.rasa.senses["terima kasih banyak ya"] = Sense("terima_kasih")
    await ask(away)
    await away.send(Inbound(InboundKind.TEXT, text="terima kasih banyak ya"))
    silent = await away.hear()
    answer = await come_back(away)

    assert silent == ""
    assert answer.index("Syarat Kartu Keluarga") < answer.index("Sama-sama.")


async def test_a_ticket_number_an_emergency_and_batal_are_understood(
    citizen: Citizen, stage: Stage
) -> None:
    ticket = await file_lamp(citizen)
    stage.rasa.is_away = True
    await ask(citizen)
    status = await citizen.say(f"cek {ticket.number}")
    urgent = await citizen.say(FIRE)
    cancelled = await citizen.say("batal")

    assert status.startswith(f"<b>{ticket.number}</b>")
    assert "telepon dulu" in urgent
    assert cancelled == stage.tools.say("tidak_ada_yang_dibatalkan")


async def test_words_that_the_desk_asked_for_are_added_to_the_ticket(
    citizen: Citizen, stage: Stage
) -> None:
    ticket = await file_lamp(citizen)
    stage.rasa.is_away = True
    await citizen.press("Tambah keterangan")
    told = await citizen.say("tiangnya juga miring")

    assert told.startswith(f"Tambahan untuk {ticket.number}")
    assert [each.text for each in (await stage.stored(ticket)).additions] == [
        "tiangnya juga miring"
    ]


async def test_a_draft_that_asks_for_a_choice_shows_its_buttons_again(
    away: Citizen, stage: Stage
) -> None:
    await away.command("lapor")
    told = await away.say("ya setuju saja pak", "setuju")
    buttons = away.labels
    went_on = await away.press("Saya setuju")
    await away.press("Batal")
    answer = await come_back(away)

    assert told.startswith(stage.tools.say("sabar_isian"))
    assert buttons == ["Saya setuju", "Tidak setuju"]
    assert went_on == stage.tools.say("tanya.uraian_aduan")
    assert answer == stage.tools.say("ya_untuk_apa")


async def test_a_yes_that_waited_answers_no_question_that_was_put_later(
    citizen: Citizen, stage: Stage
) -> None:
    ticket = await file_lamp(citizen)
    stage.rasa.is_away = True
    stage.rasa.senses["ya betul sekali pak"] = Sense("setuju")
    await citizen.send(Inbound(InboundKind.TEXT, text="ya betul sekali pak"))
    await citizen.hear()
    await citizen.press("Lihat status", "Tarik laporan")
    answer = await come_back(citizen)
    kept = (await stage.stored(ticket)).status
    await citizen.say("ya tarik saja pak", "setuju")

    assert answer == stage.tools.say("ya_untuk_apa")
    assert kept is Status.NEW
    assert (await stage.stored(ticket)).status is Status.WITHDRAWN


async def test_words_go_to_the_officer_who_was_asked_for_meanwhile(
    away: Citizen, stage: Stage
) -> None:
    await ask(away)
    async with stage.units() as uow:
        conversation = await uow.conversations.lock((await away.conversation()).id)
        await uow.conversations.save(conversation.handed_to(Owner.OFFICER))
        await uow.commit()

    assert await come_back(away) == ""
    async with stage.units() as uow:
        assert await uow.turns.open_turn(conversation.id) is None


class Lost(Rasa):
    """Rasa whose step runs while its answer is lost."""

    async def take_turn(self, request: TurnRequest) -> TurnAnswer:
        await super().take_turn(request)
        raise RasaUnavailable


async def test_a_step_whose_answer_was_lost_is_answered_from_its_record(
    citizen: Citizen, stage: Stage
) -> None:
    await file_lamp(citizen)
    rasa = Lost(stage.units, stage.tools, senses={LAMP: Sense()})
    await citizen.send(Inbound(InboundKind.TEXT, text=LAMP))
    await stage.work(replace(stage.shop(), rasa=rasa))
    answer = await citizen.hear()

    assert len(rasa.asked) == 1
    assert answer.startswith("Laporan ini tentang apa?")
    assert stage.tools.say("sabar") not in texts(citizen)


async def test_a_step_that_comes_too_late_changes_nothing(citizen: Citizen, stage: Stage) -> None:
    ticket = await file_lamp(citizen)
    stage.rasa.is_away = True
    await citizen.say(f"{ticket.number}")
    request = stage.rasa.asked[-1]

    with pytest.raises(TurnIsOver):
        await answer_step(
            stage.units,
            stage.tools,
            "action_lapor_aduan",
            Heard("lapor_aduan", LAMP),
            conversation_id=request.metadata["percakapan"],
            turn_id=request.turn_id,
        )

    assert await citizen.draft() is None


# --- nothing is lost or said twice when the process dies ----------------------------------------


async def live(stage: Stage, crashing: Crashing) -> None:
    """Work all that is due by a process that may die once, and be started again."""
    stage.clock.advance(seconds=16)
    shop = stage.shop(crashing)
    while found := await stage.find_due():
        try:
            await work_on(shop, found)
        except Crash:
            stage.clock.advance(seconds=LEASE.total_seconds())


async def overtaken(stage: Stage, citizen: Citizen, crashing: Crashing) -> None:
    """Play words that wait for Rasa, a draft that overtakes them, and Rasa's return."""
    stage.rasa.is_away = True
    for inbound in (
        Inbound(InboundKind.TEXT, text=QUESTION),
        Inbound(InboundKind.COMMAND, command="lapor"),
        Inbound(InboundKind.TEXT, text=LAMP),
        Inbound(InboundKind.COMMAND, command="batal"),
    ):
        await citizen.send(inbound)
        await live(stage, crashing)
    stage.rasa.is_away = False
    await live(stage, crashing)
    await stage.deliver()


@pytest.mark.parametrize("after_commit", [False, True])
async def test_a_crash_at_any_storage_call_loses_no_words_and_answers_none_twice(
    away: Citizen, stage: Stage, after_commit: bool
) -> None:
    at, outcomes = 0, set()
    has_crashed = True
    while has_crashed:
        at += 1
        citizen = stage.citizen(str(at))
        await citizen.command("start")
        async with stage.units() as uow:
            known = await uow.conversations.lock((await citizen.conversation()).id)
            await uow.conversations.save(replace(known, consented_at=stage.clock()))
            await uow.commit()
        crashing = Crashing(stage.units, at, after_commit=after_commit)
        await overtaken(stage, citizen, crashing)
        has_crashed = crashing.calls >= at
        said = texts(citizen)
        outcomes.add(
            (
                answers_to_question(citizen),
                said.count(stage.tools.say("sabar")),
                said.count(stage.tools.say("tanya.uraian_aduan")),
                said.count(stage.tools.say("tanya.kategori")),
                said.count(stage.tools.say("draf.dibatalkan")),
                len(said),
            )
        )

    assert at > 60 or after_commit
    assert outcomes == {(1, 1, 1, 1, 1, 6)}


async def test_a_crash_while_a_button_is_worked_does_it_once(stage: Stage) -> None:
    at, outcomes = 0, set()
    has_crashed = True
    while has_crashed:
        at += 1
        citizen = stage.citizen(str(at))
        ticket = await file_lamp(citizen)
        await citizen.send(Inbound(InboundKind.PRESS, token=citizen.token("Tambah keterangan")))
        crashing = Crashing(stage.units, at)
        await live(stage, crashing)
        has_crashed = crashing.calls >= at
        await stage.deliver()
        asked = texts(citizen).count(stage.tools.say("tiket.tulis_tambahan", nomor=ticket.number))
        outcomes.add((asked, labels_of(citizen.heard[-1]) == []))

    assert at > 8
    assert outcomes == {(1, True)}
