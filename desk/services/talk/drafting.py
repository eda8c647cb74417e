"""A draft under way: what is asked, what an answer fills, how it is corrected or dropped."""

from dataclasses import replace
from datetime import datetime

from desk.domain.conversation import ConversationId
from desk.domain.draft import SKIPPABLE, Draft, DraftField
from desk.domain.draft_answers import MAX_DESCRIPTION, Taken, add_photos, prefill, skip, take
from desk.domain.draft_meaning import SOUND_OF, Meaning, Sound, meaning_of
from desk.domain.draft_phrases import (
    correction_in,
    has_reservations,
    identity_wish_in,
    is_unknown,
    tells_a_story,
)
from desk.domain.heard import Heard
from desk.domain.lifecycle import Identity, Kind
from desk.domain.presses.citizens import (
    DRAFT_PRESSES,
    AgreeTo,
    AnswerField,
    BeginAnew,
    CorrectField,
    DeclineTo,
    DraftMove,
    DraftPress,
    Means,
    SkipField,
    SteerDraft,
    TicketAct,
    UseProfileName,
)
from desk.domain.presses.pending import AnonymityAsked, ContinuationAsked
from desk.domain.reply import Reply
from desk.services.ports import UnitOfWork
from desk.services.talk import emergency, questions, receipts
from desk.services.talk.scene import Scene, Step
from desk.services.tickets.following import follow_similar, similar_report
from desk.services.tools import new_id
from desk.services.words.news import ticket_button

F = DraftField
HIDEABLE = frozenset({Kind.ADUAN, Kind.ASPIRASI})
#: A wish for secrecy alone takes fewer words than this; what is longer tells the matter too.
WISH_WORDS = 7


async def open_draft(
    uow: UnitOfWork, conversation_id: ConversationId, now: datetime
) -> Draft | None:
    """Return the conversation's draft; one that was left alone too long is removed."""
    draft = await uow.drafts.active(conversation_id)
    if draft is not None and draft.is_expired(now):
        await uow.drafts.delete(draft.id)
        return None
    return draft


async def begin(scene: Scene, kind: Kind, *, identity: Identity | None = None) -> list[Reply]:
    """Start a draft with all that the message already says, and ask for what is missing."""
    if scene.draft is not None:
        return [scene.say("draf.selesaikan_dulu"), questions.ask(scene, scene.draft)]
    name = scene.conversation.profile_name
    taken = prefill(
        Draft(
            id=new_id(),
            conversation_id=scene.conversation.id,
            kind=kind,
            # All that was stored since its first words came is forgotten with an anonymous one.
            created_at=min(scene.now, scene.origin),
            touched_at=scene.now,
            name=name,
            done=frozenset({F.NAME} if name and kind is not Kind.PERMOHONAN else ()),
        ),
        scene.heard,
        scene.tools.places,
    )
    draft = taken.draft
    wish = identity or identity_wish_in(scene.heard.text)
    if wish is not None and kind in HIDEABLE:
        draft = draft.with_identity(wish)
    return await _after(scene, replace(taken, draft=draft))


def _with_consent(scene: Scene, draft: Draft) -> Draft:
    """Close the consent question when it was answered before."""
    if scene.conversation.has_consented and F.CONSENT not in draft.done:
        return replace(draft, done=draft.done | {F.CONSENT})
    return draft


async def go_on(scene: Scene, draft: Draft, *before: Reply) -> list[Reply]:
    """Store the draft and ask its next question, after what is said *before*."""
    asked = draft.next_field()
    # Found anew with each summary: the fields that decide may have been corrected.
    similar = await similar_report(scene.uow, draft, scene.now) if asked is F.CONFIRM else None
    draft = replace(draft, asked=asked, touched_at=scene.now, similar=similar)
    scene.draft = draft
    await scene.uow.drafts.save(draft)
    return [*before, questions.ask(scene, draft)]


