"""Answers questions about services and offices from the catalogue, and from nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from desk.domain.catalogue import Agency, Catalogue, OnlineExtent, Service, Variant
from desk.domain.facts import Fact, Topic
from desk.domain.handoff import Trigger
from desk.domain.mentions import mentioned
from desk.domain.presses.citizens import AboutService, KeptWords, Means
from desk.domain.reply import Button, Reply
from desk.domain.topic_facts import (
    AGENCY_TOPICS,
    Line,
    TopicFacts,
    depends_on_variant,
    facts_of_agency,
    facts_of_service,
)
from desk.services.tools import Tools
from desk.services.wording import Wording, rupiah
from desk.services.words.buttons import Rows, rows_of

__all__ = ["Context", "Guidance", "GuidanceAnswer", "Topic"]

_MOST_ANSWERS = 3  # more services than this in one message is a list, not a question
_MOST_SOURCES = 3
#: The buttons that lead on, row by row; the topic just answered is left out.
_LEADS = (
    (Topic.REQUIREMENTS, Topic.FEE, Topic.TIME),
    (Topic.PLACE, Topic.ONLINE),
)


@dataclass(frozen=True)
class Context:
    """The service, and its variant, last spoken of."""

    service: str | None = None
    variant: str | None = None


@dataclass(frozen=True)
class GuidanceAnswer:
    """What to say, and what is now being spoken of."""

    replies: tuple[Reply, ...]
    context: Context


class Guidance:
    """Answers the `tanya_*` intents."""

    def __init__(self, catalogue: Catalogue, wording: Wording) -> None:
        """Answer from *catalogue* in the words of *wording*."""
        self._catalogue = catalogue
        self._wording = wording

    def answer(
        self,
        topic: Topic,
        services: tuple[str, ...],
        context: Context,
        *,
        variant: str | None = None,
        text: str = "",
        ask_agency: str | None = None,
        by_officer: bool = False,
    ) -> GuidanceAnswer:
        """Answer a question about *services*, an office, or what was last spoken of.

        Args:
            topic: What is asked.
            services: Ids of the services the message names; none for a follow-up.
            context: What was last spoken of.
            variant: The variant the message or the button names, where known.
            text: The citizen's words, searched for a variant and for the name of an office.
            ask_agency: Id of the office the question is about, where known.
            by_officer: Whether an officer answers, who points nobody to an officer.
        """
        agencies = (ask_agency,) if ask_agency else self._agencies_asked(topic, services, text)
        if agencies:
            return self._about_agencies(topic, agencies, context)
        asked = services or ((context.service,) if context.service else ())
        if not asked:
            return GuidanceAnswer((self._which_service(topic),), context)
        answers = [
            self._about_service(
                topic,
                self._catalogue.service(service_id),
                context,
                variant,
                text,
                by_officer=by_officer,
            )
            for service_id in dict.fromkeys(asked[:_MOST_ANSWERS])
        ]
        return GuidanceAnswer(
            replies=tuple(reply for found in answers for reply in found.replies),
            context=answers[-1].context,
        )

    def subject(
        self, service_id: str, context: Context, *, variant: str | None = None, text: str = ""
    ) -> Context:
        """Return what is spoken of once words name a service: that, in the case they name.

        Args:
            service_id: The service that is named.
            context: What was last spoken of; of the same service the case is kept.
            variant: The variant the message or the button names, where known.
            text: The citizen's words, searched for a variant.
        """
        service = self._catalogue.service(service_id)
        chosen = self._variant(service, context, variant, text)
        return Context(service.id, chosen.id if chosen else None)

    def variant_in(self, service_id: str, text: str) -> str | None:
        """Return the variant of a service that *text* names, None when none or several."""
        variants = self._catalogue.service(service_id).varian
        sure = mentioned(text, {variant.id: variant.kata for variant in variants})
        named = sure or mentioned(text, {variant.id: variant.kata_umum for variant in variants})
        return named[0] if len(named) == 1 else None

    def agencies_in(self, text: str) -> tuple[str, ...]:
        """Return the ids of the offices that *text* names."""
        return mentioned(text, self._nicknames)

    @cached_property
    def _nicknames(self) -> Mapping[str, tuple[str, ...]]:
        return {agency.id: agency.sebutan for agency in self._catalogue.agencies}

    def _agencies_asked(
        self, topic: Topic, services: tuple[str, ...], text: str
    ) -> tuple[str, ...]:
        if services or topic not in AGENCY_TOPICS:
            return ()
        return self.agencies_in(text)[:_MOST_ANSWERS]

    def _about_agencies(
        self, topic: Topic, agencies: tuple[str, ...], context: Context
    ) -> GuidanceAnswer:
        replies = []
        for agency_id in agencies:
            agency = self._catalogue.agency(agency_id)
            about = topic if topic in AGENCY_TOPICS else Topic.CONTACT
            facts = facts_of_agency(agency, about)
            title = f"panduan_instansi_{about.value}"
            text = self._answer_text(title, agency.singkat, None, agency, facts)
            replies.append(Reply(text, self._agency_buttons(about, agency, facts)))
        return GuidanceAnswer(tuple(replies), context)

    def _about_service(
        self,
        topic: Topic,
        service: Service,
        context: Context,
        variant: str | None,
        text: str,
        *,
        by_officer: bool,
    ) -> GuidanceAnswer:
        agency = self._catalogue.agency(service.instansi)
        spoken_of = self.subject(service.id, context, variant=variant, text=text)
        chosen = service.variant(spoken_of.variant)
        matters = depends_on_variant(service, agency, topic)
        if matters and chosen is None:
            return GuidanceAnswer((self._which_variant(topic, service),), spoken_of)
        shown = chosen or next(iter(service.varian), None)
        facts = facts_of_service(service, shown, agency, topic)
        answer = self._answer_text(
            f"panduan_topik_{topic.value}",
            service.singkat,
            chosen if matters else None,
            agency,
            facts,
            numbered=topic is Topic.PROCEDURE,
            by_officer=by_officer,
        )
        reply = Reply(answer, self._service_buttons(topic, spoken_of, facts))
        return GuidanceAnswer((reply,), spoken_of)

    def _variant(
        self, service: Service, context: Context, variant: str | None, text: str
    ) -> Variant | None:
        if found := service.variant(variant):
            return found
        if found := service.variant(self.variant_in(service.id, text)):
            return found
        return service.variant(context.variant) if context.service == service.id else None

    def _answer_text(
        self,
        title: str,
        subject: str,
        variant: Variant | None,
        agency: Agency,
        facts: TopicFacts,
        *,
        numbered: bool = False,
        by_officer: bool = False,
    ) -> str:
        said = bool(facts.stated)
        return self._wording.say(
            "panduan_jawaban" if said else "panduan_tanpa_data",
            topik=self._wording.plain(title),
            hal=subject,
            varian=variant.nama if variant else "",
            instansi=agency.nama,
            luar=agency.luar,
            baris=[self._line(line) for line in facts.stated],
            bernomor=numbered,
            oleh_petugas=by_officer,
            catatan=[note.nilai for note in facts.stated_notes],
            celah=facts.gaps,
            ada_celah=not facts.is_complete,
            sumber=facts.sources[:_MOST_SOURCES],
            sumber_lain=max(len(facts.sources) - _MOST_SOURCES, 0),
            diperiksa=facts.checked(self._catalogue.general.diperiksa),
        )

    def _line(self, line: Line) -> str:
        value = self._value(line.fact)
        label = line.fact.untuk
        if line.label:
            label = self._wording.plain(f"panduan_label_{line.label}")
        return f"{label}: {value}" if label else value[:1].upper() + value[1:]

    def _value(self, fact: Fact[Any]) -> str:
        if isinstance(fact.nilai, OnlineExtent):
            return self._wording.plain(f"panduan_daring_{fact.nilai.value}")
        if isinstance(fact.nilai, int):
            return rupiah(fact.nilai) if fact.nilai else self._wording.plain("panduan_gratis")
        return str(fact.nilai)

    def _which_service(self, topic: Topic) -> Reply:
        buttons = [
            Button(service.singkat, press=_about(topic.intent, service.id))
            for service in self._catalogue.frequent_services()
        ]
        topic_name = self._wording.plain(f"panduan_topik_{topic.value}")
        return Reply(
            self._wording.say("panduan_pilih_layanan", topik=topic_name), rows_of(buttons)
        )

    def _which_variant(self, topic: Topic, service: Service) -> Reply:
        buttons = [
            Button(variant.nama, press=_about(topic.intent, service.id, variant.id))
            for variant in service.varian
        ]
        text = self._wording.say(
            "panduan_pilih_varian",
            topik=self._wording.plain(f"panduan_topik_{topic.value}"),
            hal=service.singkat,
        )
        return Reply(text, rows_of(buttons))

    def menu(self) -> Reply:
        """Return the list of services to choose from."""
        buttons = [
            Button(service.singkat, press=AboutService(service.id))
            for service in self._catalogue.services
        ]
        return Reply(self._wording.say("panduan_daftar_layanan"), rows_of(buttons))

    def topics_of(self, service_id: str) -> Reply:
        """Return what can be asked about a service."""
        service = self._catalogue.service(service_id)
        text = self._wording.say("panduan_pilih_topik", hal=service.nama)
        return Reply(text, self._leads(None, Context(service.id)))

    def _service_buttons(self, topic: Topic, spoken_of: Context, facts: TopicFacts) -> Rows:
        rows = self._leads(topic, spoken_of)
        if facts.is_complete or spoken_of.service is None:
            return rows
        asked = _about("minta_petugas", spoken_of.service, spoken_of.variant)
        return (*rows[:-1], (*rows[-1], self._officer_button(asked)))

    def _leads(self, answered: Topic | None, spoken_of: Context) -> Rows:
        """Return the buttons that lead on, without the topic just answered."""
        service, variant = spoken_of.service or "", spoken_of.variant

        def button(name: str, intent: str) -> Button:
            label = self._wording.plain(f"panduan_tombol_{name}")
            return Button(label, press=_about(intent, service, variant))

        rows = [
            tuple(button(lead.value, lead.intent) for lead in row if lead is not answered)
            for row in _LEADS
        ]
        return (*rows, (button("ajukan", "ajukan_permohonan"),))

    def _agency_buttons(self, topic: Topic, agency: Agency, facts: TopicFacts) -> Rows:
        leads = tuple(
            Button(
                self._wording.plain(f"panduan_tombol_{lead.value}"),
                press=Means(lead.intent, office=agency.id),
            )
            for lead in (Topic.PLACE, Topic.HOURS, Topic.CONTACT)
            if lead is not topic
        )
        if facts.is_complete:
            return (leads,)
        return (leads, (self._officer_button(Means("minta_petugas", office=agency.id)),))

    def _officer_button(self, asked: Means) -> Button:
        label = self._wording.plain("panduan_tombol_petugas")
        return Button(label, press=replace(asked, why=Trigger.MISSING_FACT))


def _about(intent: str, service: str, variant: str | None = None) -> Means:
    return Means(intent, KeptWords(services=(service,), variant=variant))


def guidance(tools: Tools) -> Guidance:
    """Return the guidance in the desk's own catalogue and words."""
    return Guidance(tools.catalogue, tools.wording)
