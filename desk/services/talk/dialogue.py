"""Answers one turn, exactly once: the step that it means, under the draft that may be open."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from desk.domain.conversation import Conversation, ConversationId
from desk.domain.draft import Draft
from desk.domain.errors import AlreadyRecorded, TurnIsOver
from desk.domain.heard import Heard
from desk.domain.presses.citizens import (
    DRAFT_PRESSES,
    AboutService,
    AboutTicket,
    AboutWait,
    AddToTicket,
    Begin,
    LeaveMessage,
    ListServices,
    Means,
    NeitherReading,
    OpenLink,
    RateTicket,
    WaitForOfficer,
)
from desk.domain.presses.pending import (
    OpinionAwaited,
    SolvedAsked,
    TopicAsked,
    WithdrawalAsked,
    WordsAwaited,
)
from desk.domain.reply import Reply
from desk.domain.turn import Turn, TurnId
from desk.services.handoffs.subjects import is_secret
from desk.services.ports import UnitOfWork, UnitsOfWork
from desk.services.talk import additions, drafting, emergency, linking, offline, start, tracking
from desk.services.talk import waiting as asking
from desk.services.talk.scene import Scene, Step
from desk.services.tools import Tools

#: What each action of the Rasa domain does when no draft takes the turn.
STEPS: Mapping[str, Step] = {
    "action_jawab_basa_basi": start.chat,
    "action_jawab_layanan": start.guide,
    "action_ajukan_permohonan": start.apply_for_service,
    "action_lapor_aduan": start.report,
    "action_sampaikan_aspirasi": start.wish,
    "action_cek_status": tracking.show_status,
    "action_tambah_keterangan": additions.begin,
    "action_minta_anonim": start.explain_secrecy,
    "action_minta_petugas": asking.ask_for_officer,
    "action_tanggapi_kecewa": start.meet_disappointment,
    "action_darurat": emergency.answer,
    "action_setuju": start.agree,
    "action_tolak": start.refuse,
    "action_batal": start.cancel,
    "action_tanya_balik": start.ask_back,
}
#: Which of them an intent leads to when no Rasa is asked; Rasa has the same table as its rules.
ACTIONS: Mapping[str, str] = {
    **dict.fromkeys(
        (
            *("salam", "terima_kasih", "pamit", "bantuan", "tanya_identitas_bot"),
            *("puji_layanan", "di_luar_topik"),
        ),
        "action_jawab_basa_basi",
    ),
    **dict.fromkeys(
        (
            *("tanya_prosedur", "tanya_syarat", "tanya_biaya", "tanya_waktu_proses"),
            *("tanya_lokasi", "tanya_jam_layanan", "tanya_kontak", "tanya_layanan_daring"),
        ),
        "action_jawab_layanan",
    ),
    "ajukan_permohonan": "action_ajukan_permohonan",
    "lapor_aduan": "action_lapor_aduan",
    "sampaikan_aspirasi": "action_sampaikan_aspirasi",
    "cek_status_aduan": "action_cek_status",
    "tambah_keterangan_aduan": "action_tambah_keterangan",
    "minta_anonim": "action_minta_anonim",
    "minta_petugas": "action_minta_petugas",
    "ungkap_kecewa": "action_tanggapi_kecewa",
    "darurat": "action_darurat",
    "setuju": "action_setuju",
    "tolak": "action_tolak",
    "batal": "action_batal",
    "nlu_fallback": "action_tanya_balik",
}
#: What the other buttons of citizens do when no draft is open.
PRESSES: Mapping[type, Step] = {
    **dict.fromkeys(DRAFT_PRESSES, start.press_of_gone_draft),
    Begin: start.greet,
    ListServices: start.list_services,
    AboutService: start.about_service,
    NeitherReading: start.try_again,
    LeaveMessage: start.leave_message,
    OpenLink: linking.press,
    AboutTicket: tracking.press,
    RateTicket: tracking.press,
    AddToTicket: additions.press,
    AboutWait: asking.press,
    WaitForOfficer: asking.wait_all_the_same,
}
#: What a question of the desk makes of the next words; None: they are about something else.
#: The questions about a draft are the draft's own matter, see `drafting`.
CONTINUES: Mapping[type, Callable[[Scene, Any], Awaitable[list[Reply] | None]]] = {
    WordsAwaited: additions.continue_words,
    OpinionAwaited: tracking.continue_opinion,
    SolvedAsked: tracking.continue_solved,
    WithdrawalAsked: tracking.continue_withdrawal,
    TopicAsked: start.continue_topic,
}


def step_of(heard: Heard) -> Step:
    """Return what a turn without words leads to, or words that were understood without Rasa."""
    if isinstance(heard.press, Means):
        action = ACTIONS.get(heard.press.intent)
        return STEPS[action] if action else start.press_of_gone_draft
    if heard.press is not None:
        return PRESSES.get(type(heard.press), start.press_of_gone_draft)
    if heard.text:
        return STEPS[ACTIONS[heard.intent]]
    if heard.photos:
        return start.take_photos
    return start.take_location if heard.point else start.take_contact


async def answer_step(
    units: UnitsOfWork,
    tools: Tools,
    step: str,
    heard: Heard,
    *,
    conversation_id: ConversationId,
    turn_id: TurnId,
) -> list[Reply]:
    """Run the step that Rasa chose, or return what it answered when it ran before.

    Everything the step changes is committed together with the record of its answer, so a turn
    that is sent again after a crash finds either nothing done or all of it.

    Raises:
        ConversationNotFound: The turn names a conversation that does not exist.
        TurnIsOver: Rasa came too late: the turn was answered or set aside meanwhile.
    """
    try:
        return await _run(units, tools, step, heard, conversation_id, turn_id)
    except AlreadyRecorded:
        async with units() as uow:
            return await uow.turns.recorded(turn_id) or []


async def _run(
    units: UnitsOfWork,
    tools: Tools,
    step: str,
    heard: Heard,
    conversation_id: ConversationId,
    turn_id: TurnId,
) -> list[Reply]:
    async with units() as uow:
        conversation = await uow.conversations.lock(conversation_id)
        recorded = await uow.turns.recorded(turn_id)
        if recorded is not None:
            return recorded
        turn = await uow.turns.open_turn(conversation_id)
        if turn is None or turn.id != turn_id:
            raise TurnIsOver
        replies = await answer(uow, tools, conversation, turn, heard, STEPS[step])
        await uow.turns.record(turn_id, step, replies)
        await uow.commit()
        return replies


async def answer(
    uow: UnitOfWork,
    tools: Tools,
    conversation: Conversation,
    turn: Turn,
    heard: Heard,
    step: Step,
) -> list[Reply]:
    """Answer a turn of a locked conversation; the caller commits."""
    return await _act(await _set_scene(uow, tools, heard, conversation, turn), conversation, step)


async def _act(scene: Scene, conversation: Conversation, step: Step) -> list[Reply]:
    """Take a step; *conversation* is as it is stored."""
    before = scene.draft
    session = scene.conversation.session.id
    replies = await _answer(scene, step)
    _note_secret(scene, before, is_forgotten=scene.conversation.session.id != session)
    await asking.protect_when_secret(scene)
    if scene.conversation != conversation:
        await scene.uow.conversations.save(scene.conversation)
    return replies


async def answer_without_rasa(
    uow: UnitOfWork,
    tools: Tools,
    conversation: Conversation,
    turn: Turn,
    heard: Heard,
    is_urgent: offline.IsUrgent,
) -> list[Reply] | None:
    """Answer words whose meaning is plain; None: only Rasa can tell it. The caller commits."""
    scene = await _set_scene(uow, tools, heard, conversation, turn)
    meant = offline.understood(heard, scene.draft, scene.pending, is_urgent)
    if meant is None:
        return None
    scene.heard = meant
    return await _act(scene, conversation, step_of(meant))


async def patience(
    uow: UnitOfWork, tools: Tools, conversation: Conversation, turn: Turn, heard: Heard
) -> list[Reply]:
    """Return what a citizen is told whose words wait for Rasa."""
    return offline.patience(await _set_scene(uow, tools, heard, conversation, turn))


def _note_secret(scene: Scene, before: Draft | None, *, is_forgotten: bool) -> None:
    """Note until when what was said here is no business of officers' groups.

    Of a report that became anonymous nothing is left to hide, and a time would lead to it.
    """
    if is_forgotten:
        scene.remember(hidden_until=None)
    elif any(draft is not None and is_secret(draft) for draft in (before, scene.draft)):
        scene.remember(hidden_until=scene.now.isoformat())


async def _set_scene(
    uow: UnitOfWork, tools: Tools, heard: Heard, conversation: Conversation, turn: Turn
) -> Scene:
    # A question is answered by the very next turn or not at all: a "ya" to something else, days
    # later, must not withdraw a ticket. Words that were set aside were said before it was put:
    # they leave it open. A reply says which question it answers, however long ago that was put.
    asked = None if turn.was_set_aside else conversation.context.pending
    if not turn.was_set_aside:
        conversation = conversation.with_context(pending=None)
    return Scene(
        uow=uow,
        tools=tools,
        conversation=conversation,
        heard=heard,
        turn_id=turn.id,
        now=tools.now(),
        began_at=turn.created_at,
        pending=heard.answers or asked,
        draft=await drafting.open_draft(uow, conversation.id, tools.now()),
    )


async def _answer(scene: Scene, step: Step) -> list[Reply]:
    if step is not start.ask_back:
        scene.remember(failures=0)
    left = await asking.leave_line(scene) if step is start.cancel else None
    if left is not None:
        return await drafting.go_on(scene, scene.draft, *left) if scene.draft else left
    return await asking.go_on_when_asked(scene, await _say(scene, step))


async def _say(scene: Scene, step: Step) -> list[Reply]:
    continued = await _continue_pending(scene)
    if continued is not None and scene.draft is not None:
        return await drafting.go_on(scene, scene.draft, *continued)
    if continued is not None:
        return continued
    if scene.draft is not None:
        return await drafting.hear(scene, step)
    replies = await step(scene)
    start.note_subject(scene)
    return replies


async def _continue_pending(scene: Scene) -> list[Reply] | None:
    go_on = CONTINUES.get(type(scene.pending))
    is_urgent = scene.heard.best_intent == emergency.INTENT
    if go_on is None or scene.heard.is_press or is_urgent:
        return None
    return await go_on(scene, scene.pending)
