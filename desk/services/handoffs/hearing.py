"""Whose a citizen's words are while an officer is waited for, or serves."""

from typing import Final

from desk.domain.conversation import Conversation
from desk.domain.handoff import Handoff, HandoffState
from desk.domain.inbound import Inbound, InboundKind
from desk.domain.turn import ALONE

#: What the bot answers whoever has the word; citizens' rights come before all of this.
KEPT_BY_BOT: Final = frozenset({"start"})
#: What a citizen who waits may write instead of pressing "Batal".
GIVES_UP: Final = frozenset({"batal", "batalkan"})


def goes_to_officers(
    conversation: Conversation, handoff: Handoff, first: Inbound, turn_id: str
) -> bool:
    """Tell whether a turn that begins with *first* is for the officers instead of the bot.

    While a citizen waits, buttons, commands and a bare "batal" are the bot's, and everything once
    they go on with it. While an officer serves, all is the officer's but what a citizen has a
    right to. The turn that asked for the officer is the bot's to answer.
    """
    if conversation.context.moved_by == turn_id:
        return False
    if handoff.state is HandoffState.SERVED:
        is_command = first.kind is InboundKind.COMMAND
        return not (is_command and first.command in KEPT_BY_BOT)
    return not handoff.with_bot and first.kind not in ALONE and not _gives_up(first)


def _gives_up(inbound: Inbound) -> bool:
    is_text = inbound.kind is InboundKind.TEXT
    return is_text and (inbound.text or "").casefold().strip(" .!") in GIVES_UP
