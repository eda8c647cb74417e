"""How a citizen follows tickets: by number, or all of their own."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from desk.domain import clocks
from desk.domain.draft import DraftField
from desk.domain.draft_meaning import SOUND_OF, Meaning, Sound, meaning_of
from desk.domain.errors import MoveNotAllowed
from desk.domain.lifecycle import OPEN, Actor, Circumstance, Status
from desk.domain.presses.citizens import AboutTicket, Means, RateTicket, TicketAct
from desk.domain.presses.pending import (
    OpinionAwaited,
    SolvedAsked,
    WithdrawalAsked,
    WordsAwaited,
)
from desk.domain.reply import Button, Reply
from desk.domain.ticket import Ticket
from desk.domain.ticket_number import MistypedNumber, TicketNumber, read_ticket_number
from desk.services.privacy.identities import opened
from desk.services.talk import questions
from desk.services.talk.scene import Scene
from desk.services.tickets import merging, moving, ratings
from desk.services.tickets.following import follows
from desk.services.tools import Tools
from desk.services.words.news import (
    add_button,
    date_and_rule,
    rating_buttons,
    reopening_button,
    solved_buttons,
    ticket_button,
)
from desk.services.words.states import state_name
from desk.services.words.tickets import beginning_of, public_state

#: Guessing numbers is slowed: so many misses within so long, then a pause.
GUESSES = 5
GUESS_WINDOW = timedelta(minutes=10)
LISTED = 6
_OPINIONS = frozenset({Meaning.ANSWER, Meaning.AGREE})
#: Something done to a citizen's own ticket.
Act = Callable[[Scene, Ticket], Awaitable[list[Reply]]]


async def show_status(scene: Scene) -> list[Reply]:
    """Show the ticket whose number was said, or the citizen's own tickets."""
    number = read_ticket_number(scene.heard.ticket_number or scene.heard.text)
    if number is None:
        return await _list_own(scene)
    ticket = None
    if not isinstance(number, MistypedNumber):
        ticket = await scene.uow.tickets.get(number)
    if ticket is not None and ticket.belongs_to(scene.conversation.id):
        return [await _own_card(scene, ticket)]
    if ticket is not None and await follows(scene.uow, ticket, scene.conversation.id):
        return [card(scene, ticket, follows=True)]
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


async def _list_own(scene: Scene) -> list[Reply]:
    own = await scene.uow.tickets.of_conversation(scene.conversation.id)
    followed = await scene.uow.tickets.followed_by(scene.conversation.id)
    if not own and not followed:
        return [scene.say("tiket.belum_ada")]
    if len(own) + len(followed) == 1:
        return [await _own_card(scene, *own)] if own else [card(scene, *followed, follows=True)]
    lines = [(ticket, _line(scene.tools, ticket)) for ticket in own]
    lines += [(ticket, _line(scene.tools, ticket, follows=True)) for ticket in followed]
    buttons = tuple(
        (ticket_button(line, ticket.number, TicketAct.SHOW),) for ticket, line in lines[:LISTED]
    )
    text = scene.tools.say("tiket.daftar", jumlah=len(own), diikuti=len(followed))
    return [Reply(text, buttons)]


def _line(tools: Tools, ticket: Ticket, *, follows: bool = False) -> str:
    subject = tools.catalogue.category(ticket.category).label if ticket.category else ticket.kind
    line = f"{ticket.number} · {subject} · {state_name(tools, ticket.status, is_own=not follows)}"
    return f"{line} · {tools.wording.plain('tiket.diikuti')}" if follows else line


async def _own_card(scene: Scene, ticket: Ticket) -> Reply:
    """Return the card of a citizen's own ticket, with who opened their identity and why."""
    reply = card(scene, ticket)
    if ticket.status is Status.MERGED and await merging.takes_additions(scene.uow, ticket):
        label = scene.tools.say("tombol.tambah_keterangan")
        reply = replace(reply, buttons=((add_button(label, ticket.number),),))
    openings = await opened(scene.uow, ticket)
    if not openings:
        return reply
    told = scene.tools.say("privasi.identitas_pernah_dibuka", pembukaan=openings)
    return replace(reply, text=f"{reply.text}\n\n{told}")


