"""A conversation's way to an officer and back: asking, waiting, taking, answering, returning."""

import asyncio
from contextlib import suppress
from html import escape

import pytest

from desk.domain.conversation import Channel, Owner
from desk.domain.handoff import Ending, EventKind, HandoffState, Trigger
from desk.domain.inbound import FileRef, Inbound, InboundKind, Point
from desk.domain.outgoing import CopyOf, Outgoing, SaidIn
from desk.domain.roles import Role
from desk.services.ports import UnitsOfWork
from desk.services.turns.working import LEASE, work_on
from desk.services.words.pins import map_link
from tests.integration.crashing import Crash, Crashing
from tests.integration.officer_scenes import GROUP, Clerk, handoff_of, register
from tests.integration.scenes import Citizen, Sense, Stage, file_lamp, labels_of


@pytest.fixture
def officer_group() -> str:
    return GROUP


@pytest.fixture
async def ani(stage: Stage) -> Clerk:
    return await register(stage, 7, "Ani Uji", Role.PETUGAS, "disdukcapil")


async def ask(citizen: Citizen, words: str = "saya mau bicara petugas") -> str:
    return await citizen.say(words, "minta_petugas")


def in_group(stage: Stage) -> list[Outgoing]:
    return stage.messenger.to(GROUP)


def texts(bodies: list[Outgoing]) -> str:
    return "\n".join(body.text for body in bodies)


