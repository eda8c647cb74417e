"""What happens on the way through a draft: digressions, breaks, second thoughts, emergencies."""

from dataclasses import replace

import pytest

from desk.domain.draft import DraftField
from desk.domain.inbound import Inbound, InboundKind
from desk.domain.lifecycle import Identity
from desk.services.turns.loops import sweep
from tests.integration.officer_scenes import GROUP
from tests.integration.scenes import LAMP, LAMP_SENSE, Citizen, file_lamp, lamp_summary

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SUMMARY = "<b>Mohon periksa sebelum dikirim</b>"


@pytest.fixture
def officer_group() -> str:
    return GROUP


async def at_photos(citizen: Citizen) -> None:
    await citizen.say(LAMP, **LAMP_SENSE)
    await citizen.press("Saya setuju")


async def test_a_question_on_the_way_is_answered_and_the_draft_goes_on(citizen: Citizen) -> None:
    await at_photos(citizen)
    before = await citizen.draft()

    answer = await citizen.say("bikin ktp bayar?", "tanya_biaya", services=("ktp_el",))

    after = await citizen.draft()
    assert answer.startswith("<b>Biaya KTP-el</b>")
    assert "Kita lanjutkan, ya.\nAda foto?" in answer
    assert after == before


@pytest.mark.parametrize("stop", ["batal", "/batal", "Batal"])
async def test_batal_leaves_nothing_of_the_draft_behind(citizen: Citizen, stop: str) -> None:
    await at_photos(citizen)
    await citizen.photos("a", "b")
    await citizen.press("Cukup", "Terbuka", "Ubah", "Foto")
    await citizen.photos("c")
    await citizen.press("Cukup")
    draft = await citizen.draft()
    assert draft is not None

    answer = await {
        "batal": lambda: citizen.say("batal", "batal"),
        "/batal": lambda: citizen.command("batal"),
        "Batal": lambda: citizen.press("Batal"),
    }[stop]()

    async with citizen.stage.units() as uow:
        pictures = [
            await uow.attachments.get(photo) for photo in (*draft.photos, *draft.discarded)
        ]
    assert answer == "Baik, dibatalkan. Tidak ada yang kami simpan dari isian itu."
    assert (len(pictures), set(pictures)) == (3, {None})
    assert await citizen.draft() is None
    assert await citizen.tickets() == []


async def test_the_buttons_of_a_dropped_draft_do_nothing(citizen: Citizen) -> None:
    await lamp_summary(citizen)
    send = citizen.token("Kirim")
    await citizen.say("batal", "batal")

    await citizen.send(Inbound(InboundKind.PRESS, token=send))
    answer = await citizen.hear()

    assert answer.startswith("Tombol itu sudah tidak berlaku.")
    assert await citizen.tickets() == []


async def test_a_button_of_an_old_draft_does_not_touch_the_new_one(citizen: Citizen) -> None:
    await lamp_summary(citizen)
    send = citizen.token("Kirim")
    await citizen.say("batal", "batal")
    await citizen.say("jalan di Bambu berlubang besar", categories=(("jalan_jembatan", 0.9),))

    await citizen.send(Inbound(InboundKind.PRESS, token=send))
    answer = await citizen.hear()

    assert answer.startswith("Tombol itu dari isian sebelumnya.")
    assert await citizen.tickets() == []


async def test_pressing_lapor_on_the_way_does_not_replace_the_draft(citizen: Citizen) -> None:
    await citizen.command("start")
    menu = citizen.token("Lapor masalah")
    await at_photos(citizen)
    before = await citizen.draft()

    await citizen.send(Inbound(InboundKind.PRESS, token=menu))
    answer = await citizen.hear()

    after = await citizen.draft()
    assert answer.startswith("Isian yang ini belum selesai.")
    assert before is not None
    assert after is not None
    assert after.id == before.id


@pytest.mark.parametrize("minutes", [31, 60 * 23])
async def test_who_comes_back_within_a_day_is_asked_to_go_on(
    citizen: Citizen, minutes: int
) -> None:
    await at_photos(citizen)
    citizen.stage.clock.advance(minutes=minutes)

    offer = await citizen.say("halo", "salam")
    question = await citizen.press("Lanjutkan")

    assert offer.endswith("Laporan Anda yang tadi belum terkirim. Lanjutkan?")
    assert question.startswith("Ada foto?")


