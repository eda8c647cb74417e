"""From the first words to a ticket: what is asked, what is taken over, what is corrected."""

import re
from dataclasses import replace

import pytest

from desk.domain.lifecycle import Identity, Kind
from desk.domain.ticket import TicketPlace
from tests.integration.scenes import LAMP, LAMP_SENSE, Citizen, file_lamp, lamp_summary

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
KALUKKU, KALUKKU_TOWN = "76.02.03", "76.02.03.1003"
KAREMA = "76.02.01.1012"


async def test_all_that_the_first_message_says_is_taken_and_only_the_rest_is_asked(
    citizen: Citizen,
) -> None:
    questions = [
        await citizen.say(LAMP, **LAMP_SENSE),
        await citizen.press("Saya setuju"),
        await citizen.press("Tanpa foto"),
        await citizen.press("Terbuka"),
    ]

    assert [question.splitlines()[0] for question in questions] == [
        "Sebelum kami mencatat laporan, mohon persetujuan Anda.",
        "Ada foto? Silakan kirim, paling banyak 5.",
        "Bagaimana identitas Anda dicatat?",
        "<b>Mohon periksa sebelum dikirim</b>",
    ]
    draft = await citizen.draft()
    assert draft is not None
    assert (draft.description, draft.category, draft.place, draft.since, draft.name) == (
        LAMP,
        "penerangan_jalan",
        TicketPlace(KAREMA),
        "sudah 3 hari",
        "Andi Baso",
    )


async def test_after_confirmation_one_ticket_exists_with_number_office_and_date(
    citizen: Citizen,
) -> None:
    await lamp_summary(citizen)

    receipt = await citizen.press("Kirim")

    (ticket,) = await citizen.tickets()
    assert (ticket.kind, ticket.identity, ticket.office, ticket.description) == (
        Kind.ADUAN,
        Identity.TERBUKA,
        "dishub_mamuju",
        LAMP,
    )
    assert f"<code>{ticket.number}</code>" in receipt
    assert "Dinas Perhubungan" in receipt
    assert "Jumat, 27 November 2026, 16.30 WITA (3 hari kerja untuk verifikasi" in receipt
    assert "pedoman Permenpan RB 62/2018" in receipt
    assert "Jika lewat tanpa kabar, Anda dapat melapor ke SP4N-LAPOR! atau Ombudsman" in receipt
    assert await citizen.draft() is None


async def test_kirim_pressed_again_tells_the_same_number(citizen: Citizen) -> None:
    await lamp_summary(citizen)
    await citizen.press("Kirim")

    answer = await citizen.press("Kirim")

    (ticket,) = await citizen.tickets()
    assert answer == f"Sudah terkirim, cukup satu kali. Nomornya <code>{ticket.number}</code>."


async def test_a_bare_announcement_is_asked_for_the_story_which_is_read_for_the_rest(
    citizen: Citizen,
) -> None:
    await citizen.say("min mau lapor")
    asked = await citizen.press("Saya setuju")
    after_story = await citizen.say(LAMP, "salam", sure=0.5, **LAMP_SENSE)

    assert asked.startswith("Silakan ceritakan masalahnya")
    assert after_story.startswith("Ada foto?")


async def test_a_category_that_is_not_sure_is_chosen_from_the_likely_ones(
    citizen: Citizen,
) -> None:
    await citizen.say(
        "lampu di rumah kami padam terus",
        categories=(("listrik_telekomunikasi", 0.45), ("penerangan_jalan", 0.4)),
    )
    await citizen.press("Saya setuju")

    assert citizen.labels == ["Listrik & telekomunikasi", "Lampu jalan", "Kategori lain"]
    await citizen.press("Kategori lain")
    assert len(citizen.labels) == 21


async def test_a_name_of_two_places_is_settled_by_a_button(citizen: Citizen) -> None:
    await citizen.say(
        "jalan di Kalukku berlubang parah",
        places=((KALUKKU, KALUKKU_TOWN),),
        categories=(("jalan_jembatan", 0.9),),
    )
    await citizen.press("Saya setuju")
    assert citizen.labels == ["Kec. Kalukku", "Kel. Kalukku, Kec. Kalukku", "Tidak tahu"]

    await citizen.press("Kel. Kalukku, Kec. Kalukku")

    draft = await citizen.draft()
    assert draft is not None
    assert draft.place == TicketPlace(KALUKKU_TOWN)


