"""Makes a ticket of a conversation: the officer begins it, the citizen confirms it."""

from collections.abc import Mapping
from typing import Final

from desk.domain.conversation import Conversation
from desk.domain.handoff import Ending, Handoff
from desk.domain.inbound import WORDED
from desk.domain.lifecycle import Kind
from desk.domain.presses.officers import BeginReport, ChooseReportKind
from desk.domain.reply import Button, Reply
from desk.services.events import ReportBegun
from desk.services.handoffs import course
from desk.services.handoffs.chats import reference
from desk.services.officers.current import say_current
from desk.services.officers.meant import change
from desk.services.officers.post import Handler, Post

#: What an officer may make of a conversation, and what it is called.
KINDS: Final = {Kind.ADUAN: "petugas.tombol.aduan", Kind.INFORMASI: "petugas.tombol.informasi"}
#: So many of the citizen's messages become the description.
TAKEN_OVER: Final = 50


async def ask_kind(post: Post) -> None:
    """Ask what the ticket is: a complaint or a question."""
    await change(post, _ask_kind)


async def _ask_kind(post: Post, conversation: Conversation, handoff: Handoff) -> None:
    if await post.uow.drafts.active(conversation.id) is not None:
        await post.say("petugas.draf_terbuka")
        return
    buttons = tuple(
        Button(
            post.tools.wording.plain(label),
            press=BeginReport(conversation.id, handoff.id, kind),
        )
        for kind, label in KINDS.items()
    )
    text = post.tools.say("petugas.jenis_tiket", rujukan=reference(conversation.id))
    await post.answer(Reply(text, (buttons,)))


async def begin(post: Post) -> None:
    """Begin a ticket with the citizen's own words; the bot asks the citizen for the rest."""
    await change(post, _begin)


async def _begin(post: Post, conversation: Conversation, handoff: Handoff) -> None:
    if await post.uow.drafts.active(conversation.id) is not None:
        await post.say("petugas.draf_terbuka")
        return
    said = await post.uow.inbox.latest(conversation.id, handoff.asked_at, TAKEN_OVER)
    words = [m.inbound.text for m in said if m.inbound.kind in WORDED and m.inbound.text]
    conversation = await course.end(
        post.uow, post.tools, conversation, handoff, Ending.BECAME_TICKET, by=post.officer
    )
    # An anonymous ticket makes the desk forget all that was said since its first words.
    since = min([handoff.asked_at, *(message.received_at for message in said)])
    kind = post.press_as(BeginReport).report
    text = "\n".join(words)
    post.uow.record(ReportBegun(conversation, post.officer, kind, text, since))
    await post.say("petugas.tiket_dimulai", rujukan=reference(conversation.id))
    await say_current(post)


PRESSES: Final[Mapping[type, Handler]] = {ChooseReportKind: ask_kind, BeginReport: begin}
