"""What a turn says: what was pressed, shown or sent, or words, for which Rasa is asked."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from desk.domain.conversation import Conversation
from desk.domain.heard import FALLBACK, Heard
from desk.domain.inbound import WORDED, Inbound, InboundKind
from desk.domain.presses.citizens import Begin, CitizenPress, KeptWords, Means, OpenLink
from desk.domain.presses.codec import pending_to_json
from desk.domain.presses.pending import Pending
from desk.domain.turn import InboxMessage, Turn
from desk.services.ports import TurnRequest
from desk.services.talk import linking
from desk.services.turns import pictures as pictures_in

#: Commands a citizen may give, and what each stands for.
COMMANDS: Mapping[str, CitizenPress] = {
    "start": Begin(),
    "bantuan": Means("bantuan"),
    "lacak": Means("cek_status_aduan"),
    "batal": Means("batal"),
    "lapor": Means("lapor_aduan"),
    "petugas": Means("minta_petugas"),
}


def commanded(inbound: Inbound) -> CitizenPress:
    """Return what a command stands for; what follows it are its words."""
    means = COMMANDS.get(inbound.command or "", COMMANDS["bantuan"])
    argument = (inbound.text or "").strip()
    if isinstance(means, Begin) and argument.startswith(linking.START_PREFIX):
        return OpenLink(argument.removeprefix(linking.START_PREFIX))
    if isinstance(means, Means) and argument:
        return replace(means, words=KeptWords(text=argument))
    return means


def words_of(messages: tuple[InboxMessage, ...]) -> str:
    """Return what was written in messages that belong together."""
    inbounds = (message.inbound for message in messages)
    return "\n".join(i.text for i in inbounds if i.text and i.kind in WORDED).strip()


def said_in(turn: Turn, press: CitizenPress | None, answers: Pending | None) -> Heard | None:
    """Return what a turn says before anybody understood it; None: nothing that can be used.

    *press* is what a button means that was pressed, *answers* the question that is replied to.
    """
    first = turn.messages[0].inbound
    if first.kind is InboundKind.COMMAND:
        return Heard.pressed(commanded(first))
    if press is not None:
        return Heard.pressed(press)
    inbounds = [message.inbound for message in turn.messages]
    photos = [kept for key in pictures_in.keys(turn) if (kept := turn.attachments.get(key))]
    heard = Heard(
        FALLBACK,
        text=words_of(turn.messages),
        point=next((i.point for i in reversed(inbounds) if i.point), None),
        phone=next((i.phone for i in reversed(inbounds) if i.phone), None),
        photos=tuple(photos),
        answers=answers,
    )
    says_something = heard.text or heard.photos or heard.point or heard.phone
    return heard if says_something else None


def request_of(turn: Turn, conversation: Conversation, heard: Heard) -> TurnRequest:
    """Return what Rasa is asked about words, with what the actions need to know besides."""
    metadata: dict[str, Any] = {
        "percakapan": conversation.id,
        "giliran": turn.id,
        "foto": list(heard.photos),
    }
    if heard.point is not None:
        metadata["titik"] = [heard.point.lat, heard.point.lon]
    if heard.phone is not None:
        metadata["telepon"] = heard.phone
    if heard.answers is not None:
        metadata["menjawab"] = pending_to_json(heard.answers)
    session = turn.session_id or conversation.session.id
    return TurnRequest(session, turn.id, heard.text, metadata)
