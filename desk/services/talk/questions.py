"""What a draft asks, in words and buttons; every button names its draft and its field."""

from collections.abc import Callable, Mapping

from desk.domain.draft import MAX_PHOTOS, Draft, DraftField
from desk.domain.lifecycle import Identity, Kind
from desk.domain.presses.citizens import (
    AgreeTo,
    AnswerField,
    BeginAnew,
    CorrectField,
    DeclineTo,
    DraftMove,
    KeptWords,
    SkipField,
    SteerDraft,
    UseProfileName,
)
from desk.domain.reply import Button, Reply
from desk.domain.routing import office_of_matter
from desk.services.talk.scene import Scene
from desk.services.tools import Tools
from desk.services.words.buttons import Rows, rows_of
from desk.services.words.tickets import place_name
from desk.services.words.waiting import continue_button

F = DraftField
#: So much of a description is shown again.
SHOWN = 1500


def ask(scene: Scene, draft: Draft, *, again: bool = False) -> Reply:
    """Return the question that is open; *again* after a digression says where we were."""
    field = draft.asked or draft.next_field()
    reply = _QUESTIONS[field](scene, draft)
    if not again:
        return reply
    text = f"{scene.tools.say('draf.kembali')}\n{reply.text}"
    return Reply(text, reply.buttons, reply.ask_location)


def _answer(draft: Draft, field: DraftField, label: str, value: str) -> Button:
    """Return a button that answers *field* with a value."""
    return Button(label, press=AnswerField(draft.id, field, value))


def _skip(scene: Scene, draft: Draft, field: DraftField, label: str) -> Button:
    """Return a button that leaves *field* as it is."""
    return Button(scene.tools.say(label), press=SkipField(draft.id, field))


def _steer(draft: Draft, label: str, move: DraftMove) -> Button:
    """Return a button that steers the draft itself."""
    return Button(label, press=SteerDraft(draft.id, move))


def _cancel(scene: Scene, draft: Draft) -> Button:
    return _steer(draft, scene.tools.say("tombol.batal"), DraftMove.DROP)


def _ask_consent(scene: Scene, draft: Draft) -> Reply:
    tools = scene.tools
    buttons = (
        Button(tools.say("tombol.setuju"), press=AgreeTo(draft.id, F.CONSENT)),
        Button(tools.say("tombol.tidak_setuju"), press=DeclineTo(draft.id, F.CONSENT)),
    )
    text = tools.say(
        "tanya.persetujuan",
        telegram=scene.on_telegram,
        hari_cadangan=tools.retention.backups.days,
    )
    return Reply(text, (buttons,))


def offer_anonymity(scene: Scene, draft: Draft) -> Reply:
    """Offer to file without identity after the privacy notice was refused."""
    tools = scene.tools
    send = _steer(draft, tools.say("tombol.kirim_anonim"), DraftMove.WITHOUT_IDENTITY)
    rows = rows_of((send, _cancel(scene, draft)), 1)
    return Reply(tools.say("draf.tawaran_anonim"), rows)


def _ask_service(scene: Scene, draft: Draft) -> Reply:
    buttons = [
        _answer(draft, F.SERVICE, service.singkat, service.id)
        for service in scene.tools.catalogue.frequent_services()
    ]
    rows = (*rows_of(buttons), (_cancel(scene, draft),))
    return Reply(scene.tools.say("tanya.layanan"), rows)


def _ask_description(scene: Scene, draft: Draft) -> Reply:
    key = f"tanya.uraian_{draft.kind}"
    return Reply(scene.tools.say(key), ((_cancel(scene, draft),),))


def ask_category(scene: Scene, draft: Draft, *, everything: bool = False) -> Reply:
    """Ask what the complaint is about; first the likely ones, all on request."""
    tools = scene.tools
    hints = () if everything else draft.hints
    categories = [c for c in tools.catalogue.categories if not hints or c.id in hints]
    categories.sort(key=lambda c: hints.index(c.id) if hints else 0)
    buttons = [_answer(draft, F.CATEGORY, category.label, category.id) for category in categories]
    if not hints:
        return Reply(tools.say("tanya.kategori"), rows_of(buttons))
    more = _steer(draft, tools.say("tombol.kategori_lain"), DraftMove.ALL_CATEGORIES)
    return Reply(tools.say("tanya.kategori"), (*rows_of(buttons, 1), (more,)))


def _ask_place(scene: Scene, draft: Draft) -> Reply:
    tools = scene.tools
    unknown = _skip(scene, draft, F.PLACE, "tombol.tidak_tahu")
    if not draft.options:
        return Reply(tools.say("tanya.lokasi"), ((unknown,),), ask_location=True)
    known = {code: scene.tools.catalogue.place(code) for code in draft.options}
    whole = all(place.kode == place.kecamatan for place in known.values())
    label = "nama" if whole else "full_name"
    buttons = [
        _answer(draft, F.PLACE, getattr(place, label), code) for code, place in known.items()
    ]
    text = tools.say("tanya.kecamatan" if whole else "tanya.lokasi_mana")
    return Reply(text, (*rows_of(buttons, 2 if whole else 1), (unknown,)))


def _ask_since(scene: Scene, draft: Draft) -> Reply:
    skip = _skip(scene, draft, F.SINCE, "tombol.tidak_tahu")
    return Reply(scene.tools.say("tanya.sejak"), ((skip,),))


def _ask_photos(scene: Scene, draft: Draft) -> Reply:
    if draft.photos:
        return ask_more_photos(scene, draft)
    skip = _skip(scene, draft, F.PHOTOS, "tombol.tanpa_foto")
    return Reply(scene.tools.say("tanya.foto", paling_banyak=MAX_PHOTOS), ((skip,),))


