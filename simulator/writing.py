"""What people can write and send, anywhere they may write."""

from collections.abc import Iterable, Sequence
from typing import Any

from simulator.authoring import (
    NotPossible,
    Place,
    announce,
    caption_fields,
    text_fields,
    write,
)
from simulator.backend import Backend
from simulator.files import MediaKind
from simulator.groups import Group
from simulator.world import Account, Chat, StoredMessage

Json = dict[str, Any]
Where = Group | None


class Writer:
    """One simulated Telegram user, as far as writing goes.

    Every act takes ``chat`` (a `Group`; default: the private chat with the bot), ``thread`` (a
    topic's id), some ``reply_to`` (a message id), and sends the bot the matching update.
    """

    def __init__(self, backend: Backend, account: Account, private: Chat) -> None:
        """Write in the name of an existing account."""
        self._backend = backend
        self.account = account
        self.private = private

    @property
    def id(self) -> int:
        """Return the user id, which is also the id of the private chat."""
        return self.account.id

    async def send_text(
        self,
        text: str,
        *,
        chat: Where = None,
        thread: int | None = None,
        reply_to: int | None = None,
    ) -> StoredMessage:
        """Write a text; like the apps, cuts one that is too long and returns the last part."""
        limit = self._backend.limits.text_length
        parts = [text[at : at + limit] for at in range(0, len(text), limit)]
        if not parts:
            raise NotPossible("an empty message cannot be sent")
        place = self._place(chat, thread, reply_to)
        return [write(self._backend, self.account, place, text_fields(part)) for part in parts][-1]

    async def forward_text(
        self,
        text: str,
        *,
        author: "Writer | None" = None,
        chat: Where = None,
        thread: int | None = None,
    ) -> StoredMessage:
        """Forward a text of *author*, or of somebody who hides their account."""
        date = self._backend.clock.unix() - 3600
        origin: Json = {"type": "hidden_user", "date": date, "sender_user_name": "Warga lain"}
        if author is not None:
            origin = {"type": "user", "date": date, "sender_user": author.account.wire()}
        return self._write(chat, thread, None, {"forward_origin": origin, **text_fields(text)})

    async def send_photo(
        self,
        content: bytes,
        caption: str | None = None,
        *,
        chat: Where = None,
        thread: int | None = None,
        reply_to: int | None = None,
        size: int | None = None,
    ) -> StoredMessage:
        """Send a photo; *size* pretends another file size."""
        shape = self._media(content, MediaKind.PHOTO, size=size)
        return self._write(chat, thread, reply_to, shape | caption_fields(caption))

    async def send_album(
        self,
        photos: Sequence[bytes],
        caption: str | None = None,
        *,
        chat: Where = None,
        thread: int | None = None,
    ) -> list[StoredMessage]:
        """Send photos as one album: one update each, the caption on the first."""
        group = {"media_group_id": str(next(self._backend.world.album_ids))}
        return [
            self._write(
                chat,
                thread,
                None,
                group
                | self._media(photo, MediaKind.PHOTO)
                | caption_fields(caption if number == 0 else None),
            )
            for number, photo in enumerate(photos)
        ]

    async def send_document(
        self,
        content: bytes,
        name: str = "berkas.pdf",
        caption: str | None = None,
        *,
        mime_type: str = "application/pdf",
        size: int | None = None,
        chat: Where = None,
        thread: int | None = None,
    ) -> StoredMessage:
        """Send a file; *size* pretends another file size."""
        shape = self._media(content, MediaKind.DOCUMENT, name=name, mime_type=mime_type, size=size)
        return self._write(chat, thread, None, shape | caption_fields(caption))

    async def send_voice(
        self,
        content: bytes = b"OggS",
        *,
        duration: int = 5,
        chat: Where = None,
        thread: int | None = None,
    ) -> StoredMessage:
        """Send a voice message."""
        shape = self._media(content, MediaKind.VOICE, duration=duration)
        return self._write(chat, thread, None, shape)

    async def send_video(
        self,
        content: bytes = b"\x00\x00\x00\x18ftypmp42",
        caption: str | None = None,
        *,
        size: int | None = None,
        chat: Where = None,
        thread: int | None = None,
    ) -> StoredMessage:
        """Send a video; *size* pretends another file size."""
        shape = self._media(content, MediaKind.VIDEO, size=size)
        return self._write(chat, thread, None, shape | caption_fields(caption))

    async def send_sticker(
        self, emoji: str = "👍", *, chat: Where = None, thread: int | None = None
    ) -> StoredMessage:
        """Send a sticker."""
        shape = self._media(b"RIFF....WEBP", MediaKind.STICKER)
        shape["sticker"] |= {"emoji": emoji, "set_name": "Simulasi"}
        return self._write(chat, thread, None, shape)

    async def send_location(
        self,
        latitude: float,
        longitude: float,
        *,
        chat: Where = None,
        thread: int | None = None,
        reply_to: int | None = None,
    ) -> StoredMessage:
        """Send a place on the map."""
        place = {"latitude": latitude, "longitude": longitude}
        return self._write(chat, thread, reply_to, {"location": place})

    async def send_contact(
        self,
        phone_number: str,
        first_name: str | None = None,
        *,
        own: bool = True,
        chat: Where = None,
        thread: int | None = None,
    ) -> StoredMessage:
        """Share a contact: the person's own, or somebody else's without an account."""
        contact: Json = {
            "phone_number": phone_number,
            "first_name": first_name or self.account.first_name,
        }
        if own:
            contact["user_id"] = self.id
        return self._write(chat, thread, None, {"contact": contact})

    async def send_poll(
        self,
        question: str,
        options: Iterable[str],
        *,
        chat: Where = None,
        thread: int | None = None,
    ) -> StoredMessage:
        """Send a poll."""
        poll = {
            "id": str(next(self._backend.world.poll_ids)),
            "question": question,
            "options": [
                {"text": option, "voter_count": 0, "persistent_id": str(number)}
                for number, option in enumerate(options)
            ],
            "total_voter_count": 0,
            "is_closed": False,
            "is_anonymous": True,
            "type": "regular",
            "allows_multiple_answers": False,
            "allows_revoting": True,
            "members_only": False,
        }
        return self._write(chat, thread, None, {"poll": poll})

    async def edit(self, message_id: int, text: str, *, chat: Where = None) -> StoredMessage:
        """Change the text (or caption) of a message of one's own."""
        room = self._room(chat)
        message = room.messages.get(message_id)
        if message is None or message.from_bot:
            raise NotPossible(f"message {message_id} is not there to edit")
        is_text = "text" in message.wire
        fields = text_fields(text) if is_text else caption_fields(text)
        dropped = ("text", "entities", "caption", "caption_entities")
        kept = {key: value for key, value in message.wire.items() if key not in dropped}
        message.wire = kept | fields | {"edit_date": self._backend.clock.unix()}
        message.edits += 1
        announce(self._backend, room, message, "edited_message")
        return message

    def _room(self, chat: Where) -> Chat:
        return self.private if chat is None else chat.chat

    def _place(self, chat: Where, thread: int | None, reply_to: int | None) -> Place:
        return Place(self._room(chat), thread, reply_to)

    def _write(
        self, chat: Where, thread: int | None, reply_to: int | None, content: Json
    ) -> StoredMessage:
        place = self._place(chat, thread, reply_to)
        return write(self._backend, self.account, place, content)

    def _media(
        self,
        content: bytes,
        kind: MediaKind,
        *,
        name: str | None = None,
        mime_type: str | None = None,
        size: int | None = None,
        duration: int = 3,
    ) -> Json:
        files = self._backend.world.files
        stored = files.add(content, kind, name=name, mime_type=mime_type, size=size)
        return files.media(stored, duration=duration)
