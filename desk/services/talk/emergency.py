"""The answer to an emergency: numbers first, then the officers, then everything else."""

from datetime import datetime
from typing import Final

from desk.domain.conversation import Channel, Conversation
from desk.domain.handoff import Handoff, Trigger
from desk.domain.outgoing import Outgoing
from desk.domain.reply import Button, Reply
from desk.domain.turn import Turn
from desk.services.handoffs import course as handoffs
from desk.services.handoffs.places import reference
from desk.services.outbox.posting import post
from desk.services.ports import UnitOfWork
from desk.services.talk import questions
from desk.services.talk import waiting as asking
from desk.services.talk.scene import Answer, Scene
from desk.services.tools import Tools

INTENT: Final = "darurat"


async def answer(scene: Scene) -> list[Answer]:
    """Tell whom to call, alert the officers on duty, and offer to file what remains."""
    key = f"{scene.turn_id}:darurat"
    await _alert_officers(scene.uow, scene.tools, scene.conversation, at=scene.began_at, key=key)
    await asking.alert(scene)
    text = _whom_to_call(scene.tools)
    if scene.draft is not None:
        return [Reply(text, ((questions.continue_button(scene.tools, scene.draft),),))]
    button = Button(
        scene.tools.say("tombol.laporkan_kejadian"),
        "lapor_aduan",
        {"teks": scene.heard.text, "bidang": "mulai_lapor", "asal": scene.origin},
    )
    return [Reply(text, ((button,),))]


async def answer_in_line(
    uow: UnitOfWork, tools: Tools, conversation: Conversation, handoff: Handoff, turn: Turn
) -> None:
    """Tell a citizen who waits for an officer whom to call, and officers that it is urgent; once.

    The bot says nothing else to somebody in line, and nothing once an officer has come.
    """
    if handoff.trigger is Trigger.EMERGENCY:
        return
    key = f"{turn.id}:darurat"
    await _alert_officers(uow, tools, conversation, at=turn.created_at, key=key)
    await handoffs.make_urgent(uow, tools, conversation, handoff, key=key)
    await post(
        uow,
        tools,
        conversation,
        Reply(_whom_to_call(tools)),
        key=f"{key}:warga",
        owner_version=conversation.version,
    )


def _whom_to_call(tools: Tools) -> str:
    return tools.say("darurat", nomor=tools.catalogue.general.darurat)


async def _alert_officers(
    uow: UnitOfWork, tools: Tools, conversation: Conversation, *, at: datetime, key: str
) -> None:
    """Queue an alert; it carries no words of the citizen, since a group reads it.

    Only the beginning of the conversation's id: enough to find it, too little to open anything.
    """
    group = tools.officer_group
    if group is None:
        return
    text = tools.say("darurat_untuk_petugas", percakapan=reference(conversation.id), waktu=at)
    await uow.outbox.add_to(Channel.TELEGRAM, group, Outgoing(text), key=key, now=tools.now())