async def _at_place(citizen: Citizen) -> None:
    await citizen.say("ada jalan berlubang parah", categories=(("jalan_jembatan", 0.9),))
    await citizen.press("Saya setuju")


async def test_words_for_a_place_are_kept_when_its_kecamatan_is_typed(citizen: Citizen) -> None:
    await _at_place(citizen)
    asked = await citizen.say("depan kantor lurah", "nlu_fallback", sure=0.2)
    await citizen.say("Kalukku", "lapor_aduan", sure=0.3, places=((KALUKKU, KALUKKU_TOWN),))

    draft = await citizen.draft()
    assert asked == "Di kecamatan mana?"
    assert draft is not None
    assert draft.place == TicketPlace(KALUKKU, "depan kantor lurah; Kalukku")


async def test_a_pin_is_kept_and_the_kecamatan_asked_by_buttons(citizen: Citizen) -> None:
    await _at_place(citizen)
    asked = await citizen.pin(-2.67, 118.89)
    await citizen.press("Mamuju")

    draft = await citizen.draft()
    assert asked == "Di kecamatan mana?"
    assert draft is not None
    assert draft.place.point is not None
    assert (draft.place.code, draft.place.point.lat) == ("76.02.01", -2.67)
    assert draft.description == "ada jalan berlubang parah"


@pytest.mark.parametrize(
    "words", ["tidak tahu", "nda kutau pak", "kurang tau persisnya", "lewati"]
)
async def test_not_knowing_the_place_leaves_it_open(citizen: Citizen, words: str) -> None:
    await _at_place(citizen)

    answer = await citizen.say(words, "nlu_fallback", sure=0.2)

    draft = await citizen.draft()
    assert answer.startswith("Sejak kapan")
    assert draft is not None
    assert draft.place == TicketPlace()


async def test_mamuju_tengah_is_told_from_our_regency_at_once(citizen: Citizen) -> None:
    answer = await citizen.say(
        "jalan di Topoyo rusak parah",
        places=(("76.06",),),
        categories=(("jalan_jembatan", 0.9),),
    )

    assert answer.startswith("Tempat itu termasuk Kabupaten Mamuju Tengah")


async def test_a_name_shared_with_the_neighbour_offers_our_place_only(citizen: Citizen) -> None:
    await _at_place(citizen)
    await citizen.say("di Tobadak", sure=0.3, places=(("76.06", "76.02.07.2001"),))

    draft = await citizen.draft()
    assert draft is not None
    assert draft.place.code == "76.02.07.2001"


async def test_photos_are_kept_up_to_five(citizen: Citizen) -> None:
    await citizen.say(LAMP, **LAMP_SENSE)
    await citizen.press("Saya setuju")
    first = await citizen.photos("a", "b")
    full = await citizen.photos("c", "d", "e", "f", "g")
    await citizen.press("Cukup", "Terbuka", "Kirim")

    (ticket,) = await citizen.tickets()
    assert first == "2 foto sudah kami terima. Kirim lagi, atau tekan Cukup."
    assert full.startswith("5 foto sudah kami terima")
    assert len(ticket.photos) == 5
    async with citizen.stage.units() as uow:
        kept = [await uow.attachments.get(photo) for photo in ticket.photos]
    assert [found and found[0] for found in kept] == [b"a", b"b", b"c", b"d", b"e"]


async def test_what_is_told_under_a_photo_joins_the_description(citizen: Citizen) -> None:
    await citizen.say(LAMP, **LAMP_SENSE)
    await citizen.press("Saya setuju")
    await citizen.photos("a", caption="tiangnya juga miring ke jalan", sure=0.8)

    draft = await citizen.draft()
    assert draft is not None
    assert draft.description == f"{LAMP}\ntiangnya juga miring ke jalan"