async def test_who_asks_for_an_officer_is_told_the_place_and_officers_see_a_card(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    answer = await ask(citizen, "petugas dong, soal antrean loket")

    assert "Urutan Anda: <b>1</b>" in answer
    assert "belum dapat diperkirakan" in answer
    assert citizen.labels == ["Lanjut dengan bot", "Batal"]
    assert (await citizen.conversation()).owner is Owner.WAITING
    (card,) = in_group(stage)
    assert card.topic is not None
    assert "petugas dong, soal antrean loket" in card.text
    assert "Warga: Andi Baso" in card.text
    assert "menunggu sejak 24 November 2026, 10.00 WITA" in card.text
    labels = labels_of(card)
    assert labels == ["Ambil", "Kembalikan ke bot", "Selesai", "Alihkan", "Buat tiket"]


async def test_the_card_tells_what_was_wanted_before_and_about_which_service(
    stage: Stage, citizen: Citizen, budi: Clerk, ani: Clerk
) -> None:
    await citizen.say("berapa biaya ktp", "tanya_biaya", services=("ktp_el",))
    await ask(citizen)

    card = in_group(stage)[-1].text
    assert "Maksud terakhir: Biaya layanan" in card
    assert f"Layanan: {stage.tools.catalogue.service('ktp_el').singkat}" in card
    assert f"Untuk: {stage.tools.catalogue.agency('disdukcapil').singkat}" in card


async def test_the_card_names_the_ticket_that_was_last_spoken_of(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    ticket = await file_lamp(citizen)
    await ask(citizen)

    assert f"Tiket: <code>{ticket.number}</code>" in in_group(stage)[-1].text


async def test_without_anybody_to_answer_the_desk_says_so_and_takes_a_message(
    citizen: Citizen,
) -> None:
    answer = await ask(citizen)

    assert answer.startswith("Maaf, saat ini belum ada petugas")
    assert citizen.labels == ["Tinggalkan pertanyaan"]
    assert (await citizen.conversation()).owner is Owner.BOT


async def test_an_officer_takes_answers_and_hands_back(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await ask(citizen)

    await budi.press("Ambil", topic=citizen)
    taken = [body.text for body in citizen.heard][-1]
    await budi.write("Silakan datang besok <pagi>", topic=citizen)
    answered = citizen.heard[-1].text
    asked = len(stage.rasa.asked)
    silent = await citizen.say("baik bu, jam berapa?", "tanya_jam_layanan")
    asked_after = len(stage.rasa.asked)
    relayed = in_group(stage)[-1].text
    await budi.press("Kembalikan ke bot", topic=citizen)
    returned = citizen.heard[-1].text
    answer = await citizen.say("berapa biaya ktp", "tanya_biaya", services=("ktp_el",))

    assert taken == "Anda sekarang dilayani oleh <b>Budi Uji</b>."
    assert answered == "<b>Budi Uji</b>\nSilakan datang besok &lt;pagi&gt;"
    assert silent == ""
    assert asked == asked_after
    assert relayed == "<b>Warga:</b> baik bu, jam berapa?"
    assert returned.startswith("Petugas menyerahkan percakapan ini kembali")
    assert "Biaya" in answer
    handoff = await handoff_of(citizen)
    assert (handoff.ending, handoff.state) == (Ending.HANDED_BACK, HandoffState.ENDED)
    async with stage.units() as uow:
        kinds = [event.kind for event in await uow.handoffs.events(handoff.id)]
    assert kinds == [EventKind.ASKED, EventKind.TAKEN, EventKind.ENDED]


async def test_the_card_follows_and_the_topic_is_closed_at_the_end(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await ask(citizen)

    await budi.press("Ambil", topic=citizen)
    served = stage.messenger.edited[-1][2]
    await budi.press("Selesai", topic=citizen)
    ended = stage.messenger.edited[-1][2]

    assert served.edits is not None
    assert "dilayani Budi Uji" in served.text
    assert ended.edits == served.edits
    assert "selesai oleh Budi Uji" in ended.text
    assert ended.buttons == ()
    assert ended.leaves_topic == "tutup"
    assert citizen.heard[-1].text.startswith("Percakapan dengan petugas selesai")


async def test_of_two_officers_one_gets_it_and_the_other_hears_who(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    cici = await register(stage, 9, "Cici Uji", Role.KOORDINATOR)
    await ask(citizen)

    await budi.press("Ambil", topic=citizen)
    told = await cici.press("Ambil", topic=citizen)

    assert told == "Percakapan ini sedang dilayani Budi Uji."
    assert (await handoff_of(citizen)).officer_id == budi.officer.id  # type: ignore[union-attr]


async def test_two_officers_who_take_at_the_same_moment_in_private_never_both_get_it(
    units: UnitsOfWork,
) -> None:
    stage = Stage(units)  # no group: both have a card in private, worked by two workers at once
    citizen = stage.citizen()
    budi = await register(stage, 8, "Budi Uji")
    cici = await register(stage, 9, "Cici Uji")
    await ask(citizen)
    for each in (budi, cici):
        token = await each.token("Ambil", str(each.sender), None)
        await each.send(Inbound(InboundKind.PRESS, token=token), private=True)
    stage.clock.advance(seconds=1)
    lanes = [await stage.take_due() for _ in range(2)]

    await asyncio.gather(*(work_on(stage.shop(), lane) for lane in lanes))
    await stage.deliver()

    greetings = [b.text for b in citizen.heard if b.text.startswith("Anda sekarang dilayani")]
    refusals = [
        body.text
        for each in (budi, cici)
        for body in stage.messenger.to(str(each.sender))
        if "sedang dilayani" in body.text and not body.edits
    ]
    assert len(greetings) == 1
    assert len(refusals) == 1


async def test_an_answer_under_way_is_dropped_when_an_officer_takes_over(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await citizen.say("halo", "salam")
    reference = (await citizen.conversation()).id[:8]
    heard = len(citizen.heard)

    async def officer_comes() -> None:
        await budi.command_at_once("ambil", reference)

    stage.rasa.senses["berapa biayanya"] = Sense("tanya_biaya", services=("ktp_el",))
    await citizen.send(Inbound(InboundKind.TEXT, text="berapa biayanya"))
    await stage.work_while(officer_comes)
    await stage.deliver()

    assert [body.text for body in citizen.heard[heard:]] == [
        "Anda sekarang dilayani oleh <b>Budi Uji</b>."
    ]
    assert in_group(stage)[-1].text == "<b>Warga:</b> berapa biayanya"


async def test_nobody_but_the_owner_is_sent_and_each_is_told_once(
    stage: Stage, citizen: Citizen, budi: Clerk, ani: Clerk
) -> None:
    await ask(citizen)
    before = await budi.write("halo pak", topic=citizen)
    await budi.press("Ambil", topic=citizen)
    heard = len(citizen.heard)

    told = await ani.write("saya bantu", topic=citizen)
    again = await ani.write("halo?", topic=citizen)

    assert "belum diambil" in before
    assert "sedang dilayani Budi Uji" in told
    assert again == ""
    assert len(citizen.heard) == heard


async def test_who_writes_in_a_topic_that_is_closed_is_told_and_it_stays_closed(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await ask(citizen)
    await budi.press("Ambil", topic=citizen)
    await budi.press("Selesai", topic=citizen)

    told = await budi.write("satu lagi, pak", topic=citizen)

    assert "sudah dikembalikan ke Sapa" in told
    assert in_group(stage)[-1].leaves_topic == "tutup"


async def test_an_officer_of_another_office_may_not_take_it(
    stage: Stage, citizen: Citizen, ani: Clerk
) -> None:
    dedi = await register(stage, 10, "Dedi Uji", Role.PETUGAS, "dinsos_mamuju")
    await citizen.say("syarat ktp", "tanya_syarat", services=("ktp_el",))
    await ask(citizen)

    told = await dedi.press("Ambil", topic=citizen)

    assert told.startswith("Percakapan ini di luar wewenang Anda")
    handoff = await handoff_of(citizen)
    assert handoff.office == "disdukcapil"
    assert handoff.state is HandoffState.WAITING


async def test_media_goes_both_ways_as_copies_that_name_nobody(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await ask(citizen)
    await budi.press("Ambil", topic=citizen)
    photo = Inbound(InboundKind.PHOTO, file=FileRef("f"), external_message_id="55")
    await citizen.send(photo)
    await citizen.send(Inbound(InboundKind.LOCATION, point=Point(-2.5, 118.5)))
    await citizen.hear()
    to_officer = in_group(stage)[-2:]
    for number, kind in ((61, InboundKind.PHOTO), (62, InboundKind.LOCATION)):
        sent = Inbound(
            kind,
            text="peta loket" if kind is InboundKind.PHOTO else None,
            file=FileRef("g") if kind is InboundKind.PHOTO else None,
            point=Point(-2.6, 118.8) if kind is InboundKind.LOCATION else None,
            external_message_id=str(number),
        )
        await budi.send(sent, topic=citizen)
    await citizen.hear()

    assert to_officer[0].copies == CopyOf("123", "55")
    assert escape(map_link(Point(-2.5, 118.5))) in to_officer[1].text
    assert citizen.heard[-3].copies == CopyOf(GROUP, "61")
    assert citizen.heard[-3].text == "<b>Budi Uji</b>\npeta loket"
    assert citizen.heard[-2].text == "<b>Budi Uji</b>"
    assert citizen.heard[-1].copies == CopyOf(GROUP, "62")


async def test_officers_see_which_of_their_answers_a_citizen_replies_to(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await citizen.say("petugas", "minta_petugas")
    await budi.press("Ambil", topic=citizen)
    await budi.write("bawa KK & surat <lama>, lalu " + "antre di loket " * 9, topic=citizen)
    await budi.write("jangan lupa fotokopi", topic=citizen)
    before = len(stage.messenger.to(GROUP))

    await citizen.reply("bawa KK", Inbound(InboundKind.TEXT, text="pak yg ini benar?"))
    photo_of_citizen = Inbound(
        InboundKind.PHOTO, text="ini?", file=FileRef("f"), external_message_id="7"
    )
    await citizen.reply("fotokopi", photo_of_citizen)
    await citizen.reply("dilayani oleh", Inbound(InboundKind.TEXT, text="halo pak"))

    said, photo, plain = stage.messenger.to(GROUP)[before:]
    first, second = said.text.split("\n")
    assert first.startswith(
        "<b>Warga:</b> <i>membalas “bawa KK &amp; surat &lt;lama&gt;, lalu antre"
    )
    assert first.endswith("…”</i>")
    assert second == "pak yg ini benar?"
    assert photo.copies == CopyOf("123", "7")
    assert photo.text == "<b>Warga:</b> <i>membalas “jangan lupa fotokopi”</i>\nini?"
    assert plain.text == "<b>Warga:</b> halo pak"


async def test_what_the_bot_or_an_earlier_officer_said_is_not_quoted(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await citizen.say("syarat ktp", "tanya_syarat", services=("ktp_el",))
    await citizen.say("petugas", "minta_petugas")
    await budi.press("Ambil", topic=citizen)
    await budi.write("jawaban pertama", topic=citizen)
    await budi.command("kembalikan", topic=citizen)
    await citizen.say("petugas lagi", "minta_petugas")
    await budi.press("Ambil", topic=citizen)
    before = len(stage.messenger.to(GROUP))

    for quoted in ("jawaban pertama", "KTP"):
        await citizen.reply(quoted, Inbound(InboundKind.TEXT, text="yang ini"))

    shown = [body.text for body in stage.messenger.to(GROUP)[before:]]
    assert shown == ["<b>Warga:</b> yang ini"] * 2


async def test_edits_are_passed_on_as_edits(stage: Stage, citizen: Citizen, budi: Clerk) -> None:
    await ask(citizen)
    await budi.press("Ambil", topic=citizen)
    await budi.write("datang jam 8", topic=citizen)
    async with stage.units() as uow:
        sent = await uow.outbox.passed_on(SaidIn(GROUP, budi.message_ids[-1]))
    assert sent is not None
    edit = Inbound(
        InboundKind.EDITED, text="datang jam 9", external_message_id=budi.message_ids[-1]
    )
    await budi.send(edit, topic=citizen)
    await citizen.send(Inbound(InboundKind.EDITED, external_message_id="77"))
    await citizen.hear()

    (edited,) = [body for chat, _, body in stage.messenger.edited if chat == citizen.address]
    assert edited.text == "<b>Budi Uji</b>\ndatang jam 9"
    assert edited.edits == sent.key is not None
    line, copy = in_group(stage)[-2:]
    assert line.text == "<b>Warga:</b> (diubah)"
    assert copy.copies == CopyOf("123", "77")


async def test_an_edit_of_what_never_went_out_is_told(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await ask(citizen)
    await budi.write("halo pak", topic=citizen)
    early = budi.message_ids[-1]
    await budi.press("Ambil", topic=citizen)
    heard = len(citizen.heard)
    edit = Inbound(InboundKind.EDITED, text="halo, pak", external_message_id=early)
    await budi.send(edit, topic=citizen)

    assert (await budi.hear(GROUP)).startswith("Perubahan ini tidak diteruskan")
    assert len(citizen.heard) == heard


@pytest.mark.parametrize("kind", [InboundKind.DOCUMENT, InboundKind.VOICE])
async def test_files_and_voices_go_out_under_the_officers_name(
    citizen: Citizen, budi: Clerk, kind: InboundKind
) -> None:
    await ask(citizen)
    await budi.press("Ambil", topic=citizen)
    await budi.send(Inbound(kind, text="formulir", external_message_id="71"), topic=citizen)
    await citizen.hear()

    assert citizen.heard[-1].text == "<b>Budi Uji</b>\nformulir"
    assert citizen.heard[-1].copies == CopyOf(GROUP, "71")


@pytest.mark.parametrize("kind", [InboundKind.POLL, InboundKind.OTHER])
async def test_what_cannot_be_passed_on_is_told_to_the_officer(
    citizen: Citizen, budi: Clerk, kind: InboundKind
) -> None:
    await ask(citizen)
    await budi.press("Ambil", topic=citizen)
    heard = len(citizen.heard)
    await budi.send(Inbound(kind), topic=citizen)

    assert (await budi.hear(GROUP)).startswith("Kiriman jenis ini tidak dapat diteruskan")
    assert len(citizen.heard) == heard


async def test_who_serves_somebody_and_writes_outside_the_topic_is_told_once_where_to_write(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    idle = await budi.write("rapat jam dua ya")
    await ask(citizen)
    await budi.press("Ambil", topic=citizen)
    heard = len(citizen.heard)

    told = await budi.write("selamat siang pak")
    again = await budi.write("halo?")

    assert idle == again == ""
    assert told.startswith("Tulisan di sini tidak diteruskan kepada warga")
    assert len(citizen.heard) == heard


async def test_in_a_group_without_topics_a_reply_goes_to_the_citizen_who_is_quoted(
    stage: Stage, budi: Clerk
) -> None:
    one, two = stage.citizen("1"), stage.citizen("2")
    for each in (one, two):
        await ask(each)
        await budi.press("Ambil", topic=each)
    await one.say("dari satu", "salam")
    quoted = str(len(stage.messenger.delivered))
    await two.say("dari dua", "salam")
    heard = len(two.heard)

    await budi.send(Inbound(InboundKind.TEXT, text="untuk satu", reply_to=quoted))
    await budi.hear(GROUP)

    assert one.heard[-1].text == "<b>Budi Uji</b>\nuntuk satu"
    assert len(two.heard) == heard


async def test_a_note_is_kept_and_not_sent(stage: Stage, citizen: Citizen, budi: Clerk) -> None:
    await ask(citizen)
    await budi.press("Ambil", topic=citizen)
    heard = len(citizen.heard)

    first = await budi.write("// cek dulu ke loket 3", topic=citizen)
    second = await budi.write("//sudah", topic=citizen)

    assert first == "Catatan disimpan, warga tidak melihatnya."
    assert second == ""
    assert len(citizen.heard) == heard
    async with stage.units() as uow:
        events = await uow.handoffs.events((await handoff_of(citizen)).id)
    notes = [event.words for event in events if event.kind is EventKind.NOTE]
    assert notes == ["cek dulu ke loket 3", "sudah"]


async def test_commands_and_buttons_are_relayed_while_served_but_rights_stay_with_the_bot(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await citizen.command("start")
    await ask(citizen)
    await budi.press("Ambil", topic=citizen)

    relayed = await citizen.command("batal")
    pressed = await citizen.press("Lapor masalah")
    started = await citizen.command("start")

    assert relayed == pressed == ""
    assert [body.text for body in in_group(stage)[-2:]] == [
        "<b>Warga:</b> /batal",
        "<b>Warga:</b> [menekan tombol: Lapor masalah]",
    ]
    assert "asisten otomatis" in started


async def test_an_officer_steps_into_a_conversation_of_the_list(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await citizen.say("syarat ktp", "tanya_syarat", services=("ktp_el",))
    name = (await citizen.conversation()).id[:8].upper()

    listed = await budi.command("percakapan")
    await budi.press(f"Ambil {name}")

    assert name in listed
    assert "Andi" not in listed
    assert (await citizen.conversation()).owner is Owner.OFFICER
    assert citizen.heard[-1].text.startswith("Anda sekarang dilayani oleh <b>Budi Uji</b>")
    assert (await handoff_of(citizen)).trigger is Trigger.STEPPED_IN


async def test_colleagues_at_work_are_not_listed_among_the_citizens_until_they_ask(
    stage: Stage, budi: Clerk
) -> None:
    await register(stage, 9, "Sari Uji", Role.PETUGAS, "disdukcapil")
    colleague = stage.citizen("9")
    await colleague.say("halo", "salam")
    name = (await colleague.conversation()).id[:8].upper()

    at_work = await budi.command("percakapan")
    await colleague.say("mau bicara petugas", "minta_petugas")

    assert name not in at_work
    assert name in await budi.command("antrean")


async def test_who_waits_is_listed_apart_from_who_only_wrote(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    other = stage.citizen("2")
    await other.say("halo", "salam")
    nobody = await budi.command("antrean")
    await ask(citizen)
    waiting = await budi.command("antrean")

    assert nobody == "Tidak ada warga yang menunggu petugas."
    assert waiting.startswith("<b>Menunggu petugas</b>")
    assert (await citizen.conversation()).id[:8].upper() in waiting
    assert (await other.conversation()).id[:8].upper() not in waiting


async def test_a_reference_that_leads_nowhere_is_told(budi: Clerk) -> None:
    assert "tidak ditemukan" in await budi.command("ambil", "00000000")
    assert "tidak ditemukan" in await budi.command("ambil", "%")
    assert "tidak ditemukan" in await budi.command("ambil")


async def test_a_conversation_is_passed_to_another_office(
    stage: Stage, citizen: Citizen, budi: Clerk, ani: Clerk
) -> None:
    await ask(citizen)
    await budi.press("Ambil", topic=citizen)

    await budi.press("Alihkan", topic=citizen)
    name = stage.tools.catalogue.agency("disdukcapil").singkat
    told = await budi.press(name, topic=citizen)

    assert f"menunggu petugas {name}" in told
    handoff = await handoff_of(citizen)
    assert (handoff.state, handoff.office) == (HandoffState.WAITING, "disdukcapil")
    assert citizen.heard[-1].text.startswith("Percakapan Anda diteruskan ke petugas")
    await ani.press("Ambil", topic=citizen)
    assert citizen.heard[-1].text.startswith("Anda sekarang dilayani oleh <b>Ani Uji</b>")


async def test_disappointed_twice_is_handed_to_an_officer_at_once(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    first = await citizen.say("payah sekali", "ungkap_kecewa")
    labels = citizen.labels
    second = await citizen.say("kecewa saya", "ungkap_kecewa")

    assert first.startswith("Kami minta maaf")
    assert "Tanya petugas" in labels
    assert second.startswith("Kami minta maaf")
    assert "Urutan Anda" in second
    assert (await handoff_of(citizen)).trigger is Trigger.DISAPPOINTED


async def test_not_understood_twice_and_a_missing_fact_say_why_an_officer_is_wanted(
    stage: Stage, budi: Clerk
) -> None:
    lost, asking = stage.citizen("1"), stage.citizen("2")
    for words in ("ngik", "ngok"):
        await lost.say(words, "nlu_fallback", sure=0.1, ranking=(("salam", 0.2),))
    await lost.press("Tanya petugas")
    await asking.say("nomor kontak sktm", "tanya_kontak", services=("sktm",))
    await asking.press("Tanya petugas")

    assert (await handoff_of(asking)).trigger is Trigger.MISSING_FACT
    assert (await handoff_of(lost)).trigger is Trigger.MISUNDERSTOOD


async def test_in_an_emergency_officers_are_called_and_the_bot_goes_on(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    answer = await citizen.say("kebakaran di pasar", "darurat")
    button = citizen.labels
    goes_on = await citizen.say("syarat ktp apa", "tanya_syarat", services=("ktp_el",))

    assert "<b>110</b>" in answer
    assert button == ["Laporkan kejadian ini"]
    assert goes_on != ""
    alert, card = in_group(stage)[:2]
    assert alert.text.startswith("<b>Darurat</b>")
    assert card.text.startswith("<b>DARURAT</b>")
    assert (await handoff_of(citizen)).with_bot


async def test_a_draft_waits_while_an_officer_serves(
    stage: Stage, citizen: Citizen, budi: Clerk
) -> None:
    await citizen.say("mau lapor")
    answer = await ask(citizen)
    await budi.press("Ambil", topic=citizen)
    await citizen.say("jalan rusak parah di Bambu", "lapor_aduan")
    await budi.press("Kembalikan ke bot", topic=citizen)
    draft = await citizen.draft()
    labels = citizen.labels
    await citizen.press("Lanjutkan")

    assert answer.endswith("petugas membaca semuanya.")
    assert draft is not None
    assert draft.description is None
    assert labels == ["Lanjutkan"]
    assert citizen.labels == ["Saya setuju", "Tidak setuju"]


async def take_answer_and_return(stage: Stage, at: int, *, after_commit: bool) -> bool:
    """Die once at the *at*-th call of a take, an answer and a return; tell whether it came."""
    crashing = Crashing(stage.units, at, after_commit=after_commit, only_commits=after_commit)
    citizen = stage.citizen(f"{at}-{after_commit}")
    clerk = await register(stage, 8, "Budi Uji", Role.KOORDINATOR)
    await ask(citizen)
    for step in ("Ambil", "jawaban", "Kembalikan ke bot"):
        if step == "jawaban":
            inbound = Inbound(InboundKind.TEXT, text=step)
        else:
            token = await clerk.token(step, GROUP, citizen)
            inbound = Inbound(InboundKind.PRESS, token=token)
        await clerk.send(inbound, topic=citizen)
        lane = await stage.take_due()
        with suppress(Crash):
            await work_on(stage.shop(crashing), lane)
        stage.clock.advance(seconds=LEASE.total_seconds() + 1)
        await clerk.hear(GROUP)
    said = [body.text.split("\n")[0] for body in citizen.heard[1:]]
    assert said == [
        "Anda sekarang dilayani oleh <b>Budi Uji</b>.",
        "<b>Budi Uji</b>",
        "Petugas menyerahkan percakapan ini kembali kepada Sapa. "
        "Silakan tulis bila masih ada yang ingin ditanyakan.",
    ]
    assert (await citizen.conversation()).owner is Owner.BOT
    return crashing.calls >= at


@pytest.mark.parametrize("after_commit", [False, True])
async def test_a_crash_at_any_storage_call_of_an_officers_turn_loses_and_doubles_nothing(
    stage: Stage, after_commit: bool
) -> None:
    at = 1
    while await take_answer_and_return(stage, at, after_commit=after_commit):
        at += 1 if after_commit else 7

    assert at > 4


async def test_a_web_chat_is_served_in_the_same_way(units: UnitsOfWork, budi: Clerk) -> None:
    stage = budi.stage
    web = Stage(units, clock=stage.clock, channel=Channel.WEB, officer_group=GROUP)
    visitor = web.citizen("sesi-web", name=None)
    stage.clock.advance(seconds=1)
    web.rasa.senses["petugas"] = Sense("minta_petugas")
    await visitor.send(Inbound(InboundKind.TEXT, text="petugas"))
    await web.work()
    await stage.deliver()
    await budi.press("Ambil", topic=visitor)
    await budi.write("selamat pagi", topic=visitor)
    no_voice = Inbound(InboundKind.VOICE, file=FileRef("v"))
    await budi.send(no_voice, topic=visitor)
    told = await budi.hear(GROUP)
    await budi.send(Inbound(InboundKind.PHOTO, file=FileRef("foto")), topic=visitor)
    await budi.hear(GROUP)
    await web.deliver()

    assert "(chat web)" in in_group(stage)[0].text
    assert visitor.heard[-2].text == "<b>Budi Uji</b>\nselamat pagi"
    assert visitor.heard[-1].attachment is not None
    stage.files.contents["rusak"] = b"bukan gambar"
    await budi.send(Inbound(InboundKind.PHOTO, file=FileRef("rusak")), topic=visitor)
    lost = await budi.hear(GROUP)

    assert told.startswith("Warga ini memakai chat web")
    assert lost.startswith("Foto ini tidak dapat dibuka")
    async with units() as uow:
        assert await uow.attachments.get(visitor.heard[-1].attachment or "") is not None
