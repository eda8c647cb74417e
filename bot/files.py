"""Fetches what citizens sent from Telegram's file store."""

from telegram import Bot
from telegram.error import TelegramError

from bot.refusals import file_error
from desk.domain.conversation import Channel
from desk.domain.inbound import FileRef
from desk.services.errors import FileGone, FileTooLarge

#: Telegram hands out nothing larger (a local Bot API server would).
MAX_BYTES = 20 * 1024 * 1024


class TelegramFiles:
    """Telegram's files; implements `desk.services.ports.Files`."""

    def __init__(self, bot: Bot) -> None:
        """Fetch through *bot*."""
        self._bot = bot

    async def fetch(self, channel: Channel, file: FileRef) -> bytes:
        """Return the file's bytes.

        Raises:
            FileTooLarge: It is larger than Telegram hands out.
            FileGone: Telegram does not have it any more, or the file is of another channel.
            RetryLater: Telegram cannot be reached or asks for patience.
        """
        if channel is not Channel.TELEGRAM:
            raise FileGone
        if file.size is not None and file.size > MAX_BYTES:
            raise FileTooLarge
        try:
            found = await self._bot.get_file(file.file_id)
            if found.file_size is not None and found.file_size > MAX_BYTES:
                raise FileTooLarge
            return bytes(await found.download_as_bytearray())
        except TelegramError as error:
            raise file_error(error) from None
