"""What an officer does about abuse: warn, then mute for a day, or end that before its time."""

from collections.abc import Mapping
from typing import Final

from desk.domain.conversation import Conversation
from desk.domain.handoff import Handoff
from desk.domain.presses.officers import EndMute, MuteCitizen
from desk.domain.reply import Button, Reply
from desk.services.handoffs import muting
from desk.services.handoffs.chats import reference
from desk.services.handoffs.course import may_serve
from desk.services.handoffs.subjects import subject_of
from desk.services.officers.said import Handler, Said
from desk.services.officers.serving import find, locked, named, on_served


@on_served
async def warn(said: Said, conversation: Conversation, handoff: Handoff) -> None:
    """Ask the citizen who is served to stay polite."""
    await muting.warn(said.uow, said.tools, conversation, handoff, said.officer)
    await said.say("petugas.diperingatkan", rujukan=reference(conversation.id))


@on_served
async def ask_to_mute(said: Said, conversation: Conversation, handoff: Handoff) -> None:
    """Ask whether a citizen who was warned is to be muted."""
    name = reference(conversation.id)
    if not await muting.was_warned(said.uow, handoff):
        await said.say("petugas.ingatkan_dulu", rujukan=name)
        return
    label = said.tools.wording.plain("petugas.tombol.jeda")
    yes = Button(label, press=MuteCitizen(conversation.id, handoff.id))
    await said.answer(Reply(said.tools.say("petugas.yakin_jeda", rujukan=name), ((yes,),)))


@on_served
async def mute(said: Said, conversation: Conversation, handoff: Handoff) -> None:
    """Mute the citizen who is served."""
    name, tools = reference(conversation.id), said.tools
    muted = await muting.mute(said.uow, tools, conversation, handoff, said.officer)
    text = tools.say("petugas.dijeda", rujukan=name, sampai=muted.muted_until)
    label = tools.wording.plain("petugas.tombol.batal_jeda")
    await said.answer(Reply(text, ((Button(label, press=EndMute(conversation.id)),),)))


async def end_mute(said: Said) -> None:
    """End the mute of a citizen: of this topic, or by reference; who serves them may be gone."""
    conversation = await (find(said, said.words) if said.words else locked(said, named(said)))
    if conversation is None:
        await said.say("petugas.percakapan_tidak_ada", rujukan=said.words)
        return
    handoff = await said.uow.handoffs.open_of(conversation.id)
    matter = handoff or await subject_of(said.uow, said.tools, conversation)
    if not may_serve(said.officer, matter):
        await said.say("petugas.bukan_wewenang")
    elif not conversation.is_muted(said.now):
        await said.say("petugas.tidak_dijeda", rujukan=reference(conversation.id))
    else:
        await muting.unmute(said.uow, said.tools, conversation, said.officer)
        await said.say("petugas.jeda_berakhir", rujukan=reference(conversation.id))


COMMANDS: Final[Mapping[str, Handler]] = {
    "ingatkan": warn,
    "jeda": ask_to_mute,
    "batal_jeda": end_mute,
}
PRESSES: Final[Mapping[type, Handler]] = {MuteCitizen: mute, EndMute: end_mute}
