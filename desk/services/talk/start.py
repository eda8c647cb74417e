"""What each kind of message does when no draft is open."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from desk.domain.facts import Topic
from desk.domain.handoff import Trigger
from desk.domain.heard import Heard
from desk.domain.lifecycle import Identity, Kind
from desk.domain.reply import Button, Reply
from desk.domain.ticket_number import TicketNumber
from desk.services.talk import additions, drafting, linking, tracking
from desk.services.talk import waiting as asking
from desk.services.talk.scene import Answer, Scene, Utter
from desk.services.tickets.merging import takes_additions
from desk.services.words.buttons import rows_of
from desk.services.words.guidance import Context as Subject
from desk.services.words.waiting import QUEUE

#: Misunderstandings in a row after which an officer is offered.
FAILURES_UNTIL_OFFICER = 2
#: The pending question "about which service, which case?": "topik:biaya".
TOPIC_PENDING = "topik:"
#: An answer to it names the service or the case and little else.
BARE_WORDS = 4
#: Few words that name a service and yet do not ask about it.
_NO_REST = frozenset({"batal", "minta_petugas"})
#: What these name is not what comes next: it is refused, urgent, none of ours, or told in secrecy.
_NAMES_NO_SUBJECT = frozenset({"batal", "darurat", "di_luar_topik", "minta_anonim", "tolak"})


async def chat(scene: Scene) -> list[Answer]:
    """Answer small talk; /start and "bantuan" show what the desk can do."""
    if scene.heard.pressed.get("bidang") == "mulai":
        return [Reply(scene.tools.say("mulai", telegram=scene.on_telegram), menu(scene))]
    if scene.heard.intent == "bantuan":
        return [Reply(scene.tools.say("bantuan"), menu(scene))]
    return [Utter(f"utter_{scene.heard.intent}")]


def menu(scene: Scene) -> tuple[tuple[Button, ...], ...]:
    """Return the buttons that lead into everything the desk does."""
    say = scene.tools.say
    return (
        (
            Button(say("tombol.tanya_layanan"), "tanya_prosedur"),
            Button(say("tombol.lapor"), "lapor_aduan", {"bidang": "mulai_lapor"}),
        ),
        (
            Button(say("tombol.cek_aduan"), "cek_status_aduan"),
            Button(say("tombol.usul"), "sampaikan_aspirasi", {"bidang": "mulai_lapor"}),
        ),
        (Button(say("tombol.petugas"), "minta_petugas"),),
    )


async def guide(scene: Scene) -> list[Answer]:
    """Answer a question about a service, an office, or what was last spoken of."""
    return _guide_on(scene, Topic.from_intent(scene.heard.best_intent) or Topic.PROCEDURE)


def _guide_on(scene: Scene, topic: Topic) -> list[Answer]:
    heard = scene.heard
    answer = scene.tools.guidance.answer(
        topic,
        heard.services,
        _subject(scene),
        variant=heard.variant,
        text=heard.text,
        ask_agency=heard.pressed.get("instansi"),
    )
    service, variant = answer.context.service, answer.context.variant
    # A bare "paspor" or "yang hilang" may follow: it is about this topic.
    is_open = service is None or (variant is None and _has_variants(scene, service))
    pending = f"{TOPIC_PENDING}{topic}" if is_open else None
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
        subject = scene.tools.guidance.subject(
            heard.services[0], _subject(scene), variant=heard.variant, text=heard.text
        )
        scene.remember(service=subject.service, variant=subject.variant)


def _has_variants(scene: Scene, service: str) -> bool:
    return bool(scene.tools.catalogue.service(service).varian)


async def continue_topic(scene: Scene, pending: str) -> list[Answer] | None:
    """Take a bare service or variant as the rest of the question before; else None."""
    heard, service = scene.heard, scene.conversation.context.service
    asks_anew = Topic.from_intent(heard.intent) is not None and len(heard.text.split()) > 2
    means_else = asks_anew or heard.intent in _NO_REST
    if scene.draft is not None or means_else or len(heard.text.split()) > BARE_WORDS:
        return None
    variant = scene.tools.guidance.variant_in(service, heard.text) if service else None
    if not heard.services and variant is None:
        return None
    return _guide_on(scene, Topic(pending.removeprefix(TOPIC_PENDING)))


async def apply_for_service(scene: Scene) -> list[Answer]:
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
        Button(scene.tools.catalogue.service(s).singkat, "ajukan_permohonan", {"layanan": s})
        for s in scene.heard.services
    ]
    return Reply(scene.tools.say("tanya.layanan_satu_satu"), rows_of(buttons, 1))


async def report(scene: Scene) -> list[Answer]:
    """Begin a complaint with all that the message already says."""
    scene.heard = _with_words_behind_button(scene)
    chosen = scene.heard.pressed.get("identitas")
    return await drafting.begin(scene, Kind.ADUAN, identity=Identity(chosen) if chosen else None)


async def wish(scene: Scene) -> list[Answer]:
    """Begin a suggestion."""
    scene.heard = _with_words_behind_button(scene)
    return await drafting.begin(scene, Kind.ASPIRASI)


def _with_words_behind_button(scene: Scene) -> Heard:
    return replace(scene.heard, text=scene.heard.text or scene.heard.pressed.get("teks", ""))


async def explain_secrecy(scene: Scene) -> list[Answer]:
    """Say how identity is kept, and offer to file under secrecy."""
    say = scene.tools.say
    if scene.draft is not None:
        return [scene.say("kerahasiaan")]
    buttons = [
        Button(
            say(f"tombol.lapor_{identity}"),
            "lapor_aduan",
            {"bidang": "mulai_lapor", "identitas": identity},
        )
        for identity in (Identity.RAHASIA, Identity.ANONIM)
    ]
    return [Reply(say("kerahasiaan"), rows_of(buttons, 1))]


async def meet_disappointment(scene: Scene) -> list[Answer]:
    """Apologise, and offer a report or an officer; the second time the officer comes first."""
    times = scene.conversation.context.disappointed + 1
    scene.remember(disappointed=times)
    say = scene.tools.say
    report_it = Button(say("tombol.lapor"), "lapor_aduan", {"bidang": "mulai_lapor"})
    officer = _officer_button(scene, Trigger.DISAPPOINTED)
    if times >= FAILURES_UNTIL_OFFICER:
        return [scene.say("maaf"), *await asking.ask_for_officer(scene, Trigger.DISAPPOINTED)]
    if scene.draft is not None:
        return [Reply(say("maaf"), ((officer,),))]
    return [Reply(say("maaf"), ((report_it,), (officer,)))]


def _officer_button(scene: Scene, why: Trigger) -> Button:
    return Button(scene.tools.say("tombol.petugas"), "minta_petugas", {"sebab": why})


async def agree(scene: Scene) -> list[Answer]:
    """Take a typed yes as the answer to what the desk asked last."""
    done = await tracking.confirm(scene, scene.pending or "", yes=True)
    if done is not None:
        return done
    return [Reply(scene.tools.say("ya_untuk_apa"), menu(scene))]


async def refuse(scene: Scene) -> list[Answer]:
    """Take a typed no: whatever was asked is dropped, or not solved."""
    done = await tracking.confirm(scene, scene.pending or "", yes=False)
    if done is not None:
        return done
    return [scene.say("baik_tidak_jadi")]


async def cancel(scene: Scene) -> list[Answer]:
    """Answer "batal" when nothing is in progress."""
    was_asked = scene.pending is not None
    return [scene.say("baik_tidak_jadi" if was_asked else "tidak_ada_yang_dibatalkan")]


async def take_photos(scene: Scene) -> list[Answer]:
    """Ask what a picture without words is for."""
    tools = scene.tools
    photos = {"foto": ",".join(scene.heard.photos), "asal": scene.origin}
    rows = [
        (
            Button(
                tools.wording.plain("tombol.tambahkan_ke", nomor=ticket.number),
                "pilih",
                {"bidang": "tiket", "nilai": "tambah", "nomor": ticket.number, **photos},
            ),
        )
        for ticket in (await additions.tickets_to_add_to(scene))[:3]
    ]
    new = Button(
        tools.say("tombol.laporan_baru"), "lapor_aduan", {"bidang": "mulai_lapor", **photos}
    )
    return [Reply(tools.say("foto_untuk_apa", jumlah=len(scene.heard.photos)), (*rows, (new,)))]


async def take_location(scene: Scene) -> list[Answer]:
    """Begin a report at the place that was sent."""
    return [scene.say("lokasi_diterima"), *await drafting.begin(scene, Kind.ADUAN)]


async def ask_back(scene: Scene) -> list[Answer]:
    """Show the two likeliest readings as buttons; after two failures offer an officer."""
    context = scene.conversation.context
    scene.remember(failures=context.failures + 1)
    tools, heard = scene.tools, scene.heard
    readings = [name for name, _ in heard.ranking if f"maksud.{name}" in tools.wording.keys][:2]
    buttons = [(Button(tools.say(f"maksud.{n}"), n, _kept(scene, n)),) for n in readings]
    if scene.conversation.context.failures >= FAILURES_UNTIL_OFFICER:
        officer = _officer_button(scene, Trigger.MISUNDERSTOOD)
        others = [row for row in buttons if row[0].intent != officer.intent]
        return [Reply(tools.say("belum_paham_lagi"), (*others, (officer,)))]
    neither = Button(tools.say("tombol.bukan_keduanya"), "pilih", {"bidang": "bukan_keduanya"})
    return [Reply(tools.say("belum_paham"), (*buttons, (neither,)))]


def _kept(scene: Scene, intent: str) -> dict[str, str]:
    """Return what a reading's button must remember of the message it explains."""
    is_report = intent in {"lapor_aduan", "sampaikan_aspirasi"}
    return {**scene.kept_words(), **({"bidang": "mulai_lapor"} if is_report else {})}


