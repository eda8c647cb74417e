"""Simulated people: they write, press, send pictures, block, and see what the bot answers."""

# Waiting reads best in a test with its limit in the call.
# ruff: noqa: ASYNC109

from typing import overload

from simulator.authoring import NotPossible
from simulator.backend import Backend
from simulator.buttons import describe, find_inline, find_keyboard
from simulator.callbacks import Press
from simulator.inbox import InboxMessage, Mailbox, Wanted
from simulator.membership import change_bot_status
from simulator.posting import without_reply
from simulator.updates import PRESS_SECONDS
from simulator.world import Account, Chat, MemberStatus, StoredMessage
from simulator.writing import Where, Writer


class Person(Writer):
    """One simulated Telegram user: writes as a `Writer`, presses, blocks, and reads."""

    def __init__(self, backend: Backend, account: Account, private: Chat) -> None:
        """Show an existing account."""
        super().__init__(backend, account, private)
        self._mailboxes: dict[int, Mailbox] = {private.id: Mailbox(private)}

    # --- what the person does -------------------------------------------------------------

    async def start(self, payload: str = "") -> StoredMessage:
        """Press START, perhaps through a deep link with *payload*; unblocks the bot."""
        if self.private.bot_status is MemberStatus.KICKED:
            await self.unblock()
        return await self.send_text(f"/start {payload}".strip())

    async def press(
        self,
        button: str,
        message_id: int | None = None,
        *,
        chat: Where = None,
        location: tuple[float, float] | None = None,
        phone_number: str | None = None,
    ) -> Press | StoredMessage:
        """Press a button named by label, part of the label, or callback data.

        Looks at inline buttons first (newest message first), then at the reply keyboard, where
        a location button sends *location* and a contact button sends *phone_number*.

        Raises:
            AssertionError: There is no such button; lists those on the screen.
        """
        room = self._room(chat)
        found = find_inline(room, button, message_id=message_id)
        if found is not None and found[1].callback_data is not None:
            return await self.press_data(found[1].callback_data, found[0].message_id, chat=chat)
        key = None if found or message_id else find_keyboard(room, button)
        if key is None:
            raise AssertionError(f"no button {button!r} in chat {room.id}:\n{describe(room)}")
        if (room.keyboard or {}).get("one_time_keyboard"):
            room.keyboard = None
        if key.wants_location:
            if location is None:
                raise NotPossible("this button sends a location: give press(..., location=)")
            return await self.send_location(*location, chat=chat)
        if key.wants_contact:
            return await self.send_contact(phone_number or "+6281200000000", chat=chat)
        return await self.send_text(key.text, chat=chat)

    async def press_data(self, data: str, message_id: int, *, chat: Where = None) -> Press:
        """Send a press with any data under any message, even one that is gone or changed.

        This is what an old screen, an impatient finger or a forged client does.
        """
        room = self._room(chat)
        message = room.messages.get(message_id)
        press = self._backend.presses.add(data)
        shown = (
            {"message_id": message_id, "chat": room.wire(), "date": 0}
            if message is None
            else without_reply(message.wire)
        )
        query = {
            "id": press.query_id,
            "from": self.account.wire(),
            "message": shown,
            "chat_instance": str(-7_000_000_000_000 - room.id),
            "data": data,
        }
        # Telegram keeps presses in a queue of their own, and for two and a half minutes only.
        queue = ("callback_query", self.id)
        self._backend.queue.push("callback_query", query, queue=queue, ttl=PRESS_SECONDS)
        self._backend.calls.note(f"user {self.id}", "pressed", chat_id=room.id)
        return press

    async def block(self) -> None:
        """Block the bot: it gets ``my_chat_member`` and cannot write any more."""
        change_bot_status(self._backend, self.private, MemberStatus.KICKED, by=self.account)

    async def unblock(self) -> None:
        """Let the bot write again."""
        change_bot_status(self._backend, self.private, MemberStatus.MEMBER, by=self.account)

    async def deactivate(self) -> None:
        """Delete the account; Telegram tells the bot nothing."""
        self.account.is_deactivated = True

    # --- what the person sees ---------------------------------------------------------------

    @property
    def inbox(self) -> list[InboxMessage]:
        """Return the bot's messages in the private chat as they stand now."""
        return [
            message.seen()
            for message in self.private.messages.values()
            if message.from_bot and not message.is_service
        ]

    @property
    def last(self) -> InboxMessage:
        """Return the bot's newest message in the private chat."""
        if not self.inbox:
            raise AssertionError(f"the bot never wrote to {self.id}")
        return self.inbox[-1]

    @property
    def unread(self) -> list[InboxMessage]:
        """Return what arrived since the last `wait_for` or `mark_read`, edits included."""
        return self._mailbox(None).unread()

    def mark_read(self, *, chat: Where = None) -> None:
        """Treat everything so far as seen: later waits want something new."""
        self._mailbox(chat).mark_read()

    @overload
    async def wait_for(
        self, wanted: int, *, timeout: float = 5.0, chat: Where = None, thread: int | None = None
    ) -> list[InboxMessage]: ...

    @overload
    async def wait_for(
        self,
        wanted: Wanted,
        *,
        timeout: float = 5.0,
        chat: Where = None,
        thread: int | None = None,
    ) -> InboxMessage: ...

    async def wait_for(
        self,
        wanted: Wanted | int,
        *,
        timeout: float = 5.0,
        chat: Where = None,
        thread: int | None = None,
    ) -> InboxMessage | list[InboxMessage]:
        """Wait for a text (case ignored), a predicate, or a number of unread messages.

        Raises:
            AssertionError: It did not come in time; lists what did.
        """
        return await self._mailbox(chat).wait_for(wanted, timeout=timeout, thread=thread)

    async def expect_silence(self, seconds: float, *, chat: Where = None) -> None:
        """Fail if anything unread is there after *seconds*."""
        await self._mailbox(chat).expect_silence(seconds)

    def download(self, message: InboxMessage) -> bytes:
        """Return the content of the file in a message."""
        stored = self._backend.world.files.by_id(message.file_id or "")
        if stored is None:
            raise NotPossible(f"message {message.message_id} carries no file")
        return stored.content

    def _mailbox(self, chat: Where) -> Mailbox:
        room = self._room(chat)
        return self._mailboxes.setdefault(room.id, Mailbox(room))
