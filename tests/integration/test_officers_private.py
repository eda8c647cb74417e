"""Serving in private chat, ready answers, tickets made of conversations, failed deliveries."""

import pytest

from desk.domain.conversation import Owner
from desk.domain.facts import Topic
from desk.domain.handoff import Ending, EventKind, HandoffState
from desk.domain.inbound import Inbound, InboundKind
from desk.domain.lifecycle import Kind
from desk.domain.outgoing import TopicState
from desk.domain.roles import Role
from desk.services.errors import DeliveryRefused, DeliveryTooLarge
from desk.services.handoffs import staff
from desk.services.ports import UnitsOfWork
from tests.integration.officer_scenes import GROUP, Clerk, handoff_of, register
from tests.integration.scenes import Citizen, Stage


@pytest.fixture
def officer_group() -> str:
    return GROUP


async def ask(citizen: Citizen, words: str = "petugas") -> None:
    await citizen.say(words, "minta_petugas")


async def reference(citizen: Citizen) -> str:
    return (await citizen.conversation()).id[:8].upper()


def last_to(stage: Stage, chat: str) -> str:
    return stage.messenger.to(chat)[-1].text


async def test_who_serves_in_private_sees_all_that_was_said_and_answers_there(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await ask(citizen)
    await citizen.say("pertama", "salam")
    await citizen.say("kedua", "salam")

    told = await budi.command_privately("pribadi", "on")
    await budi.press("Ambil", topic=citizen)
    shown = [body.text for body in stage.messenger.to("8")][1:]
    await budi.write_privately("selamat siang")
    answer = citizen.heard[-1].text
    await citizen.say("terima kasih pak", "terima_kasih")

    name = await reference(citizen)
    assert "lewat chat pribadi" in told
    assert shown[0].startswith(f"<b>Percakapan {name}</b> · dilayani Budi Uji")
    assert "\n\n".join(shown[1:]) == (
        f"<b>Warga {name}:</b> pertama\n\n<b>Warga {name}:</b> kedua"
    )
    assert answer == "<b>Budi Uji</b>\nselamat siang"
    assert last_to(stage, "8") == f"<b>Warga {name}:</b> terima kasih pak"
    assert stage.messenger.edited[0][0] == GROUP
    assert stage.messenger.edited[0][2].leaves_topic == "tutup"


async def test_who_takes_again_is_told_where_they_serve_it(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await ask(citizen)
    await budi.command_privately("pribadi", "on")
    await budi.press("Ambil", topic=citizen)

    again = await budi.command("ambil", await reference(citizen))

    assert again.endswith("sudah Anda layani di chat pribadi dengan bot.")


async def test_a_command_in_private_about_nobody_does_not_speak_of_topics(
    stage: Stage, budi: Clerk
) -> None:
    assert (await budi.command_privately("selesai")).startswith(
        "Percakapan itu tidak terbuka di chat pribadi ini"
    )


async def serve_in_private(budi: Clerk, *citizens: Citizen) -> None:
    await budi.command_privately("pribadi", "on")
    for citizen in citizens:
        await ask(citizen)
        await budi.press("Ambil", topic=citizen)


async def test_who_takes_another_in_private_reads_whom_plain_words_reach_now(
    stage: Stage, budi: Clerk
) -> None:
    one, two = stage.citizen("1"), stage.citizen("2")
    await serve_in_private(budi, one)
    alone = last_to(stage, "8")
    await ask(two)

    await budi.press("Ambil", topic=two)

    assert "ditujukan kepada" not in alone
    assert f"ditujukan kepada warga <b>{await reference(two)}</b>" in last_to(stage, "8")


async def test_of_several_the_reply_decides_and_else_the_current_one(
    stage: Stage, budi: Clerk
) -> None:
    one, two = stage.citizen("1"), stage.citizen("2")
    await serve_in_private(budi, one, two)
    await one.say("halo dari satu", "salam")
    sent_to_officer = len(stage.messenger.delivered)

    await budi.write_privately("untuk yang terakhir diambil")
    await budi.write_privately("untuk satu", reply_to=str(sent_to_officer))
    listed = await budi.command_privately("percakapan")
    switched = await budi.press_privately(f"Pindah ke {await reference(one)}")
    await budi.write_privately("untuk satu lagi")

    assert [body.text.split("\n")[1] for body in two.heard[-1:]] == ["untuk yang terakhir diambil"]
    assert [body.text.split("\n")[1] for body in one.heard[-2:]] == [
        "untuk satu",
        "untuk satu lagi",
    ]
    assert f"{await reference(two)}</b> · Anda layani, sedang dibuka" in listed
    assert f"<b>{await reference(one)}</b>" in switched


async def test_when_the_current_one_ends_the_next_is_named_and_at_the_end_the_bot_answers(
    stage: Stage, budi: Clerk
) -> None:
    one, two = stage.citizen("1"), stage.citizen("2")
    await serve_in_private(budi, one, two)

    told = await budi.command_privately("selesai")
    await budi.command_privately("kembalikan")
    answer = await budi.write_privately("halo")

    assert await reference(one) in told
    assert {(await one.conversation()).owner, (await two.conversation()).owner} == {Owner.BOT}
    assert answer != ""
    assert stage.rasa.asked[-1].text == "halo"


async def test_a_ready_answer_reads_well_when_no_service_is_known(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await ask(citizen)
    await budi.press("Ambil", topic=citizen)
    await budi.command("jawab", topic=citizen)

    await budi.press("Mohon menunggu", topic=citizen)

    assert "memeriksa urusan Anda" in citizen.heard[-1].text


async def test_a_ready_answer_brings_the_facts_of_the_citizens_service(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await citizen.say("syarat ktp", "tanya_syarat", services=("ktp_el",))
    await ask(citizen)
    early = await budi.command("jawab", topic=citizen)
    await budi.press("Ambil", topic=citizen)

    offered = await budi.command("jawab", topic=citizen)
    shown = await budi.press("Mohon menunggu", topic=citizen)
    waiting = citizen.heard[-1].text
    shown_facts = await budi.press("Biaya", topic=citizen)

    service = stage.tools.catalogue.service("ktp_el")
    assert early.startswith("Percakapan ini belum diambil")
    assert service.singkat in offered
    assert f"urusan {service.singkat} Anda" in waiting
    assert waiting.startswith("<b>Budi Uji</b>\n")
    assert "Terkirim kepada warga" in shown
    assert "<b>Biaya" in citizen.heard[-1].text
    assert citizen.heard[-1].text.removeprefix("<b>Budi Uji</b>\n") in shown_facts


async def test_a_ready_answer_pressed_twice_reaches_the_citizen_once(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await ask(citizen)
    await budi.press("Ambil", topic=citizen)
    await budi.command("jawab", topic=citizen)
    heard = len(citizen.heard)
    token = await budi.token("Penutup", GROUP, None)
    finger = Inbound(InboundKind.PRESS, token=token)

    await budi.send(finger, topic=citizen)
    await budi.send(finger, topic=citizen)
    told = await budi.hear(GROUP)
    after_two = len(citizen.heard)
    await budi.command("jawab", topic=citizen)
    await budi.press("Penutup", topic=citizen)

    assert after_two == heard + 1
    assert told.count("Terkirim kepada warga:") == 1
    assert "sudah terkirim" in told
    assert len(citizen.heard) == heard + 2


@pytest.mark.parametrize("topic", list(Topic))
async def test_a_ready_answer_does_not_send_whom_an_officer_serves_to_an_officer(
    stage: Stage, citizen: Citizen, budi: Clerk, topic: Topic
) -> None:
    await citizen.say("syarat ktp", "tanya_syarat", services=("ktp_el",))
    await ask(citizen)
    await budi.press("Ambil", topic=citizen)
    await budi.command("jawab", topic=citizen)

    await budi.press(stage.tools.wording.plain(f"panduan_topik_{topic}"), topic=citizen)

    said = citizen.heard[-1].text
    assert "Tanya petugas" not in said
    assert "Petugas dapat membantu" not in said


async def test_where_the_answer_depends_on_the_case_the_officer_is_asked_first(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await citizen.say("prosedur ktp", "tanya_prosedur", services=("ktp_el",))
    await ask(citizen)
    await budi.press("Ambil", topic=citizen)
    await budi.command("jawab", topic=citizen)
    heard = len(citizen.heard)

    await budi.press("Syarat", topic=citizen)
    variant = stage.tools.catalogue.service("ktp_el").varian[0].nama
    asked_only = len(citizen.heard)
    await budi.press(variant, topic=citizen)

    assert asked_only == heard
    assert "Syarat" in citizen.heard[-1].text


async def test_an_officer_makes_a_ticket_of_it_which_the_citizen_confirms(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await ask(citizen)
    await citizen.say("jalan di depan SD Bambu berlubang besar sekali", "lapor_aduan")
    await budi.press("Ambil", topic=citizen)

    await budi.press("Buat tiket", topic=citizen)
    told = await budi.press("Pertanyaan", topic=citizen)
    topic_left = stage.messenger.to(GROUP)[-1].leaves_topic
    asked = citizen.heard[-1].text
    await citizen.press("Saya setuju", "Kirim")

    assert "kembali ke Sapa" in told
    assert asked.startswith("Budi Uji membantu Anda mencatat")
    (ticket,) = await citizen.tickets()
    assert ticket.kind is Kind.INFORMASI
    assert "jalan di depan SD Bambu berlubang besar sekali" in ticket.description
    assert (await handoff_of(citizen)).ending is Ending.BECAME_TICKET
    assert topic_left is TopicState.CLOSED


async def test_what_is_said_where_nothing_goes_on_leaves_the_topic_closed(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    ani = await register(stage, 9, "Ani Uji")
    await ask(citizen)
    await budi.command_privately("pribadi", "on")
    await budi.press("Ambil", topic=citizen)

    told = await ani.write("saya bantu ya", topic=citizen)
    served_elsewhere = stage.messenger.to(GROUP)[-1].leaves_topic
    await budi.command_privately("selesai")
    note = await ani.write("// sudah selesai", topic=citizen)
    after_the_end = stage.messenger.to(GROUP)[-1].leaves_topic

    assert "sedang dilayani Budi Uji" in told
    assert "Catatan disimpan" in note
    assert (served_elsewhere, after_the_end) == (TopicState.CLOSED, TopicState.CLOSED)


async def test_a_draft_under_way_is_not_replaced_by_an_officers_ticket(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await citizen.say("mau lapor")
    draft = await citizen.draft()
    await ask(citizen)
    await budi.press("Ambil", topic=citizen)

    told = await budi.press("Buat tiket", topic=citizen)

    assert told.startswith("Warga sedang mengisi laporan")
    assert (await citizen.draft()) is not None
    assert (await citizen.draft()).id == draft.id  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("trouble", "said"),
    [(DeliveryTooLarge(), "berkasnya terlalu besar"), (DeliveryRefused(), "ditolak Telegram")],
)
async def test_what_does_not_reach_the_citizen_is_told_in_the_topic_and_written_down(
    stage: Stage, citizen: Citizen, budi: Clerk, trouble: Exception, said: str
) -> None:
    await ask(citizen)
    await budi.press("Ambil", topic=citizen)
    stage.messenger.troubles[citizen.address] = [trouble]

    told = await budi.write("ini berkasnya", topic=citizen)

    assert said in told
    async with stage.units() as uow:
        events = await uow.handoffs.events((await handoff_of(citizen)).id)
    assert events[-1].kind is EventKind.NOT_DELIVERED


async def test_what_was_written_right_before_the_end_is_told_too_and_the_topic_stays_closed(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await ask(citizen)
    await budi.press("Ambil", topic=citizen)
    stage.messenger.troubles[citizen.address] = [DeliveryTooLarge()]
    await budi.send(Inbound(InboundKind.DOCUMENT, external_message_id="99"), topic=citizen)
    await budi.send(Inbound(InboundKind.COMMAND, command="selesai"), topic=citizen)

    told = await budi.hear(GROUP)

    assert "berkasnya terlalu besar" in told
    assert stage.messenger.to(GROUP)[-1].leaves_topic is TopicState.CLOSED


async def test_what_does_not_reach_a_citizen_after_the_end_is_no_news_for_officers(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await ask(citizen)
    await budi.press("Ambil", topic=citizen)
    await budi.command("selesai", topic=citizen)
    seen = len(stage.messenger.to(GROUP))
    stage.messenger.gone.add(citizen.address)
    await citizen.say("halo", "salam")

    assert len(stage.messenger.to(GROUP)) == seen


async def test_that_a_citizen_cannot_be_reached_is_written_down_though_they_wait_in_private_chats(
    units: UnitsOfWork,
) -> None:
    stage = Stage(units)
    citizen = stage.citizen()
    await register(stage, 8, "Budi Uji", Role.KOORDINATOR)
    stage.messenger.gone.add(citizen.address)

    await ask(citizen)

    async with stage.units() as uow:
        events = await uow.handoffs.events((await handoff_of(citizen)).id)
    assert [event.kind for event in events] == [EventKind.ASKED, EventKind.NOT_DELIVERED]


async def test_that_a_citizen_blocked_the_bot_is_told_once(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await ask(citizen)
    await budi.press("Ambil", topic=citizen)
    stage.messenger.gone.add(citizen.address)

    first = await budi.write("halo", topic=citizen)
    second = await budi.write("halo?", topic=citizen)

    assert "bot diblokir" in first
    assert second == ""


async def test_a_copy_that_officers_cannot_get_is_told_to_them(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await ask(citizen)
    await budi.press("Ambil", topic=citizen)
    stage.messenger.troubles[GROUP] = [DeliveryRefused()]
    await citizen.send(Inbound(InboundKind.STICKER, external_message_id="9"))
    await citizen.hear()

    assert "tidak dapat disalin ke sini" in last_to(stage, GROUP)


async def test_a_suspended_officers_conversations_go_back_to_the_queue(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    cici = await register(stage, 9, "Cici Uji", Role.KOORDINATOR)
    await ask(citizen)
    await budi.press("Ambil", topic=citizen)

    _, returned = await staff.suspend(stage.units, stage.tools, 8)
    await stage.deliver()

    assert returned == 1
    assert (await handoff_of(citizen)).state is HandoffState.WAITING
    assert citizen.heard[-1].text.startswith("Maaf, petugas yang melayani Anda berhalangan")
    await cici.press("Ambil", topic=citizen)
    assert citizen.heard[-1].text == "Anda sekarang dilayani oleh <b>Cici Uji</b>."


async def test_when_the_last_officer_leaves_the_citizen_is_told_and_the_bot_goes_on(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await ask(citizen)
    await budi.press("Ambil", topic=citizen)

    await staff.suspend(stage.units, stage.tools, 8)
    await stage.deliver()

    assert citizen.heard[-1].text.startswith("Maaf, saat ini belum ada petugas")
    assert citizen.labels == ["Tinggalkan pertanyaan"]
    assert (await citizen.conversation()).owner is Owner.BOT
