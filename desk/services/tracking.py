"""How a citizen follows tickets: by number, or all of their own."""

from datetime import datetime, timedelta

from desk.domain.clocks import first_answer_due
from desk.domain.errors import MoveNotAllowed
from desk.domain.lifecycle import OPEN, Status
from desk.domain.reply import Button, Reply
from desk.domain.status_labels import STATUS_LABELS
from desk.domain.ticket import Ticket
from desk.domain.ticket_number import MistypedNumber, TicketNumber, read_ticket_number
from desk.services import filing, questions
from desk.services.scene import Answer, Scene
from desk.services.tools import Tools

#: Guessing numbers is slowed: so many misses within so long, then a pause.
GUESSES = 5
GUESS_WINDOW = timedelta(minutes=10)
LISTED = 6


async def show_status(scene: Scene) -> list[Answer]:
    """Show the ticket whose number was said, or the citizen's own tickets."""
    number = read_ticket_number(scene.heard.ticket_number or scene.heard.text)
    if number is None:
        return await _list_own(scene)
    ticket = None
    if not isinstance(number, MistypedNumber):
        ticket = await scene.uow.tickets.get(number)
    if ticket is not None and ticket.belongs_to(scene.conversation.id):
        return [card(scene, ticket)]
    if _is_guessing(scene):
        return [scene.say("tiket.terlalu_banyak_tebakan")]
    if isinstance(number, MistypedNumber):
        _count_miss(scene)
        return [scene.say("tiket.salah_ketik", nomor=number.value)]
    if ticket is None:
        _count_miss(scene)
        return [scene.say("tiket.tidak_ada", nomor=number)]
    return [card(scene, ticket)]


def _is_guessing(scene: Scene) -> bool:
    context = scene.conversation.context
    if context.wrong_since is None or context.wrong_numbers < GUESSES:
        return False
    return scene.now - datetime.fromisoformat(context.wrong_since) < GUESS_WINDOW


def _count_miss(scene: Scene) -> None:
    context = scene.conversation.context
    since = context.wrong_since
    if since is None or scene.now - datetime.fromisoformat(since) >= GUESS_WINDOW:
        scene.remember(wrong_numbers=1, wrong_since=scene.now.isoformat())
    else:
        scene.remember(wrong_numbers=context.wrong_numbers + 1)


async def _list_own(scene: Scene) -> list[Answer]:
    tickets = await scene.uow.tickets.of_conversation(scene.conversation.id)
    if not tickets:
        return [scene.say("tiket.belum_ada")]
    if len(tickets) == 1:
        return [card(scene, tickets[0])]
    buttons = tuple(
        (ticket_button(_line(scene.tools, ticket), ticket.number, "lihat"),)
        for ticket in tickets[:LISTED]
    )
    return [Reply(scene.tools.say("tiket.daftar", jumlah=len(tickets)), buttons)]


def _line(tools: Tools, ticket: Ticket) -> str:
    subject = tools.catalogue.category(ticket.category).label if ticket.category else ticket.kind
    return f"{ticket.number} · {subject} · {STATUS_LABELS[ticket.status].short}"


def ticket_button(label: str, number: TicketNumber, what: str) -> Button:
    """Return a button about one ticket."""
    return Button(label, "pilih", {"bidang": "tiket", "nomor": number, "nilai": what})


def card(scene: Scene, ticket: Ticket) -> Reply:
    """Return what this citizen may see of a ticket: all of their own, else its public state."""
    tools = scene.tools
    is_own = ticket.belongs_to(scene.conversation.id)
    text = tools.say("tiket.kartu", **public_state(tools, ticket), **_own_part(ticket, is_own))
    if not is_own or ticket.status not in OPEN:
        return Reply(text)
    scene.remember(ticket=ticket.number)
    add = ticket_button(tools.say("tombol.tambah_keterangan"), ticket.number, "tambah")
    withdraw = ticket_button(tools.say("tombol.tarik"), ticket.number, "tarik")
    return Reply(text, ((add,), (withdraw,)))


def public_state(tools: Tools, ticket: Ticket) -> dict[str, object]:
    """Return what anyone with the number may see: state, office and dates, never the matter."""
    label = STATUS_LABELS[ticket.status]
    agency = tools.catalogue.agency(ticket.office) if ticket.office else None
    waits = ticket.status is Status.NEW and not (agency is not None and agency.luar)
    due = first_answer_due(ticket.kind, ticket.filed_at, tools.calendar, tools.limits)
    return {
        "nomor": ticket.number,
        "jenis": ticket.kind,
        "status": label.short,
        "arti": label.meaning,
        "instansi": None if ticket.is_protected or agency is None else agency.nama,
        "masuk": ticket.filed_at,
        "tenggat": due if waits else None,
        "terakhir": ticket.history[-1].at if ticket.history else ticket.filed_at,
    }


def _own_part(ticket: Ticket, is_own: bool) -> dict[str, object]:
    return {
        "milik_sendiri": is_own,
        "uraian": questions.shortened(ticket.description) if is_own else None,
        "foto": len(ticket.photos) if is_own else 0,
        "tambahan": len(ticket.additions) if is_own else 0,
    }


async def press(scene: Scene) -> list[Answer]:
    """Obey a button about a ticket; only its own citizen's buttons do anything."""
    pressed = scene.heard.pressed
    ticket = await scene.uow.tickets.lock(TicketNumber(pressed.get("nomor", "")))
    if ticket is None or not ticket.belongs_to(scene.conversation.id):
        return [scene.say("tiket.tidak_ada", nomor=pressed.get("nomor", ""))]
    what = pressed.get("nilai")
    if what == "tarik":
        return [_ask_to_withdraw(scene, ticket)]
    if what == "tarik_ya":
        return await _withdraw(scene, ticket)
    return [card(scene, ticket)]


def _ask_to_withdraw(scene: Scene, ticket: Ticket) -> Reply:
    tools = scene.tools
    if ticket.status not in OPEN:
        return card(scene, ticket)
    if scene.draft is None:
        scene.remember(pending=f"tarik:{ticket.number}")
    yes = ticket_button(tools.say("tombol.ya_tarik"), ticket.number, "tarik_ya")
    no = ticket_button(tools.say("tombol.tidak_jadi"), ticket.number, "lihat")
    return Reply(tools.say("tiket.yakin_tarik", nomor=ticket.number), ((yes, no),))


async def _withdraw(scene: Scene, ticket: Ticket) -> list[Answer]:
    if ticket.status is Status.WITHDRAWN:
        return [scene.say("tiket.sudah_ditarik", nomor=ticket.number)]
    try:
        await scene.uow.tickets.save(filing.withdrawn(ticket, scene))
    except MoveNotAllowed:
        return [card(scene, ticket)]
    return [scene.say("tiket.ditarik", nomor=ticket.number)]


async def confirm_withdrawal(scene: Scene, number: str) -> list[Answer]:
    """Withdraw after a typed yes."""
    ticket = await scene.uow.tickets.lock(TicketNumber(number))
    if ticket is None or not ticket.belongs_to(scene.conversation.id):
        return [scene.say("tiket.tidak_ada", nomor=number)]
    return await _withdraw(scene, ticket)
