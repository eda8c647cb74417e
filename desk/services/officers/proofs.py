"""The photos that prove an outcome, while an officer sends them: one, or an album part by part."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Final

from desk.domain.conversation import Conversation
from desk.domain.errors import MoveNotAllowed
from desk.domain.inbound import Inbound, InboundKind
from desk.domain.lifecycle import MAX_PROOF_PHOTOS
from desk.domain.officer import Officer
from desk.domain.ticket_number import TicketNumber
from desk.services.officers.post import Post
from desk.services.ports import UnitOfWork
from desk.services.tickets import casework

#: Where a form keeps the ids of the photos, the message that says how many there are, and the
#: album that they are parts of.
PHOTOS: Final = "foto"
COUNT_SHOWN: Final = "pesan"
ALBUM: Final = "album"
_BETWEEN: Final = ","

Form = MutableMapping[str, str]


def photos_in(form: Form) -> tuple[str, ...]:
    """Return the photos so far, in the order they came."""
    return tuple(filter(None, form.get(PHOTOS, "").split(_BETWEEN)))


def add_photo(form: Form, picture: str, album: str | None = None) -> None:
    """Add a photo, unless there are as many as a proof may have."""
    together = dict.fromkeys((*photos_in(form), picture))
    form[PHOTOS] = _BETWEEN.join(list(together)[:MAX_PROOF_PHOTOS])
    if album is not None:
        form[ALBUM] = album


def more_may_come(form: Form, album: str | None) -> bool:
    """Tell whether the officer has to say that these are all.

    Telegram sends the parts of an album one by one and never says which is the last.
    """
    return album is not None or COUNT_SHOWN in form


async def remember_album(post: Post, form: Form) -> None:
    """Remember which outcome an album proved: parts of it may still be on their way."""
    if ALBUM in form:
        proved = {ALBUM: form[ALBUM], "nomor": form["nomor"]}
        await post.uow.values.put(_name(post.lane, post.officer), proved)


async def proved_by(
    uow: UnitOfWork, lane: Conversation, officer: Officer, inbound: Inbound
) -> TicketNumber | None:
    """Return the ticket whose outcome was just proved by the album this photo is a part of."""
    if inbound.kind is not InboundKind.PHOTO or inbound.album is None:
        return None
    proved = await uow.values.get(_name(lane, officer)) or {}
    return TicketNumber(proved["nomor"]) if proved.get(ALBUM) == inbound.album else None


async def add_late_part(post: Post, number: TicketNumber) -> None:
    """Add a part of an album that came after its outcome, and say so."""
    file_id = post.inbound.file.file_id if post.inbound.file else ""
    picture = post.inbound.attachment or post.pictures.get(file_id)
    if not picture:
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


def _name(lane: Conversation, officer: Officer) -> str:
    return f"bukti:{lane.id}:{officer.id}"
