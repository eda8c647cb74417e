"""What a draft asks, in words and buttons; every button names its draft and its field."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from desk.domain.draft import MAX_PHOTOS, Draft, DraftField
from desk.domain.draft_answers import DONT_KNOW
from desk.domain.lifecycle import Identity, Kind
from desk.domain.reply import Button, Reply
from desk.domain.routing import office_of_matter
from desk.services.talk.scene import Scene
from desk.services.tools import Tools
from desk.services.words.buttons import Rows, rows_of
from desk.services.words.tickets import place_name

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


def choice(draft: Draft, field: DraftField, label: str, value: str) -> Button:
    """Return a button that answers *field*."""
    return Button(label, "pilih", {"draf": draft.id, "bidang": field, "nilai": value})


def control(draft: Draft, label: str, value: str) -> Button:
    """Return a button that steers the draft itself."""
    return Button(label, "pilih", {"draf": draft.id, "bidang": "kendali", "nilai": value})


def _cancel(scene: Scene, draft: Draft) -> Button:
    return control(draft, scene.tools.say("tombol.batal"), "buang")


def _ask_consent(scene: Scene, draft: Draft) -> Reply:
    tools = scene.tools
    buttons = (
        choice(draft, F.CONSENT, tools.say("tombol.setuju"), "ya"),
        choice(draft, F.CONSENT, tools.say("tombol.tidak_setuju"), "tidak"),
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
    buttons = (control(draft, tools.say("tombol.kirim_anonim"), "anonim"), _cancel(scene, draft))
    return Reply(tools.say("draf.tawaran_anonim"), rows_of(buttons, 1))


def _ask_service(scene: Scene, draft: Draft) -> Reply:
    buttons = [
        choice(draft, F.SERVICE, service.singkat, service.id)
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
    buttons = [choice(draft, F.CATEGORY, category.label, category.id) for category in categories]
    if not hints:
        return Reply(tools.say("tanya.kategori"), rows_of(buttons))
    more = control(draft, tools.say("tombol.kategori_lain"), "kategori_semua")
    return Reply(tools.say("tanya.kategori"), (*rows_of(buttons, 1), (more,)))


def _ask_place(scene: Scene, draft: Draft) -> Reply:
    tools = scene.tools
    unknown = choice(draft, F.PLACE, tools.say("tombol.tidak_tahu"), DONT_KNOW)
    if not draft.options:
        return Reply(tools.say("tanya.lokasi"), ((unknown,),), ask_location=True)
    known = {code: scene.tools.catalogue.place(code) for code in draft.options}
    whole = all(place.kode == place.kecamatan for place in known.values())
    label = "nama" if whole else "full_name"
    buttons = [
        choice(draft, F.PLACE, getattr(place, label), code) for code, place in known.items()
    ]
    text = tools.say("tanya.kecamatan" if whole else "tanya.lokasi_mana")
    return Reply(text, (*rows_of(buttons, 2 if whole else 1), (unknown,)))


def _ask_since(scene: Scene, draft: Draft) -> Reply:
    skip = choice(draft, F.SINCE, scene.tools.say("tombol.tidak_tahu"), "lewati")
    return Reply(scene.tools.say("tanya.sejak"), ((skip,),))


def _ask_photos(scene: Scene, draft: Draft) -> Reply:
    if draft.photos:
        return ask_more_photos(scene, draft)
    skip = choice(draft, F.PHOTOS, scene.tools.say("tombol.tanpa_foto"), "lewati")
    return Reply(scene.tools.say("tanya.foto", paling_banyak=MAX_PHOTOS), ((skip,),))


def ask_more_photos(scene: Scene, draft: Draft, *, full: bool = False) -> Reply:
    """Say how many pictures have come and ask whether that is all."""
    done = choice(draft, F.PHOTOS, scene.tools.say("tombol.cukup"), "lewati")
    count = len(draft.photos)
    key = "tanya.foto_penuh" if full or count >= MAX_PHOTOS else "tanya.foto_lagi"
    return Reply(scene.tools.say(key, jumlah=count, paling_banyak=MAX_PHOTOS), ((done,),))


def ask_to_send_photos(scene: Scene, draft: Draft) -> Reply:
    """Ask for the pictures that the citizen said there are."""
    return Reply(scene.tools.say("draf.kirim_foto"), _ask_photos(scene, draft).buttons)


def _ask_identity(scene: Scene, draft: Draft) -> Reply:
    tools = scene.tools
    buttons = [choice(draft, F.IDENTITY, tools.say(f"tombol.{i}"), i) for i in Identity]
    return Reply(tools.say("tanya.identitas"), rows_of(buttons, 1))


def _ask_name(scene: Scene, draft: Draft) -> Reply:
    name = scene.conversation.profile_name
    rows: Rows = ()
    if name:
        label = scene.tools.wording.plain("tombol.pakai_nama", nama=name)
        rows = ((choice(draft, F.NAME, label, "profil"),),)
    return Reply(scene.tools.say("tanya.nama"), rows)


def _ask_phone(scene: Scene, draft: Draft) -> Reply:
    return Reply(scene.tools.say("tanya.telepon"), ((_cancel(scene, draft),),))


def _ask_confirmation(scene: Scene, draft: Draft) -> Reply:
    tools = scene.tools
    send = choice(draft, F.CONFIRM, tools.say("tombol.kirim"), "ya")
    change = control(draft, tools.say("tombol.ubah"), "ubah")
    rows: Rows = ((send,), (change, _cancel(scene, draft)))
    if draft.similar is None:
        return Reply(summary(tools, draft), rows)
    follow = control(draft, tools.say("tombol.ikut"), "ikut")
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
    buttons = [control(draft, tools.say(f"bidang.{field}"), f"ubah:{field}") for field in fields]
    back = control(draft, tools.say("tombol.tidak_jadi_ubah"), "lanjut")
    return Reply(tools.say("tanya.ubah_apa"), (*rows_of(buttons), (back,)))


def continue_button(tools: Tools, draft: Draft) -> Button:
    """Return the button that brings the draft's open question back."""
    return control(draft, tools.say("tombol.lanjutkan"), "lanjut")


def ask_to_continue(scene: Scene, draft: Draft, new_words: Mapping[str, str]) -> Reply:
    """Offer a citizen who comes back to go on, or to begin anew with *new_words*."""
    say = scene.tools.say
    rows: Rows = (
        (continue_button(scene.tools, draft), control(draft, say("tombol.buang"), "buang")),
    )
    if new_words:
        anew = control(draft, say("tombol.ganti_laporan"), "baru")
        rows = (*rows, (replace(anew, data={**new_words, **anew.data}),))
    return Reply(say("draf.lanjutkan", jenis=draft.kind), rows)


def shortened(tools: Tools, text: str | None) -> str | None:
    """Return the beginning of a long text: a chat message takes 4096 characters in all."""
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
