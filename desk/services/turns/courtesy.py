"""Polite answers to what the desk cannot use: voice, video, stickers, lost pictures."""

from collections.abc import Mapping

from desk.domain.inbound import InboundKind
from desk.domain.reply import Reply
from desk.domain.turn import LOST, Turn
from desk.services.tools import Tools
from desk.services.turns import pictures as pictures_in

#: The text for each kind whose content is not used.
TEXT_OF: Mapping[InboundKind, str] = {
    InboundKind.DOCUMENT: "terima.dokumen",
    InboundKind.VOICE: "terima.suara",
    InboundKind.VIDEO: "terima.video",
    InboundKind.STICKER: "terima.stiker",
    InboundKind.POLL: "terima.jajak",
    InboundKind.EDITED: "terima.suntingan",
    InboundKind.OTHER: "terima.lain",
}


def replies(tools: Tools, turn: Turn) -> tuple[Reply, ...]:
    """Return one polite sentence for each kind of unusable thing in the turn."""
    kinds = dict.fromkeys(message.inbound.kind for message in turn.messages)
    texts = [TEXT_OF[kind] for kind in kinds if kind in TEXT_OF]
    contacts = [m.inbound for m in turn.messages if m.inbound.kind is InboundKind.CONTACT]
    if contacts and not any(contact.phone for contact in contacts):
        texts.append("terima.kontak_orang_lain")
    if any(turn.attachments.get(key) == LOST for key in pictures_in.keys(turn)):
        texts.append("terima.foto_gagal")
    return tuple(Reply(tools.say(text)) for text in texts)