@pytest.mark.parametrize(
    ("label", "answer", "changed"),
    [
        ("Uraian", "lampunya sekarang menyala terus siang malam", "description"),
        ("Lokasi", "dekat lapangan besar", "place"),
        ("Sejak kapan", "sejak kemarin", "since"),
        ("Nama", "Siti Aminah", "name"),
    ],
)
async def test_any_one_field_can_be_corrected_from_the_summary(
    citizen: Citizen, label: str, answer: str, changed: str
) -> None:
    await lamp_summary(citizen)
    before = await citizen.draft()
    await citizen.press("Ubah", label)
    summary = await citizen.say(answer, "nlu_fallback", sure=0.2)
    if label == "Lokasi":
        summary = await citizen.press("Tidak tahu")
    after = await citizen.draft()

    assert before is not None
    assert after is not None
    assert summary.startswith("<b>Mohon periksa sebelum dikirim</b>")
    assert answer in summary
    same = replace(after, **{changed: getattr(before, changed), "touched_at": before.touched_at})
    assert same == before


async def test_category_photos_and_identity_can_be_corrected_too(citizen: Citizen) -> None:
    await lamp_summary(citizen)
    await citizen.press("Ubah", "Kategori", "Kategori lain", "Jalan & jembatan", "Ubah", "Foto")
    await citizen.photos("a")
    await citizen.press("Cukup", "Ubah", "Identitas")
    summary = await citizen.press("Rahasia")

    assert "<b>Kategori:</b> Jalan &amp; jembatan" in summary
    assert "<b>Foto:</b> 1" in summary
    assert "<b>Identitas:</b> rahasia" in summary
    assert "<b>Nama:</b> Andi Baso" in summary


async def test_a_typed_correction_takes_the_place_it_names(citizen: Citizen) -> None:
    await lamp_summary(citizen)

    summary = await citizen.say(
        "lokasinya salah, ganti ke Bambu", "tolak", sure=0.6, places=(("76.02.01.2005",),)
    )

    assert "<b>Lokasi:</b> Desa Bambu, Kec. Mamuju" in summary


async def test_a_name_is_asked_when_an_anonymous_draft_becomes_open(citizen: Citizen) -> None:
    await citizen.say(LAMP, **LAMP_SENSE)
    await citizen.press("Saya setuju", "Tanpa foto", "Anonim", "Ubah", "Identitas")
    asked = await citizen.press("Terbuka")
    summary = await citizen.press("Pakai nama Andi Baso")

    assert asked == "Siapa nama Anda?"
    assert "<b>Nama:</b> Andi Baso" in summary


async def test_a_typed_yes_sends_but_a_yes_with_a_but_does_not(citizen: Citizen) -> None:
    await lamp_summary(citizen)
    hedged = await citizen.say("iya tapi ada yang kurang", "setuju", sure=0.9)
    unsure = await citizen.say("hmm mungkin", "nlu_fallback", ranking=(("setuju", 0.45),))
    assert hedged == "Bagian mana yang ingin Anda ubah?"
    assert unsure.startswith("Maaf, kami belum menangkap jawaban Anda.")
    assert await citizen.tickets() == []

    await citizen.say("ya benar, kirim", "setuju", sure=0.9)

    assert len(await citizen.tickets()) == 1


async def test_sensitive_matters_ask_for_the_identity_before_all_else(citizen: Citizen) -> None:
    answer = await citizen.say(
        "lurah minta uang 50 ribu untuk surat", categories=(("pungli_korupsi", 0.9),)
    )

    assert answer.startswith("Bagaimana identitas Anda dicatat?")


async def test_an_application_gives_the_checklist_and_says_what_it_is_not(
    citizen: Citizen,
) -> None:
    await citizen.say("mau bikin skck", "ajukan_permohonan", services=("skck",))
    await citizen.press("Saya setuju", "Pakai nama Andi Baso")
    unreadable = await citizen.say("pakai wa saja", "nlu_fallback", sure=0.2)
    summary = await citizen.say("0812 3456 7890", "nlu_fallback", sure=0.2)
    receipt = await citizen.press("Kirim")

    (ticket,) = await citizen.tickets()
    assert unreadable.startswith("Nomor itu belum terbaca.")
    assert "Kami tidak menerima dokumen identitas" in summary
    assert "belum permohonan resmi" in receipt
    assert "Lihat syaratnya" in citizen.labels
    assert (ticket.kind, ticket.service, ticket.reporter.phone) == (
        Kind.PERMOHONAN,
        "skck",
        "081234567890",
    )


