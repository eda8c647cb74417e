"""What Rasa is asked for a turn: words, a press, and what the actions need to know besides."""

from collections.abc import Mapping
from typing import Any

from desk.domain.conversation import Conversation
from desk.domain.inbound import WORDED, Inbound, InboundKind
from desk.domain.reply import Button, Reply
from desk.domain.turn import Turn
from desk.services.ports import TurnRequest
from desk.services.talk import linking
from desk.services.tools import Tools
from desk.services.turns import pictures as pictures_in

#: Commands a citizen may type, and what each stands for.
COMMANDS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "start": ("salam", {"bidang": "mulai"}),
    "bantuan": ("bantuan", {}),
    "lacak": ("cek_status_aduan", {}),
    "batal": ("batal", {}),
    "lapor": ("lapor_aduan", {"bidang": "mulai_lapor"}),
    "petugas": ("minta_petugas", {}),
}


def request_of(
    tools: Tools,
    turn: Turn,
    conversation: Conversation,
    button: Button | None,
    answers: str | None,
) -> TurnRequest | Reply | None:
    """Return what Rasa is to be asked, a reply that needs no Rasa, or None."""
    first = turn.messages[0].inbound
    if first.kind is InboundKind.PRESS:
        if button is None:
            return Reply(tools.say("tombol_kedaluwarsa"))
        return _ask(turn, conversation, press=button.intent, pressed=button.data)
    if first.kind is InboundKind.COMMAND:
        intent, data = _command(first)
        return _ask(turn, conversation, press=intent, pressed=data)
    return _spoken(turn, conversation, answers)


def _command(inbound: Inbound) -> tuple[str, Mapping[str, str]]:
    intent, data = COMMANDS.get(inbound.command or "", COMMANDS["bantuan"])
    argument = (inbound.text or "").strip()
    if inbound.command == "start" and argument.startswith(linking.START_PREFIX):
        token = argument.removeprefix(linking.START_PREFIX)
        return "pilih", {"bidang": "hubungkan", "nilai": token}
    return intent, {**data, **({"teks": argument} if argument else {})}


def words_of(turn: Turn) -> str:
    """Return what was written in a turn."""
    inbounds = (message.inbound for message in turn.messages)
    return "\n".join(i.text for i in inbounds if i.text and i.kind in WORDED).strip()


def _spoken(turn: Turn, conversation: Conversation, answers: str | None) -> TurnRequest | None:
    """Return the request for words, pictures and places that came together.

    *answers* is the question of the desk to which they reply.
    """
    inbounds = [message.inbound for message in turn.messages]
    text = words_of(turn)
    photos = [kept for key in pictures_in.keys(turn) if (kept := turn.attachments.get(key))]
    point = next((i.point for i in reversed(inbounds) if i.point), None)
    phone = next((i.phone for i in reversed(inbounds) if i.phone), None)
    facts: dict[str, Any] = {"foto": photos}
    if point:
        facts["titik"] = [point.lat, point.lon]
    if phone:
        facts["telepon"] = phone
    if answers:
        facts["menjawab"] = answers
    if text:
        return _ask(turn, conversation, text=text, facts=facts)
    if phone:
        return _ask(turn, conversation, text=phone, facts=facts)
    if photos:
        return _ask(turn, conversation, press="kirim_foto", facts=facts)
    if point:
        return _ask(turn, conversation, press="kirim_lokasi", facts=facts)
    return None


def _ask(
    turn: Turn,
    conversation: Conversation,
    *,
    text: str | None = None,
    press: str | None = None,
    pressed: Mapping[str, str] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> TurnRequest:
    metadata = {
        "percakapan": conversation.id,
        "giliran": turn.id,
        "tekan": dict(pressed or {}),
        **(facts or {}),
    }
    session = turn.session_id or conversation.session.id
    return TurnRequest(session, turn.id, text, press, metadata)