async def hear(scene: Scene, step: Step) -> list[Reply]:
    """Reply a turn that comes while a draft is open."""
    draft = _draft(scene)
    heard = scene.heard
    if heard.photos and not heard.is_press:
        taken = add_photos(draft, heard.photos)
        draft = scene.draft = taken.draft
        await scene.uow.drafts.save(draft)
        if draft.asked is F.PHOTOS or not (heard.text or heard.point):
            return await _photos_came(scene, taken)
    if heard.is_press:
        return await _hear_press(scene, step)
    if heard.point is not None and F.PLACE in draft.order():
        place = take(draft, heard, F.PLACE, scene.tools.places)
        return await _after(scene, place)
    if heard.phone is not None and draft.asked is not F.PHONE:
        return await _digress(scene, step)
    return await _hear_words(scene, step)


def _draft(scene: Scene) -> Draft:
    if scene.draft is None:
        raise LookupError("no draft is open in this scene")
    return scene.draft


async def _photos_came(scene: Scene, taken: Taken) -> list[Reply]:
    draft = _with_caption(taken.draft, scene.heard)
    if draft.asked is F.PHOTOS:
        scene.draft = replace(draft, touched_at=scene.now)
        await scene.uow.drafts.save(scene.draft)
        return [questions.ask_more_photos(scene, draft, full=taken.problem is not None)]
    key = f"masalah.{taken.problem}" if taken.problem else "draf.foto_diterima"
    return await go_on(scene, draft, scene.say(key, jumlah=len(draft.photos)))


def _with_caption(draft: Draft, heard: Heard) -> Draft:
    """Keep what is told under a picture with the description."""
    is_story = meaning_of(heard, F.DESCRIPTION) is Meaning.ANSWER and tells_a_story(heard.text)
    if not is_story or draft.description is None:
        return draft
    return replace(draft, description=f"{draft.description}\n{heard.text}"[:MAX_DESCRIPTION])


async def _hear_press(scene: Scene, step: Step) -> list[Reply]:
    """Take a button of this draft; other buttons are digressions, stale ones do nothing."""
    draft, press = _draft(scene), scene.heard.press
    if isinstance(press, Means) and press.intent == "batal":
        return await drop(scene)
    if not isinstance(press, DRAFT_PRESSES):
        return await _digress(scene, step)
    if press.draft != draft.id:
        return [scene.say("draf.tombol_lama"), questions.ask(scene, draft)]
    match press:
        case SteerDraft(move=move):
            return await _steer(scene, move)
        case CorrectField(field=field):
            return await go_on(scene, draft.reopened(field))
        case BeginAnew():
            dropped = await drop(scene)
            return [*dropped, *await begin(scene, Kind.ADUAN)]
        case _ if press.field is not draft.asked:
            return [scene.say("draf.sudah_dijawab"), questions.ask(scene, draft)]
    return await _pressed_answer(scene, press)


async def _pressed_answer(scene: Scene, press: DraftPress) -> list[Reply]:
    draft = _draft(scene)
    match press:
        case AgreeTo(field=field):
            return await _agree(scene, field)
        case DeclineTo(field=field):
            return await _refuse(scene, field)
        case SkipField(field=field):
            return await go_on(scene, skip(draft, field))
        case UseProfileName():
            name = scene.conversation.profile_name
            return await go_on(scene, draft.with_done(F.NAME, name=name))
        case AnswerField(field=field):
            return await _after(scene, take(draft, scene.heard, field, scene.tools.places))
    return await go_on(scene, draft)


async def _steer(scene: Scene, move: DraftMove) -> list[Reply]:
    """Obey a button that steers the draft itself."""
    draft = _draft(scene)
    match move:
        case DraftMove.DROP:
            return await drop(scene)
        case DraftMove.CHOOSE_CHANGE:
            return [questions.ask_what_to_change(scene, draft)]
        case DraftMove.WITHOUT_IDENTITY:
            return await go_on(scene, draft.with_identity(Identity.ANONIM))
        case DraftMove.FOLLOW_SIMILAR:
            return await _follow(scene, draft)
        case DraftMove.ALL_CATEGORIES:
            return [questions.ask_category(scene, draft, everything=True)]
    return await go_on(scene, draft)


async def _follow(scene: Scene, draft: Draft) -> list[Reply]:
    """Follow the similar report instead of sending this one."""
    ticket = await follow_similar(scene.uow, draft, scene.now)
    if ticket is None:
        return await go_on(scene, draft, scene.say("draf.serupa_berakhir"))
    scene.draft = None
    see = ticket_button(scene.tools.say("tombol.lihat_status"), ticket.number, TicketAct.SHOW)
    return [Reply(scene.tools.say("draf.ikut", nomor=ticket.number), ((see,),))]


