"""Works one turn: from waiting messages to replies in the outbox, exactly once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from desk.domain.conversation import Channel, Conversation, ConversationId, Owner
from desk.domain.handoff import HandoffState
from desk.domain.heard import Heard
from desk.domain.inbound import InboundKind
from desk.domain.presses.citizens import CITIZEN_PRESSES, CitizenPress, Means
from desk.domain.presses.codec import Press
from desk.domain.reply import Reply
from desk.domain.turn import Turn, Understanding
from desk.services.errors import RasaUnavailable, TurnFailed
from desk.services.handoffs import course
from desk.services.handoffs.hearing import goes_to_officers
from desk.services.officers import dispatch as desk
from desk.services.ports import UnitOfWork
from desk.services.privacy import erasing
from desk.services.talk import dialogue, emergency, rights
from desk.services.tools import Tools, ring_all
from desk.services.turns import courtesy
from desk.services.turns import pictures as pictures_in
from desk.services.turns.ending import finish, finish_with, let_go, release, settle
from desk.services.turns.replied import answered_question
from desk.services.turns.request import request_of, said_in, words_of
from desk.services.turns.taking import take_turn
from desk.services.turns.troubles import count_failure, keep_for_rasa
from desk.services.turns.workshop import Workshop

#: A worker that dies keeps its conversation for this long.
LEASE = timedelta(seconds=12)


async def work_on(shop: Workshop, conversation_id: ConversationId) -> None:
    """Work one turn of a leased conversation and give the lease back."""
    turn, conversation, for_desk = await take_turn(shop, conversation_id)
    if turn is None:
        await _erase_if_asked(shop, conversation)
        await let_go(shop, conversation_id)
        return
    if for_desk and await _answer_officer(shop, turn):
        return
    press = await _pressed(shop, turn, conversation)
    right = rights.asked(turn, conversation, press)
    if right is not None:
        await _grant(shop, turn, right, press)
        return
    if conversation.is_muted(shop.tools.now()):
        await _keep_silent(shop, turn, conversation)
        return
    if conversation.owner is not Owner.BOT:
        # An officer who serves reads it himself.
        is_waiting = conversation.owner is Owner.WAITING
        is_urgent = is_waiting and await _tells_of_an_emergency(shop, turn)
        if await _pass_to_officers(shop, turn, is_urgent=is_urgent):
            return
    with shop.presence.typing(conversation.channel, conversation.address):
        await _answer(shop, turn, conversation, press)


async def _answer(
    shop: Workshop, turn: Turn, conversation: Conversation, press: CitizenPress | None
) -> None:
    fetched = await pictures_in.fetch(
        shop.units, shop.files, shop.re_encode, shop.tools, turn, conversation
    )
    if fetched.retry_in is not None:
        await release(shop, conversation.id, shop.tools.now() + fetched.retry_in)
        return
    turn = fetched.turn
    courtesies = courtesy.replies(shop.tools, turn)
    if turn.messages[0].inbound.kind is InboundKind.PRESS and press is None:
        await finish(shop, turn, conversation, (Reply(shop.tools.say("tombol_kedaluwarsa")),))
        return
    heard = said_in(turn, press, await answered_question(shop.units, turn, conversation))
    if heard is None:
        await finish(shop, turn, conversation, courtesies)
    elif heard.is_press or not heard.text:
        await _dispatch(shop, turn, conversation, heard, courtesies)
    else:
        await _ask_rasa(shop, turn, conversation, heard, courtesies)


async def _dispatch(
    shop: Workshop,
    turn: Turn,
    conversation: Conversation,
    heard: Heard,
    courtesies: Sequence[Reply],
) -> None:
    """Answer a turn without words, for which no Rasa is asked, in one transaction."""
    is_clear = isinstance(heard.press, Means)
    understanding = Understanding(heard.intent, heard.intent, 1.0) if is_clear else None

    async def answer(uow: UnitOfWork, current: Conversation) -> Sequence[Reply]:
        step = dialogue.step_of(heard)
        replies = await dialogue.answer(uow, shop.tools, current, turn, heard, step)
        return (*courtesies, *replies)

    await finish_with(shop, turn, conversation, answer, understanding)


async def _ask_rasa(
    shop: Workshop,
    turn: Turn,
    conversation: Conversation,
    heard: Heard,
    courtesies: Sequence[Reply],
) -> None:
    """Send words to Rasa and queue what comes back."""
    try:
        answer = await shop.rasa.take_turn(request_of(turn, conversation, heard))
    except RasaUnavailable:
        await _go_on_without_rasa(shop, turn, conversation, heard, courtesies)
    except TurnFailed:
        await count_failure(shop, turn, conversation)
    else:
        said = (*courtesies, *answer.replies)
        await finish(shop, turn, conversation, said, answer.understanding)


async def _go_on_without_rasa(
    shop: Workshop,
    turn: Turn,
    conversation: Conversation,
    heard: Heard,
    courtesies: Sequence[Reply],
) -> None:
    """Answer what is plain, or what a step answered before Rasa was lost; else keep them."""
    tools = shop.tools

    async def answer(uow: UnitOfWork, current: Conversation) -> Sequence[Reply] | None:
        replies = await uow.turns.recorded(turn.id)
        if replies is None:
            replies = await dialogue.answer_without_rasa(
                uow, tools, current, turn, heard, shop.is_urgent
            )
        if replies is not None:
            return (*courtesies, *replies)
        told = await dialogue.patience(uow, tools, current, turn, heard)
        await keep_for_rasa(shop, uow, turn, conversation, told)
        return None

    await finish_with(shop, turn, conversation, answer)


async def _answer_officer(shop: Workshop, turn: Turn) -> bool:
    """Work the turn in one transaction; False when it is not for the officers' desk after all."""
    fetched = await _officers_picture(shop, turn)
    if fetched.retry_in is not None:
        await release(shop, turn.conversation_id, shop.tools.now() + fetched.retry_in)
        return True
    turn = fetched.turn
    return await settle(shop, turn, lambda uow, chat: desk.answer(uow, shop.tools, chat, turn))