def ask_more_photos(scene: Scene, draft: Draft, *, full: bool = False) -> Reply:
    """Say how many pictures have come and ask whether that is all."""
    done = _skip(scene, draft, F.PHOTOS, "tombol.cukup")
    count = len(draft.photos)
    key = "tanya.foto_penuh" if full or count >= MAX_PHOTOS else "tanya.foto_lagi"
    return Reply(scene.tools.say(key, jumlah=count, paling_banyak=MAX_PHOTOS), ((done,),))


def ask_to_send_photos(scene: Scene, draft: Draft) -> Reply:
    """Ask for the pictures that the citizen said there are."""
    return Reply(scene.tools.say("draf.kirim_foto"), _ask_photos(scene, draft).buttons)


def _ask_identity(scene: Scene, draft: Draft) -> Reply:
    tools = scene.tools
    buttons = [_answer(draft, F.IDENTITY, tools.say(f"tombol.{i}"), i) for i in Identity]
    return Reply(tools.say("tanya.identitas"), rows_of(buttons, 1))


def _ask_name(scene: Scene, draft: Draft) -> Reply:
    name = scene.conversation.profile_name
    rows: Rows = ()
    if name:
        label = scene.tools.wording.plain("tombol.pakai_nama", nama=name)
        rows = ((Button(label, press=UseProfileName(draft.id)),),)
    return Reply(scene.tools.say("tanya.nama"), rows)


def _ask_phone(scene: Scene, draft: Draft) -> Reply:
    return Reply(scene.tools.say("tanya.telepon"), ((_cancel(scene, draft),),))


def _ask_confirmation(scene: Scene, draft: Draft) -> Reply:
    tools = scene.tools
    send = Button(tools.say("tombol.kirim"), press=AgreeTo(draft.id, F.CONFIRM))
    change = _steer(draft, tools.say("tombol.ubah"), DraftMove.CHOOSE_CHANGE)
    rows: Rows = ((send,), (change, _cancel(scene, draft)))
    if draft.similar is None:
        return Reply(summary(tools, draft), rows)
    follow = _steer(draft, tools.say("tombol.ikut"), DraftMove.FOLLOW_SIMILAR)
    return Reply(f"{summary(tools, draft)}\n\n{_similar(tools, draft)}", ((follow,), *rows))


def _similar(tools: Tools, draft: Draft) -> str:
    """Return the offer to follow somebody else's report: category, place and date only."""
    similar = draft.similar
    return tools.say(
        "draf.serupa",
        kategori=tools.catalogue.category(draft.category).label if draft.category else None,
        lokasi=tools.catalogue.place(similar.place).full_name if similar else None,
        tanggal=similar.day if similar else None,
    )


def ask_what_to_change(scene: Scene, draft: Draft) -> Reply:
    """Ask which field is to be corrected."""
    tools = scene.tools
    fields = [f for f in draft.order() if f not in {F.CONSENT, F.CONFIRM}]
    buttons = [
        Button(tools.say(f"bidang.{field}"), press=CorrectField(draft.id, field))
        for field in fields
    ]
    back = _steer(draft, tools.say("tombol.tidak_jadi_ubah"), DraftMove.GO_ON)
    return Reply(tools.say("tanya.ubah_apa"), (*rows_of(buttons), (back,)))


def ask_to_continue(scene: Scene, draft: Draft, new_words: KeptWords | None) -> Reply:
    """Offer a citizen who comes back to go on, or to begin anew with *new_words*."""
    say = scene.tools.say
    drop = _steer(draft, say("tombol.buang"), DraftMove.DROP)
    rows: Rows = ((continue_button(scene.tools, draft), drop),)
    if new_words is not None:
        anew = Button(say("tombol.ganti_laporan"), press=BeginAnew(draft.id, new_words))
        rows = (*rows, (anew,))
    return Reply(say("draf.lanjutkan", jenis=draft.kind), rows)


def shortened(tools: Tools, text: str | None) -> str | None:
    """Return the beginning of a description, and how long it is in all."""
    if text is None or len(text) <= SHOWN:
        return text
    return tools.wording.plain("draf.awal_uraian", awal=text[:SHOWN].rstrip(), huruf=len(text))


def summary(tools: Tools, draft: Draft) -> str:
    """Return the summary that the citizen confirms."""
    return tools.say(
        "draf.ringkasan",
        jenis=draft.kind,
        uraian=shortened(tools, draft.description),
        kategori=tools.catalogue.category(draft.category).label if draft.category else None,
        layanan=tools.catalogue.service(draft.service).nama if draft.service else None,
        lokasi=place_name(tools, draft.place),
        sejak=draft.since,
        foto=len(draft.photos),
        identitas=draft.identity or Identity.TERBUKA,
        nama=draft.name,
        telepon=draft.phone,
        pakai_lokasi=draft.kind is Kind.ADUAN,
        instansi=_office_name(tools, draft),
    )


def _office_name(tools: Tools, draft: Draft) -> str | None:
    # The citizen is told whose matter it is, even while the coordinator still stands in there.
    office = office_of_matter(tools.catalogue, draft.category, draft.service)
    return tools.catalogue.agency(office).nama if office else None


_QUESTIONS: Mapping[DraftField, Callable[[Scene, Draft], Reply]] = {
    F.CONSENT: _ask_consent,
    F.SERVICE: _ask_service,
    F.DESCRIPTION: _ask_description,
    F.CATEGORY: ask_category,
    F.PLACE: _ask_place,
    F.SINCE: _ask_since,
    F.PHOTOS: _ask_photos,
    F.IDENTITY: _ask_identity,
    F.NAME: _ask_name,
    F.PHONE: _ask_phone,
    F.CONFIRM: _ask_confirmation,
}
