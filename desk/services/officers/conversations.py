"""What officers do with conversations: take, hand back, end, pass on, make a report of one."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Final

from desk.domain.conversation import Conversation, ConversationId, is_group
from desk.domain.errors import AlreadyTaken, HandoffOver, NotPermitted
from desk.domain.handoff import Ending, Handoff, HandoffId, HandoffState, WaitAgain
from desk.domain.inbound import WORDED
from desk.domain.lifecycle import Kind
from desk.domain.presses.officers import (
    BeginReport,
    ChooseReportKind,
    FinishConversation,
    ForwardConversation,
    HandBack,
    OfferOffices,
    OfficerPress,
    ServeNow,
    TakeConversation,
)
from desk.domain.reply import Button, Reply
from desk.services.events import ReportBegun
from desk.services.handoffs import course
from desk.services.handoffs.chats import reference
from desk.services.handoffs.subjects import subject_of, subjects_of
from desk.services.officers.meaning import current_of
from desk.services.officers.said import Handler, Said
from desk.services.officers.serving import (
    find,
    locked,
    on_open,
    say_current,
    say_who,
    serve_now,
)
from desk.services.words.buttons import rows_of

#: How far back the list of conversations looks, and how long it may be.
LISTED: Final = timedelta(hours=1)
MOST_LISTED: Final = 10


async def press_take(said: Said) -> None:
    """Take the conversation of a card."""
    press = said.press_as(TakeConversation)
    await _take(said, press.conversation, asked_for=press.handoff)


async def command_take(said: Said) -> None:
    """Take a conversation by its reference, or that of the topic: "/ambil 1A2B3C4D"."""
    if not said.words and said.about is not None:
        await _take(said, said.about)
        return
    conversation = await find(said, said.words)
    if conversation is None:
        await said.say("petugas.percakapan_tidak_ada", rujukan=said.words)
        return
    await _take(said, conversation.id)


async def _take(
    said: Said, conversation_id: ConversationId | None, *, asked_for: HandoffId | None = None
) -> None:
    """Take a conversation; *asked_for*: the hand-off of the card, which must not be over."""
    conversation = await locked(said, conversation_id)
    if conversation is None:
        await said.say("tombol_kedaluwarsa")
        return
    handoff = await said.uow.handoffs.open_of(conversation.id)
    try:
        if handoff is None:
            if asked_for is not None:
                raise HandoffOver
            await _step_in(said, conversation)
        elif asked_for is None and handoff.officer_id == said.officer.id:
            await _say_where(said, conversation, handoff.chat or said.chat.address)
        else:
            chat = _serving_chat(said, is_protected=handoff.is_protected)
            uow, tools = said.uow, said.tools
            await course.take(uow, tools, conversation, handoff, said.officer, chat=chat)
            await serve_now(said, conversation, chat)
    except AlreadyTaken as taken:
        await say_who(said, taken.officer_id)
    except NotPermitted:
        await said.say("petugas.bukan_wewenang")
    except HandoffOver:
        await said.say("petugas.sudah_berakhir", rujukan=reference(conversation.id))


async def _say_where(said: Said, conversation: Conversation, chat: str) -> None:
    """Tell who takes again where they serve it; in private it becomes the current one."""
    await serve_now(said, conversation, chat)
    name, is_private = reference(conversation.id), not is_group(chat)
    await said.say("petugas.sudah_anda_layani", rujukan=name, pribadi=is_private)


async def _step_in(said: Said, conversation: Conversation) -> None:
    subject = await subject_of(said.uow, said.tools, conversation)
    chat = _serving_chat(said, is_protected=subject.is_protected)
    await course.step_in(said.uow, said.tools, conversation, subject, said.officer, chat=chat)
    await serve_now(said, conversation, chat)


def _serving_chat(said: Said, *, is_protected: bool) -> str:
    """Return where an officer serves: here, or in private if he wants or the matter needs it."""
    private = is_protected or said.is_private or said.officer.serves_privately
    return said.officer.private_chat if private else said.chat.address


@on_open
async def hand_back(said: Said, conversation: Conversation, handoff: Handoff) -> None:
    """Give the word back to the bot."""
    await _end(said, conversation, handoff, Ending.HANDED_BACK)


@on_open
async def finish(said: Said, conversation: Conversation, handoff: Handoff) -> None:
    """End a conversation whose matter is settled."""
    await _end(said, conversation, handoff, Ending.DONE)


async def _end(said: Said, conversation: Conversation, handoff: Handoff, ending: Ending) -> None:
    await course.end(said.uow, said.tools, conversation, handoff, ending, by=said.officer)
    await say_current(said)


@on_open
async def offer_offices(said: Said, conversation: Conversation, handoff: Handoff) -> None:
    """Show which offices a conversation may be passed to."""
    catalogue = said.tools.catalogue
    offices = sorted(await said.uow.officers.staffed_offices() - {handoff.office})
    buttons = [
        _forward_button(handoff, catalogue.agency(office).singkat, office) for office in offices
    ]
    if handoff.office is not None:
        label = said.tools.wording.plain("petugas.tombol.koordinator")
        buttons.append(_forward_button(handoff, label, None))
    if not buttons or handoff.is_protected:
        await said.say("petugas.tidak_bisa_dialihkan")
        return
    text = said.tools.say("petugas.alihkan_ke", rujukan=reference(conversation.id))
    await said.answer(Reply(text, rows_of(buttons)))


def _forward_button(handoff: Handoff, label: str, office: str | None) -> Button:
    press = ForwardConversation(handoff.conversation_id, handoff.id, office)
    return Button(label, press=press)


@on_open
async def forward(said: Said, conversation: Conversation, handoff: Handoff) -> None:
    """Put a conversation in line for another office."""
    office = said.press_as(ForwardConversation).office
    await course.requeue(
        said.uow,
        said.tools,
        conversation,
        handoff,
        WaitAgain.FORWARDED,
        office=office,
        by=said.officer,
    )
    name = said.tools.catalogue.agency(office).singkat if office else None
    await said.say("petugas.dialihkan", instansi=name, rujukan=reference(conversation.id))
    await say_current(said)


async def list_conversations(said: Said) -> None:
    """List who waits and who wrote within the last hour, without saying who they are."""
    await _list(said, waiting_only=False)


async def list_waiting(said: Said) -> None:
    """List who waits for an officer."""
    await _list(said, waiting_only=True)


async def _list(said: Said, *, waiting_only: bool) -> None:
    current = await current_of(said.uow, said.officer) if said.is_private else None
    rows, buttons = [], []
    for conversation, handoff in await _listed(said, waiting_only=waiting_only):
        service = handoff.service if handoff else conversation.context.service
        since = handoff.waiting_since if handoff else conversation.session.last_turn_at
        is_own = handoff is not None and handoff.officer_id == said.officer.id
        rows.append(
            {
                "rujukan": reference(conversation.id),
                "keadaan": conversation.owner,
                "layanan": said.tools.catalogue.service(service).singkat if service else None,
                "terakhir": since,
                "anda": is_own,
                "sekarang": conversation.id == current,
            }
        )
        if handoff is None or handoff.state is HandoffState.WAITING:
            buttons.append(
                _button_for(said, conversation, "ambil", TakeConversation(conversation.id))
            )
        elif is_own and said.is_private and conversation.id != current:
            buttons.append(_button_for(said, conversation, "pindah", ServeNow(conversation.id)))
    text = said.tools.say("petugas.daftar_percakapan", baris=rows, menunggu=waiting_only)
    await said.answer(Reply(text, rows_of(buttons)))


def _button_for(said: Said, conversation: Conversation, what: str, press: OfficerPress) -> Button:
    name = reference(conversation.id)
    label = said.tools.wording.plain(f"petugas.tombol.{what}_rujukan", rujukan=name)
    return Button(label, press=press)


async def _listed(said: Said, *, waiting_only: bool) -> list[tuple[Conversation, Handoff | None]]:
    """Return the conversations that this officer may serve, those who wait first."""
    uow = said.uow
    handed_off = await uow.handoffs.all_open()
    mine = [each for each in handed_off if course.may_serve(said.officer, each)]
    if waiting_only:
        mine = [each for each in mine if each.state is HandoffState.WAITING]
    mine = mine[:MOST_LISTED]
    found = await uow.conversations.many(each.conversation_id for each in mine)
    listed = [(found[each.conversation_id], each) for each in mine]
    if waiting_only or len(listed) == MOST_LISTED:
        return [*listed]
    others = await _with_the_bot(said, {each.conversation_id for each in handed_off})
    return [*listed, *((each, None) for each in others)][:MOST_LISTED]


async def _with_the_bot(said: Said, handed_off: Collection[ConversationId]) -> list[Conversation]:
    """Return the conversations of the last hour that this officer may step into."""
    uow = said.uow
    # Officers write to the bot at work: nobody steps in there, unless one asks as a citizen.
    colleagues = {officer.private_chat for officer in await uow.officers.all()}
    latest = await uow.conversations.spoken_since(said.now - LISTED, MOST_LISTED * 2)
    found = [c for c in latest if c.id not in handed_off and c.address not in colleagues]
    subjects = await subjects_of(uow, said.tools, found)
    return [each for each in found if course.may_serve(said.officer, subjects[each.id])]


# --- a report of a conversation: the officer begins it, the citizen confirms it -----------------

#: What an officer may make of a conversation, and what it is called.
KINDS: Final = {Kind.ADUAN: "petugas.tombol.aduan", Kind.INFORMASI: "petugas.tombol.informasi"}
#: So many of the citizen's messages become the description.
TAKEN_OVER: Final = 50


@on_open
async def ask_kind(said: Said, conversation: Conversation, handoff: Handoff) -> None:
    """Ask what the ticket is: a complaint or a question."""
    if await said.uow.drafts.active(conversation.id) is not None:
        await said.say("petugas.draf_terbuka")
        return
    buttons = tuple(
        Button(
            said.tools.wording.plain(label),
            press=BeginReport(conversation.id, handoff.id, kind),
        )
        for kind, label in KINDS.items()
    )
    text = said.tools.say("petugas.jenis_tiket", rujukan=reference(conversation.id))
    await said.answer(Reply(text, (buttons,)))


@on_open
async def begin_report(said: Said, conversation: Conversation, handoff: Handoff) -> None:
    """Begin a ticket with the citizen's own words; the bot asks the citizen for the rest."""
    if await said.uow.drafts.active(conversation.id) is not None:
        await said.say("petugas.draf_terbuka")
        return
    messages = await said.uow.inbox.latest(conversation.id, handoff.asked_at, TAKEN_OVER)
    words = [m.inbound.text for m in messages if m.inbound.kind in WORDED and m.inbound.text]
    conversation = await course.end(
        said.uow, said.tools, conversation, handoff, Ending.BECAME_TICKET, by=said.officer
    )
    # An anonymous ticket makes the desk forget all that was said since its first words.
    since = min([handoff.asked_at, *(message.received_at for message in messages)])
    kind = said.press_as(BeginReport).report
    text = "\n".join(words)
    said.uow.record(ReportBegun(conversation, said.officer, kind, text, since))
    await said.say("petugas.tiket_dimulai", rujukan=reference(conversation.id))
    await say_current(said)


COMMANDS: Final[Mapping[str, Handler]] = {
    "ambil": command_take,
    "antrean": list_waiting,
    "percakapan": list_conversations,
    "kembalikan": hand_back,
    "selesai": finish,
    "alihkan": offer_offices,
}
PRESSES: Final[Mapping[type, Handler]] = {
    TakeConversation: press_take,
    HandBack: hand_back,
    FinishConversation: finish,
    OfferOffices: offer_offices,
    ForwardConversation: forward,
    ChooseReportKind: ask_kind,
    BeginReport: begin_report,
}
