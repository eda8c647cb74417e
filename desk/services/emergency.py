"""The answer to an emergency: numbers first, then the officers, then everything else."""

from desk.domain.conversation import Channel
from desk.domain.outgoing import Outgoing
from desk.domain.reply import Button, Reply
from desk.services import questions
from desk.services.officers import asking
from desk.services.officers.rooms import reference
from desk.services.scene import Answer, Scene


async def answer(scene: Scene) -> list[Answer]:
    """Tell whom to call, alert the officers on duty, and offer to file what remains."""
    await _alert_officers(scene)
    await asking.alert(scene)
    text = scene.tools.say("darurat", nomor=scene.tools.catalogue.general.darurat)
    if scene.draft is not None:
        return [Reply(text, ((questions.continue_button(scene.tools, scene.draft),),))]
    button = Button(
        scene.tools.say("tombol.laporkan_kejadian"),
        "lapor_aduan",
        {"teks": scene.heard.text, "bidang": "mulai_lapor", "asal": scene.origin},
    )
    return [Reply(text, ((button,),))]


async def _alert_officers(scene: Scene) -> None:
    """Queue an alert; it carries no words of the citizen, since a group reads it.

    Only the beginning of the conversation's id: enough to find it, too little to open anything.
    """
    group = scene.tools.officer_group
    if group is None:
        return
    text = scene.tools.say(
        "darurat_untuk_petugas",
        percakapan=reference(scene.conversation.id),
        waktu=scene.began_at,
    )
    await scene.uow.outbox.add_to(
        Channel.TELEGRAM,
        group,
        Outgoing(text),
        key=f"{scene.turn_id}:darurat",
        now=scene.now,
    )
