"""Plays citizens through the whole desk but Rasa and Telegram, which are played themselves.

What a citizen sends is received, worked as a turn, answered by the real steps over real storage,
queued, and delivered by the real sender. Only what Rasa makes of a text is told by the test.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

from actions.reading import heard_in
from desk.bootstrap import CATALOGUE_FOLDER, REPLIES_FOLDER, calendar_of, contents_of, told
from desk.domain.conversation import Channel, Conversation, ConversationId
from desk.domain.draft import Draft
from desk.domain.inbound import FileRef, Inbound, InboundKind, Point
from desk.domain.lifecycle import MoveDetails, Status
from desk.domain.outgoing import Outgoing
from desk.domain.pace import Pace
from desk.domain.ticket import Ticket
from desk.domain.turn import TurnId, Understanding
from desk.services.errors import AddresseeGone, RasaUnavailable
from desk.services.outbox.sending import Sender
from desk.services.ports import TurnAnswer, TurnRequest, UnitsOfWork
from desk.services.talk.dialogue import ACTIONS, answer_step
from desk.services.tickets.moving import Mover, move
from desk.services.tools import Tools
from desk.services.turns import intake
from desk.services.turns.working import LEASE, work_on
from desk.services.turns.workshop import Workshop
from desk.services.wording import Wording
from desk.storage.catalogue_files import load_catalogue
from desk.storage.codec import to_json
from nlu.emergency import is_urgent

START = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)  # Tuesday, 10.00 WITA
FALLBACK = "nlu_fallback"


@cache
def _contents() -> tuple[Any, Wording]:
    return load_catalogue(CATALOGUE_FOLDER), Wording(REPLIES_FOLDER)


@dataclass
class Clock:
    """A clock that only tests move."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **spans: float) -> None:
        self.now += timedelta(**spans)