def card(scene: Scene, ticket: Ticket, *, follows: bool = False) -> Reply:
    """Return what this citizen may see of a ticket: all of their own, else its public state."""
    tools = scene.tools
    is_own = ticket.belongs_to(scene.conversation.id)
    text = tools.say(
        "tiket.kartu",
        **public_state(tools, ticket, is_own=is_own),
        **_own_part(tools, ticket, is_own),
        akhir=_ending(tools, ticket) if is_own else None,
        diikuti=follows,
        tentang=_subject(tools, ticket) if follows and not ticket.is_protected else None,
    )
    if waits_until := date_and_rule(tools, ticket, is_own=is_own):
        text = f"{text}\n\n{waits_until}"
    if follows:
        leave = ticket_button(tools.say("tombol.berhenti_ikut"), ticket.number, TicketAct.UNFOLLOW)
        return Reply(text, ((leave,),))
    if not is_own:
        return Reply(text)
    scene.remember(ticket=ticket.number)
    return Reply(text, _card_buttons(tools, ticket))


def _subject(tools: Tools, ticket: Ticket) -> str | None:
    return tools.catalogue.category(ticket.category).label if ticket.category else None


def _card_buttons(tools: Tools, ticket: Ticket) -> tuple[tuple[Button, ...], ...]:
    number = ticket.number
    if ticket.status is Status.CLOSED:
        rate = ticket_button(tools.say("tombol.beri_nilai"), number, TicketAct.ASK_RATING)
        rows = ((rate,),) if ticket.rating is None else ()
        return (*rows, *reopening_button(tools, ticket))
    if ticket.status not in OPEN:
        return ()
    answers = ticket.status is Status.ON_HOLD
    label = "tombol.jawab" if answers else "tombol.tambah_keterangan"
    add = add_button(tools.say(label), number)
    withdraw = ticket_button(tools.say("tombol.tarik"), number, TicketAct.WITHDRAW)
    first = solved_buttons(tools, number) if ticket.status is Status.RESOLVED else ()
    return (*first, (add,), (withdraw,))


def _own_part(tools: Tools, ticket: Ticket, is_own: bool) -> dict[str, object]:
    is_asked = is_own and ticket.status is Status.ON_HOLD
    return {
        "milik_sendiri": is_own,
        "uraian": questions.shortened(tools, ticket.description) if is_own else None,
        "foto": len(ticket.photos) if is_own else 0,
        "tambahan": len(ticket.additions) if is_own else 0,
        "pertanyaan": ticket.history[-1].words if is_asked else None,
        "lain": ticket.merged_into if is_own else None,
        "lapor": ticket.lapor_number if is_own else None,
    }


#: States that came with words for the citizen, and those in which these still count.
_ENDS: Final = frozenset({Status.RESOLVED, Status.REJECTED, Status.NOT_OURS})
_SHOWS_END: Final = _ENDS | {Status.CLOSED}
#: So much of an officer's words is shown beside all the rest: a message takes 4096 characters.
_SAID: Final = 800


def _ending(tools: Tools, ticket: Ticket) -> dict[str, object] | None:
    """Return how a ticket ended and what the officer said to it, None while it goes on."""
    if ticket.status not in _SHOWS_END:
        return None
    for entry in reversed(ticket.history):
        if entry.to_status in _ENDS and entry.from_status is not entry.to_status:
            return {
                "keadaan": entry.to_status,
                "alasan": tools.say(f"alasan.{entry.code}") if entry.code else None,
                "kata": beginning_of(entry.words, _SAID),
                "bukti": beginning_of(entry.proof, _SAID),
                "jadwal": entry.scheduled_for,
            }
    return None


