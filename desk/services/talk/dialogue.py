"""Answers one turn, exactly once: the step Rasa chose, under the draft that may be open."""

from collections.abc import Awaitable, Callable, Mapping

from desk.domain.conversation import Conversation, ConversationId
from desk.domain.draft import Draft
from desk.domain.errors import AlreadyRecorded
from desk.domain.heard import Heard
from desk.domain.turn import TurnId
from desk.services.handoffs.subjects import is_secret
from desk.services.ports import UnitOfWork, UnitsOfWork
from desk.services.talk import additions, drafting, emergency, tracking
from desk.services.talk import start as openings
from desk.services.talk import waiting as asking
from desk.services.talk.scene import Answer, Scene, decode, encode
from desk.services.tools import Tools

Step = Callable[[Scene], Awaitable[list[Answer]]]

#: What each action of the Rasa domain does when no draft takes the turn.
STEPS: Mapping[str, Step] = {
    "action_jawab_basa_basi": openings.chat,
    "action_jawab_layanan": openings.guide,
    "action_ajukan_permohonan": openings.apply_for_service,
    "action_lapor_aduan": openings.report,
    "action_sampaikan_aspirasi": openings.wish,
    "action_cek_status": tracking.show_status,
    "action_tambah_keterangan": additions.begin,
    "action_minta_anonim": openings.explain_secrecy,
    "action_minta_petugas": asking.ask_for_officer,
    "action_tanggapi_kecewa": openings.meet_disappointment,
    "action_darurat": emergency.answer,
    "action_setuju": openings.agree,
    "action_tolak": openings.refuse,
    "action_batal": openings.cancel,
    "action_pilih": openings.press,
    "action_terima_foto": openings.take_photos,
    "action_terima_lokasi": openings.take_location,
    "action_tanya_balik": openings.ask_back,
}


async def answer_step(
    units: UnitsOfWork,
    tools: Tools,
    step: str,
    heard: Heard,
    *,
    conversation_id: ConversationId,
    turn_id: TurnId,
) -> list[Answer]:
    """Run one step of a turn, or return what it answered when it ran before.

    Everything the step changes is committed together with the record of its answer, so a turn
    that is sent again after a crash finds either nothing done or all of it.

    Raises:
        ConversationNotFound: The turn names a conversation that does not exist.
    """
    try:
        return await _run(units, tools, step, heard, conversation_id, turn_id)
    except AlreadyRecorded:
        async with units() as uow:
            return decode(await uow.turns.recorded(turn_id, step) or [])


async def _run(
    units: UnitsOfWork,
    tools: Tools,
    step: str,
    heard: Heard,
    conversation_id: ConversationId,
    turn_id: TurnId,
) -> list[Answer]:
    async with units() as uow:
        recorded = await uow.turns.recorded(turn_id, step)
        if recorded is not None:
            return decode(recorded)
        stored = await uow.conversations.lock(conversation_id)
        scene = await _set_scene(uow, tools, heard, stored, turn_id)
        before = scene.draft = await drafting.open_draft(scene)
        session = scene.conversation.session.id
        answers = await _answer(scene, step)
        _note_secret(scene, before, is_forgotten=scene.conversation.session.id != session)
        await asking.protect_when_secret(scene)
        if scene.conversation != stored:
            await uow.conversations.save(scene.conversation)
        await uow.turns.record(turn_id, step, encode(answers))
        await uow.commit()
        return answers


def _note_secret(scene: Scene, before: Draft | None, *, is_forgotten: bool) -> None:
    """Note until when what was said here is no business of officers' groups.

    Of a report that became anonymous nothing is left to hide, and a time would lead to it.
    """
    if is_forgotten:
        scene.remember(hidden_until=None)
    elif any(draft is not None and is_secret(draft) for draft in (before, scene.draft)):
        scene.remember(hidden_until=scene.now.isoformat())


async def _set_scene(
    uow: UnitOfWork, tools: Tools, heard: Heard, conversation: Conversation, turn_id: TurnId
) -> Scene:
    now = tools.now()
    # A question is answered by the very next turn or not at all: a "ya" to something else, days
    # later, must not withdraw a ticket.
    return Scene(
        uow=uow,
        tools=tools,
        conversation=conversation.with_context(pending=None),
        heard=heard,
        turn_id=turn_id,
        now=now,
        began_at=await uow.turns.began_at(turn_id) or now,
        # A reply says which question it answers, however long ago that was put.
        pending=heard.answers or conversation.context.pending,
    )


async def _answer(scene: Scene, step: str) -> list[Answer]:
    if step != "action_tanya_balik":
        scene.remember(failures=0)
    left = await asking.leave_line(scene) if step == "action_batal" else None
    if left is not None:
        return await drafting.go_on(scene, scene.draft, *left) if scene.draft else left
    return await asking.go_on_when_asked(scene, await _say(scene, step))


async def _say(scene: Scene, step: str) -> list[Answer]:
    continued = await _continue_pending(scene)
    if continued is not None and scene.draft is not None:
        return await drafting.go_on(scene, scene.draft, *continued)
    if continued is not None:
        return continued
    if scene.draft is not None:
        return await drafting.hear(scene, STEPS[step])
    answers = await STEPS[step](scene)
    openings.note_subject(scene)
    return answers


#: What a pending question makes of the next words, by how the question is noted.
_CONTINUES: Mapping[str, Callable[[Scene, str], Awaitable[list[Answer] | None]]] = {
    additions.PENDING: additions.continue_pending,
    tracking.OPINION: tracking.continue_opinion,
    openings.TOPIC_PENDING: openings.continue_topic,
}


async def _continue_pending(scene: Scene) -> list[Answer] | None:
    pending = scene.pending
    if pending is None or scene.heard.is_press or scene.heard.best_intent == emergency.INTENT:
        return None
    for prefix, go_on in _CONTINUES.items():
        if pending.startswith(prefix):
            return await go_on(scene, pending)
    return None
