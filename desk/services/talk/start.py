"""What each kind of message does when no draft is open."""

from dataclasses import replace

from desk.domain.facts import Topic
from desk.domain.handoff import Trigger
from desk.domain.lifecycle import Identity, Kind
from desk.domain.presses.citizens import (
    DRAFT_PRESSES,
    AboutService,
    AddToTicket,
    KeptWords,
    Means,
    NeitherReading,
)
from desk.domain.presses.pending import TopicAsked
from desk.domain.reply import Button, Reply
from desk.services.talk import additions, drafting
from desk.services.talk import waiting as asking
from desk.services.talk.scene import Scene
from desk.services.words.buttons import menu, rows_of
from desk.services.words.guidance import Context as Subject
from desk.services.words.guidance import guidance

#: Misunderstandings in a row after which an officer is offered.
FAILURES_UNTIL_OFFICER = 2
#: An answer to it names the service or the case and little else.
BARE_WORDS = 4
#: Few words that name a service and yet do not ask about it.
_NO_REST = frozenset({"batal", "minta_petugas"})
#: What these name is not what comes next: it is refused, urgent, none of ours, or told in secrecy.
_NAMES_NO_SUBJECT = frozenset({"batal", "darurat", "di_luar_topik", "minta_anonim", "tolak"})


async def greet(scene: Scene) -> list[Reply]:
    """Answer /start with what the desk can do."""
    return [Reply(scene.tools.say("mulai", telegram=scene.on_telegram), menu(scene.tools))]


async def chat(scene: Scene) -> list[Reply]:
    """Answer small talk; "bantuan" shows what the desk can do."""
    if scene.heard.intent == "bantuan":
        return [Reply(scene.tools.say("bantuan"), menu(scene.tools))]
    return [scene.say(f"basa_basi.{scene.heard.intent}")]


async def guide(scene: Scene) -> list[Reply]:
    """Reply a question about a service, an office, or what was last spoken of."""
    return _guide_on(scene, Topic.from_intent(scene.heard.best_intent) or Topic.PROCEDURE)


def _guide_on(scene: Scene, topic: Topic) -> list[Reply]:
    heard = scene.heard
    answer = guidance(scene.tools).answer(
        topic,
        heard.services,
        _subject(scene),
        variant=heard.variant,
        text=heard.text,
        ask_agency=heard.press.office if isinstance(heard.press, Means) else None,
    )
    service, variant = answer.context.service, answer.context.variant
    # A bare "paspor" or "yang hilang" may follow: it is about this topic.
    is_open = service is None or (variant is None and _has_variants(scene, service))
    pending = TopicAsked(topic) if is_open else None
    scene.remember(service=service, variant=variant, pending=pending)
    return list(answer.replies)


def _subject(scene: Scene) -> Subject:
    context = scene.conversation.context
    return Subject(service=context.service, variant=context.variant)


def note_subject(scene: Scene) -> None:
    """Remember the one service that words name, understood or not, for the next question.

    What tells a draft something stays in the draft, which may be dropped, or filed in secrecy.
    """
    heard = scene.heard
    if scene.draft is not None or heard.is_press or heard.intent in _NAMES_NO_SUBJECT:
        return
    if len(set(heard.services)) == 1:
        subject = guidance(scene.tools).subject(
            heard.services[0], _subject(scene), variant=heard.variant, text=heard.text
        )
        scene.remember(service=subject.service, variant=subject.variant)


def _has_variants(scene: Scene, service: str) -> bool:
    return bool(scene.tools.catalogue.service(service).varian)


async def continue_topic(scene: Scene, pending: TopicAsked) -> list[Reply] | None:
    """Take a bare service or variant as the rest of the question before; else None."""
    heard, service = scene.heard, scene.conversation.context.service
    asks_anew = Topic.from_intent(heard.intent) is not None and len(heard.text.split()) > 2
    means_else = asks_anew or heard.intent in _NO_REST
    if scene.draft is not None or means_else or len(heard.text.split()) > BARE_WORDS:
        return None
    variant = guidance(scene.tools).variant_in(service, heard.text) if service else None
    if not heard.services and variant is None:
        return None
    return _guide_on(scene, pending.topic)


async def apply_for_service(scene: Scene) -> list[Reply]:
    """Begin a request to be contacted by the office of a service."""
    if scene.draft is not None:
        return [scene.say("draf.selesaikan_dulu")]
    heard = scene.heard
    context = scene.conversation.context
    if not heard.services and context.service and _refers_back(scene):
        scene.heard = replace(heard, services=(context.service,), variant=context.variant)
    if len(heard.services) > 1:
        return [_which_service(scene)]
    return await drafting.begin(scene, Kind.PERMOHONAN)


def _refers_back(scene: Scene) -> bool:
    """Tell whether a message can only mean the service last spoken of."""
    return scene.heard.is_press or len(scene.heard.text.split()) <= 8


def _which_service(scene: Scene) -> Reply:
    buttons = [
        Button(
            scene.tools.catalogue.service(service).singkat,
            press=Means("ajukan_permohonan", KeptWords(services=(service,))),
        )
        for service in scene.heard.services
    ]
    return Reply(scene.tools.say("tanya.layanan_satu_satu"), rows_of(buttons, 1))


async def report(scene: Scene) -> list[Reply]:
    """Begin a complaint with all that the message already says."""
    press = scene.heard.press
    identity = press.identity if isinstance(press, Means) else None
    return await drafting.begin(scene, Kind.ADUAN, identity=identity)


async def wish(scene: Scene) -> list[Reply]:
    """Begin a suggestion."""
    return await drafting.begin(scene, Kind.ASPIRASI)


