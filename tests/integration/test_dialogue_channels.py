"""What is said fits the channel: only Telegram's citizens read of Telegram's own copy."""

import pytest

from desk.domain.conversation import Channel
from desk.services.ports import UnitsOfWork
from tests.integration.scenes import LAMP, LAMP_SENSE, Citizen, Stage


def citizen_on(channel: Channel, units: UnitsOfWork) -> Citizen:
    return Stage(units, channel=channel).citizen()


async def anonymous_receipt(citizen: Citizen) -> str:
    await citizen.say(LAMP, **LAMP_SENSE)
    return await citizen.press("Tidak setuju", "Kirim tanpa identitas", "Tanpa foto", "Kirim")


@pytest.mark.parametrize(("channel", "is_told"), [(Channel.TELEGRAM, True), (Channel.WEB, False)])
async def test_greeting_consent_and_receipt_speak_of_telegrams_copy_only_there(
    units: UnitsOfWork, channel: Channel, is_told: bool
) -> None:
    citizen = citizen_on(channel, units)
    greeting = await citizen.command("start")
    consent = await citizen.say(LAMP, **LAMP_SENSE)
    await citizen.say("batal", "batal")
    receipt = await anonymous_receipt(citizen)

    assert "Pemberitahuan privasi" in consent
    assert "Salinan cadangan sistem kami masih memuatnya paling lama 30 hari" in consent
    assert "Kode lacak" in receipt
    told = ["Telegram" in text for text in (greeting, consent, receipt)]
    assert told == [is_told, is_told, is_told]