async def press(scene: Scene) -> list[Reply]:
    """Obey a button about a ticket; only its own citizen's buttons do anything."""
    pressed = scene.heard.press
    if not isinstance(pressed, AboutTicket | RateTicket):
        return [scene.say("tombol_kedaluwarsa")]
    act = pressed.act if isinstance(pressed, AboutTicket) else None
    ticket = await scene.uow.tickets.lock(pressed.number)
    if ticket is not None and await follows(scene.uow, ticket, scene.conversation.id):
        if act is TicketAct.UNFOLLOW:
            await scene.uow.tickets.leave(ticket.id, scene.conversation.id)
            return [scene.say("tiket.berhenti_ikut", nomor=ticket.number)]
        return [card(scene, ticket, follows=True)]
    if ticket is None or not ticket.belongs_to(scene.conversation.id):
        return [scene.say("tiket.tidak_ada", nomor=pressed.number)]
    if isinstance(pressed, RateTicket):
        return await _rate(scene, ticket, pressed.mark)
    return await _ACTS[pressed.act](scene, ticket)


async def _show(scene: Scene, ticket: Ticket) -> list[Reply]:
    return [await _own_card(scene, ticket)]


async def _ask_to_withdraw(scene: Scene, ticket: Ticket) -> list[Reply]:
    tools = scene.tools
    if ticket.status not in OPEN:
        return [card(scene, ticket)]
    if scene.draft is None:
        scene.remember(pending=WithdrawalAsked(ticket.number))
    yes = ticket_button(tools.say("tombol.ya_tarik"), ticket.number, TicketAct.WITHDRAW_SURELY)
    no = ticket_button(tools.say("tombol.tidak_jadi"), ticket.number, TicketAct.SHOW)
    return [Reply(tools.say("tiket.yakin_tarik", nomor=ticket.number), ((yes, no),))]


async def _withdraw(scene: Scene, ticket: Ticket) -> list[Reply]:
    if ticket.status is Status.WITHDRAWN:
        return [scene.say("tiket.sudah_ditarik", nomor=ticket.number)]
    try:
        await _move(scene, ticket, Status.WITHDRAWN)
    except MoveNotAllowed:
        return [card(scene, ticket)]
    return [scene.say("tiket.ditarik", nomor=ticket.number)]


async def _move(scene: Scene, ticket: Ticket, target: Status) -> Ticket:
    """Move a ticket as its citizen, who reads of it in the answer."""
    moved = await moving.move(
        scene.uow,
        scene.tools,
        ticket.number,
        target,
        Actor.CITIZEN,
        answered=scene.conversation.id,
    )
    return moved.ticket


async def _is_solved(scene: Scene, ticket: Ticket) -> list[Reply]:
    """Close the ticket, and ask for an opinion."""
    try:
        await _move(scene, ticket, Status.CLOSED)
    except MoveNotAllowed:
        return [card(scene, ticket)]
    text = scene.tools.say("kabar.terima_kasih_selesai", nomor=ticket.number)
    return [Reply(text, rating_buttons(ticket.number))]


async def _is_not_solved(scene: Scene, ticket: Ticket) -> list[Reply]:
    """Open the ticket again, once without argument."""
    tools = scene.tools
    if ticket.status in OPEN and ticket.status is not Status.RESOLVED:
        return [card(scene, ticket)]
    try:
        await _move(scene, ticket, Status.IN_PROGRESS)
    except MoveNotAllowed:
        found = clocks.circumstances(ticket.history, tools.calendar, scene.now, tools.limits)
        was_reopened = Circumstance.FIRST_REOPENING not in found
        if was_reopened:
            await moving.object_to_outcome(scene.uow, ticket)
        text = tools.say(
            "kabar.tidak_bisa_dibuka",
            nomor=ticket.number,
            pernah=was_reopened,
            hari=tools.limits.citizen_answer,
        )
        return [
            Reply(text, ((Button(tools.say("tombol.petugas"), press=Means("minta_petugas")),),))
        ]
    if scene.draft is None:
        scene.remember(pending=WordsAwaited(ticket.number), ticket=ticket.number)
    text = tools.say("kabar.dibuka_lagi", nomor=ticket.number)
    add = add_button(tools.say("tombol.tambah_keterangan"), ticket.number)
    return [Reply(text, ((add,),))]