async def explain_secrecy(scene: Scene) -> list[Reply]:
    """Say how identity is kept, and offer to file under secrecy."""
    say = scene.tools.say
    if scene.draft is not None:
        return [scene.say("kerahasiaan")]
    buttons = [
        Button(say(f"tombol.lapor_{identity}"), press=Means("lapor_aduan", identity=identity))
        for identity in (Identity.RAHASIA, Identity.ANONIM)
    ]
    return [Reply(say("kerahasiaan"), rows_of(buttons, 1))]


async def meet_disappointment(scene: Scene) -> list[Reply]:
    """Apologise, and offer a report or an officer; the second time the officer comes first."""
    times = scene.conversation.context.disappointed + 1
    scene.remember(disappointed=times)
    say = scene.tools.say
    report_it = Button(say("tombol.lapor"), press=Means("lapor_aduan"))
    officer = _officer_button(scene, Trigger.DISAPPOINTED)
    if times >= FAILURES_UNTIL_OFFICER:
        return [scene.say("maaf"), *await asking.ask_for_officer(scene, Trigger.DISAPPOINTED)]
    if scene.draft is not None:
        return [Reply(say("maaf"), ((officer,),))]
    return [Reply(say("maaf"), ((report_it,), (officer,)))]


def _officer_button(scene: Scene, why: Trigger) -> Button:
    return Button(scene.tools.say("tombol.petugas"), press=Means("minta_petugas", why=why))


async def agree(scene: Scene) -> list[Reply]:
    """Take a typed yes to nothing that was asked."""
    return [Reply(scene.tools.say("ya_untuk_apa"), menu(scene.tools))]


async def refuse(scene: Scene) -> list[Reply]:
    """Take a typed no: whatever was asked is dropped."""
    return [scene.say("baik_tidak_jadi")]


async def cancel(scene: Scene) -> list[Reply]:
    """Reply "batal" when nothing is in progress."""
    was_asked = scene.pending is not None
    return [scene.say("baik_tidak_jadi" if was_asked else "tidak_ada_yang_dibatalkan")]


async def take_photos(scene: Scene) -> list[Reply]:
    """Ask what a picture without words is for."""
    tools = scene.tools
    photos = KeptWords(photos=scene.heard.photos, since=scene.origin)
    rows = [
        (
            Button(
                tools.wording.plain("tombol.tambahkan_ke", nomor=ticket.number),
                press=AddToTicket(ticket.number, photos),
            ),
        )
        for ticket in (await additions.tickets_to_add_to(scene))[:3]
    ]
    new = Button(tools.say("tombol.laporan_baru"), press=Means("lapor_aduan", photos))
    return [Reply(tools.say("foto_untuk_apa", jumlah=len(scene.heard.photos)), (*rows, (new,)))]


async def take_contact(scene: Scene) -> list[Reply]:
    """Answer a phone number that nothing asks for."""
    buttons = () if scene.draft else menu(scene.tools)
    return [Reply(scene.tools.say("kontak_untuk_apa"), buttons)]


async def take_location(scene: Scene) -> list[Reply]:
    """Begin a report at the place that was sent."""
    return [scene.say("lokasi_diterima"), *await drafting.begin(scene, Kind.ADUAN)]


async def ask_back(scene: Scene) -> list[Reply]:
    """Show the two likeliest readings as buttons; after two failures offer an officer."""
    context = scene.conversation.context
    scene.remember(failures=context.failures + 1)
    tools, heard = scene.tools, scene.heard
    readings = [name for name, _ in heard.ranking if f"maksud.{name}" in tools.wording.keys][:2]
    asks_officer = scene.conversation.context.failures >= FAILURES_UNTIL_OFFICER
    buttons = [
        (Button(tools.say(f"maksud.{name}"), press=Means(name, scene.kept_words())),)
        for name in readings
        if not (asks_officer and name == "minta_petugas")  # its button comes anyway
    ]
    if asks_officer:
        officer = _officer_button(scene, Trigger.MISUNDERSTOOD)
        return [Reply(tools.say("belum_paham_lagi"), (*buttons, (officer,)))]
    neither = Button(tools.say("tombol.bukan_keduanya"), press=NeitherReading())
    return [Reply(tools.say("belum_paham"), (*buttons, (neither,)))]


async def press_of_gone_draft(scene: Scene) -> list[Reply]:
    """Answer a press that comes after its draft was sent ("Kirim" pressed twice) or dropped."""
    press = scene.heard.press
    draft_id = press.draft if isinstance(press, DRAFT_PRESSES) else ""
    ticket = await scene.uow.tickets.of_draft(draft_id)
    if ticket is None or not ticket.belongs_to(scene.conversation.id):
        return [scene.say("tombol_kedaluwarsa")]
    return [scene.say("tiket.sudah_terkirim", nomor=ticket.number)]


async def leave_message(scene: Scene) -> list[Reply]:
    """Begin a question that is left as a ticket."""
    return await drafting.begin(scene, Kind.INFORMASI)


async def try_again(scene: Scene) -> list[Reply]:
    """Answer that none of the readings was meant."""
    return [Reply(scene.tools.say("coba_lagi"), menu(scene.tools))]


async def list_services(scene: Scene) -> list[Reply]:
    """Show the services to choose from."""
    return [guidance(scene.tools).menu()]


async def about_service(scene: Scene) -> list[Reply]:
    """Show what can be asked about the service that was chosen, which is spoken of now."""
    press = scene.heard.press
    if not isinstance(press, AboutService):
        return await list_services(scene)
    scene.remember(service=press.service, variant=None)
    return [guidance(scene.tools).topics_of(press.service)]
