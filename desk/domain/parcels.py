"""What leaves together: relays that wait are joined, so that a group's limit carries more."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from desk.domain.outgoing import OutboxMessage, Outgoing

#: Characters of a joined message, tags included: it stays well below what a channel takes.
JOINED_LENGTH = 3500


@dataclass(frozen=True)
class Parcel:
    """One delivery of one or several outbox messages to one address.

    *original* is the message that is replaced, when there is one that the channel still knows.
    """

    messages: tuple[OutboxMessage, ...]
    body: Outgoing
    original: OutboxMessage | None = None

    @property
    def head(self) -> OutboxMessage:
        """Return the oldest of the messages."""
        return self.messages[0]

    @property
    def address(self) -> str:
        """Return where it goes."""
        return self.head.address


def packed(head: OutboxMessage, waiting: Iterable[OutboxMessage]) -> Parcel:
    """Return *head* joined with what waits behind it for the same topic.

    Nothing overtakes a message of its own topic; those of other topics may be overtaken.
    """
    messages = [head]
    length = len(head.body.text)
    for message in waiting if _may_join(head) else ():
        if message.id <= head.id or _subject(message) != _subject(head):
            continue
        length += len(message.body.text) + 2
        if not _may_join(message) or length > JOINED_LENGTH:
            break
        messages.append(message)
    text = "\n\n".join(message.body.text for message in messages)
    return Parcel(tuple(messages), replace(head.body, text=text))


def is_superseded(message: OutboxMessage, waiting: Iterable[OutboxMessage]) -> bool:
    """Tell whether a later edit of the same message waits: only the last one is worth a call."""
    return message.body.edits is not None and any(
        later.id > message.id and later.body.edits == message.body.edits for later in waiting
    )


def _may_join(message: OutboxMessage) -> bool:
    body = message.body
    is_plain = not (body.buttons or body.attachment or body.copies or body.edits)
    return body.joins and is_plain and body.leaves_topic is None and message.owner_version is None


def _subject(message: OutboxMessage) -> object:
    topic = message.body.topic
    return (topic.conversation_id if topic else None, message.about)
