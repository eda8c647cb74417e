"""After filing: the state by number, own tickets, additions, withdrawal, and prying eyes."""

import pytest

from desk.domain.inbound import Inbound, InboundKind
from desk.domain.lifecycle import Status
from desk.domain.ticket import AdditionKind
from desk.domain.ticket_number import ALPHABET, read_ticket_number
from tests.integration.scenes import LAMP, LAMP_SENSE, Citizen, Stage, file_lamp

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def ask(citizen: Citizen, text: str) -> str:
    return await citizen.say(text, "cek_status_aduan")


async def test_the_state_is_told_by_number_however_it_is_written(citizen: Citizen) -> None:
    ticket = await file_lamp(citizen)
    loose = str(ticket.number).lower().replace("-", " ")

    for text in (str(ticket.number), f"cek {loose} dong", "aduan saya"):
        card = await ask(citizen, text)
        assert card.startswith(f"<b>{ticket.number}</b>\n<b>Status:</b> Diterima")
        assert LAMP in card
        assert "SP4N-LAPOR!" in card


async def test_several_tickets_are_listed_to_choose_from(citizen: Citizen) -> None:
    first = await file_lamp(citizen)
    await citizen.say(LAMP, **LAMP_SENSE)
    await citizen.press("Tanpa foto", "Terbuka", "Kirim")

    listed = await ask(citizen, "aduan saya")
    label = f"{first.number} · Lampu jalan · Diterima"
    card = await citizen.press(label)

    assert listed == "Anda punya 2 laporan. Pilih yang ingin dilihat."
    assert card.startswith(f"<b>{first.number}</b>")


async def test_a_stranger_sees_the_public_state_and_can_do_nothing(
    citizen: Citizen, stage: Stage
) -> None:
    ticket = await file_lamp(citizen)
    stranger = stage.citizen("999", "Orang Lain")

    card = await ask(stranger, str(ticket.number))
    withdraw = await stranger.say("tarik", "batal")
    add = await stranger.say(f"tambah untuk {ticket.number}", "tambah_keterangan_aduan")

    assert "<b>Status:</b> Diterima" in card
    assert "Laporan Anda" not in card
    for secret in (LAMP, "Karema", "Andi", "Lampu"):
        assert secret not in card
    assert stranger.heard[0].buttons == ()
    assert withdraw.startswith("Tidak ada yang sedang berjalan.")
    assert add.startswith("Tidak ada laporan Anda yang masih berjalan")


async def test_a_button_of_somebody_else_is_harmless(citizen: Citizen, stage: Stage) -> None:
    await file_lamp(citizen)
    token = citizen.token("Lihat status")
    stranger = stage.citizen("999")
    await stranger.say("halo", "salam")
    heard = len(stranger.heard)

    await stranger.send(Inbound(InboundKind.PRESS, token=token))
    answer = await stranger.hear()

    assert answer.startswith("Tombol itu sudah tidak berlaku.")
    assert len(stranger.heard) == heard + 1


def mistyped(number: str) -> str:
    last = number[-1]
    return number[:-1] + next(letter for letter in ALPHABET if letter != last)


async def test_a_typo_is_told_from_an_unknown_ticket(citizen: Citizen) -> None:
    ticket = await file_lamp(citizen)
    unknown = read_ticket_number("MJU-0000-0000")

    typo = await ask(citizen, mistyped(ticket.number))
    missing = await ask(citizen, "MJU-0000-0000")

    assert isinstance(unknown, str)
    assert "tampaknya salah ketik" in typo
    assert missing.startswith("Tidak ada tiket dengan nomor MJU-0000-0000.")


async def test_guessing_is_slowed_but_own_tickets_are_always_shown(
    citizen: Citizen, stage: Stage
) -> None:
    ticket = await file_lamp(citizen)
    other = await file_lamp(stage.citizen("999"))
    for _ in range(5):
        await ask(citizen, "MJU-0000-0000")

    slowed = await ask(citizen, str(other.number))
    own = await ask(citizen, str(ticket.number))
    stage.clock.advance(minutes=11)
    later = await ask(citizen, str(other.number))

    assert slowed.startswith("Sudah beberapa kali nomornya tidak cocok.")
    assert own.startswith(f"<b>{ticket.number}</b>")
    assert later.startswith(f"<b>{other.number}</b>")


async def test_words_and_photos_are_added_to_a_ticket(citizen: Citizen) -> None:
    ticket = await file_lamp(citizen)
    asked = await citizen.press("Tambah keterangan")
    await citizen.say("sekarang tiang sebelahnya juga mati", sure=0.9)
    await citizen.say("mau tambah foto", "tambah_keterangan_aduan")
    await citizen.photos("a", "b")
    await citizen.say("tambah lokasi", "tambah_keterangan_aduan")
    await citizen.pin(-2.5, 118.9)

    (after,) = await citizen.tickets()
    assert asked == f"Silakan tulis keterangan atau kirim foto untuk {ticket.number}."
    assert [addition.kind for addition in after.additions] == [
        AdditionKind.WORDS,
        AdditionKind.PHOTO,
        AdditionKind.PHOTO,
        AdditionKind.WORDS,
    ]
    assert after.additions[0].text == "sekarang tiang sebelahnya juga mati"


async def test_a_question_instead_of_the_awaited_words_is_answered(citizen: Citizen) -> None:
    await file_lamp(citizen)
    await citizen.press("Tambah keterangan")
    answer = await citizen.say("bikin ktp bayar?", "tanya_biaya", services=("ktp_el",))

    (after,) = await citizen.tickets()
    assert answer.startswith("<b>Biaya KTP-el</b>")
    assert after.additions == ()


async def test_a_ticket_is_withdrawn_after_a_second_question(citizen: Citizen) -> None:
    ticket = await file_lamp(citizen)
    await ask(citizen, "aduan saya")
    asked = await citizen.press("Tarik laporan")
    withdrawn = await citizen.press("Ya, tarik")
    again = await citizen.press("Ya, tarik")

    (after,) = await citizen.tickets()
    assert asked.startswith(f"Tarik laporan {ticket.number}?")
    assert withdrawn == f"Laporan {ticket.number} sudah ditarik."
    assert again == f"Laporan {ticket.number} memang sudah ditarik."
    assert after.status is Status.WITHDRAWN
    assert [entry.to_status for entry in after.history] == [Status.NEW, Status.WITHDRAWN]


async def test_a_yes_to_something_else_does_not_withdraw(citizen: Citizen) -> None:
    await file_lamp(citizen)
    await ask(citizen, "aduan saya")
    await citizen.press("Tarik laporan")
    await citizen.say("bikin ktp bayar?", "tanya_biaya", services=("ktp_el",))
    await citizen.say("oke siap", "setuju")

    (after,) = await citizen.tickets()
    assert after.status is Status.NEW


async def test_a_typed_yes_right_after_the_question_withdraws(citizen: Citizen) -> None:
    await file_lamp(citizen)
    await ask(citizen, "aduan saya")
    await citizen.press("Tarik laporan")
    await citizen.say("ya", "setuju")

    (after,) = await citizen.tickets()
    assert after.status is Status.WITHDRAWN
