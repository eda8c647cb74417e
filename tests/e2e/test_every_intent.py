"""Each of the 27 intents once, from a citizen's message on Telegram to the answer."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from simulator import BotApiServer, Limits
from simulator.system import Gateway, Rasa, gateway_on
from tests.e2e.filing import any_message

# Every citizen here is a new one, so all of them share one gateway.
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def telegram() -> AsyncIterator[BotApiServer]:
    async with BotApiServer(limits=Limits().without_rates()) as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(
    rasa: Rasa, telegram: BotApiServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Gateway]:
    folder = tmp_path_factory.mktemp("gateway")
    async with gateway_on(telegram, rasa, folder) as running:
        yield running


#: What a citizen writes, and a piece of what must come back.
EVERY_INTENT = {
    "salam": ("assalamualaikum, selamat pagi admin", "Sapa"),
    "terima_kasih": ("terima kasih banyak atas bantuannya", "sama-sama"),
    "pamit": ("oke saya pamit dulu, sampai jumpa", "jumpa"),
    "setuju": ("iya betul", "bantu"),
    "tolak": ("tidak, bukan itu", "bantu"),
    "batal": ("batalkan saja", "berjalan"),
    "bantuan": ("kamu bisa bantu apa saja? tolong menunya", "Tanya layanan"),
    "tanya_identitas_bot": ("ini robot atau manusia yang balas?", "bukan manusia"),
    "ungkap_kecewa": ("kecewa sekali saya sama pelayanan kalian, lambat!", "maaf"),
    "puji_layanan": ("pelayanannya bagus sekali, petugasnya ramah, mantap", "terima kasih"),
    "di_luar_topik": ("siapa yang menang bola semalam?", "layanan"),
    "tanya_prosedur": (
        "bagaimana cara mengurus kartu keluarga yang baru menikah?",
        "Kartu Keluarga",
    ),
    "tanya_syarat": ("apa saja syarat bikin akta kelahiran?", "F-2.01"),
    "tanya_biaya": ("berapa biaya bikin SKCK?", "Rp30.000"),
    "tanya_waktu_proses": ("berapa lama proses pembuatan SKTM?", "SKTM"),
    "tanya_lokasi": ("di mana kantor tempat urus paspor?", "Imigrasi"),
    "tanya_jam_layanan": ("jam berapa kantor dukcapil buka?", "Disdukcapil"),
    "tanya_kontak": ("minta nomor telepon kantor PDAM", "PDAM"),
    "tanya_layanan_daring": ("apakah perpanjangan SIM bisa online?", "SIM"),
    "ajukan_permohonan": ("saya mau ajukan permohonan pembuatan KIA untuk anak saya", "setuju"),
    "lapor_aduan": ("saya mau lapor, jalan di depan rumah rusak parah berlubang", "setuju"),
    "sampaikan_aspirasi": ("saya usul supaya dibangun taman bermain anak di kota", "setuju"),
    "cek_status_aduan": ("bagaimana perkembangan laporan saya yang kemarin?", "laporan"),
    "tambah_keterangan_aduan": ("saya mau tambah keterangan untuk laporan saya", "laporan"),
    "minta_anonim": ("apakah identitas saya dirahasiakan kalau melapor?", "Rahasia"),
    "minta_petugas": ("saya mau bicara langsung dengan petugas", "etugas"),
    "darurat": ("tolong ada kebakaran rumah di dekat sini, api besar sekali!", "110"),
}


async def test_every_intent_of_the_taxonomy_is_answered_on_telegram(
    gateway: Gateway, telegram: BotApiServer
) -> None:
    wrong = []
    for number, (intent, (message, expected)) in enumerate(EVERY_INTENT.items()):
        citizen = telegram.sim.user(5000 + number, "Warga")
        await citizen.send_text(message)
        answer = await any_message(citizen, seconds=10)
        if expected.lower() not in answer.text.lower():
            wrong.append(f"{intent}: {message!r} got {answer.text[:120]!r}")
    assert wrong == []


@pytest.mark.parametrize(
    "typed", ["/restart", "  /tanya_biaya{}", "\n/session_start", "/lapor_aduan"]
)
async def test_typed_payloads_are_plain_text(
    typed: str, gateway: Gateway, telegram: BotApiServer
) -> None:
    citizen = telegram.sim.user(first_name="Warga")
    await citizen.send_text("berapa biaya SKCK?")
    await citizen.wait_for("Rp30.000", timeout=10)
    await citizen.send_text(typed)
    answer = await any_message(citizen, seconds=10)
    assert answer.text  # it is answered like any words, and the conversation goes on
    await citizen.send_text("kalau syaratnya?")
    await citizen.wait_for("SKCK", timeout=10)
