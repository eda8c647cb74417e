"""Goes on with a report that an officer began with a citizen's words."""

from desk.domain.heard import Heard
from desk.domain.reply import Reply
from desk.domain.turn import TurnId
from desk.services.events import ReportBegun
from desk.services.outbox.posting import joined, post
from desk.services.ports import UnitOfWork
from desk.services.talk import drafting
from desk.services.talk.scene import Scene
from desk.services.tools import Tools, new_id


async def ask_for_the_rest(uow: UnitOfWork, tools: Tools, event: ReportBegun) -> None:
    """Tell the citizen, and ask for what the report still needs."""
    scene = Scene(
        uow=uow,
        tools=tools,
        conversation=event.conversation,
        heard=Heard("lapor_aduan", text=event.words),
        turn_id=TurnId(new_id()),
        now=tools.now(),
        began_at=event.since,
    )
    answers = await drafting.begin(scene, event.kind)
    await uow.conversations.save(scene.conversation)
    told = Reply(tools.say("antrean.jadi_tiket", nama=event.officer.name))
    for reply in joined([told, *answers]):
        await post(uow, tools, scene.conversation, reply)
