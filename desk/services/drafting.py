"""A draft under way: what is asked, what an answer fills, how it is corrected or dropped."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from desk.domain.draft import SKIPPABLE, Draft, DraftField
from desk.domain.draft_answers import (
    Taken,
    add_photos,
    correction_in,
    identity_in,
    prefill,
    skip,
    take,
)
from desk.domain.draft_meaning import SHAPE_OF, SOUND_OF, Meaning, Shape, Sound, meaning_of
from desk.domain.heard import Heard
from desk.domain.lifecycle import Identity, Kind
from desk.domain.reply import Reply
from desk.services import filing, questions
from desk.services.scene import Answer, Scene
from desk.services.tools import new_id

F = DraftField
Step = Callable[[Scene], Awaitable[list[Answer]]]


async def open_draft(scene: Scene) -> Draft | None:
    """Return the conversation's draft; one that was left alone too long is removed."""
    draft = await scene.uow.drafts.active(scene.conversation.id)
    if draft is not None and draft.is_expired(scene.now):
        await scene.uow.drafts.delete(draft.id)
        return None
    return draft


async def begin(scene: Scene, kind: Kind, *, identity: Identity | None = None) -> list[Answer]:
    """Start a draft with all that the message already says, and ask for what is missing."""
    draft = Draft(
        id=new_id(),
        conversation_id=scene.conversation.id,
        kind=kind,
        created_at=scene.now,
        touched_at=scene.now,
        name=scene.conversation.profile_name,
    )
    draft = prefill(draft, scene.heard, scene.tools.places)
    if identity is None and kind in {Kind.ADUAN, Kind.ASPIRASI}:
        identity = identity_in(scene.heard.text) if scene.heard.text else None
    if identity in {Identity.ANONIM, Identity.RAHASIA} and kind in {Kind.ADUAN, Kind.ASPIRASI}:
        name = None if identity is Identity.ANONIM else draft.name
        draft = draft.with_done(F.IDENTITY, identity=identity, name=name)
    if draft.name is not None and kind is not Kind.PERMOHONAN:
        draft = draft.with_done(F.NAME)
    return await go_on(scene, _with_consent(scene, draft))


def _with_consent(scene: Scene, draft: Draft) -> Draft:
    """Close the consent question when it was answered before."""
    if scene.conversation.has_consented and F.CONSENT not in draft.done:
        return replace(draft, done=draft.done | {F.CONSENT})
    return draft


async def go_on(scene: Scene, draft: Draft, *before: Answer) -> list[Answer]:
    """Store the draft and ask its next question, after what is said *before*."""
    draft = replace(draft, asked=draft.next_field(), touched_at=scene.now)
    scene.draft = draft
    await scene.uow.drafts.save(draft)
    return [*before, questions.ask(scene, draft)]


async def hear(scene: Scene, step: Step) -> list[Answer]:
    """Answer a turn that comes while a draft is open."""
    draft = _draft(scene)
    heard = scene.heard
    if heard.photos and not (heard.is_press and "draf" not in heard.pressed):
        taken = add_photos(draft, heard.photos)
        draft = scene.draft = taken.draft
        await scene.uow.drafts.save(draft)
        if draft.asked is F.PHOTOS or not (heard.text or heard.point):
            return await _photos_came(scene, taken)
    if heard.is_press:
        return await _hear_press(scene, step)
    if heard.point is not None:
        place = take(draft, heard, F.PLACE, scene.tools.places)
        return await _after(scene, place)
    return await _hear_words(scene, step)


def _draft(scene: Scene) -> Draft:
    if scene.draft is None:
        raise LookupError("no draft is open in this scene")
    return scene.draft


async def _photos_came(scene: Scene, taken: Taken) -> list[Answer]:
    draft = taken.draft
    key = f"masalah.{taken.problem}" if taken.problem else "draf.foto_diterima"
    note = scene.say(key, jumlah=len(draft.photos))
    if draft.asked is F.PHOTOS:
        await scene.uow.drafts.save(replace(draft, touched_at=scene.now))
        return [questions.ask_more_photos(scene, draft, full=taken.problem is not None)]
    return await go_on(scene, draft, note)


async def _hear_press(scene: Scene, step: Step) -> list[Answer]:
    """Take a button of this draft; other buttons are digressions, stale ones do nothing."""
    pressed = scene.heard.pressed
    draft = _draft(scene)
    if "draf" not in pressed:
        return await _digress(scene, step)
    if pressed["draf"] != draft.id:
        return [scene.say("draf.tombol_lama"), questions.ask(scene, draft)]
    what = pressed.get("bidang", "")
    if what == "kendali":
        return await _control(scene, pressed.get("nilai", ""))
    field = DraftField(what)
    if field is not draft.asked:
        return [scene.say("draf.sudah_dijawab"), questions.ask(scene, draft)]
    return await _pressed_answer(scene, field, pressed.get("nilai", ""))


async def _pressed_answer(scene: Scene, field: DraftField, value: str) -> list[Answer]:
    draft = _draft(scene)
    if field in {F.CONSENT, F.CONFIRM}:
        return await (_agree(scene, field) if value == "ya" else _refuse(scene, field))
    if value == "lewati":
        return await go_on(scene, skip(draft, field))
    if field is F.NAME and value == "profil":
        name = scene.conversation.profile_name
        return await go_on(scene, draft.with_done(F.NAME, name=name))
    return await _after(scene, take(draft, scene.heard, field, scene.tools.places))


