"""What officers do with conversations: take, hand back, end, pass to another office."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from desk.domain.conversation import Conversation, ConversationId, is_group
from desk.domain.errors import AlreadyTaken, HandoffOver, NotPermitted
from desk.domain.handoff import Ending, Handoff, HandoffId, HandoffState, WaitAgain
from desk.domain.presses.officers import (
    FinishConversation,
    ForwardConversation,
    HandBack,
    OfferOffices,
    OfficerPress,
    ServeNow,
    TakeConversation,
)
from desk.domain.reply import Button, Reply
from desk.services.handoffs import course
from desk.services.handoffs.chats import REFERENCE_LENGTH, reference
from desk.services.handoffs.subjects import subject_of
from desk.services.officers.current import current_of, say_current, serve_now
from desk.services.officers.meant import Change, change, locked, say_who
from desk.services.officers.post import Handler, Post
from desk.services.words.buttons import rows_of

#: How far back the list of conversations looks, and how long it may be.
LISTED: Final = timedelta(hours=1)
MOST_LISTED: Final = 10


async def press_take(post: Post) -> None:
    """Take the conversation of a card."""
    press = post.press_as(TakeConversation)
    await _take(post, press.conversation, asked_for=press.handoff)


async def command_take(post: Post) -> None:
    """Take a conversation by its reference, or that of the topic: "/ambil 1A2B3C4D"."""
    if not post.words and post.about is not None:
        await _take(post, post.about)
        return
    wanted = post.words.strip().lower()
    is_reference = len(wanted) == REFERENCE_LENGTH and wanted.isalnum()
    found = await post.uow.conversations.with_reference(wanted) if is_reference else []
    if len(found) != 1:
        await post.say("petugas.percakapan_tidak_ada", rujukan=post.words)
        return
    await _take(post, found[0].id)


async def _take(
    post: Post, conversation_id: ConversationId | None, *, asked_for: HandoffId | None = None
) -> None:
    """Take a conversation; *asked_for*: the hand-off of the card, which must not be over."""
    conversation = await locked(post, conversation_id)
    if conversation is None:
        await post.say("tombol_kedaluwarsa")
        return
    handoff = await post.uow.handoffs.open_of(conversation.id)
    try:
        if handoff is None:
            if asked_for is not None:
                raise HandoffOver
            await _step_in(post, conversation)
        elif asked_for is None and handoff.officer_id == post.officer.id:
            await _say_where(post, conversation, handoff.chat or post.chat)
        else:
            chat = _serving_chat(post, is_protected=handoff.is_protected)
            await course.take(
                post.uow,
                post.tools,
                conversation,
                handoff,
                post.officer,
                chat=chat,
            )
            await serve_now(post, conversation, chat)
    except AlreadyTaken as taken:
        await say_who(post, taken.officer_id)
    except NotPermitted:
        await post.say("petugas.bukan_wewenang")
    except HandoffOver:
        await post.say("petugas.sudah_berakhir", rujukan=reference(conversation.id))


async def _say_where(post: Post, conversation: Conversation, chat: str) -> None:
    """Tell who takes again where they serve it; in private it becomes the current one."""
    await serve_now(post, conversation, chat)
    name, is_private = reference(conversation.id), not is_group(chat)
    await post.say("petugas.sudah_anda_layani", rujukan=name, pribadi=is_private)


async def _step_in(post: Post, conversation: Conversation) -> None:
    subject = await subject_of(post.uow, post.tools, conversation)
    chat = _serving_chat(post, is_protected=subject.is_protected)
    await course.step_in(post.uow, post.tools, conversation, subject, post.officer, chat=chat)
    await serve_now(post, conversation, chat)


def _serving_chat(post: Post, *, is_protected: bool) -> str:
    """Return where an officer serves: here, or in private if he wants or the matter needs it."""
    private = is_protected or post.is_private or post.officer.serves_privately
    return post.officer.private_chat if private else post.chat


async def hand_back(post: Post) -> None:
    """Give the word back to the bot."""
    await change(post, _end_as(Ending.HANDED_BACK))


async def finish(post: Post) -> None:
    """End a conversation whose matter is settled."""
    await change(post, _end_as(Ending.DONE))


def _end_as(ending: Ending) -> Change:
    async def end(post: Post, conversation: Conversation, handoff: Handoff) -> None:
        await course.end(post.uow, post.tools, conversation, handoff, ending, by=post.officer)
        await say_current(post)

    return end


async def offer_offices(post: Post) -> None:
    """Show which offices a conversation may be passed to."""
    await change(post, _show_offices)


async def _show_offices(post: Post, conversation: Conversation, handoff: Handoff) -> None:
    catalogue = post.tools.catalogue
    offices = sorted(await post.uow.officers.staffed_offices() - {handoff.office})
    buttons = [
        _forward_button(handoff, catalogue.agency(office).singkat, office) for office in offices
    ]
    if handoff.office is not None:
        label = post.tools.wording.plain("petugas.tombol.koordinator")
        buttons.append(_forward_button(handoff, label, None))
    if not buttons or handoff.is_protected:
        await post.say("petugas.tidak_bisa_dialihkan")
        return
    text = post.tools.say("petugas.alihkan_ke", rujukan=reference(conversation.id))
    await post.answer(Reply(text, rows_of(buttons)))


def _forward_button(handoff: Handoff, label: str, office: str | None) -> Button:
    press = ForwardConversation(handoff.conversation_id, handoff.id, office)
    return Button(label, press=press)


async def forward(post: Post) -> None:
    """Put a conversation in line for another office."""
    await change(post, _forward)


async def _forward(post: Post, conversation: Conversation, handoff: Handoff) -> None:
    office = post.press_as(ForwardConversation).office
    await course.requeue(
        post.uow,
        post.tools,
        conversation,
        handoff,
        WaitAgain.FORWARDED,
        office=office,
        by=post.officer,
    )
    name = post.tools.catalogue.agency(office).singkat if office else None
    await post.say("petugas.dialihkan", instansi=name, rujukan=reference(conversation.id))
    await say_current(post)


async def list_conversations(post: Post) -> None:
    """List who waits and who wrote within the last hour, without saying who they are."""
    await _list(post, await _listed(post), waiting_only=False)


async def list_waiting(post: Post) -> None:
    """List who waits for an officer."""
    found = [each for each in await _listed(post) if each[1] and each[1].officer_id is None]
    await _list(post, found, waiting_only=True)


async def _list(
    post: Post, found: list[tuple[Conversation, Handoff | None]], *, waiting_only: bool
) -> None:
    current = await current_of(post.uow, post.officer) if post.is_private else None
    rows, buttons = [], []
    for conversation, handoff in found:
        service = handoff.service if handoff else conversation.context.service
        since = handoff.waiting_since if handoff else conversation.session.last_turn_at
        is_own = handoff is not None and handoff.officer_id == post.officer.id
        rows.append(
            {
                "rujukan": reference(conversation.id),
                "keadaan": conversation.owner,
                "layanan": post.tools.catalogue.service(service).singkat if service else None,
                "terakhir": since,
                "anda": is_own,
                "sekarang": conversation.id == current,
            }
        )
        if handoff is None or handoff.state is HandoffState.WAITING:
            buttons.append(
                _button_for(post, conversation, "ambil", TakeConversation(conversation.id))
            )
        elif is_own and post.is_private and conversation.id != current:
            buttons.append(_button_for(post, conversation, "pindah", ServeNow(conversation.id)))
    text = post.tools.say("petugas.daftar_percakapan", baris=rows, menunggu=waiting_only)
    await post.answer(Reply(text, rows_of(buttons)))


def _button_for(post: Post, conversation: Conversation, what: str, press: OfficerPress) -> Button:
    name = reference(conversation.id)
    label = post.tools.wording.plain(f"petugas.tombol.{what}_rujukan", rujukan=name)
    return Button(label, press=press)


async def _listed(post: Post) -> list[tuple[Conversation, Handoff | None]]:
    """Return the conversations that this officer may serve, those who wait first."""
    uow = post.uow
    found: dict[ConversationId, tuple[Conversation, Handoff | None]] = {}
    for state in (HandoffState.WAITING, HandoffState.SERVED):
        for handoff in await uow.handoffs.in_state(state):
            conversation = await uow.conversations.get(handoff.conversation_id)
            if conversation is not None and course.may_serve(post.officer, handoff):
                found[conversation.id] = (conversation, handoff)
    # Officers write to the bot at work: nobody steps in there, unless one asks as a citizen.
    colleagues = {officer.private_chat for officer in await uow.officers.all()}
    for conversation in await uow.conversations.spoken_since(post.now - LISTED, MOST_LISTED * 2):
        is_handed_off = await uow.handoffs.open_of(conversation.id) is not None
        is_work = conversation.address in colleagues
        if is_work or is_handed_off or not await _may_step_in(post, conversation):
            continue
        found[conversation.id] = (conversation, None)
    return list(found.values())[:MOST_LISTED]


async def _may_step_in(post: Post, conversation: Conversation) -> bool:
    subject = await subject_of(post.uow, post.tools, conversation)
    return course.may_serve(post.officer, subject)


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
}
