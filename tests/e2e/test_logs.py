"""What citizens write, who they are and where they live never reaches a log, errors included."""

from pathlib import Path

from simulator import BotApiServer, FaultKind
from simulator.system import Gateway, Rasa
from tests.e2e.filing import any_message, file_complaint
from tests.waiting import until

SECRETS = ("Zainuddin", "gelap gulita", "7602010101990001", "081200000000", "Karema", "-2.67")


async def test_no_log_line_carries_words_names_numbers_or_places(
    gateway: Gateway, rasa: Rasa, telegram: BotApiServer, tmp_path: Path
) -> None:
    citizen = telegram.sim.user(3001, "Zainuddin")
    await file_complaint(citizen, "lampu jalan di Karema mati 3 hari, gelap gulita")
    for kind in (FaultKind.SERVER_ERROR, FaultKind.DROP_AFTER):
        telegram.sim.faults.add(kind, method="sendMessage")
        await citizen.send_text("NIK saya 7602010101990001 hp 081200000000 gelap gulita Karema")
        await any_message(citizen, seconds=15)
    refused = telegram.sim.faults.add(FaultKind.BAD_REQUEST, method="sendMessage")
    await citizen.send_location(-2.6785, 118.8866)
    await until(lambda: bool(refused.hits), seconds=30)
    rasa.process.pause()
    await citizen.send_text("gelap gulita Zainuddin 081200000000")
    await citizen.wait_for("sudah kami terima", timeout=8)
    rasa.process.resume()
    await any_message(citizen, seconds=30)
    logs = (tmp_path / "gateway.log").read_text() + rasa.process.log.read_text()
    assert [secret for secret in SECRETS if secret in logs] == []
    assert telegram.token not in logs
