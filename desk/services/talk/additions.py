"""Words and pictures that a citizen adds to a ticket later."""

from collections.abc import Sequence

from desk.domain.draft import DraftField
from desk.domain.draft_meaning import Meaning, meaning_of
from desk.domain.draft_phrases import tells_a_story
from desk.domain.lifecycle import Actor, Status, state_before
from desk.domain.reply import Reply
from desk.domain.ticket import Addition, AdditionKind, Ticket
from desk.domain.ticket_number import MistypedNumber, TicketNumber, read_ticket_number
from desk.services.ports import UnitOfWork
from desk.services.talk import tracking
from desk.services.talk.scene import Answer, Scene
from desk.services.telling import citizens as notices
from desk.services.telling import officers as alerts
from desk.services.tickets import merging
from desk.services.tickets.moving import move
from desk.services.tools import Tools

#: The conversation's pending question while words for a ticket are awaited: "tambah:MJU-…".
PENDING = "tambah:"
MAX_WORDS = 20_000


async def begin(scene: Scene) -> list[Answer]:
    """Ask for the addition, or which of several tickets it belongs to."""
    number = read_ticket_number(scene.heard.ticket_number or scene.heard.text)
    if isinstance(number, MistypedNumber):
        return [scene.say("tiket.salah_ketik", nomor=number.value)]
    open_ones = await tickets_to_add_to(scene, number)
    if not open_ones:
        return [scene.say("tiket.tidak_ada_untuk_tambahan")]
    if len(open_ones) > 1:
        return [_which(scene, open_ones)]
    return await await_words(scene, open_ones[0])


async def tickets_to_add_to(scene: Scene, number: TicketNumber | None = None) -> list[Ticket]:
    """Return the citizen's own tickets that take words now, newest first.

    A merged one does through the ticket that goes on, and is meant by that one's number, too.
    Where the citizen has both, there is only one to choose.
    """
    own = await scene.uow.tickets.of_conversation(scene.conversation.id)
    read_with = {each.number: await merging.takes_additions(scene.uow, each) for each in own}
    pairs = [(each, reader) for each in own if (reader := read_with[each.number]) is not None]
    if number is not None:
        exact = [each for each, _ in pairs if each.number == number]
        return exact or [each for each, reader in pairs if reader.number == number]
    return [
        e for e, reader in pairs if e.number == reader.number or reader.number not in read_with
    ]


def _which(scene: Scene, tickets: Sequence[Ticket]) -> Reply:
    buttons = tuple(
        (notices.ticket_button(str(ticket.number), ticket.number, "tambah"),)
        for ticket in tickets[: tracking.LISTED]
    )
    return Reply(scene.tools.say("tiket.tambah_ke_mana"), buttons)


async def await_words(scene: Scene, ticket: Ticket) -> list[Answer]:
    """Take pictures that came along, and wait for the words."""
    heard = scene.heard
    if heard.photos:
        return await _store(scene, ticket, "" if heard.is_press else heard.text, heard.photos)
    if scene.draft is not None:
        # The draft's own question comes last, so the next words will answer that one.
        return [scene.say("draf.selesaikan_dulu")]
    scene.remember(pending=f"{PENDING}{ticket.number}", ticket=ticket.number)
    return [scene.say("tiket.tulis_tambahan", nomor=ticket.number)]


async def continue_pending(scene: Scene, pending: str) -> list[Answer] | None:
    """Store an awaited addition; None when the message is about something else.

    Whoever replies to the question answers it, whatever the words sound like.
    """
    ticket = await scene.uow.tickets.get(TicketNumber(pending.removeprefix(PENDING)))
    if ticket is None or not ticket.belongs_to(scene.conversation.id):
        return None
    if await merging.takes_additions(scene.uow, ticket) is None:
        return None
    heard = scene.heard
    if heard.photos:
        return await _store(scene, ticket, heard.text, heard.photos)
    meaning = meaning_of(heard, DraftField.DESCRIPTION)
    if meaning is Meaning.CANCEL:
        return [scene.say("tiket.tambahan_batal")]
    if heard.point is not None:
        words = f"Titik lokasi: {heard.point.lat:.6f}, {heard.point.lon:.6f}"
        return await _store(scene, ticket, f"{heard.text}\n{words}".strip(), ())
    if heard.answers is not None and heard.text:
        return await _store(scene, ticket, heard.text, ())
    if meaning is not Meaning.ANSWER or not heard.text:
        return None
    if heard.best_intent in {"setuju", "tolak"} and not tells_a_story(heard.text):
        return await await_words(scene, ticket) if heard.best_intent == "setuju" else None
    return await _store(scene, ticket, heard.text, ())


async def _store(scene: Scene, ticket: Ticket, text: str, photos: Sequence[str]) -> list[Answer]:
    add = scene.uow.tickets.add_addition
    if text:
        words = Addition(scene.now, AdditionKind.WORDS, text=text[:MAX_WORDS])
        await add(ticket.id, words, key=f"{scene.turn_id}:kata")
    for photo in photos:
        picture = Addition(scene.now, AdditionKind.PHOTO, attachment=photo)
        await add(ticket.id, picture, key=f"{ticket.id}:{photo}")
    await scene.uow.attachments.belong_to_ticket(photos, ticket.id, at=scene.now)
    scene.remember(ticket=ticket.number)
    here = scene.conversation.id
    moved = await heed(scene.uow, scene.tools, ticket, key=scene.turn_id, answered=here)
    reader = await merging.takes_additions(scene.uow, ticket)
    stored = scene.say(
        "tiket.tambahan_diterima",
        nomor=ticket.number,
        foto=len(photos),
        lain=reader.number if reader and reader.number != ticket.number else None,
    )
    return [stored, notices.news(scene.tools, moved)] if moved else [stored]


async def heed(
    uow: UnitOfWork, tools: Tools, ticket: Ticket, *, key: str, answered: str | None = None
) -> Ticket | None:
    """Take what was just added as the answer to an open question, or tell officers of it.

    What is added to a merged ticket stays with it, since the reporter of the other one may not
    read it; the officers of the one that goes on are told, and read it there.

    Return the ticket when the answer moved it on.
    """
    reader = await merging.takes_additions(uow, ticket)
    if reader is not None and reader.number != ticket.number:
        key = f"tambahan:{key}"
        await alerts.tell_of_addition(uow, tools, reader, key=key, merged=ticket.number)
        return None
    back = state_before(ticket.status, ticket.history)
    if ticket.status is not Status.ON_HOLD or back is None:
        await alerts.tell_of_addition(uow, tools, ticket, key=f"tambahan:{key}")
        return None
    moved = await move(uow, tools, ticket.number, back, Actor.CITIZEN, answered=answered)
    return moved.ticket