async def test_the_receipt_of_an_application_lists_what_to_bring(citizen: Citizen) -> None:
    await citizen.say("mau urus kartu anak", "ajukan_permohonan", services=("kia",))
    await citizen.press("Saya setuju", "Pakai nama Andi Baso")
    await citizen.say("081234567890", "nlu_fallback", sure=0.2)
    receipt = await citizen.press("Kirim")

    assert "<b>Sambil menunggu, siapkan:</b>\n• " in receipt


async def test_a_wish_and_a_question_for_officers_become_tickets_of_their_kind(
    citizen: Citizen,
) -> None:
    await citizen.say("usul dibangun taman bermain di Rimuku", "sampaikan_aspirasi")
    await citizen.press("Saya setuju", "Terbuka", "Kirim")
    await citizen.say("mau bicara dengan petugas", "minta_petugas")
    await citizen.press("Tinggalkan pertanyaan")
    await citizen.say("kapan bantuan pupuk dibagikan?", "nlu_fallback", sure=0.3)
    await citizen.press("Kirim")

    assert [ticket.kind for ticket in await citizen.tickets()] == [Kind.INFORMASI, Kind.ASPIRASI]


async def test_an_outside_office_is_named_without_our_date(citizen: Citizen) -> None:
    await citizen.say(
        "listrik padam terus di Karema sejak kemarin",
        places=((KAREMA,),),
        categories=(("listrik_telekomunikasi", 0.9),),
    )
    receipt = await citizen.press("Saya setuju", "Tanpa foto", "Terbuka", "Kirim")

    assert "PLN" in receipt
    assert "batas waktu kami tidak berlaku" in receipt
    assert "paling lambat" not in receipt


HOSTILE = '<b>tebal</b> <script>alert("x")</script> & <a href="http://jahat">klik</a> {{ nomor }}'


async def test_markup_in_every_free_field_stays_text(citizen: Citizen) -> None:
    citizen.name = None
    await citizen.say(f"jalan rusak {HOSTILE}", categories=(("jalan_jembatan", 0.9),))
    await citizen.press("Saya setuju")
    await citizen.say(f"dekat {HOSTILE}", "nlu_fallback", sure=0.2)
    await citizen.press("Tidak tahu")
    await citizen.say(f"sejak {HOSTILE}", "nlu_fallback", sure=0.2)
    await citizen.press("Tanpa foto", "Terbuka")
    summary = await citizen.say("<b>Andi</b> <i>Baso</i>", "nlu_fallback", sure=0.2)
    await citizen.press("Kirim")
    card = await citizen.press("Lihat status")

    for text in (summary, card):
        assert set(re.findall(r"<[^>]*>", text)) == {"<b>", "</b>"}
        assert "&lt;script&gt;" in text
    assert "{{ nomor }}" in summary
    assert "&lt;b&gt;Andi&lt;/b&gt; &lt;i&gt;Baso&lt;/i&gt;" in summary


async def test_ten_thousand_characters_are_kept_and_shown_shortened(citizen: Citizen) -> None:
    story = "jalan rusak sekali " + "a" * 9_981
    await citizen.say(story, places=((KAREMA,),), categories=(("jalan_jembatan", 0.9),))
    await citizen.press("Saya setuju", "Tidak tahu", "Tanpa foto")
    summary = await citizen.press("Terbuka")
    await citizen.press("Kirim")

    (ticket,) = await citizen.tickets()
    assert ticket.description == story
    assert len(summary) < 4096


async def test_signs_without_words_are_asked_again_and_nothing_breaks(citizen: Citizen) -> None:
    await citizen.say("😡😡😡")
    await citizen.press("Saya setuju")
    answer = await citizen.say("😭", "nlu_fallback", sure=0.1)

    assert answer.startswith("Mohon ceritakan sedikit lebih lengkap")


async def test_filing_twice_makes_two_tickets_with_two_numbers(citizen: Citizen) -> None:
    first = await file_lamp(citizen)
    await citizen.say(LAMP, **LAMP_SENSE)
    await citizen.press("Tanpa foto", "Terbuka", "Kirim")

    numbers = {ticket.number for ticket in await citizen.tickets()}
    assert len(numbers) == 2
    assert first.number in numbers
