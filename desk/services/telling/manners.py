"""Tells citizens that they were warned or muted by an officer, or are heard again."""

from desk.domain.reply import Reply
from desk.services.events import CitizenWarned, MuteChanged
from desk.services.outbox.posting import post
from desk.services.ports import UnitOfWork
from desk.services.tools import Tools


async def tell_of_warning(uow: UnitOfWork, tools: Tools, event: CitizenWarned) -> None:
    """Ask a citizen to stay polite."""
    await post(uow, tools, event.conversation, Reply(tools.say("antrean.peringatan")))


async def tell_of_mute(uow: UnitOfWork, tools: Tools, event: MuteChanged) -> None:
    """Tell a citizen until when they are not answered, or that they are again."""
    until = event.conversation.muted_until
    text = (
        tools.say("antrean.dijeda", sampai=until) if until else tools.say("antrean.jeda_berakhir")
    )
    await post(uow, tools, event.conversation, Reply(text))
