"""Turns a confirmed draft into exactly one ticket, and cuts an anonymous one loose."""

from dataclasses import replace

from desk.domain.conversation import Channel, Session
from desk.domain.draft import Draft
from desk.domain.followup_code import hash_code, new_code
from desk.domain.lifecycle import (
    Actor,
    HistoryEntry,
    Identity,
    Kind,
    MoveDetails,
    Status,
    check_move,
)
from desk.domain.outgoing import Outgoing
from desk.domain.reply import Button, Reply
from desk.domain.ticket import Reporter, Ticket, TicketId
from desk.domain.ticket_number import TicketNumber, new_ticket_number
from desk.services.talk import questions
from desk.services.talk.scene import Answer, Scene
from desk.services.telling import officers as alerts
from desk.services.tickets.deadlines import foremost, is_external, referrals
from desk.services.tools import Tools, new_id


async def file_draft(scene: Scene, draft: Draft) -> list[Answer]:
    """File the draft and tell its number, its office and the date of the first answer."""
    check_move(None, Status.NEW, {Actor.CITIZEN}, details=MoveDetails(draft_confirmed=True))
    is_anonymous = draft.identity is Identity.ANONIM
    needs_code = is_anonymous or scene.conversation.channel is Channel.WEB
    code = new_code() if needs_code else None
    ticket = await _store(scene, draft, code)
    await scene.uow.attachments.belong_to_ticket(draft.photos, ticket.id, at=ticket.filed_at)
    await scene.uow.drafts.delete(draft.id)
    scene.draft = None
    if is_anonymous:
        # Officers hear of it later: a message about it beside the receipt would join the two.
        await _cut_loose(scene, draft, ticket, code)
        return []
    await alerts.announce(scene.uow, scene.tools, ticket)
    scene.remember(ticket=ticket.number, service=ticket.service, variant=ticket.variant)
    return [receipt(scene, ticket, code)]


async def _store(scene: Scene, draft: Draft, code: str | None) -> Ticket:
    number = await _free_number(scene)
    ticket = ticket_of(scene.tools, draft, number, code, scene)
    await scene.uow.tickets.add(ticket)
    return ticket


async def _free_number(scene: Scene) -> TicketNumber:
    while True:
        number = new_ticket_number()
        if await scene.uow.tickets.get(number) is None:
            return number


def ticket_of(
    tools: Tools, draft: Draft, number: TicketNumber, code: str | None, scene: Scene
) -> Ticket:
    """Return the ticket that a draft becomes."""
    is_anonymous = draft.identity is Identity.ANONIM
    office = questions.route_of(tools, draft).office
    # Rows of the conversation tell the second, or lie between rows that do.
    at = tools.calendar.hour_of(scene.now) if is_anonymous else scene.now
    filed = HistoryEntry(
        at=at, from_status=None, to_status=Status.NEW, by=Actor.CITIZEN, office=office
    )
    return Ticket(
        id=TicketId(new_id()),
        number=number,
        kind=draft.kind,
        status=Status.NEW,
        identity=draft.identity or Identity.TERBUKA,
        filed_at=at,
        description=draft.description or _application_text(tools, draft),
        category=draft.category,
        service=draft.service,
        variant=draft.variant,
        office=office,
        place=draft.place,
        since=draft.since,
        photos=draft.photos,
        reporter=Reporter()
        if is_anonymous
        else Reporter(scene.conversation.id, draft.name, draft.phone),
        code_hash=hash_code(code, tools.code_key) if code else None,
        draft_id=None if is_anonymous else draft.id,
        history=(filed,),
    )


def _application_text(tools: Tools, draft: Draft) -> str:
    name = tools.catalogue.service(draft.service).nama if draft.service else ""
    return tools.wording.plain("tiket.isi_permohonan", layanan=name)


async def _cut_loose(scene: Scene, draft: Draft, ticket: Ticket, code: str | None) -> None:
    """Remove all that joins an anonymous ticket to its citizen, in the filing's transaction.

    The receipt itself is queued here and emptied once it is sent; the record of the turn stays
    empty, so nothing but the citizen's own screen joins the two.
    """
    conversation = scene.conversation
    await scene.uow.turns.forget(conversation.id, draft.created_at)
    await scene.uow.outbox.forget(conversation.id, draft.created_at)
    await scene.uow.buttons.forget(conversation.id, draft.created_at)
    scene.conversation = replace(
        conversation.with_context(service=None, variant=None, pending=None),
        session=Session(new_id()),  # the old one's tracker still knows the words
    )
    reply = receipt(scene, ticket, code)
    await scene.uow.outbox.add(
        conversation,
        Outgoing(reply.text),
        key=f"{scene.turn_id}:tanda_terima",
        now=scene.now,
        scrub=True,
    )


def receipt(scene: Scene, ticket: Ticket, code: str | None) -> Reply:
    """Return the citizen's receipt: number, office, first date and its rule, what to do next."""
    tools = scene.tools
    agency = tools.catalogue.agency(ticket.office) if ticket.office else None
    is_outside = is_external(tools, ticket.office)
    first = foremost(tools, ticket)
    text = tools.say(
        "tiket.tanda_terima",
        jenis=ticket.kind,
        nomor=ticket.number,
        instansi=agency.nama if agency else None,
        luar=is_outside,
        telepon_luar=stated_phone(tools, ticket.office) if is_outside else None,
        tenggat=first.due if first else None,
        aturan=tools.say(first.rule, hari=first.days) if first else None,
        rujukan=referrals(tools),
        kode=code,
        identitas=ticket.identity,
        telegram=scene.on_telegram,
        tautan=f"{tools.public_url}/lacak?nomor={ticket.number}" if tools.public_url else None,
        syarat=_checklist(tools, ticket),
    )
    if ticket.identity is Identity.ANONIM:
        return Reply(text)
    return Reply(text, _receipt_buttons(tools, ticket), stands=True)


def _receipt_buttons(tools: Tools, ticket: Ticket) -> tuple[tuple[Button, ...], ...]:
    data = {"bidang": "tiket", "nomor": ticket.number}
    follow = Button(tools.say("tombol.lihat_status"), "pilih", {**data, "nilai": "lihat"})
    more = Button(tools.say("tombol.tambah_keterangan"), "pilih", {**data, "nilai": "tambah"})
    if ticket.kind is not Kind.PERMOHONAN or ticket.service is None or _checklist(tools, ticket):
        return ((follow, more),)
    # What to bring depends on the case, which the guidance asks for.
    checklist = Button(
        tools.say("tombol.lihat_syarat"), "tanya_syarat", {"layanan": ticket.service}
    )
    return ((follow, more), (checklist,))


def stated_phone(tools: Tools, office: str | None) -> str | None:
    """Return a phone number of an office that may be told as certain."""
    if office is None:
        return None
    phones = [fact.nilai for fact in tools.catalogue.agency(office).telepon if fact.may_be_stated]
    return phones[0] if phones else None


def _checklist(tools: Tools, ticket: Ticket) -> list[str]:
    """Return what the citizen should bring, for an application for a service."""
    if ticket.kind is not Kind.PERMOHONAN or ticket.service is None:
        return []
    service = tools.catalogue.service(ticket.service)
    variant = service.variant(ticket.variant)
    facts = (variant.syarat if variant and variant.syarat else service.syarat) or ()
    return [str(fact.nilai) for fact in facts if fact.may_be_stated]