async def _control(scene: Scene, value: str) -> list[Answer]:
    """Obey a button that steers the draft itself."""
    draft = _draft(scene)
    if value == "buang":
        return await drop(scene)
    if value == "ubah":
        return [questions.ask_what_to_change(scene, draft)]
    if value.startswith("ubah:"):
        return await go_on(scene, draft.reopened(DraftField(value.removeprefix("ubah:"))))
    if value == "anonim":
        return await _after(scene, take_identity(draft, Identity.ANONIM))
    if value == "kategori_semua":
        return [questions.ask_category(scene, draft, everything=True)]
    return await go_on(scene, draft)


def take_identity(draft: Draft, identity: Identity) -> Taken:
    """Set how the citizen's identity is kept."""
    name = None if identity is Identity.ANONIM else draft.name
    return Taken(draft.with_done(F.IDENTITY, identity=identity, name=name))


async def drop(scene: Scene) -> list[Answer]:
    """Remove the draft and everything that belongs to it."""
    await scene.uow.drafts.delete(_draft(scene).id)
    scene.draft = None
    return [scene.say("draf.dibatalkan")]


async def _hear_words(scene: Scene, step: Step) -> list[Answer]:
    draft, heard = _draft(scene), scene.heard
    asked = draft.asked or draft.next_field()
    if draft.is_cool(scene.now):
        return await _come_back(scene, step)
    correction = correction_in(heard.text)
    if (
        correction is not None
        and correction in draft.order()
        and SHAPE_OF[asked] is not Shape.STORY
    ):
        return await go_on(scene, draft.reopened(correction))
    meaning = meaning_of(heard, asked)
    if meaning is Meaning.CANCEL:
        return await drop(scene)
    if meaning is Meaning.DIGRESSION:
        return await _digress(scene, step)
    if meaning is Meaning.HIDE:
        return await go_on(scene, _ask_identity_now(draft))
    if meaning is Meaning.AGREE:
        return await _agree(scene, asked)
    if meaning is Meaning.REFUSE:
        return await _refuse(scene, asked)
    if meaning is Meaning.UNCLEAR:
        return [scene.say("draf.belum_jelas"), questions.ask(scene, draft)]
    return await _after(scene, take(draft, heard, asked, scene.tools.places))


def _ask_identity_now(draft: Draft) -> Draft:
    """Put the identity question first; kinds that need a name keep their order."""
    if F.IDENTITY not in draft.order():
        return draft
    reopened = draft.reopened(F.IDENTITY)
    return replace(reopened, identity=Identity.RAHASIA)


async def _come_back(scene: Scene, step: Step) -> list[Answer]:
    """Greet a citizen who was away: answer a question, then offer to go on."""
    draft = _draft(scene)
    sound = SOUND_OF.get(scene.heard.best_intent, Sound.UNCLEAR)
    if sound is Sound.CANCEL:
        return await drop(scene)
    if sound is Sound.YES:
        return await go_on(scene, draft)
    before: list[Answer] = []
    if sound in {Sound.QUESTION, Sound.URGENT, Sound.HUMAN, Sound.CHAT}:
        before = await step(scene)
    return [*before, questions.ask_to_continue(scene, draft)]


async def _digress(scene: Scene, step: Step) -> list[Answer]:
    """Answer something else, then come back to the open question; no field is touched."""
    answers = await step(scene)
    if scene.draft is None or any(_is_question_of(answer, scene.draft) for answer in answers):
        return answers
    return [*answers, questions.ask(scene, scene.draft, again=True)]


def _is_question_of(answer: Answer, draft: Draft) -> bool:
    """Tell whether an answer already asks the draft's question."""
    return isinstance(answer, Reply) and any(
        button.data.get("draf") == draft.id for row in answer.buttons for button in row
    )


async def _agree(scene: Scene, asked: DraftField) -> list[Answer]:
    draft = _draft(scene)
    if asked is F.CONSENT:
        scene.conversation = replace(
            scene.conversation, consented_at=scene.now, consent_refused_at=None
        )
        return await go_on(scene, draft.with_done(F.CONSENT))
    if asked is F.CONFIRM:
        return await filing.file_draft(scene, draft)
    if asked is F.PHOTOS and draft.photos:
        return await go_on(scene, draft.with_done(F.PHOTOS))
    return [scene.say("draf.kirim_foto"), questions.ask(scene, draft, again=True)]


async def _refuse(scene: Scene, asked: DraftField) -> list[Answer]:
    draft = _draft(scene)
    if asked is F.CONSENT:
        scene.conversation = replace(scene.conversation, consent_refused_at=scene.now)
        return await _without_consent(scene, draft)
    if asked is F.CONFIRM:
        return [questions.ask_what_to_change(scene, draft)]
    if asked in SKIPPABLE:
        return await go_on(scene, skip(draft, asked))
    return [scene.say("draf.belum_jelas"), questions.ask(scene, draft)]


async def _without_consent(scene: Scene, draft: Draft) -> list[Answer]:
    """Offer what is possible without storing personal data."""
    if draft.kind in {Kind.ADUAN, Kind.ASPIRASI}:
        return [questions.offer_anonymity(scene, draft)]
    await scene.uow.drafts.delete(draft.id)
    scene.draft = None
    return [scene.say("draf.tanpa_persetujuan")]


async def _after(scene: Scene, taken: Taken) -> list[Answer]:
    """Go on after an answer, or say what was wrong with it."""
    draft = _with_consent(scene, taken.draft)
    if taken.problem is None:
        return await go_on(scene, draft)
    return await go_on(
        scene, draft, scene.say(f"masalah.{taken.problem}", jumlah=len(draft.photos))
    )


def heard_of_press(heard: Heard) -> Heard:
    """Return the turn as if the words behind a button had been typed."""
    return replace(heard, text=heard.pressed.get("teks", ""), pressed={})
