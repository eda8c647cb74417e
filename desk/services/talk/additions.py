"""Words and pictures that a citizen adds to a ticket later."""

from collections.abc import Sequence

from desk.domain.draft import DraftField
from desk.domain.draft_meaning import Meaning, meaning_of
from desk.domain.draft_phrases import tells_a_story
from desk.domain.presses.citizens import AddToTicket
from desk.domain.presses.pending import WordsAwaited
from desk.domain.reply import Reply
from desk.domain.ticket import Ticket
from desk.domain.ticket_number import MistypedNumber, TicketNumber, read_ticket_number
from desk.services.talk import tracking
from desk.services.talk.scene import Scene
from desk.services.tickets import merging
from desk.services.tickets.additions import add_to_ticket
from desk.services.words.news import add_button, news


async def begin(scene: Scene) -> list[Reply]:
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
        (add_button(str(ticket.number), ticket.number),) for ticket in tickets[: tracking.LISTED]
    )
    return Reply(scene.tools.say("tiket.tambah_ke_mana"), buttons)


async def press(scene: Scene) -> list[Reply]:
    """Obey a button that adds to a ticket; only its own citizen's buttons do anything."""
    pressed = scene.heard.press
    number = pressed.number if isinstance(pressed, AddToTicket) else TicketNumber("")
    ticket = await scene.uow.tickets.get(number)
    is_own = ticket is not None and ticket.belongs_to(scene.conversation.id)
    if ticket is None or not is_own or await merging.takes_additions(scene.uow, ticket) is None:
        return [scene.say("tiket.tidak_ada_untuk_tambahan")]
    return await await_words(scene, ticket)


async def await_words(scene: Scene, ticket: Ticket) -> list[Reply]:
    """Take pictures that came along, and wait for the words."""
    heard = scene.heard
    if heard.photos:
        return await _store(scene, ticket, "" if heard.is_press else heard.text, heard.photos)
    if scene.draft is not None:
        # The draft's own question comes last, so the next words will answer that one.
        return [scene.say("draf.selesaikan_dulu")]
    scene.remember(pending=WordsAwaited(ticket.number), ticket=ticket.number)
    return [scene.say("tiket.tulis_tambahan", nomor=ticket.number)]


async def continue_words(scene: Scene, pending: WordsAwaited) -> list[Reply] | None:
    """Store an awaited addition; None when the message is about something else.

    Whoever replies to the question answers it, whatever the words sound like.
    """
    ticket = await scene.uow.tickets.get(pending.number)
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
        pin = f"{heard.point.lat:.6f}, {heard.point.lon:.6f}"
        words = scene.tools.wording.plain("tiket.titik", titik=pin)
        return await _store(scene, ticket, f"{heard.text}\n{words}".strip(), ())
    if heard.answers is not None and heard.text:
        return await _store(scene, ticket, heard.text, ())
    if meaning is not Meaning.ANSWER or not heard.text:
        return None
    if heard.best_intent in {"setuju", "tolak"} and not tells_a_story(heard.text):
        return await await_words(scene, ticket) if heard.best_intent == "setuju" else None
    return await _store(scene, ticket, heard.text, ())


async def _store(scene: Scene, ticket: Ticket, text: str, photos: Sequence[str]) -> list[Reply]:
    moved = await add_to_ticket(
        scene.uow,
        scene.tools,
        ticket,
        words=text,
        photos=photos,
        answered=scene.conversation.id,
    )
    scene.remember(ticket=ticket.number)
    reader = await merging.takes_additions(scene.uow, ticket)
    stored = scene.say(
        "tiket.tambahan_diterima",
        nomor=ticket.number,
        foto=len(photos),
        lain=reader.number if reader and reader.number != ticket.number else None,
    )
    return [stored, news(scene.tools, moved)] if moved else [stored]