async def test_a_typed_yes_or_no_answers_lanjutkan(citizen: Citizen) -> None:
    await at_photos(citizen)
    citizen.stage.clock.advance(hours=2)
    await citizen.say("halo", "salam")
    question = await citizen.say("iya", "setuju")
    citizen.stage.clock.advance(hours=2)
    await citizen.say("halo", "salam")
    dropped = await citizen.say("tidak", "tolak")

    assert question.startswith("Ada foto?")
    assert dropped.startswith("Baik, dibatalkan.")
    assert await citizen.draft() is None


async def test_an_answer_after_a_break_is_kept_while_lanjutkan_is_asked(citizen: Citizen) -> None:
    await citizen.say("ada jalan berlubang", categories=(("jalan_jembatan", 0.9),))
    await citizen.press("Saya setuju")
    await citizen.say("dekat pasar baru", "nlu_fallback", sure=0.2)
    await citizen.press("Mamuju")
    citizen.stage.clock.advance(hours=3)

    offer = await citizen.say("kira-kira lebaran kemarin", "nlu_fallback", sure=0.2)
    await citizen.say("ya", "setuju")

    draft = await citizen.draft()
    assert offer.endswith("Lanjutkan?")
    assert draft is not None
    assert (draft.since, draft.asked) == ("kira-kira lebaran kemarin", DraftField.PHOTOS)


async def test_a_new_matter_after_a_break_can_replace_the_old_draft(citizen: Citizen) -> None:
    await at_photos(citizen)
    citizen.stage.clock.advance(hours=3)
    await citizen.say(
        "jembatan di Bambu ambruk kemarin",
        places=(("76.02.01.2005",),),
        categories=(("jalan_jembatan", 0.9),),
    )
    await citizen.press("Buang dan laporkan yang baru")

    draft = await citizen.draft()
    assert draft is not None
    assert (draft.description, draft.place.code, draft.category) == (
        "jembatan di Bambu ambruk kemarin",
        "76.02.01.2005",
        "jalan_jembatan",
    )


async def test_a_draft_left_alone_for_a_day_is_gone(citizen: Citizen) -> None:
    await at_photos(citizen)
    await citizen.photos("a")
    draft = await citizen.draft()
    citizen.stage.clock.advance(hours=24, minutes=1)

    await sweep(citizen.stage.units, citizen.stage.tools)
    answer = await citizen.press("Cukup")

    assert draft is not None
    async with citizen.stage.units() as uow:
        assert await uow.attachments.get(draft.photos[0]) is None
    assert answer.startswith("Tombol itu sudah tidak berlaku.")


async def test_an_emergency_is_answered_before_consent_in_one_message(citizen: Citizen) -> None:
    answer = await citizen.say("kebakaran di pasar sekarang!", "darurat")

    assert len(citizen.heard) == 1
    assert answer.index("110") < answer.index("113") < answer.index("115") < answer.index("119")
    assert answer.index("belum dipastikan") > answer.index("110")
    assert answer.index("belum dipastikan") < answer.index("113")
    assert "Sapa tidak dipantau 24 jam" in answer
    (alert,) = citizen.stage.messenger.to(GROUP)
    assert "kebakaran" not in alert.text


async def test_officers_read_which_conversation_the_emergency_is_in_and_since_when(
    citizen: Citizen,
) -> None:
    await citizen.say("kebakaran di pasar sekarang!", "darurat")

    conversation = await citizen.conversation()
    (alert,) = citizen.stage.messenger.to(GROUP)
    assert f"<code>{conversation.id[:8].upper()}</code>" in alert.text
    assert conversation.id not in alert.text
    assert "Selasa, 24 November 2026 pukul 10.00 WITA" in alert.text


async def test_what_remains_of_an_emergency_can_be_filed(citizen: Citizen) -> None:
    text = "kebakaran di pasar, dua kios habis"
    await citizen.say(text, "darurat", categories=(("ketertiban_umum", 0.9),))
    await citizen.press("Laporkan kejadian ini")

    draft = await citizen.draft()
    assert draft is not None
    assert draft.description == text


