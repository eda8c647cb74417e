"""kill -9 of either program, silence of Rasa, updates that come twice: nothing lost or doubled."""

import asyncio
from pathlib import Path

import pytest

from simulator import BotApiServer, Limits
from simulator.system import Gateway, Rasa, gateway_on
from tests.e2e.filing import file_complaint, rows, walk_to_summary

#: Moments after the press on "Kirim" at which the gateway is killed, in seconds.
MOMENTS = (0.0, 0.01, 0.03, 0.06, 0.1, 0.2)


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_gateway_killed_while_filing_leaves_one_ticket_and_one_receipt(
    moment: float, gateway: Gateway, telegram: BotApiServer, tmp_path: Path
) -> None:
    citizen = telegram.sim.user(2001, "Warga")
    await citizen.send_text("jembatan di Rimuku putus sejak kemarin")
    await walk_to_summary(citizen)
    await citizen.press("Kirim")
    await asyncio.sleep(moment)
    gateway.process.kill()
    await gateway.start()
    # A killed worker's lease runs out by itself; then the same turn is taken up again.
    await citizen.wait_for("MJU-", timeout=45)
    assert rows(tmp_path, "select count(*) from tickets") == [(1,)]


async def test_a_message_that_finds_rasa_silent_is_answered_when_it_is_back(
    gateway: Gateway, rasa: Rasa, telegram: BotApiServer
) -> None:
    citizen = telegram.sim.user(2002, "Warga")
    rasa.process.pause()
    try:
        await citizen.send_text("berapa biaya bikin SKCK?")
        await citizen.wait_for("sudah kami terima", timeout=6)
    finally:
        rasa.process.resume()
    await citizen.wait_for("Rp30.000", timeout=30)
    await citizen.send_text("syaratnya apa saja?")
    await citizen.wait_for("SKCK", timeout=15)


async def test_a_rasa_killed_in_the_middle_of_a_conversation_goes_unnoticed(
    model: Path, telegram: BotApiServer, tmp_path: Path
) -> None:
    own = Rasa(model, tmp_path)
    await own.start()
    try:
        async with gateway_on(telegram, own, tmp_path):
            citizen = telegram.sim.user(2003, "Warga")
            await citizen.send_text("selokan tersumbat di Karema, kalau hujan banjir masuk rumah")
            await citizen.wait_for("setuju", timeout=15)
            own.process.kill()
            await citizen.press("Saya setuju")
            await citizen.wait_for(
                lambda m: "Tanpa foto" in m.button_texts or "kapan" in m.text, timeout=10
            )
            assert rows(tmp_path, "select count(*) from drafts") == [(1,)]
            await citizen.send_text("batal")
            await citizen.wait_for("batal", timeout=10)
            await citizen.send_text("syarat bikin ktp baru apa saja?")
            await citizen.wait_for("sudah kami terima", timeout=10)
            await own.start()
            await citizen.wait_for("KTP", timeout=60)
    finally:
        own.process.stop()


async def test_every_update_delivered_twice_changes_nothing(rasa: Rasa, tmp_path: Path) -> None:
    async with BotApiServer(limits=Limits().without_rates()) as telegram:
        telegram.sim.delivery.deliver_twice = True
        telegram.sim.delivery.time_scale = 0.05
        async with gateway_on(telegram, rasa, tmp_path, by_webhook=True):
            citizen = telegram.sim.user(2004, "Warga")
            await file_complaint(citizen)
            seen = len(citizen.inbox)
            await asyncio.sleep(1)
            assert len(citizen.inbox) == seen
            assert rows(tmp_path, "select count(*) from tickets") == [(1,)]