async def press(scene: Scene) -> list[Answer]:
    """Obey a button that belongs to no draft."""
    pressed = scene.heard.pressed
    if "draf" in pressed:
        return await _press_of_gone_draft(scene, pressed["draf"])
    act = _PRESSES.get(pressed.get("bidang", ""))
    return await act(scene) if act else [scene.say("tombol_kedaluwarsa")]


async def _press_of_gone_draft(scene: Scene, draft_id: str) -> list[Answer]:
    """Answer a press that comes after its draft was sent ("Kirim" pressed twice) or dropped."""
    ticket = await scene.uow.tickets.of_draft(draft_id)
    if ticket is None or not ticket.belongs_to(scene.conversation.id):
        return [scene.say("tombol_kedaluwarsa")]
    return [scene.say("tiket.sudah_terkirim", nomor=ticket.number)]


async def _press_ticket(scene: Scene) -> list[Answer]:
    pressed = scene.heard.pressed
    if pressed.get("nilai") != "tambah":
        return await tracking.press(scene)
    ticket = await scene.uow.tickets.get(TicketNumber(pressed.get("nomor", "")))
    is_own = ticket is not None and ticket.belongs_to(scene.conversation.id)
    if ticket is None or not is_own or await takes_additions(scene.uow, ticket) is None:
        return [scene.say("tiket.tidak_ada_untuk_tambahan")]
    return await additions.await_words(scene, ticket)


async def _press_leave_message(scene: Scene) -> list[Answer]:
    scene.heard = replace(scene.heard, pressed={})
    return await drafting.begin(scene, Kind.INFORMASI)


async def _press_neither(scene: Scene) -> list[Answer]:
    return [Reply(scene.tools.say("coba_lagi"), menu(scene))]


_PRESSES: Mapping[str, Callable[[Scene], Awaitable[list[Answer]]]] = {
    "tiket": _press_ticket,
    "titip_pesan": _press_leave_message,
    "bukan_keduanya": _press_neither,
    "hubungkan": linking.press,
    QUEUE: asking.press,
}