async def drop(scene: Scene) -> list[Reply]:
    """Remove the draft and everything that belongs to it."""
    await scene.uow.drafts.delete(_draft(scene).id)
    scene.draft = None
    return [scene.say("draf.dibatalkan")]


async def _hear_words(scene: Scene, step: Step) -> list[Reply]:
    draft, heard = _draft(scene), scene.heard
    asked = draft.asked or draft.next_field()
    sound = SOUND_OF.get(heard.best_intent, Sound.UNCLEAR)
    meaning = meaning_of(heard, asked)
    if meaning is Meaning.URGENT:
        return await _tell_whom_to_call(scene, asked)
    if meaning is Meaning.CANCEL:
        return await drop(scene)
    if scene.pending == ContinuationAsked(draft.id) and sound in {Sound.YES, Sound.NO}:
        return await (go_on(scene, draft) if sound is Sound.YES else drop(scene))
    if draft.is_cool(scene.now):
        return await _come_back(scene, step, asked)
    if asked in SKIPPABLE and is_unknown(heard.text):
        return await go_on(scene, skip(draft, asked))
    correction = correction_in(heard.text)
    is_free = correction is not asked and asked is not F.DESCRIPTION
    if correction is not None and correction in draft.order() and is_free:
        return await _correct(scene, correction)
    return await _obey(scene, step, asked, meaning)


async def _obey(scene: Scene, step: Step, asked: DraftField, meaning: Meaning) -> list[Reply]:
    """Do what typed words were taken to mean."""
    draft = _draft(scene)
    if meaning is Meaning.DIGRESSION:
        return await _digress(scene, step)
    if meaning is Meaning.HIDE:
        return await _hide(scene, step, asked)
    if meaning is Meaning.AGREE:
        return await _agree(scene, asked)
    if meaning is Meaning.REFUSE:
        return await _refuse(scene, asked)
    if meaning is Meaning.UNCLEAR:
        return [scene.say("draf.belum_jelas"), questions.ask(scene, draft)]
    return await _after(scene, take(draft, scene.heard, asked, scene.tools.places))


async def _tell_whom_to_call(scene: Scene, asked: DraftField) -> list[Reply]:
    """Reply an emergency at once; the draft keeps the words and waits behind a button."""
    if asked is F.DESCRIPTION:
        scene.draft = take(_draft(scene), scene.heard, asked, scene.tools.places).draft
        await scene.uow.drafts.save(scene.draft)
    return await emergency.answer(scene)


async def _correct(scene: Scene, what: DraftField) -> list[Reply]:
    """Open a field again; a place that is named along with the correction is taken at once."""
    draft, heard = _draft(scene).reopened(what), scene.heard
    if what is F.PLACE and heard.places:
        return await _after(scene, take(draft, replace(heard, text=""), what, scene.tools.places))
    return await go_on(scene, draft)


async def _hide(scene: Scene, step: Step, asked: DraftField) -> list[Reply]:
    """Take a wish for secrecy, or ask now what exactly is wished; other words are kept."""
    draft, heard = _draft(scene), scene.heard
    if draft.kind not in HIDEABLE:
        return await _digress(scene, step)
    if asked is F.DESCRIPTION and len(heard.text.split()) > WISH_WORDS:
        draft = take(draft, heard, asked, scene.tools.places).draft
    identity = identity_wish_in(heard.text)
    if identity is not None:
        return await go_on(scene, _with_consent(scene, draft.with_identity(identity)))
    # Until it is answered, the careful choice stands.
    return await go_on(scene, replace(draft.reopened(F.IDENTITY), identity=Identity.RAHASIA))


