"""Stand-ins for a channel that is switched off."""

from contextlib import AbstractContextManager, nullcontext

from desk.domain.conversation import Channel
from desk.domain.inbound import FileRef
from desk.services.errors import FileGone


class NoFiles:
    """There is no Telegram to fetch from; the web chat stores its pictures itself."""

    async def fetch(self, channel: Channel, file: FileRef) -> bytes:
        """Say that the file cannot be had."""
        raise FileGone


class NoPresence:
    """Nobody to show signs of life to; the web page shows its own."""

    def typing(self, channel: Channel, address: str) -> AbstractContextManager[None]:
        """Do nothing."""
        return nullcontext()
