"""Joining, leaving and blocking, with the updates they cause."""

from typing import Any

from simulator.backend import Backend
from simulator.world import Account, Chat, Member, MemberStatus

Json = dict[str, Any]


def _change(backend: Backend, chat: Chat, by: Account, old: Member, new: Member) -> Json:
    return {
        "chat": chat.wire(),
        "from": by.wire(),
        "date": backend.clock.unix(),
        "old_chat_member": old.wire(),
        "new_chat_member": new.wire(),
    }


def change_bot_status(
    backend: Backend,
    chat: Chat,
    status: MemberStatus,
    *,
    by: Account,
    can_manage_topics: bool = True,
) -> None:
    """Change what the bot is and may do in a chat and send it ``my_chat_member``.

    In a private chat `MemberStatus.KICKED` means that the person blocked the bot.
    """
    bot = backend.world.bot
    old = chat.members.get(bot.id) or Member(bot, chat.bot_status)
    new = Member(bot, status, can_manage_topics=can_manage_topics)
    chat.bot_status = status
    if chat.is_group:
        chat.members[bot.id] = new
    change = _change(backend, chat, by, old, new)
    backend.queue.push("my_chat_member", change, queue=("my_chat_member", chat.id))


def change_member(
    backend: Backend, chat: Chat, member: Member, *, by: Account | None = None
) -> None:
    """Put somebody into a group, or change what they are there.

    The bot hears of it by ``chat_member`` (if it asked for that kind) and by a service message.
    """
    old = chat.member(member.account)
    chat.members[member.account.id] = member
    author = by or member.account
    change = _change(backend, chat, author, old, member)
    if chat.bot_status.is_admin:
        backend.queue.push("chat_member", change, queue=("chat_member", chat.id))
    if old.status.is_inside == member.status.is_inside or not chat.bot_status.is_inside:
        return
    user = member.account.wire()
    notice = (
        {"new_chat_members": [user], "new_chat_member": user}
        if member.status.is_inside
        else {"left_chat_member": user}
    )
    message = backend.world.post(
        chat, notice, sender={"from": author.wire()}, from_bot=False, is_service=True
    )
    backend.queue.push("message", message.wire, queue=("message", chat.id))
