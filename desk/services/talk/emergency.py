"""The answer to an emergency: numbers first, then the officers, then everything else."""

from typing import Final

from desk.domain.conversation import Conversation
from desk.domain.handoff import Handoff, Trigger
from desk.domain.presses.citizens import KeptWords, Means
from desk.domain.reply import Button, Reply
from desk.domain.turn import Turn
from desk.services.events import EmergencyHeard
from desk.services.handoffs import course
from desk.services.outbox.posting import post
from desk.services.ports import UnitOfWork
from desk.services.talk import waiting as asking
from desk.services.talk.scene import Scene
from desk.services.tools import Tools
from desk.services.words.waiting import continue_button

INTENT: Final = "darurat"


async def answer(scene: Scene) -> list[Reply]:
    """Tell whom to call, alert the officers on duty, and offer to file what remains."""
    scene.uow.record(EmergencyHeard(scene.conversation, scene.began_at))
    await asking.alert(scene)
    text = _whom_to_call(scene.tools)
    if scene.draft is not None:
        return [Reply(text, ((continue_button(scene.tools, scene.draft),),))]
    words = KeptWords(text=scene.heard.text, since=scene.origin)
    button = Button(scene.tools.say("tombol.laporkan_kejadian"), press=Means("lapor_aduan", words))
    return [Reply(text, ((button,),))]


async def answer_in_line(
    uow: UnitOfWork, tools: Tools, conversation: Conversation, handoff: Handoff, turn: Turn
) -> None:
    """Tell a citizen who waits for an officer whom to call, and officers that it is urgent; once.

    The bot says nothing else to somebody in line, and nothing once an officer has come.
    """
    if handoff.trigger is Trigger.EMERGENCY:
        return
    uow.record(EmergencyHeard(conversation, turn.created_at))
    await course.make_urgent(uow, conversation, handoff)
    await post(
        uow,
        tools,
        conversation,
        Reply(_whom_to_call(tools)),
        owner_version=conversation.version,
    )


async def answer_muted(
    uow: UnitOfWork, tools: Tools, conversation: Conversation, turn: Turn
) -> bool:
    """Tell a citizen whom an officer muted whom to call, and officers that it is urgent."""
    uow.record(EmergencyHeard(conversation, turn.created_at))
    await post(uow, tools, conversation, Reply(_whom_to_call(tools)), answers=turn.id)
    return True


def _whom_to_call(tools: Tools) -> str:
    return tools.say("darurat", nomor=tools.catalogue.general.darurat)
