"""Reads what the chat's page sends: words, presses, commands, places."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from desk.domain.inbound import Inbound, InboundKind, Point
from web.answers import Refusal

MAX_TEXT = 4000

ClientId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
#: The commands behind the page's own buttons.
Command = Literal[
    "start", "bantuan", "lacak", "lapor", "petugas", "batal", "datasaya", "hapusdata"
]


class _Message(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    id: ClientId
    text: str | None = None
    token: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None
    command: Command | None = None
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None = None
    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None = None


class Acknowledgement(BaseModel):
    """Which messages a page has shown: all after one id up to another."""

    last_id: Annotated[int, Field(ge=0, le=2**53)]
    after: Annotated[int, Field(ge=0, le=2**53)] = 0


class LinkRequest(BaseModel):
    """Which ticket is to be joined to Telegram."""

    nomor: Annotated[str, StringConstraints(max_length=40)]


def read_message(body: bytes) -> tuple[str, Inbound]:
    """Return the page's own id of a message, and the message.

    Raises:
        Refusal: It is none, or its words are too many.
    """
    try:
        message = _Message.model_validate_json(body)
    except ValidationError as error:
        raise Refusal(400, "web.tidak_terbaca", "unreadable") from error
    return message.id, _inbound_of(message)


def _inbound_of(message: _Message) -> Inbound:
    if message.token is not None:
        return Inbound(InboundKind.PRESS, token=message.token)
    if message.command is not None:
        return Inbound(InboundKind.COMMAND, command=message.command)
    if message.lat is not None and message.lon is not None:
        return Inbound(InboundKind.LOCATION, point=Point(message.lat, message.lon))
    text = clean(message.text or "")
    if not text:
        raise Refusal(400, "web.tidak_terbaca", "unreadable")
    return Inbound(InboundKind.TEXT, text=text)


def clean(text: str) -> str:
    """Return the words without what no keyboard writes.

    Raises:
        Refusal: There are too many.
    """
    # PostgreSQL stores no NUL; one in a message would be refused again and again.
    text = text.replace("\0", "").replace("\r\n", "\n").strip()
    if len(text) > MAX_TEXT:
        raise Refusal(413, "web.terlalu_panjang", "too_long", paling_banyak=MAX_TEXT)
    return text