async def _ask_for_rating(scene: Scene, ticket: Ticket) -> list[Reply]:
    text = scene.tools.say("kabar.minta_nilai", nomor=ticket.number)
    return [Reply(text, rating_buttons(ticket.number))]


async def _rate(scene: Scene, ticket: Ticket, mark: int) -> list[Reply]:
    """Keep the mark, and take the next words for the reason, if the citizen likes."""
    if mark not in ratings.RATINGS or ticket.status is not Status.CLOSED:
        return [card(scene, ticket)]
    await ratings.keep(scene.uow, ticket, rating=mark)
    text = scene.tools.say("kabar.nilai_diterima", nilai=mark)
    if scene.draft is not None:
        return [Reply(text)]
    scene.remember(pending=OpinionAwaited(ticket.number))
    label = scene.tools.say("tombol.lewati")
    skip = ticket_button(label, ticket.number, TicketAct.SKIP_OPINION)
    return [Reply(f"{text} {scene.tools.say('kabar.boleh_alasan')}", ((skip,),))]


async def _skip_opinion(scene: Scene, ticket: Ticket) -> list[Reply]:
    return [scene.say("kabar.nilai_dilewati")]


async def continue_opinion(scene: Scene, pending: OpinionAwaited) -> list[Reply] | None:
    """Keep the words about a rating; None when the message is about something else."""
    ticket = await _own(scene, pending.number)
    heard = scene.heard
    if ticket is None or ticket.status is not Status.CLOSED or not heard.text:
        return None
    sound = SOUND_OF.get(heard.best_intent, Sound.UNCLEAR)
    if sound in {Sound.NO, Sound.CANCEL}:
        return [scene.say("kabar.nilai_dilewati")]
    is_new_report = sound is Sound.MATTER and bool(heard.places)
    is_about_this = sound is Sound.CHAT or meaning_of(heard, DraftField.DESCRIPTION) in _OPINIONS
    if is_new_report or not is_about_this:
        return None
    await ratings.keep(scene.uow, ticket, words=heard.text)
    return [scene.say("kabar.ulasan_diterima")]


async def _own(scene: Scene, number: TicketNumber) -> Ticket | None:
    ticket = await scene.uow.tickets.lock(number)
    if ticket is None or not ticket.belongs_to(scene.conversation.id):
        return None
    return ticket


async def continue_solved(scene: Scene, pending: SolvedAsked) -> list[Reply] | None:
    """Take a typed yes or no to "is it solved?"; None when the words say something else."""
    return await _confirm(scene, pending.number, yes=_is_solved, no=_is_not_solved)


async def continue_withdrawal(scene: Scene, pending: WithdrawalAsked) -> list[Reply] | None:
    """Take a typed yes to "really withdraw it?"; None when the words say something else."""
    return await _confirm(scene, pending.number, yes=_withdraw, no=None)


async def _confirm(
    scene: Scene, number: TicketNumber, *, yes: Act, no: Act | None
) -> list[Reply] | None:
    chosen = {"setuju": yes, "tolak": no}.get(scene.heard.intent)
    if chosen is None or scene.draft is not None:
        return None
    ticket = await _own(scene, number)
    if ticket is None:
        return [scene.say("tiket.tidak_ada", nomor=number)]
    return await chosen(scene, ticket)


_ACTS: Mapping[TicketAct, Act] = {
    TicketAct.SHOW: _show,
    TicketAct.WITHDRAW: _ask_to_withdraw,
    TicketAct.WITHDRAW_SURELY: _withdraw,
    TicketAct.SOLVED: _is_solved,
    TicketAct.NOT_SOLVED: _is_not_solved,
    TicketAct.ASK_RATING: _ask_for_rating,
    TicketAct.SKIP_OPINION: _skip_opinion,
    TicketAct.UNFOLLOW: _show,
}