async def test_an_emergency_on_the_way_asks_nothing_else_and_keeps_the_words(
    citizen: Citizen,
) -> None:
    await citizen.say("mau lapor")
    await citizen.press("Saya setuju")
    answer = await citizen.say("tolong rumah tetangga terbakar", "darurat", sure=0.6)

    draft = await citizen.draft()
    assert answer.startswith("<b>Jika ada bahaya sekarang, telepon dulu:</b>")
    assert "Kita lanjutkan" not in answer
    assert citizen.labels == ["Lanjutkan"]
    assert draft is not None
    assert draft.description == "tolong rumah tetangga terbakar"


async def test_consent_is_asked_once_and_recorded(citizen: Citizen) -> None:
    await file_lamp(citizen)
    asked_again = await citizen.say(LAMP, **LAMP_SENSE)

    conversation = await citizen.conversation()
    assert conversation.consented_at is not None
    assert asked_again.startswith("Ada foto?")


async def test_without_consent_a_complaint_can_only_be_anonymous(citizen: Citizen) -> None:
    await citizen.say(LAMP, **LAMP_SENSE)
    offer = await citizen.press("Tidak setuju")
    await citizen.say("ya", "setuju")

    conversation, draft = await citizen.conversation(), await citizen.draft()
    assert "tanpa identitas" in offer
    assert conversation.consented_at is None
    assert draft is not None
    assert (draft.identity, draft.name) == (Identity.ANONIM, None)


async def test_without_consent_nothing_else_is_filed_but_guidance_goes_on(
    citizen: Citizen,
) -> None:
    await citizen.say("mau bikin skck", "ajukan_permohonan", services=("skck",))
    refused = await citizen.press("Tidak setuju")
    answer = await citizen.say("bikin ktp bayar?", "tanya_biaya", services=("ktp_el",))

    assert refused.startswith("Baik. Tanpa persetujuan")
    assert await citizen.draft() is None
    assert answer.startswith("<b>Biaya KTP-el</b>")


async def test_an_unsure_yes_is_no_consent(citizen: Citizen) -> None:
    await citizen.say(LAMP, **LAMP_SENSE)
    await citizen.say("hmm apa ya", "nlu_fallback", ranking=(("setuju", 0.5),))

    assert (await citizen.conversation()).consented_at is None


@pytest.mark.parametrize(
    ("words", "identity"),
    [
        ("tolong rahasiakan nama saya", Identity.RAHASIA),
        ("saya mau anonim saja", Identity.ANONIM),
        ("jangan sebut nama saya ya", Identity.RAHASIA),
    ],
)
@pytest.mark.parametrize("is_asked", [True, False])
async def test_a_wish_for_secrecy_is_taken_whenever_it_comes(
    citizen: Citizen, words: str, identity: Identity, is_asked: bool
) -> None:
    await at_photos(citizen)
    if is_asked:
        await citizen.press("Tanpa foto")
    await citizen.say(words, "minta_anonim", sure=0.9)

    draft = await citizen.draft()
    assert draft is not None
    assert draft.identity is identity
    assert DraftField.IDENTITY in draft.done


async def test_a_question_about_secrecy_asks_the_identity_next(citizen: Citizen) -> None:
    await at_photos(citizen)

    answer = await citizen.say("apa orang lain bisa lihat saya melapor?", "minta_anonim")

    assert answer.startswith("Bagaimana identitas Anda dicatat?")


async def test_a_story_with_a_wish_for_secrecy_keeps_the_story(citizen: Citizen) -> None:
    await citizen.say("mau lapor")
    await citizen.press("Saya setuju")
    story = "kepala desa potong dana bantuan 100 ribu per orang, tolong rahasiakan nama saya"
    await citizen.say(story, "minta_anonim", sure=0.8, categories=(("pungli_korupsi", 0.8),))

    draft = await citizen.draft()
    assert draft is not None
    assert (draft.description, draft.identity) == (story, Identity.RAHASIA)


@pytest.mark.parametrize(
    "text",
    ["jalan tanpa nama di belakang pasar rusak", "sampah dibuang sembunyi-sembunyi tiap malam"],
)
async def test_words_of_the_matter_do_not_decide_the_identity(citizen: Citizen, text: str) -> None:
    await citizen.say(text, categories=(("jalan_jembatan", 0.9),))

    draft = await citizen.draft()
    assert draft is not None
    assert draft.identity is None