async def _officers_picture(shop: Workshop, turn: Turn) -> pictures_in.Fetched:
    """Keep an officer's picture for a web chat or as a proof; Telegram copies its own."""
    if not pictures_in.keys(turn):
        return pictures_in.Fetched(turn)
    inbound = turn.messages[0].inbound
    async with shop.units() as uow:
        chat = await uow.conversations.get(turn.conversation_id)
        owner = chat and await desk.picture_is_for(uow, chat, inbound)
    if owner is None:
        return pictures_in.Fetched(turn)
    # The file is Telegram's; the picture belongs to the conversation that shows it.
    source = replace(owner, channel=Channel.TELEGRAM)
    return await pictures_in.fetch(
        shop.units, shop.files, shop.re_encode, shop.tools, turn, source
    )


async def _keep_silent(shop: Workshop, turn: Turn, conversation: Conversation) -> None:
    """Leave what a muted citizen said in the transcript; somebody who needs help is answered."""
    if await _tells_of_an_emergency(shop, turn):
        await settle(
            shop,
            turn,
            lambda uow, current: emergency.answer_muted(uow, shop.tools, current, turn),
        )
        return
    await finish(shop, turn, conversation, ())


async def _tells_of_an_emergency(shop: Workshop, turn: Turn) -> bool:
    """Tell whether somebody to whom the bot says nothing else needs help now."""
    words = words_of(turn.messages)
    if not words:
        return False
    try:
        return await shop.rasa.intent_of(words) == emergency.INTENT
    except RasaUnavailable:
        return shop.is_urgent(words)


async def _pass_to_officers(shop: Workshop, turn: Turn, *, is_urgent: bool) -> bool:
    """Show the turn to whoever has the word, in one transaction; False when that is the bot."""
    return await settle(
        shop,
        turn,
        lambda uow, conversation: _relay(uow, shop.tools, turn, conversation, is_urgent=is_urgent),
    )


async def _relay(
    uow: UnitOfWork, tools: Tools, turn: Turn, conversation: Conversation, *, is_urgent: bool
) -> bool:
    """Queue a turn for the officers; False when the bot has the word or is to answer this."""
    handoff = await uow.handoffs.open_of(conversation.id)
    if handoff is None:
        return conversation.owner is not Owner.BOT
    if not goes_to_officers(conversation, handoff, turn.messages[0].inbound, turn.id):
        return False
    await course.hear(uow, tools, conversation, handoff)
    if is_urgent and handoff.state is HandoffState.WAITING:
        await emergency.answer_in_line(uow, tools, conversation, handoff, turn)
    return True


async def _grant(
    shop: Workshop, turn: Turn, right: rights.Right, press: CitizenPress | None
) -> None:
    """Do what a citizen may always ask for; Rasa is not needed."""

    async def attempt(uow: UnitOfWork, conversation: Conversation) -> bool:
        await right(uow, shop.tools, conversation, turn, press)
        return True

    # An erasure that was asked for begins with the next look at the conversation.
    await settle(shop, turn, attempt, comes_again=True)


async def _erase_if_asked(shop: Workshop, conversation: Conversation) -> None:
    """Erase the citizen's data when they asked for it, a crash before that notwithstanding."""
    if conversation.context.erasing is None:
        return
    await erasing.erase(shop.units, shop.tools, conversation.context.erasing)
    shop.bell.ring("inbox")
    ring_all(shop.bell)


async def _pressed(shop: Workshop, turn: Turn, conversation: Conversation) -> CitizenPress | None:
    """Return what a button means, when it was made for this conversation and can be read."""
    first = turn.messages[0].inbound
    if first.kind is not InboundKind.PRESS:
        return None
    async with shop.units() as uow:
        found = await uow.buttons.get(first.token or "")
    press: Press | None = found[1].press if found and found[0] == conversation.id else None
    return press if isinstance(press, CITIZEN_PRESSES) else None
