"""What citizens may ask of their own data at any time, whoever answers them and without Rasa."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final

from desk.domain.conversation import Conversation, Owner
from desk.domain.inbound import InboundKind
from desk.domain.lifecycle import OPEN
from desk.domain.outgoing import Outgoing
from desk.domain.presses.citizens import EraseMyData, KeepMyData
from desk.domain.presses.codec import Press
from desk.domain.privacy import PrivacyRequest, RequestKind
from desk.domain.reply import Button, Reply
from desk.domain.turn import Turn, TurnId
from desk.services.outbox.browsers import LINK_LIVES
from desk.services.outbox.posting import post
from desk.services.ports import UnitOfWork
from desk.services.privacy import my_data
from desk.services.tools import Tools, new_id

#: The same file twice within this time is one too many.
AGAIN_AFTER: Final = timedelta(minutes=5)
#: A yes to the question whether to erase counts for this long.
QUESTION_STANDS: Final = timedelta(hours=1)

#: Does what a citizen asks for; the last value is what was pressed, if anything was.
Right = Callable[[UnitOfWork, Tools, Conversation, Turn, Press | None], Awaitable[None]]


async def give_data(
    uow: UnitOfWork, tools: Tools, conversation: Conversation, turn: Turn, _: Press | None
) -> None:
    """Send the citizen a file with everything that is stored about them."""
    now = tools.now()
    before = await uow.privacy.of_conversation(conversation.id)
    if any(r.kind is RequestKind.ACCESS and now - r.asked_at < AGAIN_AFTER for r in before):
        await _say(uow, tools, conversation, turn.id, "privasi.baru_dikirim")
        return
    counts = my_data.counted(await uow.personal.rows(conversation.id))
    await uow.privacy.add(
        PrivacyRequest(
            id=new_id(),
            conversation_id=conversation.id,
            channel=conversation.channel,
            kind=RequestKind.ACCESS,
            asked_at=now,
            done_at=now,
            counts=counts,
        )
    )
    text = tools.say("privasi.data", jumlah=counts, berlaku=LINK_LIVES)
    body = Outgoing(text, document=my_data.FILE_NAME)
    await uow.outbox.add(conversation, body, now=now, answers=turn.id)


async def ask_to_erase(
    uow: UnitOfWork, tools: Tools, conversation: Conversation, turn: Turn, _: Press | None
) -> None:
    """Say what an erasure takes and what stays, and ask whether to go on."""
    tickets = await uow.tickets.of_conversation(conversation.id)
    still_open = [ticket.number for ticket in tickets if ticket.status in OPEN]
    until = tools.now() + QUESTION_STANDS
    yes = Button(tools.say("tombol.ya_hapus_data"), press=EraseMyData(until))
    no = Button(tools.say("tombol.tidak_jadi"), press=KeepMyData())
    text = tools.say("privasi.yakin_hapus", terbuka=still_open, laporan=len(tickets))
    await post(uow, tools, conversation, Reply(text, ((yes,), (no,))), answers=turn.id)


async def begin_erasure(
    uow: UnitOfWork,
    tools: Tools,
    conversation: Conversation,
    turn: Turn,
    press: Press | None,
) -> None:
    """Write the wish down; the erasure follows at once, and again until it is done."""
    now = tools.now()
    if not isinstance(press, EraseMyData) or now > press.until:
        await _say(uow, tools, conversation, turn.id, "tombol_kedaluwarsa")
        return
    request = PrivacyRequest(
        id=new_id(),
        conversation_id=conversation.id,
        channel=conversation.channel,
        kind=RequestKind.ERASURE,
        asked_at=now,
    )
    await uow.privacy.add(request)
    await uow.conversations.save(conversation.with_context(erasing=request.id))


async def keep_data(
    uow: UnitOfWork, tools: Tools, conversation: Conversation, turn: Turn, _: Press | None
) -> None:
    """Leave everything as it is."""
    await _say(uow, tools, conversation, turn.id, "privasi.tidak_dihapus")


async def _say(
    uow: UnitOfWork, tools: Tools, conversation: Conversation, turn_id: TurnId, key: str
) -> None:
    await post(uow, tools, conversation, Reply(tools.say(key)), answers=turn_id)


#: Commands for which Rasa is not asked.
COMMANDS: Final[Mapping[str, Right]] = {"datasaya": give_data, "hapusdata": ask_to_erase}
#: The same in words, if nothing else is said.
PHRASES: Final[Mapping[str, Right]] = {
    "data saya": give_data,
    "datasaya": give_data,
    "hapus data": ask_to_erase,
    "hapus data saya": ask_to_erase,
    "hapusdata": ask_to_erase,
}
PRESSES: Final[Mapping[type, Right]] = {EraseMyData: begin_erasure, KeepMyData: keep_data}


def asked(turn: Turn, conversation: Conversation, press: Press | None) -> Right | None:
    """Return which right a turn claims, None when it is about something else.

    *press* is what was pressed, if the turn is a press of this conversation's button. While an
    officer has the word, only commands and buttons are for the desk; words are for the officer.
    """
    first = turn.messages[0].inbound
    if first.kind is InboundKind.COMMAND:
        return COMMANDS.get(first.command or "")
    if press is not None:
        return PRESSES.get(type(press))
    if conversation.owner is not Owner.BOT:
        return None
    if first.kind is InboundKind.TEXT and len(turn.messages) == 1:
        return PHRASES.get(" ".join((first.text or "").casefold().split()).strip(" .!?"))
    return None