async def _come_back(scene: Scene, step: Step, asked: DraftField) -> list[Reply]:
    """Greet a citizen who was away: answer a question, keep an answer, offer to go on."""
    draft, heard = _draft(scene), scene.heard
    sound = SOUND_OF.get(heard.best_intent, Sound.UNCLEAR)
    meaning = meaning_of(heard, asked)
    is_new_matter = sound is Sound.MATTER and asked is not F.DESCRIPTION
    before: list[Reply] = []
    if meaning is Meaning.DIGRESSION:
        before = await step(scene)
        if scene.hands_over:
            return before
    elif meaning is Meaning.ANSWER and not is_new_matter and sound is not Sound.YES:
        draft = take(draft, heard, asked, scene.tools.places).draft
    scene.draft = replace(draft, touched_at=scene.now)
    await scene.uow.drafts.save(scene.draft)
    scene.remember(pending=ContinuationAsked(draft.id))
    kept = scene.kept_words() if is_new_matter else None
    return [*before, questions.ask_to_continue(scene, scene.draft, kept)]


async def _digress(scene: Scene, step: Step) -> list[Reply]:
    """Reply something else, then come back to the open question; no field is touched."""
    answers = await step(scene)
    if scene.hands_over:
        return answers
    if scene.draft is None or any(_is_question_of(answer, scene.draft) for answer in answers):
        return answers
    return [*answers, questions.ask(scene, scene.draft, again=True)]


def _is_question_of(reply: Reply, draft: Draft) -> bool:
    """Tell whether a reply already asks the draft's question."""
    presses = (button.press for row in reply.buttons for button in row)
    return any(isinstance(press, DRAFT_PRESSES) and press.draft == draft.id for press in presses)


async def _agree(scene: Scene, asked: DraftField) -> list[Reply]:
    draft = _draft(scene)
    if asked is F.CONSENT and scene.pending == AnonymityAsked(draft.id):
        # "Ya" to "send it without identity?", which is no yes to the privacy notice.
        return await go_on(scene, draft.with_identity(Identity.ANONIM))
    if not scene.heard.is_press and has_reservations(scene.heard.text):
        if asked is F.CONFIRM:
            return [questions.ask_what_to_change(scene, draft)]
        if asked is F.CONSENT:
            return [scene.say("draf.belum_jelas"), questions.ask(scene, draft)]
    if asked is F.CONSENT:
        scene.conversation = replace(
            scene.conversation, consented_at=scene.now, consent_refused_at=None
        )
        return await go_on(scene, draft.with_done(F.CONSENT))
    if asked is F.CONFIRM:
        return await receipts.file_draft(scene, draft)
    if draft.photos:
        return await go_on(scene, draft.with_done(F.PHOTOS))
    return [questions.ask_to_send_photos(scene, draft)]


async def _refuse(scene: Scene, asked: DraftField) -> list[Reply]:
    draft = _draft(scene)
    if asked is F.CONSENT:
        scene.conversation = replace(scene.conversation, consent_refused_at=scene.now)
        return await _without_consent(scene, draft)
    if asked is F.CONFIRM:
        return [questions.ask_what_to_change(scene, draft)]
    if asked in SKIPPABLE:
        return await go_on(scene, skip(draft, asked))
    if asked is F.NAME and draft.kind in HIDEABLE:
        return await go_on(scene, draft.reopened(F.IDENTITY), scene.say("draf.tanpa_nama"))
    if asked is F.NAME:
        return [scene.say("draf.nama_perlu"), questions.ask(scene, draft)]
    if asked is F.PHONE:
        return await go_on(scene, skip(draft, asked), scene.say("draf.tanpa_telepon"))
    return [scene.say("draf.belum_jelas"), questions.ask(scene, draft)]


async def _without_consent(scene: Scene, draft: Draft) -> list[Reply]:
    """Offer what is possible without storing personal data."""
    if draft.kind in HIDEABLE:
        scene.remember(pending=AnonymityAsked(draft.id))
        return [questions.offer_anonymity(scene, draft)]
    await scene.uow.drafts.delete(draft.id)
    scene.draft = None
    return [scene.say("draf.tanpa_persetujuan")]


async def _after(scene: Scene, taken: Taken) -> list[Reply]:
    """Go on after an answer, or say what was wrong with it."""
    draft = _with_consent(scene, taken.draft)
    if taken.problem is None:
        return await go_on(scene, draft)
    return await go_on(
        scene, draft, scene.say(f"masalah.{taken.problem}", jumlah=len(draft.photos))
    )
