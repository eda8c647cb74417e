"""Exactly once: doubled updates, doubled presses, and a crash between any two storage calls."""

import asyncio
from typing import Any

import pytest

from desk.domain.conversation import ConversationId
from desk.domain.draft import Draft, DraftField
from desk.domain.heard import Heard
from desk.domain.inbound import Inbound, InboundKind
from desk.domain.lifecycle import Identity, Kind
from desk.domain.outgoing import Outgoing
from desk.domain.presses.citizens import AgreeTo
from desk.domain.reply import Button, Reply
from desk.domain.turn import Turn, TurnId
from desk.services.ports import UnitsOfWork
from desk.services.talk.dialogue import answer_step
from desk.services.turns.working import LEASE, work_on
from tests.integration.crashing import Crash, Crashing
from tests.integration.scenes import LAMP, START, Citizen, Sense, Stage, file_lamp, lamp_summary


async def test_two_presses_on_kirim_make_one_ticket(stage: Stage) -> None:
    citizen = stage.citizen()
    await lamp_summary(citizen)
    token = citizen.token("Kirim")
    await citizen.send(Inbound(InboundKind.PRESS, token=token))
    await citizen.send(Inbound(InboundKind.PRESS, token=token))

    answers = await citizen.hear()

    (ticket,) = await citizen.tickets()
    assert answers.count("sudah kami terima") == 1
    assert f"Sudah terkirim, cukup satu kali. Nomornya <code>{ticket.number}</code>" in answers


async def test_an_update_delivered_again_after_its_answer_changes_nothing(stage: Stage) -> None:
    citizen = stage.citizen()
    await file_lamp(citizen)
    heard = len(citizen.heard)
    stage._ids = iter([str(number) for number in range(1000, 1005)])

    await citizen.send(Inbound(InboundKind.TEXT, text=LAMP))

    assert await citizen.hear() == ""
    assert len(citizen.heard) == heard


async def test_a_step_run_again_by_the_id_of_its_turn_returns_the_recorded_answer(
    stage: Stage,
) -> None:
    citizen = stage.citizen()
    await lamp_summary(citizen)
    conversation = await citizen.conversation()
    stage.rasa.senses["ya, kirim"] = Sense("setuju")
    await citizen.send(Inbound(InboundKind.TEXT, text="ya, kirim"))
    await stage.work()
    request = stage.rasa.asked[-1]

    again = await stage.rasa.take_turn(request)

    assert conversation.id == request.metadata["percakapan"]
    assert len(await citizen.tickets()) == 1
    await stage.deliver()
    assert again.replies[0].text == citizen.heard[-1].text


async def ready_to_send(stage: Stage, address: str, identity: Identity) -> Citizen:
    """Put a whole draft and the press on its Kirim into storage."""
    citizen = stage.citizen(address)
    await citizen.say("halo", "salam")
    conversation = await citizen.conversation()
    draft = Draft(
        id=f"d{address}",
        conversation_id=conversation.id,
        kind=Kind.ADUAN,
        created_at=stage.clock(),
        touched_at=stage.clock(),
        asked=DraftField.CONFIRM,
        done=frozenset(DraftField) - {DraftField.CONFIRM},
        description=LAMP,
        category="penerangan_jalan",
        identity=identity,
    )
    button = Button("Kirim", press=AgreeTo(draft.id, DraftField.CONFIRM))
    async with stage.units() as uow:
        await uow.drafts.save(draft)
        await uow.buttons.add({f"t{address}": button}, conversation.id, stage.clock())
        await uow.commit()
    await citizen.send(Inbound(InboundKind.PRESS, token=f"t{address}"))
    return citizen


async def crash_once(stage: Stage, at: int, *, after_commit: bool) -> bool:
    """Work the waiting turn with a crash at one call; tell whether there was such a call."""
    crashing = Crashing(stage.units, at, after_commit=after_commit)
    stage.clock.advance(seconds=1)
    found = await stage.take_due()
    try:
        await work_on(stage.shop(crashing), found)
    except Crash:
        stage.clock.advance(seconds=LEASE.total_seconds())
        return True
    return False


@pytest.mark.parametrize("identity", [Identity.TERBUKA, Identity.ANONIM])
@pytest.mark.parametrize("after_commit", [False, True])
async def test_a_crash_at_any_storage_call_leads_to_one_ticket_and_one_receipt(
    stage: Stage, identity: Identity, after_commit: bool
) -> None:
    outcomes = set()
    at = 0
    has_crashed = True
    while has_crashed:
        at += 1
        citizen = await ready_to_send(stage, str(at), identity)
        before = await count_tickets(stage)
        has_crashed = await crash_once(stage, at, after_commit=after_commit)
        await citizen.hear()
        receipts = [body for body in citizen.heard if "<b>Nomor:</b>" in body.text]
        outcomes.add((await count_tickets(stage) - before, len(receipts)))

    assert at > 15
    assert outcomes == {(1, 1)}


async def count_tickets(stage: Stage) -> int:
    async with stage.units() as uow:
        session: Any = uow
        result = await session._session.connection()
        rows = await result.exec_driver_sql("SELECT count(*) FROM tickets")
        return int(rows.scalar() or 0)


async def test_a_crash_during_a_first_message_loses_and_doubles_nothing(stage: Stage) -> None:
    at, has_crashed = 0, True
    outcomes = set()
    while has_crashed:
        at += 1
        citizen = stage.citizen(str(at))
        await citizen.send(Inbound(InboundKind.TEXT, text="min mau lapor"))
        stage.rasa.senses["min mau lapor"] = Sense()
        has_crashed = await crash_once(stage, at, after_commit=False)
        await citizen.hear()
        outcomes.add((len(citizen.heard), (await citizen.draft()) is not None))

    assert outcomes == {(1, True)}


async def test_a_message_queued_again_under_its_key_is_sent_once(
    stage: Stage, units: UnitsOfWork
) -> None:
    citizen = stage.citizen()
    await citizen.say("halo", "salam")
    conversation = await citizen.conversation()
    for _ in range(2):
        async with units() as uow:
            await uow.outbox.add(conversation, Outgoing("Halo lagi"), key="k", now=START)
            await uow.commit()

    await stage.deliver()

    assert [body.text for body in citizen.heard].count("Halo lagi") == 1


async def test_two_runs_of_one_step_at_the_same_time_answer_the_same(stage: Stage) -> None:
    citizen = stage.citizen()
    await citizen.say("halo", "salam")
    conversation = await citizen.conversation()
    turn = Turn(TurnId("ganda"), conversation.id, (), START)
    async with stage.units() as uow:
        await uow.turns.start(turn)
        await uow.commit()

    async def run() -> list[Reply]:
        return await answer_step(
            stage.units,
            stage.tools,
            "action_lapor_aduan",
            Heard("lapor_aduan", LAMP),
            conversation_id=ConversationId(conversation.id),
            turn_id=turn.id,
        )

    first, second = await asyncio.gather(run(), run())

    assert first == second
