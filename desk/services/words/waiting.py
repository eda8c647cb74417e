"""The line for officers in words and buttons: the place in it, and the ways out."""

from desk.domain.draft import Draft
from desk.domain.handoff import Handoff
from desk.domain.officer import Officer
from desk.domain.presses.citizens import AboutWait, DraftMove, LeaveMessage, SteerDraft, WaitAct
from desk.domain.reply import Button, Reply
from desk.services.handoffs.queue import wait_of
from desk.services.ports import UnitOfWork
from desk.services.tools import Tools
from desk.services.words.buttons import Rows


async def waiting_reply(
    uow: UnitOfWork, tools: Tools, handoff: Handoff, key: str, **values: object
) -> Reply:
    """Return a text about the queue, with the place in it and the ways out."""
    wait = await wait_of(uow, tools, handoff)
    now, duty = tools.now(), tools.duty
    closes = wait.closes_before
    told = {"buka": duty.is_open(now), "berikutnya": duty.next_opening(now)}
    length = tools.say(
        "antrean.lama",
        menit=wait.minutes,
        tutup=closes,
        kembali=duty.next_opening(closes) if closes else None,
        **told,
    )
    text = tools.say(key, urutan=wait.place, lama=length, **told, **values)
    cancel = _wait_button(tools, WaitAct.GIVE_UP)
    if handoff.with_bot:
        return Reply(text, ((cancel,),))
    return Reply(text, ((_wait_button(tools, WaitAct.WITH_BOT), cancel),))


def _wait_button(tools: Tools, act: WaitAct) -> Button:
    return Button(tools.say(f"tombol.antrean_{act}"), press=AboutWait(act))


def leave_message(tools: Tools) -> Rows:
    """Return the button that leaves a message as a ticket."""
    return ((Button(tools.say("tombol.tinggalkan_pesan"), press=LeaveMessage()),),)


def continue_button(tools: Tools, draft: Draft) -> Button:
    """Return the button that brings a draft's open question back."""
    return Button(tools.say("tombol.lanjutkan"), press=SteerDraft(draft.id, DraftMove.GO_ON))


def office_of(tools: Tools, officer: Officer, handoff: Handoff) -> str | None:
    """Return the office in whose name an officer answers, None for coordinators."""
    if handoff.office in officer.offices:
        return tools.catalogue.agency(handoff.office).singkat
    first = next(iter(sorted(officer.offices)), None)
    return tools.catalogue.agency(first).singkat if first else None
