"""Tickets in every state, officers of every role, and what they and citizens are told."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select

from desk.bootstrap import told
from desk.domain.conversation import Channel, Conversation, ConversationId, Session
from desk.domain.inbound import Point
from desk.domain.lifecycle import (
    Actor,
    HistoryEntry,
    Identity,
    Kind,
    MoveDetails,
    OutcomeCode,
    RefusalCode,
    Status,
)
from desk.domain.officer import Officer, OfficerId
from desk.domain.outgoing import Outgoing
from desk.domain.roles import Grant, Role
from desk.domain.ticket import Reporter, Ticket, TicketId, TicketPlace
from desk.domain.ticket_number import new_ticket_number
from desk.services.tickets import moving
from desk.services.tools import Tools, new_id
from desk.storage.codec import read_json
from desk.storage.open import Storage
from desk.storage.tables import OutboxRow
from tests.integration.scenes import Citizen, Clock, Stage, stored

S = Status
OFFICE = "dinas_pu_mamuju"
OTHER_OFFICE = "dishub_mamuju"
#: Name and phone of the citizen who files `ticket_in`, which few may read.
SECRETS = ("Nama Artifisial", "0800-0000")
#: How a ticket gets into each state, and who leads it there.
WAY: dict[Status, tuple[Status, ...]] = {
    S.NEW: (),
    S.VERIFIED: (S.VERIFIED,),
    S.FORWARDED: (S.VERIFIED, S.FORWARDED),
    S.IN_PROGRESS: (S.VERIFIED, S.FORWARDED, S.IN_PROGRESS),
    S.ON_HOLD: (S.VERIFIED, S.FORWARDED, S.IN_PROGRESS, S.ON_HOLD),
    S.RESOLVED: (S.VERIFIED, S.FORWARDED, S.IN_PROGRESS, S.RESOLVED),
    S.CLOSED: (S.VERIFIED, S.FORWARDED, S.IN_PROGRESS, S.RESOLVED, S.CLOSED),
    S.REJECTED: (S.REJECTED,),
    S.NOT_OURS: (S.NOT_OURS,),
    S.WITHDRAWN: (S.WITHDRAWN,),
    S.MERGED: (S.VERIFIED, S.FORWARDED, S.IN_PROGRESS, S.MERGED),
}
EVERYTHING = MoveDetails(
    draft_confirmed=True,
    office=OFFICE,
    refusal=RefusalCode.UNCLEAR,
    words="Mohon maklum",
    referral="Silakan hubungi instansi yang berwenang",
    question="Di sebelah mana?",
    outcome=OutcomeCode.SCHEDULED,
    scheduled_for=date(2026, 12, 1),
    proof="Surat 7/2026",
)


def pothole(history: Sequence[HistoryEntry], /, **changes: Any) -> Ticket:
    """Return a complaint to the office of roads, not stored yet; *changes* make it another."""
    plain = Ticket(
        id=TicketId(new_id()),
        number=new_ticket_number(),
        kind=Kind.ADUAN,
        status=history[-1].to_status,
        identity=Identity.TERBUKA,
        filed_at=history[0].at,
        description="Jalan berlubang di depan pasar",
        category="jalan_jembatan",
        office=OFFICE,
        place=TicketPlace("76.02.01.1012"),
        history=tuple(history),
    )
    return replace(plain, **changes)


@dataclass
class Bureau:
    """A desk with citizens, officers and tickets, and a clock that only tests move."""

    storage: Storage
    tools: Tools
    clock: Clock = field(default_factory=Clock)
    _ids: Any = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.tools = replace(self.tools, now=self.clock)

    @property
    def units(self) -> Any:
        return told(self.storage.units, self.tools)

    async def citizen(
        self, address: str | None = None, channel: Channel = Channel.TELEGRAM
    ) -> Conversation:
        address = address or str(100 + next(self._ids))
        new = Conversation(
            ConversationId(f"warga-{address}"), channel, address, self.clock(), Session("s")
        )
        async with self.units() as uow:
            stored = await uow.conversations.add(new)
            await uow.commit()
        return stored

    async def officer(
        self, role: Role, office: str | None = None, name: str | None = None
    ) -> Officer:
        number = 9000 + next(self._ids)
        new = Officer(
            OfficerId(new_id()),
            number,
            name or f"{role} {number}",
            self.clock(),
            (Grant(role, office),),
        )
        async with self.units() as uow:
            stored = await uow.officers.add(new)
            await uow.commit()
        return stored

    async def ticket(
        self,
        status: Status = S.NEW,
        citizen: Conversation | None = None,
        *,
        filed_at: datetime | None = None,
        **changes: Any,
    ) -> Ticket:
        at = filed_at or self.clock()
        office = changes.get("office", OFFICE)
        history = [HistoryEntry(at, None, S.NEW, Actor.CITIZEN, office=office)]
        for index, target in enumerate(WAY[status]):
            history.append(
                HistoryEntry(
                    at + timedelta(seconds=index + 1),
                    history[-1].to_status,
                    target,
                    Actor.PETUGAS,
                    office=office,
                )
            )
        reporter = Reporter(citizen.id, "Budi Artifisial", "0800") if citizen else Reporter()
        ticket = pothole(history, **{"reporter": reporter, **changes})
        async with self.units() as uow:
            await uow.tickets.add(ticket)
            await uow.commit()
        return ticket

    async def move(
        self,
        ticket: Ticket,
        target: Status,
        by: moving.Mover,
        details: MoveDetails = EVERYTHING,
        **more: Any,
    ) -> moving.Moved:
        async with self.units() as uow:
            moved = await moving.move(uow, self.tools, ticket.number, target, by, details, **more)
            await uow.commit()
        return moved

    async def stored(self, ticket: Ticket) -> Ticket:
        return await stored(self.units, ticket)

    async def sent(self, address: str | None = None) -> list[Outgoing]:
        """Return all that is queued, to one address if one is given, in order."""
        query = select(OutboxRow).order_by(OutboxRow.id)
        if address is not None:
            query = query.where(OutboxRow.address == address)
        async with self.storage.engine.connect() as connection:
            rows = await connection.execute(query)
        return [read_json(row.body, Outgoing) for row in rows]

    async def texts(self, address: str | None = None) -> list[str]:
        return [body.text for body in await self.sent(address)]


async def ticket_in(
    stage: Stage, status: Status = S.NEW, citizen: Citizen | None = None, **changes: Any
) -> Ticket:
    """Store a ticket that is in a state since it was filed."""
    at = changes.get("filed_at", stage.clock())
    office = changes.get("office", OFFICE)
    conversation = await citizen.conversation() if citizen else None
    history = [HistoryEntry(at, None, S.NEW, Actor.CITIZEN, office=office)]
    if status is not S.NEW:
        history.append(HistoryEntry(at, S.NEW, status, Actor.KOORDINATOR, office=office))
    ticket = pothole(
        history,
        **{
            "place": TicketPlace("76.02.01.1012", point=Point(-2.67, 118.89)),
            "reporter": Reporter(conversation.id if conversation else None, *SECRETS),
            **changes,
        },
    )
    async with stage.units() as uow:
        await uow.tickets.add(ticket)
        await uow.commit()
    return ticket


async def ready(stage: Stage) -> Citizen:
    """Return a citizen whom the desk knows."""
    citizen = stage.citizen()
    await citizen.say("halo", "salam")
    return citizen