@dataclass(frozen=True)
class Sense:
    """What Rasa makes of a text."""

    intent: str = "lapor_aduan"
    sure: float = 0.9
    services: tuple[str, ...] = ()
    variant: str | None = None
    places: tuple[tuple[str, ...], ...] = ()
    categories: tuple[tuple[str, float], ...] = ()
    ranking: tuple[tuple[str, float], ...] = ()

    def message(self, text: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
        """Return the tracker's latest message as our pipeline fills it."""
        ranking = self.ranking or ((self.intent, self.sure),)
        entities = [{"entity": "layanan", "value": name} for name in self.services]
        if self.variant:
            entities.append({"entity": "varian", "value": self.variant})
        for codes in self.places:
            place: dict[str, Any] = {"entity": "lokasi", "value": codes[0], "pilihan": codes}
            entities.append(place)
        if self.categories:
            rows = [{"name": name, "confidence": share} for name, share in self.categories]
            category: dict[str, Any] = {"entity": "kategori", "value": rows[0]["name"]}
            entities.append({**category, "ranking": rows})
        return {
            "text": text,
            "intent": {"name": self.intent, "confidence": self.sure},
            "intent_ranking": [{"name": n, "confidence": share} for n, share in ranking],
            "entities": entities,
            "metadata": metadata,
        }


@dataclass
class Rasa:
    """Plays Rasa: understands as told, runs the real steps of the desk."""

    units: UnitsOfWork
    tools: Tools
    senses: dict[str, Sense] = field(default_factory=dict)
    troubles: list[Exception] = field(default_factory=list)  #: raised one by one before all else
    asked: list[TurnRequest] = field(default_factory=list)
    is_away: bool = False

    async def take_turn(self, request: TurnRequest) -> TurnAnswer:
        self.asked.append(request)
        if self.troubles:
            raise self.troubles.pop(0)
        if self.is_away:
            raise RasaUnavailable
        message = self._understand(request)
        intent = message["intent"]["name"]
        replies = await answer_step(
            self.units,
            self.tools,
            ACTIONS[intent],
            heard_in(message),
            conversation_id=ConversationId(request.metadata["percakapan"]),
            turn_id=TurnId(request.metadata["giliran"]),
        )
        sure = float(message["intent"]["confidence"])
        return TurnAnswer(tuple(replies), Understanding(intent, intent, sure, raw={"ranking": []}))

    async def intent_of(self, text: str) -> str:
        if self.troubles or self.is_away:
            raise RasaUnavailable
        return self.senses.get(text, Sense(FALLBACK)).intent

    def _understand(self, request: TurnRequest) -> dict[str, Any]:
        metadata = {**request.metadata, "turn_id": request.turn_id}
        unknown = Sense(FALLBACK, 0.1, ranking=(("di_luar_topik", 0.1),))
        return self.senses.get(request.text, unknown).message(request.text, metadata)


@dataclass
class Meanwhile:
    """Rasa, during whose answer something else happens, whether it answers or not."""

    rasa: Rasa
    happens: Callable[[], Awaitable[None]]

    async def take_turn(self, request: TurnRequest) -> TurnAnswer:
        try:
            return await self.rasa.take_turn(request)
        finally:
            await self.happens()

    async def intent_of(self, text: str) -> str:
        return await self.rasa.intent_of(text)


@dataclass
class Messenger:
    """Plays a channel: keeps what was delivered, fails as told."""

    delivered: list[tuple[str, Outgoing]] = field(default_factory=list)
    contents: list[bytes | None] = field(default_factory=list)  #: what went with each of them
    troubles: dict[str, list[Exception]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    edited: list[tuple[str, str, Outgoing]] = field(default_factory=list)
    deleted: set[tuple[str, str]] = field(default_factory=set)  #: messages edited in vain

    async def send(self, address: str, body: Outgoing, content: bytes | None) -> str:
        if address in self.gone:
            raise AddresseeGone
        if self.troubles.get(address):
            raise self.troubles[address].pop(0)
        self.delivered.append((address, body))
        self.contents.append(content)
        return str(len(self.delivered))

    async def edit(self, address: str, message_id: str, body: Outgoing) -> bool:
        if self.troubles.get(address):
            raise self.troubles[address].pop(0)
        if (address, message_id) in self.deleted:
            return False
        self.edited.append((address, message_id, body))
        return True

    def to(self, address: str) -> list[Outgoing]:
        return [body for where, body in self.delivered if where == address]


@dataclass
class Files:
    """Plays the channel's store of files."""

    contents: dict[str, bytes | Exception] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)

    async def fetch(self, channel: Channel, file: FileRef) -> bytes:
        self.fetched.append(file.file_id)
        found = self.contents.get(file.file_id, file.file_id.encode())
        if isinstance(found, Exception):
            raise found
        return found


class Silence:
    """Plays signs of life and the bell, which nobody sees or hears."""

    def typing(self, channel: Channel, address: str) -> AbstractContextManager[None]:
        """Show nothing."""
        return nullcontext()

    def ring(self, topic: str) -> None:
        """Wake nobody."""

    async def wait(self, topic: str, timeout: float) -> None:  # noqa: ASYNC109 - as the port says
        """Wait for nobody."""


async def as_it_is(data: bytes) -> bytes:
    """Stand for the re-encoding of a picture; some bytes are none."""
    if data == b"bukan gambar":
        raise ValueError("no picture")
    return data


async def stored(units: UnitsOfWork, ticket: Ticket) -> Ticket:
    """Return a ticket as it is now."""
    async with units() as uow:
        found = await uow.tickets.get(ticket.number)
    assert found is not None
    return found


@dataclass
class Stage:
    """A whole desk with its players."""

    units: UnitsOfWork
    clock: Clock = field(default_factory=Clock)
    channel: Channel = Channel.TELEGRAM
    officer_group: str | None = None
    private_topics: bool = False
    files: Files = field(default_factory=Files)
    messenger: Messenger = field(default_factory=Messenger)
    tools: Tools = field(init=False)
    rasa: Rasa = field(init=False)
    sender: Sender = field(init=False)
    _ids: Any = field(default_factory=lambda: count(1000))

    def __post_init__(self) -> None:
        catalogue, wording = _contents()
        self.tools = Tools(
            catalogue=catalogue,
            wording=wording,
            calendar=calendar_of(catalogue),
            code_key=b"k" * 32,
            officer_group=self.officer_group,
            has_private_topics=lambda: self.private_topics,
            public_url="https://sapa.example",
            now=self.clock,
        )
        self.units = told(self.units, self.tools)
        self.rasa = Rasa(self.units, self.tools)
        self.sender = Sender(
            self.units,
            self.tools,
            self.channel,
            self.messenger,
            Pace(),
            holder="uji",
            contents=contents_of(self.units, self.tools),
        )

    def use(self, tools: Tools) -> None:
        """Have everybody on the stage work with other tools."""
        self.tools = self.rasa.tools = tools
        self.units = self.rasa.units = told(self.units, tools)

    def shop(self, units: UnitsOfWork | None = None) -> Workshop:
        """Return a worker's tools, with other units of work when told."""
        silence = Silence()
        rasa = self.rasa if units is None else replace(self.rasa, units=units)
        return Workshop(
            units=units or self.units,
            tools=self.tools,
            rasa=rasa,
            files=self.files,
            presence=silence,
            bell=silence,
            re_encode=as_it_is,
            is_urgent=is_urgent,
            name="uji",
        )

    async def work_while(self, happens: Callable[[], Awaitable[None]]) -> None:
        """Work all turns that are due; something *happens* while Rasa answers."""
        await self.work(replace(self.shop(), rasa=Meanwhile(self.rasa, happens)))

    def citizen(self, address: str = "123", name: str | None = "Andi Baso") -> "Citizen":
        return Citizen(self, address, name)

    def next_id(self) -> str:
        return str(next(self._ids))

    async def work(self, shop: Workshop | None = None, *, turns: int = 50) -> int:
        """Work all turns that are due after a moment of waiting; return how many."""
        shop = shop or self.shop()
        self.clock.advance(seconds=1)
        done = 0
        while done < turns and (found := await self.find_due()):
            await work_on(shop, found)
            done += 1
        return done

    async def find_due(self) -> ConversationId | None:
        """Lease the conversation whose turn it is, if there is one."""
        async with self.units() as uow:
            found = await uow.conversations.lease_next("uji", self.clock(), LEASE)
            await uow.commit()
        return found

    async def take_due(self) -> ConversationId:
        """Lease the conversation whose turn it is; there must be one."""
        found = await self.find_due()
        assert found is not None
        return found

    async def stored(self, ticket: Ticket) -> Ticket:
        """Return a ticket as it is now."""
        return await stored(self.units, ticket)

    async def move(
        self, ticket: Ticket, target: Status, by: Mover, details: MoveDetails | None = None
    ) -> None:
        """Move a ticket, and deliver what people are told of it."""
        async with self.units() as uow:
            await move(uow, self.tools, ticket.number, target, by, details)
            await uow.commit()
        await self.deliver()

    async def deliver(self) -> None:
        """Send all that is due, and what becomes due within a minute."""
        for _ in range(60):
            dropped = self.sender.counts.dropped
            leaving, held = await self.sender.take_due()
            for message in leaving:
                await self.sender.send(message)
            if not leaving and held is None and self.sender.counts.dropped == dropped:
                return
            self.clock.advance(seconds=1)


def labels_of(body: Outgoing) -> list[str]:
    """Return the labels of a message's buttons."""
    return [button.label for row in body.buttons for button in row]


@dataclass
class Citizen:
    """One citizen with one chat."""

    stage: Stage
    address: str
    name: str | None

    async def send(self, inbound: Inbound, *, twice: bool = True) -> None:
        """Hand something to the desk; channels like to deliver everything twice."""
        external_id = self.stage.next_id()
        raw = {"update_id": external_id, "message": to_json(inbound)}
        arrival = intake.Arrival(
            self.stage.channel,
            external_id,
            raw,
            address=self.address,
            inbound=replace(inbound, profile_name=self.name),
        )
        arrivals = [arrival, arrival] if twice else [arrival]
        await intake.receive(self.stage.units, self.stage.tools, Silence(), arrivals)

    async def hear(self) -> str:
        """Have the desk answer; return the text of what is new, all messages joined."""
        before = len(self.heard)
        await self.stage.work()
        await self.stage.deliver()
        return "\n\n".join(body.text for body in self.heard[before:])

    @property
    def heard(self) -> list[Outgoing]:
        return self.stage.messenger.to(self.address)

    @property
    def labels(self) -> list[str]:
        """Return the labels of the newest message's buttons."""
        return labels_of(self.heard[-1])

    async def say(self, text: str, intent: str = "lapor_aduan", **sense: Any) -> str:
        self.stage.rasa.senses[text] = Sense(intent, **sense)
        await self.send(Inbound(InboundKind.TEXT, text=text))
        return await self.hear()

    async def reply(self, quoted: str, inbound: Inbound) -> str:
        """Reply in Telegram to the newest message in which something is said."""
        delivered = enumerate(self.stage.messenger.delivered, start=1)
        found = [n for n, (to, body) in delivered if to == self.address and quoted in body.text]
        await self.send(replace(inbound, reply_to=str(found[-1])))
        return await self.hear()

    def token(self, label: str) -> str:
        """Return the token of the newest button with a label."""
        for body in reversed(self.heard):
            for row in body.buttons:
                for button in row:
                    if button.label == label:
                        return button.token
        raise AssertionError(f"no button {label!r}; the last ones are {self.labels}")

    async def press(self, *labels: str) -> str:
        """Press buttons one after the other; return the answer to the last."""
        answer = ""
        for label in labels:
            await self.send(Inbound(InboundKind.PRESS, token=self.token(label)))
            answer = await self.hear()
        return answer

    async def command(self, command: str, argument: str | None = None) -> str:
        await self.send(Inbound(InboundKind.COMMAND, command=command, text=argument))
        return await self.hear()

    async def photos(self, *file_ids: str, caption: str | None = None, **sense: Any) -> str:
        if caption is not None:
            self.stage.rasa.senses[caption] = Sense(**sense)
        for position, file_id in enumerate(file_ids):
            text = caption if position == 0 else None
            await self.send(Inbound(InboundKind.PHOTO, text=text, file=FileRef(file_id)))
        return await self.hear()

    async def pin(self, lat: float = -2.67, lon: float = 118.89) -> str:
        await self.send(Inbound(InboundKind.LOCATION, point=Point(lat, lon)))
        return await self.hear()

    async def conversation(self) -> Conversation:
        async with self.stage.units() as uow:
            found = await uow.conversations.at_address(self.stage.channel, self.address)
        assert found is not None
        return found

    async def draft(self) -> Draft | None:
        conversation = await self.conversation()
        async with self.stage.units() as uow:
            return await uow.drafts.active(conversation.id)

    async def tickets(self) -> Sequence[Ticket]:
        conversation = await self.conversation()
        async with self.stage.units() as uow:
            return await uow.tickets.of_conversation(conversation.id)


LAMP = "lampu jalan di Karema mati sudah 3 hari, gelap sekali"
LAMP_SENSE: Mapping[str, Any] = {
    "places": (("76.02.01.1012",),),
    "categories": (("penerangan_jalan", 0.9), ("listrik_telekomunikasi", 0.05)),
}


async def lamp_summary(citizen: Citizen) -> str:
    """Bring a complaint up to its summary."""
    await citizen.say(LAMP, **LAMP_SENSE)
    return await citizen.press("Saya setuju", "Tanpa foto", "Terbuka")


async def file_lamp(citizen: Citizen) -> Ticket:
    """File a complaint and return its ticket."""
    await lamp_summary(citizen)
    await citizen.press("Kirim")
    return (await citizen.tickets())[0]
