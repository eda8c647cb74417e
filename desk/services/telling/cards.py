"""The card of a hand-off: what the citizen wants, who serves them, and what may be done."""

from datetime import datetime, timedelta
from typing import Final

from desk.domain.conversation import Channel, Conversation
from desk.domain.handoff import Handoff, HandoffState, Trigger
from desk.domain.inbound import Inbound, InboundKind
from desk.domain.outgoing import TopicState
from desk.domain.presses.officers import (
    ChooseReportKind,
    FinishConversation,
    HandBack,
    OfferOffices,
    OfficerPress,
    TakeConversation,
)
from desk.domain.reply import Button, Reply
from desk.domain.turn import ALONE
from desk.services.events import (
    HandoffAsked,
    HandoffChanged,
    HandoffEnded,
    HandoffRequeued,
    HandoffTaken,
)
from desk.services.handoffs.chats import chat_at, chats_of, reference, topic_in
from desk.services.handoffs.subjects import hidden_until, subject_of
from desk.services.outbox.posting import ToOfficers, post_to_officers
from desk.services.ports import UnitOfWork
from desk.services.telling.relays import unanswered
from desk.services.tools import Tools, new_id
from desk.services.words.buttons import Rows
from desk.services.words.tickets import beginning

#: How much of what was said before a hand-off its card shows.
SHOWN_MESSAGES: Final = 5
SHOWN_LETTERS: Final = 300
SHOWN_BEFORE: Final = timedelta(hours=1)
#: Keys of the reply files that name what a citizen may want.
MEANT: Final = "maksud."


CardEvent = HandoffAsked | HandoffChanged | HandoffTaken | HandoffRequeued | HandoffEnded


async def show(uow: UnitOfWork, tools: Tools, event: CardEvent) -> None:
    """Show a hand-off as it is now wherever it belongs, and end its cards elsewhere."""
    conversation, handoff = event.conversation, event.handoff
    before = None if isinstance(event, HandoffAsked) else event.before
    is_shown = _is_shown(handoff)
    text, buttons = await _content(uow, tools, conversation, handoff, is_shown=is_shown)
    open_now = (await chats_of(uow, tools, handoff)).all if handoff.is_open else ()
    shown_before = (await chats_of(uow, tools, before)).all if before else ()
    for chat in open_now:
        await _put(uow, tools, handoff, chat, Reply(text, buttons))
    if shown_before and is_shown and handoff.is_protected:
        # Elsewhere it says nothing of what it is about.
        text, _ = await _content(uow, tools, conversation, handoff, is_shown=False)
    for chat in shown_before:
        if chat in open_now and before and before.waiting_since == handoff.waiting_since:
            continue
        closed = None if chat in open_now else TopicState.CLOSED
        await _end(uow, tools, before or handoff, chat, text, leaves_topic=closed)


def _is_shown(handoff: Handoff) -> bool:
    """Tell whether a card says what it is about: a protected one to the officer who serves it."""
    return not handoff.is_protected or handoff.state is HandoffState.SERVED


async def _put(uow: UnitOfWork, tools: Tools, handoff: Handoff, chat: str, reply: Reply) -> None:
    shown = await uow.handoffs.card_of(handoff, chat)
    key = None
    if shown is None:
        key = new_id()
        await uow.handoffs.note_card(handoff, chat, key)
    message = ToOfficers(
        reply,
        key,
        topic=topic_in(tools, chat, handoff.conversation_id),
        about=handoff.conversation_id,
        edits=shown,
    )
    await post_to_officers(uow, tools, await chat_at(uow, tools, chat), message)


async def _end(
    uow: UnitOfWork,
    tools: Tools,
    handoff: Handoff,
    chat: str,
    text: str,
    *,
    leaves_topic: TopicState | None,
) -> None:
    """Take the buttons from a card; an office that was never told hears nothing now either."""
    shown = await uow.handoffs.card_of(handoff, chat)
    if shown is None:
        return
    topic = topic_in(tools, chat, handoff.conversation_id)
    message = ToOfficers(
        Reply(text),
        topic=topic,
        about=handoff.conversation_id,
        edits=shown,
        leaves_topic=leaves_topic if topic else None,
    )
    await post_to_officers(uow, tools, await chat_at(uow, tools, chat), message)