async def test_photos_without_words_ask_what_they_are_for(citizen: Citizen) -> None:
    ticket = await file_lamp(citizen)
    asked = await citizen.photos("a", "b")
    answer = await citizen.press(f"Tambahkan ke {ticket.number}")
    again = await citizen.press(f"Tambahkan ke {ticket.number}")

    (after,) = await citizen.tickets()
    assert asked == "2 foto kami terima. Untuk apa foto ini?"
    assert answer.startswith(f"Tambahan untuk {ticket.number} sudah kami simpan (2 foto).")
    assert again.startswith("Tambahan")
    assert len(after.additions) == 2


async def test_a_photo_may_come_first_and_the_report_after(citizen: Citizen) -> None:
    await citizen.photos("a")
    await citizen.press("Buat laporan baru")

    draft = await citizen.draft()
    assert draft is not None
    assert len(draft.photos) == 1


async def test_a_pin_without_a_draft_begins_a_report_there(citizen: Citizen) -> None:
    await citizen.pin()

    draft = await citizen.draft()
    assert draft is not None
    assert draft.place.point is not None


async def test_not_understood_twice_offers_an_officer(citizen: Citizen) -> None:
    ranking = (("tanya_syarat", 0.2), ("lapor_aduan", 0.15))
    first = await citizen.say("anu itu", "nlu_fallback", ranking=ranking)
    labels = citizen.labels
    second = await citizen.say("anu itu ji", "nlu_fallback", ranking=ranking)

    assert first == "Maaf, saya belum yakin maksud Anda. Apakah ini?"
    assert labels == ["Syarat layanan", "Melaporkan masalah", "Bukan keduanya"]
    assert second.startswith("Maaf, saya masih belum paham.")
    assert "Tanya petugas" in citizen.labels


async def test_an_officer_is_not_offered_twice_in_one_message(citizen: Citizen) -> None:
    ranking = (("tanya_syarat", 0.2), ("minta_petugas", 0.15))
    await citizen.say("anu itu", "nlu_fallback", ranking=ranking)
    await citizen.say("anu itu ji", "nlu_fallback", ranking=ranking)

    assert citizen.labels == ["Syarat layanan", "Tanya petugas"]


async def test_words_behind_a_chosen_reading_are_not_lost(citizen: Citizen) -> None:
    text = "lampu di Karema begitu terus"
    ranking = (("lapor_aduan", 0.3), ("tanya_syarat", 0.2))
    await citizen.say(text, "nlu_fallback", ranking=ranking, **LAMP_SENSE)
    await citizen.press("Melaporkan masalah")

    draft = await citizen.draft()
    assert draft is not None
    assert (draft.description, draft.category, draft.place.code) == (
        text,
        "penerangan_jalan",
        "76.02.01.1012",
    )


async def test_refusing_to_give_a_name_leads_to_the_identity(citizen: Citizen) -> None:
    citizen.name = None
    await at_photos(citizen)
    await citizen.press("Tanpa foto", "Terbuka")
    answer = await citizen.say("tidak mau", "tolak", sure=0.9)

    assert answer.startswith("Nama hanya dipakai petugas yang menangani.")
    assert "Bagaimana identitas Anda dicatat?" in answer


async def test_an_application_without_a_phone_is_answered_in_the_conversation(
    citizen: Citizen,
) -> None:
    await citizen.say("mau urus kartu anak", "ajukan_permohonan", services=("kia",))
    await citizen.press("Saya setuju", "Pakai nama Andi Baso")
    answer = await citizen.say("tidak punya", "tolak", sure=0.8)

    assert answer.startswith("Baik, petugas menghubungi Anda lewat percakapan ini.")
    assert SUMMARY in answer


async def test_a_command_we_do_not_know_shows_the_help(citizen: Citizen) -> None:
    answer = await citizen.command("tidakada")

    assert answer.startswith("Ini yang bisa saya bantu:")


async def test_the_summary_survives_a_digression_unchanged(citizen: Citizen) -> None:
    summary = await lamp_summary(citizen)
    before = await citizen.draft()
    answer = await citizen.say("jam buka capil?", "tanya_jam_layanan", services=("ktp_el",))
    after = await citizen.draft()

    assert answer.endswith(summary)
    assert before is not None
    assert after == replace(before, touched_at=before.touched_at)
