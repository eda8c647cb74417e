"""How a citizen gets to a human: asking, waiting, going on with the bot, giving up."""

from desk.domain.conversation import Owner
from desk.domain.handoff import Ending, Handoff, HandoffState, Trigger
from desk.domain.presses.citizens import AboutWait, Means, WaitAct, WaitForOfficer
from desk.domain.reply import Button, Reply
from desk.services.handoffs import course
from desk.services.handoffs.chats import chats_for
from desk.services.handoffs.subjects import Subject, subject_of
from desk.services.talk.scene import Scene
from desk.services.words.waiting import leave_message, waiting_reply


async def ask_for_officer(scene: Scene, trigger: Trigger | None = None) -> list[Reply]:
    """Put the citizen in line, or say honestly why not now and offer to leave the question.

    *trigger* None: the button that was pressed says why.
    """
    waiting = await scene.uow.handoffs.open_of(scene.conversation.id)
    if waiting is not None and waiting.state is HandoffState.WAITING:
        return await _ask_again(scene, waiting)
    if not scene.tools.duty.is_open(scene.now) and await _somebody(scene):
        return [_closed(scene, trigger)]
    return await _ask(scene, trigger or _asked(scene).why or Trigger.ASKED)


def _asked(scene: Scene) -> Means | WaitForOfficer:
    """Return what was pressed to be served by an officer; words say no more than that."""
    press = scene.heard.press
    return press if isinstance(press, Means | WaitForOfficer) else Means("minta_petugas")


async def _ask(scene: Scene, trigger: Trigger) -> list[Reply]:
    asked = await course.ask(
        scene.uow,
        scene.tools,
        scene.conversation,
        await _subject(scene),
        trigger,
        by_turn=scene.turn_id,
    )
    if asked is None:
        return [_nobody(scene)]
    scene.conversation, handoff = asked
    scene.hands_over = True
    return [await waiting_reply(scene.uow, scene.tools, handoff, "antrean.masuk")]


async def _subject(scene: Scene) -> Subject:
    heard = scene.heard
    return await subject_of(
        scene.uow,
        scene.tools,
        scene.conversation,
        service=heard.services[0] if heard.services else None,
        office=_asked(scene).office,
    )


async def _ask_again(scene: Scene, handoff: Handoff) -> list[Reply]:
    """Show the place again; who had gone on with the bot waits for the officer alone now."""
    if handoff.with_bot:
        handoff = await course.wait_with_bot(scene.uow, scene.conversation, handoff, False)
    scene.hands_over = True
    return [await waiting_reply(scene.uow, scene.tools, handoff, "antrean.menunggu")]


async def _somebody(scene: Scene) -> bool:
    subject = await _subject(scene)
    chats = await chats_for(
        scene.uow, scene.tools, office=subject.office, is_protected=subject.is_protected
    )
    return bool(chats.all)


def _nobody(scene: Scene) -> Reply:
    text = scene.tools.say("antrean.tidak_ada_petugas", nama=None)
    return Reply(text, () if scene.draft else leave_message(scene.tools))


def _closed(scene: Scene, trigger: Trigger | None) -> Reply:
    """Tell when the office opens; the citizen may leave a message, or wait all the same."""
    tools = scene.tools
    back = tools.duty.next_opening(scene.now)
    text = tools.say("antrean.tutup", berikutnya=back, titip=scene.draft is None)
    asked = _asked(scene)
    service = next(iter(scene.heard.services), None)
    press = WaitForOfficer(trigger or asked.why, service, asked.office)
    wait = ((Button(tools.say("tombol.antrean_tunggu"), press=press),),)
    return Reply(text, wait if scene.draft else (*leave_message(tools), *wait))


async def alert(scene: Scene) -> None:
    """Put an emergency in line; the bot goes on with the citizen meanwhile."""
    if await scene.uow.handoffs.open_of(scene.conversation.id) is not None:
        return
    asked = await course.ask(
        scene.uow,
        scene.tools,
        scene.conversation,
        await _subject(scene),
        Trigger.EMERGENCY,
        by_turn=scene.turn_id,
        with_bot=True,
    )
    if asked is not None:
        scene.conversation, _ = asked


async def leave_line(scene: Scene) -> list[Reply] | None:
    """Take "batal" as giving the wait up; None when it means something else, or nobody waits.

    Who goes on with the bot means first what the bot asks. An emergency that nobody has looked
    at yet is not called off by a word that is about something else.
    """
    handoff = await _waiting(scene)
    if handoff is None:
        return None
    is_asked = scene.draft is not None or scene.pending is not None
    if handoff.with_bot and (is_asked or handoff.trigger is Trigger.EMERGENCY):
        return None
    return await _give_up(scene, handoff)


async def go_on_when_asked(scene: Scene, answers: list[Reply]) -> list[Reply]:
    """Let a citizen who waits go on with the bot when it has just asked them something.

    They pressed a button or gave a command. What they write next answers that; an officer would
    read it, and the bot stay silent.
    """
    asks = scene.draft is not None or scene.conversation.context.pending is not None
    handoff = await _waiting(scene) if asks and not scene.hands_over else None
    if handoff is None or handoff.with_bot:
        return answers
    told, *_ = await _go_on_with_bot(scene, handoff)
    return [Reply(told.text), *answers]


async def protect_when_secret(scene: Scene) -> None:
    """Take a wait out of the groups once its citizen tells the bot something protected.

    An emergency stays where most officers see it.
    """
    handoff = await _waiting(scene)
    if handoff is None or handoff.is_protected or handoff.trigger is Trigger.EMERGENCY:
        return
    subject = await subject_of(scene.uow, scene.tools, scene.conversation)
    if subject.is_protected:
        scene.conversation = await course.protect(
            scene.uow,
            scene.tools,
            scene.conversation,
            handoff,
        )


async def _waiting(scene: Scene) -> Handoff | None:
    if scene.conversation.owner is not Owner.WAITING:
        return None
    return await _in_line(scene)


async def wait_all_the_same(scene: Scene) -> list[Reply]:
    """Obey "Tunggu petugas": in line although officers are away, or there alone again."""
    if await scene.uow.handoffs.open_of(scene.conversation.id) is None:
        return await _ask(scene, _asked(scene).why or Trigger.ASKED)
    handoff = await _in_line(scene)
    if handoff is None:
        return [scene.say("tombol_kedaluwarsa")]
    return await _ask_again(scene, handoff)


async def press(scene: Scene) -> list[Reply]:
    """Obey a button of somebody in line."""
    pressed, handoff = scene.heard.press, await _in_line(scene)
    if handoff is None or not isinstance(pressed, AboutWait):
        return [scene.say("tombol_kedaluwarsa")]
    act = _give_up if pressed.act is WaitAct.GIVE_UP else _go_on_with_bot
    return await act(scene, handoff)


async def _in_line(scene: Scene) -> Handoff | None:
    handoff = await scene.uow.handoffs.open_of(scene.conversation.id)
    return handoff if handoff and handoff.state is HandoffState.WAITING else None


async def _go_on_with_bot(scene: Scene, handoff: Handoff) -> list[Reply]:
    handoff = await course.wait_with_bot(scene.uow, scene.conversation, handoff, True)
    return [await waiting_reply(scene.uow, scene.tools, handoff, "antrean.lanjut_bot")]


async def _give_up(scene: Scene, handoff: Handoff) -> list[Reply]:
    scene.conversation = await course.end(
        scene.uow,
        scene.tools,
        scene.conversation,
        handoff,
        Ending.CANCELLED,
        by_turn=scene.turn_id,
    )
    return [scene.say("antrean.dibatalkan")]
