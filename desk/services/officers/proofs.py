"""The photos that prove an outcome, while an officer sends them: one, or an album part by part."""

from __future__ import annotations

from desk.domain.errors import MoveNotAllowed
from desk.domain.inbound import Inbound, InboundKind
from desk.domain.lifecycle import MAX_PROOF_PHOTOS
from desk.domain.officer import Officer
from desk.domain.ticket_form import TicketForm
from desk.domain.ticket_number import TicketNumber
from desk.services.officers.post import Post
from desk.services.ports import UnitOfWork
from desk.services.tickets import casework


async def remember_album(post: Post, form: TicketForm) -> None:
    """Remember which outcome an album proved: parts of it may still be on their way."""
    if form.album is not None:
        await post.uow.officers.note_proof(post.officer, form.album, form.number)


async def proved_by(uow: UnitOfWork, officer: Officer, inbound: Inbound) -> TicketNumber | None:
    """Return the ticket whose outcome was just proved by the album this photo is a part of."""
    if inbound.kind is not InboundKind.PHOTO or inbound.album is None:
        return None
    return await uow.officers.proved_by(officer, inbound.album)


def picture_in(post: Post) -> str | None:
    """Return the id under which the picture that was sent is stored."""
    file_id = post.inbound.file.file_id if post.inbound.file else ""
    return post.inbound.attachment or post.pictures.get(file_id) or None


async def add_late_part(post: Post, number: TicketNumber) -> None:
    """Add a part of an album that came after its outcome, and say so."""
    picture = picture_in(post)
    if picture is None:
        await post.say("petugas_tiket.bukti_gagal", nomor=number)
        return
    try:
        is_kept = await casework.add_late_proof(
            post.uow, post.tools, number, post.officer, picture
        )
    except MoveNotAllowed:
        await post.say("petugas_tiket.tidak_boleh", nomor=number)
        return
    text = "petugas_tiket.bukti_menyusul" if is_kept else "petugas_tiket.bukti_penuh"
    await post.say(text, nomor=number, paling_banyak=MAX_PROOF_PHOTOS)
