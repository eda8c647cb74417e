"""Puts the desk together: storage, catalogue, wording, calendar, secrets."""

import asyncio
from dataclasses import dataclass, fields
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from desk.domain.catalogue import Catalogue
from desk.domain.clocks import Limits
from desk.domain.handoff import Patience
from desk.domain.outgoing import OutboxMessage
from desk.domain.retention import Retention
from desk.domain.working_time import OfficeHours, WorkCalendar
from desk.services import events
from desk.services.events import Event, Subscribers
from desk.services.ports import Contents, UnitOfWork, UnitsOfWork
from desk.services.privacy import my_data
from desk.services.talk import begun
from desk.services.telling import (
    alerts,
    cards,
    citizens,
    officers,
    relays,
    waits,
)
from desk.services.tickets import casework
from desk.services.tools import Tools
from desk.services.wording import Wording
from desk.services.words import sheets
from desk.settings import ROOT, Settings
from desk.storage.catalogue_files import load_catalogue
from desk.storage.open import Storage, open_storage
from desk.storage.pictures import re_encode

CATALOGUE_FOLDER: Final = ROOT / "data" / "catalogue"
REPLIES_FOLDER: Final = ROOT / "data" / "replies"


@dataclass(frozen=True)
class Desk:
    """The open desk: what every role works with."""

    storage: Storage
    tools: Tools

    @property
    def units(self) -> UnitsOfWork:
        """Return units of work whose events are told with the desk's tools as they are now."""
        return told(self.storage.units, self.tools)

    @property
    def contents(self) -> Contents:
        """Return what makes the files that go with messages."""
        return contents_of(self.units, self.tools)

    async def start(self) -> None:
        """Begin to listen for the bell of other processes."""
        await self.storage.start()

    async def close(self) -> None:
        """Let go of the database."""
        await self.storage.close()


#: Who hears of what, in this order: the one place that joins those who act and those who tell.
SUBSCRIBERS: Final[Subscribers] = {
    events.TicketFiled: (officers.announce,),
    events.TicketMoved: (citizens.tell_of_move, officers.tell_of_move),
    events.TicketNoted: (citizens.tell_of_move, officers.tell_of_move),
    events.TicketRated: (),
    events.CitizenAdded: (officers.tell_of_addition,),
    events.CitizenObjected: (officers.tell_of_objection,),
    events.ClockRanLow: (officers.remind,),
    events.IdentityOpened: (citizens.tell_of_opened_identity,),
    events.HandoffAsked: (cards.show,),
    events.HandoffChanged: (cards.show,),
    events.HandoffTaken: (cards.show, relays.show_unanswered, waits.tell_of_officer),
    events.HandoffRequeued: (cards.show, waits.tell_of_requeue),
    events.HandoffEnded: (cards.show, waits.tell_of_end),
    events.CitizenSpoke: (relays.show_unanswered,),
    events.OfficerAnswered: (casework.note_written,),
    events.CitizenWarned: (waits.tell_of_warning,),
    events.MuteChanged: (waits.tell_of_mute,),
    events.ReportBegun: (begun.ask_for_the_rest,),
    events.WaitLasted: (alerts.call_officers,),
    events.OfficerFellSilent: (alerts.warn_officer,),
    events.OfficersLeft: (waits.tell_of_closing,),
    events.EmergencyHeard: (alerts.alert_to_emergency,),
    events.PersonErased: (alerts.tell_of_erasure,),
    events.DeliveryFailed: (alerts.tell_of_failure,),
}


def told(units: UnitsOfWork, tools: Tools) -> UnitsOfWork:
    """Return units of work whose events reach their subscribers, each with *tools*."""

    async def tell(uow: UnitOfWork, event: Event) -> None:
        for subscriber in SUBSCRIBERS[type(event)]:
            await subscriber(uow, tools, event)

    def make() -> UnitOfWork:
        uow = units()
        uow.told_by(tell)
        return uow

    return make


def contents_of(units: UnitsOfWork, tools: Tools) -> Contents:
    """Return what makes the files that go with messages: the hand-over sheet, a citizen's data."""

    async def make(message: OutboxMessage) -> bytes | None:
        number, conversation_id = message.body.sheet_of, message.conversation_id
        if number is not None:
            async with units() as uow:
                ticket = await uow.tickets.get(number)
            return sheets.as_csv(tools, ticket) if ticket else None
        if conversation_id is not None:
            return await my_data.pack(units, conversation_id, tools.now())
        return None

    return make


def open_desk(
    settings: Settings,
    *,
    catalogue_folder: Path = CATALOGUE_FOLDER,
    replies_folder: Path = REPLIES_FOLDER,
) -> Desk:
    """Return a desk on the database of the settings; nothing is connected yet.

    Raises:
        CatalogueInvalid: A file of the catalogue has faults.
        WordingInvalid: A file of replies cannot be used.
    """
    catalogue = load_catalogue(catalogue_folder)
    wording = Wording(replies_folder)
    group = settings.officer_group_id
    tools = Tools(
        catalogue=catalogue,
        wording=wording,
        calendar=calendar_of(catalogue),
        code_key=settings.derive("kode-tindak-lanjut").encode(),
        officer_group=str(group) if group is not None else None,
        public_url=settings.public_url,
        limits=_limits(settings),
        flood_messages=settings.flood_messages,
        retention=retention_of(settings),
        patience=_patience_of(settings),
        breaks=_breaks_of(settings),
    )
    return Desk(open_storage(settings.database_url), tools)


def _limits(settings: Settings) -> Limits:
    return Limits(
        verification=settings.days_verifikasi,
        start=settings.days_mulai,
        resolution=settings.days_penyelesaian,
        resolution_with_field_check=settings.days_pemeriksaan_lapangan,
        citizen_answer=settings.days_tanggapan_warga,
        information=settings.days_informasi,
        application=settings.days_permohonan,
    )


def retention_of(settings: Settings) -> Retention:
    """Return how long each kind of data is kept."""
    spans = {
        field.name: timedelta(days=getattr(settings, f"retention_{field.name}_days"))
        for field in fields(Retention)
    }
    return Retention(**spans)


def _breaks_of(settings: Settings) -> dict[int, OfficeHours]:
    """Return the breaks of officers by weekday; Monday is 0."""
    told = {**dict.fromkeys(range(4), settings.handoff_break), 4: settings.handoff_break_friday}
    return {weekday: OfficeHours.parse(text) for weekday, text in told.items() if text}


def _patience_of(settings: Settings) -> Patience:
    """Return how long people wait before somebody is reminded."""
    return Patience(
        remind_group_after=timedelta(minutes=settings.handoff_remind_minutes),
        call_supervisors_after=timedelta(minutes=settings.handoff_supervisor_minutes),
        warn_officer_after=timedelta(minutes=settings.handoff_warn_minutes),
        requeue_after=timedelta(minutes=settings.handoff_requeue_minutes),
    )


def calendar_of(catalogue: Catalogue) -> WorkCalendar:
    """Return the working time that the catalogue's hours and holidays make."""
    hours = {day.hari: OfficeHours(day.buka, day.tutup) for day in catalogue.general.jam_kantor}
    holidays: frozenset[date] = frozenset(catalogue.holidays())
    return WorkCalendar(hours=hours, holidays=holidays)


async def re_encode_picture(data: bytes) -> bytes:
    """Re-encode a picture without metadata, beside the event loop.

    Raises:
        ValueError: The bytes are no picture we take.
    """
    return await asyncio.to_thread(re_encode, data)