async def _content(
    uow: UnitOfWork,
    tools: Tools,
    conversation: Conversation,
    handoff: Handoff,
    *,
    is_shown: bool,
) -> tuple[str, tuple[tuple[Button, ...], ...]]:
    officer = await uow.officers.get(handoff.officer_id) if handoff.officer_id else None
    text = tools.say(
        "petugas.kartu",
        rujukan=reference(conversation.id),
        keadaan=handoff.state,
        akhir=handoff.ending,
        sebab=handoff.trigger,
        darurat=handoff.trigger is Trigger.EMERGENCY,
        petugas=officer.name if officer else None,
        nama=None if handoff.is_protected else await _name_of(uow, tools, conversation),
        web=conversation.channel is Channel.WEB,
        maksud=await _meant(uow, tools, conversation, handoff) if is_shown else None,
        layanan=_service(tools, handoff) if is_shown else None,
        instansi=tools.catalogue.agency(handoff.office).singkat if handoff.office else None,
        tiket=handoff.ticket if is_shown else None,
        sejak=handoff.waiting_since,
        dilindungi=handoff.is_protected,
        dengan_bot=handoff.with_bot and handoff.state is HandoffState.WAITING,
        pesan=await _last_words(uow, tools, conversation, handoff) if is_shown else (),
    )
    return text, _buttons(tools, handoff) if handoff.is_open else ()


async def _meant(
    uow: UnitOfWork, tools: Tools, conversation: Conversation, handoff: Handoff
) -> str | None:
    """Return what the bot last took the citizen to want, besides an officer."""
    names = {key.removeprefix(MEANT) for key in tools.wording.keys if key.startswith(MEANT)}
    after = _shown_since(conversation, handoff)
    intent = await uow.turns.latest_intent(conversation.id, after, names - {"minta_petugas"})
    return tools.wording.plain(f"{MEANT}{intent}") if intent else None


def _shown_since(conversation: Conversation, handoff: Handoff) -> datetime:
    """Return from when on a card tells what was said."""
    since = handoff.asked_at - SHOWN_BEFORE
    hidden = _hidden_until(conversation, handoff)
    return max(since, hidden) if hidden else since


def _hidden_until(conversation: Conversation, handoff: Handoff) -> datetime | None:
    """Return until when words are hidden on this card: those of `integritas` hide nothing."""
    return None if handoff.is_protected else hidden_until(conversation)


def _service(tools: Tools, handoff: Handoff) -> str | None:
    return tools.catalogue.service(handoff.service).singkat if handoff.service else None


async def _name_of(uow: UnitOfWork, tools: Tools, conversation: Conversation) -> str | None:
    """Return the citizen's name, unless something was or is being filed under secrecy here."""
    subject = await subject_of(uow, tools, conversation)
    is_secret = subject.hides_name or hidden_until(conversation) is not None
    return None if is_secret else conversation.profile_name


async def _last_words(
    uow: UnitOfWork, tools: Tools, conversation: Conversation, handoff: Handoff
) -> list[str]:
    hidden = _hidden_until(conversation, handoff)
    # Once an officer has come, what the bot did not answer stands below the card in full.
    waits = handoff.state is HandoffState.WAITING
    below = () if waits else await unanswered(uow, tools, conversation, handoff)
    shown_below = {message.id for message in below}
    messages = await uow.inbox.latest(
        conversation.id, _shown_since(conversation, handoff), SHOWN_MESSAGES * 4
    )
    words = [
        _shortened(tools, message.inbound)
        for message in messages
        if message.inbound.kind not in ALONE
        and not _is_hidden(message.received_at, hidden)
        and message.id not in shown_below
    ]
    return [each for each in words if each][-SHOWN_MESSAGES:]


def _is_hidden(at: datetime, hidden: datetime | None) -> bool:
    return hidden is not None and at <= hidden


def _shortened(tools: Tools, inbound: Inbound) -> str:
    text = beginning(" ".join((inbound.text or "").split()), SHOWN_LETTERS)
    kind = inbound.kind
    if kind is InboundKind.TEXT:
        return text
    key = f"petugas.kiriman.{kind}"
    label = tools.wording.plain(key) if key in tools.wording.keys else ""
    return " ".join(part for part in (label, text) if part)


def _buttons(tools: Tools, handoff: Handoff) -> Rows:
    which = (handoff.conversation_id, handoff.id)

    def make(what: str, press: OfficerPress) -> Button:
        return Button(tools.wording.plain(f"petugas.tombol.{what}"), press=press)

    take = (make("ambil", TakeConversation(*which)),)
    if handoff.is_protected and handoff.state is HandoffState.WAITING:
        return (take,)
    first = () if handoff.state is HandoffState.SERVED else (take,)
    return (
        *first,
        (
            make("kembalikan", HandBack(*which)),
            make("selesai", FinishConversation(*which)),
        ),
        (
            make("alihkan", OfferOffices(*which)),
            make("buat_tiket", ChooseReportKind(*which)),
        ),
    )
