"""Files a confirmed draft and gives its citizen the receipt."""

from dataclasses import replace

from desk.domain.conversation import Session
from desk.domain.draft import Draft
from desk.domain.lifecycle import Identity, Kind
from desk.domain.outgoing import Outgoing
from desk.domain.presses.citizens import KeptWords, Means, TicketAct
from desk.domain.reply import Button, Reply
from desk.domain.ticket import Ticket
from desk.services.talk.scene import Scene
from desk.services.tickets import filing
from desk.services.tickets.deadlines import foremost, is_external, referrals
from desk.services.tools import Tools, new_id
from desk.services.words.buttons import Rows
from desk.services.words.news import add_button, ticket_button
from desk.services.words.tickets import stated_phone


async def file_draft(scene: Scene, draft: Draft) -> list[Reply]:
    """File the draft and tell its number, its office and the date of the first answer."""
    filed = await filing.file_draft(scene.uow, scene.tools, draft, scene.conversation)
    scene.draft = None
    ticket = filed.ticket
    if ticket.identity is Identity.ANONIM:
        await _give_last_link(scene, filed)
        return []
    scene.remember(ticket=ticket.number, service=ticket.service, variant=ticket.variant)
    return [receipt(scene, filed)]


async def _give_last_link(scene: Scene, filed: filing.Filed) -> None:
    """Queue the receipt of an anonymous ticket, which is emptied once it is sent.

    The record of the turn stays empty, so nothing but the citizen's own screen joins the two.
    """
    scene.conversation = replace(
        scene.conversation.with_context(service=None, variant=None, pending=None),
        session=Session(new_id()),  # the old one's tracker still knows the words
    )
    await scene.uow.outbox.add(
        scene.conversation,
        Outgoing(receipt(scene, filed).text),
        now=scene.now,
        scrub=True,
    )


def receipt(scene: Scene, filed: filing.Filed) -> Reply:
    """Return the citizen's receipt: number, office, first date and its rule, what to do next."""
    tools, ticket = scene.tools, filed.ticket
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
        kode=filed.code,
        identitas=ticket.identity,
        telegram=scene.on_telegram,
        tautan=f"{tools.public_url}/lacak?nomor={ticket.number}" if tools.public_url else None,
        syarat=_checklist(tools, ticket),
    )
    if ticket.identity is Identity.ANONIM:
        return Reply(text)
    return Reply(text, _receipt_buttons(tools, ticket), stands=True)


def _receipt_buttons(tools: Tools, ticket: Ticket) -> Rows:
    follow = ticket_button(tools.say("tombol.lihat_status"), ticket.number, TicketAct.SHOW)
    more = add_button(tools.say("tombol.tambah_keterangan"), ticket.number)
    if ticket.kind is not Kind.PERMOHONAN or ticket.service is None or _checklist(tools, ticket):
        return ((follow, more),)
    # What to bring depends on the case, which the guidance asks for.
    asked = Means("tanya_syarat", KeptWords(services=(ticket.service,)))
    return ((follow, more), (Button(tools.say("tombol.lihat_syarat"), press=asked),))


def _checklist(tools: Tools, ticket: Ticket) -> list[str]:
    """Return what the citizen should bring, for an application for a service."""
    if ticket.kind is not Kind.PERMOHONAN or ticket.service is None:
        return []
    service = tools.catalogue.service(ticket.service)
    variant = service.variant(ticket.variant)
    facts = (variant.syarat if variant and variant.syarat else service.syarat) or ()
    return [str(fact.nilai) for fact in facts if fact.may_be_stated]
